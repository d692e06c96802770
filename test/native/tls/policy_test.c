/* SPDX-License-Identifier: MIT */
/* What a client offers under a policy, and which policies cannot be met. */
#include "tls/policy.h"

#include <stdlib.h>
#include <string.h>

#include <pqq/error.h>

#include "fixtures.h"
#include "harness.h"
#include "tls/internal.h"

static const fixture_spec leaf_spec = {.common_name = "localhost", .dns = "localhost"};

/* A client that trusts roots of these algorithms; NULL: none of that kind. */
static pqq__tls_config *make_client(const char *pq_root, const char *classical_root,
                                    pqq_config_options options) {
  const char *const algorithms[2] = {pq_root, classical_root};
  pqq__tls_config *config = NULL;
  char text[20000] = "";

  for (int i = 0; i < 2; i++) {
    fixture_server server;

    if (algorithms[i] != NULL) {
      fixture_server_make(&server, algorithms[i], NULL, algorithms[i], &leaf_spec);
      EXPECT(strlen(text) + strlen(server.root) < sizeof text);
      strcat(text, server.root);
      fixture_server_free(&server);
    }
  }
  options.ca_pem = fixture_bytes(text);
  EXPECT_INT(pqq__tls_config_new(&options, &config), PQQ_OK);
  return config;
}

static pqq__offer offer_under(const pqq__tls_config *config, int32_t key_exchange,
                              int32_t authentication) {
  pqq__offer offer;
  pqq__policy policy = {key_exchange, authentication};

  EXPECT_INT(pqq__offer_make(config, &policy, &offer), PQQ_OK);
  return offer;
}

static void expect_impossible(const pqq__tls_config *config, int32_t key_exchange,
                              int32_t authentication, const char *says) {
  pqq__offer offer;
  pqq__policy policy = {key_exchange, authentication};

  EXPECT_INT(pqq__offer_make(config, &policy, &offer), PQQ_ERR_POLICY_CONFIG);
  if (strstr(pqq_error_detail(), says) == NULL) {
    FAIL("\"%s\" does not say \"%s\"", pqq_error_detail(), says);
  }
}

static int has_classical_scheme(const pqq__offer *offer) {
  for (size_t i = 0; i < offer->scheme_count; i++) {
    if (!pqq__signature_scheme_find(offer->schemes[i])->is_pq) {
      return 1;
    }
  }
  return 0;
}

/* spec: HS-1, HS-3, HS-5, HS-6, HS-7, PC-1, OV-15, OV-16, OV-17 */
TEST("any offers both protocols, hybrid velocity/1 alone, pq h3 with ML-DSA alone") {
  pqq__tls_config *config = make_client("ML-DSA-65", "P-256", (pqq_config_options){0});
  pqq__offer offer = offer_under(config, PQQ_REQUIRE_ANY, PQQ_REQUIRE_ANY);

  EXPECT(offer.has_velocity && offer.has_h3 && has_classical_scheme(&offer));
  EXPECT_UINT(offer.commitment.count, 1);
  EXPECT_UINT(offer.commitment.profiles[0], PQQ_PROFILE_BALANCED);
  offer = offer_under(config, PQQ_REQUIRE_ANY, PQQ_REQUIRE_HYBRID);
  EXPECT(offer.has_velocity && !offer.has_h3 && has_classical_scheme(&offer));
  offer = offer_under(config, PQQ_REQUIRE_ANY, PQQ_REQUIRE_PQ);
  EXPECT(!offer.has_velocity && offer.has_h3 && !has_classical_scheme(&offer));
  EXPECT_UINT(offer.scheme_count, 3);
  pqq__tls_config_free(config);
}

/* spec: HS-8 */
TEST("a required key exchange leaves no classical group in the offer") {
  static const uint16_t groups[] = {PQQ_GROUP_X25519, PQQ_GROUP_MLKEM768, PQQ_GROUP_X25519MLKEM768};
  pqq__tls_config *config =
      make_client("ML-DSA-65", "P-256", (pqq_config_options){.groups = groups, .group_count = 3});
  pqq__offer offer = offer_under(config, PQQ_REQUIRE_ANY, PQQ_REQUIRE_ANY);

  EXPECT_UINT(offer.group_count, 3);
  offer = offer_under(config, PQQ_REQUIRE_PQ, PQQ_REQUIRE_ANY);
  EXPECT_UINT(offer.group_count, 2);
  EXPECT_UINT(offer.groups[0], PQQ_GROUP_MLKEM768);
  offer = offer_under(config, PQQ_REQUIRE_HYBRID, PQQ_REQUIRE_ANY);
  EXPECT_UINT(offer.group_count, 1);
  EXPECT_UINT(offer.groups[0], PQQ_GROUP_X25519MLKEM768);
  pqq__tls_config_free(config);
}

