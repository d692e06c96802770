/* SPDX-License-Identifier: MIT */
/* HTTP messages as both ends see them: header sections, trailers, HEAD, interim
 * and bodiless responses, and what is refused (RFC 9114 section 4). */
#include <stdio.h>
#include <stdlib.h>

#include "fields.h"
#include "harness.h"
#include "pair.h"

/* One exchange on a fresh pair. */
static void run(sim_exchange *exchange,
                int (*on_request)(sim_server *, sim_reply *, const pqq_event *), void *user_data) {
  sim_setup setup = {.exchanges = exchange, .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  pair.server.on_request = on_request;
  pair.server.user_data = user_data;
  EXPECT(sim_pair_exchange(&pair));
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT(!pair.client.is_closed);
  EXPECT_UINT(pair.server.closed, 0);
  EXPECT_UINT(pair.server.streams_closed, 1);
  EXPECT_INT(pair.server.stream_status, PQQ_OK);
  sim_pair_close(&pair);
}

static int check_request(sim_server *server, sim_reply *reply, const pqq_event *event) {
  const pqq_header *h = event->headers;

  (void)server;
  (void)reply;
  EXPECT_UINT(event->header_count, 7);
  EXPECT(sim_bytes_are(h[0].name, ":method") && sim_bytes_are(h[0].value, "GET"));
  EXPECT(sim_bytes_are(h[1].name, ":scheme") && sim_bytes_are(h[1].value, "https"));
  EXPECT(sim_bytes_are(h[2].name, ":authority") && sim_bytes_are(h[2].value, SIM_SERVER_NAME));
  EXPECT(sim_bytes_are(h[3].name, ":path") && sim_bytes_are(h[3].value, "/status/404"));
  EXPECT(sim_bytes_are(h[4].name, "accept") && sim_bytes_are(h[4].value, "text/html"));
  EXPECT(sim_bytes_are(h[5].name, "authorization") && sim_bytes_are(h[5].value, "secret"));
  EXPECT_UINT(h[5].flags, PQQ_HEADER_NEVER_INDEX);
  EXPECT_UINT(h[4].flags, 0);
  EXPECT(sim_bytes_are(h[6].name, "accept") && sim_bytes_are(h[6].value, ""));
  EXPECT_INT(event->is_end, 1);
  return 0;
}

TEST("a header section arrives in order, with repeated fields, empty values and the never-index "
     "flag") {
  pqq_header extra[] = {sim_field("accept", "text/html"), sim_field("authorization", "secret"),
                        sim_field("accept", "")};
  sim_exchange exchange = {.path = "/status/404", .extra = extra, .extra_count = 3};

  extra[1].flags = PQQ_HEADER_NEVER_INDEX;
  run(&exchange, check_request, NULL);
  EXPECT_INT(exchange.http_status, 404);
  EXPECT_INT(exchange.status, PQQ_OK);
}

TEST("trailer sections pass both ways") {
  sim_exchange exchange = {
      .method = "POST", .path = "/trailers", .upload_bytes = 100000, .sends_trailers = 1};

  run(&exchange, NULL, NULL);
  EXPECT_INT(exchange.http_status, 200);
  EXPECT_STR(exchange.echo, "request trailer");
  EXPECT_UINT(exchange.trailer_count, 1);
  EXPECT_STR(exchange.trailer_echo, "response trailer");
  EXPECT(exchange.is_ended);
}

TEST("a trailer section may follow a message without a body") {
  sim_exchange exchange = {.method = "POST", .path = "/trailers", .sends_trailers = 1};

  run(&exchange, NULL, NULL);
  EXPECT_STR(exchange.echo, "request trailer");
  EXPECT_STR(exchange.trailer_echo, "response trailer");
}

TEST("a response to HEAD has the fields and no body") {
  sim_exchange exchange = {.method = "HEAD", .path = "/bytes/5000"};

  run(&exchange, NULL, NULL);
  EXPECT_INT(exchange.http_status, 200);
  EXPECT_UINT(exchange.received_bytes, 0);
  EXPECT(exchange.is_ended);
  EXPECT_INT(exchange.status, PQQ_OK);
}

TEST("204, 205 and 304 have no body, whatever the handler gives") {
  static const char *const paths[] = {"/status/204", "/status/205", "/status/304"};

  for (size_t i = 0; i < 3; i++) {
    sim_exchange exchange = {.path = paths[i]};

    NOTE("%s", paths[i]);
    run(&exchange, NULL, NULL);
    EXPECT_INT(exchange.http_status, atoi(paths[i] + 8));
    EXPECT_UINT(exchange.received_bytes, 0);
    EXPECT_INT(exchange.status, PQQ_OK);
    EXPECT(exchange.is_ended);
  }
}

TEST("interim responses come before the final one") {
  sim_exchange exchange = {.path = "/interim"};

  run(&exchange, NULL, NULL);
  EXPECT_UINT(exchange.interim_count, 2);
  EXPECT_UINT(exchange.response_count, 1);
  EXPECT_INT(exchange.http_status, 200);
}

/* What pqq_engine_respond and its sisters refuse. */
static int check_refusals(sim_server *server, sim_reply *reply, const pqq_event *event) {
  pqq_engine *engine = server->node.engine;
  pqq_body body = {.data = sim_bytes("x")}, bad_body = {.data = {NULL, 1}};
  pqq_header upper = sim_field("Content-Type", "text/plain"), split = sim_field("a", "b\r\nc: d"),
             pseudo = sim_field(":status", "200"), hop = sim_field("connection", "close"),
             good = sim_field("te", "trailers");
  pqq_id id = reply->stream;

  (void)event;
  EXPECT_INT(pqq_engine_respond(engine, id, 99, NULL, 0, NULL, 0), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(pqq_engine_respond(engine, id, 600, NULL, 0, NULL, 0), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(pqq_engine_respond(engine, id, 101, NULL, 0, NULL, 0), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(pqq_engine_respond(engine, id, 103, NULL, 0, &body, 0), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(pqq_engine_respond(engine, id, 200, &upper, 1, NULL, 0), PQQ_ERR_HEADER_INVALID);
  EXPECT_INT(pqq_engine_respond(engine, id, 200, &split, 1, NULL, 0), PQQ_ERR_HEADER_INVALID);
  EXPECT_INT(pqq_engine_respond(engine, id, 200, &pseudo, 1, NULL, 0), PQQ_ERR_HEADER_INVALID);
  EXPECT_INT(pqq_engine_respond(engine, id, 200, &hop, 1, NULL, 0), PQQ_ERR_HEADER_INVALID);
  EXPECT_INT(pqq_engine_respond(engine, id, 200, NULL, 1, NULL, 0), PQQ_ERR_NULL_ARG);
  EXPECT_INT(pqq_engine_respond(engine, id, 200, NULL, 0, &bad_body, 0), PQQ_ERR_NULL_ARG);
  EXPECT_INT(pqq_engine_respond(engine, id + 1, 200, NULL, 0, NULL, 0), PQQ_ERR_NOT_FOUND);
  EXPECT_INT(pqq_engine_trailers(engine, id, &good, 1), PQQ_ERR_STATE);
  EXPECT_INT(pqq_engine_respond(engine, id, 200, &good, 1, NULL, 0), PQQ_OK);
  EXPECT_INT(pqq_engine_respond(engine, id, 200, NULL, 0, NULL, 0), PQQ_ERR_STATE);
  EXPECT_INT(pqq_engine_respond(engine, id, 103, NULL, 0, NULL, 0), PQQ_ERR_STATE);
  EXPECT_INT(pqq_engine_trailers(engine, id, &pseudo, 1), PQQ_ERR_HEADER_INVALID);
  EXPECT_INT(pqq_engine_write(engine, id, &body, PQQ_WRITE_END), PQQ_OK);
  EXPECT_INT(pqq_engine_write(engine, id, &body, 0), PQQ_ERR_STATE);
  EXPECT_INT(pqq_engine_trailers(engine, id, &good, 1), PQQ_ERR_STATE);
  *(int *)server->user_data += 1;
  return 1;
}

TEST("a response out of order or out of range is refused and changes nothing") {
  sim_exchange exchange = {.path = "/"};
  int checked = 0;

  run(&exchange, check_refusals, &checked);
  EXPECT_INT(checked, 1);
  EXPECT_UINT(exchange.response_count, 1);
  EXPECT_UINT(exchange.interim_count, 0);
  EXPECT_UINT(exchange.received_bytes, 1);
  EXPECT_INT(exchange.status, PQQ_OK);
}

TEST("a malformed request is refused before anything is sent") {
  pqq_header headers[6] = {sim_field(":method", "GET"), sim_field(":scheme", "https"),
                           sim_field(":authority", SIM_SERVER_NAME), sim_field(":path", "/")};
  pqq_engine *engine;
  sim_pair pair;
  pqq_id conn;

  sim_pair_open(&pair, harness_seed(), NULL);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  engine = pair.client.node.engine;
  conn = pair.client.conn;
  EXPECT_INT(pqq_engine_request(engine, conn, 1, headers, 3, NULL, PQQ_WRITE_END),
             PQQ_ERR_HEADER_INVALID);
  EXPECT_INT(pqq_engine_request(engine, conn, 1, NULL, 4, NULL, PQQ_WRITE_END), PQQ_ERR_NULL_ARG);
  EXPECT_INT(pqq_engine_request(engine, conn + 1, 1, headers, 4, NULL, PQQ_WRITE_END),
             PQQ_ERR_NOT_FOUND);
  headers[4] = sim_field(":late", "x");
  EXPECT_INT(pqq_engine_request(engine, conn, 1, headers, 5, NULL, PQQ_WRITE_END),
             PQQ_ERR_HEADER_INVALID);
  headers[4] = sim_field("upgrade", "h2c");
  EXPECT_INT(pqq_engine_request(engine, conn, 1, headers, 5, NULL, PQQ_WRITE_END),
             PQQ_ERR_HEADER_INVALID);
  headers[0] = sim_field(":path", "/");
  EXPECT_INT(pqq_engine_request(engine, conn, 1, headers, 4, NULL, PQQ_WRITE_END),
             PQQ_ERR_HEADER_INVALID);
  /* A client answers nothing. */
  EXPECT_INT(pqq_engine_respond(engine, conn, 200, NULL, 0, NULL, 0), PQQ_ERR_NOT_FOUND);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_UINT(pair.server.requests, 0);
  sim_pair_close(&pair);
}

static int check_lengths(sim_server *server, sim_reply *reply, const pqq_event *event) {
  pqq_engine *engine = server->node.engine;
  pqq_header five = sim_field("content-length", "5"), bad = sim_field("content-length", "five");
  pqq_body three = {.data = sim_bytes("abc")}, two = {.data = sim_bytes("de")};
  pqq_id id = reply->stream;

  (void)event;
  EXPECT_INT(pqq_engine_respond(engine, id, 200, &bad, 1, NULL, 0), PQQ_ERR_HEADER_INVALID);
  EXPECT_INT(pqq_engine_respond(engine, id, 103, &five, 1, NULL, 0), PQQ_ERR_HEADER_INVALID);
  EXPECT_INT(pqq_engine_respond(engine, id, 204, &five, 1, NULL, PQQ_WRITE_END),
             PQQ_ERR_HEADER_INVALID);
  EXPECT_INT(pqq_engine_respond(engine, id, 200, &five, 1, &three, PQQ_WRITE_END),
             PQQ_ERR_CONTENT_LENGTH);
  EXPECT_INT(pqq_engine_respond(engine, id, 200, &five, 1, &three, 0), PQQ_OK);
  EXPECT_INT(pqq_engine_write(engine, id, &three, 0), PQQ_ERR_CONTENT_LENGTH);
  EXPECT_INT(pqq_engine_trailers(engine, id, NULL, 0), PQQ_ERR_CONTENT_LENGTH);
  EXPECT_INT(pqq_engine_write(engine, id, &(pqq_body){0}, PQQ_WRITE_END), PQQ_ERR_CONTENT_LENGTH);
  EXPECT_INT(pqq_engine_write(engine, id, &two, 0), PQQ_OK);
  EXPECT_INT(pqq_engine_trailers(engine, id, NULL, 0), PQQ_OK);
  *(int *)server->user_data += 1;
  return 1;
}

TEST("content that is not as long as its content-length is refused and changes nothing") {
  sim_exchange exchange = {.path = "/"};
  int checked = 0;

  run(&exchange, check_lengths, &checked);
  EXPECT_INT(checked, 1);
  EXPECT_UINT(exchange.received_bytes, 5);
  EXPECT_INT(exchange.status, PQQ_OK);
}

TEST("a request is not sent with content that is not as long as its content-length") {
  pqq_header headers[5] = {sim_field(":method", "POST"), sim_field(":scheme", "https"),
                           sim_field(":authority", SIM_SERVER_NAME), sim_field(":path", "/upload"),
                           sim_field("content-length", "5")};
  pqq_body three = {.data = sim_bytes("abc")};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), NULL);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  EXPECT_INT(pqq_engine_request(pair.client.node.engine, pair.client.conn, 1, headers, 5, &three,
                                PQQ_WRITE_END),
             PQQ_ERR_CONTENT_LENGTH);
  EXPECT_INT(pqq_engine_request(pair.client.node.engine, pair.client.conn, 1, headers, 5, NULL,
                                PQQ_WRITE_END),
             PQQ_ERR_CONTENT_LENGTH);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_UINT(pair.server.requests, 0);
  sim_pair_close(&pair);
}

static int answer_dated(sim_server *server, sim_reply *reply, const pqq_event *event) {
  pqq_header header = sim_field("date", "its own");

  (void)event;
  EXPECT_INT(
      pqq_engine_respond(server->node.engine, reply->stream, 404, &header, 1, NULL, PQQ_WRITE_END),
      PQQ_OK);
  server->node.is_touched = 1;
  return 1;
}

static void note_date(sim_client *client, const pqq_event *event) {
  if (event->type == PQQ_EVENT_RESPONSE) {
    sim_field_copy(event, "date", client->user_data, 32);
  }
}

TEST("a server that was told the time dates its responses, unless they are or it must not") {
  static const char *const dates[] = {"Sun, 06 Nov 1994 08:49:37 GMT", "", "its own"};

  for (int i = 0; i < 3; i++) {
    pqq_config_options options = sim_options();
    sim_exchange exchange = {.path = "/status/404"};
    sim_setup setup = {.server_options = &options, .exchanges = &exchange, .exchange_count = 1};
    char date[32] = "";
    sim_pair pair;

    options.disable_date = i == 1;
    sim_pair_open(&pair, harness_seed(), &setup);
    pair.client.on_event = note_date;
    pair.client.user_data = date;
    pair.server.on_request = i == 2 ? answer_dated : NULL;
    EXPECT_INT(pqq_engine_set_unix_time(pair.server.node.engine, 784111777), PQQ_OK);
    EXPECT(sim_pair_exchange(&pair));
    EXPECT_STR(date, dates[i]);
    sim_pair_close(&pair);
  }
}

static int stop_writing(sim_server *server, sim_reply *reply, const pqq_event *event) {
  pqq_engine *engine = server->node.engine;
  pqq_body body = {.data = sim_bytes("abc")};

  (void)event;
  EXPECT_INT(pqq_engine_respond(engine, reply->stream, 200, NULL, 0, &body, 0), PQQ_OK);
  EXPECT_INT(pqq_engine_stop_writing(engine, reply->stream, 0x10c), PQQ_OK);
  /* The rest goes nowhere and is no mistake. */
  EXPECT_INT(pqq_engine_write(engine, reply->stream, &body, PQQ_WRITE_END), PQQ_OK);
  server->node.is_touched = 1;
  return 1;
}

TEST("giving up one's own half leaves the other one whole") {
  sim_exchange exchange = {.method = "POST", .path = "/", .upload_bytes = 100000};
  sim_setup setup = {.exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  pair.server.on_request = stop_writing;
  EXPECT(sim_pair_exchange(&pair));
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT(exchange.is_reset);
  EXPECT_UINT(exchange.wire_code, 0x10c);
  EXPECT_UINT(pair.server.received_bytes, 100000);
  EXPECT_INT(pair.server.stream_status, PQQ_OK);
  EXPECT(!pair.client.is_closed);
  sim_pair_close(&pair);
}

/* Header sections over the limit. */

#define VALUE_BYTES 3000

TEST("a request whose header section is too large gets 431 and the handler never sees it") {
  pqq_config_options options = sim_options();
  char value[VALUE_BYTES + 1] = {0};
  pqq_header extra = sim_field("x-large", "");
  sim_exchange exchanges[2] = {{.path = "/bytes/1", .extra = &extra, .extra_count = 1},
                               {.path = "/bytes/1"}};
  sim_setup setup = {.server_options = &options, .exchanges = exchanges, .exchange_count = 2};
  pqq_stats stats;
  sim_pair pair;

  options.max_header_list_bytes = 2048;
  memset(value, 'v', VALUE_BYTES);
  extra.value.data = (const uint8_t *)value;
  extra.value.len = VALUE_BYTES;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_exchange(&pair));
  EXPECT_INT(exchanges[0].http_status, 431);
  EXPECT(exchanges[0].is_ended);
  /* The connection goes on. */
  EXPECT_INT(exchanges[1].http_status, 200);
  EXPECT_INT(exchanges[1].status, PQQ_OK);
  EXPECT_UINT(pair.server.requests, 1);
  sim_run_for(pair.net, SIM_SECOND);
  stats = sim_stats(pair.server.node.engine);
  EXPECT_UINT(stats.requests_refused, 1);
  EXPECT_UINT(stats.requests_now, 0);
  sim_pair_close(&pair);
}

static int answer_large(sim_server *server, sim_reply *reply, const pqq_event *event) {
  char value[VALUE_BYTES];
  pqq_header header = {.name = sim_bytes("x-large"), .value = {(uint8_t *)value, VALUE_BYTES}};

  (void)event;
  if (strcmp(reply->path, "/large") != 0) {
    return 0;
  }
  memset(value, 'v', VALUE_BYTES);
  EXPECT_INT(pqq_engine_respond(server->node.engine, reply->stream, 200, &header, 1, NULL, 0),
             PQQ_OK);
  return 1;
}

TEST("a response whose header section is too large fails its request alone") {
  pqq_config_options options = sim_options();
  sim_exchange exchanges[2] = {{.path = "/large"}, {.path = "/bytes/1"}};
  sim_setup setup = {.client_options = &options, .exchanges = exchanges, .exchange_count = 2};
  sim_pair pair;

  options.max_header_list_bytes = 2048;
  sim_pair_open(&pair, harness_seed(), &setup);
  pair.server.on_request = answer_large;
  EXPECT(sim_pair_exchange(&pair));
  EXPECT_INT(exchanges[0].status, PQQ_ERR_HEADERS_TOO_LARGE);
  EXPECT_UINT(exchanges[0].response_count, 0);
  EXPECT_INT(exchanges[1].status, PQQ_OK);
  EXPECT(!pair.client.is_closed);
  sim_pair_close(&pair);
}

TEST("a field of 40,960 bytes passes, and one that a peer's QPACK decoder may refuse is not sent") {
  static char value[40961];
  pqq_header extra = sim_field("x-large", "");
  sim_exchange exchange = {.path = "/bytes/1", .extra = &extra, .extra_count = 1};
  sim_setup setup = {.exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;

  memset(value, 'v', sizeof value);
  extra.value = (pqq_bytes){(const uint8_t *)value, sizeof value};
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_ERR_HEADERS_TOO_LARGE);
  extra.value.len--;
  EXPECT(sim_pair_exchange(&pair));
  EXPECT_INT(exchange.http_status, 200);
  EXPECT(!pair.client.is_closed);
  sim_pair_close(&pair);
}

TEST("a section of very many fields passes, and one more than 2,048 is not sent") {
  enum { MANY = 1500 };
  static pqq_header headers[2049];
  sim_exchange exchange = {.path = "/bytes/1"};
  sim_setup setup = {.exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;

  headers[0] = sim_field(":method", "GET");
  headers[1] = sim_field(":scheme", "https");
  headers[2] = sim_field(":authority", SIM_SERVER_NAME);
  headers[3] = sim_field(":path", "/bytes/1");
  for (size_t i = 4; i < 2049; i++) {
    headers[i] = sim_field("x", "y");
  }
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT_INT(pqq_engine_request(pair.client.node.engine, pair.client.conn, 1, headers, 2049, NULL,
                                PQQ_WRITE_END),
             PQQ_ERR_HEADERS_TOO_LARGE);
  EXPECT_INT(pqq_engine_request(pair.client.node.engine, pair.client.conn, 1, headers, MANY, NULL,
                                PQQ_WRITE_END),
             PQQ_OK);
  EXPECT(sim_run(pair.net, sim_now(pair.net) + SIM_LONG, sim_client_is_done, &pair.client));
  EXPECT_INT(exchange.status, PQQ_OK);
  sim_pair_close(&pair);
}
