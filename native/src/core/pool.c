/* SPDX-License-Identifier: MIT */
#include "core/pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The C library knows how large a block is, so a pool needs no headers of its own. Where it cannot
 * be asked, and under sanitizers, which want to see every block freed, nothing is kept. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KEEPS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define KEEPS 0
#endif
#endif
#ifndef KEEPS
#if defined(__linux__)
#include <malloc.h>
#define BLOCK_BYTES malloc_usable_size
/* Blocks of glibc are 8 bytes larger than a multiple of the step. */
#define EXTRA_BYTES 8
#define KEEPS 1
#elif defined(__APPLE__)
#include <malloc/malloc.h>
#define BLOCK_BYTES malloc_size
#define EXTRA_BYTES 0
#define KEEPS 1
#else
#define KEEPS 0
#endif
#endif

#if KEEPS
/* A kept block begins with the next one of its size. */
static void *next_of(const void *block) {
  void *next;

  memcpy(&next, block, sizeof next);
  return next;
}

/* A size is rounded up when a block is asked for and down when one is given back. */
void *pqq__pool_alloc(pqq__pool *pool, size_t bytes) {
  size_t index = (bytes + PQQ__POOL_STEP_BYTES - 1 - EXTRA_BYTES) / PQQ__POOL_STEP_BYTES;
  void *block = index < PQQ__POOL_CLASSES ? pool->first[index] : NULL;

  if (!block) {
    return malloc(bytes);
  }
  pool->first[index] = next_of(block);
  pool->kept_bytes -= index * PQQ__POOL_STEP_BYTES;
  return block;
}

void pqq__pool_release(pqq__pool *pool, void *block) {
  size_t index;

  if (!block) {
    return;
  }
  index = (BLOCK_BYTES(block) - EXTRA_BYTES) / PQQ__POOL_STEP_BYTES;
  if (index == 0 || index >= PQQ__POOL_CLASSES || pool->kept_bytes >= PQQ__POOL_MAX_KEPT_BYTES) {
    free(block);
    return;
  }
  memcpy(block, &pool->first[index], sizeof(void *));
  pool->first[index] = block;
  pool->kept_bytes += index * PQQ__POOL_STEP_BYTES;
}

void pqq__pool_clear(pqq__pool *pool) {
  for (size_t i = 0; i < PQQ__POOL_CLASSES; i++) {
    void *block;

    while ((block = pool->first[i]) != NULL) {
      pool->first[i] = next_of(block);
      free(block);
    }
  }
  pool->kept_bytes = 0;
}
#else
void *pqq__pool_alloc(pqq__pool *pool, size_t bytes) {
  (void)pool;
  return malloc(bytes);
}

void pqq__pool_release(pqq__pool *pool, void *block) {
  (void)pool;
  free(block);
}

void pqq__pool_clear(pqq__pool *pool) {
  (void)pool;
}
#endif

void *pqq__pool_calloc(pqq__pool *pool, size_t count, size_t bytes) {
  void *block;

  if (bytes && count > SIZE_MAX / bytes) {
    return NULL;
  }
  block = pqq__pool_alloc(pool, count * bytes);
  return block ? memset(block, 0, count * bytes) : NULL;
}

/* Blocks that grow are of ring buffers; they are few, and the C library may grow them in place. */
void *pqq__pool_realloc(pqq__pool *pool, void *block, size_t bytes) {
  return block ? realloc(block, bytes) : pqq__pool_alloc(pool, bytes);
}
