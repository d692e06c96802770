/* SPDX-License-Identifier: MIT */
/* Servers that prove the wrong thing on velocity/1. Each must fail with its own
 * status, before any byte of the request was sent. The server under test is made
 * to lie by standing in for three of its functions (see Programs.cmake). */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "http3/session.h"
#include "pair.h"
#include "tls/fixtures.h"
#include "tls/internal.h"
#include "tls/velocity.h"

#define DAY 86400L
#define TRANSPORT_PARAMETER_ERROR 0x08

/* --- What the server is made to do ----------------------------------------- */

pqq_status __real_pqq__tls_prove(pqq__tls_session *session, uint8_t **data, size_t *len);
pqq_status __wrap_pqq__tls_prove(pqq__tls_session *session, uint8_t **data, size_t *len);
pqq_status __wrap_pqq__rules_check(pqq__tls_config *config);
int __real_pqq__proof_begin(pqq__session *session);
int __wrap_pqq__proof_begin(pqq__session *session);
int __real_pqq__proof_next_write(pqq__session *session, int64_t *id, int *fin, pqq__vec *vec);
int __wrap_pqq__proof_next_write(pqq__session *session, int64_t *id, int *fin, pqq__vec *vec);

/* Changes the bytes of the proof stream; NULL: honest. */
static void (*forge)(pqq__tls_session *session, uint8_t **data, size_t *len);
static int is_silent, never_ends;
/* The last honest proof. */
static uint8_t recorded[8192];
static size_t recorded_len;

pqq_status __wrap_pqq__tls_prove(pqq__tls_session *session, uint8_t **data, size_t *len) {
  pqq_status status = __real_pqq__tls_prove(session, data, len);

  if (status == PQQ_OK && forge) {
    forge(session, data, len);
  } else if (status == PQQ_OK) {
    EXPECT(*len <= sizeof recorded);
    memcpy(recorded, *data, *len);
    recorded_len = *len;
  }
  return status;
}

/* A server of ours would refuse these identities when it starts. */
pqq_status __wrap_pqq__rules_check(pqq__tls_config *config) {
  if (config->site_count > 0) {
    config->select_sites[0].can_prove_both = config->sites[0].identity_count == 2;
  }
  return PQQ_OK;
}

int __wrap_pqq__proof_begin(pqq__session *session) {
  return session->is_server && is_silent ? 0 : __real_pqq__proof_begin(session);
}

int __wrap_pqq__proof_next_write(pqq__session *session, int64_t *id, int *fin, pqq__vec *vec) {
  int pieces = __real_pqq__proof_next_write(session, id, fin, vec);

  if (pieces > 0 && never_ends) {
    *fin = 0;
  }
  return pieces;
}

/* --- Two identities as a test wants them ----------------------------------- */

typedef struct half {
  char *chain, *key;
} half;

typedef struct root {
  EVP_PKEY *key;
  X509 *certificate;
} root;

static root make_root(const char *algorithm, const char *name) {
  root made = {.key = fixture_key(algorithm)};

  made.certificate = fixture_certificate(&(fixture_spec){.common_name = name, .is_ca = 1}, made.key,
                                         NULL, made.key);
  return made;
}

static half issue(const root *from, const char *algorithm, const fixture_spec *spec) {
  EVP_PKEY *key = fixture_key(algorithm);
  X509 *leaf = fixture_certificate(spec, key, from->certificate, from->key);
  half made = {fixture_certificates_pem(&leaf, 1), fixture_key_pem(key)};

  X509_free(leaf);
  EVP_PKEY_free(key);
  return made;
}

static void free_root(root *made) {
  X509_free(made->certificate);
  EVP_PKEY_free(made->key);
}

static void free_half(half *made) {
  free(made->chain);
  free(made->key);
}

/* A server with a root for each half, and the client that trusts both. */
typedef struct scene {
  root pq_root, classical_root;
  half pq, classical;
  char *anchors;
} scene;

