/* SPDX-License-Identifier: MIT */
/* Latency of requests on established connections, first alone, then beside a
 * steady rate of new handshakes.
 *
 *   latency --port N --ca FILE [--per-second N] [--ms N]
 *
 * One GET of 1 KiB begins every INTERVAL_NS for `ms` milliseconds (probe.c); then the
 * same while `per-second` new connections are made every second (pace.c). What is
 * due in the first SETTLE_NS of the second phase does not count.
 *
 * Says `ready` when it is connected, waits for a line on stdin, says `done` with
 * every latency. Any error ends it. */
#include <stdio.h>

#include "bench.h"
#include "pace.h"
#include "probe.h"

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS (1000 * NS_PER_US)
#define INTERVAL_NS (500 * NS_PER_US)
/* Until handshakes that have begun and those that have ended are as many. */
#define SETTLE_NS (100 * NS_PER_MS)

static int is_after(void *until_ns, uint64_t due_ns) {
  return due_ns >= *(const uint64_t *)until_ns;
}

static uint32_t run_for(probe *requests, uint64_t duration_ns) {
  uint64_t until_ns = bench_wall_ns() + duration_ns;

  return probe_run(requests, INTERVAL_NS, is_after, &until_ns);
}

int main(int argc, char **argv) {
  pqq_address server = {.family = 4, .ip = {127, 0, 0, 1}};
  uint64_t duration_ns = bench_number(argc, argv, "--ms", 1000) * NS_PER_MS;
  uint32_t max_requests = (uint32_t)((2 * duration_ns + SETTLE_NS) / INTERVAL_NS) + 8;
  uint32_t warm, quiet, settled, all, handshakes;
  pqq_config *config;
  probe *requests;
  pace *others;
  uint64_t began_ns;
  char line[64];

  server.port = (uint16_t)bench_number(argc, argv, "--port", 0);
  bench_check(pqq_init(), "pqq_init");
  config = bench_plain_config(argc, argv);
  requests = probe_new(config, &server, max_requests + (uint32_t)(SETTLE_NS / INTERVAL_NS));
  warm = run_for(requests, SETTLE_NS);
  puts("{\"event\":\"ready\"}");
  fflush(stdout);
  if (!bench_read_line(line, sizeof line)) {
    return 1;
  }
  quiet = run_for(requests, duration_ns);
  began_ns = bench_wall_ns();
  others = pace_begin(config, &server, bench_number(argc, argv, "--per-second", 500));
  settled = run_for(requests, SETTLE_NS);
  all = run_for(requests, duration_ns);
  handshakes = pace_stop(others);
  printf("{\"event\":\"done\",\"handshakes\":%u,\"wallMicros\":%.1f", handshakes,
         (double)(bench_wall_ns() - began_ns) / 1e3);
  bench_print_micros("quietMicros", probe_latency_ns(requests) + warm, quiet - warm);
  bench_print_micros("busyMicros", probe_latency_ns(requests) + settled, all - settled);
  printf("}\n");
  probe_free(requests);
  pqq_config_unref(config);
  return 0;
}
