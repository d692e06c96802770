/* SPDX-License-Identifier: MIT */
#include "http3/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "harness.h"

static pqq_bytes bytes(const char *text) {
  return (pqq_bytes){(const uint8_t *)text, strlen(text)};
}

static pqq_header header(const char *name, const char *value) {
  return (pqq_header){.name = bytes(name), .value = bytes(value)};
}

TEST("a section holds copies of its fields, in order, with their flags") {
  enum { COUNT = 500 };
  uint64_t random = harness_seed();
  static char names[COUNT][20], values[COUNT][200];
  pqq__fields fields = {0};
  pqq__section *section;

  for (size_t i = 0; i < COUNT; i++) {
    snprintf(names[i], sizeof names[i], "x-%zu", i);
    memset(values[i], 'a' + (int)(i % 26), random_next(&random) % (sizeof values[i] - 1));
    EXPECT_INT(
        pqq__fields_add(&fields, bytes(names[i]), bytes(values[i]), (uint32_t)(i % 2), UINT64_MAX),
        0);
  }
  section = pqq__fields_finish(&fields);
  EXPECT(section != NULL);
  EXPECT_UINT(section->count, COUNT);
  for (size_t i = 0; i < COUNT; i++) {
    NOTE("field %zu", i);
    EXPECT_MEM(section->headers[i].name.data, section->headers[i].name.len, names[i],
               strlen(names[i]));
    EXPECT_MEM(section->headers[i].value.data, section->headers[i].value.len, values[i],
               strlen(values[i]));
    EXPECT_UINT(section->headers[i].flags, i % 2);
    EXPECT(section->headers[i].value.data != (const uint8_t *)values[i]);
  }
  free(section);
  /* Finishing empties: the same object gathers the next section. */
  EXPECT_UINT(fields.count, 0);
  section = pqq__fields_finish(&fields);
  EXPECT(section != NULL && section->count == 0);
  free(section);
}

TEST(
    "the limit counts names, values and 32 bytes for each field, and what is over it is not kept") {
  pqq__fields fields = {0};

  EXPECT_INT(pqq__fields_add(&fields, bytes("abc"), bytes("defgh"), 0, 40), 0);
  EXPECT(!fields.is_too_large);
  EXPECT_UINT(fields.list_bytes, 40);
  EXPECT_INT(pqq__fields_add(&fields, bytes(""), bytes(""), 0, 40), 0);
  EXPECT(fields.is_too_large);
  EXPECT_UINT(fields.count, 1);
  pqq__fields_deinit(&fields);
  EXPECT(!fields.is_too_large);
}

TEST("a copied section is the caller's fields") {
  pqq_header headers[2] = {header("a", "1"), header("b", "")};
  pqq__section *section = pqq__section_copy(headers, 2);

  EXPECT(section != NULL);
  EXPECT_UINT(section->count, 2);
  EXPECT_MEM(section->headers[0].value.data, section->headers[0].value.len, "1", 1);
  EXPECT_UINT(section->headers[1].value.len, 0);
  free(section);
  section = pqq__section_copy(NULL, 0);
  EXPECT(section != NULL && section->count == 0);
  free(section);
}

