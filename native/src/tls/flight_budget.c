/* SPDX-License-Identifier: MIT */
/* The arithmetic of flight_budget.h. The constants are those of our own
 * messages; test/sim/flight_prediction_test.c compares them with what goes over a link. */
#include "tls/flight_budget.h"

#include "core/limits.h"

/* RFC 9000 section 8.1. */
#define AMPLIFICATION_LIMIT 3

/* RFC 9000 section 14.1: a datagram with an Initial packet in it. */
#define MIN_INITIAL_DATAGRAM_BYTES 1200

/* Packets of ngtcp2 with connection ids of 16 bytes (RFC 9000 section 17.2): header with a length
 * of 4 bytes, packet number of 1 or 2, tag of 16, CRYPTO frame header. The first Initial also
 * acknowledges; see FIRST_ACK_BYTES. */
#define INITIAL_PACKET_BYTES (44 + 2 + 16 + 4)
#define HANDSHAKE_PACKET_BYTES (43 + 1 + 16 + 5)
#define SHORT_PACKET_BYTES (17 + 1 + 16)
#define FIRST_ACK_BYTES 6
/* ngtcp2 begins no further packet in a datagram for less, and fills that up with padding. */
#define LEAST_PACKET_ROOM_BYTES 128

/* Handshake message header (RFC 8446 section 4). */
#define MESSAGE_HEADER_BYTES 4

/* ServerHello (RFC 8446 section 4.1.3) with an empty session id: version, random, session id,
 * cipher suite, compression, length of the extensions; supported_versions; key_share without the
 * key; pre_shared_key. */
#define SERVER_HELLO_BYTES (2 + 32 + 1 + 2 + 1 + 2)
#define SUPPORTED_VERSIONS_BYTES 6
#define KEY_SHARE_BYTES 8
#define PRE_SHARED_KEY_BYTES 6

/* EncryptedExtensions with our transport parameters and the ALPN "h3"; more with velocity/1: its
 * name and the profile commitment. */
#define ENCRYPTED_EXTENSIONS_BYTES 127
#define VELOCITY_EXTENSIONS_BYTES (8 + 16)

/* ClientHello of libpqq without key shares, with a server name of 20 characters. */
#define CLIENT_HELLO_BYTES 384
#define VELOCITY_OFFER_BYTES (11 + 12)

/* Authenticator (RFC 9261): stream type, frame header; certificate_request_context. */
#define STREAM_BYTES (8 + 4)
#define REQUEST_CONTEXT_BYTES 32
#define SIGNATURE_HEADER_BYTES 4
/* STREAM frame headers. */
#define STREAM_FRAME_BYTES 8

/* Certificate message body (RFC 8446 section 4.4.2): context, length; per certificate its length
 * and that of its extensions. */
#define CERTIFICATE_BODY_BYTES 4
#define CERTIFICATE_ENTRY_BYTES 5

/* A leaf beside its public key and its signature: algorithm identifiers, names, dates, extensions.
 * Development ones have 220; with names of usual length and revocation pointers it is more. */
#define LEAF_OTHER_BYTES 320

/* HTTP/3 control and QPACK streams, NEW_CONNECTION_ID frames. */
#define SETTINGS_BYTES 132

uint32_t pqq__flight_client_hello(uint16_t group, int is_velocity) {
  const pqq__group *row = pqq__group_find(group);

  return MESSAGE_HEADER_BYTES + CLIENT_HELLO_BYTES + (is_velocity ? VELOCITY_OFFER_BYTES : 0) +
         (row ? row->client_share_bytes : 0);
}

uint32_t pqq__flight_server_hello(uint16_t group, int is_resumed) {
  const pqq__group *row = pqq__group_find(group);

  return MESSAGE_HEADER_BYTES + SERVER_HELLO_BYTES + SUPPORTED_VERSIONS_BYTES + KEY_SHARE_BYTES +
         (row ? row->server_share_bytes : 0) + (is_resumed ? PRE_SHARED_KEY_BYTES : 0);
}

uint32_t pqq__flight_encrypted_extensions(int is_velocity) {
  return MESSAGE_HEADER_BYTES + ENCRYPTED_EXTENSIONS_BYTES +
         (is_velocity ? VELOCITY_EXTENSIONS_BYTES : 0);
}

uint32_t pqq__flight_message(uint32_t body) {
  return MESSAGE_HEADER_BYTES + body;
}

uint32_t pqq__flight_certificate_verify(uint32_t signature) {
  return pqq__flight_message(SIGNATURE_HEADER_BYTES + signature);
}

uint32_t pqq__flight_authenticator(uint32_t certificate_body, uint32_t signature, uint32_t hash) {
  return STREAM_BYTES + pqq__flight_message(certificate_body + REQUEST_CONTEXT_BYTES) +
         pqq__flight_certificate_verify(signature) + pqq__flight_message(hash);
}

uint32_t pqq__flight_client_datagrams(uint32_t client_hello, uint32_t datagram_bytes) {
  uint32_t room = datagram_bytes - INITIAL_PACKET_BYTES;

  return (client_hello + room - 1) / room;
}

/* --- Packing -------------------------------------------------------------------------------- */

/* One encryption level: what is left to send, and what each packet costs beside it. */
typedef struct packets {
  uint32_t left, packet_bytes, first_extra_bytes;
} packets;

