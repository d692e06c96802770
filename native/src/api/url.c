/* SPDX-License-Identifier: MIT */
/* The URL parser; see url.h. */
#include "api/url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/bytes.h"
#include "core/error.h"
#include "io/limits.h"

#define SCHEME "https://"
#define HTTPS_PORT 443

/* Fits any detail; the rest of a long URL says nothing more. */
#define SHOWN_BYTES 200

static pqq_status invalid(const char *why, const char *text) {
  return pqq__error_set(PQQ_ERR_URL_INVALID, "%s: \"%.*s\"", why, SHOWN_BYTES, text);
}

static int is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static int is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* --- Host and port -----------------------------------------------------------------------------
 */

/* DNS names and IPv4 literals. The underscore is not in RFC 1123 but in use. */
static int take_name(pqq__url *url, const char *text, size_t length) {
  if (length == 0 || length > PQQ__MAX_HOST_BYTES || text[0] == '.' || text[0] == '-') {
    return -1;
  }
  for (size_t i = 0; i < length; i++) {
    if (!is_letter_or_digit(text[i]) && strchr("-._", text[i]) == NULL) {
      return -1;
    }
    if (text[i] == '.' && i > 0 && text[i - 1] == '.') {
      return -1;
    }
    url->host[i] = (char)pqq__lower((uint8_t)text[i]);
  }
  url->host[length] = '\0';
  return 0;
}

/* The text between the brackets; zone ids are not for URLs that leave the
 * machine (RFC 6874 was never taken up, RFC 3986 has none). */
static int take_ipv6(pqq__url *url, const char *text, size_t length) {
  unsigned char address[16];

  if (length == 0 || length >= INET6_ADDRSTRLEN) {
    return -1;
  }
  memcpy(url->host, text, length);
  url->host[length] = '\0';
  return inet_pton(AF_INET6, url->host, address) == 1 ? 0 : -1;
}

static int take_port(pqq__url *url, const char *text, size_t length) {
  uint32_t port = 0;

  if (length == 0 || length > 5) {
    return -1;
  }
  for (size_t i = 0; i < length; i++) {
    if (text[i] < '0' || text[i] > '9') {
      return -1;
    }
    port = port * 10 + (uint32_t)(text[i] - '0');
  }
  if (port == 0 || port > UINT16_MAX) {
    return -1;
  }
  url->port = (uint16_t)port;
  return 0;
}

static void write_authority(pqq__url *url) {
  int is_ipv6 = strchr(url->host, ':') != NULL;
  char port[8] = "";

  if (url->port != HTTPS_PORT) {
    (void)snprintf(port, sizeof port, ":%u", url->port);
  }
  (void)snprintf(url->authority, sizeof url->authority, "%s%s%s%s", is_ipv6 ? "[" : "", url->host,
                 is_ipv6 ? "]" : "", port);
}

/* `text` up to the path; user information has no place in https URLs (RFC 9110
 * section 4.2.4). */
static pqq_status parse_authority(pqq__url *url, const char *text, size_t length,
                                  const char *whole) {
  const char *end = text + length, *host_end;
  int taken;

  if (memchr(text, '@', length) != NULL) {
    return invalid("user information in a URL", whole);
  }
  if (length > 0 && text[0] == '[') {
    host_end = memchr(text, ']', length);
    if (host_end == NULL) {
      return invalid("no ] after an IPv6 address", whole);
    }
    taken = take_ipv6(url, text + 1, (size_t)(host_end - text - 1));
    host_end++;
  } else {
    host_end = memchr(text, ':', length);
    host_end = host_end == NULL ? end : host_end;
    taken = take_name(url, text, (size_t)(host_end - text));
  }
  if (taken != 0) {
    return invalid("no valid host", whole);
  }
  url->port = HTTPS_PORT;
  if (host_end < end &&
      (*host_end != ':' || take_port(url, host_end + 1, (size_t)(end - host_end - 1)) != 0)) {
    return invalid("no valid port", whole);
  }
  write_authority(url);
  return PQQ_OK;
}

/* --- Path and query ----------------------------------------------------------------------------
 */

/* RFC 3986 appendix A, pchar with "/" and "?". */
static int is_path_byte(char c) {
  return is_letter_or_digit(c) || (c != '\0' && strchr("-._~!$&'()*+,;=:@/?", c) != NULL);
}

static int is_valid_path(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '%') {
      if (i + 2 >= length || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) {
        return 0;
      }
      i += 2;
    } else if (!is_path_byte(text[i])) {
      return 0;
    }
  }
  return 1;
}

static pqq_status parse_path(pqq__url *url, const char *text, const char *whole) {
  size_t length = strcspn(text, "#"); /* a fragment stays here */
  int needs_slash = text[0] != '/';

  if (!is_valid_path(text, length)) {
    return invalid("a byte that must be percent-encoded", whole);
  }
  url->path = malloc(length + 2);
  if (url->path == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  (void)snprintf(url->path, length + 2, "%s%.*s", needs_slash ? "/" : "", (int)length, text);
  return PQQ_OK;
}

pqq_status pqq__url_parse(pqq__url *url, const char *text) {
  pqq__url parsed = {.path = NULL};
  const char *authority = text + strlen(SCHEME);
  size_t length;
  pqq_status status;

  if (strlen(text) > PQQ__MAX_URL_BYTES) {
    return pqq__error_set(PQQ_ERR_URL_INVALID, "%zu bytes, at most %d", strlen(text),
                          PQQ__MAX_URL_BYTES);
  }
  if (strncasecmp(text, SCHEME, strlen(SCHEME)) != 0) {
    return invalid("not https://", text);
  }
  length = strcspn(authority, "/?#");
  status = parse_authority(&parsed, authority, length, text);
  if (status == PQQ_OK) {
    status = parse_path(&parsed, authority + length, text);
  }
  if (status == PQQ_OK) {
    *url = parsed;
  }
  return status;
}

void pqq__url_deinit(pqq__url *url) {
  free(url->path);
  url->path = NULL;
}
