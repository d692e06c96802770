/* SPDX-License-Identifier: MIT */
/* Datagrams that belong to no connection of the engine that got them: Version
 * Negotiation, stateless reset, hand-over between workers (RFC 9000 sections 5.2,
 * 6, 10.3). */
#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "harness.h"
#include "pair.h"

#define DATAGRAM_BYTES 1200

/* A long header packet of another version; all its bytes count. */
static void other_version(uint8_t packet[DATAGRAM_BYTES], uint32_t version) {
  memset(packet, 0xa5, DATAGRAM_BYTES);
  packet[0] = 0xc0;
  packet[1] = (uint8_t)(version >> 24);
  packet[2] = (uint8_t)(version >> 16);
  packet[3] = (uint8_t)(version >> 8);
  packet[4] = (uint8_t)version;
  packet[5] = 8;
  memcpy(packet + 6, "dcid-of8", 8);
  packet[14] = 5;
  memcpy(packet + 15, "scid5", 5);
}

/* One datagram straight into an engine, and what it sends back. */
static pqq_status give(pqq_engine *engine, const uint8_t *data, size_t len, int is_routed,
                       uint32_t *route) {
  pqq_datagram datagram = {
      .local = sim_server_address(), .remote = sim_address4(9, 999), .data = {data, len}};

  return pqq_engine_recv(engine, &datagram, is_routed, SIM_SECOND * 1000, route);
}

static size_t take(pqq_engine *engine, uint8_t buffer[PQQ_MIN_SEND_BUFFER_BYTES]) {
  pqq_transmit out;

  if (pqq_engine_send(engine, buffer, PQQ_MIN_SEND_BUFFER_BYTES, 64, SIM_SECOND * 1000, &out) !=
      PQQ_OK) {
    return 0;
  }
  EXPECT_UINT(out.remote.port, 999);
  EXPECT_UINT(out.local.port, 443);
  return out.len;
}

TEST("a packet of an unknown version is answered with versions 1 and 2 and a reserved one") {
  static const uint8_t expected[] = {0,   0, 0,   0,   5,   's',  'c',  'i',  'd',
                                     '5', 8, 'd', 'c', 'i', 'd',  '-',  'o',  'f',
                                     '8', 0, 0,   0,   1,   0x6b, 0x33, 0x43, 0xcf};
  uint8_t packet[DATAGRAM_BYTES], buffer[PQQ_MIN_SEND_BUFFER_BYTES];
  uint32_t route = 77;
  pqq_engine *engine;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), NULL);
  engine = pair.server.node.engine;
  other_version(packet, 0x1a2a3a4a);
  EXPECT_INT(give(engine, packet, DATAGRAM_BYTES, 0, &route), PQQ_OK);
  EXPECT_UINT(route, 77);
  EXPECT(pqq_engine_deadline(engine) == 0);
  EXPECT_UINT(take(engine, buffer), 1 + sizeof expected + 4);
  EXPECT(buffer[0] & 0x80);
  EXPECT_MEM(buffer + 1, sizeof expected, expected, sizeof expected);
  /* RFC 9000 section 15: 0x?a?a?a?a. */
  for (size_t i = 0; i < 4; i++) {
    EXPECT_UINT(buffer[1 + sizeof expected + i] & 0x0f, 0x0a);
  }
  EXPECT_UINT(take(engine, buffer), 0);

  /* Neither to a small datagram, which could be amplified, nor by a client, nor to its own kind. */
  EXPECT_INT(give(engine, packet, DATAGRAM_BYTES - 1, 0, &route), PQQ_DROPPED);
  EXPECT_INT(give(pair.client.node.engine, packet, DATAGRAM_BYTES, 0, &route), PQQ_DROPPED);
  other_version(packet, 0);
  EXPECT_INT(give(engine, packet, DATAGRAM_BYTES, 0, &route), PQQ_DROPPED);
  EXPECT_UINT(take(engine, buffer), 0);
  EXPECT_UINT(sim_stats(pair.server.node.engine).version_negotiations, 1);
  EXPECT_UINT(sim_stats(pair.server.node.engine).connections_accepted, 0);
  sim_pair_close(&pair);
}

TEST("stateless answers that wait are bounded") {
  uint8_t packet[DATAGRAM_BYTES], buffer[PQQ_MIN_SEND_BUFFER_BYTES];
  unsigned answered = 0, dropped = 0;
  uint32_t route;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), NULL);
  other_version(packet, 0x1a2a3a4a);
  for (int i = 0; i < 1000; i++) {
    dropped += give(pair.server.node.engine, packet, DATAGRAM_BYTES, 0, &route) == PQQ_DROPPED;
  }
  while (take(pair.server.node.engine, buffer)) {
    answered++;
  }
  EXPECT_UINT(answered, 64);
  EXPECT_UINT(answered + dropped, 1000);
  sim_pair_close(&pair);
}

