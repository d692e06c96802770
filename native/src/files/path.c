/* SPDX-License-Identifier: MIT */
#include "files/path.h"

#include <string.h>

static int hex_value(uint8_t c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte of a segment, decoded; *at moves behind it. -1: broken. */
static int next_byte(pqq_bytes target, size_t *at) {
  uint8_t c = target.data[(*at)++];
  int high, low;

  if (c != '%') {
    return c;
  }
  if (target.len - *at < 2) {
    return -1;
  }
  high = hex_value(target.data[*at]);
  low = hex_value(target.data[*at + 1]);
  *at += 2;
  return high < 0 || low < 0 ? -1 : high << 4 | low;
}

int pqq__is_hidden_name(const char *name, size_t len) {
  return len > 0 && name[0] == '.' && !(len == 11 && memcmp(name, ".well-known", 11) == 0);
}

/* What a segment may not be. A dot segment is gone from every request that a
 * client has made from a URL (RFC 3986 section 5.2.4): what still has one is a
 * try to get out. */
static int check_segment(pqq__file_path *path, const char *segment, size_t len) {
  if ((len == 1 && segment[0] == '.') || (len == 2 && segment[0] == '.' && segment[1] == '.')) {
    return 404;
  }
  if (pqq__is_hidden_name(segment, len)) {
    path->is_hidden = 1;
  }
  return 0;
}

/* Decodes up to the next slash or the end. Empty segments are left out, so that
 * no redirect can be made to begin with two slashes. */
static int take_segment(pqq_bytes target, size_t *at, pqq__file_path *path) {
  size_t start = path->len + (path->len > 0 ? 1 : 0), len = start;

  while (*at < target.len && target.data[*at] != '/') {
    int c = next_byte(target, at);

    if (c < 0x20 || c == 0x7f) {
      return 400;
    }
    if (c == '/' || c == '\\') {
      return 404;
    }
    if (len + 1 >= sizeof path->text) {
      return 414;
    }
    path->text[len++] = (char)c;
  }
  if (len == start) {
    return 0;
  }
  if (start > 0) {
    path->text[start - 1] = '/';
  }
  path->len = len;
  return check_segment(path, path->text + start, len - start);
}

/* Cuts the query off. A fragment is never sent (RFC 9110 section 4.2.5). */
static int split_query(pqq_bytes *target, pqq_bytes *query) {
  for (size_t i = 0; i < target->len; i++) {
    if (target->data[i] == '#') {
      return 400;
    }
    if (target->data[i] == '?') {
      *query = (pqq_bytes){target->data + i, target->len - i};
      target->len = i;
      break;
    }
  }
  return 0;
}

int pqq__file_path_parse(pqq_bytes target, pqq__file_path *path) {
  size_t at = 0;
  int status;

  path->len = 0;
  path->is_hidden = 0;
  path->query = (pqq_bytes){0};
  status = split_query(&target, &path->query);
  if (target.len == 0 || target.data[0] != '/') {
    return 400;
  }
  path->is_folder = target.data[target.len - 1] == '/';
  while (status == 0 && at < target.len) {
    at++; /* the slash */
    status = take_segment(target, &at, path);
  }
  path->text[path->len] = '\0';
  return status;
}

int pqq__file_path_is_below(const pqq__file_path *path, const char *prefix, size_t prefix_len) {
  return prefix_len == 0 ||
         (path->len >= prefix_len && memcmp(path->text, prefix, prefix_len) == 0 &&
          (path->len == prefix_len || path->text[prefix_len] == '/'));
}

int pqq__file_path_append(pqq__file_path *path, const char *name) {
  size_t name_len = strlen(name), start = path->len + (path->len > 0 ? 1 : 0);

  if (start + name_len >= sizeof path->text) {
    return -1;
  }
  if (start > 0) {
    path->text[start - 1] = '/';
  }
  memcpy(path->text + start, name, name_len + 1);
  path->len = start + name_len;
  return 0;
}

static int is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~' || c == '/';
}

size_t pqq__percent_encode(const char *text, size_t len, char *to, size_t capacity) {
  static const char digits[] = "0123456789ABCDEF";
  size_t used = 0;

  for (size_t i = 0; i < len; i++) {
    uint8_t c = (uint8_t)text[i];
    char encoded[3] = {'%', digits[c >> 4], digits[c & 15]};
    size_t bytes = is_unreserved(text[i]) ? 1 : 3;

    if (used + bytes <= capacity) {
      memcpy(to + used, bytes == 1 ? &text[i] : encoded, bytes);
    }
    used += bytes;
  }
  return used;
}
