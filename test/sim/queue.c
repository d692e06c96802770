/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <stdlib.h>

#include "fatal.h"

static int is_before(const sim_item *a, const sim_item *b) {
  return a->at != b->at ? a->at < b->at : a->number < b->number;
}

static void grow(sim_queue *queue) {
  size_t capacity = queue->capacity ? queue->capacity * 2 : 256;

  queue->items = realloc(queue->items, capacity * sizeof *queue->items);
  if (!queue->items) {
    sim_fatal("out of memory");
  }
  queue->capacity = capacity;
}

void sim_queue_put(sim_queue *queue, sim_item *item) {
  size_t index = queue->count;

  if (queue->count == queue->capacity) {
    grow(queue);
  }
  queue->count++;
  item->number = queue->next_number++;
  while (index > 0 && is_before(item, queue->items[(index - 1) / 2])) {
    queue->items[index] = queue->items[(index - 1) / 2];
    index = (index - 1) / 2;
  }
  queue->items[index] = item;
}

sim_item *sim_queue_first(const sim_queue *queue) {
  return queue->count ? queue->items[0] : NULL;
}

sim_item *sim_queue_take(sim_queue *queue) {
  sim_item *first = sim_queue_first(queue);
  sim_item *last;
  size_t index = 0;

  if (!first) {
    return NULL;
  }
  last = queue->items[--queue->count];
  for (;;) {
    size_t child = index * 2 + 1;
    if (child + 1 < queue->count && is_before(queue->items[child + 1], queue->items[child])) {
      child++;
    }
    if (child >= queue->count || !is_before(queue->items[child], last)) {
      break;
    }
    queue->items[index] = queue->items[child];
    index = child;
  }
  queue->items[index] = last;
  return first;
}

void sim_queue_deinit(sim_queue *queue) {
  free(queue->items);
  *queue = (sim_queue){0};
}
