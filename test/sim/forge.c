/* SPDX-License-Identifier: MIT */
#include "forge.h"

#include <string.h>

#include "fatal.h"

#define MAX_NONCE 16
#define MAX_HEADER 512
#define TAG_BYTES 16
#define PN_BYTES 4
/* Far beyond the client's own. */
#define FIRST_PN 100000

typedef struct seal {
  int is_known;
  ngtcp2_crypto_aead aead;
  ngtcp2_crypto_aead_ctx aead_ctx;
  ngtcp2_crypto_cipher cipher;
  ngtcp2_crypto_cipher_ctx cipher_ctx;
  uint8_t iv[MAX_NONCE];
  size_t iv_len;
  /* Of a packet, up to its length or packet number. */
  uint8_t header[MAX_HEADER];
  size_t header_len;
  uint32_t next_pn;
} seal;

static struct {
  sim_pair *pair;
  int is_client_turn;
  /* Whose mask comes next. */
  seal *sealing;
  seal seals[SIM_LEVELS];
} forge;

static void client_turn(sim_node *node) {
  (void)node;
  forge.is_client_turn = 1;
}

static void server_turn(sim_node *node) {
  (void)node;
  forge.is_client_turn = 0;
}

void sim_forge_begin(sim_pair *pair) {
  memset(&forge, 0, sizeof forge);
  forge.pair = pair;
  pair->client.node.on_step = client_turn;
  pair->server.node.on_step = server_turn;
}

static sim_level level_of(uint8_t first) {
  if (!(first & 0x80)) {
    return SIM_1RTT;
  }
  return (first & 0x30) == 0x20 ? SIM_HANDSHAKE : SIM_INITIAL;
}

/* Where the two last fields of a long header begin: length and packet number. */
static size_t long_header_len(const uint8_t *header, sim_level level) {
  size_t at = 5;

  at += 1u + header[at];
  at += 1u + header[at];
  if (level == SIM_INITIAL) {
    size_t token_len = header[at] & 0x3f;
    size_t len_bytes = (size_t)1 << (header[at] >> 6);

    for (size_t i = 1; i < len_bytes; i++) {
      token_len = token_len << 8 | header[at + i];
    }
    at += len_bytes + token_len;
  }
  return at;
}

void sim_forge_note_seal(const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *context,
                         const uint8_t *nonce, size_t nonce_len, const uint8_t *header,
                         size_t header_len) {
  sim_level level = level_of(header[0]);
  seal *to = &forge.seals[level];
  size_t pn_bytes = (header[0] & 3u) + 1u;

  forge.sealing = NULL;
  if (!forge.is_client_turn || to->is_known || nonce_len > MAX_NONCE || header_len > MAX_HEADER) {
    return;
  }
  forge.sealing = to;
  to->aead = *aead;
  to->aead_ctx = *context;
  to->iv_len = nonce_len;
  memcpy(to->iv, nonce, nonce_len);
  for (size_t i = 1; i <= pn_bytes; i++) {
    to->iv[nonce_len - i] ^= header[header_len - i];
  }
  to->header_len = level == SIM_1RTT ? header_len - pn_bytes : long_header_len(header, level);
  memcpy(to->header, header, to->header_len);
  to->next_pn = FIRST_PN;
}

void sim_forge_note_mask(const ngtcp2_crypto_cipher *cipher,
                         const ngtcp2_crypto_cipher_ctx *context) {
  if (forge.sealing) {
    forge.sealing->cipher = *cipher;
    forge.sealing->cipher_ctx = *context;
    forge.sealing->is_known = 1;
    forge.sealing = NULL;
  }
}

int sim_forge_has(sim_level level) {
  return forge.seals[level].is_known;
}

static size_t write_header(seal *from, sim_level level, size_t payload_len, uint8_t *out) {
  size_t at = from->header_len;
  uint32_t pn = from->next_pn++;

  memcpy(out, from->header, at);
  out[0] = (uint8_t)((out[0] & 0xf0) | (PN_BYTES - 1));
  if (level != SIM_1RTT) {
    size_t rest = PN_BYTES + payload_len + TAG_BYTES;

    out[at++] = (uint8_t)(0x40 | rest >> 8);
    out[at++] = (uint8_t)rest;
  }
  for (int shift = 24; shift >= 0; shift -= 8) {
    out[at++] = (uint8_t)(pn >> shift);
  }
  return at;
}

static void protect(const seal *from, uint8_t *packet, size_t header_len) {
  uint8_t mask[NGTCP2_HP_SAMPLELEN];

  if (ngtcp2_crypto_hp_mask(mask, &from->cipher, &from->cipher_ctx, packet + header_len) != 0) {
    sim_fatal("no mask");
  }
  packet[0] ^= (uint8_t)(mask[0] & (packet[0] & 0x80 ? 0x0f : 0x1f));
  for (size_t i = 0; i < PN_BYTES; i++) {
    packet[header_len - PN_BYTES + i] ^= mask[1 + i];
  }
}

void sim_forge_send(sim_level level, const uint8_t *frames, size_t len, uint16_t port) {
  seal *from = &forge.seals[level];
  uint8_t packet[2048], nonce[MAX_NONCE];
  size_t header_len;
  uint32_t pn = from->next_pn;
  pqq_address source = forge.pair->client.node.outside;

  if (!from->is_known || len > 1300) {
    sim_fatal("no such packet can be made");
  }
  memcpy(nonce, from->iv, from->iv_len);
  for (size_t i = 0; i < PN_BYTES; i++) {
    nonce[from->iv_len - 1 - i] ^= (uint8_t)(pn >> 8 * i);
  }
  header_len = write_header(from, level, len, packet);
  if (ngtcp2_crypto_encrypt(packet + header_len, &from->aead, &from->aead_ctx, frames, len, nonce,
                            from->iv_len, packet, header_len) != 0) {
    sim_fatal("cannot seal");
  }
  protect(from, packet, header_len);
  source.port = port;
  sim_inject(forge.pair->net, &source, &forge.pair->server.node.address, packet,
             header_len + len + TAG_BYTES, 0);
}

uint8_t *sim_forge_varint(uint8_t *out, uint64_t value) {
  int bytes = value < 64 ? 1 : value < 16384 ? 2 : value < 1073741824 ? 4 : 8;
  static const uint8_t prefix[] = {[1] = 0x00, [2] = 0x40, [4] = 0x80, [8] = 0xc0};

  for (int i = bytes - 1; i >= 0; i--) {
    out[bytes - 1 - i] = (uint8_t)(value >> 8 * i);
  }
  out[0] |= prefix[bytes];
  return out + bytes;
}
