/* SPDX-License-Identifier: MIT */
/* Our connection ids: one AES-128 block that holds which worker owns the
 * connection. Under the server's key nobody else can make a valid one or link
 * two of them (RFC 9000 section 5.1, draft-ietf-quic-load-balancers section 4).
 *
 *   plain block:  version 1 | generation 2 | worker 1 | nonce 8 | check 4 (zero)
 *
 * The generation tells engines that share a key apart: the processes of a
 * cluster, and a server before and after its restart.
 */
#ifndef PQQ__QUIC_CID_H
#define PQQ__QUIC_CID_H

#include <pqq/engine.h>

#include "core/limits.h"
#include "tls/tls.h"

typedef struct pqq__cid_keys pqq__cid_keys;

/* Derives the cid key and the reset-token key from `key`. NULL: no memory. */
pqq__cid_keys *pqq__cid_keys_new(const uint8_t key[PQQ_ENGINE_KEY_BYTES]);
void pqq__cid_keys_free(pqq__cid_keys *keys);

/* Whose an id is. */
typedef struct pqq__cid_owner {
  uint16_t generation;
  uint8_t worker;
} pqq__cid_owner;

/* Makes a fresh id for `owner`, its nonce from `random`. */
void pqq__cid_make(const pqq__cid_keys *keys, pqq__random_pool *random, pqq__cid_owner owner,
                   uint8_t cid[PQQ__CID_BYTES]);

/* Reads the owner of an id that was made under this key: 0, or -1 for a wrong length,
 * version or check (2^-40 of random blocks pass; they only cost a hand-over). */
int pqq__cid_read(const pqq__cid_keys *keys, const uint8_t *cid, size_t len, pqq__cid_owner *owner);

/* Stateless reset token of an id (RFC 9000 section 10.3.2): a permutation of
 * it under a second key, so no state is kept. */
void pqq__cid_reset_token(const pqq__cid_keys *keys, const uint8_t cid[PQQ__CID_BYTES],
                          uint8_t token[16]);

#endif
