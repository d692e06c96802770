/* SPDX-License-Identifier: MIT */
/* Names of certificates and sites, row by row: no TLS runs here. */
#include "tls/names.h"

#include <string.h>

#include "harness.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static pqq_bytes bytes(const char *text) {
  return (pqq_bytes){(const uint8_t *)text, strlen(text)};
}

/* Of two sites: the first has www.example and *.example, the second *.a.example, b.example and an
 * address. */
static pqq__name_row rows[] = {{"www.example", 0},
                               {"*.x.example", 0},
                               {"*.a.x.example", 1},
                               {"b.x.example", 1},
                               {"xn--bcher-kva.example", 1}};

static size_t find(const char *name) {
  pqq__name_table table = {rows, COUNT(rows)};
  size_t twice[2];

  EXPECT(pqq__name_table_sort(&table, twice) == NULL);
  return pqq__name_table_find(&table, bytes(name));
}

TEST("a name is found whole, then by one label in the place of the asterisk") {
  static const struct {
    const char *name;
    size_t site;
  } expected[] = {
      {"www.example", 0},
      {"WWW.Example", 0},
      {"www.example.", 0},
      {"c.x.example", 0},
      {"b.x.example", 1}, /* exact before wildcard */
      {"deep.a.x.example", 1},
      {"a.x.example", 0},
      {"too.deep.a.x.example", PQQ__NO_SITE},
      {"x.example", PQQ__NO_SITE}, /* an asterisk is a label, not none */
      {".x.example", PQQ__NO_SITE},
      {"*.x.example", PQQ__NO_SITE}, /* nobody is called that */
      {"xn--bcher-kva.example", 1},
      {"example", PQQ__NO_SITE},
      {"", PQQ__NO_SITE},
      {"192.0.2.1", PQQ__NO_SITE},
      {"::1", PQQ__NO_SITE},
      {"www.example/", PQQ__NO_SITE},
  };

  for (size_t i = 0; i < COUNT(expected); i++) {
    NOTE("%s", expected[i].name);
    EXPECT_UINT(find(expected[i].name), expected[i].site);
  }
}

TEST("names with zero bytes, too long ones and an empty table are no site") {
  pqq__name_table none = {NULL, 0};
  pqq__name_table table = {rows, COUNT(rows)};
  char longest[400];

  memset(longest, 'a', sizeof longest);
  EXPECT_UINT(pqq__name_table_find(&none, bytes("www.example")), PQQ__NO_SITE);
  EXPECT_UINT(pqq__name_table_find(&table, (pqq_bytes){(const uint8_t *)"www.example\0.evil", 17}),
              PQQ__NO_SITE);
  for (size_t len = 1; len <= sizeof longest; len++) {
    EXPECT_UINT(pqq__name_table_find(&table, (pqq_bytes){(const uint8_t *)longest, len}),
                PQQ__NO_SITE);
  }
}

TEST("a name that two sites have is told with both of them") {
  pqq__name_row same[] = {{"b.example", 0}, {"a.example", 7}, {"b.example", 3}};
  pqq__name_table table = {same, COUNT(same)};
  size_t twice[2];

  EXPECT_STR(pqq__name_table_sort(&table, twice), "b.example");
  EXPECT_UINT(twice[0] + twice[1], 3);
}

TEST("a list keeps each name once, in lower case, and covers what its wildcards cover") {
  pqq__name_list list = {NULL, 0};

  EXPECT(pqq__name_list_add(&list, "*.Example.net"));
  EXPECT(pqq__name_list_add(&list, "*.example.NET"));
  EXPECT(pqq__name_list_add(&list, "192.0.2.1"));
  EXPECT_UINT(list.count, 2);
  EXPECT(pqq__name_list_covers(&list, "a.example.net"));
  EXPECT(pqq__name_list_covers(&list, "*.example.net"));
  EXPECT(pqq__name_list_covers(&list, "192.0.2.1"));
  EXPECT(!pqq__name_list_covers(&list, "a.b.example.net"));
  EXPECT(!pqq__name_list_covers(&list, "example.net"));
  EXPECT(!pqq__name_list_covers(&list, "*.0.2.1"));
  pqq__name_list_clear(&list);
}

TEST("an authority's host is what is left without port and brackets") {
  static const char *const rows_of_two[][2] = {
      {"Example.net", "example.net"},
      {"example.net:8443", "example.net"},
      {"example.net.", "example.net"},
      {"192.0.2.1:1", "192.0.2.1"},
      {"[2001:DB8::1]", "2001:db8::1"},
      {"[2001:db8:0::1]:443", "2001:db8::1"},
      {"", NULL},
      {":443", NULL},
      {"[2001:db8::1", NULL},
      {"[2001:db8::1]x", NULL},
      {"[]", NULL},
      {"user@example.net", NULL},
      {"a b", NULL},
  };
  char host[PQQ__HOST_NAME_MAX + 1];

  for (size_t i = 0; i < COUNT(rows_of_two); i++) {
    NOTE("%s", rows_of_two[i][0]);
    EXPECT_INT(pqq__name_of_authority(bytes(rows_of_two[i][0]), host), rows_of_two[i][1] != NULL);
    if (rows_of_two[i][1] != NULL) {
      EXPECT_STR(host, rows_of_two[i][1]);
    }
  }
}
