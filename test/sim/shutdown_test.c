/* SPDX-License-Identifier: MIT */
/* The orderly ends of a connection: GOAWAY (RFC 9114 section 5.2), a close from
 * either end, and engines that are freed in the middle of everything. */
#include <stdio.h>

#include "harness.h"
#include "pair.h"

#define H3_NO_ERROR 0x100
#define H3_INTERNAL_ERROR 0x102

static void expect_orderly(const sim_pair *pair) {
  EXPECT(pair->client.is_closed);
  EXPECT_INT(pair->client.close.status, PQQ_OK);
  EXPECT_INT(pair->client.close.is_application, 1);
  EXPECT_UINT(pair->client.close.wire_code, H3_NO_ERROR);
  EXPECT_INT(pair->client.close.tls_alert, -1);
  EXPECT_UINT(pair->server.closed, 1);
  EXPECT_INT(pair->server.close.status, PQQ_OK);
  EXPECT(pqq_engine_is_idle(pair->client.node.engine));
  EXPECT(pqq_engine_is_idle(pair->server.node.engine));
}

TEST("a server's shutdown lets requests in flight finish, refuses new ones, and ends with OK") {
  sim_exchange exchanges[3] = {
      {.path = "/bytes/30000000"}, {.path = "/hang"}, {.path = "/bytes/10"}};
  sim_setup setup = {
      .from_server = {.rate_bytes_per_s = 10000000}, .exchanges = exchanges, .exchange_count = 3};
  const sim_reply *hanging;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  EXPECT_INT(sim_client_request(&pair.client, 1), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_UINT(pair.server.requests, 2);
  EXPECT_INT(pqq_engine_shutdown(pair.server.node.engine), PQQ_OK);
  EXPECT_INT(pqq_engine_shutdown(pair.server.node.engine), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT(pair.client.is_going_away);
  EXPECT_INT(sim_client_request(&pair.client, 2), PQQ_ERR_GOING_AWAY);
  EXPECT(!pqq_engine_is_idle(pair.server.node.engine));
  sim_run_for(pair.net, 10 * SIM_SECOND);
  EXPECT_INT(exchanges[0].status, PQQ_OK);
  EXPECT_UINT(exchanges[0].received_bytes, 30000000);
  EXPECT(!pair.client.is_closed);

  hanging = pair.server.replies;
  EXPECT(hanging != NULL && hanging->next == NULL);
  sim_server_answer(&pair.server, hanging);
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_INT(exchanges[1].http_status, 200);
  EXPECT_INT(exchanges[1].status, PQQ_OK);
  expect_orderly(&pair);
  EXPECT_INT(pair.client.close.is_remote, 1);
  sim_pair_close(&pair);
}

TEST("a request that crosses the first GOAWAY on its way is still answered") {
  sim_exchange exchanges[1] = {{.path = "/bytes/1000"}};
  sim_setup setup = {.exchanges = exchanges, .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(pqq_engine_shutdown(pair.server.node.engine), PQQ_OK);
  sim_run_for(pair.net, SIM_DELAY_NS / 2);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_INT(exchanges[0].status, PQQ_OK);
  EXPECT_UINT(exchanges[0].received_bytes, 1000);
  expect_orderly(&pair);
  sim_pair_close(&pair);
}

TEST("a request that comes after the last GOAWAY is refused, and may be sent elsewhere") {
  sim_exchange exchanges[2] = {{.path = "/hang"}, {.path = "/bytes/1000"}};
  sim_setup setup = {.exchanges = exchanges, .exchange_count = 2};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  /* The client hears of nothing for two seconds. */
  pair.server.node.out.delay_ns = 2 * SIM_SECOND;
  EXPECT_INT(pqq_engine_shutdown(pair.server.node.engine), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(sim_client_request(&pair.client, 1), PQQ_OK);
  sim_run_for(pair.net, 5 * SIM_SECOND);
  EXPECT(exchanges[1].is_closed);
  EXPECT_INT(exchanges[1].status, PQQ_ERR_STREAM_REFUSED);
  EXPECT_UINT(pair.server.requests, 1);
  sim_server_answer(&pair.server, pair.server.replies);
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_INT(exchanges[0].status, PQQ_OK);
  expect_orderly(&pair);
  sim_pair_close(&pair);
}

TEST("requests that wait for a stream fail with GOING_AWAY when the server shuts down") {
  pqq_config_options options = sim_options();
  sim_exchange exchanges[5];
  sim_setup setup = {.server_options = &options, .exchanges = exchanges, .exchange_count = 5};
  sim_pair pair;

  options.max_concurrent_requests = 2;
  for (size_t i = 0; i < 5; i++) {
    exchanges[i] = (sim_exchange){.path = "/hang"};
  }
  sim_pair_open(&pair, harness_seed(), &setup);
  for (size_t i = 0; i < 5; i++) {
    EXPECT_INT(sim_client_request(&pair.client, i), PQQ_OK);
  }
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_UINT(pair.client.opened, 2);
  EXPECT_INT(pqq_engine_shutdown(pair.server.node.engine), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_UINT(pair.client.failed, 3);
  for (size_t i = 2; i < 5; i++) {
    EXPECT_INT(exchanges[i].status, PQQ_ERR_GOING_AWAY);
  }
  for (sim_reply *reply = pair.server.replies; reply; reply = reply->next) {
    sim_server_answer(&pair.server, reply);
  }
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_INT(exchanges[0].status, PQQ_OK);
  EXPECT_INT(exchanges[1].status, PQQ_OK);
  expect_orderly(&pair);
  sim_pair_close(&pair);
}

TEST("an idle connection ends soon after a server's shutdown") {
  pqq_time_ns began;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), NULL);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  sim_run_for(pair.net, SIM_SECOND);
  began = sim_now(pair.net);
  EXPECT_INT(pqq_engine_shutdown(pair.server.node.engine), PQQ_OK);
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT(sim_now(pair.net) - began < SIM_SECOND);
  expect_orderly(&pair);
  sim_pair_close(&pair);
}

TEST("a shutdown during the handshake ends the connection") {
  for (pqq_time_ns at = 0; at < 6 * SIM_DELAY_NS; at += SIM_DELAY_NS / 2) {
    sim_pair pair;

    NOTE("%llu ms", (unsigned long long)(at / SIM_MS));
    sim_pair_open(&pair, harness_seed(), NULL);
    sim_run_for(pair.net, at);
    EXPECT_INT(pqq_engine_shutdown(pair.server.node.engine), PQQ_OK);
    EXPECT(sim_pair_wait_closed(&pair));
    sim_run_for(pair.net, SIM_LONG);
    EXPECT(pqq_engine_is_idle(pair.server.node.engine));
    sim_pair_close(&pair);
  }
}

TEST("a server that shuts down takes no new connections") {
  pqq_stats stats;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), NULL);
  EXPECT_INT(pqq_engine_shutdown(pair.server.node.engine), PQQ_OK);
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_INT(pair.client.close.status, PQQ_ERR_CONNECTION_REFUSED);
  stats = sim_stats(pair.server.node.engine);
  EXPECT_UINT(stats.connections_accepted, 0);
  EXPECT(stats.datagrams_refused > 0);
  sim_pair_close(&pair);
}

TEST("a client's shutdown finishes its requests, then closes with OK") {
  sim_exchange exchanges[2] = {{.path = "/bytes/5000000"}, {.path = "/bytes/1"}};
  sim_setup setup = {.exchanges = exchanges, .exchange_count = 2};
  pqq_connect_options again = {
      .struct_size = sizeof again, .remote = sim_server_address(), .server_name = SIM_SERVER_NAME};
  sim_pair pair;
  pqq_id conn;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, 7 * SIM_DELAY_NS);
  EXPECT(!exchanges[0].is_ended);
  EXPECT_INT(pqq_engine_shutdown(pair.client.node.engine), PQQ_OK);
  EXPECT_INT(sim_client_request(&pair.client, 1), PQQ_ERR_GOING_AWAY);
  EXPECT_INT(pqq_engine_connect(pair.client.node.engine, &again, sim_now(pair.net), &conn),
             PQQ_ERR_GOING_AWAY);
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_UINT(exchanges[0].received_bytes, 5000000);
  EXPECT_INT(exchanges[0].status, PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  expect_orderly(&pair);
  EXPECT_INT(pair.client.close.is_remote, 0);
  EXPECT_INT(pair.server.close.is_remote, 1);
  sim_pair_close(&pair);
}

TEST("a close at once ends requests with CONNECTION_CLOSED on both ends") {
  sim_exchange exchange = {.path = "/hang"};
  sim_setup setup = {.exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(pqq_engine_close_all(pair.server.node.engine), PQQ_OK);
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_INT(exchange.status, PQQ_ERR_CONNECTION_CLOSED);
  EXPECT_INT(pair.server.stream_status, PQQ_ERR_CONNECTION_CLOSED);
  expect_orderly(&pair);
  sim_pair_close(&pair);
}

TEST("a close with an error code is a failure on both ends, with the code") {
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), NULL);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  EXPECT_INT(pqq_engine_close(pair.client.node.engine, pair.client.conn, H3_INTERNAL_ERROR),
             PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(pair.client.close.status, PQQ_ERR_CANCELLED);
  EXPECT_INT(pair.server.close.status, PQQ_ERR_HTTP_PROTOCOL);
  EXPECT_UINT(pair.server.close.wire_code, H3_INTERNAL_ERROR);
  EXPECT_INT(pair.server.close.is_remote, 1);
  sim_pair_close(&pair);
}

TEST("a lost CONNECTION_CLOSE is sent again when the peer goes on, ever more seldom") {
  sim_exchange exchange = {.path = "/bytes/50000000"};
  sim_setup setup = {.exchanges = &exchange, .exchange_count = 1};
  sim_pipe open;
  sim_pair pair;
  uint64_t sent;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, 20 * SIM_DELAY_NS);
  open = pair.client.node.out;
  pair.client.node.out.loss_ppm = 1000000;
  EXPECT_INT(pqq_engine_close(pair.client.node.engine, pair.client.conn, H3_NO_ERROR), PQQ_OK);
  sim_run_for(pair.net, 1);
  sent = pair.client.node.sent;
  pair.client.node.out = open;
  EXPECT(sim_run(pair.net, sim_now(pair.net) + 20 * SIM_SECOND, NULL, NULL) == 0);
  EXPECT_UINT(pair.server.closed, 1);
  EXPECT_INT(pair.server.close.is_remote, 1);
  /* Hundreds of datagrams were on their way; the answers are as many as powers of two in that. */
  EXPECT(pair.client.node.sent - sent >= 1);
  EXPECT(pair.client.node.sent - sent <= 12);
  sim_pair_close(&pair);
}

