/* SPDX-License-Identifier: MIT */
/* Policies of both ends against each other: what is negotiated, with which reason
 * if it is less than both have, or which typed error both ends see. */
#include <string.h>

#include "harness.h"
#include "pair.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ALERT_HANDSHAKE_FAILURE 40
#define ALERT_INSUFFICIENT_SECURITY 71
#define ALERT_NO_APPLICATION_PROTOCOL 120

/* What is not said is a default. */
typedef struct end {
  int32_t profile;
  int32_t key_exchange, authentication;
  int32_t pq_on_h3;
  int disables_velocity;
  const uint16_t *groups;
  size_t group_count;
  const int32_t *profiles;
  size_t profile_count;
} end;

typedef struct row {
  const char *name;
  /* The server has both identities of its profile, or the one named. */
  int has_one;
  sim_identity identity;
  end server, client;
  /* What comes: a protocol, a level, a reason. */
  const char *alpn;
  int32_t level;
  const char *downgrade;
  const char *group;
  /* Or an alert of the server, and what it says. */
  int alert;
  pqq_status server_status, client_status;
} row;

static const uint16_t classical[] = {PQQ_GROUP_X25519};
static const int32_t both_profiles[] = {PQQ_PROFILE_BALANCED, PQQ_PROFILE_SECURE};

static const int32_t secure_or_light[] = {PQQ_PROFILE_SECURE, PQQ_PROFILE_LIGHT};

#define BALANCED .profile = PQQ_PROFILE_BALANCED
#define SECURE .profile = PQQ_PROFILE_SECURE
#define CLASSICAL .groups = classical, .group_count = 1

static const row rows[] = {
    {.name = "defaults", .alpn = "velocity/1", .level = PQQ_AUTH_HYBRID, .downgrade = ""},
    {.name = "both require all",
     .server = {.key_exchange = PQQ_REQUIRE_HYBRID, .authentication = PQQ_REQUIRE_HYBRID},
     .client = {.key_exchange = PQQ_REQUIRE_HYBRID, .authentication = PQQ_REQUIRE_HYBRID},
     .alpn = "velocity/1",
     .level = PQQ_AUTH_HYBRID,
     .downgrade = ""},
    {.name = "the client requires pq: h3 with the ML-DSA identity",
     .client = {.authentication = PQQ_REQUIRE_PQ},
     .alpn = "h3",
     .level = PQQ_AUTH_PQ,
     .downgrade = ""},
    {.name = "the server has switched velocity/1 off",
     .server = {.disables_velocity = 1},
     .alpn = "h3",
     .level = PQQ_AUTH_PQ,
     .downgrade = "policy_disabled"},
    {.name = "the server has one identity",
     .has_one = 1,
     .identity = SIM_MLDSA65,
     .alpn = "h3",
     .level = PQQ_AUTH_PQ,
     .downgrade = "no_hybrid_cert"},
    {.name = "the server has a classical identity alone",
     .has_one = 1,
     .identity = SIM_P256,
     .alpn = "h3",
     .level = PQQ_AUTH_CLASSICAL,
     .downgrade = "no_hybrid_cert"},
    {.name = "the client has switched it off",
     .client = {.disables_velocity = 1},
     .alpn = "h3",
     .level = PQQ_AUTH_PQ,
     .downgrade = ""},
    {.name = "other profiles: the best group that both have",
     .server = {SECURE},
     .client = {BALANCED},
     .alpn = "h3",
     .level = PQQ_AUTH_PQ,
     .downgrade = "client_profile_unsupported",
     .group = "X25519MLKEM768"},
    {.name = "a client of two profiles and a server of the second",
     .server = {SECURE},
     .client = {BALANCED, .profiles = both_profiles, .profile_count = 2},
     .alpn = "velocity/1",
     .level = PQQ_AUTH_HYBRID,
     .downgrade = "",
     .group = "SecP384r1MLKEM1024"},
    {.name = "a client of secure that offers light too, and a server of light",
     .server = {.profile = PQQ_PROFILE_LIGHT},
     .client = {SECURE, .profiles = secure_or_light, .profile_count = 2},
     .alpn = "velocity/1",
     .level = PQQ_AUTH_HYBRID,
     .downgrade = "",
     .group = "X25519MLKEM768"},
    {.name = "a client without ML-KEM",
     .client = {CLASSICAL},
     .alpn = "h3",
     .level = PQQ_AUTH_PQ,
     .downgrade = "",
     .group = "X25519"},
    {.name = "a server without ML-KEM",
     .server = {CLASSICAL},
     .alpn = "h3",
     .level = PQQ_AUTH_PQ,
     .downgrade = "classical_group",
     .group = "X25519"},
    {.name = "the server requires pq of the key exchange, the client has none",
     .server = {.key_exchange = PQQ_REQUIRE_PQ},
     .client = {CLASSICAL},
     .alert = ALERT_INSUFFICIENT_SECURITY,
     .server_status = PQQ_ERR_POLICY_KEY_EXCHANGE,
     .client_status = PQQ_ERR_POLICY_REFUSED},
    {.name = "the client requires hybrid of the key exchange, the server has none",
     .server = {CLASSICAL},
     .client = {.key_exchange = PQQ_REQUIRE_HYBRID},
     .alert = ALERT_HANDSHAKE_FAILURE,
     .server_status = PQQ_ERR_NO_SHARED_GROUP,
     .client_status = PQQ_ERR_TLS_ALERT},
    {.name = "the client requires hybrid, the server has one identity",
     .has_one = 1,
     .identity = SIM_MLDSA65,
     .client = {.authentication = PQQ_REQUIRE_HYBRID},
     .alert = ALERT_NO_APPLICATION_PROTOCOL,
     .server_status = PQQ_ERR_NO_SHARED_ALPN,
     .client_status = PQQ_ERR_NO_SHARED_ALPN},
    {.name = "the client requires pq, the server is classical",
     .has_one = 1,
     .identity = SIM_P256,
     .client = {.authentication = PQQ_REQUIRE_PQ},
     .alert = ALERT_HANDSHAKE_FAILURE,
     .server_status = PQQ_ERR_NO_SHARED_SIGNATURE,
     .client_status = PQQ_ERR_TLS_ALERT},
    {.name = "the server requires hybrid, the client knows h3 only",
     .server = {.authentication = PQQ_REQUIRE_HYBRID},
     .client = {.disables_velocity = 1},
     .alert = ALERT_NO_APPLICATION_PROTOCOL,
     .server_status = PQQ_ERR_POLICY_AUTHENTICATION,
     .client_status = PQQ_ERR_NO_SHARED_ALPN},
    {.name = "the server requires hybrid, the client has another profile",
     .server = {SECURE, .authentication = PQQ_REQUIRE_HYBRID},
     .client = {BALANCED},
     .alert = ALERT_INSUFFICIENT_SECURITY,
     .server_status = PQQ_ERR_POLICY_AUTHENTICATION,
     .client_status = PQQ_ERR_POLICY_REFUSED},
    {.name = "the server requires pq and would not use it on h3 by itself",
     .server = {.authentication = PQQ_REQUIRE_PQ, .pq_on_h3 = PQQ_PQ_ON_H3_NEVER},
     .client = {.disables_velocity = 1},
     .alpn = "h3",
     .level = PQQ_AUTH_PQ,
     .downgrade = ""},
};