TEST("what may be sent, and what may not") {
  static const struct {
    const char *name, *value;
    int pseudo_ok;
    pqq_status expected;
  } rows[] = {
      {"accept", "*/*", 0, PQQ_OK},
      {"x-empty", "", 0, PQQ_OK},
      {"x-tab", "a\tb", 0, PQQ_OK},
      {"x-utf-8", "\xc3\xa4", 0, PQQ_OK},
      {"!#$%&'*+-.^_`|~09az", "", 0, PQQ_OK},
      {"te", "trailers", 0, PQQ_OK},
      {":path", "/", 1, PQQ_OK},
      {":path", "/", 0, PQQ_ERR_HEADER_INVALID},
      {"", "x", 0, PQQ_ERR_HEADER_INVALID},
      {":", "x", 1, PQQ_ERR_HEADER_INVALID},
      {"::a", "x", 1, PQQ_ERR_HEADER_INVALID},
      {"Accept", "x", 0, PQQ_ERR_HEADER_INVALID},
      {"a b", "x", 0, PQQ_ERR_HEADER_INVALID},
      {"a:", "x", 0, PQQ_ERR_HEADER_INVALID},
      {"a\xc3\xa4", "x", 0, PQQ_ERR_HEADER_INVALID},
      {"a", "x\r\ny: z", 0, PQQ_ERR_HEADER_INVALID},
      {"a", "x\ny", 0, PQQ_ERR_HEADER_INVALID},
      {"a", "\x7f", 0, PQQ_ERR_HEADER_INVALID},
      {"a", " x", 0, PQQ_ERR_HEADER_INVALID},
      {"a", "x\t", 0, PQQ_ERR_HEADER_INVALID},
      {"connection", "close", 0, PQQ_ERR_HEADER_INVALID},
      {"keep-alive", "1", 0, PQQ_ERR_HEADER_INVALID},
      {"proxy-connection", "close", 0, PQQ_ERR_HEADER_INVALID},
      {"transfer-encoding", "chunked", 0, PQQ_ERR_HEADER_INVALID},
      {"upgrade", "h2c", 0, PQQ_ERR_HEADER_INVALID},
      {"te", "gzip", 0, PQQ_ERR_HEADER_INVALID},
  };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    pqq_header one = header(rows[i].name, rows[i].value);

    NOTE("row %zu, %s", i, rows[i].name);
    EXPECT_INT(pqq__section_check(&one, 1, rows[i].pseudo_ok), rows[i].expected);
    EXPECT((pqq_error_detail()[0] != '\0') || rows[i].expected == PQQ_OK);
  }
}

TEST("NUL in a name or value is refused") {
  pqq_header name = {.name = {(const uint8_t *)"a\0b", 3}},
             value = {.name = bytes("a"), .value = {(const uint8_t *)"a\0b", 3}};

  EXPECT_INT(pqq__section_check(&name, 1, 0), PQQ_ERR_HEADER_INVALID);
  EXPECT_INT(pqq__section_check(&value, 1, 0), PQQ_ERR_HEADER_INVALID);
}

TEST("every byte is judged alike wherever it stands in a value or a name") {
  static const char in_names[] = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";

  for (size_t len = 3; len <= 20; len++) {
    for (size_t at = 1; at + 1 < len; at++) {
      for (int byte = 0; byte < 256; byte++) {
        uint8_t text[20];
        pqq_header of_value = {.name = bytes("a"), .value = {text, len}},
                   of_name = {.name = {text, len}, .value = bytes("x")};
        int is_control = byte < 0x20 || byte == 0x7f;
        int is_in_names = byte != 0 && strchr(in_names, byte) != NULL;

        memset(text, 'x', sizeof text);
        text[at] = (uint8_t)byte;
        NOTE("byte 0x%02x at %zu of %zu", (unsigned)byte, at, len);
        EXPECT_INT(pqq__section_check(&of_value, 1, 0),
                   is_control && byte != '\t' ? PQQ_ERR_HEADER_INVALID : PQQ_OK);
        EXPECT_INT(pqq__section_check(&of_name, 1, 0),
                   is_in_names ? PQQ_OK : PQQ_ERR_HEADER_INVALID);
      }
    }
  }
}

