/* SPDX-License-Identifier: MIT */
/* velocity/1 as it should go: every profile, mutual authentication, one
 * ClientHello for both protocols. */
#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "harness.h"
#include "pair.h"

static const struct {
  int32_t id;
  const char *group, *pq, *classical;
  uint32_t round_trips;
} profiles[] = {
    {PQQ_PROFILE_LIGHT, "X25519MLKEM768", "ML-DSA-44", "ecdsa_secp256r1_sha256", 1},
    {PQQ_PROFILE_BALANCED, "X25519MLKEM768", "ML-DSA-65", "ecdsa_secp256r1_sha256", 1},
    {PQQ_PROFILE_SECURE, "SecP384r1MLKEM1024", "ML-DSA-87", "ecdsa_secp384r1_sha384", 2},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void expect_hybrid(const pqq_connection_info *info, size_t profile) {
  EXPECT_MEM(info->alpn.data, info->alpn.len, "velocity/1", 10);
  EXPECT_UINT(info->quic_version, 1);
  EXPECT_STR(info->group_name, profiles[profile].group);
  EXPECT_STR(info->signature_name, profiles[profile].pq);
  EXPECT_STR(info->classical_signature_name, profiles[profile].classical);
  EXPECT_INT(info->authentication, PQQ_AUTH_HYBRID);
  EXPECT_INT(info->profile, profiles[profile].id);
  EXPECT_UINT(info->certificate_count, 1);
  EXPECT_UINT(info->classical_certificate_count, 1);
  EXPECT_UINT(info->downgrade, PQQ_DOWNGRADE_NONE);
  EXPECT_STR(info->downgrade_name, "");
}

/* spec: OV-1, OV-2, OV-3, OV-4, OV-8, OV-9, OV-10, HS-18, HS-24 */
TEST("every profile proves two identities, and a request gets its answer") {
  for (size_t i = 0; i < COUNT(profiles); i++) {
    sim_exchange exchange = {.method = "GET", .path = "/bytes/1000"};
    sim_setup setup = {.hybrid = profiles[i].id, .exchanges = &exchange, .exchange_count = 1};
    sim_pair pair;

    NOTE("%s", profiles[i].pq);
    sim_pair_open(&pair, harness_seed(), &setup);
    EXPECT(sim_pair_settle(&pair));
    EXPECT_STR(pair.client.close_reason, "");
    EXPECT(pair.client.is_connected);
    EXPECT(sim_pair_exchange(&pair));
    EXPECT_INT(exchange.http_status, 200);
    EXPECT_UINT(exchange.received_bytes, 1000);
    expect_hybrid(&pair.client.info, i);
    expect_hybrid(&pair.server.info, i);
    EXPECT_INT(pair.server.info.client_authentication, PQQ_AUTH_NONE);
    printf("# %s: TLS in %u, verified in %u round trips; %llu bytes and %llu datagrams to the "
           "client, %llu to the server\n",
           profiles[i].pq, pair.client.info.tls_round_trips, pair.client.info.handshake_round_trips,
           (unsigned long long)pair.client.info.handshake_bytes_received,
           (unsigned long long)pair.client.info.handshake_datagrams_received,
           (unsigned long long)pair.client.info.handshake_datagrams_sent);
    sim_pair_close(&pair);
  }
}

/* --- Mutual authentication -------------------------------------------------- */

static void expect_mutual(int32_t require, size_t first, size_t count, int32_t level) {
  sim_exchange exchanges[] = {{.method = "POST", .path = "/upload", .upload_bytes = 100000},
                              {.method = "GET", .path = "/bytes/10"}};
  pqq_config_options server = sim_options(), client = sim_options();
  pqq_identity_source sources[2];
  sim_setup setup = {.hybrid = PQQ_PROFILE_BALANCED,
                     .server_options = &server,
                     .client_options = &client,
                     .exchanges = exchanges,
                     .exchange_count = 2};
  sim_pair pair;

  sim_hybrid_sources(PQQ_PROFILE_BALANCED, sources);
  server.require_client_authentication = require;
  client.identities = sources + first;
  client.identity_count = count;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_exchange(&pair));
  if (level == PQQ_AUTH_NONE) {
    EXPECT(sim_pair_wait_closed(&pair));
    EXPECT_UINT(pair.server.requests, 0);
    EXPECT_STR(pqq_err_name(pair.server.close.status), "PQQ_ERR_CLIENT_IDENTITY");
    EXPECT_STR(pqq_err_name(pair.client.close.status), "PQQ_ERR_POLICY_REFUSED");
    EXPECT_INT(pair.client.close.is_remote, 1);
  } else {
    EXPECT_STR(pair.client.close_reason, "");
    EXPECT_INT(exchanges[0].http_status, 200);
    EXPECT_STR(exchanges[0].echo, "100000 intact");
    EXPECT_INT(exchanges[1].http_status, 200);
    EXPECT_INT(pair.server.info.client_authentication, level);
    EXPECT_INT(pair.client.info.client_authentication, level);
    EXPECT_UINT(pair.server.info.client_certificate_count, level != PQQ_AUTH_CLASSICAL);
    EXPECT_UINT(pair.server.info.client_classical_certificate_count, level != PQQ_AUTH_PQ);
  }
  sim_pair_close(&pair);
}

/* spec: HA-47, HA-49, HA-54, HA-55, HA-56, HA-67, HA-68 */
TEST("a client proves what a server asks for, and its requests wait at the server for that") {
  static const struct {
    int32_t require;
    size_t first, count;
    int32_t level;
  } rows[] = {
      {PQQ_REQUIRE_HYBRID, 0, 2, PQQ_AUTH_HYBRID}, {PQQ_REQUIRE_PQ, 0, 2, PQQ_AUTH_PQ},
      {PQQ_REQUIRE_PQ, 0, 1, PQQ_AUTH_PQ},         {PQQ_REQUIRE_ANY, 0, 2, PQQ_AUTH_PQ},
      {PQQ_REQUIRE_ANY, 1, 1, PQQ_AUTH_CLASSICAL}, {PQQ_REQUIRE_HYBRID, 0, 1, PQQ_AUTH_NONE},
      {PQQ_REQUIRE_HYBRID, 1, 1, PQQ_AUTH_NONE},   {PQQ_REQUIRE_PQ, 1, 1, PQQ_AUTH_NONE},
      {PQQ_REQUIRE_ANY, 0, 0, PQQ_AUTH_NONE},
  };

  for (size_t i = 0; i < COUNT(rows); i++) {
    NOTE("row %zu", i);
    expect_mutual(rows[i].require, rows[i].first, rows[i].count, rows[i].level);
  }
}
