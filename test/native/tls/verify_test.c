/* SPDX-License-Identifier: MIT */
/* The client's judgement of a server's chain: what it trusts, as what it counts,
 * and every typed refusal with its alert. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "tls/alert.h"
#include "tls_scene.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

TEST("an ML-DSA leaf below a classical link counts as classical") {
  static const struct {
    const char *root, *middle, *leaf;
    int authentication;
    size_t sent;
  } chains[] = {
      {"ML-DSA-65", "ML-DSA-44", "ML-DSA-65", PQQ_AUTH_PQ, 2},
      {"P-256", NULL, "ML-DSA-65", PQQ_AUTH_CLASSICAL, 1},
      {"P-256", "ML-DSA-65", "ML-DSA-65", PQQ_AUTH_CLASSICAL, 2},
      {"ML-DSA-65", "P-384", "ML-DSA-65", PQQ_AUTH_CLASSICAL, 2},
      {"ML-DSA-65", NULL, "P-256", PQQ_AUTH_CLASSICAL, 1},
      {"RSA-2048", NULL, "P-256", PQQ_AUTH_CLASSICAL, 1},
      {"Ed25519", "RSA-2048", "P-384", PQQ_AUTH_CLASSICAL, 2},
  };

  for (size_t i = 0; i < COUNT(chains); i++) {
    tls_scene scene;
    pqq_connection_info info;
    tls_pair *pair;

    NOTE("row %zu", i);
    tls_scene_init(&scene, chains[i].root, chains[i].middle, chains[i].leaf, &tls_scene_leaf);
    pair = tls_scene_run(&scene, "localhost", 0);
    expect_done(pair);
    pqq__tls_session_info(pair->client.session, &info);
    EXPECT_INT(info.authentication, chains[i].authentication);
    EXPECT_UINT(info.certificate_count, chains[i].sent);
    pqq__tls_session_info(pair->server.session, &info);
    EXPECT_INT(info.authentication, chains[i].authentication);
    EXPECT_UINT(info.certificate_count, chains[i].sent);
    tls_scene_clear(&scene, pair);
  }
}

TEST("names are matched against subjectAltName only") {
  static const struct {
    const char *dns, *ip, *asked;
    int ok;
  } rows[] = {
      {"localhost", "127.0.0.1", "localhost", 1},
      {"localhost", "127.0.0.1", "LOCALHOST", 1},
      {"localhost", "127.0.0.1", "localhost.", 1},
      {"localhost", "127.0.0.1", "127.0.0.1", 1},
      {"localhost", "127.0.0.1", "127.0.0.2", 0},
      {"localhost", "::1", "::1", 1},
      {"localhost", "::1", "0:0:0:0:0:0:0:1", 1},
      {"localhost", NULL, "::1", 0},
      {"localhost", NULL, "example.org", 0},
      {"*.example.org", NULL, "a.example.org", 1},
      {"*.example.org", NULL, "a.b.example.org", 0},
      {"*.example.org", NULL, "example.org", 0},
      /* An address in a dNSName is not an address. */
      {"127.0.0.1", NULL, "127.0.0.1", 0},
      /* The common name does not count. */
      {NULL, NULL, "localhost", 0},
  };

  for (size_t i = 0; i < COUNT(rows); i++) {
    const fixture_spec leaf = {.common_name = "localhost", .dns = rows[i].dns, .ip = rows[i].ip};
    tls_scene scene;
    tls_pair *pair;

    NOTE("asked for %s", rows[i].asked);
    tls_scene_init(&scene, "P-256", NULL, "P-256", &leaf);
    pair = tls_scene_run(&scene, rows[i].asked, 0);
    if (rows[i].ok) {
      expect_done(pair);
    } else {
      expect_failure(&pair->client, PQQ_ERR_CERT_NAME_MISMATCH, PQQ__ALERT_BAD_CERTIFICATE,
                     rows[i].asked);
    }
    tls_scene_clear(&scene, pair);
  }
}