/* Answers a client's first datagram with a Version Negotiation that lists `offered_version`. */
static uint32_t offered_version;

static int negotiate(sim_node *node, sim_datagram *datagram) {
  if (datagram->number == 0) {
    sim_answer_with_version(node->net, datagram, offered_version);
  }
  return 1;
}

TEST("a client that meets a server of other versions fails with VERSION_NEGOTIATION") {
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), NULL);
  offered_version = 0x00000099;
  pair.client.node.on_send = negotiate;
  EXPECT(sim_pair_settle(&pair));
  EXPECT(pair.client.is_closed);
  EXPECT_INT(pair.client.close.status, PQQ_ERR_VERSION_NEGOTIATION);
  sim_pair_close(&pair);
}

TEST("a client ignores a Version Negotiation that lists the version it speaks") {
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), NULL);
  offered_version = 1;
  pair.client.node.on_send = negotiate;
  EXPECT(sim_pair_settle(&pair));
  EXPECT(pair.client.is_connected);
  sim_pair_close(&pair);
}

static const uint8_t server_key[PQQ_ENGINE_KEY_BYTES] = "the key that two engines share.";

static pqq_engine_options engine_options(uint32_t worker, uint32_t worker_count) {
  pqq_engine_options options;

  EXPECT_INT(pqq_engine_options_init(&options, sizeof options), PQQ_OK);
  memcpy(options.key, server_key, sizeof options.key);
  options.worker = worker;
  options.worker_count = worker_count;
  return options;
}

TEST("a server that has lost its state resets the client, if it has kept its key") {
  for (int has_key = 0; has_key < 2; has_key++) {
    pqq_engine_options options = engine_options(0, 1);
    sim_exchange exchange = {.path = "/hang"};
    sim_setup setup = {.server_engine = &options, .exchanges = &exchange, .exchange_count = 1};
    pqq_address address = sim_server_address();
    sim_pipe out;
    sim_pair pair;

    sim_pair_open(&pair, harness_seed(), &setup);
    EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
    sim_run_for(pair.net, SIM_SECOND);
    EXPECT_UINT(pair.server.requests, 1);
    out = pair.server.node.out;
    sim_server_stop(&pair.server);
    pair.server = (sim_server){.node = {.out = out}};
    options.key[0] ^= has_key ? 0 : 1;
    sim_server_start(&pair.server, pair.net, pair.server_config, &address, &options);
    EXPECT_INT(pqq_engine_reset(pair.client.node.engine, exchange.stream, 0x10c), PQQ_OK);
    EXPECT(sim_pair_wait_closed(&pair));
    EXPECT_INT(pair.client.close.status, has_key ? PQQ_ERR_STATELESS_RESET : PQQ_ERR_IDLE_TIMEOUT);
    EXPECT_INT(pair.client.close.is_remote, has_key);
    EXPECT((sim_stats(pair.server.node.engine).stateless_resets > 0) == has_key);
    sim_pair_close(&pair);
  }
}

TEST("short headers of nobody are dropped in silence") {
  uint8_t packet[DATAGRAM_BYTES], buffer[PQQ_MIN_SEND_BUFFER_BYTES];
  sim_random random = {harness_seed()};
  uint32_t route;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), NULL);
  for (int i = 0; i < 1000; i++) {
    for (size_t at = 0; at < DATAGRAM_BYTES; at++) {
      packet[at] = (uint8_t)sim_random_next(&random);
    }
    packet[0] = 0x40 | (packet[0] & 0x3f);
    EXPECT_INT(
        give(pair.server.node.engine, packet, sim_random_below(&random, DATAGRAM_BYTES), 0, &route),
        PQQ_DROPPED);
  }
  EXPECT_UINT(take(pair.server.node.engine, buffer), 0);
  sim_pair_close(&pair);
}

/* Workers. */

typedef struct farm {
  sim *net;
  pqq_config *config, *client_config;
  sim_server servers[3];
  sim_client client;
} farm;

static uint32_t steered_to;

static uint32_t steer(sim_node *front, const pqq_datagram *datagram) {
  (void)front;
  (void)datagram;
  return steered_to;
}

static void start_servers(farm *f, uint32_t generation) {
  pqq_address address = sim_server_address();

  for (uint32_t i = 0; i < 3; i++) {
    pqq_engine_options options = engine_options(i, 3);

    options.generation = generation;
    f->servers[i] = (sim_server){.node.out.delay_ns = SIM_DELAY_NS};
    sim_server_start(&f->servers[i], f->net, f->config, &address, &options);
    f->servers[0].node.workers[i] = &f->servers[i].node;
  }
  f->servers[0].node.worker_count = 3;
  f->servers[0].node.steer = steer;
}

