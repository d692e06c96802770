/* SPDX-License-Identifier: MIT */
#include "api/headers.h"

#include <stdlib.h>
#include <string.h>

#include "io/limits.h"

pqq_bytes pqq__text(const char *text) {
  return (pqq_bytes){.data = (const uint8_t *)text, .len = strlen(text)};
}

int pqq__bytes_equal(pqq_bytes bytes, const char *text) {
  return bytes.len == strlen(text) && (bytes.len == 0 || memcmp(bytes.data, text, bytes.len) == 0);
}

pqq_bytes pqq__header_find(const pqq_header *headers, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++) {
    if (pqq__bytes_equal(headers[i].name, name)) {
      return headers[i].value;
    }
  }
  return (pqq_bytes){0};
}

int pqq__content_length(const pqq_header *headers, size_t count, uint64_t *bytes) {
  pqq_bytes text = pqq__header_find(headers, count, "content-length");
  uint64_t value = 0;

  if (text.len == 0 || text.len > 18) { /* 18 digits always fit */
    return -1;
  }
  for (size_t i = 0; i < text.len; i++) {
    if (text.data[i] < '0' || text.data[i] > '9') {
      return -1;
    }
    value = value * 10 + (uint64_t)(text.data[i] - '0');
  }
  *bytes = value;
  return 0;
}

/* Doubling, not what content-length promises: memory follows received bytes. */
static int grow(pqq__gathered *body, size_t needed, size_t limit) {
  size_t capacity = body->capacity == 0 ? PQQ__FIRST_BODY_BYTES : body->capacity;
  uint8_t *grown;

  while (capacity < needed) {
    capacity *= 2;
  }
  if (capacity > limit) {
    capacity = limit;
  }
  grown = realloc(body->data, capacity);
  if (grown == NULL) {
    return -1;
  }
  body->data = grown;
  body->capacity = capacity;
  return 0;
}

int pqq__gather(pqq__gathered *body, pqq_bytes data, size_t limit) {
  if (data.len == 0) {
    return 0;
  }
  if (data.len > body->capacity - body->len && grow(body, body->len + data.len, limit) != 0) {
    return -1;
  }
  memcpy(body->data + body->len, data.data, data.len);
  body->len += data.len;
  return 0;
}