static const fixture_spec good = {.common_name = "leaf", .dns = SIM_SERVER_NAME};

static void scene_make(scene *made, const char *pq_root, const char *pq, const char *classical_root,
                       const char *classical, const fixture_spec *classical_spec) {
  X509 *roots[4];
  root bystanders[2] = {make_root("ML-DSA-65", "third root"), make_root("P-256", "fourth root")};

  made->pq_root = make_root(pq_root, "first root");
  made->classical_root = make_root(classical_root, "second root");
  made->pq = issue(&made->pq_root, pq, &good);
  made->classical = issue(&made->classical_root, classical, classical_spec);
  roots[0] = made->pq_root.certificate;
  roots[1] = made->classical_root.certificate;
  /* So that clients always have anchors of both kinds. */
  roots[2] = bystanders[0].certificate;
  roots[3] = bystanders[1].certificate;
  made->anchors = fixture_certificates_pem(roots, 4);
  free_root(&bystanders[0]);
  free_root(&bystanders[1]);
}

static void scene_free(scene *made) {
  free_root(&made->pq_root);
  free_root(&made->classical_root);
  free_half(&made->pq);
  free_half(&made->classical);
  free(made->anchors);
}

static pqq_config *server_config(const scene *from, int32_t profile) {
  pqq_identity_source sources[2] = {
      {.cert_pem = fixture_bytes(from->pq.chain), .key_pem = fixture_bytes(from->pq.key)},
      {.cert_pem = fixture_bytes(from->classical.chain),
       .key_pem = fixture_bytes(from->classical.key)},
  };
  pqq_config_options options = sim_options();
  pqq_config *config = NULL;

  EXPECT_INT(pqq_init(), PQQ_OK);
  options.profile = profile;
  options.identities = sources;
  options.identity_count = 2;
  EXPECT_INT(pqq_config_new(&options, &config), PQQ_OK);
  return config;
}

static int requires_related;

static pqq_config *client_config(pqq_bytes anchors, int32_t profile) {
  pqq_config_options options = sim_options();
  pqq_config *config = NULL;

  options.profile = profile;
  options.ca_pem = anchors;
  options.require_authentication = PQQ_REQUIRE_HYBRID;
  options.require_related_certificate = (uint32_t)requires_related;
  EXPECT_INT(pqq_config_new(&options, &config), PQQ_OK);
  return config;
}

/* --- One attempt ----------------------------------------------------------- */

/* A client asks for something at once; returns how that ended. No byte of the
 * request may have left it unless the connection was made. */
static pqq_close_info attempt(const scene *from, int32_t profile, const char *says) {
  pqq_address address = sim_server_address(), own = sim_address4(2, 5000);
  pqq_config *of_server = server_config(from, profile);
  pqq_config *of_client = client_config(fixture_bytes(from->anchors), profile);
  sim_exchange exchange = {.method = "POST", .path = "/upload", .upload_bytes = 1000};
  sim_server server = {.node.out.delay_ns = SIM_DELAY_NS};
  sim_client client = {
      .node.out.delay_ns = SIM_DELAY_NS, .exchanges = &exchange, .exchange_count = 1};
  sim *net = sim_new(harness_seed());
  pqq_close_info close = {.status = PQQ_OK};

  sim_server_start(&server, net, of_server, &address, NULL);
  sim_client_start(&client, net, of_client, &own, &address);
  EXPECT_INT(sim_client_request(&client, 0), PQQ_OK);
  (void)sim_run(net, sim_now(net) + SIM_LONG, sim_client_is_settled, &client);
  if (client.is_connected) {
    EXPECT(sim_run(net, sim_now(net) + SIM_LONG, sim_client_is_done, &client));
    EXPECT_INT(exchange.http_status, 200);
  } else {
    pqq_connection_info info = {.struct_size = sizeof info};

    EXPECT(client.is_closed);
    /* spec: HA-45: a pin or whatever else it says cannot be read. */
    EXPECT(pqq_engine_connection_info(client.node.engine, client.conn, &info) != PQQ_OK);
    EXPECT(!exchange.is_opened);
    EXPECT_UINT(server.requests, 0);
    close = client.close;
    if (strstr(client.close_reason, says) == NULL) {
      FAIL("\"%s\" does not say \"%s\"", client.close_reason, says);
    }
    sim_run_for(net, SIM_SECOND);
    EXPECT_UINT(server.requests, 0);
  }
  sim_client_stop(&client);
  sim_server_stop(&server);
  sim_free(net);
  pqq_config_unref(of_server);
  pqq_config_unref(of_client);
  return close;
}

