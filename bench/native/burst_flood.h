/* SPDX-License-Identifier: MIT */
/* Many handshakes that reach a server at the same moment. */
#ifndef BENCH_BURST_FLOOD_H
#define BENCH_BURST_FLOOD_H

#include <stdint.h>

#include <pqq/engine.h>

typedef struct flood flood;

/* Sockets and an engine for `count` handshakes. */
flood *flood_new(pqq_config *config, const pqq_address *server, uint32_t count);
void flood_free(flood *self);

/* Makes the first flights, sends them all, and starts the thread that finishes
 * the handshakes, at the lowest priority: the clients of a real burst do not run
 * on the server's cores. Time counts from the first datagram sent. */
void flood_begin(flood *self);

/* 1 when every handshake has finished. Any thread. */
int flood_is_over(const flood *self);

/* How long each took until its client had finished, after flood_is_over. */
uint32_t flood_count(const flood *self);
const uint64_t *flood_times_ns(const flood *self);

#endif
