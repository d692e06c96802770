/* SPDX-License-Identifier: MIT */
/* Certificate compression (RFC 8879) in whole handshakes: what is gained, when
 * it is left out, and a server that sends what does not unpack. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "tls/alert.h"
#include "tls/internal.h"
#include "tls_scene.h"

static const char *const algorithms[] = {"P-256", "P-384", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"};

#define ALGORITHMS (sizeof algorithms / sizeof algorithms[0])

/* Handshake message types (RFC 8879 section 7.2, RFC 8446 section 4). */
#define COMPRESSED_CERTIFICATE 25
#define ENCRYPTED_EXTENSIONS 8

static pqq_connection_info info_of(const tls_side *side) {
  pqq_connection_info info;

  memset(&info, 0, sizeof info);
  pqq__tls_session_info(side->session, &info);
  return info;
}

/* spec: HS-20 */
TEST("chains are sent compressed where that gains, and both ends report how much") {
  for (size_t i = 0; i < ALGORITHMS; i++) {
    for (int is_chain = 0; is_chain < 2; is_chain++) {
      tls_scene scene;
      tls_pair *pair;
      pqq_connection_info client, server;

      NOTE("%s, %d", algorithms[i], is_chain);
      tls_scene_init(&scene, algorithms[i], is_chain ? algorithms[i] : NULL, algorithms[i],
                     &tls_scene_leaf);
      pair = tls_scene_run(&scene, "localhost", 0);
      expect_done(pair);
      client = info_of(&pair->client);
      server = info_of(&pair->server);
      printf("# %s%s: %u bytes, %u on the wire, %u\n", algorithms[i],
             is_chain ? " with an intermediate" : "", client.certificate_bytes,
             client.certificate_wire_bytes, client.certificate_compression);
      EXPECT_UINT(client.certificate_compression, server.certificate_compression);
      EXPECT_UINT(client.certificate_bytes, server.certificate_bytes);
      EXPECT_UINT(client.certificate_wire_bytes, server.certificate_wire_bytes);
      EXPECT(client.certificate_wire_bytes <= client.certificate_bytes);
      EXPECT_INT(client.certificate_compression != 0,
                 client.certificate_wire_bytes < client.certificate_bytes);
      EXPECT_UINT(client.certificate_count, is_chain ? 2 : 1);
      tls_scene_clear(&scene, pair);
    }
  }
}

TEST("without compression on either end the chain is sent as it is") {
  for (int is_server = 0; is_server < 2; is_server++) {
    tls_scene scene;
    tls_pair *pair;

    tls_scene_init(&scene, "P-256", "P-256", "P-256", &tls_scene_leaf);
    (is_server ? &scene.server_options : &scene.client_options)->disable_certificate_compression =
        1;
    pair = tls_scene_run(&scene, "localhost", 0);
    expect_done(pair);
    EXPECT_UINT(info_of(&pair->client).certificate_compression, 0);
    EXPECT_UINT(info_of(&pair->server).certificate_compression, 0);
    EXPECT_UINT(info_of(&pair->client).certificate_bytes,
                info_of(&pair->client).certificate_wire_bytes);
    tls_scene_clear(&scene, pair);
  }
}

TEST("a client that knows one algorithm gets that one") {
  for (size_t i = 0; i < PQQ__CODECS; i++) {
    tls_scene scene;
    tls_pair *pair;

    tls_scene_init(&scene, "P-256", "P-256", "P-256", &tls_scene_leaf);
    scene.server_options.disable_certificate_compression = 1;
    tls_scene_configure(&scene);
    /* The form that is registered alone stands for a client that offers it alone. */
    for (size_t j = 0; j < PQQ__CODECS; j++) {
      if (j != i) {
        free(scene.server_config->sites[0].identities[0].compressed.forms[j].data);
        scene.server_config->sites[0].identities[0].compressed.forms[j].data = NULL;
      }
    }
    EXPECT(pqq__compression_offer(scene.server_config->server_context, scene.server_config));
    pair = tls_pair_new(scene.server_config, scene.client_config, "localhost", 0);
    EXPECT(pair != NULL);
    (void)tls_pair_run(pair);
    expect_done(pair);
    EXPECT_UINT(info_of(&pair->client).certificate_compression, pqq__codecs[i].id);
    tls_scene_clear(&scene, pair);
  }
}

