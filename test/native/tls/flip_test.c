/* SPDX-License-Identifier: MIT */
/* One flipped bit at a time in everything that velocity/1 rests on: each
 * handshake must fail with a typed error. Two kinds of flips: on the way, where
 * the transcript shows them, and made by the server itself, whose signatures and
 * MACs are then right for the changed bytes, so that only judgement helps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pool.h>

#include "fixtures.h"
#include "harness.h"
#include "tls/internal.h"
#include "tls_pair.h"

#define ROUNDS 1000

pqq_status __real_pqq__signing_key_sign(const pqq__signing_key *key, uint16_t scheme,
                                        const uint8_t *message, size_t message_len,
                                        uint8_t *signature, size_t *signature_len);
pqq_status __wrap_pqq__signing_key_sign(const pqq__signing_key *key, uint16_t scheme,
                                        const uint8_t *message, size_t message_len,
                                        uint8_t *signature, size_t *signature_len);
size_t __real_pqq__commitment_write_server(const pqq__server_commitment *commitment, uint8_t *out);
size_t __wrap_pqq__commitment_write_server(const pqq__server_commitment *commitment, uint8_t *out);

static uint64_t state;

static size_t below(size_t limit) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (size_t)(state >> 33) % limit;
}

static void flip(uint8_t *data, size_t bit) {
  data[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* --- The two identities ---------------------------------------------------- */

struct scene {
  pqq__tls_config *server, *client;
};

static void make_scene(struct scene *scene) {
  static const fixture_spec leaf = {.common_name = "localhost", .dns = "localhost"};
  fixture_server halves[2];
  pqq_identity_source sources[2];
  /* Without compression, which would take its time for each changed leaf. */
  pqq_config_options server = {.identities = sources,
                               .identity_count = 2,
                               .pin_lifetime_s = 86400,
                               .disable_certificate_compression = 1};
  pqq_config_options client = {.require_authentication = PQQ_REQUIRE_HYBRID};
  char *anchors;

  fixture_server_make(&halves[0], "ML-DSA-65", NULL, "ML-DSA-65", &leaf);
  fixture_server_make(&halves[1], "P-256", NULL, "P-256", &leaf);
  memset(sources, 0, sizeof sources);
  for (int i = 0; i < 2; i++) {
    sources[i].cert_pem = fixture_bytes(halves[i].chain);
    sources[i].key_pem = fixture_bytes(halves[i].key);
  }
  anchors = malloc(strlen(halves[0].root) + strlen(halves[1].root) + 1);
  strcpy(anchors, halves[0].root);
  strcat(anchors, halves[1].root);
  client.ca_pem = fixture_bytes(anchors);
  EXPECT_INT(pqq__tls_config_new(&server, &scene->server), PQQ_OK);
  EXPECT_INT(pqq__tls_config_new(&client, &scene->client), PQQ_OK);
  free(anchors);
  fixture_server_free(&halves[0]);
  fixture_server_free(&halves[1]);
}

static void free_scene(struct scene *scene) {
  pqq__tls_config_free(scene->server);
  pqq__tls_config_free(scene->client);
}

/* --- A whole handshake ------------------------------------------------------ */

/* What a round changes. */
static enum { NO_KEY, MLDSA_KEY, CLASSICAL_KEY } flipped_key;
static int flips_commitment;
static size_t commitment_bit;

pqq_status __wrap_pqq__signing_key_sign(const pqq__signing_key *key, uint16_t scheme,
                                        const uint8_t *message, size_t message_len,
                                        uint8_t *signature, size_t *signature_len) {
  pqq_status status =
      __real_pqq__signing_key_sign(key, scheme, message, message_len, signature, signature_len);

  if (flipped_key == (pqq__signing_key_scheme(key)->is_pq ? MLDSA_KEY : CLASSICAL_KEY)) {
    flip(signature, below(*signature_len * 8));
  }
  return status;
}

size_t __wrap_pqq__commitment_write_server(const pqq__server_commitment *commitment, uint8_t *out) {
  size_t len = __real_pqq__commitment_write_server(commitment, out);

  if (flips_commitment) {
    flip(out, commitment_bit);
  }
  return len;
}

