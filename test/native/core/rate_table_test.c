/* SPDX-License-Identifier: MIT */
#include "core/rate_table.h"

#include "core/limits.h"
#include "core/units.h"
#include "harness.h"

static const uint8_t key[16] = {9};

/* Tries `count` times; how often there was one. */
static uint32_t draw(pqq__rate_table *table, uint32_t name, pqq__rate rate, pqq_time_ns now,
                     uint32_t count) {
  uint32_t taken = 0;

  for (uint32_t i = 0; i < count; i++) {
    if (pqq__rate_table_has(table, (const uint8_t *)&name, sizeof name, rate, now)) {
      pqq__rate_table_take(table, (const uint8_t *)&name, sizeof name, rate, now);
      taken++;
    }
  }
  return taken;
}

TEST("a bucket gives its burst at once, then what flows in, and never saves up more") {
  pqq__rate rate = {.per_second = 10, .burst = 20};
  pqq_time_ns now = 5 * PQQ__NS_PER_S;
  pqq__rate_table table;

  EXPECT_INT(pqq__rate_table_init(&table, key), 0);
  EXPECT_UINT(draw(&table, 1, rate, now, 100), 20);
  EXPECT_UINT(draw(&table, 1, rate, now + PQQ__NS_PER_S / 10 - 1, 100), 0);
  EXPECT_UINT(draw(&table, 1, rate, now + PQQ__NS_PER_S / 10, 100), 1);
  EXPECT_UINT(draw(&table, 1, rate, now + PQQ__NS_PER_S, 100), 9);
  EXPECT_UINT(draw(&table, 1, rate, now + 3600 * PQQ__NS_PER_S, 100), 20);
  pqq__rate_table_deinit(&table);
}

TEST("one name's bucket is not another's") {
  pqq__rate rate = {.per_second = 1, .burst = 1};
  pqq__rate_table table;

  EXPECT_INT(pqq__rate_table_init(&table, key), 0);
  for (uint32_t name = 0; name < 100; name++) {
    EXPECT_UINT(draw(&table, name, rate, PQQ__NS_PER_S, 3), 1);
  }
  pqq__rate_table_deinit(&table);
}

TEST("a flood of names neither grows the table, nor limits a newcomer, nor frees who is far over") {
  enum { FLOOD = 20 * PQQ__RATE_BUCKETS };
  pqq__rate rate = {.per_second = 2, .burst = 8};
  pqq_time_ns now = 100 * PQQ__NS_PER_S;
  uint32_t refused = 0;
  pqq__rate_table table;

  EXPECT_INT(pqq__rate_table_init(&table, key), 0);
  EXPECT_UINT(draw(&table, UINT32_MAX, rate, now, 100), 8);
  for (uint32_t name = 0; name < FLOOD; name++) {
    refused += draw(&table, name, rate, now, 1) == 0;
  }
  EXPECT_UINT(refused, 0);
  EXPECT_UINT(draw(&table, UINT32_MAX, rate, now, 100), 0);
  EXPECT_UINT(draw(&table, UINT32_MAX - 1, rate, now, 100), 8);
  pqq__rate_table_deinit(&table);
}

static uint64_t lone_bucket(const uint8_t random[16], uint32_t name) {
  pqq__rate rate = {.per_second = 1, .burst = 1};
  pqq__rate_table table;
  uint64_t at = PQQ__RATE_BUCKETS;

  EXPECT_INT(pqq__rate_table_init(&table, random), 0);
  EXPECT_UINT(draw(&table, name, rate, PQQ__NS_PER_S, 1), 1);
  for (uint64_t i = 0; i < PQQ__RATE_BUCKETS; i++) {
    if (table.buckets[i].full_at) {
      at = i / PQQ__RATE_WAYS;
    }
  }
  pqq__rate_table_deinit(&table);
  return at;
}

TEST("where a name lies depends on the key, so nobody can aim") {
  static const uint8_t other[16] = {8};
  uint32_t same = 0;

  for (uint32_t name = 0; name < 64; name++) {
    EXPECT(lone_bucket(key, name) < PQQ__RATE_BUCKETS);
    same += lone_bucket(key, name) == lone_bucket(other, name);
  }
  EXPECT(same < 4);
}
