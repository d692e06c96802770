/* SPDX-License-Identifier: MIT */
/* Sites at configuration time: what they are called, whose names they have, and what is refused
 * with which words. */
#include "tls/site.h"

#include <string.h>

#include "fixtures.h"
#include "harness.h"
#include "tls/internal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void make(fixture_server *server, const char *algorithm, const char *dns) {
  fixture_server_make(server, algorithm, NULL, algorithm,
                      &(fixture_spec){.common_name = "leaf", .dns = dns});
}

static pqq_identity_source source_of(const fixture_server *server) {
  return (pqq_identity_source){.cert_pem = fixture_bytes(server->chain),
                               .key_pem = fixture_bytes(server->key)};
}

static size_t site_of(const pqq__tls_config *config, const char *name) {
  return pqq__name_table_find(&config->select.names,
                              (pqq_bytes){(const uint8_t *)name, strlen(name)});
}

TEST("sites take the names of their certificates, those before `sites` come first") {
  fixture_server own, other;
  pqq_identity_source first, second;
  pqq_site_source site = {.identities = &second, .identity_count = 1};
  pqq_config_options options = {
      .identities = &first, .identity_count = 1, .sites = &site, .site_count = 1};
  pqq__tls_config *config;

  make(&own, "P-256", "own.example");
  make(&other, "ML-DSA-65", "*.other.example");
  first = source_of(&own);
  second = source_of(&other);
  EXPECT_INT(pqq__tls_config_new(&options, &config), PQQ_OK);
  EXPECT_UINT(config->site_count, 2);
  EXPECT_UINT(site_of(config, "own.example"), 0);
  EXPECT_UINT(site_of(config, "a.other.example"), 1);
  EXPECT_STR(config->sites[1].label, "sites[0] (*.other.example)");
  EXPECT(config->select_sites[0].pq == NULL && config->select_sites[1].pq != NULL);
  EXPECT(config->refuses_misdirected);
  pqq__tls_config_free(config);
  fixture_server_free(&own);
  fixture_server_free(&other);
}

TEST("given names have to be DNS names that every certificate of the site has") {
  fixture_server pq, classical;
  pqq_identity_source pair[2];
  const char *name = "www.example";
  pqq_site_source site = {&name, 1, pair, 2};
  pqq_config_options options = {.sites = &site, .site_count = 1};
  pqq__tls_config *config;

  make(&pq, "ML-DSA-65", "www.example");
  make(&classical, "P-256", "*.elsewhere.example");
  pair[0] = source_of(&pq);
  pair[1] = source_of(&classical);
  fixture_expect_refused(&options, PQQ_ERR_INVALID_ARG,
                         "sites[0] (www.example): names[0]: www.example is");
  site.identity_count = 1;
  EXPECT_INT(pqq__tls_config_new(&options, &config), PQQ_OK);
  pqq__tls_config_free(config);
  name = "192.0.2.1";
  fixture_expect_refused(&options, PQQ_ERR_INVALID_ARG, "is no DNS name");
  name = "*.example";
  fixture_expect_refused(&options, PQQ_ERR_INVALID_ARG, "is no DNS name");
  name = NULL;
  fixture_expect_refused(&options, PQQ_ERR_INVALID_ARG, "is no DNS name");
  fixture_server_free(&pq);
  fixture_server_free(&classical);
}

TEST("a site nobody would get, a name of two sites and a site without identity are refused") {
  fixture_server one, same, nameless;
  pqq_identity_source sources[2];
  pqq_site_source sites[] = {{.identities = &sources[0], .identity_count = 1},
                             {.identities = &sources[1], .identity_count = 1}};
  pqq_config_options options = {.sites = sites, .site_count = 2};

  make(&one, "P-256", "www.example");
  make(&same, "P-256", "www.example");
  make(&nameless, "P-256", NULL);
  sources[0] = source_of(&one);
  sources[1] = source_of(&same);
  fixture_expect_refused(&options, PQQ_ERR_INVALID_ARG, "both have the name www.example");
  sources[1] = source_of(&nameless);
  fixture_expect_refused(&options, PQQ_ERR_INVALID_ARG, "sites[1]: no DNS name");
  sites[1].identity_count = 0;
  fixture_expect_refused(&options, PQQ_ERR_NO_IDENTITY, "sites[1] has no identity");
  options.site_count = PQQ__MAX_SITES + 1;
  fixture_expect_refused(&options, PQQ_ERR_INVALID_ARG, "4097 sites, at most 4096");
  options.sites = NULL;
  fixture_expect_refused(&options, PQQ_ERR_INVALID_ARG, "sites is NULL");
  fixture_server_free(&one);
  fixture_server_free(&same);
  fixture_server_free(&nameless);
}

TEST("what a profile or a policy wants is wanted of every site, and the message names the site") {
  fixture_server strong, weak;
  pqq_identity_source sources[2];
  pqq_site_source sites[] = {{.identities = &sources[0], .identity_count = 1},
                             {.identities = &sources[1], .identity_count = 1}};
  pqq_config_options options = {.sites = sites, .site_count = 2};

  make(&strong, "ML-DSA-65", "strong.example");
  make(&weak, "ML-DSA-44", "weak.example");
  sources[0] = source_of(&strong);
  sources[1] = source_of(&weak);
  fixture_expect_refused(&options, PQQ_ERR_PROFILE_IDENTITY,
                         "sites[1] (weak.example): identities[0]");
  fixture_server_free(&weak);
  make(&weak, "P-256", "weak.example");
  sources[1] = source_of(&weak);
  options.require_authentication = PQQ_REQUIRE_PQ;
  fixture_expect_refused(&options, PQQ_ERR_POLICY_CONFIG,
                         "sites[1] (weak.example): pq authentication");
  sources[1].key_pem = sources[0].key_pem;
  fixture_expect_refused(&options, PQQ_ERR_KEY_MISMATCH, "sites[1].identities[0].key");
  fixture_server_free(&strong);
  fixture_server_free(&weak);
}
