/* SPDX-License-Identifier: MIT */
/* Limits of a server on the requests of one connection. */
#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "harness.h"
#include "http3/session.h"
#include "pair.h"

#define H3_EXCESSIVE_LOAD 0x107
#define H3_REQUEST_CANCELLED 0x10c

static int hang(sim_server *server, sim_reply *reply, const pqq_event *event) {
  (void)server;
  (void)reply;
  (void)event;
  return 1;
}

/* Begins a request and resets it a round trip later. */
static void begin_and_reset(sim_pair *pair) {
  sim_exchange *exchange = &pair->client.exchanges[0];

  exchange->is_opened = 0;
  EXPECT_INT(sim_client_request(&pair->client, 0), PQQ_OK);
  sim_run_for(pair->net, 25 * SIM_MS);
  if (pair->client.is_closed) {
    return;
  }
  EXPECT(exchange->is_opened);
  (void)pqq_engine_reset(pair->client.node.engine, exchange->stream, H3_REQUEST_CANCELLED);
  pair->client.node.is_touched = 1;
  sim_run_for(pair->net, 25 * SIM_MS);
}

TEST("a client that begins requests only to reset them is closed with H3_EXCESSIVE_LOAD") {
  sim_exchange exchange = {.method = "POST", .path = "/", .sends_trailers = 0, .upload_bytes = 1};
  sim_setup setup = {.exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;
  int begun = 0;

  sim_pair_open(&pair, harness_seed(), &setup);
  pair.server.on_request = hang;
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  /* The request is not complete, so that giving it up is a RESET_STREAM. */
  exchange.upload_bytes = 100000000;
  while (!pair.client.is_closed && begun < 2 * PQQ__MAX_RESETS) {
    exchange.written_bytes = 0;
    begin_and_reset(&pair);
    begun++;
  }
  EXPECT(pair.client.is_closed);
  EXPECT(begun > PQQ__MAX_RESETS && begun < PQQ__MAX_RESETS + 5);
  EXPECT_UINT(pair.client.close.wire_code, H3_EXCESSIVE_LOAD);
  EXPECT_UINT(sim_stats(pair.server.node.engine).reset_floods, 1);
  sim_pair_close(&pair);
}

TEST("after max_requests_per_connection requests the connection ends, and all are answered") {
  pqq_config_options options = sim_options();
  sim_exchange exchanges[3] = {
      {.path = "/bytes/100000"}, {.path = "/bytes/1"}, {.path = "/bytes/2"}};
  sim_setup setup = {.server_options = &options, .exchanges = exchanges, .exchange_count = 3};
  sim_pair pair;

  options.max_requests_per_connection = 3;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_exchange(&pair));
  for (int i = 0; i < 3; i++) {
    EXPECT_INT(exchanges[i].status, PQQ_OK);
    EXPECT_INT(exchanges[i].http_status, 200);
  }
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT(pair.client.is_going_away);
  EXPECT_INT(pair.client.close.status, PQQ_OK);
  EXPECT_UINT(sim_stats(pair.server.node.engine).connections_retired, 1);
  sim_pair_close(&pair);
}

/* --- What one request may be ------------------------------------------------------------------ */

/* Status of a request for `path` with so many fields of a name more. */
static int32_t status_of(const pqq_config_options *options, const char *path, size_t fields,
                         pqq_stats *stats) {
  pqq_header extra[28];
  sim_exchange exchange = {.path = path, .extra = extra, .extra_count = fields};
  sim_setup setup = {.server_options = options, .exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;

  for (size_t i = 0; i < fields; i++) {
    extra[i] = sim_field("x-field", "value");
  }
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_exchange(&pair));
  EXPECT_INT(exchange.status, PQQ_OK);
  *stats = sim_stats(pair.server.node.engine);
  EXPECT_UINT(pair.server.requests, exchange.http_status == 200);
  EXPECT_UINT(stats->requests_refused, exchange.http_status != 200);
  sim_pair_close(&pair);
  return exchange.http_status;
}

TEST("a request with more fields than max_header_fields is answered with 431 and not shown") {
  pqq_config_options options = sim_options();
  pqq_stats stats;

  options.max_header_fields = 16;
  EXPECT_INT(status_of(&options, "/bytes/1", 16 - 4, &stats), 200);
  EXPECT_INT(status_of(&options, "/bytes/1", 16 - 3, &stats), 431);
}

TEST("a request whose target is longer than max_target_bytes is answered with 414") {
  pqq_config_options options = sim_options();
  char path[258];
  pqq_stats stats;

  options.max_target_bytes = 256;
  memset(path, '/', sizeof path);
  memcpy(path, "/bytes/1?", 9);
  path[256] = '\0';
  EXPECT_INT(status_of(&options, path, 0, &stats), 200);
  path[256] = '/';
  path[257] = '\0';
  EXPECT_INT(status_of(&options, path, 0, &stats), 414);
}

