/* SPDX-License-Identifier: MIT */
/* What a handshake negotiates, for every group and server identity, and that
 * both ends say the same of it (RFC 9001 section 4, RFC 9114 section 3). */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "pair.h"

static const struct {
  uint16_t group;
  const char *name;
  int is_hybrid;
} groups[] = {
    {PQQ_GROUP_X25519MLKEM768, "X25519MLKEM768", 1},
    {PQQ_GROUP_X25519, "X25519", 0},
    {PQQ_GROUP_SECP384R1MLKEM1024, "SecP384r1MLKEM1024", 1},
};

static const struct {
  uint16_t scheme;
  const char *signed_with;
  int is_pq;
} signatures[SIM_IDENTITIES] = {
    [SIM_P256] = {0x0403, "ECDSA SHA-256", 0}, [SIM_P384] = {0x0503, "ECDSA SHA-384", 0},
    [SIM_MLDSA44] = {0x0904, "ML-DSA-44", 1},  [SIM_MLDSA65] = {0x0905, "ML-DSA-65", 1},
    [SIM_MLDSA87] = {0x0906, "ML-DSA-87", 1},
};

#define GROUPS (sizeof groups / sizeof groups[0])

static void expect_facts(const pqq_connection_info *info, size_t group, sim_identity identity) {
  EXPECT_UINT(info->group, groups[group].group);
  EXPECT_STR(info->group_name, groups[group].name);
  EXPECT_INT(info->is_hybrid_key_exchange, groups[group].is_hybrid);
  EXPECT_INT(info->is_pq_key_exchange, groups[group].is_hybrid);
  EXPECT_UINT(info->signature, signatures[identity].scheme);
  EXPECT_INT(info->authentication, signatures[identity].is_pq ? PQQ_AUTH_PQ : PQQ_AUTH_CLASSICAL);
  EXPECT_UINT(info->quic_version, 1);
  EXPECT_MEM(info->alpn.data, info->alpn.len, "h3", 2);
  EXPECT_MEM(info->server_name.data, info->server_name.len, SIM_SERVER_NAME,
             strlen(SIM_SERVER_NAME));
  EXPECT_UINT(info->certificate_count, 1);
  EXPECT_STR(info->certificates[0].algorithm, sim_identity_name(identity));
  EXPECT_STR(info->certificates[0].signed_with, signatures[identity].signed_with);
  EXPECT(info->certificates[0].der.len > 200);
}

static void expect_same(const pqq_connection_info *client, const pqq_connection_info *server) {
  EXPECT_INT(client->is_server, 0);
  EXPECT_INT(server->is_server, 1);
  EXPECT_UINT(client->cipher, server->cipher);
  EXPECT_STR(client->cipher_name, server->cipher_name);
  EXPECT_STR(client->signature_name, server->signature_name);
  EXPECT_MEM(client->certificates[0].der.data, client->certificates[0].der.len,
             server->certificates[0].der.data, server->certificates[0].der.len);
  EXPECT_UINT(client->local.port, server->remote.port);
  EXPECT_UINT(client->remote.port, server->local.port);
  EXPECT_INT(client->profile, server->profile);
}

/* Both ends read at CONNECTED; views in them need the connection. */
static void shake_hands(size_t group, sim_identity identity, const sim_setup *base) {
  pqq_config_options options = sim_options();
  sim_setup setup = base ? *base : (sim_setup){.is_ipv6 = 0};
  sim_pair pair;

  NOTE("%s, %s", groups[group].name, sim_identity_name(identity));
  options.profile = PQQ_PROFILE_LIGHT; /* Takes every identity. */
  options.groups = &groups[group].group;
  options.group_count = 1;
  setup.identity = identity;
  setup.client_options = setup.server_options = &options;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair));
  EXPECT_STR(pair.client.close_reason, "");
  EXPECT(pair.client.is_connected);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_UINT(pair.server.connected, 1);
  expect_facts(&pair.client.info, group, identity);
  expect_facts(&pair.server.info, group, identity);
  expect_same(&pair.client.info, &pair.server.info);
  sim_pair_close(&pair);
}

