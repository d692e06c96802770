/* SPDX-License-Identifier: MIT */
/* Time limits of a server's requests: header sections and content that come too slowly or not at
 * all, responses that nobody reads. */
#include <string.h>

#include "fields.h"
#include "harness.h"
#include "pair.h"
#include "raw.h"

#define H3_EXCESSIVE_LOAD 0x107
#define H3_REQUEST_CANCELLED 0x10c

/* Short limits, and a connection that does not end over them. */
#define LIMIT_MS 5000
#define LIMIT_NS (LIMIT_MS * SIM_MS)

typedef struct scene {
  sim_pair pair;
  sim_exchange exchanges[2];
  pqq_config_options server, client;
  /* PQQ_EVENT_RESET of the server with a status, and the status that its stream closed with. */
  pqq_status over, closed;
  size_t overs;
} scene;

static void note(sim_server *server, const pqq_event *event) {
  scene *s = server->user_data;

  if (event->type == PQQ_EVENT_RESET && event->status != PQQ_OK) {
    s->over = event->status;
    s->overs++;
  } else if (event->type == PQQ_EVENT_STREAM_CLOSED) {
    s->closed = event->status;
  }
}

static int hang(sim_server *server, sim_reply *reply, const pqq_event *event) {
  (void)server;
  (void)reply;
  (void)event;
  return 1;
}

static void set_up(scene *s) {
  *s = (scene){.server = sim_options(), .client = sim_options()};
  s->server.headers_timeout_ms = s->server.body_timeout_ms = s->server.send_timeout_ms = LIMIT_MS;
  s->client.keep_alive_ms = 1000;
  for (int i = 0; i < 2; i++) {
    s->exchanges[i] = (sim_exchange){.method = "POST", .path = "/upload"};
  }
}

static void open_scene(scene *s) {
  sim_setup setup = {.server_options = &s->server,
                     .client_options = &s->client,
                     .exchanges = s->exchanges,
                     .exchange_count = 2};

  sim_pair_open(&s->pair, harness_seed(), &setup);
  s->pair.server.on_event = note;
  s->pair.server.user_data = s;
  EXPECT(sim_pair_settle(&s->pair) && s->pair.client.is_connected);
  sim_run_for(s->pair.net, SIM_SECOND);
}

static pqq_stats at_server(const scene *s) {
  return sim_stats(s->pair.server.node.engine);
}

static pqq__session *server_session(const scene *s) {
  return sim_server_conn(&s->pair)->app;
}

/* --- Header sections -------------------------------------------------------------------------- */

static void expect_408(scene *s, int is_shown) {
  EXPECT_INT(s->exchanges[0].http_status, 408);
  EXPECT(s->exchanges[0].is_stopped);
  EXPECT_UINT(s->exchanges[0].wire_code, 0x100);
  EXPECT_UINT(s->pair.server.requests, is_shown);
  EXPECT_UINT(at_server(s).requests_timed_out, 1);
  EXPECT_UINT(at_server(s).requests_refused, 1);
  EXPECT(!s->pair.client.is_closed);
}

/* Sends the request's bytes one by one, an interval apart, for as long as there are some. */
static void drip_request(scene *s, pqq_time_ns interval, pqq_time_ns duration) {
  pqq_header long_field = sim_field("x-long", "a value that makes the section long enough");
  uint8_t bytes[1024];
  int64_t stream_id;
  size_t len;

  s->exchanges[0].extra = &long_field;
  s->exchanges[0].extra_count = 1;
  len = sim_take_request(&s->pair, 0, &stream_id, bytes, sizeof bytes);
  EXPECT(len > duration / interval + 1);
  for (size_t i = 0; i < duration / interval; i++) {
    sim_send_raw(&s->pair, stream_id, bytes + i, 1, 0);
    sim_run_for(s->pair.net, interval);
  }
}