TEST("a client holds servers to max_header_fields, too") {
  pqq_config_options options = sim_options();
  sim_exchange exchange = {.path = "/"};
  sim_setup setup = {.client_options = &options, .exchanges = &exchange, .exchange_count = 1};
  pqq_header many[17];
  sim_pair pair;

  options.max_header_fields = 16;
  for (size_t i = 0; i < 17; i++) {
    many[i] = sim_field("x-field", "value");
  }
  sim_pair_open(&pair, harness_seed(), &setup);
  pair.server.on_request = hang;
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(pqq_engine_respond(pair.server.node.engine, pair.server.replies->stream, 200, many, 17,
                                NULL, PQQ_WRITE_END),
             PQQ_OK);
  pair.server.node.is_touched = 1;
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(exchange.status, PQQ_ERR_HEADERS_TOO_LARGE);
  EXPECT(!pair.client.is_closed);
  sim_pair_close(&pair);
}

/* --- Content ---------------------------------------------------------------------------------- */

static void note_over(sim_server *server, const pqq_event *event) {
  if (event->type == PQQ_EVENT_RESET && event->status != PQQ_OK) {
    *(pqq_status *)server->user_data = event->status;
  }
}

/* Uploads with or without a content-length; what the server has told its application. */
static pqq_status upload(uint64_t limit, sim_exchange *exchange, uint64_t bytes, int is_announced,
                         sim_pair *pair) {
  pqq_config_options options = sim_options();
  sim_setup setup = {.server_options = &options, .exchanges = exchange, .exchange_count = 1};
  char digits[24];
  pqq_header length;
  pqq_status over = PQQ_OK;

  options.max_request_body_bytes = limit;
  snprintf(digits, sizeof digits, "%llu", (unsigned long long)bytes);
  length = sim_field("content-length", digits);
  *exchange = (sim_exchange){.method = "POST",
                             .path = "/upload",
                             .upload_bytes = bytes,
                             .extra = &length,
                             .extra_count = (size_t)is_announced};
  sim_pair_open(pair, harness_seed(), &setup);
  pair->server.on_event = note_over;
  pair->server.user_data = &over;
  EXPECT_INT(sim_client_request(&pair->client, 0), PQQ_OK);
  sim_run_for(pair->net, 5 * SIM_SECOND);
  pair->server.user_data = NULL;
  return over;
}

TEST("content up to max_request_body_bytes is taken, announced or not") {
  for (int is_announced = 0; is_announced < 2; is_announced++) {
    sim_exchange exchange;
    sim_pair pair;

    EXPECT_INT(upload(100000, &exchange, 100000, is_announced, &pair), PQQ_OK);
    EXPECT_STR(exchange.echo, "100000 intact");
    EXPECT_UINT(sim_stats(pair.server.node.engine).bodies_too_large, 0);
    sim_pair_close(&pair);
  }
}

TEST("more that is announced is answered with 413 before any of it is taken") {
  static const uint64_t limits[] = {99999, PQQ_BODY_NONE};

  for (size_t i = 0; i < 2; i++) {
    sim_exchange exchange;
    sim_pair pair;

    EXPECT_INT(upload(limits[i], &exchange, 100000, 1, &pair), PQQ_OK);
    EXPECT_INT(exchange.http_status, 413);
    EXPECT_UINT(pair.server.requests, 0);
    EXPECT_UINT(sim_stats(pair.server.node.engine).bodies_too_large, 1);
    EXPECT_UINT(sim_stats(pair.server.node.engine).body_bytes_received, 0);
    sim_pair_close(&pair);
  }
}

TEST("content that turns out larger ends there, and the application answers") {
  sim_exchange exchange;
  sim_pair pair;

  EXPECT_INT(upload(99999, &exchange, 3000000, 0, &pair), PQQ_ERR_BODY_TOO_LARGE);
  EXPECT(pair.server.received_bytes <= 99999);
  EXPECT(exchange.is_stopped);
  EXPECT_UINT(exchange.wire_code, 0x100);
  EXPECT_UINT(sim_stats(pair.server.node.engine).bodies_too_large, 1);
  EXPECT_INT(exchange.http_status, 0);
  EXPECT_INT(pqq_engine_respond(pair.server.node.engine, pair.server.replies->stream, 413, NULL, 0,
                                NULL, PQQ_WRITE_END),
             PQQ_OK);
  pair.server.node.is_touched = 1;
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(exchange.http_status, 413);
  EXPECT_INT(exchange.status, PQQ_OK);
  sim_pair_close(&pair);
}
