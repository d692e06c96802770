/* SPDX-License-Identifier: MIT */
#include "core/rate_table.h"

#include <stdlib.h>
#include <string.h>

#include "core/cidmap.h"
#include "core/limits.h"
#include "core/units.h"

_Static_assert((PQQ__RATE_BUCKETS & (PQQ__RATE_BUCKETS - 1)) == 0, "sets are found by a mask");

int pqq__rate_table_init(pqq__rate_table *table, const uint8_t key[16]) {
  memcpy(table->key, key, sizeof table->key);
  table->buckets = calloc(PQQ__RATE_BUCKETS, sizeof *table->buckets);
  return table->buckets ? 0 : -1;
}

void pqq__rate_table_deinit(pqq__rate_table *table) {
  free(table->buckets);
  table->buckets = NULL;
}

static pqq__rate_bucket *set_of(const pqq__rate_table *table, uint64_t name) {
  return &table->buckets[name & (PQQ__RATE_BUCKETS - 1) & ~(uint64_t)(PQQ__RATE_WAYS - 1)];
}

static pqq__rate_bucket *find(const pqq__rate_table *table, uint64_t name) {
  pqq__rate_bucket *set = set_of(table, name);

  for (size_t i = 0; i < PQQ__RATE_WAYS; i++) {
    if (set[i].name == name) {
      return &set[i];
    }
  }
  return NULL;
}

/* The fullest one: that which is, or will be, full first. */
static pqq__rate_bucket *replace(const pqq__rate_table *table, uint64_t name) {
  pqq__rate_bucket *set = set_of(table, name), *fullest = set;

  for (size_t i = 1; i < PQQ__RATE_WAYS; i++) {
    if (set[i].full_at < fullest->full_at) {
      fullest = &set[i];
    }
  }
  *fullest = (pqq__rate_bucket){.name = name};
  return fullest;
}

int pqq__rate_table_has(const pqq__rate_table *table, const uint8_t *name, size_t len,
                        pqq__rate rate, pqq_time_ns now) {
  const pqq__rate_bucket *bucket = find(table, pqq__siphash(table->key, name, len));
  pqq_time_ns interval = PQQ__NS_PER_S / rate.per_second;

  return !bucket || bucket->full_at <= now || bucket->full_at - now <= interval * (rate.burst - 1);
}

void pqq__rate_table_take(pqq__rate_table *table, const uint8_t *name, size_t len, pqq__rate rate,
                          pqq_time_ns now) {
  uint64_t hash = pqq__siphash(table->key, name, len);
  pqq__rate_bucket *bucket = find(table, hash);

  if (!bucket) {
    bucket = replace(table, hash);
  }
  bucket->full_at =
      (bucket->full_at > now ? bucket->full_at : now) + PQQ__NS_PER_S / rate.per_second;
}
