/* SPDX-License-Identifier: MIT */
/* Paths that change: ECN marks (RFC 9000 section 13.4), and what datagrams a path
 * takes (RFC 8899). Addresses that change are in migration_test.c. */
#include "core/limits.h"
#include "harness.h"
#include "pair.h"

static pqq_connection_info info_of(const sim_server *server) {
  pqq_connection_info info = {.struct_size = sizeof info};

  EXPECT_INT(pqq_engine_connection_info(server->node.engine, server->conn, &info), PQQ_OK);
  return info;
}

/* --- ECN -------------------------------------------------------------------------------------- */

enum { NOT_ECT = 0, ECT0 = 2, CE = 3 };

/* What a server's hook does with its marks, from this datagram on. */
typedef struct marker {
  uint64_t from;
  /* Every so many; 0: none. */
  uint64_t ce_every;
  int clears;
  uint64_t marked, capable_late;
} marker;

static int mark(sim_node *node, sim_datagram *datagram) {
  sim_server *server = (sim_server *)(void *)node;
  marker *m = server->user_data;

  if (datagram->ecn == ECT0 && datagram->number > 100) {
    m->capable_late++;
  }
  if (m->clears) {
    datagram->ecn = NOT_ECT;
  } else if (m->ce_every && datagram->number >= m->from && datagram->ecn == ECT0 &&
             datagram->number % m->ce_every == 0) {
    datagram->ecn = CE;
    m->marked++;
  }
  return 1;
}

/* A download of 2 MB through the marker; the server's congestion window after it. */
static uint64_t window_after(marker *m, pqq_stats *client) {
  sim_exchange exchange = {.path = "/bytes/2000000"};
  sim_setup setup = {.exchanges = &exchange, .exchange_count = 1};
  uint64_t window;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  pair.server.user_data = m;
  pair.server.node.on_send = mark;
  EXPECT(sim_pair_exchange(&pair));
  EXPECT_UINT(exchange.received_bytes, 2000000);
  window = info_of(&pair.server).congestion_window_bytes;
  *client = sim_stats(pair.client.node.engine);
  EXPECT(sim_stats(pair.server.node.engine).ecn_capable_sent > 0);
  sim_pair_close(&pair);
  return window;
}

TEST("a congestion mark makes the congestion window smaller, without a packet lost") {
  marker none = {0}, some = {.from = 150, .ce_every = 100};
  pqq_stats client;
  uint64_t open = window_after(&none, &client), marked;

  EXPECT_UINT(client.ecn_ce_received, 0);
  EXPECT(none.capable_late > 0);
  marked = window_after(&some, &client);
  EXPECT(some.marked > 0);
  EXPECT_UINT(client.ecn_ce_received, some.marked);
  EXPECT(some.capable_late > 0);
  NOTE("window %d, with marks %d", (int)open, (int)marked);
  EXPECT(marked < open * 3 / 4);
}

TEST("a path that clears the marks ends ECN, and nothing else") {
  marker clearing = {.clears = 1};
  pqq_stats client;

  (void)window_after(&clearing, &client);
  EXPECT_UINT(client.ecn_ce_received, 0);
  EXPECT_UINT(clearing.capable_late, 0);
}

/* --- Path MTU --------------------------------------------------------------------------------- */

TEST("path MTU discovery finds the largest of its sizes that the path takes") {
  static const struct {
    size_t path_bytes, most_bytes, found_bytes;
  } rows[] = {
      {1200, 1452, 1200}, {1231, 1452, 1200}, {1232, 1452, 1232}, {1300, 1452, 1232},
      {1400, 1452, 1342}, {1406, 1452, 1406}, {1452, 1452, 1452}, {1500, 1452, 1452},
      {9000, 1452, 1452}, {9000, 8952, 8952}, {1500, 8952, 1452}, {1472, 1472, 1472},
  };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    pqq_config_options options = sim_options();
    sim_exchange exchange = {.path = "/bytes/500000"};
    sim_setup setup = {.server_options = &options,
                       .exchanges = &exchange,
                       .exchange_count = 1,
                       .from_server = {.mtu_bytes = rows[i].path_bytes}};
    sim_pair pair;

    NOTE("a path of %zu, at most %zu", rows[i].path_bytes, rows[i].most_bytes);
    options.max_udp_payload_bytes = (uint32_t)rows[i].most_bytes;
    sim_pair_open(&pair, harness_seed(), &setup);
    EXPECT(sim_pair_settle(&pair));
    sim_run_for(pair.net, 20 * SIM_SECOND);
    EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
    pair.server.node.largest_sent_bytes = 0;
    EXPECT(sim_run(pair.net, sim_now(pair.net) + SIM_LONG, sim_client_is_done, &pair.client));
    EXPECT_UINT(exchange.received_bytes, 500000);
    EXPECT_UINT(pair.server.node.largest_sent_bytes, rows[i].found_bytes);
    EXPECT((sim_stats(pair.server.node.engine).mtu_raised > 0) == (rows[i].found_bytes > 1200));
    EXPECT_UINT(sim_stats(pair.server.node.engine).mtu_black_holes, 0);
    sim_pair_close(&pair);
  }
}

