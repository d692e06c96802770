/* SPDX-License-Identifier: MIT */
/* Table from pqq_id to object. An id holds slot, worker and generation; a slot
 * that is used again has another generation, so a stale id finds nothing. */
#ifndef PQQ__CORE_SLOTS_H
#define PQQ__CORE_SLOTS_H

#include <pqq/types.h>

typedef struct pqq__slot {
  void *object;
  uint32_t generation;
  uint32_t next_free;
} pqq__slot;

typedef struct pqq__slots {
  pqq__slot *slots;
  uint32_t count, capacity, used;
  uint32_t first_free;
  uint32_t worker;
} pqq__slots;

/* The slot that an id names. */
static inline uint32_t pqq__slots_index(pqq_id id) {
  return (uint32_t)(id & 0xffffffu);
}

void pqq__slots_init(pqq__slots *slots, uint32_t worker);
void pqq__slots_deinit(pqq__slots *slots);

/* Returns the object's id, 0 on lack of memory or slots. */
pqq_id pqq__slots_add(pqq__slots *slots, void *object);

/* NULL if the id is stale or never was. */
void *pqq__slots_find(const pqq__slots *slots, pqq_id id);

void pqq__slots_remove(pqq__slots *slots, pqq_id id);

#endif
