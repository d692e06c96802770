/* SPDX-License-Identifier: MIT */
/* Identities and policies of a server that are refused at start, with the fix. */
#include <string.h>

#include <pqq/error.h>

#include "fixtures.h"
#include "harness.h"
#include "tls/internal.h"

static const fixture_spec leaf_spec = {.common_name = "localhost", .dns = "localhost"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One or two identities, each as root and leaf algorithm. */
struct pair {
  fixture_server made[2];
  pqq_identity_source sources[2];
  size_t count;
};

static void make_pair(struct pair *pair, const char *root, const char *leaf,
                      const char *second_root, const char *second_leaf) {
  memset(pair, 0, sizeof *pair);
  fixture_server_make(&pair->made[0], root, NULL, leaf, &leaf_spec);
  pair->count = 1;
  if (second_root != NULL) {
    fixture_server_make(&pair->made[1], second_root, NULL, second_leaf, &leaf_spec);
    pair->count = 2;
  }
  for (size_t i = 0; i < pair->count; i++) {
    pair->sources[i].cert_pem = fixture_bytes(pair->made[i].chain);
    pair->sources[i].key_pem = fixture_bytes(pair->made[i].key);
  }
}

static void free_pair(struct pair *pair) {
  for (size_t i = 0; i < pair->count; i++) {
    fixture_server_free(&pair->made[i]);
  }
}

static void expect(const struct pair *pair, pqq_config_options options, pqq_status status,
                   const char *says) {
  pqq__tls_config *config = NULL;

  options.identities = pair->sources;
  options.identity_count = pair->count;
  EXPECT_STR(pqq_err_name(pqq__tls_config_new(&options, &config)), pqq_err_name(status));
  if (status != PQQ_OK && strstr(pqq_error_detail(), says) == NULL) {
    FAIL("\"%s\" does not say \"%s\"", pqq_error_detail(), says);
  }
  pqq__tls_config_free(config);
}

/* spec: OV-11, OV-13 */
TEST("an identity weaker than the profile is PROFILE_IDENTITY, a stronger one is fine") {
  static const struct {
    int32_t profile;
    const char *leaf;
    const char *needs;
  } rows[] = {
      {PQQ_PROFILE_SECURE, "ML-DSA-44", "ML-DSA-87"},
      {PQQ_PROFILE_SECURE, "ML-DSA-65", "ML-DSA-87"},
      {PQQ_PROFILE_SECURE, "P-256", "ECDSA P-384"},
      {PQQ_PROFILE_BALANCED, "ML-DSA-44", "ML-DSA-65"},
      {PQQ_PROFILE_BALANCED, "ML-DSA-87", NULL},
      {PQQ_PROFILE_BALANCED, "P-384", NULL},
      {PQQ_PROFILE_LIGHT, "ML-DSA-44", NULL},
      {PQQ_PROFILE_SECURE, "P-384", NULL},
  };

  for (size_t i = 0; i < COUNT(rows); i++) {
    struct pair pair;

    NOTE("profile %d, %s", rows[i].profile, rows[i].leaf);
    make_pair(&pair, rows[i].leaf, rows[i].leaf, NULL, NULL);
    expect(&pair, (pqq_config_options){.profile = rows[i].profile},
           rows[i].needs != NULL ? PQQ_ERR_PROFILE_IDENTITY : PQQ_OK,
           rows[i].needs != NULL ? rows[i].needs : "");
    free_pair(&pair);
  }
}

/* spec: OV-14 */
TEST("two identities that could not prove two things are refused, unless velocity/1 is off") {
  static const struct {
    const char *pq_root, *classical_root;
    pqq_status status;
    const char *says;
  } rows[] = {
      {"ML-DSA-65", "P-256", PQQ_OK, ""},
      {"P-384", "P-256", PQQ_ERR_CHAIN_CROSSED,
       "the ML-DSA identity has a certificate signed with"},
      {"ML-DSA-65", "ML-DSA-87", PQQ_ERR_CHAIN_CROSSED,
       "the classical identity has a certificate signed with ML-DSA"},
      {"ML-DSA-65", "ML-DSA-65", PQQ_ERR_SHARED_ROOT, "issue the classical one"},
      {"P-256", "P-256", PQQ_ERR_SHARED_ROOT, "issue the ML-DSA one"},
  };

  for (size_t i = 0; i < COUNT(rows); i++) {
    struct pair pair;

    NOTE("ML-DSA under %s, ECDSA under %s", rows[i].pq_root, rows[i].classical_root);
    make_pair(&pair, rows[i].pq_root, "ML-DSA-65", rows[i].classical_root, "P-256");
    expect(&pair, (pqq_config_options){0}, rows[i].status, rows[i].says);
    expect(&pair, (pqq_config_options){.disable_velocity = 1}, PQQ_OK, "");
    free_pair(&pair);
  }
}

/* spec: OV-19 */
TEST("a policy that the identities cannot keep is POLICY_CONFIG") {
  static const uint16_t classical[] = {PQQ_GROUP_X25519};
  struct pair pair;

  make_pair(&pair, "ML-DSA-65", "ML-DSA-65", NULL, NULL);
  expect(&pair, (pqq_config_options){.require_authentication = PQQ_REQUIRE_HYBRID},
         PQQ_ERR_POLICY_CONFIG, "two identities");
  expect(&pair, (pqq_config_options){.require_authentication = PQQ_REQUIRE_PQ}, PQQ_OK, "");
  expect(&pair,
         (pqq_config_options){
             .require_key_exchange = PQQ_REQUIRE_PQ, .groups = classical, .group_count = 1},
         PQQ_ERR_POLICY_CONFIG, "X25519MLKEM768");
  expect(&pair, (pqq_config_options){.require_client_authentication = PQQ_REQUIRE_ANY},
         PQQ_ERR_POLICY_CONFIG, "give ca");
  free_pair(&pair);

  make_pair(&pair, "P-256", "ML-DSA-65", NULL, NULL);
  expect(&pair, (pqq_config_options){.require_authentication = PQQ_REQUIRE_PQ},
         PQQ_ERR_POLICY_CONFIG, "ML-DSA root");
  free_pair(&pair);

  make_pair(&pair, "ML-DSA-65", "ML-DSA-65", "P-256", "P-256");
  expect(&pair, (pqq_config_options){.require_authentication = PQQ_REQUIRE_HYBRID}, PQQ_OK, "");
  expect(&pair,
         (pqq_config_options){.require_authentication = PQQ_REQUIRE_HYBRID, .disable_velocity = 1},
         PQQ_ERR_POLICY_CONFIG, "disabled");
  expect(&pair,
         (pqq_config_options){
             .require_authentication = PQQ_REQUIRE_HYBRID, .groups = classical, .group_count = 1},
         PQQ_ERR_POLICY_CONFIG, "none of the profile's");
  free_pair(&pair);
}

/* spec: OV-12 */
TEST("client authentication needs anchors of the kinds that clients have to prove") {
  static const struct {
    int32_t require;
    size_t anchors;
    pqq_status status;
    const char *says;
  } rows[] = {
      {PQQ_REQUIRE_ANY, 1, PQQ_OK, ""},
      {PQQ_REQUIRE_PQ, 1, PQQ_OK, ""},
      {PQQ_REQUIRE_PQ, 2, PQQ_ERR_POLICY_CONFIG, "an ML-DSA key"},
      {PQQ_REQUIRE_HYBRID, 1, PQQ_ERR_POLICY_CONFIG, "a classical key"},
      {PQQ_REQUIRE_HYBRID, 2, PQQ_ERR_POLICY_CONFIG, "an ML-DSA key"},
  };
  struct pair pair;

  make_pair(&pair, "ML-DSA-65", "ML-DSA-65", "P-256", "P-256");
  for (size_t i = 0; i < COUNT(rows); i++) {
    pqq_config_options options = {.identities = pair.sources,
                                  .identity_count = 2,
                                  .require_client_authentication = rows[i].require};
    pqq__tls_config *config = NULL;

    NOTE("row %zu", i);
    options.ca_pem = fixture_bytes(pair.made[rows[i].anchors - 1].root);
    EXPECT_INT(pqq__tls_config_new(&options, &config), PQQ_OK);
    EXPECT_STR(pqq_err_name(pqq__tls_config_check_server(config)), pqq_err_name(rows[i].status));
    if (rows[i].status != PQQ_OK) {
      EXPECT(strstr(pqq_error_detail(), rows[i].says) != NULL);
    }
    pqq__tls_config_free(config);
  }
  free_pair(&pair);
}

TEST("a custom profile takes its algorithms by number and nothing else") {
  static const uint16_t groups[] = {PQQ_GROUP_MLKEM1024, PQQ_GROUP_SECP384R1};
  static const uint16_t ciphers[] = {PQQ_CIPHER_AES_256_GCM_SHA384};
  static const uint16_t schemes[] = {PQQ_SCHEME_MLDSA87, PQQ_SCHEME_ECDSA_SECP384R1_SHA384};
  static const uint16_t unknown[] = {0x1399};
  pqq_config_options options = {.profile = PQQ_PROFILE_CUSTOM,
                                .groups = groups,
                                .group_count = 2,
                                .ciphers = ciphers,
                                .cipher_count = 1,
                                .signature_schemes = schemes,
                                .signature_scheme_count = 2};
  struct pair pair;
  pqq__tls_config *config;

  make_pair(&pair, "ML-DSA-87", "ML-DSA-87", "P-384", "P-384");
  options.identities = pair.sources;
  options.identity_count = 2;
  EXPECT_INT(pqq__tls_config_new(&options, &config), PQQ_OK);
  EXPECT_INT(config->profile->id, PQQ_PROFILE_CUSTOM);
  EXPECT(pqq__profile_has_group(config->profile, PQQ_GROUP_MLKEM1024));
  EXPECT(!pqq__profile_has_group(config->profile, PQQ_GROUP_SECP384R1));
  EXPECT_UINT(config->scheme_count, 2);
  pqq__tls_config_free(config);
  options.ciphers = unknown;
  expect(&pair, options, PQQ_ERR_INVALID_ARG, "0x1399");
  options.cipher_count = 0;
  expect(&pair, options, PQQ_ERR_INVALID_ARG, "groups, ciphers and signature_schemes");
  options.profile = PQQ_PROFILE_SECURE;
  expect(&pair, options, PQQ_ERR_INVALID_ARG, "for profile custom");
  free_pair(&pair);

  make_pair(&pair, "ML-DSA-65", "ML-DSA-65", NULL, NULL);
  options.profile = PQQ_PROFILE_CUSTOM;
  options.ciphers = ciphers;
  options.cipher_count = 1;
  expect(&pair, options, PQQ_ERR_PROFILE_IDENTITY, "ML-DSA-87 or stronger");
  free_pair(&pair);
}
