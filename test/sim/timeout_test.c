/* SPDX-License-Identifier: MIT */
/* Connections that end because nobody answers: unreachable, handshake timeout,
 * idle timeout (RFC 9000 section 10.1), and the PINGs that prevent it. */
#include <stdio.h>

#include "harness.h"
#include "pair.h"

TEST("a server that never answers is UNREACHABLE after the handshake timeout") {
  pqq_config_options options = sim_options();
  sim_exchange exchange = {.path = "/bytes/1"};
  sim_setup setup = {.client_options = &options,
                     .from_client = {.loss_ppm = 1000000},
                     .exchanges = &exchange,
                     .exchange_count = 1};
  pqq_time_ns began;
  sim_pair pair;

  options.handshake_timeout_ms = 3000;
  sim_pair_open(&pair, harness_seed(), &setup);
  began = sim_now(pair.net);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_INT(pair.client.close.status, PQQ_ERR_UNREACHABLE);
  EXPECT(pair.client.close.reason.len > 0);
  EXPECT_UINT(sim_now(pair.net) - began, 3 * SIM_SECOND);
  EXPECT(exchange.is_open_failed);
  EXPECT_INT(exchange.status, PQQ_ERR_UNREACHABLE);
  EXPECT_UINT(sim_stats(pair.client.node.engine).connections_now, 0);
  EXPECT_UINT(sim_stats(pair.client.node.engine).handshakes_failed, 1);
  sim_pair_close(&pair);
}

TEST("a connection that is being made can be given up by its token, and the server forgets it") {
  sim_setup setup = {.identity = SIM_MLDSA65};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT_INT(pqq_engine_abandon(pair.client.node.engine, 1), PQQ_ERR_NOT_FOUND);
  sim_run_for(pair.net, SIM_DELAY_NS + SIM_DELAY_NS / 2);
  EXPECT_INT(pqq_engine_abandon(pair.client.node.engine, 0), PQQ_OK);
  EXPECT(sim_pair_wait_closed(&pair));
  sim_run_for(pair.net, 2 * SIM_DELAY_NS);
  EXPECT(pqq_engine_is_idle(pair.server.node.engine));
  /* The draining period is three PTOs of a path that nobody has measured. */
  sim_run_for(pair.net, 10 * SIM_SECOND);
  EXPECT(!pair.client.is_connected);
  EXPECT_INT(pair.client.close.is_remote, 0);
  EXPECT_INT(pqq_engine_abandon(pair.client.node.engine, 0), PQQ_ERR_NOT_FOUND);
  EXPECT_UINT(sim_stats(pair.server.node.engine).connections_now, 0);
  EXPECT_UINT(sim_stats(pair.server.node.engine).handshakes_completed, 0);
  sim_pair_close(&pair);
}

TEST("an idle timeout shorter than the handshake timeout says UNREACHABLE too") {
  pqq_config_options options = sim_options();
  sim_setup setup = {.client_options = &options, .from_client = {.loss_ppm = 1000000}};
  sim_pair pair;

  options.idle_timeout_ms = 1000;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_INT(pair.client.close.status, PQQ_ERR_UNREACHABLE);
  sim_pair_close(&pair);
}

static int pass_first(sim_node *node, sim_datagram *datagram) {
  (void)node;
  return datagram->number < 1;
}

TEST("a handshake that stops half-way is a HANDSHAKE_TIMEOUT, and the server forgets it") {
  sim_setup setup = {.identity = SIM_MLDSA65};
  pqq_time_ns began;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  pair.server.node.on_send = pass_first;
  began = sim_now(pair.net);
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_INT(pair.client.close.status, PQQ_ERR_HANDSHAKE_TIMEOUT);
  EXPECT(sim_now(pair.net) - began <= 10 * SIM_SECOND);
  sim_run_for(pair.net, 60 * SIM_SECOND);
  EXPECT_UINT(sim_stats(pair.server.node.engine).connections_now, 0);
  EXPECT_UINT(sim_stats(pair.server.node.engine).handshakes_failed, 1);
  EXPECT_UINT(sim_stats(pair.server.node.engine).handshakes_completed, 0);
  /* A server is not told of what anybody can cause. */
  EXPECT_UINT(pair.server.closed, 0);
  sim_pair_close(&pair);
}

