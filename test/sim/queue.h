/* SPDX-License-Identifier: MIT */
/* What happens when: a binary heap of things to come, the earliest first, and
 * of two at one time the one that was put in first. */
#ifndef PQQ_SIM_QUEUE_H
#define PQQ_SIM_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include <pqq/types.h>

/* First member of whatever waits. */
typedef struct sim_item {
  pqq_time_ns at;
  uint64_t number;
} sim_item;

typedef struct sim_queue {
  sim_item **items;
  size_t count, capacity;
  uint64_t next_number;
} sim_queue;

void sim_queue_put(sim_queue *queue, sim_item *item);

/* Earliest item, or NULL. */
sim_item *sim_queue_first(const sim_queue *queue);
sim_item *sim_queue_take(sim_queue *queue);
void sim_queue_deinit(sim_queue *queue);

#endif
