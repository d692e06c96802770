/* SPDX-License-Identifier: MIT */
/* Token buckets for many names in a table of fixed size. Each bucket is one
 * time, that at which it will be full again (the generic cell rate algorithm),
 * and a hash of its name under a random key: nobody can aim at a bucket of
 * somebody else's. A new name takes the place of the bucket of its set that is
 * fullest. So a flood of names makes the table forget those that are hardly
 * limited, and never makes it refuse a name for what others did. */
#ifndef PQQ__CORE_RATE_TABLE_H
#define PQQ__CORE_RATE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include <pqq/types.h>

typedef struct pqq__rate_bucket {
  uint64_t name;
  pqq_time_ns full_at;
} pqq__rate_bucket;

typedef struct pqq__rate_table {
  /* PQQ__RATE_BUCKETS of them. */
  pqq__rate_bucket *buckets;
  uint64_t key[2];
} pqq__rate_table;

/* `per_second` are filled in again, up to `burst`; both at least 1. */
typedef struct pqq__rate {
  uint32_t per_second;
  uint32_t burst;
} pqq__rate;

/* `key` is 16 random bytes. 0, or -1 on lack of memory. */
int pqq__rate_table_init(pqq__rate_table *table, const uint8_t key[16]);
void pqq__rate_table_deinit(pqq__rate_table *table);

/* Whether the bucket of `name` has something in it. */
int pqq__rate_table_has(const pqq__rate_table *table, const uint8_t *name, size_t len,
                        pqq__rate rate, pqq_time_ns now);
/* Takes one out, after pqq__rate_table_has has said 1. */
void pqq__rate_table_take(pqq__rate_table *table, const uint8_t *name, size_t len, pqq__rate rate,
                          pqq_time_ns now);

#endif
