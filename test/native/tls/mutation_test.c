/* SPDX-License-Identifier: MIT */
/* What a peer can do to us: flights with flipped bits, cut tails and doubled
 * parts. Nothing crashes (run under sanitizers), no such handshake completes,
 * and a side that fails has a typed cause. */
#include <string.h>

#include "fixtures.h"
#include "harness.h"
#include "tls_pair.h"

/* Enough to reach every field of a ClientHello of 1.5 KiB a few times in a
 * second or two. */
#define ROUNDS 1500

static uint64_t state;

/* xorshift64*: any seed but 0. */
static uint64_t next_random(void) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545f4914f6cdd1dULL;
}

/* Changes a flight in one of several ways; always changes something. */
static void mutate(uint8_t *data, size_t *len) {
  size_t at = (size_t)(next_random() % *len);

  switch (next_random() % 5) {
  case 0:
    data[at] ^= (uint8_t)(1u << (next_random() % 8));
    break;
  case 1:
    data[at] = (uint8_t)~data[at];
    break;
  case 2:
    *len = at;
    break;
  case 3:
    /* The handshake header with its length stays, the body moves. */
    at = at < 4 ? 4 : at;
    memmove(data + at, data + at - 1, *len - at);
    data[4] ^= 0x55;
    break;
  default:
    for (size_t i = 0; i < 8 && at + i < *len; i++) {
      data[at + i] = (uint8_t)next_random();
    }
    data[at] ^= 1;
    break;
  }
}

static void expect_typed(const tls_side *side) {
  const char *reason;
  pqq_status status = pqq__tls_session_failure(side->session, &reason);

  if (!side->has_failed || side->was_refused) {
    return;
  }
  EXPECT(status < 0);
  EXPECT(reason[0] != '\0' && strlen(reason) < 384);
  EXPECT(side->alert >= 0);
}

/* Server and client configuration of one algorithm. */
struct scene {
  pqq__tls_config *server, *client;
};

static void make_scene(struct scene *scene, const char *algorithm) {
  static const fixture_spec leaf = {.common_name = "localhost", .dns = "localhost"};
  fixture_server server;
  pqq_identity_source source = {.cert_pem = {NULL, 0}};
  pqq_config_options options = {
      .profile = PQQ_PROFILE_LIGHT, .identities = &source, .identity_count = 1};
  pqq_config_options client = {.profile = 0};

  fixture_server_make(&server, algorithm, NULL, algorithm, &leaf);
  source.cert_pem = fixture_bytes(server.chain);
  source.key_pem = fixture_bytes(server.key);
  client.ca_pem = fixture_bytes(server.root);
  EXPECT_INT(pqq__tls_config_new(&options, &scene->server), PQQ_OK);
  EXPECT_INT(pqq__tls_config_new(&client, &scene->client), PQQ_OK);
  fixture_server_free(&server);
}

static void free_scene(struct scene *scene) {
  pqq__tls_config_free(scene->server);
  pqq__tls_config_free(scene->client);
}

/* spec: SC-8 */
TEST("a changed ClientHello never completes and always has a cause") {
  struct scene scene;

  state = harness_seed();
  make_scene(&scene, "P-256");
  for (int i = 0; i < ROUNDS; i++) {
    tls_pair *pair = tls_pair_new(scene.server, scene.client, "localhost", 0);

    (void)SSL_do_handshake(pair->client.ssl);
    mutate(pair->client.data[0], &pair->client.len[0]);
    EXPECT_INT(tls_pair_run(pair), 0);
    expect_typed(&pair->server);
    expect_typed(&pair->client);
    tls_pair_free(pair);
  }
  free_scene(&scene);
}

static void change_server_flight(const char *algorithm, int rounds) {
  struct scene scene;

  make_scene(&scene, algorithm);
  for (int i = 0; i < rounds; i++) {
    tls_pair *pair = tls_pair_new(scene.server, scene.client, "localhost", 0);
    tls_side *server = &pair->server;
    int level = next_random() % 4 == 0 ? ssl_encryption_initial : ssl_encryption_handshake;

    NOTE("%s, round %d", algorithm, i);
    (void)SSL_do_handshake(pair->client.ssl);
    (void)SSL_provide_quic_data(server->ssl, ssl_encryption_initial, pair->client.data[0],
                                pair->client.len[0]);
    pair->client.len[0] = 0;
    (void)SSL_do_handshake(server->ssl);
    mutate(server->data[level], &server->len[level]);
    EXPECT_INT(tls_pair_run(pair), 0);
    expect_typed(&pair->client);
    tls_pair_free(pair);
  }
  free_scene(&scene);
}

/* spec: SC-8 */
TEST("a changed flight of the server never completes and always has a cause") {
  state = harness_seed();
  change_server_flight("P-256", ROUNDS);
  change_server_flight("ML-DSA-44", ROUNDS);
}