TEST("a Certificate message that is not the kept one is compressed all the same") {
  tls_scene scene;
  tls_pair *pair;

  tls_scene_init(&scene, "P-256", "P-256", "P-256", &tls_scene_leaf);
  tls_scene_configure(&scene);
  scene.server_config->sites[0].identities[0].compressed.body[0] ^= 1;
  pair = tls_pair_new(scene.server_config, scene.client_config, "localhost", 0);
  EXPECT(pair != NULL);
  (void)tls_pair_run(pair);
  expect_done(pair);
  EXPECT(info_of(&pair->client).certificate_compression != 0);
  EXPECT(info_of(&pair->client).certificate_wire_bytes < info_of(&pair->client).certificate_bytes);
  tls_scene_clear(&scene, pair);
}

/* A server that has got the ClientHello and made its flight. */
static tls_pair *begin(tls_scene *scene) {
  tls_pair *pair = tls_pair_new(scene->server_config, scene->client_config, "localhost", 0);

  EXPECT(pair != NULL);
  (void)SSL_do_handshake(pair->client.ssl);
  EXPECT(SSL_provide_quic_data(pair->server.ssl, ssl_encryption_initial, pair->client.data[0],
                               pair->client.len[0]) == 1);
  pair->client.len[0] = 0;
  (void)SSL_do_handshake(pair->server.ssl);
  return pair;
}

static uint32_t read24(const uint8_t *data) {
  return (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];
}

static void write24(uint8_t *data, uint32_t value) {
  data[0] = (uint8_t)(value >> 16);
  data[1] = (uint8_t)(value >> 8);
  data[2] = (uint8_t)value;
}

/* The body of the CompressedCertificate message, behind EncryptedExtensions. */
static uint8_t *find_body(tls_side *server) {
  uint8_t *data = server->data[ssl_encryption_handshake];

  EXPECT_UINT(data[0], ENCRYPTED_EXTENSIONS);
  data += 4 + read24(data + 1);
  EXPECT_UINT(data[0], COMPRESSED_CERTIFICATE);
  return data + 4;
}

enum damage { LONGER, SHORTER, HUGE_LENGTH, ALGORITHM, GARBAGE, FLIPPED, DAMAGES };

static void do_damage(uint8_t *body, enum damage damage) {
  uint32_t before = read24(body + 2), len = read24(body + 5);

  switch (damage) {
  case LONGER:
    write24(body + 2, before + 1);
    break;
  case SHORTER:
    write24(body + 2, before - 1);
    break;
  case HUGE_LENGTH:
    write24(body + 2, PQQ__MAX_CERTIFICATE_MESSAGE_BYTES + 1);
    break;
  case ALGORITHM:
    body[1] = 9;
    break;
  case GARBAGE:
    memset(body + 8, 0xa5, len);
    break;
  case FLIPPED:
    body[8 + len / 2] ^= 0x10;
    break;
  case DAMAGES:
    break;
  }
}

TEST("a compressed certificate of a wrong length, too large, or garbage ends the handshake") {
  static const struct {
    int alert;
    const char *text;
  } expected[DAMAGES] = {
      [LONGER] = {PQQ__ALERT_BAD_CERTIFICATE, "unpack"},
      [SHORTER] = {PQQ__ALERT_BAD_CERTIFICATE, "unpack"},
      [HUGE_LENGTH] = {PQQ__ALERT_BAD_CERTIFICATE, "too large"},
      [ALGORITHM] = {47, ""},
      [GARBAGE] = {PQQ__ALERT_BAD_CERTIFICATE, "unpack"},
      [FLIPPED] = {-1, ""},
  };

  for (int damage = 0; damage < DAMAGES; damage++) {
    tls_scene scene;
    tls_pair *pair;

    NOTE("damage %d", damage);
    tls_scene_init(&scene, "ML-DSA-65", "ML-DSA-65", "ML-DSA-65", &tls_scene_leaf);
    tls_scene_configure(&scene);
    pair = begin(&scene);
    do_damage(find_body(&pair->server), (enum damage)damage);
    EXPECT_INT(tls_pair_run(pair), 0);
    /* Where a flipped bit still unpacks, the certificate or the transcript is wrong. */
    if (damage != FLIPPED) {
      EXPECT_INT(pair->client.alert, expected[damage].alert);
    }
    if (expected[damage].text[0] != '\0') {
      expect_failure(&pair->client, PQQ_ERR_CERT_INVALID, expected[damage].alert,
                     expected[damage].text);
    }
    tls_scene_clear(&scene, pair);
  }
}
