/* SPDX-License-Identifier: MIT */
/* A server under attack, judged by counts: who gets in, who is asked or refused,
 * what is kept. */
#include <string.h>

#include "core/limits.h"
#include "harness.h"
#include "pair.h"

static const uint16_t x25519[] = {PQQ_GROUP_X25519};

/* One datagram holds the whole ClientHello. */
static pqq_config_options small(void) {
  pqq_config_options options = sim_options();

  options.groups = x25519;
  options.group_count = 1;
  options.disable_velocity = 1;
  return options;
}

/* An address that nobody has: replies to it are lost. */
static pqq_address forged_address(uint32_t number) {
  return (pqq_address){
      .family = 4,
      .port = (uint16_t)(1024 + number % 60000),
      .ip = {10, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number}};
}

/* Puts `count` Initials of forged addresses on their way, a millisecond for every 20. */
static void flood(sim *net, pqq_config *config, uint32_t count) {
  static uint8_t buffer[PQQ_MIN_SEND_BUFFER_BYTES];
  pqq_address to = sim_server_address();

  for (uint32_t i = 0; i < count; i++) {
    pqq_address from = forged_address(i);
    size_t len = sim_first_datagram(config, &to, buffer);

    sim_inject(net, &from, &to, buffer, len, (i / 20) * SIM_MS);
  }
}

TEST("a flood of forged Initials holds a quarter of the places, and neither an established "
     "connection nor newcomers with or without a token are harmed by it") {
  enum { FLOOD = 6000 };
  pqq_config_options options = small();
  sim_exchange exchanges[2] = {{.path = "/bytes/1000"}, {.path = "/bytes/2000000"}};
  sim_setup setup = {.server_options = &options,
                     .client_options = &options,
                     .exchanges = exchanges,
                     .exchange_count = 1};
  pqq_address to = sim_server_address(), stranger_address = sim_address4(30, 5000),
              friend_address = sim_address4(2, 5999); /* same address, other port */
  sim_client stranger = {0}, friend = {0};
  pqq_stats stats;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair));
  EXPECT(sim_pair_exchange(&pair));
  EXPECT_UINT(pair.client.new_tokens, 1);
  flood(pair.net, pair.client_config, FLOOD);
  sim_run_for(pair.net, 100 * SIM_MS); /* 2,000 are there */
  EXPECT_UINT(sim_stats(pair.server.node.engine).connections_now, PQQ__BUSY_HALF_OPEN + 1);

  /* The flood goes on, and these come in the middle of it: the established one with a new
   * request, one with a token from before, one from nowhere. */
  pair.client.exchange_count = 2;
  EXPECT_INT(sim_client_request(&pair.client, 1), PQQ_OK);
  friend.node.out.delay_ns = stranger.node.out.delay_ns = SIM_DELAY_NS;
  friend.address_token = (pqq_bytes){pair.client.new_token, pair.client.new_token_len};
  sim_client_start(&friend, pair.net, pair.client_config, &friend_address, &to);
  sim_client_start(&stranger, pair.net, pair.client_config, &stranger_address, &to);
  sim_run_for(pair.net, 3 * SIM_SECOND);

  EXPECT_INT(exchanges[1].status, PQQ_OK);
  EXPECT_UINT(exchanges[1].received_bytes, 2000000);
  EXPECT(friend.is_connected && stranger.is_connected);
  EXPECT_INT(friend.info.address_validation, PQQ_ADDRESS_BY_TOKEN);
  EXPECT_UINT(friend.info.handshake_round_trips, 1);
  EXPECT_INT(stranger.info.address_validation, PQQ_ADDRESS_BY_RETRY);
  stats = sim_stats(pair.server.node.engine);
  EXPECT_UINT(stats.connections_now, PQQ__BUSY_HALF_OPEN + 3);
  EXPECT_UINT(stats.connections_accepted, PQQ__BUSY_HALF_OPEN + 3);
  EXPECT_UINT(stats.retries_sent + stats.datagrams_dropped, FLOOD - PQQ__BUSY_HALF_OPEN + 1);
  EXPECT_UINT(stats.tokens_accepted, 2);
  EXPECT_UINT(stats.connections_refused_busy, 0);

  /* And is over when the handshakes have timed out. */
  sim_run_for(pair.net, 20 * SIM_SECOND);
  EXPECT_UINT(sim_stats(pair.server.node.engine).connections_now, 3);
  sim_client_stop(&friend);
  sim_client_stop(&stranger);
  sim_pair_close(&pair);
}

/* --- The CPU budget -------------------------------------------------------------------------- */

/* Every piece of work takes as long as the test says. */
static uint64_t cpu_now, cpu_step;

static uint64_t read_cpu(void *user_data) {
  (void)user_data;
  cpu_now += cpu_step;
  return cpu_now;
}

