/* SPDX-License-Identifier: MIT */
#include "core/slots.h"

#include <stdlib.h>

#include "core/limits.h"

/* A slot that is not on the free list, and the end of that list. */
#define NO_SLOT UINT32_MAX

static uint32_t worker_of(pqq_id id) {
  return (uint32_t)((id >> 24) & 0xffu);
}

static uint32_t generation_of(pqq_id id) {
  return (uint32_t)(id >> 32);
}

void pqq__slots_init(pqq__slots *slots, uint32_t worker) {
  *slots = (pqq__slots){.first_free = NO_SLOT, .worker = worker};
}

void pqq__slots_deinit(pqq__slots *slots) {
  free(slots->slots);
  pqq__slots_init(slots, slots->worker);
}

static int grow(pqq__slots *slots) {
  uint32_t capacity = slots->capacity ? slots->capacity * 2 : 64;
  pqq__slot *grown;

  if (capacity > PQQ__MAX_SLOTS) {
    return -1;
  }
  grown = realloc(slots->slots, capacity * sizeof *grown);
  if (!grown) {
    return -1;
  }
  slots->slots = grown;
  slots->capacity = capacity;
  return 0;
}

pqq_id pqq__slots_add(pqq__slots *slots, void *object) {
  uint32_t index = slots->first_free;
  pqq__slot *slot;

  if (index == NO_SLOT) {
    if (slots->count == slots->capacity && grow(slots) != 0) {
      return 0;
    }
    index = slots->count++;
    slots->slots[index] = (pqq__slot){.generation = 0};
  } else {
    slots->first_free = slots->slots[index].next_free;
  }
  slot = &slots->slots[index];
  slot->object = object;
  slot->next_free = NO_SLOT;
  /* Generation 0 is skipped: an id is never 0. */
  if (++slot->generation == 0) {
    slot->generation = 1;
  }
  slots->used++;
  return (pqq_id)slot->generation << 32 | (pqq_id)slots->worker << 24 | index;
}

void *pqq__slots_find(const pqq__slots *slots, pqq_id id) {
  uint32_t index = pqq__slots_index(id);

  if (index >= slots->count || worker_of(id) != slots->worker ||
      slots->slots[index].generation != generation_of(id)) {
    return NULL;
  }
  return slots->slots[index].object;
}

void pqq__slots_remove(pqq__slots *slots, pqq_id id) {
  uint32_t index = pqq__slots_index(id);

  if (!pqq__slots_find(slots, id)) {
    return;
  }
  slots->slots[index].object = NULL;
  slots->slots[index].next_free = slots->first_free;
  slots->first_free = index;
  slots->used--;
}
