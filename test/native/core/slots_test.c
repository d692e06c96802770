/* SPDX-License-Identifier: MIT */
#include "core/slots.h"

#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "harness.h"

TEST("an id finds its object until it is removed, and never after") {
  pqq__slots slots;
  int object;
  pqq_id first, second;

  pqq__slots_init(&slots, 3);
  first = pqq__slots_add(&slots, &object);
  EXPECT(first != 0);
  EXPECT(pqq__slots_find(&slots, first) == &object);
  pqq__slots_remove(&slots, first);
  EXPECT(pqq__slots_find(&slots, first) == NULL);
  /* The slot is used again under another generation. */
  second = pqq__slots_add(&slots, &object);
  EXPECT_UINT(second & 0xffffff, first & 0xffffff);
  EXPECT(second != first);
  EXPECT(pqq__slots_find(&slots, first) == NULL);
  pqq__slots_remove(&slots, first);
  EXPECT(pqq__slots_find(&slots, second) == &object);
  pqq__slots_deinit(&slots);
}

TEST("ids hold the worker, and those of another worker find nothing") {
  pqq__slots slots;
  int object;
  pqq_id id;

  pqq__slots_init(&slots, 254);
  id = pqq__slots_add(&slots, &object);
  EXPECT_UINT(id >> 24 & 0xff, 254);
  EXPECT(pqq__slots_find(&slots, id ^ (pqq_id)1 << 24) == NULL);
  EXPECT(pqq__slots_find(&slots, 0) == NULL);
  EXPECT(pqq__slots_find(&slots, UINT64_MAX) == NULL);
  pqq__slots_deinit(&slots);
}

TEST("a generation that overflows skips zero, so an id is never zero") {
  pqq__slots slots;
  int object;
  pqq_id id;

  pqq__slots_init(&slots, 0);
  id = pqq__slots_add(&slots, &object);
  pqq__slots_remove(&slots, id);
  slots.slots[0].generation = UINT32_MAX;
  id = pqq__slots_add(&slots, &object);
  EXPECT_UINT(id >> 32, 1);
  pqq__slots_deinit(&slots);
}

TEST("slots agree with a naive model over random additions and removals") {
  enum { LIVE = 300, STEPS = 30000 };
  static struct {
    pqq_id id;
    int object;
  } model[LIVE];
  static pqq_id dead[STEPS];
  size_t live = 0, dead_count = 0;
  uint64_t random = harness_seed();
  pqq__slots slots;

  pqq__slots_init(&slots, 1);
  for (size_t step = 0; step < STEPS; step++) {
    NOTE("step %zu", step);
    if (live < LIVE && random_next(&random) % 2) {
      model[live].object = (int)step;
      /* Objects are known by their place, so move nothing but the last one below. */
      model[live].id = pqq__slots_add(&slots, (void *)(uintptr_t)(step + 1));
      EXPECT(model[live].id != 0);
      live++;
    } else if (live > 0) {
      size_t i = random_next(&random) % live;
      pqq__slots_remove(&slots, model[i].id);
      dead[dead_count++] = model[i].id;
      model[i] = model[--live];
    }
    EXPECT_UINT(slots.used, live);
    if (live) {
      size_t i = random_next(&random) % live;
      EXPECT(pqq__slots_find(&slots, model[i].id) == (void *)(uintptr_t)(model[i].object + 1));
    }
    if (dead_count) {
      EXPECT(pqq__slots_find(&slots, dead[random_next(&random) % dead_count]) == NULL);
    }
  }
  pqq__slots_deinit(&slots);
}
