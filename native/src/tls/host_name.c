/* SPDX-License-Identifier: MIT */
/* See host_name.h. */
#include "tls/host_name.h"

#include <arpa/inet.h>
#include <string.h>

/* RFC 1035 section 2.3.4. */
#define MAX_LABEL 63
/* The asterisk and two more: clients of OpenSSL's family, ours too, do not match
 * a wildcard right below a top-level name. */
#define MIN_WILDCARD_LABELS 3

static int is_digit(char c) {
  return c >= '0' && c <= '9';
}

static int is_label_char(char c) {
  /* The underscore is not a host name character but is in certificates and in
   * service names of container networks. */
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_';
}

static int is_label(const char *label, size_t len, int allow_wildcard) {
  if (allow_wildcard && len == 1 && label[0] == '*') {
    return 1;
  }
  if (len == 0 || len > MAX_LABEL || label[0] == '-' || label[len - 1] == '-') {
    return 0;
  }
  for (size_t i = 0; i < len; i++) {
    if (!is_label_char(label[i])) {
      return 0;
    }
  }
  return 1;
}

static int is_dns_name(const char *text, int allow_wildcard) {
  const char *label = text;
  size_t labels = 0;

  for (;;) {
    size_t len = strcspn(label, ".");

    if (!is_label(label, len, allow_wildcard && labels == 0)) {
      return 0;
    }
    labels++;
    if (label[len] == '\0') {
      break;
    }
    label += len + 1;
  }
  if (text[0] == '*' && labels < MIN_WILDCARD_LABELS) {
    return 0;
  }
  /* A name that ends in a number is a mistyped IPv4 address for every resolver
   * and URL parser. */
  return strspn(label, "0123456789") != strlen(label);
}

int pqq__host_name_parse(const char *text, int allow_wildcard, pqq__host_name *name) {
  size_t len = strlen(text);

  if (len > 0 && text[len - 1] == '.') {
    len--;
  }
  if (len == 0 || len > PQQ__HOST_NAME_MAX) {
    return 0;
  }
  memset(name, 0, sizeof *name);
  memcpy(name->text, text, len);
  if (inet_pton(AF_INET, name->text, name->ip) == 1) {
    name->ip_len = 4;
    return 1;
  }
  if (inet_pton(AF_INET6, name->text, name->ip) == 1) {
    name->ip_len = 16;
    return 1;
  }
  return is_dns_name(name->text, allow_wildcard);
}
