/* SPDX-License-Identifier: MIT */
/* Memory of one worker: blocks that were freed are kept by size and handed out
 * again. A turn of a worker makes and frees dozens of equal objects (packets in
 * flight, streams, header fields), more than the C library keeps at hand for a
 * thread (seven of a size), and the connections of a worker share what is kept,
 * so that an idle one holds nothing back. Owner thread only; no locks. */
#ifndef PQQ__CORE_POOL_H
#define PQQ__CORE_POOL_H

#include <stddef.h>

#include "core/limits.h"

/* Sizes of blocks that are kept: multiples of this, as the C library's. */
#define PQQ__POOL_STEP_BYTES 16
#define PQQ__POOL_CLASSES (PQQ__POOL_MAX_BLOCK_BYTES / PQQ__POOL_STEP_BYTES + 1)

typedef struct pqq__pool {
  /* The kept blocks of each size, linked by their first bytes. */
  void *first[PQQ__POOL_CLASSES];
  size_t kept_bytes;
} pqq__pool;

/* All zero is an empty pool. Its blocks are blocks of malloc. */
void *pqq__pool_alloc(pqq__pool *pool, size_t bytes);
void *pqq__pool_calloc(pqq__pool *pool, size_t count, size_t bytes);
void *pqq__pool_realloc(pqq__pool *pool, void *block, size_t bytes);
void pqq__pool_release(pqq__pool *pool, void *block);
/* Gives everything that is kept back to the C library. */
void pqq__pool_clear(pqq__pool *pool);

#endif
