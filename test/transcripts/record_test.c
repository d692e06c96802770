/* SPDX-License-Identifier: MIT */
/* spec/transcripts is what the code does, to the byte: every recording and every identity there is
 * made again and compared. With PQQ_UPDATE_TRANSCRIPTS=1 they are written instead
 * (`npm run gen:transcripts`, which also makes the readable form). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/aead.h>

#include "harness.h"
#include "record.h"

/* A transcript with two ML-DSA chains is about 60 KB. */
#define MAX_FILE_BYTES (1 << 20)

/* A day, so that the commitment has something to say. */
#define PIN_LIFETIME_S 86400

static void offer_h3_alone(pqq_config_options *server, pqq_config_options *client) {
  (void)server;
  client->disable_velocity = 1;
}

/* The ML-DSA identity is the first. */
static void take_pq_identity_away(pqq_config_options *server, pqq_config_options *client) {
  (void)client;
  server->identities++;
  server->identity_count--;
}

static void ask_for_pin(pqq_config_options *server, pqq_config_options *client) {
  (void)client;
  server->pin_lifetime_s = PIN_LIFETIME_S;
}

static void ask_for_client(pqq_config_options *server, pqq_config_options *client) {
  (void)client;
  server->require_client_authentication = PQQ_REQUIRE_HYBRID;
}

static const transcript scenarios[] = {
    {.name = "h3", .seed = UINT64_C(0x56454c4f2d683331), .change = offer_h3_alone},
    {.name = "h3-fallback", .seed = UINT64_C(0x56454c4f2d683332), .change = take_pq_identity_away},
    {.name = "velocity", .seed = UINT64_C(0x56454c4f2d763131), .change = ask_for_pin},
    {.name = "velocity-mutual",
     .seed = UINT64_C(0x56454c4f2d763132),
     .change = ask_for_client,
     .is_mutual = 1},
};

#define SCENARIOS (sizeof scenarios / sizeof scenarios[0])

static int is_update(void) {
  return getenv("PQQ_UPDATE_TRANSCRIPTS") != NULL;
}

/* The caller frees. Tests run at the top of the checkout. */
static char *read_file(const char *path) {
  char *text = calloc(1, MAX_FILE_BYTES);
  FILE *file = fopen(path, "rb");

  NOTE("%s", path);
  EXPECT(text != NULL && file != NULL);
  EXPECT(fread(text, 1, MAX_FILE_BYTES, file) < MAX_FILE_BYTES);
  fclose(file);
  return text;
}

static void compare_or_write(const char *path, const char *text) {
  FILE *file;
  char *old;

  if (is_update()) {
    file = fopen(path, "wb");
    EXPECT(file != NULL && fputs(text, file) >= 0);
    EXPECT_INT(fclose(file), 0);
    return;
  }
  old = read_file(path);
  EXPECT_MEM(text, strlen(text), old, strlen(old));
  free(old);
}

static void free_all(char *texts[IDENTITY_FILES]) {
  for (size_t i = 0; i < IDENTITY_FILES; i++) {
    free(texts[i]);
  }
}

TEST("the transcripts' certificates and keys follow from their seed") {
  char *texts[IDENTITY_FILES];

  identities_make(texts);
  for (size_t i = 0; i < IDENTITY_FILES; i++) {
    compare_or_write(identity_path((identity_file)i), texts[i]);
  }
  free_all(texts);
}

static char *record_scenario(const transcript *scenario) {
  char *texts[IDENTITY_FILES], *text;

  for (size_t i = 0; i < IDENTITY_FILES; i++) {
    texts[i] = read_file(identity_path((identity_file)i));
  }
  text = record(scenario, texts);
  free_all(texts);
  return text;
}

TEST("each recorded transcript is reproduced byte for byte") {
  char path[80];

  if (!EVP_has_aes_hardware()) {
    SKIP("this processor has no AES instructions, so ChaCha20 goes first");
  }
  for (size_t i = 0; i < SCENARIOS; i++) {
    char *text = record_scenario(&scenarios[i]);

    snprintf(path, sizeof path, "spec/transcripts/%s.json", scenarios[i].name);
    compare_or_write(path, text);
    free(text);
  }
}

TEST("another seed gives another transcript, so the randomness is the seed's") {
  transcript other = scenarios[0];
  char *first = record_scenario(&scenarios[0]), *second;

  other.seed++;
  second = record_scenario(&other);
  EXPECT(strcmp(strstr(first, "datagrams"), strstr(second, "datagrams")) != 0);
  free(first);
  free(second);
}
