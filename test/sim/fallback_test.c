/* SPDX-License-Identifier: MIT */
/* Plain h3 instead of velocity/1, and refusals by policy: what both ends report and count
 * (spec/fallback.md). */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "pair.h"
#include "tls/fixtures.h"

static void expect_alpn(const pqq_connection_info *info, const char *name) {
  EXPECT_MEM(info->alpn.data, info->alpn.len, name, strlen(name));
}

/* spec: FS-9, OV-6, HS-11 */
TEST("h3 for want of a common profile is reported with its reason by both ends, and counted") {
  static const int32_t light[] = {PQQ_PROFILE_LIGHT};
  pqq_config_options client = sim_options();
  sim_setup setup = {.hybrid = PQQ_PROFILE_BALANCED, .client_options = &client};
  sim_pair pair;

  client.profiles = light;
  client.profile_count = 1;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair));
  sim_run_for(pair.net, SIM_SECOND); /* the server is done a little later */
  EXPECT_STR(pair.client.close_reason, "");
  expect_alpn(&pair.client.info, "h3");
  EXPECT_STR(pair.client.info.downgrade_name, "client_profile_unsupported");
  EXPECT_STR(pair.server.info.downgrade_name, "client_profile_unsupported");
  EXPECT_UINT(pair.client.info.pin_lifetime_s, 0);
  EXPECT_UINT(sim_stats(pair.server.node.engine).handshakes_downgraded, 1);
  EXPECT_UINT(sim_stats(pair.server.node.engine).handshakes_velocity, 0);
  sim_pair_close(&pair);
}

/* spec: FS-9 */
TEST("velocity/1 is no downgrade, and h3 of a client that never offered it is none either") {
  pqq_config_options client = sim_options();
  sim_setup setup = {.hybrid = PQQ_PROFILE_LIGHT, .client_options = &client};
  sim_pair pair;

  for (uint32_t disabled = 0; disabled < 2; disabled++) {
    NOTE("velocity/1 %s", disabled ? "disabled" : "offered");
    client.disable_velocity = disabled;
    sim_pair_open(&pair, harness_seed(), &setup);
    EXPECT(sim_pair_settle(&pair));
    sim_run_for(pair.net, SIM_SECOND);
    expect_alpn(&pair.client.info, disabled ? "h3" : "velocity/1");
    EXPECT_STR(pair.client.info.downgrade_name, "");
    EXPECT_UINT(sim_stats(pair.server.node.engine).handshakes_downgraded, 0);
    EXPECT_UINT(sim_stats(pair.server.node.engine).handshakes_velocity, !disabled);
    sim_pair_close(&pair);
  }
}

/* spec: PC-7 */
TEST("the lifetime of the pin that a server asks for reaches the client on velocity/1") {
  pqq_config_options server = sim_options();
  sim_setup setup = {.hybrid = PQQ_PROFILE_LIGHT, .server_options = &server};
  sim_pair pair;

  server.pin_lifetime_s = 86400;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair));
  EXPECT_UINT(pair.client.info.pin_lifetime_s, 86400);
  sim_pair_close(&pair);
}

typedef struct refusal {
  const char *name;
  /* Of the server, with both identities unless `is_plain`. */
  int is_plain;
  int32_t server_key_exchange, server_authentication;
  /* Of the client. */
  int is_classical, is_velocity_off;
  int32_t client_profile, client_authentication;
  /* What comes. */
  pqq_status server_status, client_status;
  int alert;
} refusal;

static void expect_refusal(const refusal *row) {
  static const uint16_t classical[] = {PQQ_GROUP_X25519};
  pqq_config_options server = sim_options(), client = sim_options();
  sim_setup setup = {.hybrid = row->is_plain ? 0 : PQQ_PROFILE_BALANCED,
                     .server_options = &server,
                     .client_options = &client};
  sim_pair pair;

  NOTE("%s", row->name);
  server.require_key_exchange = row->server_key_exchange;
  server.require_authentication = row->server_authentication;
  client.groups = row->is_classical ? classical : NULL;
  client.group_count = (size_t)row->is_classical;
  client.disable_velocity = (uint32_t)row->is_velocity_off;
  client.profiles = row->client_profile ? &row->client_profile : NULL;
  client.profile_count = row->client_profile != 0;
  client.require_authentication = row->client_authentication;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_wait_closed(&pair));
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT(!pair.client.is_connected);
  EXPECT_STR(pqq_err_name(pair.client.close.status), pqq_err_name(row->client_status));
  EXPECT_INT(pair.client.close.tls_alert, row->alert);
  EXPECT_INT(pair.client.close.is_remote, 1);
  EXPECT_UINT(sim_stats(pair.server.node.engine).policy_refusals,
              row->server_status != PQQ_ERR_NO_SHARED_ALPN);
  sim_pair_close(&pair);
}

