/* SPDX-License-Identifier: MIT */
/* Binary min-heap of deadlines; each owner keeps a pqq__timer and can move it. */
#ifndef PQQ__CORE_HEAP_H
#define PQQ__CORE_HEAP_H

#include <pqq/types.h>

typedef struct pqq__timer {
  pqq_time_ns at;
  /* Position in the heap plus one; 0: not in it. */
  size_t position;
} pqq__timer;

typedef struct pqq__heap {
  pqq__timer **timers;
  size_t count, capacity;
} pqq__heap;

void pqq__heap_deinit(pqq__heap *heap);

/* Makes room for `count` timers, so that pqq__heap_set cannot fail. 0 or -1. */
int pqq__heap_reserve(pqq__heap *heap, size_t count);

/* Moves `timer` to `at`, putting it in or, for PQQ_TIME_NEVER, taking it out. */
void pqq__heap_set(pqq__heap *heap, pqq__timer *timer, pqq_time_ns at);

/* Earliest timer, or NULL. */
pqq__timer *pqq__heap_first(const pqq__heap *heap);

#endif
