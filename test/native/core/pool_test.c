/* SPDX-License-Identifier: MIT */
#include "core/pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "harness.h"

/* Under sanitizers a pool keeps nothing. */
static int keeps_blocks(void) {
  static pqq__pool pool;
  size_t bytes;

  pqq__pool_release(&pool, pqq__pool_alloc(&pool, 64));
  bytes = pool.kept_bytes;
  pqq__pool_clear(&pool);
  return bytes > 0;
}

TEST("a block that was freed is handed out again for every size that fits it") {
  static pqq__pool pool;

  for (size_t bytes = 32; keeps_blocks() && bytes <= PQQ__POOL_MAX_BLOCK_BYTES; bytes++) {
    void *block = pqq__pool_alloc(&pool, bytes), *again;

    EXPECT(block != NULL);
    memset(block, 0xab, bytes);
    pqq__pool_release(&pool, block);
    EXPECT(pool.kept_bytes > 0);
    again = pqq__pool_alloc(&pool, bytes);
    EXPECT(again == block);
    EXPECT(pool.kept_bytes == 0);
    free(again);
  }
}

TEST("a buffer that begins as nothing is a block that was freed") {
  static pqq__pool pool;
  void *block = pqq__pool_alloc(&pool, PQQ__POOL_MAX_BLOCK_BYTES), *again;

  EXPECT(block != NULL);
  pqq__pool_release(&pool, block);
  again = pqq__pool_realloc(&pool, NULL, PQQ__POOL_MAX_BLOCK_BYTES);
  EXPECT(again != NULL && (!keeps_blocks() || again == block));
  EXPECT(pool.kept_bytes == 0);
  again = pqq__pool_realloc(&pool, again, 4 * PQQ__POOL_MAX_BLOCK_BYTES);
  EXPECT(again != NULL);
  pqq__pool_release(&pool, again);
  EXPECT(pool.kept_bytes == 0);
}

TEST("only so many bytes are kept, and no large block") {
  enum { BYTES = 1000, BLOCKS = 2 * (PQQ__POOL_MAX_KEPT_BYTES / BYTES) };
  static pqq__pool pool;
  static void *blocks[BLOCKS];

  for (size_t i = 0; i < BLOCKS; i++) {
    blocks[i] = pqq__pool_alloc(&pool, BYTES);
  }
  for (size_t i = 0; i < BLOCKS; i++) {
    pqq__pool_release(&pool, blocks[i]);
  }
  EXPECT(pool.kept_bytes <= PQQ__POOL_MAX_KEPT_BYTES + PQQ__POOL_MAX_BLOCK_BYTES);
  EXPECT(!keeps_blocks() || pool.kept_bytes >= PQQ__POOL_MAX_KEPT_BYTES);
  pqq__pool_clear(&pool);
  EXPECT(pool.kept_bytes == 0);
  pqq__pool_release(&pool, pqq__pool_alloc(&pool, 4 * PQQ__POOL_MAX_BLOCK_BYTES));
  pqq__pool_release(&pool, NULL);
  EXPECT(pool.kept_bytes == 0);
}

TEST("cleared memory is clear even if a used block is taken, and a product that overflows fails") {
  static pqq__pool pool;
  uint8_t *block = pqq__pool_alloc(&pool, 96);

  memset(block, 0xff, 96);
  pqq__pool_release(&pool, block);
  block = pqq__pool_calloc(&pool, 12, 8);
  for (size_t i = 0; i < 96; i++) {
    EXPECT(block[i] == 0);
  }
  block = pqq__pool_realloc(&pool, block, 5000);
  EXPECT(block != NULL && block[95] == 0);
  pqq__pool_release(&pool, block);
  EXPECT(pqq__pool_calloc(&pool, SIZE_MAX / 2, 3) == NULL);
  pqq__pool_clear(&pool);
}

TEST("blocks of all sizes, taken and freed in any order, do not overlap") {
  static pqq__pool pool;
  static struct {
    uint8_t *data;
    size_t bytes;
    uint8_t mark;
  } held[64];
  uint64_t random = harness_seed();

  for (uint32_t round = 0; round < 20000; round++) {
    size_t i = random_next(&random) % 64;

    for (size_t j = 0; held[i].data && j < held[i].bytes; j++) {
      EXPECT(held[i].data[j] == held[i].mark);
    }
    pqq__pool_release(&pool, held[i].data);
    held[i].bytes = 1 + random_next(&random) % 1200;
    held[i].mark = (uint8_t)round;
    held[i].data = pqq__pool_alloc(&pool, held[i].bytes);
    memset(held[i].data, held[i].mark, held[i].bytes);
  }
  for (size_t i = 0; i < 64; i++) {
    pqq__pool_release(&pool, held[i].data);
  }
  pqq__pool_clear(&pool);
}