static void expect_close(const scene *from, pqq_status status, uint64_t wire_code,
                         const char *says) {
  pqq_close_info close = attempt(from, PQQ_PROFILE_BALANCED, says);

  EXPECT_STR(pqq_err_name(close.status), pqq_err_name(status));
  EXPECT_UINT(close.wire_code, wire_code);
  EXPECT_INT(close.is_remote, 0);
}

static scene *honest_scene(void) {
  static scene made;
  static int is_made;

  if (!is_made) {
    scene_make(&made, "ML-DSA-65", "ML-DSA-65", "P-256", "P-256", &good);
    is_made = 1;
  }
  return &made;
}

/* A TLS alert as CONNECTION_CLOSE carries it (RFC 9001 section 4.8). */
#define CRYPTO_ERROR(alert) (0x100 + (alert))

TEST("an honest server is believed") {
  EXPECT_INT(attempt(honest_scene(), PQQ_PROFILE_BALANCED, "").status, PQQ_OK);
}

/* spec: HA-29, HA-30, HA-31, HA-35, HA-37, HS-22, SC-2, SC-3, SC-4 */
TEST("an ML-DSA leaf under an ECDSA root is CHAIN_CROSSED, and so is the reverse") {
  scene made;

  scene_make(&made, "P-256", "ML-DSA-65", "P-256", "P-256", &good);
  expect_close(&made, PQQ_ERR_CHAIN_CROSSED, CRYPTO_ERROR(43), "ML-DSA up to its anchor");
  scene_free(&made);
  scene_make(&made, "ML-DSA-65", "ML-DSA-65", "ML-DSA-65", "P-256", &good);
  expect_close(&made, PQQ_ERR_CHAIN_CROSSED, PQQ__WIRE_AUTHENTICATOR_CERTIFICATE, "of one kind");
  scene_free(&made);
}

/* spec: HA-32, HA-66, SC-4 */
TEST("both leaves under one root are SHARED_ROOT") {
  scene made;

  scene_make(&made, "ML-DSA-65", "ML-DSA-65", "P-256", "P-256", &good);
  free_half(&made.classical);
  made.classical = issue(&made.pq_root, "P-256", &good);
  expect_close(&made, PQQ_ERR_SHARED_ROOT, PQQ__WIRE_AUTHENTICATOR_CERTIFICATE,
               "same trust anchor");
  /* Under one classical root the ML-DSA half alone gives it away. */
  free_half(&made.pq);
  free_half(&made.classical);
  made.pq = issue(&made.classical_root, "ML-DSA-65", &good);
  made.classical = issue(&made.classical_root, "P-256", &good);
  expect_close(&made, PQQ_ERR_CHAIN_CROSSED, CRYPTO_ERROR(43), "up to its anchor");
  scene_free(&made);
}

/* spec: HA-33, HA-66 */
TEST("a classical identity of another origin is CERT_NAME_MISMATCH") {
  scene made;

  scene_make(&made, "ML-DSA-65", "ML-DSA-65", "P-256", "P-256",
             &(fixture_spec){.common_name = "other", .dns = "other.test"});
  expect_close(&made, PQQ_ERR_CERT_NAME_MISMATCH, PQQ__WIRE_AUTHENTICATOR_CERTIFICATE,
               "classical certificate is for other.test");
  scene_free(&made);
}

