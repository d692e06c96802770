/* SPDX-License-Identifier: MIT */
/* api/config.c: every option's range, and what a mistake says. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_fixture.h"
#include "harness.h"
#include "tls/config.h"

#define OPTION(name) #name, offsetof(pqq_config_options, name)

static const struct {
  const char *name;
  size_t offset;
  uint32_t minimum, maximum, otherwise;
} numbers[] = {
    {OPTION(idle_timeout_ms), 1000, 600000, 30000},
    {OPTION(handshake_timeout_ms), 100, 600000, 10000},
    {OPTION(keep_alive_ms), 1000, 600000, 0},
    {OPTION(max_concurrent_requests), 1, 65535, 100},
    {OPTION(max_header_list_bytes), 1024, 1048576, 65536},
    {OPTION(stream_window_bytes), 16384, 1u << 30, 262144},
    {OPTION(connection_window_bytes), 16384, 1u << 30, 1048576},
    {OPTION(max_stream_window_bytes), 16384, 1u << 30, 6291456},
    {OPTION(max_connection_window_bytes), 16384, 1u << 30, 16777216},
    {OPTION(max_connections), 1, 1000000, 65536},
    {OPTION(max_udp_payload_bytes), 1200, 65527, 1452},
};
#define NUMBERS (sizeof numbers / sizeof numbers[0])

static uint32_t *number_at(pqq_config_options *options, size_t i) {
  return (uint32_t *)(void *)((char *)options + numbers[i].offset);
}

/* The status of a configuration whose option `i` has `value`; checks that the
 * value arrives. */
static pqq_status status_of(size_t i, uint32_t value) {
  pqq_config_options options = fixture_options();
  pqq_config *config = NULL;
  pqq_status status;

  NOTE("%s = %u", numbers[i].name, value);
  *number_at(&options, i) = value;
  status = pqq_config_new(&options, &config);
  if (status == PQQ_OK) {
    EXPECT_UINT(*number_at(&config->values, i), value == 0 ? numbers[i].otherwise : value);
    pqq_config_unref(config);
  } else {
    EXPECT(config == NULL);
  }
  return status;
}

TEST("numbers within their range are taken, zero is the default") {
  for (size_t i = 0; i < NUMBERS; i++) {
    EXPECT_INT(status_of(i, 0), PQQ_OK);
    EXPECT_INT(status_of(i, numbers[i].minimum), PQQ_OK);
    EXPECT_INT(status_of(i, numbers[i].maximum), PQQ_OK);
  }
}

TEST("numbers out of their range name the option, the value and the range") {
  for (size_t i = 0; i < NUMBERS; i++) {
    uint32_t wrong[2] = {numbers[i].maximum + 1, numbers[i].minimum - 1};

    for (size_t j = 0; j < 2; j++) {
      char text[64];

      if (wrong[j] == 0) {
        continue; /* the default */
      }
      EXPECT_INT(status_of(i, wrong[j]), PQQ_ERR_INVALID_ARG);
      EXPECT(strncmp(pqq_error_detail(), numbers[i].name, strlen(numbers[i].name)) == 0);
      snprintf(text, sizeof text, "%u", wrong[j]);
      EXPECT(strstr(pqq_error_detail(), text) != NULL);
      snprintf(text, sizeof text, "%u to %u", numbers[i].minimum, numbers[i].maximum);
      EXPECT(strstr(pqq_error_detail(), text) != NULL);
    }
  }
}

static pqq_config_options with_windows(uint32_t first, uint32_t largest) {
  pqq_config_options options = fixture_options();

  options.stream_window_bytes = options.connection_window_bytes = first;
  options.max_stream_window_bytes = options.max_connection_window_bytes = largest;
  return options;
}

TEST("a first window above its maximum is a mistake, a default gives way") {
  pqq_config_options options = with_windows(65536, 32768);
  pqq_config *config = NULL;

  EXPECT_INT(pqq_config_new(&options, &config), PQQ_ERR_INVALID_ARG);
  EXPECT(strstr(pqq_error_detail(), "stream_window_bytes: 65536") != NULL);
  options = with_windows(64u << 20, 0);
  EXPECT_INT(pqq_config_new(&options, &config), PQQ_OK);
  EXPECT_UINT(config->values.max_stream_window_bytes, 64u << 20);
  EXPECT_UINT(config->values.max_connection_window_bytes, 64u << 20);
  pqq_config_unref(config);
  options = with_windows(0, 32768);
  EXPECT_INT(pqq_config_new(&options, &config), PQQ_OK);
  EXPECT_UINT(config->values.stream_window_bytes, 32768);
  EXPECT_UINT(config->values.connection_window_bytes, 32768);
  pqq_config_unref(config);
}

