/* SPDX-License-Identifier: MIT */
/* Limits of a server on the requests of one connection. */
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
