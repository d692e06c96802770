/* SPDX-License-Identifier: MIT */
#include "core/heap.h"

#include <stdlib.h>

void pqq__heap_deinit(pqq__heap *heap) {
  free(heap->timers);
  *heap = (pqq__heap){0};
}

int pqq__heap_reserve(pqq__heap *heap, size_t count) {
  size_t capacity = heap->capacity ? heap->capacity : 64;
  pqq__timer **grown;

  if (count <= heap->capacity) {
    return 0;
  }
  while (capacity < count) {
    capacity *= 2;
  }
  grown = realloc(heap->timers, capacity * sizeof(*grown));
  if (!grown) {
    return -1;
  }
  heap->timers = grown;
  heap->capacity = capacity;
  return 0;
}

static void put(pqq__heap *heap, size_t index, pqq__timer *timer) {
  heap->timers[index] = timer;
  timer->position = index + 1;
}

static void sift_up(pqq__heap *heap, size_t index) {
  pqq__timer *timer = heap->timers[index];

  while (index > 0) {
    size_t parent = (index - 1) / 2;
    if (heap->timers[parent]->at <= timer->at) {
      break;
    }
    put(heap, index, heap->timers[parent]);
    index = parent;
  }
  put(heap, index, timer);
}

static void sift_down(pqq__heap *heap, size_t index) {
  pqq__timer *timer = heap->timers[index];

  for (;;) {
    size_t child = index * 2 + 1;
    if (child >= heap->count) {
      break;
    }
    if (child + 1 < heap->count && heap->timers[child + 1]->at < heap->timers[child]->at) {
      child++;
    }
    if (timer->at <= heap->timers[child]->at) {
      break;
    }
    put(heap, index, heap->timers[child]);
    index = child;
  }
  put(heap, index, timer);
}

static void take_out(pqq__heap *heap, pqq__timer *timer) {
  size_t index = timer->position - 1;
  pqq__timer *last = heap->timers[--heap->count];

  timer->position = 0;
  if (last == timer) {
    return;
  }
  put(heap, index, last);
  sift_up(heap, index);
  sift_down(heap, last->position - 1);
}

void pqq__heap_set(pqq__heap *heap, pqq__timer *timer, pqq_time_ns at) {
  if (timer->position) {
    if (timer->at == at) {
      return;
    }
    if (at == PQQ_TIME_NEVER) {
      take_out(heap, timer);
    } else {
      pqq_time_ns before = timer->at;
      timer->at = at;
      if (at < before) {
        sift_up(heap, timer->position - 1);
      } else {
        sift_down(heap, timer->position - 1);
      }
    }
  } else if (at != PQQ_TIME_NEVER) {
    timer->at = at;
    put(heap, heap->count++, timer);
    sift_up(heap, timer->position - 1);
  }
  timer->at = at;
}

pqq__timer *pqq__heap_first(const pqq__heap *heap) {
  return heap->count ? heap->timers[0] : NULL;
}