TEST("a header section that does not come to its end is answered with 408 in time") {
  scene s;

  set_up(&s);
  open_scene(&s);
  drip_request(&s, SIM_SECOND, SIM_SECOND);
  sim_run_for(s.pair.net, LIMIT_NS - SIM_SECOND);
  EXPECT_UINT(at_server(&s).requests_timed_out, 0);
  sim_run_for(s.pair.net, 50 * SIM_MS);
  expect_408(&s, 0);
  sim_pair_close(&s.pair);
}

TEST("nor does it help to send a byte of it now and then, and nothing of it is kept") {
  scene s;

  set_up(&s);
  open_scene(&s);
  drip_request(&s, SIM_SECOND / 4, LIMIT_NS + SIM_SECOND);
  expect_408(&s, 0);
  sim_run_for(s.pair.net, SIM_SECOND);
  /* The client's STOP_SENDING brought its RESET_STREAM. */
  EXPECT_UINT(server_session(&s)->stream_count, 0);
  sim_pair_close(&s.pair);
}

TEST("requests that are complete in time are not looked at again") {
  scene s;

  set_up(&s);
  s.exchanges[0] = (sim_exchange){.path = "/bytes/10"};
  s.exchanges[1] = (sim_exchange){.path = "/hang"};
  open_scene(&s);
  EXPECT_INT(sim_client_request(&s.pair.client, 0), PQQ_OK);
  EXPECT_INT(sim_client_request(&s.pair.client, 1), PQQ_OK);
  sim_run_for(s.pair.net, 20 * LIMIT_NS);
  EXPECT_INT(s.exchanges[0].http_status, 200);
  EXPECT(s.exchanges[1].is_opened && !s.exchanges[1].is_closed);
  EXPECT_UINT(at_server(&s).requests_timed_out, 0);
  /* No timer runs for it: the session has nothing to look at. */
  EXPECT(server_session(&s)->watch.at == PQQ_TIME_NEVER);
  sim_pair_close(&s.pair);
}

/* --- Content ---------------------------------------------------------------------------------- */

/* A request whose content the test writes. */
static void begin_upload(scene *s, const char *expect) {
  pqq_header headers[] = {sim_field(":method", "POST"), sim_field(":scheme", "https"),
                          sim_field(":authority", SIM_SERVER_NAME), sim_field(":path", "/upload"),
                          sim_field("expect", expect ? expect : "")};

  EXPECT_INT(pqq_engine_request(s->pair.client.node.engine, s->pair.client.conn, 1, headers,
                                expect ? 5 : 4, NULL, 0),
             PQQ_OK);
  s->pair.client.node.is_touched = 1;
  sim_run_for(s->pair.net, 50 * SIM_MS);
  EXPECT_UINT(s->pair.server.requests, 1);
}

static void upload(scene *s, size_t bytes, uint32_t flags) {
  static const uint8_t zeros[4096];
  pqq_body body = {.data = {zeros, bytes}};

  EXPECT(pqq_engine_write(s->pair.client.node.engine, s->exchanges[0].stream, &body, flags) >= 0);
  s->pair.client.node.is_touched = 1;
}

static void expect_over(const scene *s) {
  EXPECT_UINT(s->overs, 1);
  EXPECT_INT(s->over, PQQ_ERR_REQUEST_TIMEOUT);
}

TEST("content that stops to come is answered with 408, and the application is told") {
  pqq_body late = {.data = sim_bytes("too late")};
  scene s;

  set_up(&s);
  open_scene(&s);
  begin_upload(&s, NULL);
  upload(&s, 1000, 0);
  sim_run_for(s.pair.net, LIMIT_NS - SIM_SECOND);
  EXPECT_UINT(s.overs, 0);
  sim_run_for(s.pair.net, 2 * SIM_SECOND);
  expect_408(&s, 1);
  expect_over(&s);
  /* What the application says now is dropped, and no mistake of its. */
  if (s.pair.server.replies) {
    EXPECT_INT(pqq_engine_respond(s.pair.server.node.engine, s.pair.server.replies->stream, 200,
                                  NULL, 0, &late, PQQ_WRITE_END),
               PQQ_OK);
  }
  EXPECT_UINT(s.exchanges[0].response_count, 1);
  sim_pair_close(&s.pair);
}

