/* SPDX-License-Identifier: MIT */
#include "core/heap.h"

#include <string.h>

#include "core/random.h"
#include "harness.h"

TEST("the first timer is the earliest, and moving or removing it brings the next") {
  pqq__timer a = {.at = PQQ_TIME_NEVER}, b = {.at = PQQ_TIME_NEVER};
  pqq__heap heap = {0};

  EXPECT_INT(pqq__heap_reserve(&heap, 2), 0);
  EXPECT(pqq__heap_first(&heap) == NULL);
  pqq__heap_set(&heap, &a, 10);
  pqq__heap_set(&heap, &b, 5);
  EXPECT(pqq__heap_first(&heap) == &b);
  pqq__heap_set(&heap, &b, 20);
  EXPECT(pqq__heap_first(&heap) == &a);
  pqq__heap_set(&heap, &a, PQQ_TIME_NEVER);
  EXPECT(pqq__heap_first(&heap) == &b);
  /* Taking out what is not in is fine. */
  pqq__heap_set(&heap, &a, PQQ_TIME_NEVER);
  pqq__heap_set(&heap, &b, PQQ_TIME_NEVER);
  EXPECT(pqq__heap_first(&heap) == NULL);
  pqq__heap_deinit(&heap);
}

/* Earliest time of a plain array. */
static pqq_time_ns earliest(const pqq__timer *timers, size_t count) {
  pqq_time_ns at = PQQ_TIME_NEVER;

  for (size_t i = 0; i < count; i++) {
    at = timers[i].at < at ? timers[i].at : at;
  }
  return at;
}

static void expect_consistent(const pqq__heap *heap) {
  for (size_t i = 0; i < heap->count; i++) {
    EXPECT_UINT(heap->timers[i]->position, i + 1);
    EXPECT(i == 0 || heap->timers[(i - 1) / 2]->at <= heap->timers[i]->at);
  }
}

TEST("the heap agrees with a plain array over random changes") {
  enum { TIMERS = 100, STEPS = 30000 };
  static pqq__timer timers[TIMERS];
  uint64_t random = harness_seed();
  pqq__heap heap = {0};

  for (size_t i = 0; i < TIMERS; i++) {
    timers[i] = (pqq__timer){.at = PQQ_TIME_NEVER};
  }
  EXPECT_INT(pqq__heap_reserve(&heap, TIMERS), 0);
  for (size_t step = 0; step < STEPS; step++) {
    pqq__timer *timer = &timers[random_next(&random) % TIMERS];
    uint64_t kind = random_next(&random) % 4;
    const pqq__timer *first;

    NOTE("step %zu", step);
    /* Few different times, so that many are equal. */
    pqq__heap_set(&heap, timer, kind == 0 ? PQQ_TIME_NEVER : random_next(&random) % 50);
    first = pqq__heap_first(&heap);
    EXPECT_UINT(first ? first->at : PQQ_TIME_NEVER, earliest(timers, TIMERS));
    if (step % 100 == 0) {
      expect_consistent(&heap);
    }
  }
  pqq__heap_deinit(&heap);
}

TEST("reserving grows and never shrinks") {
  pqq__heap heap = {0};

  EXPECT_INT(pqq__heap_reserve(&heap, 1000), 0);
  EXPECT(heap.capacity >= 1000);
  EXPECT_INT(pqq__heap_reserve(&heap, 1), 0);
  EXPECT(heap.capacity >= 1000);
  pqq__heap_deinit(&heap);
}
