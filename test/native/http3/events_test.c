/* SPDX-License-Identifier: MIT */
#include "http3/events.h"

#include <stdlib.h>

#include "core/random.h"
#include "harness.h"

TEST("events come out in order, over growth and wrap-around") {
  uint64_t random = harness_seed();
  uint64_t pushed = 0, popped = 0;
  pqq__events events = {0};

  EXPECT(pqq__events_first(&events) == NULL);
  while (popped < 20000) {
    NOTE("%llu pushed, %llu popped", (unsigned long long)pushed, (unsigned long long)popped);
    if (random_next(&random) % 100 < 55) {
      pqq__event *event = pqq__events_push(&events);
      EXPECT(event != NULL);
      EXPECT_INT(event->type, 0);
      EXPECT(event->data == NULL && event->section == NULL && event->close == NULL);
      event->token = pushed++;
      event->data = malloc(1);
    } else if (popped < pushed) {
      const pqq__event *first = pqq__events_first(&events);
      EXPECT(first != NULL);
      EXPECT_UINT(first->token, popped);
      pqq__events_pop(&events);
      popped++;
    }
  }
  /* What is left is freed. */
  pqq__events_deinit(&events);
  EXPECT(pqq__events_first(&events) == NULL);
}

TEST("an event is found by its number until it is popped, and not while it is shown") {
  pqq__events events = {0};
  uint64_t first, second;

  EXPECT(pqq__events_at(&events, PQQ__NO_EVENT) == NULL);
  EXPECT(pqq__events_at(&events, 0) == NULL);
  EXPECT(pqq__events_push(&events) != NULL);
  first = events.tail - 1;
  EXPECT(pqq__events_push(&events) != NULL);
  second = events.tail - 1;
  EXPECT(pqq__events_at(&events, first) == pqq__events_first(&events));
  EXPECT(pqq__events_at(&events, second) != NULL);
  EXPECT(pqq__events_at(&events, second + 1) == NULL);
  events.is_peeked = 1;
  EXPECT(pqq__events_at(&events, first) == NULL);
  EXPECT(pqq__events_at(&events, second) != NULL);
  pqq__events_pop(&events);
  EXPECT_INT(events.is_peeked, 0);
  EXPECT(pqq__events_at(&events, first) == NULL);
  EXPECT(pqq__events_at(&events, second) == pqq__events_first(&events));
  pqq__events_deinit(&events);
}