TEST("a name that is neither DNS nor IP makes no session") {
  static const char *const names[] = {"",
                                      ".",
                                      "a..b",
                                      "-a",
                                      "a b",
                                      "[::1]",
                                      "1.2.3",
                                      "a.b.c.4",
                                      "fe80::1%eth0",
                                      "*.example.org",
                                      "\xc3\xa9.example"};
  tls_scene scene;
  pqq__tls_session *session;

  tls_scene_init(&scene, "P-256", NULL, "P-256", &tls_scene_leaf);
  EXPECT_INT(pqq__tls_config_new(&scene.client_options, &scene.client_config), PQQ_OK);
  for (size_t i = 0; i < COUNT(names); i++) {
    NOTE("\"%s\"", names[i]);
    EXPECT_INT(pqq__tls_session_new_client(scene.client_config, NULL, names[i], (pqq__policy){0, 0},
                                           &session),
               PQQ_ERR_INVALID_ARG);
  }
  EXPECT(pqq__tls_session_new_server(scene.client_config, NULL, 0) == NULL);
  tls_scene_clear(&scene, NULL);
}

/* The client's judgement, row by row. */
struct verdict {
  const char *root, *middle, *leaf;
  fixture_spec spec;
  pqq_status status;
  int alert;
  const char *text;
};

static const struct verdict verdicts[] = {
    {"P-256",
     NULL,
     "P-256",
     {.common_name = "old", .dns = "localhost", .not_before = -90000, .not_after = -60},
     PQQ_ERR_CERT_EXPIRED,
     PQQ__ALERT_CERTIFICATE_EXPIRED,
     "CN=old"},
    {"ML-DSA-65",
     NULL,
     "ML-DSA-65",
     {.common_name = "old", .dns = "localhost", .not_before = -90000, .not_after = -60},
     PQQ_ERR_CERT_EXPIRED,
     PQQ__ALERT_CERTIFICATE_EXPIRED,
     "expired"},
    {"P-256",
     NULL,
     "P-256",
     {.common_name = "young", .dns = "localhost", .not_before = 3600},
     PQQ_ERR_CERT_EXPIRED,
     PQQ__ALERT_CERTIFICATE_EXPIRED,
     "not yet valid"},
    {"P-256",
     NULL,
     "P-256",
     {.common_name = "client", .dns = "localhost", .is_client_only = 1},
     PQQ_ERR_CERT_INVALID,
     PQQ__ALERT_BAD_CERTIFICATE,
     "purpose"},
    {"P-256",
     NULL,
     "P-256",
     {.common_name = "weak", .dns = "localhost", .is_sha1 = 1},
     PQQ_ERR_CERT_INVALID,
     PQQ__ALERT_BAD_CERTIFICATE,
     "CN=weak"},
    {"RSA-1024",
     NULL,
     "P-256",
     {.common_name = "short", .dns = "localhost"},
     PQQ_ERR_CERT_INVALID,
     PQQ__ALERT_BAD_CERTIFICATE,
     "2048"},
};

TEST("a certificate that is expired, for clients only, or weak is refused with a reason") {
  for (size_t i = 0; i < COUNT(verdicts); i++) {
    const struct verdict *row = &verdicts[i];
    tls_scene scene;
    tls_pair *pair;

    NOTE("row %zu: %s", i, row->spec.common_name);
    tls_scene_init(&scene, row->root, row->middle, row->leaf, &row->spec);
    pair = tls_scene_run(&scene, "localhost", 0);
    EXPECT(!pair->client.is_done);
    expect_failure(&pair->client, row->status, row->alert, row->text);
    tls_scene_clear(&scene, pair);
  }
}

TEST("a chain forged under the name of a trusted root is refused, of either kind") {
  static const char *const kinds[] = {"P-256", "ML-DSA-65", "RSA-2048"};

  for (size_t i = 0; i < COUNT(kinds); i++) {
    const char *leaf = kinds[i][0] == 'R' ? "P-256" : kinds[i];
    tls_scene scene, other;
    tls_pair *pair;

    NOTE("%s", kinds[i]);
    tls_scene_init(&scene, kinds[i], NULL, leaf, &tls_scene_leaf);
    /* The same names under other keys. */
    tls_scene_init(&other, kinds[i], NULL, leaf, &tls_scene_leaf);
    scene.client_options.ca_pem = fixture_bytes(other.server.root);
    pair = tls_scene_run(&scene, "localhost", 0);
    expect_failure(&pair->client, PQQ_ERR_CERT_INVALID, PQQ__ALERT_BAD_CERTIFICATE, "CN=localhost");
    tls_scene_clear(&scene, pair);
    tls_scene_clear(&other, NULL);
  }
}

