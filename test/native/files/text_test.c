/* SPDX-License-Identifier: MIT */
/* What a request asks for: path, ranges, conditions, codings, dates. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/random.h"
#include "files/coding.h"
#include "files/condition.h"
#include "files/http_date.h"
#include "files/media_type.h"
#include "files/path.h"
#include "files/range.h"
#include "harness.h"

static pqq_bytes bytes_of(const char *text) {
  return (pqq_bytes){(const uint8_t *)text, strlen(text)};
}

/* --- Paths ---------------------------------------------------------------------------------- */

typedef struct path_row {
  const char *target;
  int status;
  const char *path;
  int is_folder, is_hidden;
} path_row;

static const path_row path_rows[] = {
    {"/", 0, "", 1, 0},
    {"/a", 0, "a", 0, 0},
    {"/a/b%20c.txt?x=%2e%2e/", 0, "a/b c.txt", 0, 0},
    {"/a/", 0, "a", 1, 0},
    {"//a///b//", 0, "a/b", 1, 0},
    {"/caf%C3%A9", 0, "caf\xc3\xa9", 0, 0},
    {"/%41%7a", 0, "Az", 0, 0},
    {"/a%252e%252e", 0, "a%2e%2e", 0, 0}, /* decoded once */
    {"/..", 404, NULL, 0, 0},
    {"/../etc/passwd", 404, NULL, 0, 0},
    {"/a/../../b", 404, NULL, 0, 0},
    {"/./a", 404, NULL, 0, 0},
    {"/%2e%2e/a", 404, NULL, 0, 0},
    {"/.%2E/a", 404, NULL, 0, 0},
    {"/%2e/a", 404, NULL, 0, 0},
    {"/a%2fb", 404, NULL, 0, 0},
    {"/..%2f..%2fetc", 404, NULL, 0, 0},
    {"/a%5cb", 404, NULL, 0, 0},
    {"/..\\..\\etc", 404, NULL, 0, 0},
    {"/a%00.html", 400, NULL, 0, 0},
    {"/a%0ab", 400, NULL, 0, 0},
    {"/a%7f", 400, NULL, 0, 0},
    {"/a%", 400, NULL, 0, 0},
    {"/a%4", 400, NULL, 0, 0},
    {"/a%zz", 400, NULL, 0, 0},
    {"/a#b", 400, NULL, 0, 0},
    {"", 400, NULL, 0, 0},
    {"*", 400, NULL, 0, 0},
    {"a/b", 400, NULL, 0, 0},
    {"?a", 400, NULL, 0, 0},
    {"https://localhost/a", 400, NULL, 0, 0},
    {"/.git/config", 0, ".git/config", 0, 1},
    {"/%2egit", 0, ".git", 0, 1},
    {"/a/.env", 0, "a/.env", 0, 1},
    {"/...", 0, "...", 0, 1},
    {"/.well-known/security.txt", 0, ".well-known/security.txt", 0, 0},
    {"/.well-knownx", 0, ".well-knownx", 0, 1},
    {"/.well-known/.x", 0, ".well-known/.x", 0, 1},
};

TEST("a path is decoded once and cannot leave its folder") {
  for (size_t i = 0; i < sizeof path_rows / sizeof path_rows[0]; i++) {
    const path_row *row = &path_rows[i];
    pqq__file_path path;

    NOTE("%s", row->target);
    EXPECT_INT(pqq__file_path_parse(bytes_of(row->target), &path), row->status);
    if (row->status == 0) {
      EXPECT_STR(path.text, row->path);
      EXPECT_UINT(path.len, strlen(row->path));
      EXPECT_INT(path.is_folder, row->is_folder);
      EXPECT_INT(path.is_hidden, row->is_hidden);
    }
  }
}

TEST("a path that is too long is answered 414") {
  static char target[PQQ__FILES_PATH_BYTES + 8];
  pqq__file_path path;

  memset(target, 'a', sizeof target - 1);
  target[0] = '/';
  target[PQQ__FILES_PATH_BYTES] = '\0'; /* one byte less decoded, and the NUL */
  EXPECT_INT(pqq__file_path_parse(bytes_of(target), &path), 0);
  target[PQQ__FILES_PATH_BYTES] = 'a';
  EXPECT_INT(pqq__file_path_parse(bytes_of(target), &path), 414);
}