static void farm_open(farm *f, sim_exchange *exchanges, size_t count) {
  pqq_address address = sim_server_address(), from = sim_address4(2, 5000);

  *f = (farm){.net = sim_new(harness_seed())};
  f->config = sim_config(NULL, SIM_P256);
  f->client_config = sim_config(NULL, SIM_IDENTITIES);
  start_servers(f, 0);
  f->client.node.out.delay_ns = SIM_DELAY_NS;
  f->client.exchanges = exchanges;
  f->client.exchange_count = count;
  sim_client_start(&f->client, f->net, f->client_config, &from, &address);
}

static void farm_close(farm *f) {
  sim_client_stop(&f->client);
  for (int i = 0; i < 3; i++) {
    sim_server_stop(&f->servers[i]);
  }
  sim_free(f->net);
  pqq_config_unref(f->config);
  pqq_config_unref(f->client_config);
}

TEST("datagrams that reach the wrong worker are handed to the one that owns the connection, once") {
  sim_exchange exchanges[2] = {{.path = "/bytes/300000"}, {.path = "/bytes/300000"}};
  uint64_t routed;
  farm f;

  steered_to = 1;
  farm_open(&f, exchanges, 2);
  EXPECT_INT(sim_client_request(&f.client, 0), PQQ_OK);
  sim_run_for(f.net, SIM_SECOND);
  EXPECT_INT(exchanges[0].status, PQQ_OK);
  EXPECT_UINT(f.servers[1].requests, 1);
  EXPECT_UINT(f.servers[1].node.routed, 0);

  /* As if the kernel spread by address, and the address had changed. */
  steered_to = 2;
  sim_rebind(&f.client.node, 5001);
  EXPECT_INT(sim_client_request(&f.client, 1), PQQ_OK);
  sim_run_for(f.net, SIM_SECOND);
  EXPECT_INT(exchanges[1].status, PQQ_OK);
  EXPECT_UINT(exchanges[1].received_bytes, 300000);
  EXPECT_UINT(f.servers[1].requests, 2);
  EXPECT_UINT(f.servers[2].connected, 0);
  routed = f.servers[2].node.routed;
  EXPECT(routed > 0);
  EXPECT_UINT(sim_stats(f.servers[2].node.engine).datagrams_routed, routed);
  farm_close(&f);
}

static uint8_t captured[DATAGRAM_BYTES * 2];
static size_t captured_len;

static int capture(sim_node *node, sim_datagram *datagram) {
  (void)node;
  memcpy(captured, datagram->data, datagram->len);
  captured_len = datagram->len;
  return 1;
}

/* Makes the client's first request, and keeps what it sends last: a packet with a short header. */
static void capture_request(farm *f) {
  f->client.node.on_send = capture;
  EXPECT_INT(sim_client_request(&f->client, 0), PQQ_OK);
  sim_run_for(f->net, SIM_SECOND);
  EXPECT(captured_len > 0 && (captured[0] & 0x80) == 0);
}

TEST("a routed datagram is never routed again; without its connection it is reset") {
  sim_exchange exchange = {.path = "/bytes/10"};
  uint8_t buffer[PQQ_MIN_SEND_BUFFER_BYTES];
  uint32_t route = 77;
  farm f;

  steered_to = 1;
  farm_open(&f, &exchange, 1);
  sim_run_for(f.net, SIM_SECOND);
  capture_request(&f);

  EXPECT_INT(give(f.servers[0].node.engine, captured, captured_len, 0, &route), PQQ_ROUTE);
  EXPECT_UINT(route, 1);
  route = 77;
  EXPECT_INT(give(f.servers[0].node.engine, captured, sizeof captured, 1, &route), PQQ_OK);
  EXPECT_UINT(route, 77);
  EXPECT_UINT(take(f.servers[0].node.engine, buffer), 42);
  farm_close(&f);
}

/* Starts the workers of a farm anew, with what they knew lost. */
static void restart(farm *f, uint32_t generation) {
  for (int i = 0; i < 3; i++) {
    sim_server_stop(&f->servers[i]);
  }
  start_servers(f, generation);
}

TEST("after a restart every worker resets the clients of all, whichever hears them") {
  for (uint32_t heard_by = 0; heard_by < 3; heard_by++) {
    sim_exchange exchange = {.path = "/hang"};
    uint64_t resets = 0;
    farm f;

    NOTE("worker %u", heard_by);
    steered_to = 1;
    farm_open(&f, &exchange, 1);
    EXPECT_INT(sim_client_request(&f.client, 0), PQQ_OK);
    sim_run_for(f.net, SIM_SECOND);
    EXPECT(f.client.is_connected);
    restart(&f, 7);
    steered_to = heard_by;
    EXPECT_INT(pqq_engine_reset(f.client.node.engine, exchange.stream, 0x10c), PQQ_OK);
    sim_run_for(f.net, SIM_SECOND);
    EXPECT_INT(f.client.close.status, PQQ_ERR_STATELESS_RESET);
    for (int i = 0; i < 3; i++) {
      resets += sim_stats(f.servers[i].node.engine).stateless_resets;
      EXPECT_UINT(sim_stats(f.servers[i].node.engine).datagrams_routed, 0);
    }
    EXPECT(resets > 0);
    farm_close(&f);
  }
}

