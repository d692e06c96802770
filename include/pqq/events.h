/* SPDX-License-Identifier: MIT */
/* What an engine reports: connections made and lost, requests, responses,
 * body bytes. One tagged struct; a reader ignores types it does not know. */
#ifndef PQQ_EVENTS_H
#define PQQ_EVENTS_H

#include <pqq/error.h>
#include <pqq/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Event types. `conn` is set in all of them, `stream` where it says so. */
enum {
  /** The handshake is finished; pqq_*_connection_info can be read. */
  PQQ_EVENT_CONNECTED = 1,
  /** The connection has ended or could not be made: `close`. Every stream of
   *  it has had its PQQ_EVENT_STREAM_CLOSED before. The id is dead after. */
  PQQ_EVENT_CLOSED = 2,
  /** The peer sent GOAWAY: no new requests on this connection. */
  PQQ_EVENT_GOING_AWAY = 3,
  /** Server: a request's header section: `stream`, `headers` (pseudo-header
   *  fields first; cookies in one field, RFC 9114 section 4.2.1), `is_end` if it
   *  has no body. */
  PQQ_EVENT_REQUEST = 4,
  /** Client: a request that was asked for has its stream now: `stream`,
   *  `token`. */
  PQQ_EVENT_OPENED = 5,
  /** Client: the request could not be opened: `token`, `status`. */
  PQQ_EVENT_OPEN_FAILED = 6,
  /** Client: a final or (1xx) interim response: `stream`, `headers` (`:status`
   *  first), `http_status`, `is_end`. */
  PQQ_EVENT_RESPONSE = 7,
  /** Body bytes: `stream`, `data`, `is_end`. They count against the flow
   *  control window until pqq_engine_consume gives them back. */
  PQQ_EVENT_DATA = 8,
  /** Trailer section: `stream`, `headers`. `is_end` is 1. */
  PQQ_EVENT_TRAILERS = 9,
  /** The peer gave up its half of the stream: `stream`, `wire_code`
   *  (RESET_STREAM). No more data will come. On a server also where a request went over
   *  a limit: `status` is then PQQ_ERR_REQUEST_TIMEOUT, and libpqq has answered or
   *  reset it, so that a response is dropped; or PQQ_ERR_BODY_TOO_LARGE, and a
   *  response can still be sent. */
  PQQ_EVENT_RESET = 10,
  /** The peer does not want our half: `stream`, `wire_code` (STOP_SENDING).
   *  Further writes are ignored. */
  PQQ_EVENT_STOPPED = 11,
  /** The send buffer that had been full (or was asked about with
   *  PQQ_WRITE_NOTIFY) is below its low-water mark: `stream`. */
  PQQ_EVENT_WRITABLE = 12,
  /** The stream is gone: `stream`, `status` (PQQ_OK if both halves ended
   *  cleanly), `wire_code`. The id is dead after. */
  PQQ_EVENT_STREAM_CLOSED = 13,
  /** Driver with report_files: a folder has answered a request that was seen nowhere
   *  else: `conn`, `stream`, `headers` (the request's), `http_status`, and in
   *  `wire_code` the bytes of content that were announced. */
  PQQ_EVENT_FILE = 14,
  /** An HTTP datagram (RFC 9297): `stream`, `data`. At most 64 of a stream wait to
   *  be taken; more are dropped and counted. */
  PQQ_EVENT_DATAGRAM = 15,
  /** Client: the server has sent an address validation token (RFC 9000 section
   *  8.1.3): `data`. Give it to the next connection to the same server as
   *  pqq_connect_options.address_token, and use it once. */
  PQQ_EVENT_NEW_TOKEN = 16
};

/** Most values of one list that pqq_peer_offer keeps; more are left out. */
#define PQQ_MAX_OFFERED 16

/** pqq_peer_offer is what a client offered whose ClientHello a server has refused:
 *  IANA numbers in its order, without GREASE (RFC 8701). */