TEST("disable_pmtud keeps datagrams at 1,200 bytes") {
  pqq_config_options options = sim_options();
  sim_exchange exchange = {.path = "/bytes/500000"};
  sim_setup setup = {.server_options = &options, .exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;

  options.disable_pmtud = 1;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_exchange(&pair));
  EXPECT_UINT(pair.server.node.largest_sent_bytes, 1200);
  EXPECT_UINT(sim_stats(pair.server.node.engine).mtu_raised, 0);
  sim_pair_close(&pair);
}

static void shrink(void *arg) {
  sim_server *server = arg;

  server->node.out.mtu_bytes = 1300;
}

TEST("a transfer goes on when its path becomes a black hole for large datagrams") {
  pqq_config_options patient = sim_options();
  sim_exchange exchanges[3] = {
      {.path = "/bytes/3000000"}, {.path = "/bytes/1000000"}, {.path = "/bytes/1000000"}};
  sim_setup setup = {.server_options = &patient,
                     .client_options = &patient,
                     .exchanges = exchanges,
                     .exchange_count = 3,
                     .from_server = {.rate_bytes_per_s = 1000000}};
  pqq_time_ns hole_at;
  sim_pair pair;

  patient.idle_timeout_ms = 600000;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  hole_at = sim_now(pair.net) + 2 * SIM_SECOND;
  sim_at(pair.net, hole_at, shrink, &pair.server);
  sim_run_for(pair.net, 15 * SIM_SECOND);
  EXPECT(exchanges[0].is_ended);
  EXPECT_UINT(exchanges[0].received_bytes, 3000000);
  EXPECT_UINT(sim_stats(pair.server.node.engine).mtu_raised > 0, 1);
  EXPECT_UINT(sim_stats(pair.server.node.engine).mtu_black_holes, 1);

  /* When the hole is gone the larger size comes back by itself. */
  pair.server.node.out.mtu_bytes = 0;
  sim_run_for(pair.net, PQQ__BLACK_HOLE_FIRST_MS * SIM_MS);
  EXPECT(!pair.client.is_closed);
  EXPECT_INT(sim_client_request(&pair.client, 1), PQQ_OK);
  sim_run_for(pair.net, 5 * SIM_SECOND);
  EXPECT_UINT(exchanges[1].received_bytes, 1000000);
  pair.server.node.largest_sent_bytes = 0;
  EXPECT_INT(sim_client_request(&pair.client, 2), PQQ_OK);
  sim_run_for(pair.net, 5 * SIM_SECOND);
  EXPECT_UINT(pair.server.node.largest_sent_bytes, 1452);
  EXPECT_UINT(sim_stats(pair.server.node.engine).mtu_black_holes, 1);
  sim_pair_close(&pair);
}

/* --- Useless work ----------------------------------------------------------------------------- */

/* An upload on a path that reorders much: spurious retransmissions without end. */
static void spurious(sim_pair *pair, uint32_t max_glitches, sim_exchange *exchange) {
  pqq_config_options options = sim_options();
  sim_setup setup = {.server_options = &options,
                     .exchanges = exchange,
                     .exchange_count = 1,
                     .from_client = {.reorder_ppm = 200000, .reorder_ns = 40 * SIM_MS}};

  options.max_glitches = max_glitches;
  *exchange = (sim_exchange){.method = "POST", .path = "/upload", .upload_bytes = 6000000};
  sim_pair_open(pair, harness_seed(), &setup);
  EXPECT(sim_pair_exchange(pair));
}

TEST("a peer that sends again and again what is there already is stopped and counted") {
  sim_exchange exchange;
  sim_pair pair;

  spurious(&pair, 30, &exchange);
  EXPECT(pair.client.is_closed);
  EXPECT_UINT(pair.client.close.wire_code, 0x107); /* H3_EXCESSIVE_LOAD */
  EXPECT_UINT(sim_stats(pair.server.node.engine).glitch_closes, 1);
  sim_pair_close(&pair);
}

TEST("with the default an honest peer on a bad path is let alone") {
  sim_exchange exchange;
  sim_pair pair;

  spurious(&pair, 0, &exchange);
  EXPECT_INT(exchange.http_status, 200);
  EXPECT_UINT(sim_stats(pair.server.node.engine).glitch_closes, 0);
  sim_pair_close(&pair);
}
