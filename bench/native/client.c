/* SPDX-License-Identifier: MIT */
/* The load generator of the UDP benchmarks, in C so that it is not what limits
 * the server that it measures.
 *
 *   client handshakes|requests|download|idle --port N --ca FILE [--count N]
 *          [--connections N] [--streams N] [--bytes N] [--warm-up N]
 *          [--profile NAME] [--velocity 1]
 *
 * handshakes  `count` connections, each with one GET of 1 KiB, `connections` at a time
 * requests    `count` GETs of 1 KiB on `connections` connections, `streams` at a time on each
 * download    `count` downloads of `bytes`, one after the other on one connection
 * idle        `connections` connections that do nothing
 *
 * Plain h3, unless --velocity asks for velocity/1 and nothing else.
 *
 * Says `ready` when everything is connected and warm, waits for a line on
 * stdin, does its work, says `done` with its own figures. Any error ends it:
 * figures of a run that lost something are worth nothing. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define H3_NO_ERROR 0x100

typedef enum client_mode { HANDSHAKES, REQUESTS, DOWNLOAD, IDLE } client_mode;

/* Owned by the worker's thread but for `lock`, `is_phase_done` and what
 * main() sets between phases, when the worker has nothing to do. */
typedef struct client {
  client_mode mode;
  pqq_driver *driver;
  pqq_address server;
  uint32_t connections, streams, count;
  uint32_t body_bytes;
  char path[64];

  /* The phase that runs: operations still to be begun, and under way. */
  uint32_t to_begin, under_way;
  uint32_t connected;
  uint64_t received_bytes;
  pthread_mutex_t lock;
  pthread_cond_t on_phase_done;
  int is_phase_done;

  pqq_id *ids;
  uint32_t round_trips;
  uint16_t group, signature, cipher;
  char protocol[16];
} client;

static void end_phase(client *self) {
  pthread_mutex_lock(&self->lock);
  self->is_phase_done = 1;
  pthread_cond_signal(&self->on_phase_done);
  pthread_mutex_unlock(&self->lock);
}

static void wait_for_phase(client *self) {
  pthread_mutex_lock(&self->lock);
  while (!self->is_phase_done) {
    pthread_cond_wait(&self->on_phase_done, &self->lock);
  }
  self->is_phase_done = 0;
  pthread_mutex_unlock(&self->lock);
}

static void connect_one(client *self) {
  pqq_connect_options options = {
      .struct_size = sizeof options, .remote = self->server, .server_name = "localhost"};
  pqq_command command = {.type = PQQ_COMMAND_CONNECT, .connect = &options};

  bench_check(pqq_driver_submit(self->driver, &command, 1), "connect");
}

static void request_one(client *self, pqq_engine *engine, pqq_id conn) {
  const pqq_header headers[] = {
      {.name = bench_text(":method"), .value = bench_text("GET")},
      {.name = bench_text(":scheme"), .value = bench_text("https")},
      {.name = bench_text(":authority"), .value = bench_text("localhost")},
      {.name = bench_text(":path"), .value = bench_text(self->path)},
  };

  bench_check(pqq_engine_request(engine, conn, 0, headers, 4, NULL, PQQ_WRITE_END), "request");
}

static void begin_request(client *self, pqq_engine *engine, pqq_id conn) {
  self->to_begin--;
  self->under_way++;
  request_one(self, engine, conn);
}

static void note_facts(client *self, pqq_engine *engine, pqq_id conn) {
  pqq_connection_info info = {.struct_size = sizeof info};

  bench_check(pqq_engine_connection_info(engine, conn, &info), "connection info");
  self->group = info.group;
  self->signature = info.signature;
  self->cipher = info.cipher;
  self->round_trips = info.handshake_round_trips;
  snprintf(self->protocol, sizeof self->protocol, "%.*s", (int)info.alpn.len,
           (const char *)info.alpn.data);
}

static void on_connected(client *self, pqq_engine *engine, pqq_id conn) {
  note_facts(self, engine, conn);
  if (self->mode == HANDSHAKES) {
    request_one(self, engine, conn);
    return;
  }
  self->ids[self->connected++] = conn;
  if (self->connected == self->connections) {
    end_phase(self);
  } else {
    connect_one(self);
  }
}

static void on_response(const pqq_event *event) {
  if (event->http_status != 200) {
    bench_fail("status %d", (int)event->http_status);
  }
}

static void on_stream_closed(client *self, pqq_engine *engine, const pqq_event *event) {
  bench_check(event->status, "request");
  if (self->mode == HANDSHAKES) {
    bench_check(pqq_engine_close(engine, event->conn, H3_NO_ERROR), "close");
    return;
  }
  self->under_way--;
  if (self->to_begin > 0) {
    begin_request(self, engine, event->conn);
  } else if (self->under_way == 0) {
    end_phase(self);
  }
}

static void on_closed(client *self, const pqq_event *event) {
  if (event->status != PQQ_OK) {
    bench_fail("connection: %s (%.*s)", pqq_strerror(event->status), (int)event->close->reason.len,
               (const char *)event->close->reason.data);
  }
  if (self->mode != HANDSHAKES) {
    return;
  }
  self->under_way--;
  if (self->to_begin > 0) {
    self->to_begin--;
    self->under_way++;
    connect_one(self);
  } else if (self->under_way == 0) {
    end_phase(self);
  }
}

