/* SPDX-License-Identifier: MIT */
#include "quic/cid.h"

#include <string.h>

#include "harness.h"

static const uint8_t key[PQQ_ENGINE_KEY_BYTES] = {1, 2, 3}, other_key[PQQ_ENGINE_KEY_BYTES] = {1};
static pqq__random_pool pool;

TEST("an id tells its generation and worker, under the key it was made with alone") {
  pqq__cid_owner owner;
  pqq__cid_keys *keys = pqq__cid_keys_new(key), *others = pqq__cid_keys_new(other_key);

  EXPECT(keys != NULL && others != NULL);
  for (uint32_t worker = 0; worker < 255; worker++) {
    uint8_t cid[PQQ__CID_BYTES];

    NOTE("worker %u", worker);
    pqq__cid_make(keys, &pool, (pqq__cid_owner){(uint16_t)(worker * 257), (uint8_t)worker}, cid);
    EXPECT_INT(pqq__cid_read(keys, cid, sizeof cid, &owner), 0);
    EXPECT_UINT(owner.worker, worker);
    EXPECT_UINT(owner.generation, worker * 257);
    EXPECT_INT(pqq__cid_read(others, cid, sizeof cid, &owner), -1);
    EXPECT_INT(pqq__cid_read(keys, cid, sizeof cid - 1, &owner), -1);
  }
  pqq__cid_keys_free(keys);
  pqq__cid_keys_free(others);
}

TEST("an id with any bit turned over is not ours") {
  pqq__cid_keys *keys = pqq__cid_keys_new(key);
  pqq__cid_owner owner;
  uint8_t cid[PQQ__CID_BYTES];

  pqq__cid_make(keys, &pool, (pqq__cid_owner){0, 7}, cid);
  for (size_t bit = 0; bit < sizeof cid * 8; bit++) {
    cid[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    EXPECT_INT(pqq__cid_read(keys, cid, sizeof cid, &owner), -1);
    cid[bit / 8] ^= (uint8_t)(1u << (bit % 8));
  }
  EXPECT_INT(pqq__cid_read(keys, cid, sizeof cid, &owner), 0);
  EXPECT_UINT(owner.worker, 7);
  pqq__cid_keys_free(keys);
}

TEST("ids of one worker have nothing in common") {
  enum { COUNT = 500 };
  static uint8_t cids[COUNT][PQQ__CID_BYTES];
  pqq__cid_keys *keys = pqq__cid_keys_new(key);

  for (size_t i = 0; i < COUNT; i++) {
    pqq__cid_make(keys, &pool, (pqq__cid_owner){1, 1}, cids[i]);
    for (size_t j = 0; j < i; j++) {
      /* Eight equal bytes in place have a chance of 2^-64. */
      EXPECT(memcmp(cids[i], cids[j], 8) != 0);
    }
  }
  pqq__cid_keys_free(keys);
}

TEST("a reset token is a function of id and key, and does not show the id") {
  pqq__cid_keys *keys = pqq__cid_keys_new(key), *same = pqq__cid_keys_new(key),
                *others = pqq__cid_keys_new(other_key);
  uint8_t cid[PQQ__CID_BYTES], token[16], again[16];

  pqq__cid_make(keys, &pool, (pqq__cid_owner){1, 1}, cid);
  pqq__cid_reset_token(keys, cid, token);
  pqq__cid_reset_token(same, cid, again);
  EXPECT_MEM(again, sizeof again, token, sizeof token);
  EXPECT(memcmp(token, cid, sizeof token) != 0);
  pqq__cid_reset_token(others, cid, again);
  EXPECT(memcmp(token, again, sizeof token) != 0);
  cid[0] ^= 1;
  pqq__cid_reset_token(keys, cid, again);
  EXPECT(memcmp(token, again, sizeof token) != 0);
  pqq__cid_keys_free(keys);
  pqq__cid_keys_free(same);
  pqq__cid_keys_free(others);
  pqq__cid_keys_free(NULL);
}