TEST("handshakes that have used up the second's CPU budget make newcomers prove their address, and "
     "above the hard limit they are refused, with the counts to show it") {
  pqq_config_options options = small();
  pqq_engine_options engine;
  sim_setup setup = {
      .server_options = &options, .client_options = &options, .server_engine = &engine};
  pqq_address to = sim_server_address();
  sim_client others[2] = {0};
  sim_pair pair;

  options.handshake_cpu_ms = 400;
  EXPECT_INT(pqq_engine_options_init(&engine, sizeof engine), PQQ_OK);
  engine.work_clock = read_cpu;
  cpu_step = 0;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair));
  EXPECT_UINT(sim_stats(pair.server.node.engine).retries_sent, 0);

  EXPECT_INT(pqq_engine_spend(pair.server.node.engine, 450 * SIM_MS, sim_now(pair.net)), PQQ_OK);
  for (uint8_t i = 0; i < 2; i++) {
    pqq_address from = sim_address4((uint8_t)(40 + i), 5000);

    others[i].node.out.delay_ns = SIM_DELAY_NS;
    sim_client_start(&others[i], pair.net, pair.client_config, &from, i == 0 ? &to : NULL);
  }
  sim_run_for(pair.net, 50 * SIM_MS);
  EXPECT(others[0].is_connected);
  EXPECT_INT(others[0].info.address_validation, PQQ_ADDRESS_BY_RETRY);
  EXPECT_UINT(sim_stats(pair.server.node.engine).retries_sent, 1);

  cpu_step = 600 * SIM_MS;
  EXPECT_INT(pqq_engine_spend(pair.server.node.engine, 450 * SIM_MS, sim_now(pair.net)), PQQ_OK);
  sim_client_connect(&others[1], &to, SIM_SERVER_NAME);
  sim_run_for(pair.net, 50 * SIM_MS);
  EXPECT(others[1].is_closed);
  EXPECT_INT(others[1].close.status, PQQ_ERR_CONNECTION_REFUSED);
  EXPECT_UINT(sim_stats(pair.server.node.engine).connections_refused_busy, 1);

  /* A second later the budget is full. */
  sim_run_for(pair.net, 3 * SIM_SECOND);
  others[1].is_closed = 0;
  cpu_step = 0;
  sim_client_connect(&others[1], &to, SIM_SERVER_NAME);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT(others[1].is_connected);
  EXPECT_INT(others[1].info.address_validation, PQQ_ADDRESS_BY_HANDSHAKE);
  sim_client_stop(&others[0]);
  sim_client_stop(&others[1]);
  sim_pair_close(&pair);
}

TEST("the datagrams of a handshake are measured, those of an open connection are not") {
  pqq_config_options options = small();
  pqq_engine_options engine;
  sim_exchange exchange = {.path = "/bytes/300000"};
  sim_setup setup = {.server_options = &options,
                     .client_options = &options,
                     .server_engine = &engine,
                     .exchanges = &exchange,
                     .exchange_count = 1};
  uint64_t after_handshake;
  sim_pair pair;

  EXPECT_INT(pqq_engine_options_init(&engine, sizeof engine), PQQ_OK);
  engine.work_clock = read_cpu;
  cpu_now = 0;
  cpu_step = 1;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair));
  sim_run_for(pair.net, SIM_SECOND);
  after_handshake = cpu_now;
  EXPECT(after_handshake >= 4); /* twice for the ClientHello and for the client's Finished */
  EXPECT(sim_pair_exchange(&pair));
  EXPECT_UINT(cpu_now, after_handshake);
  sim_pair_close(&pair);
}

/* --- Rates ----------------------------------------------------------------------------------- */

TEST(
    "connections_per_address: more than the burst of one address get a Retry, then the proven ones "
    "are refused; others are not touched") {
  pqq_config_options options = small();
  sim_setup setup = {.server_options = &options, .client_options = &options};
  enum { CLIENTS = 2 * PQQ__RATE_MIN_BURST };
  static sim_client clients[CLIENTS];
  pqq_address to = sim_server_address(),
              other_address = {.family = 4, .port = 5000, .ip = {198, 51, 100, 1}};
  sim_client other = {0};
  uint32_t connected = 0, by_retry = 0;
  sim_pair pair;

  memset(clients, 0, sizeof clients);
  options.connections_per_address = 1;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair)); /* this one counts */
  for (uint16_t i = 0; i < CLIENTS; i++) {
    pqq_address from = sim_address4(2, (uint16_t)(6000 + i));

    clients[i].node.out.delay_ns = SIM_DELAY_NS;
    sim_client_start(&clients[i], pair.net, pair.client_config, &from, &to);
  }
  sim_run_for(pair.net, 500 * SIM_MS);
  for (size_t i = 0; i < CLIENTS; i++) {
    connected += clients[i].is_connected != 0;
    by_retry +=
        clients[i].is_connected && clients[i].info.address_validation == PQQ_ADDRESS_BY_RETRY;
    EXPECT(clients[i].is_connected || clients[i].close.status == PQQ_ERR_CONNECTION_REFUSED);
  }
  EXPECT_UINT(connected, CLIENTS - 1);
  EXPECT_UINT(by_retry, PQQ__RATE_MIN_BURST);
  EXPECT_UINT(sim_stats(pair.server.node.engine).connections_refused_rate, 1);
  other.node.out.delay_ns = SIM_DELAY_NS;
  sim_client_start(&other, pair.net, pair.client_config, &other_address, &to);
  sim_run_for(pair.net, 500 * SIM_MS);
  EXPECT(other.is_connected);
  EXPECT_INT(other.info.address_validation, PQQ_ADDRESS_BY_HANDSHAKE);
  sim_client_stop(&other);
  for (size_t i = 0; i < CLIENTS; i++) {
    sim_client_stop(&clients[i]);
  }
  sim_pair_close(&pair);
}

