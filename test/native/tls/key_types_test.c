/* SPDX-License-Identifier: MIT */
/* Ed25519 and RSA identities: what they sign with, where they may stand, and the forms in which
 * their keys come. Chains over every kind of issuer. Every group with a HelloRetryRequest. */
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/pkcs8.h>
#include <openssl/rsa.h>

#include "harness.h"
#include "tls/internal.h"
#include "tls_scene.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define PSS256 PQQ_SCHEME_RSA_PSS_RSAE_SHA256
#define PSS384 PQQ_SCHEME_RSA_PSS_RSAE_SHA384
#define PSS512 PQQ_SCHEME_RSA_PSS_RSAE_SHA512

TEST("an Ed25519 or RSA identity signs with what the client offers of its key, in line and as a "
     "job") {
  static const struct {
    const char *key;
    uint16_t offered[3];
    size_t count;
    uint16_t taken;
  } rows[] = {
      {"Ed25519", {PQQ_SCHEME_ED25519}, 1, PQQ_SCHEME_ED25519},
      {"RSA-2048", {PSS512, PSS384, PSS256}, 3, PSS256},
      {"RSA-2048", {PSS512, PSS384}, 2, PSS384},
      {"RSA-4096", {PSS512}, 1, PSS512},
  };

  for (size_t i = 0; i < COUNT(rows); i++) {
    for (int as_job = 0; as_job <= (rows[i].taken != PSS512); as_job++) {
      pqq_connection_info client = {.struct_size = sizeof client};
      pqq_connection_info server = {.struct_size = sizeof server};
      tls_scene scene;
      tls_pair *pair;

      NOTE("%s, row %zu", rows[i].key, i);
      tls_scene_init(&scene, "P-256", NULL, rows[i].key, &tls_scene_leaf);
      tls_scene_configure(&scene);
      pair = tls_pair_new(scene.server_config, scene.client_config, "localhost",
                          as_job ? PQQ_SIGN_JOBS_ALL : PQQ_SIGN_JOBS_NONE);
      EXPECT_INT(SSL_set_verify_algorithm_prefs(pair->client.ssl, rows[i].offered, rows[i].count),
                 1);
      (void)tls_pair_run(pair);
      expect_done(pair);
      pqq__tls_session_info(pair->client.session, &client);
      pqq__tls_session_info(pair->server.session, &server);
      EXPECT_UINT(client.signature, rows[i].taken);
      EXPECT_UINT(server.signature, rows[i].taken);
      EXPECT_INT(client.authentication, PQQ_AUTH_CLASSICAL);
      tls_scene_clear(&scene, pair);
    }
  }
}

/* --- External signers -------------------------------------------------------- */

/* The key of an identity, behind the interface of signers. */
typedef struct token {
  pqq__identity identity;
  uint16_t asked;
  /* Signs with this instead of what was asked for; 0: as asked. */
  uint16_t instead;
} token;

static void sign_with_token(void *user_data, const pqq_sign_info *info, pqq_sign_request *request) {
  token *t = user_data;
  uint8_t signature[PQQ__MAX_SIGNATURE_BYTES];
  size_t len = 0;

  t->asked = info->scheme;
  EXPECT_STR(info->scheme_name, pqq__signature_scheme_find(info->scheme)->name);
  EXPECT_INT(pqq__signing_key_sign(t->identity.key, t->instead ? t->instead : info->scheme,
                                   info->message.data, info->message.len, signature, &len),
             PQQ_OK);
  (void)pqq_sign_complete(request, signature, len);
}

static tls_pair *run_with_token(token *t, pqq_signer *signer, tls_scene *scene, const char *key,
                                const uint16_t *offered, size_t count) {
  tls_pair *pair;

  tls_scene_init(scene, "P-256", NULL, key, &tls_scene_leaf);
  EXPECT_INT(pqq__identity_load(&scene->source, "token", &t->identity), PQQ_OK);
  *signer = (pqq_signer){.struct_size = sizeof *signer, .sign = sign_with_token, .user_data = t};
  scene->source.key_pem = (pqq_bytes){NULL, 0};
  scene->source.signer = signer;
  tls_scene_configure(scene);
  pair = tls_pair_new(scene->server_config, scene->client_config, "localhost", PQQ_SIGN_JOBS_NONE);
  EXPECT_INT(SSL_set_verify_algorithm_prefs(pair->client.ssl, offered, count), 1);
  (void)tls_pair_run(pair);
  return pair;
}