typedef struct pqq_peer_offer {
  uint16_t groups[PQQ_MAX_OFFERED];
  uint16_t signature_schemes[PQQ_MAX_OFFERED];
  uint32_t group_count;
  uint32_t signature_scheme_count;
  /** Application protocols with commas in between, cut; bytes that are not printable ASCII are '?'.
   */
  char protocols[64];
} pqq_peer_offer;

/** pqq_close_info says how a connection ended. */
typedef struct pqq_close_info {
  /** PQQ_OK for an orderly close (H3_NO_ERROR or NO_ERROR), else the cause. */
  pqq_status status;
  /** 1 if the peer closed. */
  int32_t is_remote;
  /** 1 if `wire_code` is an application (HTTP/3) code, 0 for a transport one. */
  int32_t is_application;
  /** The TLS alert if wire_code is a CRYPTO_ERROR (RFC 9001 section 4.8), else
   *  -1. */
  int32_t tls_alert;
  uint64_t wire_code;
  /** Frame type that triggered a transport error, else 0. */
  uint64_t frame_type;
  /** Text for people; ours, or the peer's reason phrase cut to 128 bytes. May
   *  hold any bytes when is_remote. */
  pqq_bytes reason;
  /** What had been negotiated: TLS Supported Groups and SignatureScheme numbers,
   *  0 if it did not come to that. */
  uint16_t group;
  uint16_t signature;
  /** PQQ_AUTH_* that the server had proven, on a client whose TLS handshake was done. */
  int32_t authentication;
  /** The peer's; family 0 if the connection is gone too far to know. */
  pqq_address remote;
  /** On a server that refused the ClientHello, else NULL. Lives as the event. */
  const pqq_peer_offer *offer;
} pqq_close_info;

/** pqq_event is a borrowed view, valid until the next event is taken. */
typedef struct pqq_event {
  int32_t type;
  int32_t is_end;
  pqq_id conn;
  pqq_id stream;
  /** Token of pqq_engine_connect or pqq_engine_request (client). */
  uint64_t token;
  pqq_status status;
  int32_t http_status;
  uint64_t wire_code;
  const pqq_header *headers;
  size_t header_count;
  pqq_bytes data;
  const pqq_close_info *close;
  /** REQUEST, RESPONSE: see pqq_engine_max_datagram_bytes. */
  uint32_t datagram_bytes;
  uint32_t reserved;
} pqq_event;

/** pqq_certificate_info is one certificate of a peer's chain as sent. */
typedef struct pqq_certificate_info {
  /** Public key algorithm: "ML-DSA-65", "ECDSA P-256", … static memory. */
  const char *algorithm;
  /** Algorithm of the signature on this certificate: "ML-DSA-65",
   *  "ECDSA SHA-256", "RSA SHA-256", … (a certificate does not name its issuer's
   *  curve); static memory. */
  const char *signed_with;
  /** DER. */
  pqq_bytes der;
} pqq_certificate_info;

/** Longest chain that libpqq reports (and accepts). */
#define PQQ_MAX_CHAIN 8

/** How a client's address was validated (RFC 9000 section 8.1). */
enum {
  /** By the handshake: until then the server sent at most three times what it got. */
  PQQ_ADDRESS_BY_HANDSHAKE = 0,
  /** By a Retry packet, before the handshake. */
  PQQ_ADDRESS_BY_RETRY = 1,
  /** By a token of an earlier connection. */
  PQQ_ADDRESS_BY_TOKEN = 2
};

/** pqq_connection_info is what was negotiated; the same on both ends except
 *  for the addresses, byte counts and what each has verified. Set struct_size before the
 *  call. Strings are static; views live until the connection's PQQ_EVENT_CLOSED is taken. */
