/* SPDX-License-Identifier: MIT */
/* See pace.h. */
#include "pace.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <sys/resource.h>

#include "bench.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S (1000 * NS_PER_MS)
#define H3_NO_ERROR 0x100
#define LOWEST_PRIORITY 19
/* For the last ones; a server that takes longer does not keep up with the rate. */
#define PATIENCE_NS (10 * NS_PER_S)

struct pace {
  pqq_config *config;
  pqq_address server;
  uint64_t interval_ns;
  pthread_t thread;
  atomic_uint begun, finished;
  atomic_int is_stopping;
};

static pqq_status on_event(pqq_engine *engine, uint32_t worker, const pqq_event *event,
                           void *user_data) {
  pace *self = user_data;

  (void)worker;
  if (event->type == PQQ_EVENT_CONNECTED) {
    bench_check(pqq_engine_close(engine, event->conn, H3_NO_ERROR), "close");
  } else if (event->type == PQQ_EVENT_CLOSED) {
    bench_check(event->status, "handshake");
    atomic_fetch_add(&self->finished, 1);
  }
  return PQQ_OK;
}

static void wait_for_last(pace *self) {
  uint64_t until_ns = bench_wall_ns() + PATIENCE_NS;

  while (atomic_load(&self->finished) < atomic_load(&self->begun)) {
    if (bench_wall_ns() > until_ns) {
      bench_fail("the server does not keep up with the handshakes");
    }
    bench_sleep_until(bench_wall_ns() + NS_PER_MS);
  }
}

/* Threads inherit the priority, so the driver is started here. */
static void *run(void *user_data) {
  pace *self = user_data;
  pqq_connect_options connect = {
      .struct_size = sizeof connect, .remote = self->server, .server_name = "localhost"};
  pqq_command command = {.type = PQQ_COMMAND_CONNECT, .connect = &connect};
  pqq_driver *driver;

  /* Of this thread alone on Linux; of the process elsewhere, which is noisier. */
  (void)setpriority(PRIO_PROCESS, 0, LOWEST_PRIORITY);
  bench_driver_start(self->config, on_event, self, &driver);
  for (uint64_t due_ns = bench_wall_ns(); !atomic_load(&self->is_stopping);
       due_ns += self->interval_ns) {
    bench_sleep_until(due_ns);
    atomic_fetch_add(&self->begun, 1);
    bench_check(pqq_driver_submit(driver, &command, 1), "connect");
  }
  wait_for_last(self);
  pqq_driver_free(driver);
  return NULL;
}

pace *pace_begin(pqq_config *config, const pqq_address *server, uint32_t per_second) {
  pace *self = calloc(1, sizeof *self);

  if (!self || per_second == 0) {
    bench_fail("no handshakes to begin");
  }
  self->config = config;
  self->server = *server;
  self->interval_ns = NS_PER_S / per_second;
  if (pthread_create(&self->thread, NULL, run, self) != 0) {
    bench_fail("no thread");
  }
  return self;
}

uint32_t pace_stop(pace *self) {
  uint32_t finished;

  atomic_store(&self->is_stopping, 1);
  (void)pthread_join(self->thread, NULL);
  finished = atomic_load(&self->finished);
  free(self);
  return finished;
}
