/* SPDX-License-Identifier: MIT */
/* See probe.h. */
#include "probe.h"

#include <pthread.h>
#include <stdlib.h>

#include "bench.h"

struct probe {
  pqq_driver *driver;
  pqq_address server;
  /* Written by the worker's thread until the caller waits for the last. */
  pqq_id ids[PROBE_CONNECTIONS];
  uint64_t *due_ns, *latency_ns;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  uint32_t connected, answered;
  /* Of the caller's thread. */
  uint32_t begun, max_requests;
};

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

  bench_driver_start(config, on_event, self, &self->driver);
  for (uint32_t i = 0; i < PROBE_CONNECTIONS; i++) {
    bench_check(pqq_driver_submit(self->driver, &command, 1), "connect");
    wait_until(self, &self->connected, i + 1);
  }
}

static void request_one(probe *self, uint32_t index) {
  const pqq_header headers[] = {
      {.name = bench_text(":method"), .value = bench_text("GET")},
      {.name = bench_text(":scheme"), .value = bench_text("https")},
      {.name = bench_text(":authority"), .value = bench_text("localhost")},
      {.name = bench_text(":path"), .value = bench_text("/small")},
  };
  const pqq_command command = {.type = PQQ_COMMAND_REQUEST,
                               .id = self->ids[index % PROBE_CONNECTIONS],
                               .token = index,
                               .flags = PQQ_WRITE_END,
                               .headers = headers,
                               .header_count = 4};

  bench_check(pqq_driver_submit(self->driver, &command, 1), "request");
}

probe *probe_new(pqq_config *config, const pqq_address *server, uint32_t max_requests) {
  probe *self = calloc(1, sizeof *self);

  if (!self) {
    bench_fail("out of memory");
  }
  self->due_ns = calloc(max_requests, sizeof *self->due_ns);
  self->latency_ns = calloc(max_requests, sizeof *self->latency_ns);
  if (!self->due_ns || !self->latency_ns) {
    bench_fail("out of memory");
  }
  self->server = *server;
  self->max_requests = max_requests;
  (void)pthread_mutex_init(&self->lock, NULL);
  (void)pthread_cond_init(&self->changed, NULL);
  start(self, config);
  return self;
}

void probe_free(probe *self) {
  pqq_driver_free(self->driver);
  (void)pthread_cond_destroy(&self->changed);
  (void)pthread_mutex_destroy(&self->lock);
  free(self->due_ns);
  free(self->latency_ns);
  free(self);
}

uint32_t probe_run(probe *self, uint64_t interval_ns, probe_is_over *is_over, void *context) {
  for (uint64_t due_ns = bench_wall_ns(); !is_over(context, due_ns); due_ns += interval_ns) {
    if (self->begun == self->max_requests) {
      bench_fail("this takes too long");
    }
    bench_sleep_until(due_ns);
    self->due_ns[self->begun] = due_ns;
    request_one(self, self->begun++);
  }
  wait_until(self, &self->answered, self->begun);
  return self->begun;
}

const uint64_t *probe_latency_ns(const probe *self) {
  return self->latency_ns;
}