TEST("mixed anchors in one text serve both kinds of chain") {
  tls_scene pq, classical;
  char both[32768];
  tls_pair *pair;

  tls_scene_init(&pq, "ML-DSA-87", NULL, "ML-DSA-87", &tls_scene_leaf);
  tls_scene_init(&classical, "RSA-2048", NULL, "P-256", &tls_scene_leaf);
  snprintf(both, sizeof both, "%s\n# the other one\n%s", pq.server.root, classical.server.root);
  pq.client_options.ca_pem = classical.client_options.ca_pem = fixture_bytes(both);
  pair = tls_scene_run(&pq, "localhost", 0);
  expect_done(pair);
  tls_scene_clear(&pq, pair);
  pair = tls_scene_run(&classical, "localhost", 0);
  expect_done(pair);
  tls_scene_clear(&classical, pair);
}

TEST("an issuer that is unknown is named") {
  static const fixture_spec other_spec = {.common_name = "Other Root", .is_ca = 1};
  tls_scene scene;
  EVP_PKEY *key = fixture_key("ML-DSA-44");
  X509 *other = fixture_certificate(&other_spec, key, NULL, NULL);
  char *pem = fixture_certificates_pem(&other, 1);
  tls_pair *pair;

  tls_scene_init(&scene, "P-256", NULL, "P-256", &tls_scene_leaf);
  scene.client_options.ca_pem = fixture_bytes(pem);
  pair = tls_scene_run(&scene, "localhost", 0);
  expect_failure(&pair->client, PQQ_ERR_CERT_UNTRUSTED, PQQ__ALERT_UNKNOWN_CA, "CN=Test Root");
  tls_scene_clear(&scene, pair);
  X509_free(other);
  EVP_PKEY_free(key);
  free(pem);
}

TEST("a leaf that is itself the anchor is trusted") {
  tls_scene scene;
  pqq_connection_info info;
  tls_pair *pair;

  tls_scene_init(&scene, "P-256", NULL, "ML-DSA-44", &tls_scene_leaf);
  scene.client_options.ca_pem = fixture_bytes(scene.server.chain);
  pair = tls_scene_run(&scene, "localhost", 0);
  expect_done(pair);
  pqq__tls_session_info(pair->client.session, &info);
  /* Trust in this very key was given directly; the P-256 root has no part in it. */
  EXPECT_INT(info.authentication, PQQ_AUTH_PQ);
  tls_scene_clear(&scene, pair);
}

TEST("a CertificateVerify that was tampered with is refused") {
  tls_scene scene;
  tls_pair *pair;
  tls_side *server;

  tls_scene_init(&scene, "ML-DSA-65", NULL, "ML-DSA-65", &tls_scene_leaf);
  tls_scene_configure(&scene);
  pair = tls_pair_new(scene.server_config, scene.client_config, "localhost", 0);
  server = &pair->server;
  (void)SSL_do_handshake(pair->client.ssl);
  (void)SSL_provide_quic_data(server->ssl, ssl_encryption_initial, pair->client.data[0],
                              pair->client.len[0]);
  pair->client.len[0] = 0;
  (void)SSL_do_handshake(server->ssl);
  /* Finished is the last 36 bytes; the signature stands before it. */
  server->data[ssl_encryption_handshake][server->len[ssl_encryption_handshake] - 36 - 100] ^= 1;
  (void)tls_pair_run(pair);
  expect_failure(&pair->client, PQQ_ERR_CERT_INVALID, 51, "CertificateVerify");
  tls_scene_clear(&scene, pair);
}