static void expect_error(const pqq_config_options *options, pqq_status status, const char *detail) {
  pqq_config *config = NULL;

  NOTE("%s", detail);
  EXPECT_INT(pqq_config_new(options, &config), status);
  EXPECT(config == NULL);
  EXPECT(strstr(pqq_error_detail(), detail) != NULL);
}

TEST("choices that do not exist are refused") {
  static const uint16_t groups[] = {PQQ_GROUP_X25519MLKEM768, 0x6399};
  pqq_config_options options = fixture_options();

  options.profile = 4;
  expect_error(&options, PQQ_ERR_PROFILE_UNKNOWN, "profile: 4");
  options = fixture_options();
  options.pq_on_h3 = 3;
  expect_error(&options, PQQ_ERR_INVALID_ARG, "pq_on_h3: 3");
  options = fixture_options();
  options.groups = groups;
  options.group_count = 2;
  expect_error(&options, PQQ_ERR_GROUP_UNKNOWN, "6399");
}

TEST("lengths without pointers are refused") {
  pqq_config_options options = fixture_options();

  options.identities = NULL;
  expect_error(&options, PQQ_ERR_NULL_ARG, "identities");
  options = fixture_options();
  options.group_count = 1;
  expect_error(&options, PQQ_ERR_NULL_ARG, "groups");
  options = fixture_options();
  options.ca_pem.data = NULL;
  expect_error(&options, PQQ_ERR_NULL_ARG, "ca_pem");
}

TEST("files that cannot be read are named") {
  pqq_identity_source missing = {.cert_file = "no/such/cert.pem", .key_file = "no/such/key.pem"};
  pqq_config_options options = fixture_options();

  options.identities = &missing;
  options.identity_count = 1;
  expect_error(&options, PQQ_ERR_CERT_UNREADABLE, "no/such/cert.pem");
  missing.cert_file = NULL;
  missing.cert_pem = fixture_identity()->pq_cert_pem;
  expect_error(&options, PQQ_ERR_KEY_UNREADABLE, "no/such/key.pem");
  options = fixture_options();
  options.ca_pem = (pqq_bytes){0};
  options.ca_file = "no/such/ca.pem";
  expect_error(&options, PQQ_ERR_CA_UNREADABLE, "no/such/ca.pem");
}

TEST("keys that do not belong to their certificates are refused, and two of a kind") {
  const pqq_dev_identity *identity = fixture_identity();
  pqq_identity_source sources[2] = {
      {.cert_pem = identity->pq_cert_pem, .key_pem = identity->classical_key_pem},
      {.cert_pem = identity->pq_cert_pem, .key_pem = identity->pq_key_pem}};
  pqq_config_options options = fixture_options();

  options.identities = sources;
  options.identity_count = 1;
  expect_error(&options, PQQ_ERR_KEY_MISMATCH, "");
  sources[0].key_pem = identity->pq_key_pem;
  options.identity_count = 2;
  expect_error(&options, PQQ_ERR_INVALID_ARG, "");
}

TEST("a configuration copies what its options pointed to") {
  pqq_config_options options = fixture_options();
  uint8_t *copy = malloc(options.ca_pem.len);
  pqq_config *config;

  EXPECT(copy != NULL);
  memcpy(copy, options.ca_pem.data, options.ca_pem.len);
  options.ca_pem.data = copy;
  EXPECT_INT(pqq_config_new(&options, &config), PQQ_OK);
  free(copy); /* AddressSanitizer sees any later use */
  EXPECT(config->values.identities == NULL);
  EXPECT(config->values.ca_pem.data == NULL);
  EXPECT(config->values.ca_file == NULL);
  EXPECT(config->values.groups == NULL);
  EXPECT(pqq_config_ref(config) == config);
  pqq_config_unref(config);
  EXPECT_INT(config->values.profile, PQQ_PROFILE_BALANCED);
  pqq_config_unref(config);
}