TEST("a handshake succeeds with every group and every server identity, and both ends agree on it") {
  for (size_t group = 0; group < GROUPS; group++) {
    for (int identity = 0; identity < SIM_IDENTITIES; identity++) {
      shake_hands(group, (sim_identity)identity, NULL);
    }
  }
}

TEST("a handshake succeeds over IPv6") {
  sim_setup setup = {.is_ipv6 = 1};

  shake_hands(0, SIM_MLDSA65, &setup);
}

TEST("a client that names no address of its own takes answers to any") {
  pqq_connect_options any = {
      .struct_size = sizeof any, .remote = sim_server_address(), .server_name = SIM_SERVER_NAME};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), NULL);
  EXPECT_INT(
      pqq_engine_connect(pair.client.node.engine, &any, sim_now(pair.net), &pair.client.conn),
      PQQ_OK);
  EXPECT(sim_pair_settle(&pair));
  EXPECT(pair.client.is_connected);
  EXPECT_UINT(pair.client.info.local.port, 0);
  sim_pair_close(&pair);
}

/* RFC 9000 section 8.1: a server may send three times what it got. The client's two datagrams
 * of a hybrid ClientHello allow 7,200 bytes. */
TEST("a handshake takes one round trip if the server's flight fits into three times the client's, "
     "else two") {
  static const uint32_t round_trips[SIM_IDENTITIES] = {
      [SIM_P256] = 1, [SIM_P384] = 1, [SIM_MLDSA44] = 2, [SIM_MLDSA65] = 2, [SIM_MLDSA87] = 2};

  pqq_config_options options = sim_options();

  /* With repeats: first_flight_test.c. */
  options.disable_first_flight_repeat = 1;
  for (int identity = 0; identity < SIM_IDENTITIES; identity++) {
    sim_setup setup = {.identity = (sim_identity)identity, .client_options = &options};
    sim_pair pair;

    NOTE("%s", sim_identity_name((sim_identity)identity));
    sim_pair_open(&pair, harness_seed(), &setup);
    EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
    EXPECT_UINT(pair.client.info.handshake_round_trips, round_trips[identity]);
    EXPECT_UINT(pair.client.info.handshake_ns, round_trips[identity] * 2 * SIM_DELAY_NS);
    EXPECT_UINT(pair.client.info.min_rtt_ns, 2 * SIM_DELAY_NS);
    sim_run_for(pair.net, SIM_SECOND);
    EXPECT_UINT(pair.server.info.handshake_round_trips, round_trips[identity]);
    printf("# %s: %u round trips, %llu bytes and %llu datagrams to the client, %llu and %llu to "
           "the server\n",
           sim_identity_name((sim_identity)identity), pair.client.info.handshake_round_trips,
           (unsigned long long)pair.client.info.handshake_bytes_received,
           (unsigned long long)pair.client.info.handshake_datagrams_received,
           (unsigned long long)pair.server.info.handshake_bytes_received,
           (unsigned long long)pair.server.info.handshake_datagrams_received);
    sim_pair_close(&pair);
  }
}

/* The ClientHello with ML-KEM is two datagrams. */
static int pass_client_hello(sim_node *node, sim_datagram *datagram) {
  (void)node;
  return datagram->number < 2;
}

/* spec: FB-12, SC-9 */
TEST("a server sends no more than three times what it got before the client's address is known") {
  for (int identity = 0; identity < SIM_IDENTITIES; identity++) {
    sim_setup setup = {.identity = (sim_identity)identity};
    sim_pair pair;

    NOTE("%s", sim_identity_name((sim_identity)identity));
    sim_pair_open(&pair, harness_seed(), &setup);
    pair.client.node.on_send = pass_client_hello;
    sim_run_for(pair.net, SIM_LONG);
    EXPECT_UINT(pair.server.node.arrived, 2);
    EXPECT(pair.server.node.sent_bytes > 0);
    EXPECT(pair.server.node.sent_bytes <= 3 * pair.server.node.arrived_bytes);
    sim_pair_close(&pair);
  }
}

