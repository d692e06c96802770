/* SPDX-License-Identifier: MIT */
/* Requests on established connections while a burst of handshakes is in flight.
 *
 *   burst --port N --ca FILE [--handshakes N]
 *
 * On CONNECTIONS connections, in turn, one GET of 1 KiB begins every INTERVAL_NS, by
 * the clock and not when the one before is answered: a server that stands still
 * must not hide the requests that would have come meanwhile. Latency counts from
 * when a request was due. At first nothing else happens; then the first flights
 * of `handshakes` connections, made beforehand, arrive at once (burst_flood.c),
 * and the requests go on until all of those have finished. Counted are those due
 * in the first WINDOW_NS, which is about what the server needs for 500
 * handshakes: the same number whatever the server does.
 *
 * Says `ready` when it is connected, waits for a line on stdin, says `done` with
 * every latency. Any error ends it. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "burst_flood.h"

#define NS_PER_US UINT64_C(1000)
#define NS_PER_S UINT64_C(1000000000)
/* What is measured before the burst. */
#define QUIET_NS (300 * 1000 * NS_PER_US)
#define WINDOW_NS (250 * 1000 * NS_PER_US)
#define MAX_REQUESTS 40000
#define CONNECTIONS 8
#define INTERVAL_NS (500 * NS_PER_US)

typedef struct probe {
  pqq_driver *driver;
  pqq_address server;
  /* Written by the worker's thread until main() waits for the last. */
  pqq_id ids[CONNECTIONS];
  uint64_t due_ns[MAX_REQUESTS], latency_ns[MAX_REQUESTS];
  pthread_mutex_t lock;
  pthread_cond_t changed;
  uint32_t connected, answered;
} probe;

static pqq_bytes text(const char *value) {
  return (pqq_bytes){(const uint8_t *)value, strlen(value)};
}

/* --- The worker's thread -----------------------------------------------------------------------
 */

static void count(probe *self, uint32_t *counter) {
  (void)pthread_mutex_lock(&self->lock);
  (*counter)++;
  (void)pthread_cond_signal(&self->changed);
  (void)pthread_mutex_unlock(&self->lock);
}

static pqq_status on_event(pqq_engine *engine, uint32_t worker, const pqq_event *event,
                           void *user_data) {
  probe *self = user_data;

  (void)worker;
  switch (event->type) {
  case PQQ_EVENT_CONNECTED:
    self->ids[self->connected] = event->conn;
    count(self, &self->connected);
    break;
  case PQQ_EVENT_RESPONSE:
    if (event->http_status != 200) {
      bench_fail("status %d", (int)event->http_status);
    }
    break;
  case PQQ_EVENT_DATA:
    if (event->data.len) {
      bench_check(pqq_engine_consume(engine, event->stream, event->data.len), "consume");
    }
    break;
  case PQQ_EVENT_STREAM_CLOSED:
    bench_check(event->status, "request");
    self->latency_ns[event->token] = bench_wall_ns() - self->due_ns[event->token];
    count(self, &self->answered);
    break;
  case PQQ_EVENT_OPEN_FAILED:
    bench_fail("request: %s", pqq_strerror(event->status));
  case PQQ_EVENT_CLOSED:
    bench_check(event->status, "connection");
    break;
  default:
    break;
  }
  return PQQ_OK;
}

/* --- main() ------------------------------------------------------------------------------------
 */

static void wait_until(probe *self, const uint32_t *counter, uint32_t value) {
  (void)pthread_mutex_lock(&self->lock);
  while (*counter < value) {
    (void)pthread_cond_wait(&self->changed, &self->lock);
  }
  (void)pthread_mutex_unlock(&self->lock);
}

