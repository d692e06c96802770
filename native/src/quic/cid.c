/* SPDX-License-Identifier: MIT */
#include "quic/cid.h"

#include <stdlib.h>
#include <string.h>

#include "tls/tls.h"

/* Format of the plain block; another layout gets another number. */
#define CID_VERSION 2
/* Where the parts of the plain block begin. */
#define GENERATION 1
#define WORKER 3
#define NONCE 4
#define CHECK 12

struct pqq__cid_keys {
  pqq__block_cipher *cid;
  pqq__block_cipher *token;
};

pqq__cid_keys *pqq__cid_keys_new(const uint8_t key[PQQ_ENGINE_KEY_BYTES]) {
  pqq__cid_keys *keys = calloc(1, sizeof *keys);
  uint8_t derived[2][PQQ__BLOCK_BYTES];

  if (!keys) {
    return NULL;
  }
  pqq__tls_derive(key, "pqq cid", derived[0], sizeof derived[0]);
  pqq__tls_derive(key, "pqq reset", derived[1], sizeof derived[1]);
  keys->cid = pqq__block_cipher_new(derived[0]);
  keys->token = pqq__block_cipher_new(derived[1]);
  if (!keys->cid || !keys->token) {
    pqq__cid_keys_free(keys);
    return NULL;
  }
  return keys;
}

void pqq__cid_keys_free(pqq__cid_keys *keys) {
  if (!keys) {
    return;
  }
  pqq__block_cipher_free(keys->cid);
  pqq__block_cipher_free(keys->token);
  free(keys);
}

void pqq__cid_make(const pqq__cid_keys *keys, pqq__random_pool *random, pqq__cid_owner owner,
                   uint8_t cid[PQQ__CID_BYTES]) {
  uint8_t block[PQQ__CID_BYTES] = {CID_VERSION};

  block[GENERATION] = (uint8_t)(owner.generation >> 8);
  block[GENERATION + 1] = (uint8_t)owner.generation;
  block[WORKER] = owner.worker;
  pqq__random_take(random, block + NONCE, CHECK - NONCE);
  pqq__block_encrypt(keys->cid, block, cid);
}

int pqq__cid_read(const pqq__cid_keys *keys, const uint8_t *cid, size_t len,
                  pqq__cid_owner *owner) {
  static const uint8_t zero[PQQ__CID_BYTES - CHECK];
  uint8_t block[PQQ__CID_BYTES];

  if (len != PQQ__CID_BYTES) {
    return -1;
  }
  pqq__block_decrypt(keys->cid, cid, block);
  if (block[0] != CID_VERSION || memcmp(block + CHECK, zero, sizeof zero) != 0) {
    return -1;
  }
  owner->generation = (uint16_t)(block[GENERATION] << 8 | block[GENERATION + 1]);
  owner->worker = block[WORKER];
  return 0;
}

void pqq__cid_reset_token(const pqq__cid_keys *keys, const uint8_t cid[PQQ__CID_BYTES],
                          uint8_t token[16]) {
  pqq__block_encrypt(keys->token, cid, token);
}
