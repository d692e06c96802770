/* SPDX-License-Identifier: MIT */
/* Address validation (RFC 9000 section 8.1): Retry packets and tokens of
 * NEW_TOKEN frames, on links that lose and mix, and between workers. */
#include <string.h>

#include "core/limits.h"
#include "harness.h"
#include "pair.h"

static pqq_config_options plain_h3(int32_t retry) {
  pqq_config_options options = sim_options();

  options.disable_velocity = 1;
  options.retry = retry;
  return options;
}

static void expect_served(sim_pair *pair) {
  EXPECT(sim_pair_settle(pair));
  EXPECT_STR(pair->client.close_reason, "");
  EXPECT(pair->client.is_connected);
  EXPECT(sim_pair_exchange(pair));
  EXPECT_UINT(pair->client.exchanges[0].received_bytes, 1000);
}

/* The client of `pair` again, as one that has never been there or has a token. */
static void come_again(sim_pair *pair, pqq_bytes token) {
  pqq_address to = sim_server_address();

  EXPECT_INT(pqq_engine_close(pair->client.node.engine, pair->client.conn, 0x100), PQQ_OK);
  EXPECT(sim_pair_wait_closed(pair));
  sim_run_for(pair->net, SIM_SECOND);
  pair->client.is_connected = pair->client.is_closed = 0;
  pair->client.address_token = token;
  sim_client_connect(&pair->client, &to, SIM_SERVER_NAME);
  EXPECT(sim_pair_settle(pair));
  sim_run_for(pair->net, SIM_SECOND);
}

