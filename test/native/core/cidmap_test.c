/* SPDX-License-Identifier: MIT */
#include "core/cidmap.h"

#include <string.h>

#include "core/random.h"
#include "harness.h"

static const uint8_t map_key[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void *value_of(size_t number) {
  return (void *)(uintptr_t)(number + 1);
}

/* SipHash-1-3 of the empty, 00, 0001, ... message under the key above, from another
 * implementation that gives the published vectors of SipHash-2-4. */
TEST("the hash is SipHash-1-3") {
  static const uint64_t expected[] = {
      UINT64_C(0xabac0158050fc4dc), UINT64_C(0xc9f49bf37d57ca93), UINT64_C(0x82cb9b024dc7d44d),
      UINT64_C(0x8bf80ab8e7ddf7fb), UINT64_C(0xcf75576088d38328), UINT64_C(0xdef9d52f49533b67),
      UINT64_C(0xc50d2b50c59f22a7), UINT64_C(0xd3927d989bb11140), UINT64_C(0x369095118d299a8e),
  };
  uint64_t key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
  uint8_t message[16];

  for (size_t len = 0; len < sizeof expected / sizeof expected[0]; len++) {
    NOTE("%zu bytes", len);
    EXPECT_UINT(pqq__siphash(key, message, len), expected[len]);
    message[len] = (uint8_t)len;
  }
}

TEST("ids of all lengths are kept apart, also where one begins another") {
  uint8_t bytes[PQQ__MAX_CID_BYTES + 1] = {0};
  pqq__cidmap map;

  EXPECT_INT(pqq__cidmap_init(&map, map_key), 0);
  for (size_t len = 0; len <= PQQ__MAX_CID_BYTES; len++) {
    EXPECT_INT(pqq__cidmap_put(&map, bytes, len, value_of(len)), 0);
  }
  for (size_t len = 0; len <= PQQ__MAX_CID_BYTES; len++) {
    EXPECT(pqq__cidmap_find(&map, bytes, len) == value_of(len));
  }
  EXPECT_INT(pqq__cidmap_put(&map, bytes, PQQ__MAX_CID_BYTES + 1, value_of(0)), -1);
  EXPECT(pqq__cidmap_find(&map, bytes, PQQ__MAX_CID_BYTES + 1) == NULL);
  pqq__cidmap_remove(&map, bytes, PQQ__MAX_CID_BYTES + 1);
  EXPECT_UINT(map.count, PQQ__MAX_CID_BYTES + 1);
  pqq__cidmap_deinit(&map);
}

TEST("putting an id again replaces its value") {
  pqq__cidmap map;

  EXPECT_INT(pqq__cidmap_init(&map, map_key), 0);
  EXPECT_INT(pqq__cidmap_put(&map, map_key, 8, value_of(1)), 0);
  EXPECT_INT(pqq__cidmap_put(&map, map_key, 8, value_of(2)), 0);
  EXPECT_UINT(map.count, 1);
  EXPECT(pqq__cidmap_find(&map, map_key, 8) == value_of(2));
  pqq__cidmap_remove(&map, map_key, 8);
  EXPECT(pqq__cidmap_find(&map, map_key, 8) == NULL);
  EXPECT_UINT(map.count, 0);
  pqq__cidmap_deinit(&map);
}

/* All ids that can occur are the numbers below IDS, so a plain array is the model. */
TEST("the map agrees with a plain array over random changes, also when it is full of removals") {
  enum { IDS = 600, STEPS = 60000 };
  static void *model[IDS];
  uint64_t random = harness_seed();
  size_t count = 0;
  pqq__cidmap map;

  memset(model, 0, sizeof model);
  EXPECT_INT(pqq__cidmap_init(&map, map_key), 0);
  for (size_t step = 0; step < STEPS; step++) {
    size_t id = random_next(&random) % IDS, other = random_next(&random) % IDS;
    /* It fills, then empties, then fills. */
    int fills = step / 5000 % 2 == 0;

    NOTE("step %zu", step);
    if (random_next(&random) % 4 < (fills ? 3u : 1u)) {
      count += model[id] == NULL;
      model[id] = value_of(step);
      EXPECT_INT(pqq__cidmap_put(&map, (uint8_t *)&id, sizeof id, model[id]), 0);
    } else {
      count -= model[id] != NULL;
      model[id] = NULL;
      pqq__cidmap_remove(&map, (uint8_t *)&id, sizeof id);
    }
    EXPECT_UINT(map.count, count);
    EXPECT(pqq__cidmap_find(&map, (uint8_t *)&id, sizeof id) == model[id]);
    EXPECT(pqq__cidmap_find(&map, (uint8_t *)&other, sizeof other) == model[other]);
  }
  for (size_t id = 0; id < IDS; id++) {
    EXPECT(pqq__cidmap_find(&map, (uint8_t *)&id, sizeof id) == model[id]);
  }
  pqq__cidmap_deinit(&map);
}
