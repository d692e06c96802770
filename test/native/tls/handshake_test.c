/* SPDX-License-Identifier: MIT */
/* Whole TLS handshakes between two sessions: what is negotiated with each
 * identity and group, signing in line and by jobs, and a server that refuses. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "tls/alert.h"
#include "tls_scene.h"

struct algorithm {
  const char *leaf;
  const char *signature;
  const char *key_name;
  uint16_t scheme;
  int authentication;
};

static const struct algorithm algorithms[] = {
    {"P-256", "ecdsa_secp256r1_sha256", "ECDSA P-256", 0x0403, PQQ_AUTH_CLASSICAL},
    {"P-384", "ecdsa_secp384r1_sha384", "ECDSA P-384", 0x0503, PQQ_AUTH_CLASSICAL},
    {"ML-DSA-44", "ML-DSA-44", "ML-DSA-44", 0x0904, PQQ_AUTH_PQ},
    {"ML-DSA-65", "ML-DSA-65", "ML-DSA-65", 0x0905, PQQ_AUTH_PQ},
    {"ML-DSA-87", "ML-DSA-87", "ML-DSA-87", 0x0906, PQQ_AUTH_PQ},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void expect_info(const tls_side *side, const struct algorithm *algorithm) {
  pqq_connection_info info;

  memset(&info, 0, sizeof info);
  pqq__tls_session_info(side->session, &info);
  EXPECT_STR(info.group_name, "X25519MLKEM768");
  EXPECT_UINT(info.group, PQQ_GROUP_X25519MLKEM768);
  EXPECT_INT(info.is_pq_key_exchange, 1);
  EXPECT_INT(info.is_hybrid_key_exchange, 1);
  EXPECT_UINT(info.signature, algorithm->scheme);
  EXPECT_STR(info.signature_name, algorithm->signature);
  EXPECT_STR(info.cipher_name, "TLS_AES_128_GCM_SHA256");
  EXPECT_MEM(info.alpn.data, info.alpn.len, "h3", 2);
  EXPECT_MEM(info.server_name.data, info.server_name.len, "localhost", 9);
  EXPECT_INT(info.authentication, algorithm->authentication);
  EXPECT_INT(info.profile, side->ssl != NULL && SSL_is_server(side->ssl) ? PQQ_PROFILE_LIGHT
                                                                         : PQQ_PROFILE_BALANCED);
  EXPECT_UINT(info.certificate_count, 1);
  EXPECT_STR(info.certificates[0].algorithm, algorithm->key_name);
  EXPECT(info.certificates[0].der.len > 200);
}

TEST("every identity completes a handshake and both sides report the same") {
  for (size_t i = 0; i < COUNT(algorithms); i++) {
    tls_scene scene;
    tls_pair *pair;

    NOTE("%s", algorithms[i].leaf);
    tls_scene_init(&scene, algorithms[i].leaf, NULL, algorithms[i].leaf, &tls_scene_leaf);
    pair = tls_scene_run(&scene, "localhost", 0);
    expect_done(pair);
    EXPECT_INT(pair->jobs, 0);
    expect_info(&pair->client, &algorithms[i]);
    expect_info(&pair->server, &algorithms[i]);
    tls_scene_clear(&scene, pair);
  }
}

TEST("a signing job completes the handshake, after a spurious continuation too") {
  for (size_t i = 0; i < COUNT(algorithms); i++) {
    tls_scene scene;
    tls_pair *pair;

    NOTE("%s", algorithms[i].leaf);
    tls_scene_init(&scene, algorithms[i].leaf, NULL, algorithms[i].leaf, &tls_scene_leaf);
    pair = tls_scene_run(&scene, "localhost", 1);
    expect_done(pair);
    EXPECT_INT(pair->jobs, 1);
    tls_scene_clear(&scene, pair);
  }
}

TEST("a job outlives its session and its configuration") {
  tls_scene scene;
  tls_pair *pair;
  pqq_job *job;

  tls_scene_init(&scene, "ML-DSA-44", NULL, "ML-DSA-44", &tls_scene_leaf);
  tls_scene_configure(&scene);
  pair = tls_pair_new(scene.server_config, scene.client_config, "localhost", 1);
  (void)SSL_do_handshake(pair->client.ssl);
  EXPECT_INT(SSL_provide_quic_data(pair->server.ssl, ssl_encryption_initial, pair->client.data[0],
                                   pair->client.len[0]),
             1);
  EXPECT_INT(SSL_do_handshake(pair->server.ssl), -1);
  EXPECT_INT(SSL_get_error(pair->server.ssl, -1), SSL_ERROR_WANT_PRIVATE_KEY_OPERATION);
  job = pqq__tls_session_take_job(pair->server.session);
  EXPECT(job != NULL);
  pqq__tls_job_set_conn(job, 42);
  tls_scene_clear(&scene, pair);
  EXPECT_UINT(pqq__tls_job_conn(job), 42);
  pqq__tls_job_run(job);
  pqq__tls_job_free(job);
}

TEST("a job that was not run fails the handshake with SIGN_FAILED") {
  tls_scene scene;
  tls_pair *pair;
  pqq_job *job;

  tls_scene_init(&scene, "P-256", NULL, "P-256", &tls_scene_leaf);
  tls_scene_configure(&scene);
  pair = tls_pair_new(scene.server_config, scene.client_config, "localhost", 1);
  (void)SSL_do_handshake(pair->client.ssl);
  (void)SSL_provide_quic_data(pair->server.ssl, ssl_encryption_initial, pair->client.data[0],
                              pair->client.len[0]);
  (void)SSL_do_handshake(pair->server.ssl);
  job = pqq__tls_session_take_job(pair->server.session);
  pqq__tls_session_put_result(pair->server.session, job);
  pqq__tls_job_free(job);
  EXPECT_INT(SSL_do_handshake(pair->server.ssl), -1);
  expect_failure(&pair->server, PQQ_ERR_SIGN_FAILED, PQQ__ALERT_INTERNAL_ERROR, "ECDSA P-256");
  tls_scene_clear(&scene, pair);
}

/* Every group that libpqq has a number for, alone on both sides. */
TEST("every group works when both sides name it") {
  static const struct {
    uint16_t id;
    int is_pq, is_hybrid;
  } groups[] = {
      {PQQ_GROUP_X25519MLKEM768, 1, 1},
      {PQQ_GROUP_SECP256R1MLKEM768, 1, 1},
      {PQQ_GROUP_SECP384R1MLKEM1024, 1, 1},
      {PQQ_GROUP_MLKEM512, 1, 0},
      {PQQ_GROUP_MLKEM768, 1, 0},
      {PQQ_GROUP_MLKEM1024, 1, 0},
      {PQQ_GROUP_X25519, 0, 0},
      {PQQ_GROUP_SECP256R1, 0, 0},
      {PQQ_GROUP_SECP384R1, 0, 0},
  };

  for (size_t i = 0; i < COUNT(groups); i++) {
    tls_scene scene;
    pqq_connection_info info;
    tls_pair *pair;

    NOTE("group 0x%04x", groups[i].id);
    tls_scene_init(&scene, "P-256", NULL, "P-256", &tls_scene_leaf);
    scene.server_options.groups = scene.client_options.groups = &groups[i].id;
    scene.server_options.group_count = scene.client_options.group_count = 1;
    pair = tls_scene_run(&scene, "localhost", 0);
    expect_done(pair);
    EXPECT_INT(pair->client_hellos, 1);
    pqq__tls_session_info(pair->client.session, &info);
    EXPECT_UINT(info.group, groups[i].id);
    EXPECT_INT(info.is_pq_key_exchange, groups[i].is_pq);
    EXPECT_INT(info.is_hybrid_key_exchange, groups[i].is_hybrid);
    tls_scene_clear(&scene, pair);
  }
}