/* How long content may come at that rate, in seconds, until it is over. */
static int seconds_at(size_t bytes_per_s, int most) {
  scene s;
  int seconds = 0;

  set_up(&s);
  open_scene(&s);
  begin_upload(&s, NULL);
  while (seconds < most && s.overs == 0) {
    upload(&s, bytes_per_s, 0);
    sim_run_for(s.pair.net, SIM_SECOND);
    seconds++;
  }
  EXPECT_UINT(at_server(&s).requests_timed_out, s.overs);
  sim_pair_close(&s.pair);
  return seconds;
}

TEST("content below the lowest rate runs out of time, above it never") {
  int drip = seconds_at(1, 600), half = seconds_at(120, 600);

  NOTE("%d and %d seconds", drip, half);
  EXPECT(drip >= LIMIT_MS / 1000 && drip <= LIMIT_MS / 1000 + 1);
  /* Half of it lasts twice as long. */
  EXPECT(half >= 2 * LIMIT_MS / 1000 && half <= 2 * LIMIT_MS / 1000 + 1);
  EXPECT_INT(seconds_at(240, 600), 600);
}

TEST("frames without content, and trailers that never end, buy no time") {
  static const struct {
    const char *what, *begin, *drip;
    size_t begin_len, drip_len;
  } rows[] = {{"empty DATA frames", "", "\0\0", 0, 2},
              {"a DATA frame of which nothing comes", "\0\x40\xff", "", 3, 0},
              {"a trailer section", "\1\x40\xff\0\0", "\xc2", 5, 1}};

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint8_t bytes[1024];
    int64_t stream_id;
    size_t len;
    scene s;

    NOTE("%s", rows[i].what);
    set_up(&s);
    open_scene(&s);
    s.pair.server.on_request = hang;
    len = sim_take_request(&s.pair, 0, &stream_id, bytes, sizeof bytes);
    sim_send_raw(&s.pair, stream_id, bytes, len, 0);
    sim_send_raw(&s.pair, stream_id, rows[i].begin, rows[i].begin_len, 0);
    for (int tenth = 0; tenth < LIMIT_MS / 100 - 1; tenth++) {
      sim_send_raw(&s.pair, stream_id, rows[i].drip, rows[i].drip_len, 0);
      sim_run_for(s.pair.net, 100 * SIM_MS);
    }
    EXPECT_UINT(s.overs, 0);
    sim_run_for(s.pair.net, 200 * SIM_MS);
    expect_408(&s, 1);
    expect_over(&s);
    sim_pair_close(&s.pair);
  }
}

TEST("a slow upload that has begun fast is over when its time is, not when that average is low") {
  scene s;

  set_up(&s);
  open_scene(&s);
  begin_upload(&s, NULL);
  for (int i = 0; i < 100; i++) {
    upload(&s, 4096, 0);
    sim_run_for(s.pair.net, 50 * SIM_MS);
  }
  sim_run_for(s.pair.net, LIMIT_NS + 50 * SIM_MS);
  expect_over(&s);
  sim_pair_close(&s.pair);
}

TEST("time in which the application does not take what is there is not the client's") {
  scene s;

  set_up(&s);
  open_scene(&s);
  s.pair.server.holds_credit = 1;
  begin_upload(&s, NULL);
  upload(&s, 1000, 0);
  sim_run_for(s.pair.net, 20 * LIMIT_NS);
  EXPECT_UINT(s.overs, 0);
  EXPECT_INT(pqq_engine_consume(s.pair.server.node.engine, s.pair.server.replies->stream, 1000),
             PQQ_OK);
  s.pair.server.holds_credit = 0;
  sim_run_for(s.pair.net, 3 * LIMIT_NS);
  expect_over(&s);
  sim_pair_close(&s.pair);
}