TEST("ids of another generation are routed to it where it may be alive, and else reset") {
  sim_exchange exchange = {.path = "/bytes/10"};
  pqq_engine_options options = engine_options(2, 3);
  uint8_t buffer[PQQ_MIN_SEND_BUFFER_BYTES];
  pqq_engine *other;
  uint32_t route;
  farm f;

  steered_to = 1;
  farm_open(&f, &exchange, 1);
  sim_run_for(f.net, SIM_SECOND);
  restart(&f, 0x0b0c);
  f.client.is_connected = 0;
  sim_client_connect(&f.client, &f.servers[0].node.address, SIM_SERVER_NAME);
  sim_run_for(f.net, SIM_SECOND);
  EXPECT(f.client.is_connected);
  capture_request(&f);

  for (int has_others = 0; has_others < 2; has_others++) {
    options.generation = 3;
    options.is_server = 1;
    options.has_other_generations = has_others;
    EXPECT_INT(pqq_engine_new(f.config, &options, &other), PQQ_OK);
    route = 77;
    EXPECT_INT(give(other, captured, captured_len, 0, &route), has_others ? PQQ_ROUTE : PQQ_OK);
    EXPECT_UINT(route, has_others ? (PQQ_ROUTE_OTHER | 0x0b0c01) : 77);
    EXPECT(take(other, buffer) == 0 || !has_others);
    /* Nobody was there. */
    EXPECT_INT(give(other, captured, captured_len, 1, &route), PQQ_OK);
    EXPECT(take(other, buffer) > 0);
    pqq_engine_free(other);
  }
  farm_close(&f);
}

TEST("a server that shuts down leaves new connections to another generation") {
  pqq_engine_options options = engine_options(0, 1);
  sim_setup setup = {.server_engine = &options};
  uint32_t route = 0;
  sim_pair pair;

  options.has_other_generations = 1;
  sim_pair_open(&pair, harness_seed(), &setup);
  pair.client.node.on_send = capture;
  sim_run_for(pair.net, SIM_MS);
  EXPECT(captured_len > 0 && (captured[0] & 0x80) != 0);
  EXPECT_INT(pqq_engine_shutdown(pair.server.node.engine), PQQ_OK);
  pair.client.node.on_send = NULL;
  captured[6] ^= 1; /* another connection */
  EXPECT_INT(give(pair.server.node.engine, captured, captured_len, 0, &route), PQQ_ROUTE);
  EXPECT_UINT(route & PQQ_ROUTE_ANY_OTHER, PQQ_ROUTE_ANY_OTHER);
  /* Handed over and back: nobody takes it, and the client is told (RFC 9000 section 5.2.2). */
  EXPECT_INT(give(pair.server.node.engine, captured, captured_len, 1, &route), PQQ_OK);
  EXPECT(sim_stats(pair.server.node.engine).datagrams_refused > 0);
  sim_remove(&pair.server.node);
  sim_add(pair.net, &pair.server.node);
  sim_pair_close(&pair);
}

TEST("stateless resets have a limit per second, are counted, and shorter than what they answer") {
  sim_exchange exchange = {.path = "/bytes/10"};
  uint8_t buffer[PQQ_MIN_SEND_BUFFER_BYTES];
  unsigned resets = 0;
  uint32_t route;
  farm f;

  steered_to = 1;
  farm_open(&f, &exchange, 1);
  sim_run_for(f.net, SIM_SECOND);
  capture_request(&f);
  restart(&f, 9);
  for (size_t len = 18; len < 60; len++) {
    size_t answer;

    (void)give(f.servers[0].node.engine, captured, len, 0, &route);
    answer = take(f.servers[0].node.engine, buffer);
    NOTE("%zu bytes", len);
    EXPECT(answer < len);
    EXPECT((answer > 0) == (len > PQQ__MIN_STATELESS_RESET_BYTES));
  }
  for (int i = 0; i < 3000; i++) {
    (void)give(f.servers[1].node.engine, captured, captured_len, 0, &route);
    resets += take(f.servers[1].node.engine, buffer) > 0;
  }
  EXPECT_UINT(resets, PQQ__STATELESS_RESET_BURST);
  EXPECT_UINT(sim_stats(f.servers[1].node.engine).stateless_resets_limited,
              3000 - PQQ__STATELESS_RESET_BURST);
  farm_close(&f);
}