/* The rest of a handshake whose TLS part is done: the client's status. */
static pqq_status prove(tls_pair *pair, int flips_proof) {
  uint8_t *proof, *answer;
  size_t len, answer_len;
  pqq_status status = pqq__tls_session_check(pair->client.session);

  if (status != PQQ_OK) {
    return status;
  }
  EXPECT_INT(pqq__tls_prove(pair->server.session, &proof, &len), PQQ_OK);
  if (flips_proof) {
    flip(proof, below(len * 8));
  }
  status = pqq__tls_take_proof(pair->client.session, proof, len, &answer, &answer_len);
  EXPECT(answer == NULL);
  free(proof);
  return status;
}

/* Statuses by how often they came, for the output. */
static struct {
  pqq_status status;
  int count;
} seen[16];

static void note(pqq_status status) {
  size_t i = 0;

  while (i < 15 && seen[i].count > 0 && seen[i].status != status) {
    i++;
  }
  seen[i].status = status;
  seen[i].count++;
}

static void print_seen(const char *what) {
  printf("# %s:", what);
  for (size_t i = 0; i < 16 && seen[i].count > 0; i++) {
    printf(" %d %s", seen[i].count, pqq_err_name(seen[i].status));
  }
  printf("\n");
  memset(seen, 0, sizeof seen);
}

/* No success, and a cause that is not our own fault. Flips on the way may be
 * found by the server. */
static void expect_typed(tls_pair *pair, pqq_status status) {
  const char *reason = "";

  if (status == PQQ_OK) {
    status = pqq__tls_session_failure(pair->client.session, &reason);
  }
  if (status == PQQ_OK) {
    status = pqq__tls_session_failure(pair->server.session, &reason);
  }
  if (status > -300 || status <= -400) {
    FAIL("%s: %s, alert %d", pqq_err_name(status), reason, pair->client.alert);
  }
  note(status);
}

static pqq_status run(tls_pair *pair, int flips_proof) {
  return tls_pair_run(pair) ? prove(pair, flips_proof) : PQQ_OK;
}

/* spec: OV-4, HS-22 */
TEST("without a flip both halves are verified") {
  struct scene scene;
  tls_pair *pair;

  state = harness_seed();
  make_scene(&scene);
  pair = tls_pair_new(scene.server, scene.client, "localhost", 0);
  EXPECT_INT(tls_pair_run(pair), 1);
  EXPECT_INT(prove(pair, 0), PQQ_OK);
  tls_pair_free(pair);
  free_scene(&scene);
}

/* The server sends, and signs for, a changed leaf. */
static void flip_certificates(int is_pq, const char *what) {
  struct scene scene;
  pqq__identity *identity;
  CRYPTO_BUFFER *leaf;
  pqq_status result;
  const char *reason;
  int unsendable = 0;

  state = harness_seed();
  make_scene(&scene);
  identity = &scene.server->sites[0].identities[is_pq ? 0 : 1];
  leaf = identity->chain[0];
  for (int i = 0; i < ROUNDS; i++) {
    tls_pair *pair;
    uint8_t changed[8192];
    size_t len = CRYPTO_BUFFER_len(leaf);

    EXPECT(len <= sizeof changed);
    memcpy(changed, CRYPTO_BUFFER_data(leaf), len);
    flip(changed, below(len * 8));
    identity->chain[0] = CRYPTO_BUFFER_new(changed, len, NULL);
    NOTE("round %d", i);
    pair = tls_pair_new(scene.server, scene.client, "localhost", 0);
    result = run(pair, 0);
    if (pqq__tls_session_failure(pair->server.session, &reason) == PQQ_ERR_INTERNAL) {
      i--; /* AWS-LC does not send what it cannot parse: another bit. */
      if (++unsendable > ROUNDS) {
        FAIL("%s", reason);
      }
    } else {
      expect_typed(pair, result);
    }
    tls_pair_free(pair);
    CRYPTO_BUFFER_free(identity->chain[0]);
  }
  identity->chain[0] = leaf;
  free_scene(&scene);
  print_seen(what);
}