/* spec: HS-2, OV-19 */
TEST("velocity/1 is offered only with anchors of both kinds and a group of the profile") {
  static const uint16_t classical[] = {PQQ_GROUP_X25519};
  pqq__tls_config *config = make_client("ML-DSA-65", NULL, (pqq_config_options){0});

  EXPECT(!offer_under(config, PQQ_REQUIRE_ANY, PQQ_REQUIRE_ANY).has_velocity);
  expect_impossible(config, PQQ_REQUIRE_ANY, PQQ_REQUIRE_HYBRID, "a classical key");
  pqq__tls_config_free(config);

  config = make_client(NULL, "P-256", (pqq_config_options){0});
  EXPECT(!offer_under(config, PQQ_REQUIRE_ANY, PQQ_REQUIRE_ANY).has_velocity);
  expect_impossible(config, PQQ_REQUIRE_ANY, PQQ_REQUIRE_HYBRID, "an ML-DSA key");
  expect_impossible(config, PQQ_REQUIRE_ANY, PQQ_REQUIRE_PQ, "ML-DSA key: add the root");
  pqq__tls_config_free(config);

  config = make_client("ML-DSA-65", "P-256",
                       (pqq_config_options){.groups = classical, .group_count = 1});
  EXPECT(!offer_under(config, PQQ_REQUIRE_ANY, PQQ_REQUIRE_ANY).has_velocity);
  expect_impossible(config, PQQ_REQUIRE_ANY, PQQ_REQUIRE_HYBRID, "add X25519MLKEM768");
  expect_impossible(config, PQQ_REQUIRE_PQ, PQQ_REQUIRE_ANY, "add X25519MLKEM768 to groups");
  pqq__tls_config_free(config);

  config = make_client("ML-DSA-65", "P-256", (pqq_config_options){.disable_velocity = 1});
  EXPECT(!offer_under(config, PQQ_REQUIRE_ANY, PQQ_REQUIRE_ANY).has_velocity);
  expect_impossible(config, PQQ_REQUIRE_ANY, PQQ_REQUIRE_HYBRID, "disabled");
  pqq__tls_config_free(config);
}

/* spec: PC-4 */
TEST("a profile that no offered group belongs to is not committed to") {
  static const uint16_t groups[] = {PQQ_GROUP_X25519MLKEM768};
  static const int32_t profiles[] = {PQQ_PROFILE_SECURE, PQQ_PROFILE_BALANCED};
  pqq__tls_config *config = make_client(
      "ML-DSA-65", "P-256",
      (pqq_config_options){
          .groups = groups, .group_count = 1, .profiles = profiles, .profile_count = 2});
  pqq__offer offer = offer_under(config, PQQ_REQUIRE_ANY, PQQ_REQUIRE_ANY);

  EXPECT_UINT(offer.commitment.count, 1);
  EXPECT_UINT(offer.commitment.profiles[0], PQQ_PROFILE_BALANCED);
  pqq__tls_config_free(config);
}

TEST("several profiles are offered in the order given, with the groups of all") {
  static const int32_t profiles[] = {PQQ_PROFILE_SECURE, PQQ_PROFILE_BALANCED};
  pqq__tls_config *config = make_client(
      "ML-DSA-65", "P-256", (pqq_config_options){.profiles = profiles, .profile_count = 2});
  pqq__offer offer = offer_under(config, PQQ_REQUIRE_ANY, PQQ_REQUIRE_ANY);

  EXPECT_UINT(offer.commitment.count, 2);
  EXPECT_UINT(offer.commitment.profiles[0], PQQ_PROFILE_SECURE);
  EXPECT_UINT(offer.commitment.profiles[1], PQQ_PROFILE_BALANCED);
  EXPECT_UINT(offer.groups[0], PQQ_GROUP_SECP384R1MLKEM1024);
  EXPECT_UINT(offer.groups[1], PQQ_GROUP_X25519MLKEM768);
  EXPECT_UINT(offer.groups[2], PQQ_GROUP_X25519);
  pqq__tls_config_free(config);
}

/* spec: OV-19 */
TEST("a client configuration whose policy cannot be met is refused when it is made") {
  fixture_server server;
  pqq_config_options options = {.require_authentication = PQQ_REQUIRE_HYBRID};
  pqq__tls_config *config = NULL;

  fixture_server_make(&server, "P-256", NULL, "P-256", &leaf_spec);
  options.ca_pem = fixture_bytes(server.root);
  EXPECT_INT(pqq__tls_config_new(&options, &config), PQQ_ERR_POLICY_CONFIG);
  EXPECT(config == NULL);
  fixture_server_free(&server);
}