TEST("a client that supports X25519MLKEM768 gets it even if it sent other shares only") {
  /* AWS-LC sends a share of the first group and one of the other kind. */
  static const uint16_t x25519_first[] = {PQQ_GROUP_X25519, PQQ_GROUP_SECP256R1MLKEM768,
                                          PQQ_GROUP_X25519MLKEM768};

  for (int sign_as_jobs = 0; sign_as_jobs < 2; sign_as_jobs++) {
    tls_scene scene;
    pqq_connection_info info;
    tls_pair *pair;

    tls_scene_init(&scene, "ML-DSA-65", NULL, "ML-DSA-65", &tls_scene_leaf);
    scene.client_options.groups = x25519_first;
    scene.client_options.group_count = COUNT(x25519_first);
    pair = tls_scene_run(&scene, "localhost", sign_as_jobs);
    expect_done(pair);
    pqq__tls_session_info(pair->server.session, &info);
    EXPECT_STR(info.group_name, "X25519MLKEM768");
    EXPECT_INT(pair->client_hellos, 2);
    tls_scene_clear(&scene, pair);
  }
}

TEST("a client with X25519 alone gets it without a retry") {
  static const uint16_t classical[] = {PQQ_GROUP_X25519, PQQ_GROUP_SECP256R1};
  tls_scene scene;
  pqq_connection_info info;
  tls_pair *pair;

  tls_scene_init(&scene, "ML-DSA-65", NULL, "ML-DSA-65", &tls_scene_leaf);
  scene.client_options.groups = classical;
  scene.client_options.group_count = COUNT(classical);
  pair = tls_scene_run(&scene, "localhost", 0);
  expect_done(pair);
  pqq__tls_session_info(pair->client.session, &info);
  EXPECT_STR(info.group_name, "X25519");
  EXPECT_INT(info.is_pq_key_exchange, 0);
  EXPECT_INT(pair->client_hellos, 1);
  tls_scene_clear(&scene, pair);
}