typedef struct pqq_connection_info {
  uint32_t struct_size;
  int32_t is_server;
  pqq_address local;
  pqq_address remote;
  uint32_t quic_version;
  /** IANA numbers and names: TLS Supported Groups, SignatureScheme, cipher
   *  suite. */
  uint16_t group;
  uint16_t signature;
  uint16_t cipher;
  uint16_t reserved;
  const char *group_name;
  const char *signature_name;
  const char *cipher_name;
  /** Application protocol, such as "h3". */
  pqq_bytes alpn;
  /** SNI the client sent, or empty. */
  pqq_bytes server_name;
  /** 1 if the group has ML-KEM and ECDH in it. */
  int32_t is_hybrid_key_exchange;
  /** 1 if the group has ML-KEM in it. */
  int32_t is_pq_key_exchange;
  /** PQQ_AUTH_*: on the client what it verified; on the server what it sent. */
  int32_t authentication;
  int32_t profile;
  /** Why the server chose this identity; static text, empty on a client. */
  const char *selection_reason;
  /** The server's chain, leaf first. */
  pqq_certificate_info certificates[PQQ_MAX_CHAIN];
  size_t certificate_count;
  /** From the first datagram until the handshake was done. */
  uint64_t handshake_ns;
  /** Causal round trips of the handshake: how many times the path's minimum
   *  RTT had to pass in sequence. */
  uint32_t handshake_round_trips;
  uint32_t reserved2;
  /** Until the handshake was done; UDP payload. */
  uint64_t handshake_bytes_sent;
  uint64_t handshake_bytes_received;
  uint64_t handshake_datagrams_sent;
  uint64_t handshake_datagrams_received;
  /** So far. */
  uint64_t bytes_sent;
  uint64_t bytes_received;
  uint64_t datagrams_sent;
  uint64_t datagrams_received;
  uint64_t packets_lost;
  uint64_t smoothed_rtt_ns;
  uint64_t min_rtt_ns;
  uint64_t congestion_window_bytes;
  /** velocity/1: scheme of the authenticator with which the server proved its
   *  classical identity, and that identity's chain. 0, "" and 0 on h3. */
  uint16_t classical_signature;
  /** PQQ_DOWNGRADE_*: why the connection is not velocity/1 although the client
   *  offered it and the server knows it. On a client this is what the server
   *  claims. */
  uint16_t downgrade;
  /** PQQ_AUTH_* that the client has proven; PQQ_AUTH_NONE if it was not asked. */
  int32_t client_authentication;
  const char *classical_signature_name;
  /** Reason of `downgrade`, such as "no_hybrid_cert"; "" for none. Static. */
  const char *downgrade_name;
  pqq_certificate_info classical_certificates[PQQ_MAX_CHAIN];
  size_t classical_certificate_count;
  /** What the client proved, leaf first: its ML-DSA and its ECDSA identity. */
  pqq_certificate_info client_certificates[PQQ_MAX_CHAIN];
  size_t client_certificate_count;
  pqq_certificate_info client_classical_certificates[PQQ_MAX_CHAIN];
  size_t client_classical_certificate_count;
  /** Seconds for which the server asks to be pinned; 0: not at all. */
  uint32_t pin_lifetime_s;
  /** Causal round trips until the TLS handshake was done. handshake_round_trips
   *  and the handshake_* counts run until all identities were verified. */
  uint32_t tls_round_trips;
  /** Datagrams of its first flight that the client has sent again. */
  uint32_t first_flight_repeats;
  /** How the server's chain was sent (RFC 8879): 0 as it is, 1 zlib, 2 brotli. */
  uint16_t certificate_compression;
  uint16_t reserved3;
  /** Body of its Certificate message, and what of it went over the wire. */
  uint32_t certificate_bytes;
  uint32_t certificate_wire_bytes;
  /** On a client: requests that the server takes at once, by its transport
   *  parameter initial_max_streams_bidi (RFC 9000 section 18.2). 0 on a server. */
  uint64_t peer_max_requests;
  /** PQQ_ADDRESS_*: how the server came to know the client's address. A client
   *  that has sent a token cannot see whether it was taken. */
  int32_t address_validation;
  uint32_t reserved4;
} pqq_connection_info;

#ifdef __cplusplus
}
#endif

#endif
