/* SPDX-License-Identifier: MIT */
#include "tls/host_name.h"

#include <string.h>

#include "harness.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LABEL_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NAME_253                         \
  LABEL_63 "." LABEL_63 "." LABEL_63 "." \
           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
/* One too long. */
#define NAME_254 "a" NAME_253
#define LABEL_64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

TEST("DNS names and IP addresses are told apart") {
  static const struct {
    const char *text, *kept;
    size_t ip_len;
  } rows[] = {
      {"localhost", "localhost", 0},
      {"example.org.", "example.org", 0},
      {"a-b.example", "a-b.example", 0},
      {"_srv.example", "_srv.example", 0},
      {"xn--bcher-kva.example", "xn--bcher-kva.example", 0},
      {"1.example", "1.example", 0},
      {NAME_253, NAME_253, 0},
      {"127.0.0.1", "127.0.0.1", 4},
      {"::1", "::1", 16},
      {"2001:db8::7", "2001:db8::7", 16},
  };
  pqq__host_name name;

  for (size_t i = 0; i < COUNT(rows); i++) {
    NOTE("%s", rows[i].text);
    EXPECT_INT(pqq__host_name_parse(rows[i].text, 0, &name), 1);
    EXPECT_STR(name.text, rows[i].kept);
    EXPECT_UINT(name.ip_len, rows[i].ip_len);
  }
  EXPECT_UINT(strlen(NAME_253), 253);
}

TEST("everything else is refused") {
  static const char *const rows[] = {
      "",    ".",         "..",          "a..b",          ".a",     "-a.example", "a-.example",
      "a b", "a/b",       "[::1]",       "127.0.0.1:443", "1.2.3",  "1.2.3.256",  "a.0x1.9",
      "::g", "fe80::1%1", "caf\xc3\xa9", NAME_254,        LABEL_64, "a\nb",
  };
  pqq__host_name name;

  for (size_t i = 0; i < COUNT(rows); i++) {
    NOTE("\"%s\"", rows[i]);
    EXPECT_INT(pqq__host_name_parse(rows[i], 0, &name), 0);
    EXPECT_INT(pqq__host_name_parse(rows[i], 1, &name), 0);
  }
}

TEST("a wildcard is a whole leftmost label and only where allowed") {
  pqq__host_name name;

  EXPECT_INT(pqq__host_name_parse("*.dev.localhost", 1, &name), 1);
  EXPECT_INT(pqq__host_name_parse("*.dev.localhost", 0, &name), 0);
  EXPECT_INT(pqq__host_name_parse("*.localhost", 1, &name), 0);
  EXPECT_INT(pqq__host_name_parse("*", 1, &name), 0);
  EXPECT_INT(pqq__host_name_parse("a*.example", 1, &name), 0);
  EXPECT_INT(pqq__host_name_parse("a.*.example", 1, &name), 0);
}