/* Whatever comes in, what comes out has no way out. */
static void expect_safe(const pqq__file_path *path) {
  size_t start = 0;

  EXPECT_UINT(strlen(path->text), path->len);
  EXPECT(path->len < sizeof path->text);
  EXPECT(path->len == 0 || (path->text[0] != '/' && path->text[path->len - 1] != '/'));
  for (size_t i = 0; i <= path->len; i++) {
    const char *segment = path->text + start;
    size_t len = i - start;

    if (i < path->len && path->text[i] != '/') {
      EXPECT(path->text[i] != '\\' && (uint8_t)path->text[i] >= 0x20);
      continue;
    }
    EXPECT(path->len == 0 || len > 0);
    EXPECT(!(len == 1 && segment[0] == '.'));
    EXPECT(!(len == 2 && segment[0] == '.' && segment[1] == '.'));
    start = i + 1;
  }
}

TEST("random targets never make an unsafe path") {
  static const char *const pieces[] = {"/",   "..",   ".",      "%2e", "%2E",  "%2f", "%5c",
                                       "\\",  "%00",  "a",      "%",   "%2",   "?",   "#",
                                       "%25", "\xff", "%c0%af", "//",  "b.txt"};
  uint64_t seed = harness_seed();

  for (int i = 0; i < 200000; i++) {
    char target[96] = "/";
    pqq__file_path path;

    for (uint64_t count = random_next(&seed) % 12; count > 0; count--) {
      strcat(target, pieces[random_next(&seed) % (sizeof pieces / sizeof pieces[0])]);
    }
    NOTE("%s", target);
    if (pqq__file_path_parse(bytes_of(target), &path) == 0) {
      expect_safe(&path);
    }
  }
}

TEST("a prefix matches whole segments") {
  pqq__file_path path;

  EXPECT_INT(pqq__file_path_parse(bytes_of("/assets/a.js"), &path), 0);
  EXPECT(pqq__file_path_is_below(&path, "assets", 6));
  EXPECT(pqq__file_path_is_below(&path, "", 0));
  EXPECT(!pqq__file_path_is_below(&path, "asset", 5));
  EXPECT(!pqq__file_path_is_below(&path, "assets/a.jsx", 12));
}

/* --- Ranges --------------------------------------------------------------------------------- */

typedef struct range_row {
  const char *value;
  pqq__range_result result;
  const char *ranges;
} range_row;

static const range_row range_rows[] = {
    {"bytes=2-4", PQQ__RANGE_OK, "2-5"},
    {"bytes=7-", PQQ__RANGE_OK, "7-10"},
    {"bytes=-3", PQQ__RANGE_OK, "7-10"},
    {"bytes=-99", PQQ__RANGE_OK, "0-10"},
    {"bytes=0-99", PQQ__RANGE_OK, "0-10"},
    {"bytes=9-9", PQQ__RANGE_OK, "9-10"},
    {"Bytes=0-0", PQQ__RANGE_OK, "0-1"},
    {"bytes=0-1, 3-4 ,-2", PQQ__RANGE_OK, "0-2 3-5 8-10"},
    {"bytes=8-,0-1", PQQ__RANGE_OK, "8-10 0-2"},
    {"bytes=,0-1,,", PQQ__RANGE_OK, "0-2"},
    {"bytes=0-1,20-30", PQQ__RANGE_OK, "0-2"},
    {"bytes=0-18446744073709551615", PQQ__RANGE_OK, "0-10"},
    {"bytes=0-99999999999999999999999", PQQ__RANGE_OK, "0-10"},
    {"bytes=10-", PQQ__RANGE_UNSATISFIABLE, ""},
    {"bytes=99999999999999999999999-", PQQ__RANGE_UNSATISFIABLE, ""},
    {"bytes=-0", PQQ__RANGE_UNSATISFIABLE, ""},
    {"bytes=10-20,30-", PQQ__RANGE_UNSATISFIABLE, ""},
    {"bytes=4-2", PQQ__RANGE_IGNORED, ""},
    {"bytes=-", PQQ__RANGE_IGNORED, ""},
    {"bytes=", PQQ__RANGE_IGNORED, ""},
    {"bytes", PQQ__RANGE_IGNORED, ""},
    {"bytes=0-1;2-3", PQQ__RANGE_IGNORED, ""},
    {"bytes=0-1 2-3", PQQ__RANGE_IGNORED, ""},
    {"bytes=0 -1", PQQ__RANGE_IGNORED, ""},
    {"bytes=a-1", PQQ__RANGE_IGNORED, ""},
    {"bytes=0x0-1", PQQ__RANGE_IGNORED, ""},
    {"bytes=+0-1", PQQ__RANGE_IGNORED, ""},
    {"lines=0-1", PQQ__RANGE_IGNORED, ""},
    {"bytes=0-5,4-8", PQQ__RANGE_IGNORED, ""}, /* overlap */
    {"bytes=0-,0-,0-", PQQ__RANGE_IGNORED, ""},
    {"", PQQ__RANGE_IGNORED, ""},
};

