/* SPDX-License-Identifier: MIT */
/* api/url.c: what is a URL, what it means, and what is none. */
#include <stdlib.h>
#include <string.h>

#include "api/url.h"
#include "core/error.h"
#include "harness.h"
#include "io/limits.h"

TEST("absolute https URLs are taken apart") {
  static const struct {
    const char *text, *host;
    uint16_t port;
    const char *authority, *path;
  } rows[] = {
      {"https://example.com", "example.com", 443, "example.com", "/"},
      {"https://example.com/", "example.com", 443, "example.com", "/"},
      {"HTTPS://EXAMPLE.com/Path", "example.com", 443, "example.com", "/Path"},
      {"https://example.com:443/a", "example.com", 443, "example.com", "/a"},
      {"https://example.com:4433/a/b?c=d&e=%2f", "example.com", 4433, "example.com:4433",
       "/a/b?c=d&e=%2f"},
      {"https://example.com?q=1", "example.com", 443, "example.com", "/?q=1"},
      {"https://example.com/a#b", "example.com", 443, "example.com", "/a"},
      {"https://example.com#b", "example.com", 443, "example.com", "/"},
      {"https://127.0.0.1:1/", "127.0.0.1", 1, "127.0.0.1:1", "/"},
      {"https://[::1]/x", "::1", 443, "[::1]", "/x"},
      {"https://[2001:db8::1]:65535", "2001:db8::1", 65535, "[2001:db8::1]:65535", "/"},
      {"https://a_b-c.example/~u/;p=1,2?x=/?:@", "a_b-c.example", 443, "a_b-c.example",
       "/~u/;p=1,2?x=/?:@"},
      {"https://example.com/?", "example.com", 443, "example.com", "/?"},
      {"https://example.com//a", "example.com", 443, "example.com", "//a"},
  };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    pqq__url url;

    NOTE("%s", rows[i].text);
    EXPECT_INT(pqq__url_parse(&url, rows[i].text), PQQ_OK);
    EXPECT_STR(url.host, rows[i].host);
    EXPECT_UINT(url.port, rows[i].port);
    EXPECT_STR(url.authority, rows[i].authority);
    EXPECT_STR(url.path, rows[i].path);
    pqq__url_deinit(&url);
  }
}

TEST("what is no absolute https URL is refused with a reason") {
  static const struct {
    const char *text, *reason;
  } rows[] = {
      {"", "not https"},
      {"/", "not https"},
      {"example.com", "not https"},
      {"http://example.com/", "not https"},
      {"https:/example.com/", "not https"},
      {" https://example.com/", "not https"},
      {"https://", "host"},
      {"https:///path", "host"},
      {"https://.example.com/", "host"},
      {"https://-a/", "host"},
      {"https://a..b/", "host"},
      {"https://exa mple.com/", "host"},
      {"https://ex%61mple.com/", "host"},
      {"https://\xc3\xa9.example/", "host"},
      {"https://user@example.com/", "user information"},
      {"https://user:pass@example.com/", "user information"},
      {"https://example.com:/", "port"},
      {"https://example.com:0/", "port"},
      {"https://example.com:65536/", "port"},
      {"https://example.com:443x/", "port"},
      {"https://example.com:-1/", "port"},
      {"https://example.com:000443/", "port"},
      {"https://[::1", "]"},
      {"https://[]/", "host"},
      {"https://[127.0.0.1]/", "host"},
      {"https://[fe80::1%25lo]/", "host"},
      {"https://[::1]443/", "port"},
      {"https://example.com/a b", "percent-encoded"},
      {"https://example.com/\x7f", "percent-encoded"},
      {"https://example.com/\r\nx: y", "percent-encoded"},
      {"https://example.com/%", "percent-encoded"},
      {"https://example.com/%4", "percent-encoded"},
      {"https://example.com/%zz", "percent-encoded"},
      {"https://example.com/%4#1", "percent-encoded"},
      {"https://example.com/<>", "percent-encoded"},
      {"https://example.com/\xc3\xa9", "percent-encoded"},
  };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    pqq__url url = {.port = 7};

    NOTE("%s", rows[i].text);
    EXPECT_INT(pqq__url_parse(&url, rows[i].text), PQQ_ERR_URL_INVALID);
    EXPECT(strstr(pqq_error_detail(), rows[i].reason) != NULL);
    EXPECT_UINT(url.port, 7);
    EXPECT(url.path == NULL);
  }
}

TEST("hosts and URLs have a longest size") {
  char text[PQQ__MAX_URL_BYTES + 2];
  pqq__url url;

  memset(text, 'a', sizeof text);
  memcpy(text, "https://", 8);
  text[8 + PQQ__MAX_HOST_BYTES] = '\0';
  EXPECT_INT(pqq__url_parse(&url, text), PQQ_OK);
  EXPECT_UINT(strlen(url.host), PQQ__MAX_HOST_BYTES);
  pqq__url_deinit(&url);
  text[8 + PQQ__MAX_HOST_BYTES] = 'a';
  text[9 + PQQ__MAX_HOST_BYTES] = '\0';
  EXPECT_INT(pqq__url_parse(&url, text), PQQ_ERR_URL_INVALID);

  memset(text, 'a', sizeof text);
  memcpy(text, "https://b/", 10);
  text[PQQ__MAX_URL_BYTES] = '\0';
  EXPECT_INT(pqq__url_parse(&url, text), PQQ_OK);
  EXPECT_UINT(strlen(url.path), PQQ__MAX_URL_BYTES - 9);
  pqq__url_deinit(&url);
  text[PQQ__MAX_URL_BYTES] = 'a';
  text[PQQ__MAX_URL_BYTES + 1] = '\0';
  EXPECT_INT(pqq__url_parse(&url, text), PQQ_ERR_URL_INVALID);
}

TEST("random bytes after the scheme never crash the parser") {
  uint64_t state = harness_seed();

  for (int i = 0; i < 200000; i++) {
    char text[48] = "https://";
    static const char usual[] = "a.:/[]@%?#-1 \x80";
    pqq__url url;

    for (size_t at = 8; at < sizeof text - 1; at++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      text[at] = usual[(state >> 40) % sizeof usual];
    }
    text[sizeof text - 1] = '\0';
    if (pqq__url_parse(&url, text) == PQQ_OK) {
      EXPECT(url.host[0] != '\0' && url.path[0] == '/');
      pqq__url_deinit(&url);
    }
  }
}
