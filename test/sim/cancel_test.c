/* SPDX-License-Identifier: MIT */
/* One end gives a request up (RFC 9114 section 4.1.1): RESET_STREAM and
 * STOP_SENDING in both directions and at every stage; the rest goes on. */
#include <stdio.h>

#include "harness.h"
#include "pair.h"
#include "pattern.h"

#define H3_NO_ERROR 0x100
#define H3_INTERNAL_ERROR 0x102
#define H3_REQUEST_REJECTED 0x10b
#define H3_REQUEST_CANCELLED 0x10c

/* Nothing of the exchange is left on either end, and the connection still works. */
static void expect_alive(sim_pair *pair, size_t last) {
  sim_run_for(pair->net, SIM_SECOND);
  EXPECT_UINT(sim_stats(pair->client.node.engine).requests_now, 0);
  EXPECT_UINT(sim_stats(pair->server.node.engine).requests_now, 0);
  EXPECT_INT(sim_client_request(&pair->client, last), PQQ_OK);
  sim_run_for(pair->net, SIM_SECOND);
  EXPECT_INT(pair->client.exchanges[last].http_status, 200);
  EXPECT(pair->client.exchanges[last].is_closed);
  EXPECT_INT(pair->client.exchanges[last].status, PQQ_OK);
  EXPECT(!pair->client.is_closed);
}

static void open_pair(sim_pair *pair, sim_exchange exchanges[2]) {
  sim_setup setup = {.exchanges = exchanges, .exchange_count = 2};

  exchanges[1] = (sim_exchange){.path = "/bytes/10"};
  sim_pair_open(pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(pair) && pair->client.is_connected);
}