TEST("a Range field is read as RFC 9110 section 14 says") {
  for (size_t i = 0; i < sizeof range_rows / sizeof range_rows[0]; i++) {
    pqq__ranges ranges;
    char text[128] = "";

    NOTE("%s", range_rows[i].value);
    EXPECT_INT(pqq__ranges_parse(bytes_of(range_rows[i].value), 10, &ranges), range_rows[i].result);
    for (size_t j = 0; range_rows[i].result == PQQ__RANGE_OK && j < ranges.count; j++) {
      size_t len = strlen(text);

      snprintf(text + len, sizeof text - len, "%s%d-%d", j > 0 ? " " : "",
               (int)ranges.list[j].first, (int)ranges.list[j].end);
    }
    EXPECT_STR(text, range_rows[i].ranges);
  }
}

TEST("of more than sixteen ranges none counts") {
  char value[256] = "bytes=";
  pqq__ranges ranges;

  for (int i = 0; i < PQQ__FILES_MAX_RANGES; i++) {
    snprintf(value + strlen(value), sizeof value - strlen(value), "%d-%d,", 2 * i, 2 * i);
  }
  EXPECT_INT(pqq__ranges_parse(bytes_of(value), 1000, &ranges), PQQ__RANGE_OK);
  EXPECT_UINT(ranges.count, PQQ__FILES_MAX_RANGES);
  strcat(value, "100-100");
  EXPECT_INT(pqq__ranges_parse(bytes_of(value), 1000, &ranges), PQQ__RANGE_IGNORED);
}

TEST("random Range fields never give a byte that is not there, or one twice") {
  static const char *const pieces[] = {
      "0", "1", "9", "10", "99999999999999999999", "-", ",", " ", "5", "-3", "7-", "2-4", ";", "="};
  uint64_t seed = harness_seed();

  for (int i = 0; i < 200000; i++) {
    uint64_t size = random_next(&seed) % 12, total = 0;
    char value[160] = "bytes=";
    pqq__ranges ranges;

    for (uint64_t count = random_next(&seed) % 7; count > 0; count--) {
      strcat(value, pieces[random_next(&seed) % (sizeof pieces / sizeof pieces[0])]);
    }
    NOTE("%s of %d", value, (int)size);
    if (pqq__ranges_parse(bytes_of(value), size, &ranges) == PQQ__RANGE_OK) {
      EXPECT(ranges.count >= 1 && ranges.count <= PQQ__FILES_MAX_RANGES);
      for (size_t j = 0; j < ranges.count; j++) {
        EXPECT(ranges.list[j].first < ranges.list[j].end && ranges.list[j].end <= size);
        total += ranges.list[j].end - ranges.list[j].first;
      }
      EXPECT(total <= size);
    }
  }
}

/* --- Conditions ----------------------------------------------------------------------------- */

#define AT "Fri, 02 Jan 2026 03:04:05 GMT"
#define BEFORE "Fri, 02 Jan 2026 03:04:04 GMT"
#define AFTER "Fri, 02 Jan 2026 03:04:06 GMT"
#define AT_S INT64_C(1767323045)

typedef struct condition_row {
  const char *name, *value, *name2, *value2;
  int status;
} condition_row;