/* spec: FS-12, FS-13, FS-15, FS-16, FS-17, FS-18, FS-19 */
TEST("a server that must refuse says so by its alert, counts it, and the client tells it apart") {
  static const refusal rows[] = {
      {"pq groups required, classical offered", 0, PQQ_REQUIRE_PQ, 0, 1, 0, 0, 0,
       PQQ_ERR_POLICY_KEY_EXCHANGE, PQQ_ERR_POLICY_REFUSED, 71},
      {"hybrid required, h3 offered", 0, 0, PQQ_REQUIRE_HYBRID, 0, 1, 0, 0,
       PQQ_ERR_POLICY_AUTHENTICATION, PQQ_ERR_NO_SHARED_ALPN, 120},
      {"hybrid required, another profile offered", 0, 0, PQQ_REQUIRE_HYBRID, 0, 0,
       PQQ_PROFILE_LIGHT, 0, PQQ_ERR_POLICY_AUTHENTICATION, PQQ_ERR_POLICY_REFUSED, 71},
      {"hybrid required by the client of a server with one identity", 1, 0, 0, 0, 0, 0,
       PQQ_REQUIRE_HYBRID, PQQ_ERR_NO_SHARED_ALPN, PQQ_ERR_NO_SHARED_ALPN, 120},
  };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    expect_refusal(&rows[i]);
  }
}

/* An ML-DSA leaf proves nothing more than the root that it hangs on. spec: FS-22, SC-4 */
TEST("a client that requires pq refuses an ML-DSA leaf under a classical root, on h3 too") {
  static const fixture_spec leaf = {.common_name = "leaf", .dns = SIM_SERVER_NAME};
  fixture_server made;
  pqq_identity_source source;
  pqq_config_options server = sim_options(), client = sim_options();
  pqq_config *server_config, *client_config;
  pqq_address address = sim_server_address(), own = sim_address4(2, 5000);
  sim_server at_server = {.node.out.delay_ns = SIM_DELAY_NS};
  sim_client at_client = {.node.out.delay_ns = SIM_DELAY_NS};
  sim *net = sim_new(harness_seed());
  char anchors[65536];

  EXPECT_INT(pqq_init(), PQQ_OK);
  fixture_server_make(&made, "P-256", NULL, "ML-DSA-65", &leaf);
  source = (pqq_identity_source){.cert_pem = fixture_bytes(made.chain),
                                 .key_pem = fixture_bytes(made.key)};
  server.identities = &source;
  server.identity_count = 1;
  EXPECT(sim_anchors().len + strlen(made.root) < sizeof anchors);
  memcpy(anchors, sim_anchors().data, sim_anchors().len);
  strcpy(anchors + sim_anchors().len, made.root);
  client.ca_pem = fixture_bytes(anchors);
  client.require_authentication = PQQ_REQUIRE_PQ;
  EXPECT_INT(pqq_config_new(&server, &server_config), PQQ_OK);
  EXPECT_INT(pqq_config_new(&client, &client_config), PQQ_OK);
  sim_server_start(&at_server, net, server_config, &address, NULL);
  sim_client_start(&at_client, net, client_config, &own, &address);
  (void)sim_run(net, sim_now(net) + SIM_LONG, sim_client_is_settled, &at_client);
  EXPECT(!at_client.is_connected);
  EXPECT_STR(pqq_err_name(at_client.close.status), "PQQ_ERR_CHAIN_CROSSED");
  EXPECT_INT(at_client.close.is_remote, 0);
  sim_client_stop(&at_client);
  sim_server_stop(&at_server);
  sim_free(net);
  pqq_config_unref(server_config);
  pqq_config_unref(client_config);
  fixture_server_free(&made);
}
