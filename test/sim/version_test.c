/* SPDX-License-Identifier: MIT */
/* QUIC versions 1 and 2 (RFC 9369): chosen from the start, upgraded to while the
 * handshake goes on (RFC 9368 section 2.3), and after a Version Negotiation packet. */
#include <string.h>

#include "harness.h"
#include "pair.h"

/* `first` and `second` as pqq_config_options.quic_versions. */
static pqq_config_options with_versions(uint32_t first, uint32_t second) {
  pqq_config_options options = sim_options();

  options.quic_versions[0] = first;
  options.quic_versions[1] = second;
  return options;
}

/* The version of a client's first datagram. */
static uint32_t first_version;

static int note_version(sim_node *node, sim_datagram *datagram) {
  (void)node;
  if (datagram->number == 0) {
    first_version = (uint32_t)datagram->data[1] << 24 | (uint32_t)datagram->data[2] << 16 |
                    (uint32_t)datagram->data[3] << 8 | datagram->data[4];
  }
  return 1;
}

typedef struct version_case {
  const char *what;
  uint32_t client[2], server[2];
  uint32_t begun, spoken;
  /* By a Version Negotiation packet. */
  int is_negotiated;
} version_case;

static const version_case cases[] = {
    {"both by default", {0}, {0}, PQQ_QUIC_V1, PQQ_QUIC_V1, 0},
    {"a client that begins with version 2, a server that has no preference",
     {PQQ_QUIC_V2, PQQ_QUIC_V1},
     {0},
     PQQ_QUIC_V2,
     PQQ_QUIC_V2,
     0},
    {"a server that prefers version 2",
     {0},
     {PQQ_QUIC_V2, PQQ_QUIC_V1},
     PQQ_QUIC_V1,
     PQQ_QUIC_V2,
     0},
    {"a server that prefers version 1",
     {PQQ_QUIC_V2, PQQ_QUIC_V1},
     {PQQ_QUIC_V1, PQQ_QUIC_V2},
     PQQ_QUIC_V2,
     PQQ_QUIC_V1,
     0},
    {"a client of version 1 alone",
     {PQQ_QUIC_V1},
     {PQQ_QUIC_V2, PQQ_QUIC_V1},
     PQQ_QUIC_V1,
     PQQ_QUIC_V1,
     0},
    {"a client of version 2 alone", {PQQ_QUIC_V2}, {0}, PQQ_QUIC_V2, PQQ_QUIC_V2, 0},
    {"a server of version 2 alone", {0}, {PQQ_QUIC_V2}, PQQ_QUIC_V1, PQQ_QUIC_V2, 1},
    {"a server of version 1 alone",
     {PQQ_QUIC_V2, PQQ_QUIC_V1},
     {PQQ_QUIC_V1},
     PQQ_QUIC_V2,
     PQQ_QUIC_V1,
     1},
};

TEST("client and server come to one version, whatever each prefers") {
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const version_case *c = &cases[i];
    pqq_config_options client = with_versions(c->client[0], c->client[1]),
                       server = with_versions(c->server[0], c->server[1]);
    sim_exchange exchange = {.path = "/bytes/100000"};
    sim_setup setup = {.client_options = &client,
                       .server_options = &server,
                       .exchanges = &exchange,
                       .exchange_count = 1};
    sim_pair pair;

    NOTE("%s", c->what);
    sim_pair_open(&pair, harness_seed(), &setup);
    pair.client.node.on_send = note_version;
    EXPECT(sim_pair_exchange(&pair));
    EXPECT_UINT(exchange.received_bytes, 100000);
    EXPECT_UINT(first_version, c->begun);
    EXPECT_UINT(pair.client.info.quic_version, c->spoken);
    EXPECT_UINT(pair.server.info.quic_version, c->spoken);
    EXPECT((sim_stats(pair.server.node.engine).version_negotiations > 0) == c->is_negotiated);
    EXPECT_UINT(sim_stats(pair.client.node.engine).connections_opened, 1);
    sim_pair_close(&pair);
  }
}

