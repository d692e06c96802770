/* SPDX-License-Identifier: MIT */
/* Authenticators with two faults at once: which one is reported says in which order a client
 * judges. And what goes into one: exporters, context, key. TLS runs in memory. */
#include <stdlib.h>
#include <string.h>

#include <openssl/hmac.h>

#include "fixtures.h"
#include "harness.h"
#include "tls/internal.h"
#include "tls/velocity.h"
#include "tls_pair.h"

size_t __real_pqq__tls_commit(const pqq__tls_session *session, uint8_t *out);
size_t __wrap_pqq__tls_commit(const pqq__tls_session *session, uint8_t *out);

/* The server sends a commitment that nobody asked for. */
static int commits_unasked;

size_t __wrap_pqq__tls_commit(const pqq__tls_session *session, uint8_t *out) {
  static const pqq__server_commitment unasked = {.profile = PQQ_PROFILE_BALANCED};

  return session->is_server && commits_unasked ? pqq__commitment_write_server(&unasked, out)
                                               : __real_pqq__tls_commit(session, out);
}

typedef struct scene {
  pqq__tls_config *server, *client;
  /* Under a root that the client does not have, though one of that name. */
  pqq__identity stranger;
  tls_pair *pair;
} scene;

static pqq_identity_source source_of(const fixture_server *from) {
  return (pqq_identity_source){.cert_pem = fixture_bytes(from->chain),
                               .key_pem = fixture_bytes(from->key)};
}

/* A handshake whose TLS part is done. `client`: its options, to which anchors come. */
static void make_scene_with(scene *made, pqq_config_options client) {
  static const fixture_spec leaf = {.common_name = "localhost", .dns = "localhost"};
  pqq_config_options server = {.identity_count = 2};
  pqq_identity_source sources[2], stranger;
  fixture_server halves[3];
  char anchors[32768];

  fixture_server_make(&halves[0], "ML-DSA-65", NULL, "ML-DSA-65", &leaf);
  fixture_server_make(&halves[1], "P-256", NULL, "P-256", &leaf);
  fixture_server_make(&halves[2], "P-256", NULL, "P-256", &leaf);
  sources[0] = source_of(&halves[0]);
  sources[1] = source_of(&halves[1]);
  stranger = source_of(&halves[2]);
  strcpy(anchors, halves[0].root);
  strcat(anchors, halves[1].root);
  server.identities = sources;
  client.ca_pem = fixture_bytes(anchors);
  EXPECT_INT(pqq__tls_config_new(&server, &made->server), PQQ_OK);
  EXPECT_INT(pqq__tls_config_new(&client, &made->client), PQQ_OK);
  EXPECT_INT(pqq__identity_load(&stranger, "identities[0]", &made->stranger), PQQ_OK);
  for (int i = 0; i < 3; i++) {
    fixture_server_free(&halves[i]);
  }
  made->pair = tls_pair_new(made->server, made->client, "localhost", 0);
  EXPECT_INT(tls_pair_run(made->pair), 1);
  EXPECT_INT(pqq__tls_session_check(made->pair->client.session), PQQ_OK);
}

static void make_scene(scene *made) {
  make_scene_with(made, (pqq_config_options){0});
}

static void free_scene(scene *made) {
  tls_pair_free(made->pair);
  pqq__tls_config_free(made->server);
  pqq__tls_config_free(made->client);
  pqq__identity_clear(&made->stranger);
}

static pqq__authenticator_keys server_keys(const scene *from) {
  pqq__authenticator_keys keys;

  EXPECT_INT(pqq__authenticator_export(from->pair->server.ssl, 1, &keys), 1);
  return keys;
}

/* An authenticator with Finished made anew over a signature whose last byte `spoils` changes. */
static void write_spoilt(const pqq__authenticator_keys *keys, const pqq__identity *identity,
                         int spoils, CBB *out) {
  uint8_t context[PQQ__AUTHENTICATOR_CONTEXT_BYTES] = {7};
  pqq_bytes none = {NULL, 0}, view = {context, sizeof context};
  pqq__authenticator parts;
  uint8_t hash[PQQ__MAX_HASH_BYTES], mac[PQQ__MAX_HASH_BYTES];
  unsigned hash_len, mac_len;
  uint8_t *bytes;
  EVP_MD_CTX *md = EVP_MD_CTX_new();

  EXPECT_INT(pqq__authenticator_write(keys, none, view, identity, out), PQQ_OK);
  bytes = (uint8_t *)(uintptr_t)CBB_data(out);
  EXPECT(pqq__authenticator_read((pqq_bytes){bytes, CBB_len(out)}, &parts));
  bytes[parts.signature.data + parts.signature.len - 1 - bytes] ^= (uint8_t)spoils;
  EXPECT(EVP_DigestInit_ex(md, keys->hash, NULL) &&
         EVP_DigestUpdate(md, keys->handshake_context, EVP_MD_size(keys->hash)) &&
         EVP_DigestUpdate(md, parts.certificate_message.data, parts.certificate_message.len) &&
         EVP_DigestUpdate(md, parts.verify_message.data, parts.verify_message.len) &&
         EVP_DigestFinal_ex(md, hash, &hash_len));
  EXPECT(HMAC(keys->hash, keys->finished_key, EVP_MD_size(keys->hash), hash, hash_len, mac,
              &mac_len) != NULL);
  memcpy(bytes + (parts.finished.data - bytes), mac, mac_len);
  EVP_MD_CTX_free(md);
}