static const condition_row condition_rows[] = {
    {NULL, NULL, NULL, NULL, 0},
    {"if-match", "\"a\"", NULL, NULL, 0},
    {"if-match", "*", NULL, NULL, 0},
    {"if-match", "\"x\", \"a\"", NULL, NULL, 0},
    {"if-match", "\"x\"", NULL, NULL, 412},
    {"if-match", "W/\"a\"", NULL, NULL, 412}, /* strong comparison */
    {"if-match", "a", NULL, NULL, 412},
    {"if-unmodified-since", AT, NULL, NULL, 0},
    {"if-unmodified-since", AFTER, NULL, NULL, 0},
    {"if-unmodified-since", BEFORE, NULL, NULL, 412},
    {"if-unmodified-since", "yesterday", NULL, NULL, 0},
    {"if-match", "\"a\"", "if-unmodified-since", BEFORE, 0}, /* the tag goes first */
    {"if-none-match", "\"a\"", NULL, NULL, 304},
    {"if-none-match", "W/\"a\"", NULL, NULL, 304}, /* weak comparison */
    {"if-none-match", "\"x\" , W/\"a\"", NULL, NULL, 304},
    {"if-none-match", "\"x,\", \"a\"", NULL, NULL, 304}, /* a comma in a tag */
    {"if-none-match", "*", NULL, NULL, 304},
    {"if-none-match", "\"x\"", NULL, NULL, 0},
    {"if-none-match", "\"x\"", "if-modified-since", AT, 0}, /* the tag goes first */
    {"if-none-match", "", "if-modified-since", AT, 0},
    {"if-modified-since", AT, NULL, NULL, 304},
    {"if-modified-since", AFTER, NULL, NULL, 304},
    {"if-modified-since", BEFORE, NULL, NULL, 0},
    {"if-modified-since", "Friday, 02-Jan-26 03:04:05 GMT", NULL, NULL, 304},
    {"if-modified-since", "Fri Jan  2 03:04:05 2026", NULL, NULL, 304},
    {"if-modified-since", "2026-01-02T03:04:05Z", NULL, NULL, 0},
    {"if-match", "\"x\"", "if-none-match", "\"a\"", 412}, /* If-Match before If-None-Match */
    {"if-match", "\"a\"", "if-none-match", "\"a\"", 304},
};

static pqq_header field(const char *name, const char *value) {
  return (pqq_header){.name = bytes_of(name), .value = bytes_of(value)};
}

static const pqq__validators validators = {.etag = "\"a\"", .etag_len = 3, .modified_s = AT_S};

TEST("conditions are judged in the order of RFC 9110 section 13.2.2") {
  for (size_t i = 0; i < sizeof condition_rows / sizeof condition_rows[0]; i++) {
    const condition_row *row = &condition_rows[i];
    pqq_header headers[] = {field(row->name ? row->name : "x", row->value ? row->value : ""),
                            field(row->name2 ? row->name2 : "x", row->value2 ? row->value2 : "")};
    pqq__file_request request;

    NOTE("%s: %s, %s: %s", row->name, row->value, row->name2, row->value2);
    pqq__file_request_read(headers, 2, &request);
    EXPECT_INT(pqq__condition_evaluate(&request, &validators, AT_S + 100), row->status);
  }
}

TEST("If-Range takes strong validators only") {
  static const struct {
    const char *value;
    int64_t now_s;
    int allows;
  } rows[] = {{"\"a\"", AT_S, 1},   {"W/\"a\"", AT_S, 0}, {"\"x\"", AT_S, 0}, {"*", AT_S, 0},
              {AT, AT_S + 1, 1},    {AT, AT_S, 0}, /* may change in its second */
              {AFTER, AT_S + 9, 0}, {BEFORE, AT_S + 9, 0}};

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    pqq_header header = field("if-range", rows[i].value);
    pqq__file_request request;

    NOTE("%s", rows[i].value);
    pqq__file_request_read(&header, 1, &request);
    EXPECT_INT(pqq__condition_allows_range(&request, &validators, rows[i].now_s), rows[i].allows);
  }
}

/* --- Dates, codings, types ------------------------------------------------------------------ */

TEST("dates are written and read back, and what is none is refused") {
  static const char *const bad[] = {"",
                                    "Fri, 32 Jan 2026 03:04:05 GMT",
                                    "Mon, 30 Feb 2026 03:04:05 GMT",
                                    "Fri, 02 Jan 2026 24:04:05 GMT",
                                    "Fri, 02 Jan 2026 03:04:05 UTC",
                                    "Fri, 02 Jan 2026 03:04:05 GMT ",
                                    "Fri, 2 Jan 2026 03:04:05 GMT",
                                    "fri, 02 Jan 2026 03:04:05 GMT",
                                    "Fri, 02 Jan 1926 03:04:05 GMT",
                                    "02 Jan 2026 03:04:05 GMT"};
  uint64_t seed = harness_seed();
  char text[PQQ__DATE_BYTES + 1];
  int64_t seconds;

  pqq__date_write(AT_S, text);
  EXPECT_STR(text, AT);
  pqq__date_write(0, text);
  EXPECT_STR(text, "Thu, 01 Jan 1970 00:00:00 GMT");
  for (int i = 0; i < 20000; i++) {
    int64_t wanted = (int64_t)(random_next(&seed) % UINT64_C(253402300800));

    pqq__date_write(wanted, text);
    NOTE("%s", text);
    EXPECT_INT(pqq__http_date_parse(bytes_of(text), AT_S, &seconds), 0);
    EXPECT_INT(seconds, wanted);
  }
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    NOTE("%s", bad[i]);
    EXPECT_INT(pqq__http_date_parse(bytes_of(bad[i]), AT_S, &seconds), -1);
  }
  EXPECT_INT(pqq__http_date_parse(bytes_of("Sunday, 06-Nov-94 08:49:37 GMT"), AT_S, &seconds), 0);
  EXPECT_INT(seconds, 784111777);
}