/* --- Block list ------------------------------------------------------------------------------ */

TEST("nothing from a blocked prefix is taken in, also of an established connection, until the time "
     "is over") {
  sim_exchange exchanges[2] = {{.path = "/bytes/1000"}, {.path = "/bytes/1000"}};
  sim_setup setup = {.exchanges = exchanges, .exchange_count = 1};
  pqq_block blocks[2];
  pqq_prefix prefix;
  uint64_t dropped;
  size_t count;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair));
  EXPECT(sim_pair_exchange(&pair));
  EXPECT_INT(pqq_prefix_parse("192.0.2.0/30", &prefix), PQQ_OK);
  EXPECT_INT(pqq_engine_block(pair.server.node.engine, &prefix, sim_now(pair.net) + 5 * SIM_SECOND,
                              sim_now(pair.net)),
             PQQ_OK);
  EXPECT_INT(pqq_engine_blocked(pair.server.node.engine, sim_now(pair.net), blocks, 2, &count),
             PQQ_OK);
  EXPECT_UINT(count, 1);
  EXPECT_UINT(blocks[0].prefix.bits, 30);
  pair.client.exchange_count = 2;
  EXPECT_INT(sim_client_request(&pair.client, 1), PQQ_OK);
  sim_run_for(pair.net, 2 * SIM_SECOND);
  EXPECT(!exchanges[1].is_closed);
  dropped = sim_stats(pair.server.node.engine).datagrams_blocked;
  EXPECT(dropped > 0);
  sim_run_for(pair.net, 20 * SIM_SECOND);
  EXPECT_INT(exchanges[1].status, PQQ_OK);
  EXPECT_UINT(exchanges[1].received_bytes, 1000);
  EXPECT_INT(pqq_engine_unblock(pair.server.node.engine, &prefix), PQQ_ERR_NOT_FOUND);
  EXPECT_INT(pqq_engine_blocked(pair.server.node.engine, sim_now(pair.net), NULL, 0, &count),
             PQQ_OK);
  EXPECT_UINT(count, 0);
  sim_pair_close(&pair);
}

TEST("prefixes are read strictly, and what is wrong with one is said") {
  static const char *const wrong[] = {
      "",          "192.0.2.0/",   "192.0.2.0/33",   "192.0.2.0/024",
      "192.0.2/8", "192.0.2.0/-1", "2001:db8::/129", "host.test",
      "::/0 ",     "192.0.2.0/8x", "192.0.2.0/24/8"};
  pqq_prefix prefix;

  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    NOTE("\"%s\"", wrong[i]);
    EXPECT_INT(pqq_prefix_parse(wrong[i], &prefix), PQQ_ERR_INVALID_ARG);
    EXPECT(strstr(pqq_error_detail(), "neither an IP address nor a prefix") != NULL);
  }
  EXPECT_INT(pqq_prefix_parse("192.0.2.1/24", &prefix), PQQ_ERR_INVALID_ARG);
  EXPECT(strstr(pqq_error_detail(), "below its prefix length") != NULL);
  EXPECT_INT(pqq_prefix_parse("192.0.2.1", &prefix), PQQ_OK);
  EXPECT_UINT(prefix.bits, 32);
  EXPECT_INT(pqq_prefix_parse("2001:db8::/32", &prefix), PQQ_OK);
  EXPECT_UINT(prefix.bits, 32);
  EXPECT_UINT(prefix.address.family, 6);
  EXPECT_INT(pqq_prefix_parse("::ffff:192.0.2.0/120", &prefix), PQQ_OK);
  EXPECT_UINT(prefix.bits, 24);
  EXPECT_UINT(prefix.address.family, 4);
  EXPECT_INT(pqq_prefix_parse(NULL, &prefix), PQQ_ERR_NULL_ARG);
}