/* spec: HA-34, HA-66 */
TEST("an expired classical leaf is CERT_EXPIRED") {
  scene made;

  scene_make(&made, "ML-DSA-65", "ML-DSA-65", "P-256", "P-256",
             &(fixture_spec){.common_name = "past",
                             .dns = SIM_SERVER_NAME,
                             .not_before = -2 * DAY,
                             .not_after = -DAY});
  expect_close(&made, PQQ_ERR_CERT_EXPIRED, PQQ__WIRE_AUTHENTICATOR_CERTIFICATE, "classical");
  scene_free(&made);
}

/* spec: HA-34, HA-66, SC-2 */
TEST("a classical identity under a root that is not trusted is CERT_UNTRUSTED") {
  scene made;
  root other = make_root("P-256", "unknown root");

  scene_make(&made, "ML-DSA-65", "ML-DSA-65", "P-256", "P-256", &good);
  free_half(&made.classical);
  made.classical = issue(&other, "P-256", &good);
  expect_close(&made, PQQ_ERR_CERT_UNTRUSTED, PQQ__WIRE_AUTHENTICATOR_CERTIFICATE, "classical");
  free_root(&other);
  scene_free(&made);
}

/* --- Authenticators -------------------------------------------------------- */

static void replace(uint8_t **data, size_t *len, const uint8_t *with, size_t with_len) {
  free(*data);
  *data = malloc(with_len ? with_len : 1);
  memcpy(*data, with, with_len);
  *len = with_len;
}

static void replay(pqq__tls_session *session, uint8_t **data, size_t *len) {
  (void)session;
  replace(data, len, recorded, recorded_len);
}

/* spec: HA-65, SC-5, HA-41, HA-43, HA-44, HA-59 */
TEST("an authenticator of another connection is AUTHENTICATOR_INVALID") {
  EXPECT_INT(attempt(honest_scene(), PQQ_PROFILE_BALANCED, "").status, PQQ_OK);
  forge = replay;
  expect_close(honest_scene(), PQQ_ERR_AUTHENTICATOR_INVALID, PQQ__WIRE_AUTHENTICATOR_INVALID,
               "another connection");
  forge = NULL;
}

/* Everything behind the stream's type. */
static void twice(pqq__tls_session *session, uint8_t **data, size_t *len) {
  uint8_t both[16384];
  size_t frame_len = *len - PQQ__STREAM_TYPE_BYTES;

  (void)session;
  memcpy(both, *data, *len);
  memcpy(both + *len, *data + PQQ__STREAM_TYPE_BYTES, frame_len);
  replace(data, len, both, *len + frame_len);
}

/* spec: HA-10, HA-63 */
TEST("two authenticators are AUTHENTICATOR_DUPLICATE") {
  forge = twice;
  expect_close(honest_scene(), PQQ_ERR_AUTHENTICATOR_DUPLICATE, PQQ__WIRE_AUTHENTICATOR_DUPLICATE,
               "too many");
  forge = NULL;
}

/* Writes a proof stream with an authenticator by that identity. */
static void prove_with(pqq__tls_session *session, const pqq__identity *identity, uint8_t **data,
                       size_t *len) {
  uint8_t context[PQQ__AUTHENTICATOR_CONTEXT_BYTES] = {1};
  pqq__authenticator_keys keys;
  CBB one, out;

  EXPECT_INT(pqq__authenticator_export(session->ssl, 1, &keys), 1);
  EXPECT(CBB_init(&one, 1024) && CBB_init(&out, 1024));
  EXPECT_INT(pqq__authenticator_write(&keys, (pqq_bytes){NULL, 0},
                                      (pqq_bytes){context, sizeof context}, identity, &one),
             PQQ_OK);
  EXPECT(pqq__proof_stream_begin(&out) &&
         pqq__proof_frame_write(&out, PQQ__FRAME_AUTHENTICATOR,
                                (pqq_bytes){CBB_data(&one), CBB_len(&one)}));
  replace(data, len, CBB_data(&out), CBB_len(&out));
  CBB_cleanup(&one);
  CBB_cleanup(&out);
}