TEST("an external signer is asked for the scheme that the client offers of the certificate's key") {
  static const struct {
    const char *key;
    uint16_t offered[3];
    size_t count;
    uint16_t taken;
  } rows[] = {
      {"Ed25519", {PQQ_SCHEME_ED25519}, 1, PQQ_SCHEME_ED25519},
      {"P-384", {PQQ_SCHEME_ECDSA_SECP384R1_SHA384}, 1, PQQ_SCHEME_ECDSA_SECP384R1_SHA384},
      {"RSA-2048", {PSS512, PSS384, PSS256}, 3, PSS256},
      {"RSA-2048", {PSS512, PSS384}, 2, PSS384},
      {"RSA-4096", {PSS512}, 1, PSS512},
  };

  for (size_t i = 0; i < COUNT(rows); i++) {
    pqq_connection_info client = {.struct_size = sizeof client};
    token t = {0};
    pqq_signer signer;
    tls_scene scene;
    tls_pair *pair =
        run_with_token(&t, &signer, &scene, rows[i].key, rows[i].offered, rows[i].count);

    NOTE("%s, row %zu", rows[i].key, i);
    expect_done(pair);
    EXPECT_INT(pair->jobs, 1);
    EXPECT_UINT(t.asked, rows[i].taken);
    pqq__tls_session_info(pair->client.session, &client);
    EXPECT_UINT(client.signature, rows[i].taken);
    tls_scene_clear(&scene, pair);
    pqq__identity_clear(&t.identity);
  }
}

TEST("a signer that takes another hash or another padding than asked for is found out") {
  static const uint16_t offered[] = {PSS384};
  token t = {.instead = PSS256};
  pqq_signer signer;
  tls_scene scene;
  tls_pair *pair = run_with_token(&t, &signer, &scene, "RSA-2048", offered, 1);

  expect_failure(&pair->server, PQQ_ERR_SIGNATURE_INVALID, 80, "does not verify");
  tls_scene_clear(&scene, pair);
  pqq__identity_clear(&t.identity);
}

TEST("PKCS #1 v1.5 in CertificateVerify is no scheme of an RSA identity") {
  static const uint16_t pkcs1[] = {PQQ_SCHEME_RSA_PKCS1_SHA256, PQQ_SCHEME_RSA_PKCS1_SHA512};
  tls_scene scene;
  tls_pair *pair;

  tls_scene_init(&scene, "RSA-2048", NULL, "RSA-2048", &tls_scene_leaf);
  tls_scene_configure(&scene);
  pair = tls_pair_new(scene.server_config, scene.client_config, "localhost", 0);
  EXPECT_INT(SSL_set_verify_algorithm_prefs(pair->client.ssl, pkcs1, COUNT(pkcs1)), 1);
  (void)tls_pair_run(pair);
  expect_failure(&pair->server, PQQ_ERR_NO_SHARED_SIGNATURE, 40, "rsa_pkcs1_sha256");
  tls_scene_clear(&scene, pair);
}

TEST("chains over P-521, Ed25519 and RSA issuers are verified up to their anchors") {
  static const char *const chains[][3] = {
      {"P-521", NULL, "P-256"},          {"P-521", "P-384", "Ed25519"},
      {"RSA-2048", "P-521", "P-384"},    {"Ed25519", "RSA-2048", "RSA-2048"},
      {"RSA-2048", "RSA-2048", "P-256"},
  };

  for (size_t i = 0; i < COUNT(chains); i++) {
    tls_scene scene;
    tls_pair *pair;

    NOTE("%s, %s", chains[i][0], chains[i][2]);
    tls_scene_init(&scene, chains[i][0], chains[i][1], chains[i][2], &tls_scene_leaf);
    pair = tls_scene_run(&scene, "localhost", 0);
    expect_done(pair);
    tls_scene_clear(&scene, pair);
  }
}