#define LEVELS 3
#define INITIAL 0
#define HANDSHAKE 1

static uint32_t overhead_of(const packets *level) {
  return level->packet_bytes + level->first_extra_bytes;
}

static uint32_t put_packet(packets *level, uint32_t room) {
  uint32_t overhead = overhead_of(level);
  uint32_t taken = level->left < room - overhead ? level->left : room - overhead;

  level->left -= taken;
  level->first_extra_bytes = 0;
  return overhead + taken;
}

static uint32_t put_datagram(packets levels[LEVELS], uint32_t datagram_bytes) {
  int has_initial = levels[INITIAL].left > 0;
  uint32_t used = 0;

  for (int i = 0; i < LEVELS; i++) {
    if (levels[i].left == 0) {
      continue;
    }
    if (used > 0 && datagram_bytes - used < overhead_of(&levels[i]) + LEAST_PACKET_ROOM_BYTES) {
      return datagram_bytes;
    }
    used += put_packet(&levels[i], datagram_bytes - used);
    if (levels[i].left > 0) {
      return used;
    }
  }
  return has_initial && used < MIN_INITIAL_DATAGRAM_BYTES ? MIN_INITIAL_DATAGRAM_BYTES : used;
}

pqq__flight_size pqq__flight_pack(const pqq__flight_parts *parts, uint32_t datagram_bytes) {
  uint32_t application = parts->settings + parts->authenticator;
  packets levels[LEVELS] = {
      {parts->server_hello, INITIAL_PACKET_BYTES, FIRST_ACK_BYTES},
      {parts->encrypted_extensions + parts->certificate + parts->certificate_verify +
           parts->finished,
       HANDSHAKE_PACKET_BYTES, 0},
      {application, SHORT_PACKET_BYTES + (parts->authenticator ? STREAM_FRAME_BYTES : 0), 0},
  };
  pqq__flight_size size = {0};

  while (levels[LEVELS - 1].left > 0 || levels[HANDSHAKE].left > 0 || levels[INITIAL].left > 0) {
    int was_tls = levels[HANDSHAKE].left > 0 || levels[INITIAL].left > 0;

    size.total_bytes += put_datagram(levels, datagram_bytes);
    size.total_datagrams++;
    if (was_tls) {
      size.tls_bytes = size.total_bytes;
      size.tls_datagrams = size.total_datagrams;
    }
  }
  return size;
}

/* --- Round trips ---------------------------------------------------------------------------- */

uint32_t pqq__flight_window(uint32_t datagram_bytes) {
  uint32_t most = 2 * datagram_bytes > 14720 ? 2 * datagram_bytes : 14720;

  return 10 * datagram_bytes < most ? 10 * datagram_bytes : most;
}

uint32_t pqq__flight_rounds(uint32_t bytes, const pqq__flight_limits *limits) {
  uint64_t window = limits->window;
  uint64_t sent = limits->amplification < window ? limits->amplification : window;
  uint32_t rounds = 1;

  /* Nothing at all can come of a client that sent nothing. */
  while (sent > 0 && sent < bytes) {
    window += sent; /* slow start: the window grows by what was acknowledged */
    sent += window;
    rounds++;
  }
  return rounds;
}

uint32_t pqq__flight_datagrams_for(uint32_t expected, uint32_t sent, uint32_t datagram_bytes) {
  uint32_t each = AMPLIFICATION_LIMIT * datagram_bytes;
  uint32_t wanted = (expected + each - 1) / each;

  if (wanted > PQQ__MAX_FIRST_FLIGHT_DATAGRAMS) {
    wanted = PQQ__MAX_FIRST_FLIGHT_DATAGRAMS;
  }
  return wanted > sent ? wanted : sent;
}

/* --- A profile's flight --------------------------------------------------------------------- */

static uint32_t leaf_body(const pqq__signature_scheme *scheme) {
  return CERTIFICATE_BODY_BYTES + CERTIFICATE_ENTRY_BYTES + LEAF_OTHER_BYTES +
         scheme->public_key_bytes + scheme->signature_bytes;
}

uint32_t pqq__flight_settings(void) {
  return SETTINGS_BYTES;
}

uint32_t pqq__flight_expected(const pqq__profile *profile, uint32_t datagram_bytes) {
  const pqq__signature_scheme *pq = pqq__signature_scheme_find(profile->pq_scheme);
  const pqq__signature_scheme *classical = pqq__signature_scheme_find(profile->classical_scheme);
  uint32_t window = pqq__flight_window(datagram_bytes), total;
  pqq__flight_parts parts = {.settings = SETTINGS_BYTES};

  if (!pq || !classical) {
    return 0;
  }
  parts.server_hello = pqq__flight_server_hello(profile->groups[0], 0);
  parts.encrypted_extensions = pqq__flight_encrypted_extensions(1);
  parts.certificate = pqq__flight_message(leaf_body(pq));
  parts.certificate_verify = pqq__flight_certificate_verify(pq->signature_bytes);
  parts.finished = pqq__flight_message(PQQ__MAX_HASH_BYTES);
  parts.authenticator = pqq__flight_authenticator(leaf_body(classical), classical->signature_bytes,
                                                  PQQ__MAX_HASH_BYTES);
  total = pqq__flight_pack(&parts, datagram_bytes).total_bytes;
  return total <= window ? total : 0;
}
