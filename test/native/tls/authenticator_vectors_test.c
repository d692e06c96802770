/* SPDX-License-Identifier: MIT */
/* Exported authenticators (RFC 9261) against fixed vectors, which an implementation in TypeScript
 * has made (spec/vectors/README.md). PQQ_AUTHENTICATORS names another file of that form, and with
 * PQQ_AUTHENTICATORS_OUT what libpqq makes of its inputs is written there, a `name hex` line for
 * each: test/integration/80.authenticator.cross.test.ts uses both. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/mem.h>
#include <openssl/pool.h>
#include <openssl/x509.h>

#include "block_file.h"
#include "core/error.h"
#include "fixtures.h"
#include "harness.h"
#include "tls/exported_authenticator.h"
#include "tls/proof.h"

#define VECTORS "spec/vectors/exported-authenticator.txt"

static void open_vectors(block_file *file) {
  const char *other = getenv("PQQ_AUTHENTICATORS");

  block_file_read(file, other != NULL ? other : VECTORS);
}

/* A block with its inputs. */
typedef struct vector_scene {
  const file_block *block;
  pqq__authenticator_keys keys;
  pqq_bytes request;
  pqq_bytes authenticator;
} vector_scene;

static void copy_key(const file_block *block, const char *name, size_t len, uint8_t *out) {
  pqq_bytes value = block_bytes(block_text(block, name));

  EXPECT_UINT(value.len, len);
  memcpy(out, value.data, len);
  free((void *)value.data);
}

/* `of`: the block that names the hash. */
static void scene_init(vector_scene *scene, const file_block *block, const file_block *of) {
  int is_sha384 = strcmp(block_text(of, "hash"), "sha384") == 0;

  NOTE("%s", block_text(block, "name"));
  scene->block = block;
  scene->keys.hash = is_sha384 ? EVP_sha384() : EVP_sha256();
  copy_key(block, "handshakeContext", EVP_MD_size(scene->keys.hash), scene->keys.handshake_context);
  copy_key(block, "finishedKey", EVP_MD_size(scene->keys.hash), scene->keys.finished_key);
  scene->request = block_bytes(block_text(block, "request"));
  scene->authenticator = block_bytes(block_text(block, "authenticator"));
}

static void scene_clear(vector_scene *scene) {
  free((void *)scene->request.data);
  free((void *)scene->authenticator.data);
}

static int is_kind(const file_block *block, const char *kind) {
  return strcmp(block->kind, kind) == 0;
}

static int is_empty(const file_block *block) {
  return block_text(block, "identity")[0] == '\0';
}

static void expect_hex(pqq_bytes actual, const file_block *block, const char *name) {
  pqq_bytes expected = block_bytes(block_text(block, name));

  EXPECT_MEM(actual.data, actual.len, expected.data, expected.len);
  free((void *)expected.data);
}

static EVP_PKEY *leaf_key(const pqq__authenticator *authenticator) {
  CRYPTO_BUFFER *buffer = CRYPTO_BUFFER_new(authenticator->certificates[0].data,
                                            authenticator->certificates[0].len, NULL);
  X509 *certificate = X509_parse_from_buffer(buffer);
  EVP_PKEY *key;

  EXPECT(certificate != NULL);
  key = X509_get_pubkey(certificate);
  EXPECT(key != NULL);
  X509_free(certificate);
  CRYPTO_BUFFER_free(buffer);
  return key;
}

/* What proof.c does with the bytes of a peer, as the first refusal. */
static const char *verdict(const vector_scene *scene) {
  pqq__authenticator authenticator;
  const char *result = "ok";
  EVP_PKEY *key;

  if (!pqq__authenticator_read(scene->authenticator, &authenticator) || authenticator.is_empty ||
      authenticator.context.len != PQQ__AUTHENTICATOR_CONTEXT_BYTES) {
    return "malformed";
  }
  if (!pqq__authenticator_is_bound(&authenticator, &scene->keys, scene->request)) {
    return "invalid";
  }
  key = leaf_key(&authenticator);
  if (pqq__signing_scheme(key)->id != authenticator.scheme) {
    result = "scheme";
  } else if (!pqq__authenticator_is_signed(&authenticator, &scene->keys, scene->request, key)) {
    result = "invalid";
  }
  EVP_PKEY_free(key);
  return result;
}

