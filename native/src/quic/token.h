/* SPDX-License-Identifier: MIT */
/* Address validation tokens (RFC 9000 section 8.1): of Retry packets, bound to
 * address, port, version and both connection ids, and of NEW_TOKEN frames,
 * bound to the address and the version. The bytes are ngtcp2's; the secrets are derived
 * from the server's key and the number of the epoch, so every worker and process
 * with that key opens every token and nobody has to hand secrets around. */
#ifndef PQQ__QUIC_TOKEN_H
#define PQQ__QUIC_TOKEN_H

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <pqq/engine.h>

#include "core/limits.h"

#define PQQ__TOKEN_SECRET_BYTES 32

/* Room for either kind. */
#define PQQ__OWN_TOKEN_BYTES NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2

typedef struct pqq__token_keys {
  uint8_t key[PQQ_ENGINE_KEY_BYTES];
  pqq_time_ns clock_offset_ns;
  /* Of this epoch and of the one before, once has_secrets. */
  int has_secrets;
  uint64_t epoch;
  uint8_t secrets[2][PQQ__TOKEN_SECRET_BYTES];
} pqq__token_keys;

/* What a client's token comes to. */
typedef enum pqq__token_verdict {
  /* There is none. */
  PQQ__TOKEN_NONE,
  PQQ__TOKEN_RETRY,
  PQQ__TOKEN_REGULAR,
  /* Not made by us, cut, changed, of another address or version, or older than two epochs. */
  PQQ__TOKEN_UNREADABLE,
  /* Ours, but its time is over. */
  PQQ__TOKEN_EXPIRED,
  /* The same of a token that says that it comes from a Retry packet: the client will take no other
   * Retry, so it is told (INVALID_TOKEN). */
  PQQ__TOKEN_BAD_RETRY
} pqq__token_verdict;

void pqq__token_keys_init(pqq__token_keys *keys, const uint8_t key[PQQ_ENGINE_KEY_BYTES],
                          pqq_time_ns clock_offset_ns);
void pqq__token_keys_deinit(pqq__token_keys *keys);

/* Writes the token of a Retry packet with the id `retry_scid` for a client at `remote` whose
 * Initial had `header`. Its length, or 0. */
size_t pqq__token_make_retry(pqq__token_keys *keys, const ngtcp2_addr *remote,
                             const ngtcp2_pkt_hd *header, const ngtcp2_cid *retry_scid,
                             pqq_time_ns now, uint8_t token[PQQ__OWN_TOKEN_BYTES]);

/* Writes a token for a NEW_TOKEN frame on a connection of that QUIC version. Its length, or 0. */
size_t pqq__token_make_regular(pqq__token_keys *keys, const ngtcp2_addr *remote, uint32_t version,
                               pqq_time_ns now, uint8_t token[PQQ__OWN_TOKEN_BYTES]);

/* Judges the token of an Initial. With PQQ__TOKEN_RETRY `*original_dcid` is the client's first
 * Destination Connection ID. */
pqq__token_verdict pqq__token_judge(pqq__token_keys *keys, const ngtcp2_addr *remote,
                                    const ngtcp2_pkt_hd *header, pqq_time_ns now,
                                    ngtcp2_cid *original_dcid);

#endif