TEST("a coding is chosen by q-value, then by the server's order") {
  enum { ALL = 0xf, GZIP = 1 | 1 << PQQ__CODING_GZIP };
  static const struct {
    const char *value;
    unsigned there;
    pqq__coding coding;
  } rows[] = {{"gzip, deflate, br, zstd", ALL, PQQ__CODING_BROTLI},
              {"gzip, deflate, br", GZIP, PQQ__CODING_GZIP},
              {"gzip, deflate, br", 1, PQQ__CODING_IDENTITY},
              {"gzip;q=0.9, br;q=0.5", ALL, PQQ__CODING_GZIP},
              {"GZIP", ALL, PQQ__CODING_GZIP},
              {"x-gzip", ALL, PQQ__CODING_GZIP},
              {"br;q=0, gzip", ALL, PQQ__CODING_GZIP},
              {"br;q=0.000", ALL, PQQ__CODING_IDENTITY},
              {"*", ALL, PQQ__CODING_BROTLI},
              {"br;q=0, *;q=0.1", ALL, PQQ__CODING_ZSTD},
              {"*;q=0", ALL, PQQ__CODING_IDENTITY},
              {"identity, gzip;q=0.5", ALL, PQQ__CODING_IDENTITY},
              {"identity;q=0.5, gzip;q=0.5", ALL, PQQ__CODING_GZIP},
              {"identity;q=0", ALL, PQQ__CODING_IDENTITY},
              {"gzip ; q=0.8 , br ; q=0.7", ALL, PQQ__CODING_GZIP},
              {"gzip;q=x, br;q=0.1", ALL, PQQ__CODING_BROTLI},
              {"gzipped, brotli", ALL, PQQ__CODING_IDENTITY},
              {"", ALL, PQQ__CODING_IDENTITY},
              {",,;;==", ALL, PQQ__CODING_IDENTITY}};

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    NOTE("%s", rows[i].value);
    EXPECT_INT(pqq__coding_choose(bytes_of(rows[i].value), rows[i].there), rows[i].coding);
  }
  EXPECT_INT(pqq__coding_choose((pqq_bytes){0}, ALL), PQQ__CODING_IDENTITY);
}

TEST("random header fields are read without harm") {
  static const char alphabet[] = "bytes=gzip;q=0.5,*-\"W/ Mon, 02 Jan 2026 03:04:05 GMT\xff\x01";
  uint64_t seed = harness_seed();

  for (int i = 0; i < 100000; i++) {
    size_t len = random_next(&seed) % 40;
    uint8_t *value = malloc(len + 1); /* exactly as long, for the sanitizer */
    pqq_header header = {.value = {value, len}};
    pqq__file_request request;
    int64_t seconds;

    for (size_t j = 0; j < len; j++) {
      value[j] = (uint8_t)alphabet[random_next(&seed) % (sizeof alphabet - 1)];
    }
    header.name = bytes_of("if-none-match");
    pqq__file_request_read(&header, 1, &request);
    request.if_match = request.if_range = header.value;
    (void)pqq__condition_evaluate(&request, &validators, AT_S);
    (void)pqq__condition_allows_range(&request, &validators, AT_S);
    (void)pqq__http_date_parse(header.value, AT_S, &seconds);
    EXPECT(pqq__coding_choose(header.value, 0x9) != PQQ__CODING_BROTLI);
    free(value);
  }
}

TEST("media types go by the end of the name") {
  EXPECT_STR(pqq__media_type_of("a/index.html"), "text/html;charset=utf-8");
  EXPECT_STR(pqq__media_type_of("A.HTML"), "text/html;charset=utf-8");
  EXPECT_STR(pqq__media_type_of("a.tar.gz"), "application/gzip");
  EXPECT_STR(pqq__media_type_of("a.json"), "application/json");
  EXPECT_STR(pqq__media_type_of("a.b/c"), "application/octet-stream");
  EXPECT_STR(pqq__media_type_of("a."), "application/octet-stream");
  EXPECT_STR(pqq__media_type_of("Makefile"), "application/octet-stream");
  EXPECT_STR(pqq__media_type_of("a.this-extension-is-longer-than-any"), "application/octet-stream");
}
