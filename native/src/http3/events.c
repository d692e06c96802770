/* SPDX-License-Identifier: MIT */
#include "http3/events.h"

#include <assert.h>
#include <stdlib.h>

#define FIRST_EVENTS 64

static void event_deinit(pqq__event *event) {
  free(event->section);
  free(event->data);
  free(event->close);
}

void pqq__events_deinit(pqq__events *events) {
  for (; events->head != events->tail; events->head++) {
    event_deinit(&events->ring[events->head & events->mask]);
  }
  free(events->ring);
  *events = (pqq__events){0};
}

static int grow(pqq__events *events) {
  size_t capacity = events->ring ? (events->mask + 1) * 2 : FIRST_EVENTS;
  pqq__event *ring = malloc(capacity * sizeof *ring);

  if (!ring) {
    return -1;
  }
  assert(events->ring || events->head == events->tail);
  for (uint64_t i = events->head; i != events->tail; i++) {
    ring[i & (capacity - 1)] = events->ring[i & events->mask];
  }
  free(events->ring);
  events->ring = ring;
  events->mask = capacity - 1;
  return 0;
}

pqq__event *pqq__events_push(pqq__events *events) {
  pqq__event *event;

  if ((!events->ring || events->tail - events->head > events->mask) && grow(events) != 0) {
    return NULL;
  }
  event = &events->ring[events->tail++ & events->mask];
  *event = (pqq__event){0};
  return event;
}

pqq__event *pqq__events_at(pqq__events *events, uint64_t number) {
  uint64_t first = events->head + (events->is_peeked ? 1 : 0);

  return number >= first && number < events->tail ? &events->ring[number & events->mask] : NULL;
}

pqq__event *pqq__events_first(pqq__events *events) {
  return events->head == events->tail ? NULL : &events->ring[events->head & events->mask];
}

void pqq__events_pop(pqq__events *events) {
  event_deinit(&events->ring[events->head++ & events->mask]);
  events->is_peeked = 0;
}
