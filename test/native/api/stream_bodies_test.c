/* SPDX-License-Identifier: MIT */
/* pqq_request with bodies that callbacks bring and take. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "api/api_fixture.h"
#include "harness.h"

/* Below the server's default limit of a body, and more than a stream's window and buffer. */
#define BODY_BYTES 1000000u

static uint8_t byte_at(size_t i) {
  return (uint8_t)(i * 7 + (i >> 8));
}

static void echo(pqq_exchange *exchange, void *user_data) {
  pqq_bytes body = pqq_exchange_body(exchange);

  (void)user_data;
  (void)pqq_respond(exchange, 200, NULL, 0, body.data, body.len, 0);
}

/* Both ends of a body, and where a test wants them to stop. */
typedef struct scene {
  pqq_config *config;
  pqq_server *server;
  char url[128];
  size_t to_send, sent, received;
  unsigned reads, begins, wrong;
  int32_t seen_status;
  pqq_status read_status, begin_status, write_status;
  size_t claimed;
} scene;

static pqq_status read_body(void *user_data, uint8_t *buffer, size_t capacity, size_t *len) {
  scene *s = user_data;

  s->reads++;
  if (s->read_status != PQQ_OK && s->sent > 0) {
    return s->read_status;
  }
  /* Never as much as there is room for, so that ends of pieces are everywhere. */
  *len = s->to_send - s->sent < capacity - 5 ? s->to_send - s->sent : capacity - 5;
  for (size_t i = 0; i < *len; i++) {
    buffer[i] = byte_at(s->sent + i);
  }
  s->sent += *len;
  if (s->claimed > 0) {
    *len = capacity + s->claimed;
  }
  return PQQ_OK;
}

static pqq_status on_response(void *user_data, const pqq_response *response) {
  scene *s = user_data;

  s->begins++;
  s->seen_status = pqq_response_status(response);
  s->wrong += s->received != 0 || pqq_response_header(response, "content-length").len == 0;
  return s->begin_status;
}

static pqq_status on_body(void *user_data, pqq_bytes data) {
  scene *s = user_data;

  for (size_t i = 0; i < data.len; i++) {
    s->wrong += data.data[i] != byte_at(s->received + i);
  }
  s->received += data.len;
  return s->write_status;
}

static scene set_up(void) {
  scene s = {.config = fixture_config(), .to_send = BODY_BYTES};
  pqq_server_options options;

  EXPECT_INT(pqq_server_options_init(&options, sizeof options), PQQ_OK);
  options.config = s.config;
  options.handler = echo;
  EXPECT_INT(pqq_start_server(&options, &s.server), PQQ_OK);
  snprintf(s.url, sizeof s.url, "https://localhost:%u/", pqq_server_port(s.server));
  return s;
}

static void tear_down(scene *s) {
  pqq_stop_server(s->server, 0);
  pqq_config_unref(s->config);
}

static pqq_request_options streaming(scene *s) {
  pqq_request_options options;

  EXPECT_INT(pqq_request_options_init(&options, sizeof options), PQQ_OK);
  options.url = s->url;
  options.config = s->config;
  options.method = "POST";
  options.read_body = read_body;
  options.on_response = on_response;
  options.on_body = on_body;
  options.user_data = s;
  return options;
}

static void expect(const pqq_request_options *options, pqq_status status) {
  pqq_response *response = NULL;
  pqq_status result = pqq_request(options, &response);

  NOTE("%s", pqq_error_detail());
  EXPECT_INT(result, status);
  EXPECT((response != NULL) == (status == PQQ_OK));
  pqq_response_free(response);
}

TEST("bodies of any size go through callbacks, whatever max_body_bytes says") {
  static const size_t sizes[] = {0, 1, 16379, BODY_BYTES};

  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    scene s = set_up();
    pqq_request_options options = streaming(&s);

    s.to_send = sizes[i];
    options.max_body_bytes = 10;
    expect(&options, PQQ_OK);
    EXPECT_INT(s.received, sizes[i]);
    EXPECT_INT(s.wrong, 0);
    EXPECT_INT(s.begins, 1);
    EXPECT_INT(s.seen_status, 200);
    tear_down(&s);
  }
}

TEST("a response without a body begins, and brings no piece") {
  scene s = set_up();
  pqq_request_options options = streaming(&s);

  options.read_body = NULL;
  options.method = "HEAD";
  expect(&options, PQQ_OK);
  EXPECT_INT(s.begins, 1);
  EXPECT_INT(s.received, 0);
  tear_down(&s);
}

TEST("a negative status of any callback is the request's, and nothing is called after it") {
  for (int which = 0; which < 3; which++) {
    scene s = set_up();
    pqq_request_options options = streaming(&s);

    s.read_status = which == 0 ? PQQ_ERR_CANCELLED : PQQ_OK;
    s.begin_status = which == 1 ? PQQ_ERR_CANCELLED : PQQ_OK;
    s.write_status = which == 2 ? PQQ_ERR_CANCELLED : PQQ_OK;
    NOTE("callback %d", which);
    expect(&options, PQQ_ERR_CANCELLED);
    EXPECT_INT(s.begins, which == 0 ? 0 : 1);
    EXPECT(which == 2 ? s.received > 0 && s.received < BODY_BYTES : s.received == 0);
    if (which == 0) {
      EXPECT_INT(s.reads, 2);
    }
    tear_down(&s);
  }
}

TEST("content-length is held to, and a piece that is longer than its room is refused") {
  static const char *const lengths[] = {"999999", "1000001"};
  scene s = set_up();
  pqq_request_options options = streaming(&s);

  for (size_t i = 0; i < 2; i++) {
    pqq_header length = {.name = {(const uint8_t *)"content-length", 14},
                         .value = {(const uint8_t *)lengths[i], strlen(lengths[i])}};

    s.sent = 0;
    options.headers = &length;
    options.header_count = 1;
    expect(&options, PQQ_ERR_CONTENT_LENGTH);
  }
  options.header_count = 0;
  s.claimed = 1;
  expect(&options, PQQ_ERR_INVALID_ARG);
  tear_down(&s);
}

TEST("a whole body and a reader exclude each other, and an older struct has neither callback") {
  scene s = set_up();
  pqq_request_options options = streaming(&s);

  options.body = (pqq_bytes){.data = (const uint8_t *)"x", .len = 1};
  expect(&options, PQQ_ERR_INVALID_ARG);
  options.struct_size = (uint32_t)offsetof(pqq_request_options, read_body);
  expect(&options, PQQ_OK);
  EXPECT_INT(s.reads + s.begins + s.received, 0);
  tear_down(&s);
}

TEST("nobody is read from when there is no connection") {
  scene s = set_up();
  pqq_request_options options = streaming(&s);

  pqq_stop_server(s.server, 0);
  s.server = NULL;
  options.timeout_ms = 5000;
  expect(&options, PQQ_ERR_UNREACHABLE);
  EXPECT_INT(s.reads, 0);
  tear_down(&s);
}