static void start(probe *self, pqq_config *config) {
  pqq_connect_options connect = {
      .struct_size = sizeof connect, .remote = self->server, .server_name = "localhost"};
  pqq_command command = {.type = PQQ_COMMAND_CONNECT, .connect = &connect};
  pqq_driver_options options;
  pqq_driver_events events;

  bench_check(pqq_driver_options_init(&options, sizeof options), "driver options");
  bench_check(pqq_driver_events_init(&events, sizeof events), "driver events");
  events.on_event = on_event;
  events.on_command_failed = bench_command_failed;
  bench_check(pqq_driver_start(config, &options, &events, self, &self->driver), "driver");
  for (uint32_t i = 0; i < CONNECTIONS; i++) {
    bench_check(pqq_driver_submit(self->driver, &command, 1), "connect");
    wait_until(self, &self->connected, i + 1);
  }
}

static void request_one(probe *self, uint32_t index) {
  const pqq_header headers[] = {
      {.name = text(":method"), .value = text("GET")},
      {.name = text(":scheme"), .value = text("https")},
      {.name = text(":authority"), .value = text("localhost")},
      {.name = text(":path"), .value = text("/small")},
  };
  const pqq_command command = {.type = PQQ_COMMAND_REQUEST,
                               .id = self->ids[index % CONNECTIONS],
                               .token = index,
                               .flags = PQQ_WRITE_END,
                               .headers = headers,
                               .header_count = 4};

  bench_check(pqq_driver_submit(self->driver, &command, 1), "request");
}

static void sleep_until(uint64_t at_ns) {
  struct timespec until = {.tv_sec = (time_t)(at_ns / NS_PER_S),
                           .tv_nsec = (long)(at_ns % NS_PER_S)};

  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0) {
  }
}

/* Requests from number `first` on, until `until_ns` and, with a flood, until that
 * is over. Returns the number after the last. */
static uint32_t run_requests(probe *self, uint32_t first, uint64_t until_ns, flood *burst) {
  uint64_t due_ns = bench_wall_ns();
  uint32_t index = first;

  while (due_ns < until_ns || (burst && !flood_is_over(burst))) {
    if (index == MAX_REQUESTS) {
      bench_fail("the burst takes too long");
    }
    sleep_until(due_ns);
    self->due_ns[index] = due_ns;
    request_one(self, index++);
    due_ns += INTERVAL_NS;
  }
  wait_until(self, &self->answered, index);
  return index;
}

static void print_micros(const char *name, const uint64_t *ns, uint32_t count) {
  printf(",\"%s\":[", name);
  for (uint32_t i = 0; i < count; i++) {
    printf("%s%.1f", i ? "," : "", (double)ns[i] / 1e3);
  }
  printf("]");
}

static void run(probe *self, flood *burst) {
  uint32_t quiet = run_requests(self, 0, bench_wall_ns() + QUIET_NS, NULL);
  uint32_t counted = (uint32_t)(WINDOW_NS / INTERVAL_NS);

  flood_begin(burst);
  (void)run_requests(self, quiet, bench_wall_ns() + WINDOW_NS, burst);
  printf("{\"event\":\"done\"");
  print_micros("quietMicros", self->latency_ns, quiet);
  print_micros("burstMicros", self->latency_ns + quiet, counted);
  print_micros("handshakeMicros", flood_times_ns(burst), flood_count(burst));
  printf("}\n");
}

int main(int argc, char **argv) {
  static probe self = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
  pqq_config_options options;
  pqq_config *config;
  flood *burst;
  char line[64];

  self.server = (pqq_address){.family = 4, .ip = {127, 0, 0, 1}};
  self.server.port = (uint16_t)bench_number(argc, argv, "--port", 0);
  bench_check(pqq_init(), "pqq_init");
  bench_check(pqq_config_options_init(&options, sizeof options), "config options");
  options.ca_file = bench_option(argc, argv, "--ca");
  options.disable_velocity = 1;
  bench_check(pqq_config_new(&options, &config), "config");
  start(&self, config);
  burst = flood_new(config, &self.server, bench_number(argc, argv, "--handshakes", 500));
  puts("{\"event\":\"ready\"}");
  fflush(stdout);
  if (!bench_read_line(line, sizeof line)) {
    return 1;
  }
  run(&self, burst);
  flood_free(burst);
  pqq_driver_free(self.driver);
  pqq_config_unref(config);
  return 0;
}