/* spec: OV-4, HS-22 */
TEST("1,000 flips in the ML-DSA certificate") {
  flip_certificates(1, "ML-DSA certificate");
}

TEST("1,000 flips in the classical certificate") {
  flip_certificates(0, "classical certificate");
}

static void flip_rounds(int flips_proof, const char *what) {
  struct scene scene;

  state = harness_seed();
  make_scene(&scene);
  for (int i = 0; i < ROUNDS; i++) {
    tls_pair *pair = tls_pair_new(scene.server, scene.client, "localhost", 0);

    NOTE("round %d", i);
    expect_typed(pair, run(pair, flips_proof));
    tls_pair_free(pair);
  }
  free_scene(&scene);
  print_seen(what);
}

/* spec: OV-4 */
TEST("1,000 flips in CertificateVerify") {
  flipped_key = MLDSA_KEY;
  flip_rounds(0, "CertificateVerify");
  flipped_key = NO_KEY;
}

/* spec: HA-23 */
TEST("1,000 flips in the authenticator's CertificateVerify, under a Finished that is right") {
  flipped_key = CLASSICAL_KEY;
  flip_rounds(0, "CertificateVerify of the authenticator");
  flipped_key = NO_KEY;
}

/* spec: HA-27 */
TEST("1,000 flips in the exported authenticator") {
  flip_rounds(1, "authenticator");
}

/* Identifier, length, version, profile, reason: everything but the lifetime of
 * the pin, of which every value is a right one. */
#define COMMITTED_BITS ((8 + 1 + 1 + 1 + 1) * 8)

/* spec: PC-11, PC-12 */
TEST("every flip that a server makes in its profile commitment") {
  struct scene scene;

  make_scene(&scene);
  flips_commitment = 1;
  for (commitment_bit = 0; commitment_bit < COMMITTED_BITS; commitment_bit++) {
    tls_pair *pair = tls_pair_new(scene.server, scene.client, "localhost", 0);

    NOTE("bit %zu", commitment_bit);
    EXPECT_INT(tls_pair_run(pair), 1);
    EXPECT_INT(prove(pair, 0), PQQ_ERR_COMMITMENT_INVALID);
    tls_pair_free(pair);
  }
  flips_commitment = 0;
  free_scene(&scene);
}

/* The commitment within a flight; its first byte is the identifier's. */
static uint8_t *find_commitment(tls_side *side, int level, size_t *len) {
  static const uint8_t id[] = {0xc0, 0, 0, 0, 'V', 'E', 'L', 'O'};

  for (size_t i = 0; i + sizeof id < side->len[level]; i++) {
    if (memcmp(side->data[level] + i, id, sizeof id) == 0) {
      *len = sizeof id + 1 + side->data[level][i + sizeof id];
      return side->data[level] + i;
    }
  }
  FAIL("no commitment");
  return NULL;
}

/* spec: OV-5, SC-8 */
TEST("1,000 flips in both commitments on their way") {
  struct scene scene;

  state = harness_seed();
  make_scene(&scene);
  for (int i = 0; i < ROUNDS; i++) {
    tls_pair *pair = tls_pair_new(scene.server, scene.client, "localhost", 0);
    tls_side *server = &pair->server, *client = &pair->client;
    uint8_t *commitment;
    size_t len;

    NOTE("round %d", i);
    (void)SSL_do_handshake(client->ssl);
    if (i % 2 == 0) {
      commitment = find_commitment(client, ssl_encryption_initial, &len);
    } else {
      (void)SSL_provide_quic_data(server->ssl, ssl_encryption_initial, client->data[0],
                                  client->len[0]);
      client->len[0] = 0;
      (void)SSL_do_handshake(server->ssl);
      commitment = find_commitment(server, ssl_encryption_handshake, &len);
    }
    flip(commitment, below(len * 8));
    EXPECT_INT(tls_pair_run(pair), 0);
    expect_typed(pair, PQQ_OK);
    tls_pair_free(pair);
  }
  free_scene(&scene);
  print_seen("commitments on their way");
}
