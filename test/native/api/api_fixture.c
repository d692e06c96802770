/* SPDX-License-Identifier: MIT */
#include "api/api_fixture.h"

#include "harness.h"

static const char *const names[] = {"localhost", "127.0.0.1", "::1"};

const pqq_dev_identity *fixture_identity(void) {
  static pqq_dev_identity *identity;

  if (identity == NULL) {
    EXPECT_INT(pqq_init(), PQQ_OK);
    EXPECT_INT(pqq_dev_identity_new(PQQ_PROFILE_BALANCED, names, 3, 1, &identity), PQQ_OK);
  }
  return identity;
}

pqq_config_options fixture_options(void) {
  static pqq_identity_source sources[2];
  const pqq_dev_identity *identity = fixture_identity();
  pqq_config_options options;

  sources[0] =
      (pqq_identity_source){.cert_pem = identity->pq_cert_pem, .key_pem = identity->pq_key_pem};
  sources[1] = (pqq_identity_source){.cert_pem = identity->classical_cert_pem,
                                     .key_pem = identity->classical_key_pem};
  EXPECT_INT(pqq_config_options_init(&options, sizeof options), PQQ_OK);
  options.identities = sources;
  options.identity_count = 2;
  options.ca_pem = identity->ca_pem;
  return options;
}

pqq_config *fixture_config(void) {
  pqq_config_options options = fixture_options();
  pqq_config *config = NULL;

  EXPECT_INT(pqq_config_new(&options, &config), PQQ_OK);
  return config;
}

pqq_config *fixture_stranger(void) {
  pqq_dev_identity *other = NULL;
  pqq_config_options options;
  pqq_config *config = NULL;

  EXPECT_INT(pqq_init(), PQQ_OK);
  EXPECT_INT(pqq_dev_identity_new(PQQ_PROFILE_LIGHT, names, 1, 1, &other), PQQ_OK);
  EXPECT_INT(pqq_config_options_init(&options, sizeof options), PQQ_OK);
  options.ca_pem = other->ca_pem;
  EXPECT_INT(pqq_config_new(&options, &config), PQQ_OK);
  pqq_dev_identity_free(other);
  return config;
}