TEST("with retry: always the client is asked for its address, at the cost of one round trip, and "
     "nothing is kept until it answers") {
  pqq_config_options options = plain_h3(PQQ_RETRY_ALWAYS);
  sim_exchange exchange = {.path = "/bytes/1000"};
  sim_setup setup = {.server_options = &options,
                     .client_options = &options,
                     .exchanges = &exchange,
                     .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  /* Both datagrams of the ClientHello are there, and answered. */
  sim_run_for(pair.net, SIM_DELAY_NS + SIM_MS);
  EXPECT_UINT(sim_stats(pair.server.node.engine).connections_now, 0);
  EXPECT_UINT(sim_stats(pair.server.node.engine).retries_sent, 2);
  expect_served(&pair);
  EXPECT_UINT(pair.client.info.handshake_round_trips, 2);
  EXPECT_INT(pair.client.info.address_validation, PQQ_ADDRESS_BY_RETRY);
  EXPECT_INT(pair.server.info.address_validation, PQQ_ADDRESS_BY_RETRY);
  EXPECT_UINT(sim_stats(pair.server.node.engine).tokens_accepted, 1);
  EXPECT_UINT(sim_stats(pair.server.node.engine).tokens_rejected, 0);
  sim_pair_close(&pair);
}

TEST("a Retry makes room for a large flight: ML-DSA then takes one round trip more, not two") {
  pqq_config_options server = plain_h3(PQQ_RETRY_ALWAYS), client = plain_h3(PQQ_RETRY_AUTO);
  sim_exchange exchange = {.path = "/bytes/1000"};
  sim_setup setup = {.identity = SIM_MLDSA65,
                     .server_options = &server,
                     .client_options = &client,
                     .exchanges = &exchange,
                     .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  expect_served(&pair);
  EXPECT_UINT(pair.client.info.handshake_round_trips, 2);
  sim_pair_close(&pair);
}

/* The client's first two datagrams are its ClientHello, the server's its Retries. */
TEST("whichever datagram around a Retry is lost, the handshake goes on") {
  for (uint64_t number = 0; number < 4; number++) {
    for (int of_server = 0; of_server < 2; of_server++) {
      pqq_config_options options = plain_h3(PQQ_RETRY_ALWAYS);
      sim_pipe pipe = {.drop = &number, .drop_count = 1};
      sim_exchange exchange = {.path = "/bytes/1000"};
      sim_setup setup = {.server_options = &options,
                         .client_options = &options,
                         .exchanges = &exchange,
                         .exchange_count = 1};
      sim_pair pair;

      NOTE("datagram %d of the %s", (int)number, of_server ? "server" : "client");
      *(of_server ? &setup.from_server : &setup.from_client) = pipe;
      sim_pair_open(&pair, harness_seed(), &setup);
      expect_served(&pair);
      EXPECT_INT(pair.client.info.address_validation, PQQ_ADDRESS_BY_RETRY);
      EXPECT_UINT(sim_stats(pair.server.node.engine).connections_accepted, 1);
      sim_pair_close(&pair);
    }
  }
}

TEST("Retries survive a link that loses both first answers, mixes and repeats") {
  static const uint64_t both[] = {0, 1};
  pqq_config_options options = plain_h3(PQQ_RETRY_ALWAYS);
  sim_exchange exchange = {.path = "/bytes/1000"};
  sim_setup setup = {
      .identity = SIM_MLDSA87,
      .server_options = &options,
      .client_options = &options,
      .exchanges = &exchange,
      .exchange_count = 1,
      .from_server = {.drop = both, .drop_count = 2, .duplicate_ppm = 300000},
      .from_client = {.duplicate_ppm = 300000, .reorder_ppm = 500000, .reorder_ns = 3 * SIM_MS}};
  uint64_t seed = harness_seed();
  sim_pair pair;

  for (uint64_t i = 0; i < 20; i++) {
    NOTE("seed + %d", (int)i);
    exchange = (sim_exchange){.path = "/bytes/1000"};
    sim_pair_open(&pair, seed + i, &setup);
    expect_served(&pair);
    EXPECT_INT(pair.server.info.address_validation, PQQ_ADDRESS_BY_RETRY);
    sim_pair_close(&pair);
  }
}

TEST("a server gives one token when the handshake is confirmed, and with it an ML-DSA flight of "
     "plain h3 takes one round trip instead of two") {
  pqq_config_options options = plain_h3(PQQ_RETRY_AUTO);
  sim_exchange exchange = {.path = "/bytes/1000"};
  sim_setup setup = {.identity = SIM_MLDSA65,
                     .server_options = &options,
                     .client_options = &options,
                     .exchanges = &exchange,
                     .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  expect_served(&pair);
  EXPECT_UINT(pair.client.info.handshake_round_trips, 2);
  EXPECT_INT(pair.client.info.address_validation, PQQ_ADDRESS_BY_HANDSHAKE);
  EXPECT_UINT(pair.client.new_tokens, 1);
  EXPECT_UINT(sim_stats(pair.server.node.engine).tokens_sent, 1);

  come_again(&pair, (pqq_bytes){pair.client.new_token, pair.client.new_token_len});
  EXPECT(pair.client.is_connected);
  EXPECT_UINT(pair.client.info.handshake_round_trips, 1);
  EXPECT_UINT(pair.client.info.tls_round_trips, 1);
  EXPECT_UINT(pair.client.info.first_flight_repeats, 0);
  EXPECT_INT(pair.client.info.address_validation, PQQ_ADDRESS_BY_TOKEN);
  EXPECT_INT(pair.server.info.address_validation, PQQ_ADDRESS_BY_TOKEN);
  EXPECT_UINT(sim_stats(pair.server.node.engine).tokens_accepted, 1);
  sim_pair_close(&pair);
}

TEST("a client goes on as without its token where the server may not take it: its first flight "
     "makes room for the server's, in one round trip") {
  static const uint8_t strange[48] = {0x36, 1, 2, 3}; /* of another key, as after a restart */
  pqq_config_options options = plain_h3(PQQ_RETRY_AUTO);
  sim_exchange exchange = {.path = "/bytes/1000"};
  sim_setup setup = {.identity = SIM_MLDSA65,
                     .server_options = &options,
                     .client_options = &options,
                     .exchanges = &exchange,
                     .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  expect_served(&pair);
  pair.client.expected_flight_bytes = 20000;
  come_again(&pair, (pqq_bytes){strange, sizeof strange});
  EXPECT(pair.client.is_connected);
  EXPECT_UINT(sim_stats(pair.server.node.engine).tokens_accepted, 0);
  EXPECT(pair.client.info.first_flight_repeats > 0);
  EXPECT_UINT(pair.client.info.handshake_round_trips, 1);
  sim_pair_close(&pair);
}

TEST("a token spares its client the Retry of a server that asks everybody") {
  pqq_config_options options = plain_h3(PQQ_RETRY_ALWAYS);
  sim_exchange exchange = {.path = "/bytes/1000"};
  sim_setup setup = {.server_options = &options, .exchanges = &exchange, .exchange_count = 1};
  uint64_t retries;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  expect_served(&pair);
  retries = sim_stats(pair.server.node.engine).retries_sent;
  come_again(&pair, (pqq_bytes){pair.client.new_token, pair.client.new_token_len});
  EXPECT(pair.client.is_connected);
  EXPECT_UINT(pair.client.info.handshake_round_trips, 1);
  EXPECT_UINT(sim_stats(pair.server.node.engine).retries_sent, retries);
  sim_pair_close(&pair);
}

/* RFC 9000 section 8.1.3: as if it had none. */
TEST("a token that is not valid is as none: the handshake takes two round trips, or a Retry") {
  uint8_t strange[100];

  memset(strange, 0x36, sizeof strange);
  for (int32_t retry = PQQ_RETRY_AUTO; retry <= PQQ_RETRY_ALWAYS; retry++) {
    pqq_config_options options = plain_h3(retry);
    sim_exchange exchange = {.path = "/bytes/1000"};
    sim_setup setup = {.identity = SIM_MLDSA65,
                       .server_options = &options,
                       .exchanges = &exchange,
                       .exchange_count = 1};
    sim_pair pair;

    sim_pair_open(&pair, harness_seed(), &setup);
    expect_served(&pair);
    come_again(&pair, (pqq_bytes){strange, sizeof strange});
    EXPECT(pair.client.is_connected);
    EXPECT_INT(pair.server.info.address_validation,
               retry == PQQ_RETRY_ALWAYS ? PQQ_ADDRESS_BY_RETRY : PQQ_ADDRESS_BY_HANDSHAKE);
    EXPECT(sim_stats(pair.server.node.engine).tokens_rejected > 0);
    sim_pair_close(&pair);
  }
}

TEST("the token of a Retry that is not valid closes the connection with INVALID_TOKEN") {
  uint8_t forged[90];
  sim_exchange exchange = {.path = "/bytes/1000"};
  sim_setup setup = {.exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;

  memset(forged, 0xb7, sizeof forged);
  sim_pair_open(&pair, harness_seed(), &setup);
  expect_served(&pair);
  come_again(&pair, (pqq_bytes){forged, sizeof forged});
  EXPECT(pair.client.is_closed);
  EXPECT(pair.client.close.is_remote);
  EXPECT_UINT(pair.client.close.wire_code, 0x0b); /* RFC 9000 section 20.1 */
  EXPECT_UINT(sim_stats(pair.server.node.engine).tokens_rejected,
              4); /* one per datagram, of which two are copies */
  EXPECT_UINT(sim_stats(pair.server.node.engine).connections_accepted, 1);
  sim_pair_close(&pair);
}

TEST("a client that moves gets a token for its new address") {
  pqq_config_options options = plain_h3(PQQ_RETRY_AUTO);
  sim_exchange exchanges[] = {{.path = "/bytes/1000"}, {.path = "/bytes/100000"}};
  sim_setup setup = {.server_options = &options, .exchanges = exchanges, .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  expect_served(&pair);
  sim_rebind(&pair.client.node, 6000);
  pair.client.exchange_count = 2;
  EXPECT_INT(sim_client_request(&pair.client, 1), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(exchanges[1].status, PQQ_OK);
  EXPECT_UINT(exchanges[1].received_bytes, 100000);
  /* Only the port is another: the address is the one that the first token is good for. */
  EXPECT_UINT(pair.client.new_tokens, sim_stats(pair.server.node.engine).tokens_sent);
  sim_pair_close(&pair);
}

/* --- Two workers ----------------------------------------------------------------------------- */

static uint32_t steered_to;

static uint32_t steer(sim_node *front, const pqq_datagram *datagram) {
  (void)front;
  (void)datagram;
  return steered_to;
}

typedef struct twins {
  sim *net;
  pqq_config *config, *client_config;
  sim_server servers[2];
  sim_client client;
} twins;

static void twins_open(twins *t, int32_t retry) {
  pqq_config_options options = plain_h3(retry);
  pqq_address address = sim_server_address(), from = sim_address4(2, 5000);

  *t = (twins){.net = sim_new(harness_seed())};
  t->config = sim_config(&options, SIM_P256);
  t->client_config = sim_config(NULL, SIM_IDENTITIES);
  for (uint32_t i = 0; i < 2; i++) {
    pqq_engine_options engine;

    EXPECT_INT(pqq_engine_options_init(&engine, sizeof engine), PQQ_OK);
    engine.worker = i;
    engine.worker_count = 2;
    memset(engine.key, 0x5a, sizeof engine.key);
    t->servers[i].node.out.delay_ns = SIM_DELAY_NS;
    sim_server_start(&t->servers[i], t->net, t->config, &address, &engine);
    t->servers[0].node.workers[i] = &t->servers[i].node;
  }
  t->servers[0].node.worker_count = 2;
  t->servers[0].node.steer = steer;
  t->client.node.out.delay_ns = SIM_DELAY_NS;
  sim_client_start(&t->client, t->net, t->client_config, &from, &address);
}

static void twins_close(twins *t) {
  sim_client_stop(&t->client);
  sim_server_stop(&t->servers[0]);
  sim_server_stop(&t->servers[1]);
  sim_free(t->net);
  pqq_config_unref(t->config);
  pqq_config_unref(t->client_config);
}

TEST("a token of one worker is good at another") {
  pqq_address to = sim_server_address();
  twins t;

  steered_to = 0;
  twins_open(&t, PQQ_RETRY_ALWAYS);
  sim_run_for(t.net, SIM_SECOND);
  EXPECT(t.client.is_connected);
  EXPECT_UINT(t.client.new_tokens, 1);
  steered_to = 1;
  EXPECT_INT(pqq_engine_close(t.client.node.engine, t.client.conn, 0x100), PQQ_OK);
  sim_run_for(t.net, SIM_SECOND);
  t.client.is_connected = t.client.is_closed = 0;
  t.client.address_token = (pqq_bytes){t.client.new_token, t.client.new_token_len};
  sim_client_connect(&t.client, &to, SIM_SERVER_NAME);
  sim_run_for(t.net, SIM_SECOND);
  EXPECT(t.client.is_connected);
  EXPECT_UINT(sim_stats(t.servers[1].node.engine).tokens_accepted, 1);
  EXPECT_UINT(sim_stats(t.servers[1].node.engine).retries_sent, 0);
  EXPECT_INT(t.servers[1].info.address_validation, PQQ_ADDRESS_BY_TOKEN);
  twins_close(&t);
}

TEST("an answer to a Retry that reaches the other worker goes back to the one that asked") {
  twins t;

  steered_to = 0;
  twins_open(&t, PQQ_RETRY_ALWAYS);
  sim_run_for(t.net, SIM_DELAY_NS + SIM_MS);
  EXPECT(sim_stats(t.servers[0].node.engine).retries_sent > 0);
  steered_to = 1;
  sim_run_for(t.net, SIM_SECOND);
  EXPECT(t.client.is_connected);
  EXPECT_UINT(sim_stats(t.servers[0].node.engine).tokens_accepted, 1);
  EXPECT(sim_stats(t.servers[1].node.engine).datagrams_routed > 0);
  twins_close(&t);
}

TEST("a token that is too long for an Initial, or NULL, is refused with a detail") {
  sim_pair pair;
  pqq_connect_options options = {.struct_size = sizeof options,
                                 .remote = sim_server_address(),
                                 .server_name = SIM_SERVER_NAME};
  static const uint8_t bytes[PQQ_MAX_ADDRESS_TOKEN_BYTES + 1];
  pqq_id conn;

  sim_pair_open(&pair, harness_seed(), NULL);
  options.address_token = (pqq_bytes){bytes, sizeof bytes};
  EXPECT_INT(pqq_engine_connect(pair.client.node.engine, &options, SIM_SECOND, &conn),
             PQQ_ERR_INVALID_ARG);
  EXPECT(strstr(pqq_error_detail(), "address_token") != NULL);
  options.address_token = (pqq_bytes){NULL, 1};
  EXPECT_INT(pqq_engine_connect(pair.client.node.engine, &options, SIM_SECOND, &conn),
             PQQ_ERR_INVALID_ARG);
  sim_pair_close(&pair);
}
