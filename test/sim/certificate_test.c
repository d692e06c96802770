/* SPDX-License-Identifier: MIT */
/* Certificates that a client must not accept: the typed status on the client,
 * the TLS alert (RFC 8446 section 6.2) on the server. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "pair.h"
#include "tls/fixtures.h"

#define ALERT_BAD_CERTIFICATE 42
#define ALERT_CERTIFICATE_EXPIRED 45
#define ALERT_UNKNOWN_CA 48
#define ALERT_HANDSHAKE_FAILURE 40

#define DAY 86400L

/* One server with `identity`, one client that trusts `anchors` and wants `name`. */
static void expect_failure(const pqq_identity_source *identity, pqq_bytes anchors, const char *name,
                           pqq_status status, int alert) {
  pqq_address address = sim_server_address(), from = sim_address4(2, 5000);
  pqq_config_options options = sim_options();
  pqq_config *server_config = NULL, *client_config = NULL;
  sim *net = sim_new(harness_seed());
  sim_server server = {.node.out.delay_ns = SIM_DELAY_NS};
  sim_client client = {.node.out.delay_ns = SIM_DELAY_NS};

  options.profile = PQQ_PROFILE_LIGHT; /* Takes every identity. */
  options.identities = identity;
  options.identity_count = 1;
  EXPECT_INT(pqq_config_new(&options, &server_config), PQQ_OK);
  options = sim_options();
  options.ca_pem = anchors;
  EXPECT_INT(pqq_config_new(&options, &client_config), PQQ_OK);
  sim_server_start(&server, net, server_config, &address, NULL);
  sim_client_start(&client, net, client_config, &from, NULL);
  sim_client_connect(&client, &address, name);
  sim_run_for(net, SIM_SECOND);
  EXPECT(!client.is_connected);
  EXPECT(client.is_closed);
  EXPECT_STR(pqq_err_name(client.close.status), pqq_err_name(status));
  EXPECT_INT(client.close.tls_alert, alert);
  EXPECT_INT(client.close.is_remote, 0);
  EXPECT(client.close.reason.len > 0);
  EXPECT_UINT(server.closed, 1);
  EXPECT_INT(server.close.is_remote, 1);
  EXPECT_INT(server.close.tls_alert, alert);
  EXPECT(server.close.status != PQQ_OK);
  EXPECT_UINT(server.connected, 0);
  sim_client_stop(&client);
  sim_server_stop(&server);
  sim_free(net);
  pqq_config_unref(server_config);
  pqq_config_unref(client_config);
}

static void expect_fixture_failure(const char *algorithm, const fixture_spec *leaf,
                                   pqq_status status, int alert) {
  fixture_server made;
  pqq_identity_source identity;

  NOTE("%s", algorithm);
  fixture_server_make(&made, algorithm, NULL, algorithm, leaf);
  identity = (pqq_identity_source){.cert_pem = fixture_bytes(made.chain),
                                   .key_pem = fixture_bytes(made.key)};
  expect_failure(&identity, fixture_bytes(made.root), SIM_SERVER_NAME, status, alert);
  fixture_server_free(&made);
}

static const char *const algorithms[] = {"P-256", "P-384", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"};
#define ALGORITHMS (sizeof algorithms / sizeof algorithms[0])

TEST("a server of another root is CERT_UNTRUSTED, and learns unknown_ca") {
  for (int identity = 0; identity < SIM_IDENTITIES; identity++) {
    pqq_identity_source source = sim_identity_source((sim_identity)identity);
    fixture_server other;

    NOTE("%s", sim_identity_name((sim_identity)identity));
    fixture_server_make(&other, "P-256", NULL, "P-256",
                        &(fixture_spec){.common_name = "other", .dns = SIM_SERVER_NAME});
    expect_failure(&source, fixture_bytes(other.root), SIM_SERVER_NAME, PQQ_ERR_CERT_UNTRUSTED,
                   ALERT_UNKNOWN_CA);
    fixture_server_free(&other);
  }
}

TEST("a server of another name is CERT_NAME_MISMATCH, and learns bad_certificate") {
  static const char *const names[] = {"other.test", "server.test.other", "192.0.2.77",
                                      "2001:db8::77"};

  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    pqq_identity_source source = sim_identity_source(i % 2 ? SIM_MLDSA65 : SIM_P256);

    NOTE("%s", names[i]);
    expect_failure(&source, sim_anchors(), names[i], PQQ_ERR_CERT_NAME_MISMATCH,
                   ALERT_BAD_CERTIFICATE);
  }
}

TEST("an expired certificate is CERT_EXPIRED, and so is one of the future") {
  for (size_t i = 0; i < ALGORITHMS; i++) {
    expect_fixture_failure(algorithms[i],
                           &(fixture_spec){.common_name = "past",
                                           .dns = SIM_SERVER_NAME,
                                           .not_before = -2 * DAY,
                                           .not_after = -DAY},
                           PQQ_ERR_CERT_EXPIRED, ALERT_CERTIFICATE_EXPIRED);
    expect_fixture_failure(algorithms[i],
                           &(fixture_spec){.common_name = "future",
                                           .dns = SIM_SERVER_NAME,
                                           .not_before = DAY,
                                           .not_after = 2 * DAY},
                           PQQ_ERR_CERT_EXPIRED, ALERT_CERTIFICATE_EXPIRED);
  }
}

TEST("a server is also verified by its address") {
  sim_client client = {.node.out.delay_ns = SIM_DELAY_NS};
  pqq_address address = sim_server_address(), from = sim_address4(3, 5000);
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), NULL);
  sim_client_start(&client, pair.net, pair.client_config, &from, NULL);
  sim_client_connect(&client, &address, "192.0.2.1");
  EXPECT(sim_run(pair.net, sim_now(pair.net) + SIM_LONG, sim_client_is_settled, &client));
  EXPECT(client.is_connected);
  EXPECT_UINT(client.info.server_name.len, 0);
  sim_client_stop(&client);
  sim_pair_close(&pair);
}

TEST("without a common group the handshake fails with a typed status on both ends") {
  static const uint16_t hybrid[] = {PQQ_GROUP_X25519MLKEM768}, classical[] = {PQQ_GROUP_X25519};
  pqq_config_options server = sim_options(), client = sim_options();
  sim_setup setup = {.server_options = &server, .client_options = &client};
  sim_pair pair;

  server.groups = hybrid;
  client.groups = classical;
  server.group_count = client.group_count = 1;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT(!pair.client.is_connected);
  EXPECT_INT(pair.client.close.tls_alert, ALERT_HANDSHAKE_FAILURE);
  EXPECT_INT(pair.client.close.is_remote, 1);
  EXPECT_UINT(pair.server.closed, 1);
  EXPECT_STR(pqq_err_name(pair.server.close.status), "PQQ_ERR_NO_SHARED_GROUP");
  EXPECT_INT(pair.server.close.is_remote, 0);
  sim_pair_close(&pair);
}