TEST("a client that waits for 100 (Continue) is not slow") {
  pqq_engine *engine;
  scene s;

  set_up(&s);
  open_scene(&s);
  begin_upload(&s, "100-continue");
  engine = s.pair.server.node.engine;
  sim_run_for(s.pair.net, 20 * LIMIT_NS);
  EXPECT_UINT(s.overs, 0);
  EXPECT_INT(pqq_engine_respond(engine, s.pair.server.replies->stream, 100, NULL, 0, NULL, 0),
             PQQ_OK);
  s.pair.server.node.is_touched = 1;
  sim_run_for(s.pair.net, LIMIT_NS - SIM_SECOND);
  EXPECT_UINT(s.overs, 0);
  sim_run_for(s.pair.net, LIMIT_NS);
  expect_over(&s);
  sim_pair_close(&s.pair);
}

TEST("a response that has begun is reset when the content stops to come") {
  scene s;

  set_up(&s);
  open_scene(&s);
  s.pair.server.on_request = hang;
  begin_upload(&s, NULL);
  EXPECT_INT(pqq_engine_respond(s.pair.server.node.engine, s.pair.server.replies->stream, 200, NULL,
                                0, NULL, 0),
             PQQ_OK);
  s.pair.server.node.is_touched = 1;
  sim_run_for(s.pair.net, 3 * LIMIT_NS);
  expect_over(&s);
  EXPECT_INT(s.exchanges[0].http_status, 200);
  EXPECT(s.exchanges[0].is_reset);
  EXPECT_UINT(s.exchanges[0].wire_code, H3_REQUEST_CANCELLED);
  EXPECT_INT(s.closed, PQQ_ERR_REQUEST_TIMEOUT);
  sim_pair_close(&s.pair);
}

TEST("a response that is whole is not taken back when the content stops to come") {
  scene s;

  set_up(&s);
  open_scene(&s);
  s.pair.server.on_request = hang;
  begin_upload(&s, NULL);
  sim_server_answer(&s.pair.server, s.pair.server.replies);
  sim_run_for(s.pair.net, 3 * LIMIT_NS);
  expect_over(&s);
  EXPECT_INT(s.exchanges[0].http_status, 200);
  EXPECT(s.exchanges[0].is_ended && !s.exchanges[0].is_reset);
  EXPECT_UINT(s.exchanges[0].wire_code, 0x100);
  sim_pair_close(&s.pair);
}

TEST("a slow upload behind a whole response is not a response that stalls") {
  scene s;

  set_up(&s);
  open_scene(&s);
  s.pair.server.on_request = hang;
  begin_upload(&s, NULL);
  EXPECT_INT(pqq_engine_respond(s.pair.server.node.engine, s.pair.server.replies->stream, 200, NULL,
                                0, &(pqq_body){.data = sim_bytes("early")}, PQQ_WRITE_END),
             PQQ_OK);
  s.pair.server.node.is_touched = 1;
  for (int i = 0; i < 60; i++) {
    upload(&s, 300, 0);
    sim_run_for(s.pair.net, SIM_SECOND);
  }
  EXPECT(!s.pair.client.is_closed && !s.exchanges[0].is_reset && !s.exchanges[0].is_stopped);
  EXPECT_UINT(at_server(&s).responses_stalled, 0);
  sim_pair_close(&s.pair);
}

TEST("request_timeout_ms ends a request however fast its content comes") {
  scene s;

  set_up(&s);
  s.server.request_timeout_ms = 2 * LIMIT_MS;
  open_scene(&s);
  begin_upload(&s, NULL);
  for (int i = 0; i < 19; i++) {
    upload(&s, 4096, 0);
    sim_run_for(s.pair.net, SIM_SECOND / 2);
  }
  EXPECT_UINT(s.overs, 0);
  sim_run_for(s.pair.net, SIM_SECOND);
  expect_408(&s, 1);
  expect_over(&s);
  sim_pair_close(&s.pair);
}

