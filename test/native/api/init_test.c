/* SPDX-License-Identifier: MIT */
/* api/init.c and api/capabilities.c. */
#include <string.h>

#include "api/api_fixture.h"
#include "harness.h"

TEST("nothing that needs the library works before pqq_init") {
  static const char *const names[] = {"localhost"};
  pqq_config_options options;
  pqq_config *config = NULL;
  pqq_dev_identity *identity = NULL;

  EXPECT_INT(pqq_config_options_init(&options, sizeof options), PQQ_OK);
  EXPECT_INT(pqq_config_new(&options, &config), PQQ_ERR_NOT_INITIALIZED);
  EXPECT_INT(pqq_dev_identity_new(PQQ_PROFILE_BALANCED, names, 1, 1, &identity),
             PQQ_ERR_NOT_INITIALIZED);
  EXPECT(config == NULL && identity == NULL);
  EXPECT_INT(pqq_init(), PQQ_OK);
  EXPECT_INT(pqq_init(), PQQ_OK);
  EXPECT_INT(pqq_config_new(&options, &config), PQQ_OK);
  pqq_config_unref(config);
}

TEST("the library says the version of its headers") {
  EXPECT_STR(pqq_version(), PQQ_VERSION_STRING);
  EXPECT_UINT(pqq_abi_version(), PQQ_ABI_VERSION);
}

TEST("groups and profiles have names, both ways") {
  EXPECT_STR(pqq_group_name(PQQ_GROUP_X25519MLKEM768), "X25519MLKEM768");
  EXPECT_UINT(pqq_group_from_name("X25519MLKEM768"), PQQ_GROUP_X25519MLKEM768);
  EXPECT(pqq_group_name(0x6399) == NULL);
  EXPECT_UINT(pqq_group_from_name("X25519Kyber768Draft00"), 0);
  EXPECT_STR(pqq_profile_name(PQQ_PROFILE_SECURE), "secure");
  EXPECT_INT(pqq_profile_from_name("light"), PQQ_PROFILE_LIGHT);
  EXPECT(pqq_profile_name(0) == NULL);
  EXPECT_INT(pqq_profile_from_name("paranoid"), 0);
}

/* Brackets, quotes and commas of JSON without escapes, which is what it has. */
static void expect_balanced(const char *text) {
  int depth = 0, is_string = 0;

  for (; *text != '\0'; text++) {
    EXPECT(*text != '\\');
    if (*text == '"') {
      is_string = !is_string;
    } else if (!is_string) {
      depth += (*text == '{' || *text == '[') - (*text == '}' || *text == ']');
      EXPECT(depth > 0 || text[1] == '\0');
      EXPECT(text[0] != ',' || (text[1] != '}' && text[1] != ']'));
    }
  }
  EXPECT_INT(depth, 0);
  EXPECT(!is_string);
}

TEST("capabilities are whole JSON and name what is built in") {
  static const char *const parts[] = {
      "\"version\":\"" PQQ_VERSION_STRING "\"",
      "\"ngtcp2\":\"1.",
      "\"nghttp3\":\"1.",
      "\"awsLc\":\"",
      "\"liboqs\":\"0.",
      "\"X25519MLKEM768\"",
      "\"balanced\"",
      "\"gso\":",
  };
  const char *text = pqq_capabilities();

  expect_balanced(text);
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    NOTE("%s", parts[i]);
    EXPECT(strstr(text, parts[i]) != NULL);
  }
  EXPECT(pqq_capabilities() == text);
}
