/* SPDX-License-Identifier: MIT */
/* One server identity with its root, the two configurations made from them, and
 * what every handshake test does with them. */
#ifndef PQQ_TEST_TLS_SCENE_H
#define PQQ_TEST_TLS_SCENE_H

#include "fixtures.h"
#include "tls_pair.h"

typedef struct tls_scene {
  fixture_server server;
  pqq_identity_source source;
  /* Changed by a test between tls_scene_init and tls_scene_run. */
  pqq_config_options server_options;
  pqq_config_options client_options;
  pqq__tls_config *server_config;
  pqq__tls_config *client_config;
} tls_scene;

/* A leaf for localhost and 127.0.0.1. */
extern const fixture_spec tls_scene_leaf;

/* Algorithms as in fixture_server_make. */
void tls_scene_init(tls_scene *scene, const char *root, const char *middle, const char *leaf,
                    const fixture_spec *spec);
/* Makes the configurations. */
void tls_scene_configure(tls_scene *scene);
/* tls_scene_configure, then a handshake that asks for `name`. */
tls_pair *tls_scene_run(tls_scene *scene, const char *name, int sign_as_jobs);
/* Frees all but the struct; `pair` may be NULL. */
void tls_scene_clear(tls_scene *scene, tls_pair *pair);

/* Both sides are done and neither has a complaint. */
void expect_done(const tls_pair *pair);
/* `side` fails with `status` and `alert`, and the reason names `text`. */
void expect_failure(const tls_side *side, pqq_status status, int alert, const char *text);

#endif
