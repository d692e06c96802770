/* SPDX-License-Identifier: MIT */
/* Requests on established connections while a burst of handshakes is in flight.
 *
 *   burst --port N --ca FILE [--handshakes N]
 *
 * On established connections one GET of 1 KiB begins every INTERVAL_NS (probe.c).
 * At first nothing else happens; then the first flights
 * of `handshakes` connections, made beforehand, arrive at once (burst_flood.c),
 * and the requests go on until all of those have finished. Counted are those due
 * in the first WINDOW_NS, which is about what the server needs for 500
 * handshakes: the same number whatever the server does.
 *
 * Says `ready` when it is connected, waits for a line on stdin, says `done` with
 * every latency. Any error ends it. */
#include <stdio.h>

#include "bench.h"
#include "burst_flood.h"
#include "probe.h"

#define NS_PER_US UINT64_C(1000)
/* What is measured before the burst. */
#define QUIET_NS (300 * 1000 * NS_PER_US)
#define WINDOW_NS (250 * 1000 * NS_PER_US)
#define MAX_REQUESTS 40000
#define INTERVAL_NS (500 * NS_PER_US)

/* Until when requests go on, and with a flood until that is over. */
typedef struct phase {
  uint64_t until_ns;
  const flood *burst;
} phase;

static int phase_is_over(void *context, uint64_t due_ns) {
  const phase *self = context;

  return due_ns >= self->until_ns && (!self->burst || flood_is_over(self->burst));
}

static void run(probe *requests, flood *burst) {
  uint32_t counted = (uint32_t)(WINDOW_NS / INTERVAL_NS);
  phase quiet = {.until_ns = bench_wall_ns() + QUIET_NS};
  phase busy = {.burst = burst};
  uint32_t before = probe_run(requests, INTERVAL_NS, phase_is_over, &quiet);

  flood_begin(burst);
  busy.until_ns = bench_wall_ns() + WINDOW_NS;
  (void)probe_run(requests, INTERVAL_NS, phase_is_over, &busy);
  printf("{\"event\":\"done\"");
  bench_print_micros("quietMicros", probe_latency_ns(requests), before);
  bench_print_micros("burstMicros", probe_latency_ns(requests) + before, counted);
  bench_print_micros("handshakeMicros", flood_times_ns(burst), flood_count(burst));
  printf("}\n");
}

int main(int argc, char **argv) {
  pqq_address server = {.family = 4, .ip = {127, 0, 0, 1}};
  pqq_config *config;
  probe *requests;
  flood *burst;
  char line[64];

  server.port = (uint16_t)bench_number(argc, argv, "--port", 0);
  bench_check(pqq_init(), "pqq_init");
  config = bench_plain_config(argc, argv);
  requests = probe_new(config, &server, MAX_REQUESTS);
  burst = flood_new(config, &server, bench_number(argc, argv, "--handshakes", 500));
  puts("{\"event\":\"ready\"}");
  fflush(stdout);
  if (!bench_read_line(line, sizeof line)) {
    return 1;
  }
  run(requests, burst);
  flood_free(burst);
  probe_free(requests);
  pqq_config_unref(config);
  return 0;
}