TEST("a closed connection is forgotten after three PTOs, and its id finds nothing") {
  pqq_connection_info info = {.struct_size = sizeof info};
  pqq_stats stats;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), NULL);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  EXPECT_INT(pqq_engine_close(pair.client.node.engine, pair.client.conn, H3_NO_ERROR), PQQ_OK);
  sim_run_for(pair.net, 5 * SIM_SECOND);
  EXPECT_INT(pqq_engine_connection_info(pair.client.node.engine, pair.client.conn, &info),
             PQQ_ERR_NOT_FOUND);
  stats = sim_stats(pair.client.node.engine);
  EXPECT_UINT(stats.connections_now, 0);
  stats = sim_stats(pair.server.node.engine);
  EXPECT_UINT(stats.connections_now, 0);
  EXPECT(pqq_engine_deadline(pair.client.node.engine) == PQQ_TIME_NEVER);
  EXPECT(pqq_engine_deadline(pair.server.node.engine) == PQQ_TIME_NEVER);
  sim_pair_close(&pair);
}

TEST("engines are freed at any moment with connections, streams and events in them") {
  for (unsigned ms = 0; ms < 120; ms += 3) {
    sim_exchange exchanges[6] = {{.path = "/bytes/1000000"},
                                 {.path = "/hang"},
                                 {.method = "POST", .path = "/upload", .upload_bytes = 500000},
                                 {.path = "/trailers", .sends_trailers = 1},
                                 {.path = "/bytes/1000000", .holds_credit = 1},
                                 {.path = "/interim"}};
    sim_setup setup = {.identity = (sim_identity)(ms % SIM_IDENTITIES),
                       .exchanges = exchanges,
                       .exchange_count = 6};
    sim_pair pair;

    sim_pair_open(&pair, harness_seed(), &setup);
    for (size_t i = 0; i < 6; i++) {
      EXPECT_INT(sim_client_request(&pair.client, i), PQQ_OK);
    }
    sim_run_for(pair.net, ms * SIM_MS);
    pair.client.node.is_paused = ms % 2;
    pair.server.node.is_paused = ms % 4 > 1;
    sim_run_for(pair.net, 15 * SIM_MS);
    sim_pair_close(&pair);
  }
}