static pqq_status on_event(pqq_engine *engine, uint32_t worker, const pqq_event *event,
                           void *user_data) {
  client *self = user_data;

  (void)worker;
  switch (event->type) {
  case PQQ_EVENT_CONNECTED:
    on_connected(self, engine, event->conn);
    break;
  case PQQ_EVENT_RESPONSE:
    on_response(event);
    break;
  case PQQ_EVENT_DATA:
    self->received_bytes += event->data.len;
    if (event->data.len) {
      bench_check(pqq_engine_consume(engine, event->stream, event->data.len), "consume");
    }
    break;
  case PQQ_EVENT_OPEN_FAILED:
    bench_fail("request: %s", pqq_strerror(event->status));
  case PQQ_EVENT_STREAM_CLOSED:
    on_stream_closed(self, engine, event);
    break;
  case PQQ_EVENT_CLOSED:
    on_closed(self, event);
    break;
  default:
    break;
  }
  return PQQ_OK;
}

static void begin_phase(pqq_engine *engine, void *user_data) {
  client *self = user_data;

  for (uint32_t i = 0; i < self->connections; i++) {
    for (uint32_t s = 0; s < self->streams && self->to_begin > 0; s++) {
      begin_request(self, engine, self->ids[i]);
    }
  }
}

/* Makes `count` operations and waits for the last one. */
static void run_phase(client *self, uint32_t count) {
  self->received_bytes = 0;
  self->to_begin = count;
  self->under_way = 0;
  if (count == 0) {
    return;
  }
  if (self->mode == HANDSHAKES) {
    uint32_t at_once = count < self->connections ? count : self->connections;

    self->to_begin = count - at_once;
    self->under_way = at_once;
    for (uint32_t i = 0; i < at_once; i++) {
      connect_one(self);
    }
  } else {
    bench_check(pqq_driver_call(self->driver, 0, begin_phase, self), "begin");
  }
  wait_for_phase(self);
  if (self->received_bytes != (uint64_t)count * self->body_bytes) {
    bench_fail("%llu body bytes instead of %llu", (unsigned long long)self->received_bytes,
               (unsigned long long)count * self->body_bytes);
  }
}

/* Hybrid authentication is what only velocity/1 has: a client that requires it
 * ends with an error on anything else. */
static pqq_config *make_config(int argc, char **argv) {
  uint32_t is_velocity = bench_number(argc, argv, "--velocity", 0);
  pqq_config_options options;
  pqq_config *config;

  bench_check(pqq_config_options_init(&options, sizeof options), "config options");
  options.profile = bench_profile(argc, argv);
  options.ca_file = bench_option(argc, argv, "--ca");
  options.disable_velocity = !is_velocity;
  options.require_authentication = is_velocity ? PQQ_REQUIRE_HYBRID : PQQ_REQUIRE_ANY;
  bench_check(pqq_config_new(&options, &config), "config");
  return config;
}

/* Connections one after the other, but for handshakes, which make their own. */
static void connect_all(client *self) {
  if (self->mode != HANDSHAKES) {
    connect_one(self);
    wait_for_phase(self);
  }
}

static client_mode mode_of(const char *name) {
  static const char *const names[] = {"handshakes", "requests", "download", "idle"};

  for (int i = 0; name && i < 4; i++) {
    if (strcmp(name, names[i]) == 0) {
      return (client_mode)i;
    }
  }
  bench_fail("usage: client handshakes|requests|download|idle --port N --ca FILE [options]");
}

static void read_options(client *self, int argc, char **argv) {
  uint32_t bytes = bench_number(argc, argv, "--bytes", 100u * 1024u * 1024u);

  self->mode = mode_of(argc > 1 ? argv[1] : NULL);
  self->server = (pqq_address){.family = 4, .ip = {127, 0, 0, 1}};
  self->server.port = (uint16_t)bench_number(argc, argv, "--port", 0);
  self->count = bench_number(argc, argv, "--count", 1);
  self->connections = bench_number(argc, argv, "--connections", 1);
  self->streams = bench_number(argc, argv, "--streams", 1);
  self->body_bytes = self->mode == DOWNLOAD ? bytes : 1024;
  if (self->mode == DOWNLOAD) {
    snprintf(self->path, sizeof self->path, "/download/%u", bytes);
  } else {
    snprintf(self->path, sizeof self->path, "/small");
  }
  if (self->mode == IDLE) {
    self->count = 0;
  }
}

int main(int argc, char **argv) {
  client self = {.lock = PTHREAD_MUTEX_INITIALIZER, .on_phase_done = PTHREAD_COND_INITIALIZER};
  pqq_config *config;
  char line[64];
  uint64_t began_ns, cpu_ns;

  read_options(&self, argc, argv);
  self.ids = calloc(self.connections + 1, sizeof *self.ids);
  bench_check(pqq_init(), "pqq_init");
  config = make_config(argc, argv);
  bench_driver_start(config, on_event, &self, &self.driver);
  pqq_config_unref(config);
  connect_all(&self);
  run_phase(&self, self.mode == IDLE ? 0 : bench_number(argc, argv, "--warm-up", 0));
  puts("{\"event\":\"ready\"}");
  fflush(stdout);
  if (!bench_read_line(line, sizeof line)) {
    return 1;
  }
  cpu_ns = bench_process_cpu_ns();
  began_ns = bench_wall_ns();
  run_phase(&self, self.count);
  printf("{\"event\":\"done\",\"wallMicros\":%.1f,\"cpuMicros\":%.1f,\"bytes\":%llu,"
         "\"group\":\"%s\",\"signature\":%u,\"cipher\":%u,\"roundTrips\":%u,"
         "\"protocol\":\"%s\"}\n",
         (double)(bench_wall_ns() - began_ns) / 1e3,
         (double)(bench_process_cpu_ns() - cpu_ns) / 1e3, (unsigned long long)self.received_bytes,
         pqq_group_name(self.group), self.signature, self.cipher, self.round_trips, self.protocol);
  pqq_driver_free(self.driver);
  free(self.ids);
  return 0;
}