static pqq_config_options options_of(const end *of) {
  pqq_config_options options = sim_options();

  options.profile = of->profile != 0 ? of->profile : PQQ_PROFILE_BALANCED;
  options.require_key_exchange = of->key_exchange;
  options.require_authentication = of->authentication;
  options.pq_on_h3 = of->pq_on_h3;
  options.disable_velocity = (uint32_t)of->disables_velocity;
  options.groups = of->groups;
  options.group_count = of->group_count;
  options.profiles = of->profiles;
  options.profile_count = of->profile_count;
  return options;
}

static void expect_connected(const row *want, const sim_client *client, const sim_server *server) {
  const pqq_connection_info *ends[] = {&client->info, &server->info};
  pqq_stats stats = sim_stats(server->node.engine);
  int is_velocity = strcmp(want->alpn, "velocity/1") == 0;

  EXPECT_STR(client->close_reason, "");
  EXPECT(client->is_connected);
  for (size_t i = 0; i < COUNT(ends); i++) {
    NOTE("%s, %s", want->name, i == 0 ? "client" : "server");
    EXPECT_MEM(ends[i]->alpn.data, ends[i]->alpn.len, want->alpn, strlen(want->alpn));
    EXPECT_INT(ends[i]->authentication, want->level);
    EXPECT_STR(ends[i]->downgrade_name, want->downgrade);
    if (want->group) {
      EXPECT_STR(ends[i]->group_name, want->group);
    }
  }
  EXPECT_UINT(stats.handshakes_velocity, is_velocity);
  EXPECT_UINT(stats.handshakes_downgraded, want->downgrade[0] != '\0');
  EXPECT_UINT(stats.policy_refusals, 0);
}

