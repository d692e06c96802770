/* SPDX-License-Identifier: MIT */
/* New connections at a steady rate, each closed when its handshake has finished. */
#ifndef BENCH_PACE_H
#define BENCH_PACE_H

#include <stdint.h>

#include <pqq/driver.h>

typedef struct pace pace;

/* A driver of its own, and a thread that begins `per_second` handshakes a second
 * until pace_stop. Both have the lowest priority: the clients of real handshakes
 * do not take the processor from those who ask. */
pace *pace_begin(pqq_config *config, const pqq_address *server, uint32_t per_second);

/* Waits for the handshakes under way and frees everything. Returns how many have
 * finished; one that failed has ended the process. */
uint32_t pace_stop(pace *self);

#endif