static void prove_mldsa(pqq__tls_session *session, uint8_t **data, size_t *len) {
  prove_with(session, pqq__site_identity(session->site, 1), data, len);
}

/* spec: HA-22, HA-64, SC-3 */
TEST("an authenticator in a scheme that is not for it is AUTHENTICATOR_SCHEME") {
  scene made;
  pqq_close_info close;

  NOTE("ML-DSA");
  forge = prove_mldsa;
  expect_close(honest_scene(), PQQ_ERR_AUTHENTICATOR_SCHEME, PQQ__WIRE_AUTHENTICATOR_SCHEME,
               "ML-DSA-65");
  forge = NULL;
  NOTE("P-256 under profile secure");
  scene_make(&made, "ML-DSA-87", "ML-DSA-87", "P-384", "P-256", &good);
  close = attempt(&made, PQQ_PROFILE_SECURE, "ecdsa_secp256r1_sha256");
  EXPECT_STR(pqq_err_name(close.status), "PQQ_ERR_AUTHENTICATOR_SCHEME");
  EXPECT_UINT(close.wire_code, PQQ__WIRE_AUTHENTICATOR_SCHEME);
  scene_free(&made);
}

/* spec: PC-12, PC-15, HS-23 */
TEST("CertificateVerify below the profile that the server committed to is COMMITMENT_INVALID") {
  scene made;

  scene_make(&made, "ML-DSA-65", "ML-DSA-44", "P-256", "P-256", &good);
  expect_close(&made, PQQ_ERR_COMMITMENT_INVALID, TRANSPORT_PARAMETER_ERROR, "weaker");
  scene_free(&made);
}

static void empty_stream(pqq__tls_session *session, uint8_t **data, size_t *len) {
  (void)session;
  (void)data;
  *len = PQQ__STREAM_TYPE_BYTES;
}

/* spec: HA-11, HA-12, HA-60, HS-25, OV-7, HA-41, HA-43, HA-44 */
TEST("a server that never proves is AUTHENTICATOR_MISSING") {
  NOTE("no stream");
  is_silent = 1;
  expect_close(honest_scene(), PQQ_ERR_AUTHENTICATOR_MISSING, PQQ__WIRE_AUTHENTICATOR_MISSING,
               "did not begin");
  is_silent = 0;
  NOTE("an empty stream");
  forge = empty_stream;
  expect_close(honest_scene(), PQQ_ERR_AUTHENTICATOR_MISSING, PQQ__WIRE_AUTHENTICATOR_MISSING,
               "without an authenticator");
  forge = NULL;
}

/* spec: HA-12, HA-13, HA-61, HS-25 */
TEST("an authenticator that is not complete in time is AUTHENTICATOR_LATE") {
  never_ends = 1;
  expect_close(honest_scene(), PQQ_ERR_AUTHENTICATOR_LATE, PQQ__WIRE_AUTHENTICATOR_LATE,
               "did not end");
  never_ends = 0;
}

static void cut(pqq__tls_session *session, uint8_t **data, size_t *len) {
  (void)session;
  (void)data;
  *len -= 1;
}

static void swell(pqq__tls_session *session, uint8_t **data, size_t *len) {
  size_t large = PQQ__MAX_PROOF_BYTES + 1;
  uint8_t *grown = calloc(1, large);

  (void)session;
  memcpy(grown, *data, PQQ__STREAM_TYPE_BYTES);
  free(*data);
  *data = grown;
  *len = large;
}

