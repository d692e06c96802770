/* SPDX-License-Identifier: MIT */
/* Datagrams that no honest peer sends: random bytes, and damaged, cut, joined and
 * repeated copies of real ones. They break no connection, and cost no more than
 * their own handling. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "pair.h"

#define MAX_BYTES 1600

/* The last real datagram of each direction, for copies. */
typedef struct attacker {
  sim_random random;
  uint8_t data[MAX_BYTES];
  size_t len;
  uint64_t injected;
} attacker;

static void fill(sim_random *random, uint8_t *data, size_t len) {
  for (size_t i = 0; i < len; i++) {
    data[i] = (uint8_t)sim_random_next(random);
  }
}

static void flip(sim_random *random, uint8_t *data, size_t len) {
  for (uint64_t bits = 1 + sim_random_below(random, 12); bits > 0 && len > 0; bits--) {
    uint64_t bit = sim_random_below(random, len * 8);
    data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
  }
}

/* Changes a copy of a real datagram of `len` bytes; returns its new length. */
static size_t mutate(sim_random *random, uint8_t *data, size_t len) {
  switch (sim_random_below(random, 7)) {
  case 0: /* The same again. */
    return len;
  case 1:
    flip(random, data, len);
    return len;
  case 2: /* Where the header is. */
    flip(random, data, len < 40 ? len : 40);
    return len;
  case 3:
    return sim_random_below(random, len + 1);
  case 4: { /* Something behind it. */
    size_t more = sim_random_below(random, MAX_BYTES - len + 1);
    fill(random, data + len, more);
    return len + more;
  }
  case 5: /* Another form or type, the rest as it was. */
    data[0] ^= (uint8_t)(0x10u << sim_random_below(random, 4));
    return len;
  default: /* Its first half twice. */
    memmove(data + len / 2, data, len / 2);
    return len;
  }
}

/* For sim_node.on_send: bad copies travel behind the real datagram. */
static int attack(sim_node *node, sim_datagram *datagram) {
  attacker *a = node->user_data;
  uint8_t data[MAX_BYTES];

  if (datagram->len > MAX_BYTES) {
    return 1;
  }
  memcpy(a->data, datagram->data, datagram->len);
  a->len = datagram->len;
  for (uint64_t copies = sim_random_below(&a->random, 4); copies > 0; copies--) {
    size_t len;

    memcpy(data, a->data, a->len);
    len = mutate(&a->random, data, a->len);
    sim_inject(node->net, &datagram->source, &datagram->destination, data, len,
               node->out.delay_ns + 1 + sim_random_below(&a->random, 20 * SIM_MS));
    a->injected++;
  }
  return 1;
}

TEST("damaged copies of every datagram break neither handshakes nor transfers") {
  uint64_t injected = 0;

  for (unsigned round = 0; round < 40; round++) {
    sim_exchange exchanges[3] = {{.path = "/bytes/300000"},
                                 {.method = "POST", .path = "/upload", .upload_bytes = 200000},
                                 {.method = "POST", .path = "/trailers", .sends_trailers = 1}};
    sim_setup setup = {.identity = (sim_identity)(round % SIM_IDENTITIES),
                       .exchanges = exchanges,
                       .exchange_count = 3};
    attacker client = {.random = {harness_seed() + round}},
             server = {.random = {harness_seed() + round + 1000}};
    sim_pair pair;

    NOTE("round %u", round);
    sim_pair_open(&pair, harness_seed() + round, &setup);
    pair.client.node.user_data = &client;
    pair.server.node.user_data = &server;
    pair.client.node.on_send = pair.server.node.on_send = attack;
    EXPECT(sim_pair_exchange(&pair));
    EXPECT_STR(pair.client.close_reason, "");
    for (int i = 0; i < 3; i++) {
      EXPECT_INT(exchanges[i].status, PQQ_OK);
      EXPECT(!exchanges[i].is_damaged);
    }
    EXPECT_UINT(exchanges[0].received_bytes, 300000);
    EXPECT_STR(exchanges[1].echo, "200000 intact");
    sim_run_for(pair.net, 5 * SIM_SECOND);
    EXPECT(!pair.client.is_closed);
    EXPECT_UINT(pair.server.closed, 0);
    injected += client.injected + server.injected;
    sim_pair_close(&pair);
  }
  printf("# %llu bad datagrams\n", (unsigned long long)injected);
  EXPECT(injected > 10000);
}

TEST("random bytes from anywhere do not disturb a connection, and open none") {
  sim_exchange exchange = {.path = "/bytes/1000"};
  sim_setup setup = {.exchanges = &exchange, .exchange_count = 1};
  sim_random random = {harness_seed()};
  pqq_stats stats;
  pqq_address server = sim_server_address(), client = sim_address4(2, 5000);
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  for (int i = 0; i < 20000; i++) {
    pqq_address source = sim_address4((uint8_t)(100 + sim_random_below(&random, 100)),
                                      (uint16_t)sim_random_next(&random));
    int is_to_server = sim_random_below(&random, 2) == 0;
    size_t len = sim_random_below(&random, MAX_BYTES);
    uint8_t data[MAX_BYTES];

    fill(&random, data, len);
    /* Half of them look like version 1. */
    if (len > 5 && sim_random_below(&random, 2)) {
      data[0] |= 0xc0;
      memcpy(data + 1, "\0\0\0\1", 4);
    }
    if (sim_random_below(&random, 4) == 0) {
      source = is_to_server ? client : server;
    }
    sim_inject(pair.net, &source, is_to_server ? &server : &client, data, len, 0);
    if (i % 16 == 0) {
      sim_run_for(pair.net, SIM_MS);
    }
  }
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(exchange.status, PQQ_OK);
  EXPECT(exchange.is_closed);
  stats = sim_stats(pair.server.node.engine);
  EXPECT_UINT(stats.connections_now, 1);
  EXPECT_UINT(stats.connections_accepted, 1);
  EXPECT_UINT(stats.handshakes_failed, 0);
  EXPECT(stats.datagrams_dropped > 1000);
  sim_pair_close(&pair);
}