TEST("profile secure wants more than Ed25519 and RSA have") {
  static const char *const keys[] = {"Ed25519", "RSA-2048"};

  for (size_t i = 0; i < COUNT(keys); i++) {
    tls_scene scene;

    tls_scene_init(&scene, "P-384", NULL, keys[i], &tls_scene_leaf);
    scene.server_options.profile = PQQ_PROFILE_SECURE;
    fixture_expect_refused(&scene.server_options, PQQ_ERR_PROFILE_IDENTITY,
                           "ECDSA P-384 or stronger");
    tls_scene_clear(&scene, NULL);
  }
}

TEST("beside ML-DSA they serve plain h3 and no half of velocity/1, with the reason") {
  static const char *const keys[] = {"Ed25519", "RSA-2048"};

  for (size_t i = 0; i < COUNT(keys); i++) {
    pqq_connection_info info = {.struct_size = sizeof info};
    pqq_identity_source pair_of[2];
    fixture_server pq;
    tls_scene scene;
    tls_pair *pair;
    char *anchors;

    NOTE("%s", keys[i]);
    tls_scene_init(&scene, "P-256", NULL, keys[i], &tls_scene_leaf);
    fixture_server_make(&pq, "ML-DSA-65", NULL, "ML-DSA-65", &tls_scene_leaf);
    pair_of[0] = (pqq_identity_source){.cert_pem = fixture_bytes(pq.chain),
                                       .key_pem = fixture_bytes(pq.key)};
    pair_of[1] = scene.source;
    scene.server_options.identities = pair_of;
    scene.server_options.identity_count = 2;
    scene.server_options.require_authentication = PQQ_REQUIRE_HYBRID;
    fixture_expect_refused(&scene.server_options, PQQ_ERR_POLICY_CONFIG,
                           "its classical half is ECDSA");
    scene.server_options.require_authentication = PQQ_REQUIRE_DEFAULT;
    anchors = calloc(1, strlen(scene.server.root) + strlen(pq.root) + 1);
    strcat(strcat(anchors, scene.server.root), pq.root);
    scene.client_options.ca_pem = fixture_bytes(anchors);
    scene.client_options.profile = PQQ_PROFILE_LIGHT;
    pair = tls_scene_run(&scene, "localhost", 0);
    expect_done(pair);
    pqq__tls_session_info(pair->server.session, &info);
    EXPECT_MEM(info.alpn.data, info.alpn.len, "h3", 2);
    EXPECT_UINT(info.downgrade, PQQ_DOWNGRADE_NO_HYBRID_CERT);
    tls_scene_clear(&scene, pair);
    fixture_server_free(&pq);
    free(anchors);
  }
}

static EVP_PKEY *read_key(const char *pem) {
  BIO *bio = BIO_new_mem_buf(pem, -1);
  EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

  BIO_free(bio);
  return key;
}

