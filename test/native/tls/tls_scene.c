/* SPDX-License-Identifier: MIT */
/* See tls_scene.h. */
#include "tls_scene.h"

#include <string.h>

#include "harness.h"

const fixture_spec tls_scene_leaf = {
    .common_name = "localhost", .dns = "localhost", .ip = "127.0.0.1"};

void tls_scene_init(tls_scene *scene, const char *root, const char *middle, const char *leaf,
                    const fixture_spec *spec) {
  memset(scene, 0, sizeof *scene);
  fixture_server_make(&scene->server, root, middle, leaf, spec);
  scene->source.cert_pem = fixture_bytes(scene->server.chain);
  scene->source.key_pem = fixture_bytes(scene->server.key);
  scene->server_options.identities = &scene->source;
  scene->server_options.identity_count = 1;
  /* The one that takes every identity. */
  scene->server_options.profile = PQQ_PROFILE_LIGHT;
  scene->client_options.ca_pem = fixture_bytes(scene->server.root);
}

void tls_scene_configure(tls_scene *scene) {
  EXPECT_INT(pqq__tls_config_new(&scene->server_options, &scene->server_config), PQQ_OK);
  EXPECT_INT(pqq__tls_config_new(&scene->client_options, &scene->client_config), PQQ_OK);
}

tls_pair *tls_scene_run(tls_scene *scene, const char *name, int sign_as_jobs) {
  tls_pair *pair;

  tls_scene_configure(scene);
  pair = tls_pair_new(scene->server_config, scene->client_config, name, sign_as_jobs);
  EXPECT(pair != NULL);
  (void)tls_pair_run(pair);
  return pair;
}

void tls_scene_clear(tls_scene *scene, tls_pair *pair) {
  tls_pair_free(pair);
  pqq__tls_config_free(scene->server_config);
  pqq__tls_config_free(scene->client_config);
  fixture_server_free(&scene->server);
}

void expect_done(const tls_pair *pair) {
  const char *client, *server;

  (void)pqq__tls_session_failure(pair->client.session, &client);
  (void)pqq__tls_session_failure(pair->server.session, &server);
  if (!pair->client.is_done || !pair->server.is_done) {
    FAIL("client: %s; server: %s", client, server);
  }
  EXPECT_STR(client, "");
  EXPECT_STR(server, "");
}

void expect_failure(const tls_side *side, pqq_status status, int alert, const char *text) {
  const char *reason;

  EXPECT_INT(pqq__tls_session_failure(side->session, &reason), status);
  EXPECT_INT(side->alert, alert);
  if (strstr(reason, text) == NULL) {
    FAIL("\"%s\" does not name \"%s\"", reason, text);
  }
}
