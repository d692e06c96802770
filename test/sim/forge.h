/* SPDX-License-Identifier: MIT */
/* Packets that no QUIC library would send, sealed with the keys of a client's connection: how a
 * test floods a server with frames of its own choice. A test that uses it stands in for the two
 * functions of ngtcp2 that seal packets (see Programs.cmake) and tells of each call here; the keys
 * are the client's and live as long as it has them. */
#ifndef PQQ_SIM_FORGE_H
#define PQQ_SIM_FORGE_H

#include <ngtcp2/ngtcp2_crypto.h>

#include "pair.h"

typedef enum sim_level { SIM_INITIAL, SIM_HANDSHAKE, SIM_1RTT, SIM_LEVELS } sim_level;

/* Forgets all keys, and learns those of the pair's client from now on. */
void sim_forge_begin(sim_pair *pair);

/* To be called by __wrap_ngtcp2_crypto_encrypt_cb and __wrap_ngtcp2_crypto_hp_mask_cb. */
void sim_forge_note_seal(const ngtcp2_crypto_aead *aead, const ngtcp2_crypto_aead_ctx *context,
                         const uint8_t *nonce, size_t nonce_len, const uint8_t *header,
                         size_t header_len);
void sim_forge_note_mask(const ngtcp2_crypto_cipher *cipher,
                         const ngtcp2_crypto_cipher_ctx *context);

/* Whether packets of that level can be made. */
int sim_forge_has(sim_level level);

/* Gives the server one packet with these frames in a datagram of its own, from `port` of the
 * client. The client must not hear of it: it would see packet numbers acknowledged that it has not
 * used. `frames` are at most 1,300 bytes. */
void sim_forge_send(sim_level level, const uint8_t *frames, size_t len, uint16_t port);

/* Writes a variable-length integer (RFC 9000 section 16) and returns what is behind it. */
uint8_t *sim_forge_varint(uint8_t *out, uint64_t value);

#endif