TEST("the server prefers AES-128 whatever the client's order, and secure takes AES-256") {
  tls_scene scene;
  pqq_connection_info info;
  tls_pair *pair;

  tls_scene_init(&scene, "P-384", NULL, "P-384", &tls_scene_leaf);
  tls_scene_configure(&scene);
  pair = tls_pair_new(scene.server_config, scene.client_config, "localhost", 0);
  EXPECT_INT(SSL_set_ciphersuites(pair->client.ssl,
                                  "TLS_CHACHA20_POLY1305_SHA256:"
                                  "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"),
             1);
  (void)tls_pair_run(pair);
  expect_done(pair);
  pqq__tls_session_info(pair->client.session, &info);
  EXPECT_STR(info.cipher_name, "TLS_AES_128_GCM_SHA256");
  tls_pair_free(pair);
  pqq__tls_config_free(scene.server_config);
  pqq__tls_config_free(scene.client_config);

  scene.server_options.profile = scene.client_options.profile = PQQ_PROFILE_SECURE;
  pair = tls_scene_run(&scene, "localhost", 0);
  expect_done(pair);
  pqq__tls_session_info(pair->client.session, &info);
  EXPECT_STR(info.cipher_name, "TLS_AES_256_GCM_SHA384");
  EXPECT_STR(info.group_name, "SecP384r1MLKEM1024");
  EXPECT_INT(info.profile, PQQ_PROFILE_SECURE);
  tls_scene_clear(&scene, pair);
}

TEST("a client without an acceptable group, scheme, protocol or cipher gets its alert") {
  static const uint16_t p256_only[] = {PQQ_GROUP_SECP256R1};
  static const uint16_t ed25519_only[] = {0x0807};
  static const uint8_t h2_only[] = {2, 'h', '2'};
  tls_scene scene;
  tls_pair *pair;

  tls_scene_init(&scene, "ML-DSA-65", NULL, "ML-DSA-65", &tls_scene_leaf);
  tls_scene_configure(&scene);

  NOTE("group");
  pair = tls_pair_new(scene.server_config, scene.client_config, "localhost", 0);
  EXPECT_INT(SSL_set1_group_ids(pair->client.ssl, p256_only, 1), 1);
  EXPECT_INT(tls_pair_run(pair), 0);
  expect_failure(&pair->server, PQQ_ERR_NO_SHARED_GROUP, PQQ__ALERT_HANDSHAKE_FAILURE, "secp256r1");
  tls_pair_free(pair);

  NOTE("signature");
  pair = tls_pair_new(scene.server_config, scene.client_config, "localhost", 0);
  EXPECT_INT(SSL_set_verify_algorithm_prefs(pair->client.ssl, ed25519_only, 1), 1);
  EXPECT_INT(tls_pair_run(pair), 0);
  expect_failure(&pair->server, PQQ_ERR_NO_SHARED_SIGNATURE, PQQ__ALERT_HANDSHAKE_FAILURE,
                 "ed25519");
  tls_pair_free(pair);

  NOTE("protocol");
  pair = tls_pair_new(scene.server_config, scene.client_config, "localhost", 0);
  EXPECT_INT(SSL_set_alpn_protos(pair->client.ssl, h2_only, sizeof h2_only), 0);
  EXPECT_INT(tls_pair_run(pair), 0);
  expect_failure(&pair->server, PQQ_ERR_NO_SHARED_ALPN, PQQ__ALERT_NO_APPLICATION_PROTOCOL, "h2");
  tls_scene_clear(&scene, pair);

  NOTE("cipher");
  tls_scene_init(&scene, "P-384", NULL, "P-384", &tls_scene_leaf);
  scene.server_options.profile = PQQ_PROFILE_SECURE;
  scene.server_options.groups = (const uint16_t[]){PQQ_GROUP_X25519};
  scene.server_options.group_count = 1;
  scene.client_options.profile = PQQ_PROFILE_LIGHT;
  pair = tls_scene_run(&scene, "localhost", 0);
  expect_failure(&pair->server, PQQ_ERR_TLS_ALERT, PQQ__ALERT_HANDSHAKE_FAILURE,
                 "TLS_AES_256_GCM_SHA384");
  tls_scene_clear(&scene, pair);
}

/* Without one nothing is resumed and there is no 0-RTT. spec: HS-27, RL-1 */
TEST("no session ticket is sent") {
  tls_scene scene;
  tls_pair *pair;

  tls_scene_init(&scene, "P-256", NULL, "P-256", &tls_scene_leaf);
  pair = tls_scene_run(&scene, "localhost", 0);
  expect_done(pair);
  EXPECT_UINT(pair->server.len[ssl_encryption_application], 0);
  EXPECT_INT(SSL_session_reused(pair->server.ssl), 0);
  tls_scene_clear(&scene, pair);
}
