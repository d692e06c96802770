/* SPDX-License-Identifier: MIT */
/* What pqq__tls_config_new accepts and what it says to the rest. */
#include <stdlib.h>
#include <string.h>

#include "fixtures.h"
#include "harness.h"
#include "tls/internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const fixture_spec leaf_spec = {.common_name = "localhost", .dns = "localhost"};

TEST("an empty configuration has profile balanced, its groups and X25519, and neither side") {
  pqq_config_options options = {.struct_size = sizeof options};
  pqq__tls_config *config;
  pqq__tls_session *session;

  EXPECT_INT(pqq__tls_config_new(&options, &config), PQQ_OK);
  EXPECT_STR(config->profile->name, "balanced");
  EXPECT_UINT(config->group_count, 2);
  EXPECT_UINT(config->groups[0], PQQ_GROUP_X25519MLKEM768);
  EXPECT_UINT(config->groups[1], PQQ_GROUP_X25519);
  EXPECT_INT(pqq__tls_config_has_identity(config), 0);
  EXPECT_INT(pqq__tls_config_has_roots(config), 0);
  EXPECT(pqq__tls_session_new_server(config, NULL, 0) == NULL);
  EXPECT_INT(pqq__tls_session_new_client(config, NULL, "localhost", (pqq__policy){0, 0}, &session),
             PQQ_ERR_NO_ROOTS);
  pqq__tls_config_free(config);
  pqq__tls_config_free(NULL);
}

TEST("groups are taken as given, unknown and repeated ones are refused") {
  static const uint16_t all[] = {0x0200, 0x0201, 0x0202, 0x11eb, 0x11ec, 0x11ed, 0x1d, 0x17, 0x18};
  static const uint16_t unknown[] = {PQQ_GROUP_X25519, 0x0019};
  static const uint16_t twice[] = {PQQ_GROUP_X25519, PQQ_GROUP_X25519};
  pqq_config_options options = {.groups = all, .group_count = COUNT(all)};
  pqq__tls_config *config;

  EXPECT_INT(pqq__tls_config_new(&options, &config), PQQ_OK);
  EXPECT_MEM(config->groups, sizeof(uint16_t) * config->group_count, all, sizeof all);
  pqq__tls_config_free(config);
  options.groups = unknown;
  options.group_count = 2;
  fixture_expect_refused(&options, PQQ_ERR_GROUP_UNKNOWN, "groups[1] is 0x0019");
  options.groups = twice;
  fixture_expect_refused(&options, PQQ_ERR_INVALID_ARG, "X25519 is given twice");
  options.groups = NULL;
  fixture_expect_refused(&options, PQQ_ERR_INVALID_ARG, "groups is NULL");
}

TEST("options out of range are named") {
  pqq_config_options options = {.profile = 4};

  fixture_expect_refused(&options, PQQ_ERR_PROFILE_UNKNOWN, "profile is 4");
  options.profile = -1;
  fixture_expect_refused(&options, PQQ_ERR_PROFILE_UNKNOWN, "profile is -1");
  options.profile = 0;
  options.pq_on_h3 = 3;
  fixture_expect_refused(&options, PQQ_ERR_INVALID_ARG, "pq_on_h3 is 3");
  options.pq_on_h3 = 0;
  options.identity_count = 1;
  fixture_expect_refused(&options, PQQ_ERR_INVALID_ARG, "identities is NULL");
}

TEST("one ML-DSA and one ECDSA identity go together, two of a kind do not") {
  static const char *const kinds[] = {"ML-DSA-65", "P-256", "ML-DSA-44", "P-384"};
  fixture_server servers[COUNT(kinds)];
  pqq_identity_source sources[3];
  pqq_config_options options = {
      .profile = PQQ_PROFILE_LIGHT, .identities = sources, .identity_count = 2};
  pqq__tls_config *config;

  for (size_t i = 0; i < COUNT(kinds); i++) {
    fixture_server_make(&servers[i], kinds[i], NULL, kinds[i], &leaf_spec);
  }
  for (size_t i = 0; i < COUNT(kinds); i++) {
    for (size_t j = 0; j < COUNT(kinds); j++) {
      memset(sources, 0, sizeof sources);
      sources[0].cert_pem = fixture_bytes(servers[i].chain);
      sources[0].key_pem = fixture_bytes(servers[i].key);
      sources[1].cert_pem = fixture_bytes(servers[j].chain);
      sources[1].key_pem = fixture_bytes(servers[j].key);
      NOTE("%s and %s", kinds[i], kinds[j]);
      if (i % 2 == j % 2) {
        fixture_expect_refused(&options, PQQ_ERR_INVALID_ARG, "identities[1]");
        continue;
      }
      EXPECT_INT(pqq__tls_config_new(&options, &config), PQQ_OK);
      EXPECT_INT(pqq__tls_config_has_identity(config), 1);
      EXPECT_INT(config->select_sites[0].pq->is_pq, 1);
      EXPECT_INT(config->select_sites[0].classical->is_pq, 0);
      EXPECT_INT(config->select_sites[0].is_development, 0);
      pqq__tls_config_free(config);
    }
  }
  options.identity_count = 3;
  fixture_expect_refused(&options, PQQ_ERR_INVALID_ARG, "3 identities");
  for (size_t i = 0; i < COUNT(kinds); i++) {
    fixture_server_free(&servers[i]);
  }
}

TEST("anchors that cannot be read are CA_UNREADABLE") {
  pqq_config_options options = {.ca_file = "/nonexistent/ca.pem"};
  fixture_server server;

  fixture_expect_refused(&options, PQQ_ERR_CA_UNREADABLE, "/nonexistent/ca.pem");
  fixture_server_make(&server, "P-256", NULL, "P-256", &leaf_spec);
  options.ca_pem = fixture_bytes(server.root);
  fixture_expect_refused(&options, PQQ_ERR_CA_UNREADABLE, "not both");
  options.ca_file = NULL;
  options.ca_pem = fixture_bytes(server.key);
  fixture_expect_refused(&options, PQQ_ERR_CA_UNREADABLE, "found PRIVATE KEY");
  fixture_server_free(&server);
}

TEST("a failing identity leaves nothing behind and keeps its status") {
  fixture_server server;
  pqq_identity_source sources[2];
  pqq_config_options options = {.identities = sources, .identity_count = 2};

  fixture_server_make(&server, "ML-DSA-44", NULL, "ML-DSA-44", &leaf_spec);
  memset(sources, 0, sizeof sources);
  sources[0].cert_pem = fixture_bytes(server.chain);
  sources[0].key_pem = fixture_bytes(server.key);
  sources[1].cert_file = "/nonexistent/cert.pem";
  sources[1].key_file = "/nonexistent/key.pem";
  fixture_expect_refused(&options, PQQ_ERR_CERT_UNREADABLE, "/nonexistent/cert.pem");
  fixture_server_free(&server);
}