TEST("RSA keys load as PKCS #1, and every kind of key encrypted with its passphrase and no other") {
  static const char *const keys[] = {"RSA-2048", "Ed25519", "P-256", "ML-DSA-65"};
  static const char passphrase[] = "correct horse";

  for (size_t i = 0; i < COUNT(keys); i++) {
    pqq__tls_config *config = NULL;
    tls_scene scene;
    EVP_PKEY *key;
    char *pem;
    BIO *bio = BIO_new(BIO_s_mem());

    NOTE("%s", keys[i]);
    tls_scene_init(&scene, "P-256", NULL, keys[i], &tls_scene_leaf);
    key = read_key(scene.server.key);
    EXPECT(key != NULL);
    EXPECT_INT(PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_256_cbc(), passphrase,
                                             sizeof passphrase - 1, NULL, NULL),
               1);
    pem = fixture_take_text(bio);
    scene.source.key_pem = fixture_bytes(pem);
    fixture_expect_refused(&scene.server_options, PQQ_ERR_KEY_UNREADABLE, "give the passphrase");
    scene.source.passphrase = fixture_bytes("wrong");
    fixture_expect_refused(&scene.server_options, PQQ_ERR_KEY_UNREADABLE, "passphrase is wrong");
    scene.source.passphrase = fixture_bytes(passphrase);
    EXPECT_INT(pqq__tls_config_new(&scene.server_options, &config), PQQ_OK);
    pqq__tls_config_free(config);
    free(pem);
    if (EVP_PKEY_id(key) == EVP_PKEY_RSA) {
      bio = BIO_new(BIO_s_mem());
      EXPECT_INT(
          PEM_write_bio_RSAPrivateKey(bio, EVP_PKEY_get0_RSA(key), NULL, NULL, 0, NULL, NULL), 1);
      pem = fixture_take_text(bio);
      EXPECT(strstr(pem, "BEGIN RSA PRIVATE KEY") != NULL);
      scene.source.key_pem = fixture_bytes(pem);
      EXPECT_INT(pqq__tls_config_new(&scene.server_options, &config), PQQ_OK);
      pqq__tls_config_free(config);
      free(pem);
    }
    EVP_PKEY_free(key);
    tls_scene_clear(&scene, NULL);
  }
}

/* A client sends shares of its first group and of the first one of the other kind. */
TEST("every group is had by a HelloRetryRequest from a client that prefers another of its kind") {
  size_t count;
  const pqq__group *groups = pqq__groups(&count);

  for (size_t i = 0; i < count; i++) {
    for (size_t j = 0; j < count; j++) {
      pqq_connection_info info = {.struct_size = sizeof info};
      uint16_t offered[] = {groups[i].id, groups[j].id};
      int is_retry = groups[i].has_mlkem == groups[j].has_mlkem;
      tls_scene scene;
      tls_pair *pair;

      if (i == j) {
        continue;
      }
      NOTE("%s, then %s", groups[i].name, groups[j].name);
      tls_scene_init(&scene, "P-256", NULL, "P-256", &tls_scene_leaf);
      scene.client_options.groups = offered;
      scene.client_options.group_count = 2;
      scene.server_options.groups = &offered[1];
      scene.server_options.group_count = 1;
      pair = tls_scene_run(&scene, "localhost", 0);
      expect_done(pair);
      pqq__tls_session_info(pair->client.session, &info);
      EXPECT_STR(info.group_name, groups[j].name);
      EXPECT_INT(pair->client_hellos, is_retry ? 2 : 1);
      EXPECT_INT(pqq__tls_session_has_retry(pair->server.session), is_retry);
      tls_scene_clear(&scene, pair);
    }
  }
}

TEST("the server's order of groups wins over the client's") {
  static const uint16_t server[] = {PQQ_GROUP_SECP384R1MLKEM1024, PQQ_GROUP_MLKEM768,
                                    PQQ_GROUP_SECP256R1MLKEM768, PQQ_GROUP_X25519};
  static const uint16_t client[] = {PQQ_GROUP_X25519, PQQ_GROUP_SECP256R1MLKEM768,
                                    PQQ_GROUP_MLKEM768, PQQ_GROUP_SECP384R1MLKEM1024};

  for (size_t first = 0; first < COUNT(client); first++) {
    pqq_connection_info info = {.struct_size = sizeof info};
    tls_scene scene;
    tls_pair *pair;

    tls_scene_init(&scene, "P-256", NULL, "P-256", &tls_scene_leaf);
    scene.server_options.groups = server;
    scene.server_options.group_count = COUNT(server);
    scene.client_options.groups = client;
    scene.client_options.group_count = COUNT(client) - first;
    pair = tls_scene_run(&scene, "localhost", 0);
    expect_done(pair);
    pqq__tls_session_info(pair->client.session, &info);
    EXPECT_UINT(info.group, server[first]);
    tls_scene_clear(&scene, pair);
  }
}