/* First datagrams of clients, damaged, as all that a server ever sees. */
static int only_damaged(sim_node *node, sim_datagram *datagram) {
  attacker *a = node->user_data;
  uint8_t data[MAX_BYTES];
  size_t len;

  memcpy(data, datagram->data, datagram->len);
  len = mutate(&a->random, data, datagram->len);
  sim_inject(node->net, &datagram->source, &datagram->destination, data, len, node->out.delay_ns);
  a->injected++;
  return 0;
}

TEST("a server that sees only damaged first flights forgets them all") {
  enum { ROUNDS = 60 };
  pqq_config_options options = sim_options();
  sim_setup setup = {.client_options = &options};
  attacker a = {.random = {harness_seed()}};
  pqq_stats stats;
  sim_pair pair;

  options.handshake_timeout_ms = 1000;
  sim_pair_open(&pair, harness_seed(), &setup);
  pair.client.node.user_data = &a;
  pair.client.node.on_send = only_damaged;
  for (int i = 0; i < ROUNDS; i++) {
    pqq_address to = sim_server_address();

    sim_run_for(pair.net, 2 * SIM_SECOND);
    pair.client.is_closed = pair.client.is_connected = 0;
    sim_client_connect(&pair.client, &to, SIM_SERVER_NAME);
  }
  pair.client.node.on_send = NULL;
  pair.client.node.out.loss_ppm = 1000000;
  sim_run_for(pair.net, SIM_LONG);
  EXPECT(a.injected > 5 * ROUNDS);
  stats = sim_stats(pair.server.node.engine);
  EXPECT_UINT(stats.connections_now, 0);
  EXPECT(pqq_engine_is_idle(pair.server.node.engine));
  sim_pair_close(&pair);
}

/* An Initial packet whose Destination Connection ID has `id_bytes`, with a token of one byte. */
static void short_id_initial(uint8_t data[1200], size_t id_bytes) {
  static const uint8_t start[] = {0xc2, 0, 0, 0, 1};
  uint8_t *at = data + sizeof start;
  size_t left;

  memset(data, 0x5a, 1200);
  memcpy(data, start, sizeof start);
  *at++ = (uint8_t)id_bytes;
  at += id_bytes;
  *at++ = 0; /* Source Connection ID */
  *at++ = 1; /* token */
  at++;
  left = 1200 - (size_t)(at - data) - 2;
  *at++ = (uint8_t)(0x40 | left >> 8);
  *at = (uint8_t)left;
}

/* Once the id was put down as the connection's, and not taken away again: what came next for it
 * went to freed memory. */
TEST("an Initial with a token and too short a Destination Connection ID is dropped, and so is the "
     "next") {
  pqq_stats stats;
  pqq_datagram datagram = {.local = sim_server_address(), .remote = sim_address4(9, 9)};
  uint8_t data[1200];
  uint64_t sent = 0;
  uint32_t route;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), NULL);
  for (size_t id_bytes = 0; id_bytes < 8; id_bytes++) {
    short_id_initial(data, id_bytes);
    datagram.data = (pqq_bytes){data, sizeof data};
    for (int i = 0; i < 3; i++) {
      EXPECT_INT(pqq_engine_recv(pair.server.node.engine, &datagram, 0, sim_now(pair.net), &route),
                 PQQ_DROPPED);
      sent++;
    }
  }
  stats = sim_stats(pair.server.node.engine);
  EXPECT_UINT(stats.datagrams_dropped, sent);
  EXPECT_UINT(stats.connections_accepted, 0);
  EXPECT_UINT(stats.connections_now, 0);
  sim_pair_close(&pair);
}

TEST("empty and one-byte datagrams, and segments of a merged one, are taken or dropped") {
  uint8_t bytes[3000] = {0};
  uint32_t route = 7;
  pqq_datagram datagram = {.local = sim_server_address(), .remote = sim_address4(9, 9)};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), NULL);
  EXPECT_INT(pqq_engine_recv(pair.server.node.engine, &datagram, 0, sim_now(pair.net), &route),
             PQQ_DROPPED);
  datagram.data.len = 1;
  EXPECT_INT(pqq_engine_recv(pair.server.node.engine, &datagram, 0, sim_now(pair.net), &route),
             PQQ_ERR_NULL_ARG);
  for (int first = 0; first < 256; first++) {
    bytes[0] = (uint8_t)first;
    datagram.data.data = bytes;
    datagram.data.len = 1;
    datagram.segment_bytes = 0;
    EXPECT_INT(pqq_engine_recv(pair.server.node.engine, &datagram, 0, sim_now(pair.net), &route),
               PQQ_DROPPED);
    datagram.data.len = sizeof bytes;
    datagram.segment_bytes = 7;
    EXPECT_INT(pqq_engine_recv(pair.server.node.engine, &datagram, 0, sim_now(pair.net), &route),
               PQQ_DROPPED);
  }
  EXPECT_UINT(route, 7);
  sim_pair_close(&pair);
}