TEST("the counters of both ends are what went over the link") {
  sim_setup setup = {.identity = SIM_MLDSA65};
  pqq_stats client, server;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  sim_run_for(pair.net, SIM_SECOND);
  client = sim_stats(pair.client.node.engine);
  server = sim_stats(pair.server.node.engine);
  EXPECT_UINT(client.datagrams_sent, pair.client.node.sent);
  EXPECT_UINT(client.bytes_sent, pair.client.node.sent_bytes);
  EXPECT_UINT(server.datagrams_received, pair.client.node.sent);
  EXPECT_UINT(server.bytes_received, pair.client.node.sent_bytes);
  EXPECT_UINT(client.datagrams_received, pair.server.node.sent);
  EXPECT_UINT(client.connections_opened, 1);
  EXPECT_UINT(server.connections_accepted, 1);
  EXPECT_UINT(client.handshakes_completed, 1);
  EXPECT_UINT(server.handshakes_hybrid, 1);
  EXPECT_UINT(server.handshakes_classical, 0);
  EXPECT_UINT(server.connections_now, 1);
  EXPECT_UINT(server.datagrams_dropped, 0);
  sim_pair_close(&pair);
}

TEST("a request made before the handshake is done is answered after it") {
  sim_exchange exchange = {.path = "/bytes/5000"};
  sim_setup setup = {.exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_exchange(&pair));
  EXPECT_INT(exchange.status, PQQ_OK);
  EXPECT_INT(exchange.http_status, 200);
  EXPECT_UINT(exchange.received_bytes, 5000);
  EXPECT(!exchange.is_damaged);
  EXPECT_UINT(exchange.response_count, 1);
  sim_pair_close(&pair);
}

TEST("datagrams of 1,200 and 1,280 bytes are enough for a handshake and a download") {
  static const size_t mtus[] = {1200, 1280};

  for (int identity = 0; identity < SIM_IDENTITIES; identity++) {
    for (size_t i = 0; i < 2; i++) {
      sim_exchange exchange = {.path = "/bytes/1000000"};
      sim_setup setup = {.identity = (sim_identity)identity,
                         .from_client = {.mtu_bytes = mtus[i]},
                         .from_server = {.mtu_bytes = mtus[i]},
                         .exchanges = &exchange,
                         .exchange_count = 1};
      sim_pair pair;

      NOTE("%s, MTU %zu", sim_identity_name((sim_identity)identity), mtus[i]);
      sim_pair_open(&pair, harness_seed(), &setup);
      EXPECT(sim_pair_exchange(&pair));
      EXPECT_INT(exchange.status, PQQ_OK);
      EXPECT_UINT(exchange.received_bytes, 1000000);
      EXPECT(!exchange.is_damaged);
      sim_pair_close(&pair);
    }
  }
}

TEST("path MTU discovery finds larger datagrams where they pass, and stays off when told so") {
  for (uint32_t is_off = 0; is_off < 2; is_off++) {
    pqq_config_options options = sim_options();
    sim_exchange exchange = {.path = "/bytes/3000000"};
    sim_setup setup = {.server_options = &options, .exchanges = &exchange, .exchange_count = 1};
    sim_pair pair;

    options.disable_pmtud = is_off;
    sim_pair_open(&pair, harness_seed(), &setup);
    EXPECT(sim_pair_exchange(&pair));
    EXPECT_UINT(exchange.received_bytes, 3000000);
    EXPECT_UINT(pair.server.node.largest_sent_bytes, is_off ? 1200 : 1452);
    sim_pair_close(&pair);
  }
}