/* The client's verdict of a stream with that authenticator. */
static pqq_status judge(const scene *from, pqq_bytes authenticator) {
  uint8_t *answer;
  size_t answer_len;
  pqq_status status;
  CBB stream;

  EXPECT(CBB_init(&stream, 1024));
  EXPECT(pqq__proof_stream_begin(&stream) &&
         pqq__proof_frame_write(&stream, PQQ__FRAME_AUTHENTICATOR, authenticator));
  status = pqq__tls_take_proof(from->pair->client.session, CBB_data(&stream), CBB_len(&stream),
                               &answer, &answer_len);
  CBB_cleanup(&stream);
  return status;
}

typedef enum { HONEST, STRANGER, MLDSA, WRONG_CURVE } signer;

static pqq__identity identity_of(const scene *from, signer who) {
  pqq__identity identity = *pqq__site_identity(from->server->sites, who == MLDSA);

  if (who == STRANGER) {
    identity = from->stranger;
  } else if (who == WRONG_CURVE) {
    identity.scheme = pqq__signature_scheme_find(PQQ_SCHEME_ECDSA_SECP384R1_SHA384);
  }
  return identity;
}

static void expect_verdict(signer who, int spoils_signature, int spoils_finished,
                           pqq_status status) {
  scene made;
  pqq__authenticator_keys keys;
  pqq__identity identity;
  uint8_t *bytes;
  CBB out;

  make_scene(&made);
  keys = server_keys(&made);
  identity = identity_of(&made, who);
  EXPECT(CBB_init(&out, 1024));
  write_spoilt(&keys, &identity, spoils_signature, &out);
  bytes = (uint8_t *)(uintptr_t)CBB_data(&out);
  bytes[CBB_len(&out) - 1] ^= (uint8_t)spoils_finished;
  EXPECT_STR(pqq_err_name(judge(&made, (pqq_bytes){bytes, CBB_len(&out)})), pqq_err_name(status));
  CBB_cleanup(&out);
  free_scene(&made);
}

/* spec: HA-27, HA-28 */
TEST("Finished, the scheme, the chain and the signature are judged in this order") {
  NOTE("nothing is wrong");
  expect_verdict(HONEST, 0, 0, PQQ_OK);
  NOTE("all but Finished are wrong");
  expect_verdict(MLDSA, 1, 0, PQQ_ERR_AUTHENTICATOR_SCHEME);
  NOTE("and Finished");
  expect_verdict(MLDSA, 1, 1, PQQ_ERR_AUTHENTICATOR_INVALID);
  NOTE("chain and signature");
  expect_verdict(STRANGER, 1, 0, PQQ_ERR_CERT_INVALID);
  NOTE("chain, signature and Finished");
  expect_verdict(STRANGER, 1, 1, PQQ_ERR_AUTHENTICATOR_INVALID);
  NOTE("the signature");
  expect_verdict(HONEST, 1, 0, PQQ_ERR_AUTHENTICATOR_INVALID);
}

/* spec: HA-25 */
TEST("a signature in the scheme of another curve is wrong, whatever the profile takes") {
  expect_verdict(WRONG_CURVE, 0, 0, PQQ_ERR_AUTHENTICATOR_INVALID);
}

/* Both ends of a connection and both directions: the same at both ends, and different otherwise.
 * The labels are RFC 9261's: an exporter that is asked for one of them says the same.
 * spec: HA-15, SC-5, SC-6 */
