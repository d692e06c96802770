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