TEST("a client that resets a download stops the server and ends with CANCELLED") {
  sim_exchange exchanges[2] = {{.path = "/bytes/100000000", .holds_credit = 1}};
  sim_pair pair;

  open_pair(&pair, exchanges);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT(exchanges[0].received_bytes > 0);
  EXPECT_INT(pqq_engine_reset(pair.client.node.engine, exchanges[0].stream, H3_REQUEST_CANCELLED),
             PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(exchanges[0].status, PQQ_ERR_CANCELLED);
  /* The request had ended, so the server sees STOP_SENDING alone. */
  EXPECT_UINT(pair.server.stops, 1);
  EXPECT_UINT(pair.server.wire_code, H3_REQUEST_CANCELLED);
  EXPECT_INT(pair.server.stream_status, PQQ_ERR_STREAM_RESET);
  expect_alive(&pair, 1);
  sim_pair_close(&pair);
}

TEST("a client that resets an upload reaches the server as RESET and STOPPED") {
  sim_exchange exchanges[2] = {{.method = "POST", .path = "/upload", .upload_bytes = 100000000}};
  sim_pair pair;

  open_pair(&pair, exchanges);
  pair.server.holds_credit = 1;
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT(pair.server.received_bytes > 0);
  EXPECT_INT(pqq_engine_reset(pair.client.node.engine, exchanges[0].stream, H3_REQUEST_CANCELLED),
             PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(exchanges[0].status, PQQ_ERR_CANCELLED);
  EXPECT_UINT(pair.server.resets, 1);
  EXPECT_UINT(pair.server.wire_code, H3_REQUEST_CANCELLED);
  expect_alive(&pair, 1);
  sim_pair_close(&pair);
}

/* Resets exchange 0 as soon as it has a stream, before a byte of it was sent. */
static void reset_when_opened(sim_client *client, const pqq_event *event) {
  if (event->type == PQQ_EVENT_OPENED && event->token == 1) {
    EXPECT_INT(pqq_engine_reset(client->node.engine, event->stream, H3_REQUEST_CANCELLED), PQQ_OK);
  }
}

TEST("a request that is cancelled before it is sent never reaches the application") {
  sim_exchange exchanges[2] = {{.path = "/bytes/10"}};
  sim_setup setup = {.exchanges = exchanges, .exchange_count = 2};
  sim_pair pair;

  exchanges[1] = (sim_exchange){.path = "/bytes/10"};
  sim_pair_open(&pair, harness_seed(), &setup);
  pair.client.on_event = reset_when_opened;
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT(exchanges[0].is_closed);
  EXPECT_INT(exchanges[0].status, PQQ_ERR_CANCELLED);
  EXPECT_UINT(pair.server.requests, 0);
  expect_alive(&pair, 1);
  sim_pair_close(&pair);
}

/* What the server does when exchange 0 comes. */
typedef enum { RESET_AT_ONCE, REJECT, RESET_LATE, STOP_READING, STOP_WITH_ERROR } server_action;

static int act(sim_server *server, sim_reply *reply, const pqq_event *event) {
  pqq_engine *engine = server->node.engine;

  (void)event;
  switch (*(const server_action *)server->user_data) {
  case RESET_AT_ONCE:
    EXPECT_INT(pqq_engine_reset(engine, reply->stream, H3_INTERNAL_ERROR), PQQ_OK);
    break;
  case REJECT:
    EXPECT_INT(pqq_engine_reset(engine, reply->stream, H3_REQUEST_REJECTED), PQQ_OK);
    break;
  case RESET_LATE:
    reply->total_bytes = 1000000;
    EXPECT_INT(pqq_engine_respond(engine, reply->stream, 200, NULL, 0, NULL, 0), PQQ_OK);
    sim_server_write(server, reply);
    break;
  case STOP_READING:
    EXPECT_INT(pqq_engine_stop_reading(engine, reply->stream, H3_NO_ERROR), PQQ_OK);
    sim_server_answer(server, reply);
    break;
  case STOP_WITH_ERROR:
    EXPECT_INT(pqq_engine_stop_reading(engine, reply->stream, H3_INTERNAL_ERROR), PQQ_OK);
    sim_server_answer(server, reply);
    break;
  }
  server->on_request = NULL;
  return 1;
}

static void run_action(server_action action, sim_exchange exchanges[2], sim_pair *pair) {
  open_pair(pair, exchanges);
  pair->server.on_request = act;
  pair->server.user_data = &action;
  EXPECT_INT(sim_client_request(&pair->client, 0), PQQ_OK);
  sim_run_for(pair->net, SIM_SECOND);
}

TEST("a server's reset reaches the client as RESET with its code") {
  sim_exchange exchanges[2] = {{.path = "/"}};
  sim_pair pair;

  run_action(RESET_AT_ONCE, exchanges, &pair);
  EXPECT(exchanges[0].is_reset);
  EXPECT_UINT(exchanges[0].wire_code, H3_INTERNAL_ERROR);
  EXPECT_INT(exchanges[0].status, PQQ_ERR_STREAM_RESET);
  EXPECT_UINT(exchanges[0].response_count, 0);
  expect_alive(&pair, 1);
  sim_pair_close(&pair);
}

TEST("a request that the server rejects may be sent again") {
  sim_exchange exchanges[2] = {{.path = "/"}};
  sim_pair pair;

  run_action(REJECT, exchanges, &pair);
  EXPECT_INT(exchanges[0].status, PQQ_ERR_STREAM_REFUSED);
  EXPECT(pqq_err_is_retryable(exchanges[0].status));
  expect_alive(&pair, 1);
  sim_pair_close(&pair);
}

TEST("a server's reset in the middle of a body ends it without is_end") {
  sim_exchange exchanges[2] = {{.path = "/", .holds_credit = 1}};
  sim_pair pair;

  run_action(RESET_LATE, exchanges, &pair);
  EXPECT(exchanges[0].received_bytes > 0);
  EXPECT_INT(
      pqq_engine_reset(pair.server.node.engine, pair.server.replies->stream, H3_INTERNAL_ERROR),
      PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT(!exchanges[0].is_ended);
  EXPECT(!exchanges[0].is_damaged);
  EXPECT_INT(exchanges[0].status, PQQ_ERR_STREAM_RESET);
  EXPECT_UINT(exchanges[0].wire_code, H3_INTERNAL_ERROR);
  expect_alive(&pair, 1);
  sim_pair_close(&pair);
}

TEST("a server that answers early and stops reading ends the upload, and its answer arrives") {
  sim_exchange exchanges[2] = {{.method = "POST", .path = "/", .upload_bytes = 50000000}};
  sim_pair pair;

  run_action(STOP_READING, exchanges, &pair);
  EXPECT(exchanges[0].is_stopped);
  EXPECT_UINT(exchanges[0].wire_code, H3_NO_ERROR);
  EXPECT_INT(exchanges[0].http_status, 200);
  EXPECT(exchanges[0].is_ended);
  EXPECT(exchanges[0].is_closed);
  /* H3_NO_ERROR is no failure (RFC 9114 section 4.1). */
  EXPECT_INT(exchanges[0].status, PQQ_OK);
  EXPECT(exchanges[0].written_bytes < 50000000);
  expect_alive(&pair, 1);
  sim_pair_close(&pair);
}

TEST("a complete response counts although the server stopped the request with an error") {
  sim_exchange exchanges[2] = {{.method = "POST", .path = "/", .upload_bytes = 50000000}};
  sim_pair pair;

  run_action(STOP_WITH_ERROR, exchanges, &pair);
  EXPECT(exchanges[0].is_stopped);
  EXPECT_UINT(exchanges[0].wire_code, H3_NO_ERROR);
  EXPECT(exchanges[0].is_ended);
  EXPECT(exchanges[0].is_closed);
  EXPECT_INT(exchanges[0].status, PQQ_OK);
  expect_alive(&pair, 1);
  sim_pair_close(&pair);
}

TEST("a client that stops reading lets its own half go on") {
  sim_exchange exchanges[2] = {{.method = "POST", .path = "/upload", .upload_bytes = 3000000}};
  sim_pair pair;

  open_pair(&pair, exchanges);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, SIM_DELAY_NS / 2);
  EXPECT_INT(
      pqq_engine_stop_reading(pair.client.node.engine, exchanges[0].stream, H3_REQUEST_CANCELLED),
      PQQ_OK);
  sim_run_for(pair.net, 5 * SIM_SECOND);
  EXPECT_UINT(pair.server.received_bytes, 3000000);
  EXPECT_UINT(pair.server.stops, 1);
  EXPECT_UINT(exchanges[0].response_count, 0);
  EXPECT(exchanges[0].is_closed);
  expect_alive(&pair, 1);
  sim_pair_close(&pair);
}

TEST("cancelling a connection's close and ids that are gone are not an error of the engine") {
  sim_exchange exchanges[2] = {{.path = "/hang"}};
  pqq_engine *engine;
  sim_pair pair;

  open_pair(&pair, exchanges);
  engine = pair.client.node.engine;
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(pqq_engine_reset(engine, exchanges[0].stream, UINT64_C(1) << 62), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(pqq_engine_reset(engine, exchanges[0].stream, H3_REQUEST_CANCELLED), PQQ_OK);
  EXPECT_INT(pqq_engine_reset(engine, exchanges[0].stream, H3_REQUEST_CANCELLED), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(pqq_engine_reset(engine, exchanges[0].stream, H3_REQUEST_CANCELLED),
             PQQ_ERR_NOT_FOUND);
  EXPECT_INT(pqq_engine_stop_reading(engine, exchanges[0].stream, 0), PQQ_ERR_NOT_FOUND);
  EXPECT_INT(pqq_engine_close(engine, pair.client.conn, H3_NO_ERROR), PQQ_OK);
  EXPECT_INT(pqq_engine_close(engine, pair.client.conn, H3_NO_ERROR), PQQ_ERR_NOT_FOUND);
  sim_pair_close(&pair);
}

/* Requests of random sizes, reset by either end at random moments: nothing may be left over. */
static void reset_something(sim_pair *pair, sim_random *random, size_t count) {
  size_t i = sim_random_below(random, count);
  sim_exchange *exchange = &pair->client.exchanges[i];

  if (exchange->is_opened && !exchange->is_closed && sim_random_below(random, 2)) {
    (void)pqq_engine_reset(pair->client.node.engine, exchange->stream, H3_REQUEST_CANCELLED);
  } else if (pair->server.replies && sim_random_below(random, 2)) {
    (void)pqq_engine_reset(pair->server.node.engine, pair->server.replies->stream,
                           H3_INTERNAL_ERROR);
  } else if (pair->server.replies) {
    (void)pqq_engine_stop_reading(pair->server.node.engine, pair->server.replies->stream,
                                  H3_NO_ERROR);
  }
}

TEST("resets at random moments leave nothing behind") {
  enum { COUNT = 300 };
  static sim_exchange exchanges[COUNT + 1];
  sim_random random = {harness_seed()};
  sim_setup setup = {.from_client = {.loss_ppm = 20000},
                     .from_server = {.loss_ppm = 20000},
                     .exchanges = exchanges,
                     .exchange_count = COUNT + 1};
  sim_pair pair;

  for (size_t i = 0; i < COUNT; i++) {
    uint64_t kind = sim_random_below(&random, 3);
    exchanges[i] =
        kind == 0   ? (sim_exchange){.path = "/bytes/300000"}
        : kind == 1 ? (sim_exchange){.path = "/hang"}
                    : (sim_exchange){.method = "POST", .path = "/upload", .upload_bytes = 200000};
  }
  exchanges[COUNT] = (sim_exchange){.path = "/bytes/10"};
  sim_pair_open(&pair, harness_seed(), &setup);
  for (size_t i = 0; i < COUNT; i++) {
    EXPECT_INT(sim_client_request(&pair.client, i), PQQ_OK);
    sim_run_for(pair.net, sim_random_below(&random, 20 * SIM_MS));
    reset_something(&pair, &random, i + 1);
  }
  for (size_t i = 0; i < COUNT; i++) {
    sim_run_for(pair.net, 20 * SIM_MS);
    if (exchanges[i].is_opened && !exchanges[i].is_closed) {
      (void)pqq_engine_reset(pair.client.node.engine, exchanges[i].stream, H3_REQUEST_CANCELLED);
    }
  }
  sim_run_for(pair.net, 20 * SIM_SECOND);
  for (size_t i = 0; i < COUNT; i++) {
    NOTE("request %zu", i);
    EXPECT(exchanges[i].is_closed || exchanges[i].is_open_failed);
    EXPECT(!exchanges[i].is_damaged);
  }
  expect_alive(&pair, COUNT);
  sim_pair_close(&pair);
}
