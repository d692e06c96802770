/* SPDX-License-Identifier: MIT */
/* A program of the public headers and the shared libpqq, as users have it: two clients with the
 * same configuration, key, clock and destination have nothing in common, and nothing that this
 * program offers in place of a source of randomness is taken. check-no-seed.mjs looks inside the
 * library. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pqq/pqq.h>

#include "harness.h"

#define NOW UINT64_C(1000000000)
/* RFC 9000 section 17.2: flags, version, length of the Destination Connection ID. */
#define DCID_AT 6
#define DCID_BYTES 16

static int calls;

/* Decoys: a library that could be interposed would call these instead of its own. */
#define EXPORTED __attribute__((visibility("default")))
EXPORTED int RAND_bytes(uint8_t *out, size_t len);
EXPORTED void CRYPTO_sysrand(uint8_t *out, size_t len);
EXPORTED void OQS_randombytes(uint8_t *out, size_t len);
EXPORTED int CRYPTO_get_ube_generation_number(uint64_t *number);

int RAND_bytes(uint8_t *out, size_t len) {
  calls++;
  memset(out, 0, len);
  return 1;
}

void CRYPTO_sysrand(uint8_t *out, size_t len) {
  (void)RAND_bytes(out, len);
}

void OQS_randombytes(uint8_t *out, size_t len) {
  (void)RAND_bytes(out, len);
}

int CRYPTO_get_ube_generation_number(uint64_t *number) {
  *number = 0;
  calls++;
  return 1;
}

/* The first datagram of a client, and what it was made from. */
static size_t first_datagram(uint8_t buffer[PQQ_MIN_SEND_BUFFER_BYTES]) {
  pqq_config_options options;
  pqq_engine_options engine_options;
  pqq_connect_options connect = {.struct_size = sizeof connect,
                                 .remote = {.family = 4, .port = 443, .ip = {192, 0, 2, 1}},
                                 .server_name = "server.test"};
  pqq_transmit out = {.len = 0};
  pqq_config *config;
  pqq_engine *engine;
  pqq_id conn;

  EXPECT_INT(pqq_init(), PQQ_OK);
  EXPECT_INT(pqq_config_options_init(&options, sizeof options), PQQ_OK);
  options.ca_file = "spec/transcripts/identities/ml-dsa-65-root.pem";
  EXPECT_INT(pqq_config_new(&options, &config), PQQ_OK);
  EXPECT_INT(pqq_engine_options_init(&engine_options, sizeof engine_options), PQQ_OK);
  memset(engine_options.key, 7, sizeof engine_options.key);
  EXPECT_INT(pqq_engine_new(config, &engine_options, &engine), PQQ_OK);
  EXPECT_INT(pqq_engine_connect(engine, &connect, NOW, &conn), PQQ_OK);
  EXPECT_INT(pqq_engine_send(engine, buffer, PQQ_MIN_SEND_BUFFER_BYTES, 1, NOW, &out), PQQ_OK);
  pqq_engine_free(engine);
  pqq_config_unref(config);
  return out.len;
}

TEST("two clients of a release library differ though all they are given is the same") {
  static uint8_t first[PQQ_MIN_SEND_BUFFER_BYTES], second[PQQ_MIN_SEND_BUFFER_BYTES];
  size_t len;

  /* Names of variables that the tests use. */
  EXPECT_INT(setenv("PQQ_TEST_SEED", "1", 1), 0);
  EXPECT_INT(setenv("PQQ_UPDATE_TRANSCRIPTS", "1", 1), 0);
  len = first_datagram(first);
  EXPECT_UINT(first_datagram(second), len);
  EXPECT(len >= 1200);
  EXPECT(memcmp(first + DCID_AT, second + DCID_AT, DCID_BYTES) != 0);
  /* All that follows is encrypted under keys that follow from the Destination Connection ID. */
  EXPECT(memcmp(first + len / 2, second + len / 2, len - len / 2) != 0);
  EXPECT_INT(calls, 0);
}

TEST("a release library offers none of the functions that the seeded tests call") {
  static const char *const names[] = {
      "override_entropy_source_method_FOR_TESTING",
      "allow_mocked_ube_detection_FOR_TESTING",
      "OQS_randombytes_custom_algorithm",
      "OQS_randombytes_switch_algorithm",
      "seeded_run",
  };
  void *library = dlopen("libpqq.so.0", RTLD_NOW | RTLD_NOLOAD);

  if (!library) {
    SKIP("%s", dlerror());
  }
  EXPECT(dlsym(library, "pqq_init") != NULL);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    NOTE("%s", names[i]);
    EXPECT(dlsym(library, names[i]) == NULL);
  }
  dlclose(library);
}
