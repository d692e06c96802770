/* SPDX-License-Identifier: MIT */
/* GETs of 1 KiB on established connections, begun by the clock and not when the
 * one before is answered: a server that stands still must not hide the requests
 * that would have come meanwhile. Latency counts from when a request was due. */
#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H

#include <stdint.h>

#include <pqq/driver.h>

#define PROBE_CONNECTIONS 8

typedef struct probe probe;

/* Connects to `server`; at most `max_requests` are made. */
probe *probe_new(pqq_config *config, const pqq_address *server, uint32_t max_requests);
void probe_free(probe *self);

/* Whether to stop, asked before each request. `due_ns` is when that one is due. */
typedef int probe_is_over(void *context, uint64_t due_ns);

/* Makes requests, one every `interval_ns` on the connections in turn, and waits
 * for their answers. Returns how many requests this probe has made so far. */
uint32_t probe_run(probe *self, uint64_t interval_ns, probe_is_over *is_over, void *context);

/* Latency of every request so far. */
const uint64_t *probe_latency_ns(const probe *self);

#endif