static void unknown_frame(pqq__tls_session *session, uint8_t **data, size_t *len) {
  (void)session;
  (void)len;
  (*data)[PQQ__STREAM_TYPE_BYTES] = 0x07;
}

/* spec: HA-4, HA-8, HA-9, HA-62, SC-10 */
TEST("a proof stream that is cut, too long or has other frames is AUTHENTICATOR_MALFORMED") {
  static const struct {
    void (*forge)(pqq__tls_session *session, uint8_t **data, size_t *len);
    const char *says;
  } rows[] = {{cut, "cut off"}, {swell, "longer than 64 KiB"}, {unknown_frame, "must not be"}};

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    NOTE("%s", rows[i].says);
    forge = rows[i].forge;
    expect_close(honest_scene(), PQQ_ERR_AUTHENTICATOR_MALFORMED, PQQ__WIRE_AUTHENTICATOR_MALFORMED,
                 rows[i].says);
  }
  forge = NULL;
}

/* The classical leaf names `related`, NULL: nothing. */
static void make_related(scene *made, X509 *related) {
  fixture_spec spec = good;

  spec.related = related;
  free_half(&made->classical);
  made->classical = issue(&made->classical_root, "P-256", &spec);
}

/* spec: HA-38, HA-39, HA-40 */
TEST(
    "a RelatedCertificate that names another leaf is RELATED_CERTIFICATE, so is none if required") {
  scene made;
  X509 *leaf, *other;

  scene_make(&made, "ML-DSA-65", "ML-DSA-65", "P-256", "P-256", &good);
  leaf = fixture_parse_pem(made.pq.chain);
  other = made.pq_root.certificate;
  make_related(&made, leaf);
  EXPECT_INT(attempt(&made, PQQ_PROFILE_BALANCED, "").status, PQQ_OK);
  make_related(&made, other);
  expect_close(&made, PQQ_ERR_RELATED_CERTIFICATE, PQQ__WIRE_AUTHENTICATOR_CERTIFICATE,
               "not for the other leaf");
  requires_related = 1;
  make_related(&made, leaf);
  EXPECT_INT(attempt(&made, PQQ_PROFILE_BALANCED, "").status, PQQ_OK);
  make_related(&made, NULL);
  expect_close(&made, PQQ_ERR_RELATED_CERTIFICATE, PQQ__WIRE_AUTHENTICATOR_CERTIFICATE,
               "which the policy requires");
  requires_related = 0;
  X509_free(leaf);
  scene_free(&made);
}

/* --- A second stream -------------------------------------------------------- */

static void prove_again(sim_server *server, const pqq_event *event) {
  pqq__conn *conn;

  if (event->type != PQQ_EVENT_REQUEST) {
    return;
  }
  conn = pqq__slots_find(&server->node.engine->endpoint.conns, event->conn);
  if (conn) {
    uint8_t *copy = malloc(recorded_len);

    memcpy(copy, recorded, recorded_len);
    ((pqq__session *)conn->app)->proof->out_id = -1;
    EXPECT_INT(pqq__proof_send(conn->app, PQQ_OK, copy, recorded_len), 0);
  }
}

/* spec: HA-10, HA-63 */
TEST("a second proof stream is AUTHENTICATOR_DUPLICATE, even after the handshake") {
  sim_exchange exchange = {.method = "GET", .path = "/hang"};
  sim_setup setup = {.hybrid = PQQ_PROFILE_BALANCED, .exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  pair.server.on_event = prove_again;
  EXPECT(sim_pair_settle(&pair));
  EXPECT(pair.client.is_connected);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_STR(pqq_err_name(pair.client.close.status), "PQQ_ERR_AUTHENTICATOR_DUPLICATE");
  EXPECT_UINT(pair.client.close.wire_code, PQQ__WIRE_AUTHENTICATOR_DUPLICATE);
  sim_pair_close(&pair);
}