TEST("PQQ_TIMEOUT_NONE is no limit") {
  scene s;

  set_up(&s);
  s.server.headers_timeout_ms = s.server.body_timeout_ms = s.server.send_timeout_ms =
      PQQ_TIMEOUT_NONE;
  open_scene(&s);
  begin_upload(&s, NULL);
  sim_run_for(s.pair.net, 1000 * SIM_SECOND);
  EXPECT_UINT(s.overs, 0);
  upload(&s, 10, PQQ_WRITE_END);
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_INT(s.exchanges[0].http_status, 200);
  sim_pair_close(&s.pair);
}

/* --- Responses -------------------------------------------------------------------------------- */

#define WINDOW 65536u

static void ask_for(scene *s, size_t index, const char *path, int holds_credit) {
  s->exchanges[index] = (sim_exchange){.path = path, .holds_credit = holds_credit};
}

TEST("a response that its client does not read is reset, and others go on") {
  scene s;

  set_up(&s);
  s.client.stream_window_bytes = s.client.max_stream_window_bytes = WINDOW;
  ask_for(&s, 0, "/bytes/1000000", 1);
  ask_for(&s, 1, "/bytes/3000000", 0);
  open_scene(&s);
  EXPECT_INT(sim_client_request(&s.pair.client, 0), PQQ_OK);
  sim_run_for(s.pair.net, LIMIT_NS);
  EXPECT(!s.exchanges[0].is_reset);
  EXPECT_INT(sim_client_request(&s.pair.client, 1), PQQ_OK);
  sim_run_for(s.pair.net, LIMIT_NS / 4 + 100 * SIM_MS);
  EXPECT(s.exchanges[0].is_reset);
  EXPECT_UINT(s.exchanges[0].wire_code, H3_REQUEST_CANCELLED);
  sim_run_for(s.pair.net, 4 * LIMIT_NS);
  EXPECT_UINT(s.exchanges[1].received_bytes, 3000000);
  EXPECT_UINT(at_server(&s).responses_stalled, 1);
  EXPECT_UINT(server_session(&s)->stream_count, 0);
  EXPECT(server_session(&s)->watch.at == PQQ_TIME_NEVER);
  sim_pair_close(&s.pair);
}

TEST("an answer without content that finds no room is not kept for ever either") {
  static uint8_t value[17000];
  pqq_header fill = {.name = sim_bytes("x-fill"), .value = {value, sizeof value}};
  pqq_engine *engine;
  pqq_id stream;
  scene s;

  set_up(&s);
  s.client.stream_window_bytes = s.client.max_stream_window_bytes = 16384;
  ask_for(&s, 0, "/", 0);
  open_scene(&s);
  s.pair.server.on_request = hang;
  EXPECT_INT(sim_client_request(&s.pair.client, 0), PQQ_OK);
  sim_run_for(s.pair.net, SIM_SECOND);
  engine = s.pair.server.node.engine;
  stream = s.pair.server.replies->stream;
  /* Eight bits each in QPACK's Huffman code: more than the stream's window. */
  memset(value, 'X', sizeof value);
  sim_deafen(&s.pair, 0);
  EXPECT_INT(pqq_engine_respond(engine, stream, 103, &fill, 1, NULL, 0), PQQ_OK);
  EXPECT_INT(pqq_engine_respond(engine, stream, 204, NULL, 0, NULL, PQQ_WRITE_END), PQQ_OK);
  s.pair.server.node.is_touched = 1;
  sim_run_for(s.pair.net, LIMIT_NS - SIM_SECOND);
  EXPECT(!s.exchanges[0].is_reset);
  sim_run_for(s.pair.net, LIMIT_NS / 2 + SIM_SECOND);
  EXPECT(s.exchanges[0].is_reset);
  EXPECT_UINT(s.exchanges[0].wire_code, H3_REQUEST_CANCELLED);
  EXPECT_UINT(at_server(&s).responses_stalled, 1);
  sim_pair_close(&s.pair);
}

