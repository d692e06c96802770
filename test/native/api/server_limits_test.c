/* SPDX-License-Identifier: MIT */
/* A server of the simple door whose configuration limits requests: its handler sees only whole
 * ones, and their clients get an answer. */
#include <stdatomic.h>
#include <string.h>

#include "api/api_fixture.h"
#include "harness.h"
#include "io/event_log.h"

static atomic_int handled;

static void answer(pqq_exchange *exchange, void *user_data) {
  (void)user_data;
  atomic_fetch_add(&handled, 1);
  (void)pqq_respond(exchange, 200, NULL, 0, "ok", 2, 0);
}

typedef struct fixture {
  pqq_config *config;
  pqq_server *server;
  pqq_driver *client;
  event_log log;
  pqq_id conn;
} fixture;

static void set_up(fixture *f) {
  pqq_config_options options = fixture_options();
  pqq_server_options server;
  pqq_driver_options driver;
  pqq_driver_events events = event_log_events();
  pqq_connect_options connect = {.struct_size = sizeof connect, .server_name = "127.0.0.1"};
  pqq_command command = {.type = PQQ_COMMAND_CONNECT, .connect = &connect};

  memset(f, 0, sizeof *f);
  atomic_store(&handled, 0);
  options.max_request_body_bytes = 1000;
  options.body_timeout_ms = 200;
  EXPECT_INT(pqq_config_new(&options, &f->config), PQQ_OK);
  EXPECT_INT(pqq_server_options_init(&server, sizeof server), PQQ_OK);
  server.config = f->config;
  server.handler = answer;
  EXPECT_INT(pqq_start_server(&server, &f->server), PQQ_OK);
  event_log_init(&f->log);
  EXPECT_INT(pqq_driver_options_init(&driver, sizeof driver), PQQ_OK);
  EXPECT_INT(pqq_driver_start(f->config, &driver, &events, &f->log, &f->client), PQQ_OK);
  connect.remote = (pqq_address){.family = 4, .port = pqq_server_port(f->server)};
  memcpy(connect.remote.ip, "\x7f\0\0\1", 4);
  EXPECT_INT(pqq_driver_submit(f->client, &command, 1), PQQ_OK);
  f->conn = event_log_wait(&f->log, PQQ_EVENT_CONNECTED).conn;
}

static void tear_down(fixture *f) {
  pqq_driver_free(f->client);
  pqq_stop_server(f->server, 0);
  event_log_deinit(&f->log);
  pqq_config_unref(f->config);
}

/* The status that a POST gets with content of that size and no content-length. */
static int32_t post(fixture *f, size_t bytes, uint32_t flags) {
  static const uint8_t zeros[4000];
  static const char *const text[] = {":method",    "POST",      ":scheme", "https",
                                     ":authority", "127.0.0.1", ":path",   "/"};
  pqq_body body = {.data = {zeros, bytes}};
  pqq_header headers[4];
  pqq_command command = {.type = PQQ_COMMAND_REQUEST,
                         .id = f->conn,
                         .flags = flags,
                         .headers = headers,
                         .header_count = 4,
                         .body = &body};

  for (size_t i = 0; i < 4; i++) {
    headers[i] = (pqq_header){.name = {(const uint8_t *)text[2 * i], strlen(text[2 * i])},
                              .value = {(const uint8_t *)text[2 * i + 1], strlen(text[2 * i + 1])}};
  }
  EXPECT_INT(pqq_driver_submit(f->client, &command, 1), PQQ_OK);
  return event_log_wait(&f->log, PQQ_EVENT_RESPONSE).http_status;
}

TEST("content over max_request_body_bytes gets 413 though it was not announced") {
  fixture f;

  set_up(&f);
  EXPECT_INT(post(&f, 1000, PQQ_WRITE_END), 200);
  EXPECT_INT(post(&f, 1001, PQQ_WRITE_END), 413);
  EXPECT_INT(post(&f, 1001, 0), 413);
  EXPECT_INT(atomic_load(&handled), 1);
  tear_down(&f);
}

TEST("content that does not come to its end gets 408, and no handler") {
  fixture f;

  set_up(&f);
  EXPECT_INT(post(&f, 10, 0), 408);
  EXPECT_INT(post(&f, 10, PQQ_WRITE_END), 200);
  EXPECT_INT(atomic_load(&handled), 1);
  tear_down(&f);
}