TEST("version 2 and the change to it survive loss, reordering and duplication") {
  for (uint64_t round = 0; round < 40; round++) {
    pqq_config_options client = with_versions(0, 0), server = with_versions(PQQ_QUIC_V2, 0);
    sim_pipe bad = {.loss_ppm = 150000,
                    .duplicate_ppm = 50000,
                    .reorder_ppm = 50000,
                    .reorder_ns = 15 * SIM_MS};
    sim_exchange exchange = {.path = "/bytes/20000"};
    sim_setup setup = {.client_options = &client,
                       .server_options = &server,
                       .from_client = bad,
                       .from_server = bad,
                       .exchanges = &exchange,
                       .exchange_count = 1};
    sim_pair pair;

    /* Odd ones by compatible negotiation, even ones by a Version Negotiation packet. */
    server.quic_versions[1] = round % 2 ? PQQ_QUIC_V1 : 0;
    client.handshake_timeout_ms = server.handshake_timeout_ms = 60000;
    NOTE("round %d", (int)round);
    sim_pair_open(&pair, harness_seed() + round, &setup);
    EXPECT(sim_pair_exchange(&pair));
    EXPECT_UINT(exchange.received_bytes, 20000);
    EXPECT_UINT(pair.client.info.quic_version, PQQ_QUIC_V2);
    sim_pair_close(&pair);
  }
}

TEST("velocity/1 keeps to one round trip in version 2 and while changing to it") {
  static const uint32_t orders[][2] = {{PQQ_QUIC_V2, PQQ_QUIC_V1}, {PQQ_QUIC_V1, PQQ_QUIC_V2}};

  for (size_t i = 0; i < 2; i++) {
    pqq_config_options client = with_versions(orders[i][0], orders[i][1]),
                       server = with_versions(PQQ_QUIC_V2, PQQ_QUIC_V1);
    sim_setup setup = {
        .hybrid = PQQ_PROFILE_BALANCED, .client_options = &client, .server_options = &server};
    sim_pair pair;

    NOTE("the client begins with 0x%x", orders[i][0]);
    sim_pair_open(&pair, harness_seed(), &setup);
    EXPECT(sim_pair_settle(&pair));
    EXPECT(pair.client.is_connected);
    EXPECT_UINT(pair.client.info.quic_version, PQQ_QUIC_V2);
    EXPECT(pair.client.info.first_flight_repeats > 0);
    EXPECT_UINT(pair.client.info.handshake_round_trips, 1);
    sim_pair_close(&pair);
  }
}

/* Answers a client's first datagram with a Version Negotiation that lists version 2 alone. */
static int forge(sim_node *node, sim_datagram *datagram) {
  if (datagram->number == 0) {
    sim_answer_with_version(node->net, datagram, PQQ_QUIC_V2);
  }
  return 1;
}

TEST("a forged Version Negotiation cannot push a client off the version that both prefer") {
  pqq_config_options both = with_versions(PQQ_QUIC_V1, PQQ_QUIC_V2), server = with_versions(0, 0);
  sim_setup setup = {.client_options = &both, .server_options = &server};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  pair.client.node.on_send = forge;
  EXPECT(sim_pair_settle(&pair));
  EXPECT(!pair.client.is_connected);
  /* VERSION_NEGOTIATION_ERROR (RFC 9368 section 10.2). */
  EXPECT_UINT(pair.client.close.wire_code, 0x11);
  sim_pair_close(&pair);
}

TEST("a client and a server without a common version say so") {
  pqq_config_options client = with_versions(PQQ_QUIC_V1, 0), server = with_versions(PQQ_QUIC_V2, 0);
  sim_setup setup = {.client_options = &client, .server_options = &server};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair));
  EXPECT(!pair.client.is_connected);
  EXPECT_INT(pair.client.close.status, PQQ_ERR_VERSION_NEGOTIATION);
  EXPECT_UINT(sim_stats(pair.server.node.engine).connections_accepted, 0);
  sim_pair_close(&pair);
}

TEST("quic_versions takes versions 1 and 2, each once, from the first place on") {
  static const uint32_t wrong[][3] = {
      {3, 0, 0}, {PQQ_QUIC_V1, PQQ_QUIC_V1, 0}, {0, PQQ_QUIC_V1, 0}, {PQQ_QUIC_V2, 0, PQQ_QUIC_V1}};

  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    pqq_config_options options = sim_options();
    pqq_config *config = NULL;

    NOTE("case %zu", i);
    memcpy(options.quic_versions, wrong[i], sizeof wrong[i]);
    options.ca_pem = sim_anchors();
    EXPECT_INT(pqq_config_new(&options, &config), PQQ_ERR_INVALID_ARG);
    EXPECT(strstr(pqq_error_detail(), "quic_versions") != NULL);
  }
}