TEST("pseudo-header fields come first, lengths need bytes, and sizes have limits") {
  static char large[PQQ__MAX_SENT_VALUE_BYTES + 1];
  static pqq_header many[PQQ__MAX_SENT_FIELDS + 1];
  pqq_header order[2] = {header("a", "b"), header(":path", "/")}, no_bytes = header("a", ""),
             one = header("a", "");

  EXPECT_INT(pqq__section_check(order, 2, 1), PQQ_ERR_HEADER_INVALID);
  no_bytes.value = (pqq_bytes){NULL, 1};
  EXPECT_INT(pqq__section_check(&no_bytes, 1, 0), PQQ_ERR_NULL_ARG);
  no_bytes.name = (pqq_bytes){NULL, 1};
  EXPECT_INT(pqq__section_check(&no_bytes, 1, 0), PQQ_ERR_NULL_ARG);

  memset(large, 'a', sizeof large);
  one.value = (pqq_bytes){(const uint8_t *)large, sizeof large - 1};
  EXPECT_INT(pqq__section_check(&one, 1, 0), PQQ_OK);
  one.value.len++;
  EXPECT_INT(pqq__section_check(&one, 1, 0), PQQ_ERR_HEADERS_TOO_LARGE);
  one.value.len = 1;
  one.name = (pqq_bytes){(const uint8_t *)large, PQQ__MAX_SENT_NAME_BYTES};
  EXPECT_INT(pqq__section_check(&one, 1, 0), PQQ_OK);
  one.name.len++;
  EXPECT_INT(pqq__section_check(&one, 1, 0), PQQ_ERR_HEADERS_TOO_LARGE);

  for (size_t i = 0; i < PQQ__MAX_SENT_FIELDS + 1; i++) {
    many[i] = header("a", "b");
  }
  EXPECT_INT(pqq__section_check(many, PQQ__MAX_SENT_FIELDS, 0), PQQ_OK);
  EXPECT_INT(pqq__section_check(many, PQQ__MAX_SENT_FIELDS + 1, 0), PQQ_ERR_HEADERS_TOO_LARGE);
}

TEST("cookies that came in several fields are one, in the place of the first") {
  static const struct {
    const char *name, *value;
  } given[] = {{"a", "1"}, {"cookie", "x=1"}, {"b", "2"}, {"cookie", ""}, {"cookie", "y=2"}};
  pqq__fields fields = {0};
  pqq__section *section;

  for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
    fields.cookies += strcmp(given[i].name, "cookie") == 0;
    EXPECT_INT(
        pqq__fields_add(&fields, bytes(given[i].name), bytes(given[i].value), i == 4, UINT64_MAX),
        0);
  }
  section = pqq__fields_finish(&fields);
  EXPECT(section != NULL);
  EXPECT_UINT(section->count, 3);
  EXPECT_MEM(section->headers[1].name.data, section->headers[1].name.len, "cookie", 6);
  EXPECT_MEM(section->headers[1].value.data, section->headers[1].value.len, "x=1; ; y=2", 10);
  EXPECT_UINT(section->headers[1].flags, 1);
  EXPECT_MEM(section->headers[2].value.data, section->headers[2].value.len, "2", 1);
  EXPECT_UINT(fields.cookies, 0);
  free(section);
}

TEST("host and :authority have to agree, without regard to case") {
  static const struct {
    const char *authority, *host;
    int agree;
  } cases[] = {{"a.test", "a.test", 1},   {"A.test", "a.TEST", 1}, {"a.test", "b.test", 0},
               {"a.test", "a.test:1", 0}, {"a.test", NULL, 1},     {NULL, "a.test", 1}};

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    pqq_header headers[2];
    pqq__section *section;
    size_t count = 0;

    if (cases[i].authority) {
      headers[count++] = header(":authority", cases[i].authority);
    }
    if (cases[i].host) {
      headers[count++] = header("host", cases[i].host);
    }
    section = pqq__section_copy(headers, count);
    NOTE("case %zu", i);
    EXPECT_INT(pqq__section_hosts_agree(section), cases[i].agree);
    free(section);
  }
}

TEST("content-length is one decimal number or none") {
  static const struct {
    const char *value;
    int result;
    uint64_t bytes;
  } cases[] = {{"0", 1, 0},    {"42", 1, 42},  {"999999999999999999", 1, 999999999999999999},
               {"", -1, 0},    {"+1", -1, 0},  {"1000000000000000000", -1, 0},
               {"1,1", -1, 0}, {"0x1", -1, 0}, {"-1", -1, 0}};
  pqq_header headers[2] = {header("content-length", "1"), header("content-length", "1")};
  uint64_t found = 0;

  EXPECT_INT(pqq__section_length(headers, 0, &found), 0);
  EXPECT_INT(pqq__section_length(headers, 2, &found), -1);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    headers[0].value = bytes(cases[i].value);
    NOTE("\"%s\"", cases[i].value);
    EXPECT_INT(pqq__section_length(headers, 1, &found), cases[i].result);
    if (cases[i].result > 0) {
      EXPECT_UINT(found, cases[i].bytes);
    }
  }
}