static void expect_refused(const row *want, const sim_client *client, const sim_server *server) {
  int is_policy = want->server_status == PQQ_ERR_POLICY_KEY_EXCHANGE ||
                  want->server_status == PQQ_ERR_POLICY_AUTHENTICATION;

  EXPECT(!client->is_connected);
  EXPECT_STR(pqq_err_name(client->close.status), pqq_err_name(want->client_status));
  EXPECT_INT(client->close.tls_alert, want->alert);
  EXPECT_INT(client->close.is_remote, 1);
  EXPECT_STR(pqq_err_name(server->close.status), pqq_err_name(want->server_status));
  EXPECT_INT(server->close.is_remote, 0);
  EXPECT_UINT(sim_stats(server->node.engine).policy_refusals, (uint64_t)is_policy);
  EXPECT_UINT(sim_stats(server->node.engine).handshakes_completed, 0);
}

/* spec: FS-9, FS-12, FS-13, FS-14, FS-15, FS-16, FS-17, FS-18, FS-19, HS-6, HS-7, HS-8 */
TEST("every pair of policies ends as it should, with the reason or the error on both ends") {
  for (size_t i = 0; i < COUNT(rows); i++) {
    const row *want = &rows[i];
    pqq_config_options of_server = options_of(&want->server), of_client = options_of(&want->client);
    pqq_address address = sim_server_address(), own = sim_address4(2, 5000);
    pqq_config *server_config = want->has_one ? sim_config(&of_server, want->identity)
                                              : sim_hybrid_config(&of_server, of_server.profile);
    pqq_config *client_config = sim_config(&of_client, SIM_IDENTITIES);
    sim_server server = {.node.out.delay_ns = SIM_DELAY_NS};
    sim_client client = {.node.out.delay_ns = SIM_DELAY_NS};
    sim *net = sim_new(harness_seed());

    NOTE("%s", want->name);
    sim_server_start(&server, net, server_config, &address, NULL);
    sim_client_start(&client, net, client_config, &own, &address);
    (void)sim_run(net, SIM_LONG, sim_client_is_settled, &client);
    sim_run_for(net, SIM_SECOND);
    if (want->alpn) {
      expect_connected(want, &client, &server);
    } else {
      expect_refused(want, &client, &server);
    }
    sim_client_stop(&client);
    sim_server_stop(&server);
    sim_free(net);
    pqq_config_unref(server_config);
    pqq_config_unref(client_config);
  }
}

TEST("a connection may require more than its configuration, and less only by saying so") {
  sim_setup setup = {.identity = SIM_MLDSA65};
  pqq_connect_options options = {.struct_size = sizeof options,
                                 .remote = sim_server_address(),
                                 .server_name = SIM_SERVER_NAME,
                                 .require_authentication = PQQ_REQUIRE_HYBRID};
  sim_pair pair;
  pqq_id conn;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair));
  EXPECT(pair.client.is_connected);
  EXPECT_INT(pqq_engine_connect(pair.client.node.engine, &options, sim_now(pair.net), &conn),
             PQQ_OK);
  pair.client.conn = conn;
  pair.client.is_closed = 0;
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_STR(pqq_err_name(pair.client.close.status), "PQQ_ERR_NO_SHARED_ALPN");
  options.require_authentication = 4;
  EXPECT_INT(pqq_engine_connect(pair.client.node.engine, &options, sim_now(pair.net), &conn),
             PQQ_ERR_INVALID_ARG);
  sim_pair_close(&pair);
}

/* spec: OV-12, CP-11 */
TEST("profiles of one's own meet on velocity/1") {
  static const uint16_t groups[] = {PQQ_GROUP_SECP256R1MLKEM768, PQQ_GROUP_X25519};
  static const uint16_t ciphers[] = {PQQ_CIPHER_CHACHA20_POLY1305_SHA256};
  static const uint16_t schemes[] = {PQQ_SCHEME_MLDSA65, PQQ_SCHEME_ECDSA_SECP256R1_SHA256};
  pqq_identity_source sources[2];
  pqq_config_options options = sim_options();
  sim_setup setup = {.server_options = &options, .client_options = &options};
  sim_pair pair;

  sim_hybrid_sources(PQQ_PROFILE_BALANCED, sources);
  options.profile = PQQ_PROFILE_CUSTOM;
  options.groups = groups;
  options.group_count = COUNT(groups);
  options.ciphers = ciphers;
  options.cipher_count = COUNT(ciphers);
  options.signature_schemes = schemes;
  options.signature_scheme_count = COUNT(schemes);
  options.identities = sources;
  options.identity_count = 2;
  setup.identity = SIM_IDENTITIES;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair));
  EXPECT_STR(pair.client.close_reason, "");
  EXPECT_INT(pair.client.info.authentication, PQQ_AUTH_HYBRID);
  EXPECT_INT(pair.client.info.profile, PQQ_PROFILE_CUSTOM);
  EXPECT_STR(pair.client.info.group_name, "SecP256r1MLKEM768");
  EXPECT_STR(pair.client.info.cipher_name, "TLS_CHACHA20_POLY1305_SHA256");
  sim_pair_close(&pair);
}