static void expect_parts(const vector_scene *scene, const block_file *file) {
  const file_block *identity =
      block_file_find(file, "identity", block_text(scene->block, "identity"));
  pqq__authenticator authenticator;

  EXPECT(pqq__authenticator_read(scene->authenticator, &authenticator));
  EXPECT(!authenticator.is_empty);
  expect_hex(authenticator.context, scene->block, "context");
  expect_hex(authenticator.certificate_message, scene->block, "certificate");
  expect_hex(authenticator.verify_message, scene->block, "certificateVerify");
  expect_hex(authenticator.signature, scene->block, "signature");
  EXPECT_UINT(authenticator.scheme, strtoul(block_text(identity, "scheme"), NULL, 16));
  for (size_t i = 0; i < authenticator.certificate_count; i++) {
    pqq_bytes der = block_bytes(block_text_at(identity, "chain", i));

    EXPECT_MEM(authenticator.certificates[i].data, authenticator.certificates[i].len, der.data,
               der.len);
    free((void *)der.data);
  }
  EXPECT(block_text_at(identity, "chain", authenticator.certificate_count) == NULL);
}

/* spec: HA-14, HA-16, HA-23, HA-24, HA-26, HA-27, HA-51 */
TEST("authenticators of the vectors are read and verify") {
  block_file file;
  size_t seen = 0;

  open_vectors(&file);
  for (size_t i = 0; i < file.count; i++) {
    vector_scene scene;

    if (!is_kind(&file.blocks[i], "vector") || is_empty(&file.blocks[i])) {
      continue;
    }
    scene_init(&scene, &file.blocks[i], &file.blocks[i]);
    expect_parts(&scene, &file);
    EXPECT_STR(verdict(&scene), "ok");
    scene_clear(&scene);
    seen++;
  }
  EXPECT(seen >= 5);
  block_file_free(&file);
}

/* Malformed, of another connection, direction or request, changed: the reasons are in the file.
 * spec: HA-14, HA-18, HA-19, HA-20, SC-5, SC-6 */
TEST("authenticators of the vectors that must be refused are") {
  block_file file;
  size_t seen = 0;

  open_vectors(&file);
  for (size_t i = 0; i < file.count; i++) {
    const file_block *block = &file.blocks[i];
    vector_scene scene;

    if (!is_kind(block, "bad")) {
      continue;
    }
    scene_init(&scene, block, block_file_find(&file, "vector", block_text(block, "of")));
    EXPECT_STR(verdict(&scene), block_text(block, "refusal"));
    scene_clear(&scene);
    seen++;
  }
  EXPECT(seen >= 15);
  block_file_free(&file);
}

static void expect_bound_empty(const vector_scene *scene, pqq_bytes context) {
  pqq__authenticator authenticator;

  EXPECT(pqq__authenticator_read(scene->authenticator, &authenticator));
  EXPECT(authenticator.is_empty);
  authenticator.context = context;
  EXPECT(pqq__authenticator_is_bound(&authenticator, &scene->keys, scene->request));
  EXPECT(!pqq__authenticator_is_bound(&authenticator, &scene->keys, (pqq_bytes){NULL, 0}));
}

/* An empty one has no signature, so every implementation makes the same bytes.
 * spec: HA-52 */
TEST("empty authenticators of the vectors are made again and verify") {
  block_file file;
  size_t seen = 0;

  open_vectors(&file);
  for (size_t i = 0; i < file.count; i++) {
    vector_scene scene;
    pqq_bytes context;
    CBB out;

    if (!is_kind(&file.blocks[i], "vector") || !is_empty(&file.blocks[i])) {
      continue;
    }
    scene_init(&scene, &file.blocks[i], &file.blocks[i]);
    context = block_bytes(block_text(&file.blocks[i], "context"));
    EXPECT(CBB_init(&out, 64));
    EXPECT_INT(pqq__authenticator_write_empty(&scene.keys, scene.request, context, &out), PQQ_OK);
    EXPECT_MEM(CBB_data(&out), CBB_len(&out), scene.authenticator.data, scene.authenticator.len);
    expect_bound_empty(&scene, context);
    CBB_cleanup(&out);
    free((void *)context.data);
    scene_clear(&scene);
    seen++;
  }
  EXPECT(seen >= 2);
  block_file_free(&file);
}