/* Seconds until a response is reset of which the client takes so much each second. */
static int reads_at(uint64_t bytes_per_s, int most) {
  scene s;
  int seconds = 0;

  set_up(&s);
  s.client.stream_window_bytes = s.client.max_stream_window_bytes = 16384;
  ask_for(&s, 0, "/bytes/1000000", 1);
  open_scene(&s);
  EXPECT_INT(sim_client_request(&s.pair.client, 0), PQQ_OK);
  sim_run_for(s.pair.net, SIM_SECOND);
  while (seconds < most && !s.exchanges[0].is_reset) {
    (void)pqq_engine_consume(s.pair.client.node.engine, s.exchanges[0].stream, bytes_per_s);
    s.pair.client.node.is_touched = 1;
    sim_run_for(s.pair.net, SIM_SECOND);
    seconds++;
  }
  sim_pair_close(&s.pair);
  return seconds;
}

TEST("a client that takes a byte now and then does not keep a response, one above the rate does") {
  int drip = reads_at(1, 120);

  NOTE("%d seconds", drip);
  EXPECT(drip >= LIMIT_MS / 1000 - 1 && drip <= LIMIT_MS * 5 / 4 / 1000 + 1);
  /* ngtcp2 announces more room in halves of the window. */
  EXPECT_INT(reads_at(10000, 90), 90);
}

TEST("a client that gives the connection no more room loses it") {
  scene s;

  set_up(&s);
  s.client.connection_window_bytes = s.client.max_connection_window_bytes = WINDOW;
  ask_for(&s, 0, "/bytes/1000000", 1);
  open_scene(&s);
  EXPECT_INT(sim_client_request(&s.pair.client, 0), PQQ_OK);
  sim_run_for(s.pair.net, LIMIT_NS - SIM_SECOND);
  EXPECT(!s.pair.client.is_closed);
  sim_run_for(s.pair.net, LIMIT_NS / 2 + SIM_SECOND);
  EXPECT(s.pair.client.is_closed);
  EXPECT_UINT(s.pair.client.close.wire_code, H3_EXCESSIVE_LOAD);
  EXPECT_UINT(at_server(&s).responses_stalled, 1);
  sim_pair_close(&s.pair);
}

TEST("a response that waits behind another, or for the application, is not stalled") {
  scene s;

  set_up(&s);
  ask_for(&s, 0, "/bytes/3000000", 0);
  ask_for(&s, 1, "/bytes/1000", 0);
  open_scene(&s);
  s.pair.server.node.out.rate_bytes_per_s = 100000; /* 30 seconds */
  s.pair.server.node.out.queue_bytes = 30000;
  EXPECT_INT(sim_client_request(&s.pair.client, 0), PQQ_OK);
  EXPECT_INT(sim_client_request(&s.pair.client, 1), PQQ_OK);
  sim_run_for(s.pair.net, 100 * SIM_SECOND);
  EXPECT_UINT(s.exchanges[0].received_bytes, 3000000);
  EXPECT_UINT(s.exchanges[1].received_bytes, 1000);
  EXPECT_UINT(at_server(&s).responses_stalled, 0);

  s.pair.server.on_request = hang;
  s.exchanges[0] = (sim_exchange){.path = "/events"};
  EXPECT_INT(sim_client_request(&s.pair.client, 0), PQQ_OK);
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_INT(pqq_engine_respond(s.pair.server.node.engine, s.pair.server.replies->stream, 200, NULL,
                                0, NULL, 0),
             PQQ_OK);
  s.pair.server.node.is_touched = 1;
  sim_run_for(s.pair.net, 20 * LIMIT_NS);
  EXPECT(!s.exchanges[0].is_reset && s.exchanges[0].http_status == 200);
  sim_pair_close(&s.pair);
}