TEST("a connection without traffic ends with IDLE_TIMEOUT on both ends, without a packet") {
  pqq_config_options options = sim_options();
  sim_exchange exchange = {.path = "/hang"};
  sim_setup setup = {.client_options = &options, .exchanges = &exchange, .exchange_count = 1};
  pqq_time_ns last;
  uint64_t sent;
  sim_pair pair;

  options.idle_timeout_ms = 5000;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  /* A client that waits for an answer has asked for the last time by then (PQQ__QUIET_PINGS). */
  sim_run_for(pair.net, 5 * SIM_SECOND);
  sent = pair.client.node.sent;
  last = sim_now(pair.net);
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_INT(pair.client.close.status, PQQ_ERR_IDLE_TIMEOUT);
  EXPECT(pqq_err_is_retryable(pair.client.close.status));
  EXPECT(sim_now(pair.net) - last <= 5 * SIM_SECOND);
  EXPECT(sim_now(pair.net) - last >= 3 * SIM_SECOND);
  EXPECT_INT(exchange.status, PQQ_ERR_IDLE_TIMEOUT);
  /* The smaller of the two timeouts holds for both (RFC 9000 section 10.1). */
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_UINT(pair.server.closed, 1);
  EXPECT_INT(pair.server.close.status, PQQ_ERR_IDLE_TIMEOUT);
  EXPECT_UINT(pair.client.node.sent, sent);
  sim_pair_close(&pair);
}

TEST("keep-alive holds an idle connection open") {
  pqq_config_options options = sim_options();
  sim_exchange exchange = {.path = "/bytes/1"};
  sim_setup setup = {.client_options = &options, .exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;

  options.idle_timeout_ms = 5000;
  options.keep_alive_ms = 2000;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  sim_run_for(pair.net, 600 * SIM_SECOND);
  EXPECT(!pair.client.is_closed);
  EXPECT_UINT(pair.server.closed, 0);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(exchange.status, PQQ_OK);
  EXPECT(exchange.is_closed);
  sim_pair_close(&pair);
}

TEST("a link that goes silent during a download ends it with IDLE_TIMEOUT") {
  sim_exchange exchange = {.path = "/bytes/100000000"};
  sim_setup setup = {
      .from_server = {.rate_bytes_per_s = 1000000}, .exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, 3 * SIM_SECOND);
  EXPECT(exchange.received_bytes > 0);
  pair.server.node.out.loss_ppm = pair.client.node.out.loss_ppm = 1000000;
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_INT(pair.client.close.status, PQQ_ERR_IDLE_TIMEOUT);
  EXPECT_INT(exchange.status, PQQ_ERR_IDLE_TIMEOUT);
  EXPECT(!exchange.is_ended);
  sim_run_for(pair.net, SIM_LONG);
  EXPECT_UINT(pair.server.closed, 1);
  EXPECT_UINT(sim_stats(pair.server.node.engine).connections_now, 0);
  EXPECT_UINT(sim_stats(pair.server.node.engine).requests_now, 0);
  sim_pair_close(&pair);
}

TEST("a link that comes back within the idle timeout costs nothing but time") {
  sim_exchange exchange = {.path = "/bytes/3000000"};
  sim_setup setup = {
      .from_server = {.rate_bytes_per_s = 1000000}, .exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  pair.server.node.out.loss_ppm = pair.client.node.out.loss_ppm = 1000000;
  sim_run_for(pair.net, 10 * SIM_SECOND);
  pair.server.node.out.loss_ppm = pair.client.node.out.loss_ppm = 0;
  EXPECT(sim_run(pair.net, sim_now(pair.net) + SIM_LONG, sim_client_is_done, &pair.client));
  EXPECT_INT(exchange.status, PQQ_OK);
  EXPECT_UINT(exchange.received_bytes, 3000000);
  EXPECT(!exchange.is_damaged);
  sim_pair_close(&pair);
}

TEST("a client that moves to another port during a download goes on (RFC 9000 section 9)") {
  sim_exchange exchange = {.path = "/bytes/8000000"};
  sim_setup setup = {
      .from_server = {.rate_bytes_per_s = 2000000}, .exchanges = &exchange, .exchange_count = 1};
  pqq_connection_info info = {.struct_size = sizeof info};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  for (uint16_t port = 6000; port < 6003; port++) {
    sim_run_for(pair.net, SIM_SECOND);
    sim_rebind(&pair.client.node, port);
  }
  EXPECT(sim_run(pair.net, sim_now(pair.net) + SIM_LONG, sim_client_is_done, &pair.client));
  EXPECT_INT(exchange.status, PQQ_OK);
  EXPECT_UINT(exchange.received_bytes, 8000000);
  EXPECT(!exchange.is_damaged);
  EXPECT_INT(pqq_engine_connection_info(pair.server.node.engine, pair.server.conn, &info), PQQ_OK);
  EXPECT_UINT(info.remote.port, 6002);
  sim_pair_close(&pair);
}