/* spec: HA-46, HA-48 */
TEST("requests of the vectors are read") {
  block_file file;

  open_vectors(&file);
  for (size_t i = 0; i < file.count; i++) {
    vector_scene scene;
    pqq_bytes context;
    CBS schemes;

    if (!is_kind(&file.blocks[i], "vector") || block_text(&file.blocks[i], "request")[0] == '\0') {
      continue;
    }
    scene_init(&scene, &file.blocks[i], &file.blocks[i]);
    EXPECT(pqq__proof_request_read(scene.request, &context, &schemes));
    expect_hex(context, scene.block, "context");
    EXPECT(CBS_len(&schemes) > 0);
    scene_clear(&scene);
  }
  block_file_free(&file);
}

static char *pem_of(const file_block *block, const char *name, const char *label) {
  char *all = calloc(1, 1);
  const char *hex;

  for (size_t i = 0; (hex = block_text_at(block, name, i)) != NULL; i++) {
    pqq_bytes der = block_bytes(hex);
    char *one = fixture_pem(label, der.data, der.len);

    all = realloc(all, strlen(all) + strlen(one) + 1);
    EXPECT(all != NULL);
    strcat(all, one);
    free(one);
    free((void *)der.data);
  }
  return all;
}

static void load_identity(const file_block *block, pqq__identity *identity) {
  char *chain = pem_of(block, "chain", "CERTIFICATE");
  char *key = pem_of(block, "privateKey", "PRIVATE KEY");
  pqq_identity_source source = {.cert_pem = fixture_bytes(chain), .key_pem = fixture_bytes(key)};

  if (pqq__identity_load(&source, "identities[0]", identity) != PQQ_OK) {
    FAIL("%s", pqq_error_detail());
  }
  free(chain);
  free(key);
}

static void write_out(FILE *out, const file_block *block, const CBB *made) {
  if (out == NULL) {
    return;
  }
  fprintf(out, "%s\t", block_text(block, "name"));
  for (size_t i = 0; i < CBB_len(made); i++) {
    fprintf(out, "%02x", CBB_data(made)[i]);
  }
  fputc('\n', out);
}

/* ECDSA draws a nonce, so only the Certificate is the same. */
static void make_again(const block_file *file, vector_scene *scene, FILE *out) {
  const file_block *block = scene->block;
  pqq_bytes context = block_bytes(block_text(block, "context"));
  pqq__authenticator authenticator;
  pqq__identity identity;
  CBB made;

  load_identity(block_file_find(file, "identity", block_text(block, "identity")), &identity);
  EXPECT(CBB_init(&made, 1024));
  EXPECT_INT(pqq__authenticator_write(&scene->keys, scene->request, context, &identity, &made),
             PQQ_OK);
  free((void *)scene->authenticator.data);
  scene->authenticator =
      (pqq_bytes){OPENSSL_memdup(CBB_data(&made), CBB_len(&made)), CBB_len(&made)};
  EXPECT(pqq__authenticator_read(scene->authenticator, &authenticator));
  expect_hex(authenticator.certificate_message, block, "certificate");
  EXPECT_STR(verdict(scene), "ok");
  write_out(out, block, &made);
  CBB_cleanup(&made);
  OPENSSL_free((void *)scene->authenticator.data);
  scene->authenticator.data = NULL;
  pqq__identity_clear(&identity);
  free((void *)context.data);
}

/* spec: HA-23, HA-24 */
TEST("libpqq makes authenticators of the inputs of the vectors") {
  const char *path = getenv("PQQ_AUTHENTICATORS_OUT");
  FILE *out = path != NULL ? fopen(path, "w") : NULL;
  block_file file;

  open_vectors(&file);
  for (size_t i = 0; i < file.count; i++) {
    vector_scene scene;

    if (!is_kind(&file.blocks[i], "vector") || is_empty(&file.blocks[i])) {
      continue;
    }
    scene_init(&scene, &file.blocks[i], &file.blocks[i]);
    make_again(&file, &scene, out);
    scene_clear(&scene);
  }
  if (out != NULL) {
    fclose(out);
  }
  block_file_free(&file);
}