TEST("keys are the exporters of RFC 9261, of this connection and this direction") {
  static const char label[] = "EXPORTER-server authenticator handshake context";
  static const char mac_label[] = "EXPORTER-client authenticator finished key";
  scene made, other;
  pqq__authenticator_keys of_server, of_client, at_client, elsewhere;
  uint8_t exported[PQQ__MAX_HASH_BYTES];
  size_t len;

  make_scene(&made);
  make_scene(&other);
  of_server = server_keys(&made);
  elsewhere = server_keys(&other);
  len = EVP_MD_size(of_server.hash);
  EXPECT_INT(pqq__authenticator_export(made.pair->server.ssl, 0, &of_client), 1);
  EXPECT_INT(pqq__authenticator_export(made.pair->client.ssl, 1, &at_client), 1);
  EXPECT_MEM(at_client.handshake_context, len, of_server.handshake_context, len);
  EXPECT_MEM(at_client.finished_key, len, of_server.finished_key, len);
  EXPECT(memcmp(of_client.handshake_context, of_server.handshake_context, len) != 0);
  EXPECT(memcmp(of_client.finished_key, of_server.finished_key, len) != 0);
  EXPECT(memcmp(elsewhere.handshake_context, of_server.handshake_context, len) != 0);
  EXPECT_INT(SSL_export_keying_material(made.pair->client.ssl, exported, len, label,
                                        sizeof label - 1, NULL, 0, 0),
             1);
  EXPECT_MEM(exported, len, of_server.handshake_context, len);
  EXPECT_INT(SSL_export_keying_material(made.pair->client.ssl, exported, len, mac_label,
                                        sizeof mac_label - 1, NULL, 0, 0),
             1);
  EXPECT_MEM(exported, len, of_client.finished_key, len);
  free_scene(&made);
  free_scene(&other);
}

static pqq__authenticator proven(const scene *from, uint8_t **data) {
  pqq__authenticator parts;
  pqq__proof_frames frames;
  const char *reason;
  size_t len;

  EXPECT_INT(pqq__tls_prove(from->pair->server.session, data, &len), PQQ_OK);
  EXPECT_INT(pqq__proof_frames_read(*data, len, 1, 2, &frames, &reason), PQQ_OK);
  EXPECT(pqq__authenticator_read(frames.authenticators[0], &parts));
  return parts;
}

/* spec: HA-17, HA-19, HA-22 */
TEST("a server's authenticator has a fresh context of 32 bytes and its classical chain") {
  scene made;
  uint8_t *first_data, *second_data;
  pqq__authenticator first, second;

  make_scene(&made);
  first = proven(&made, &first_data);
  second = proven(&made, &second_data);
  EXPECT_UINT(first.context.len, 32);
  EXPECT_UINT(second.context.len, 32);
  EXPECT(memcmp(first.context.data, second.context.data, 32) != 0);
  EXPECT_UINT(first.scheme, PQQ_SCHEME_ECDSA_SECP256R1_SHA256);
  EXPECT_UINT(first.certificate_count, 1);
  free(first_data);
  free(second_data);
  free_scene(&made);
}

static void note_type(int is_write, int version, int content_type, const void *data, size_t len,
                      SSL *ssl, void *arg) {
  char *types = arg;

  (void)version;
  (void)ssl;
  if (!is_write && content_type == SSL3_RT_HANDSHAKE && len > 0) {
    size_t used = strlen(types);

    EXPECT(used + 1 < 32);
    types[used] = (char)('A' + *(const uint8_t *)data);
  }
}

/* Handshake types from 'A' on: ServerHello 2, EncryptedExtensions 8, Certificate 11 or
 * CompressedCertificate 25, CertificateVerify 15, Finished 20. No CertificateRequest (13).
 * spec: HS-19, HS-20, HS-28, HS-4 */
TEST("the TLS handshake of velocity/1 has the messages of every other one") {
  char types[32] = "";
  scene made;
  tls_pair *pair;

  make_scene(&made);
  pair = tls_pair_new(made.server, made.client, "localhost", 0);
  SSL_set_msg_callback(pair->client.ssl, note_type);
  SSL_set_msg_callback_arg(pair->client.ssl, types);
  EXPECT_INT(tls_pair_run(pair), 1);
  EXPECT(pqq__tls_session_is_velocity(pair->client.session));
  EXPECT_INT(pair->client_hellos, 1);
  if (strcmp(types, "CIZPU") != 0) {
    EXPECT_STR(types, "CILPU");
  }
  tls_pair_free(pair);
  free_scene(&made);
}

/* The client's first share is for the profile that it likes best, and the server has another.
 * spec: HS-13, HS-17 */
TEST("velocity/1 survives a HelloRetryRequest") {
  static const int32_t profiles[] = {PQQ_PROFILE_SECURE, PQQ_PROFILE_BALANCED};
  scene made;

  make_scene_with(&made, (pqq_config_options){.profiles = profiles, .profile_count = 2});
  EXPECT_INT(made.pair->client_hellos, 2);
  EXPECT(pqq__tls_session_is_velocity(made.pair->client.session));
  EXPECT_INT(made.pair->client.session->profile->id, PQQ_PROFILE_BALANCED);
  free_scene(&made);
}

/* spec: PC-14 */
TEST("a client that sent no commitment passes over one that it gets") {
  scene made;

  commits_unasked = 1;
  make_scene_with(&made, (pqq_config_options){.disable_velocity = 1});
  commits_unasked = 0;
  EXPECT(!pqq__tls_session_is_velocity(made.pair->client.session));
  free_scene(&made);
}
