/* SPDX-License-Identifier: MIT */
/* Views of bytes, as header fields are made of. */
#ifndef PQQ__CORE_BYTES_H
#define PQQ__CORE_BYTES_H

#include <string.h>

#include <pqq/types.h>

/* The view of a C string. */
static inline pqq_bytes pqq__text(const char *text) {
  return (pqq_bytes){.data = (const uint8_t *)text, .len = strlen(text)};
}

static inline pqq_header pqq__header_of(const char *name, const char *value) {
  return (pqq_header){.name = pqq__text(name), .value = pqq__text(value)};
}

static inline int pqq__bytes_are(pqq_bytes bytes, const char *text, size_t len) {
  return bytes.len == len && (len == 0 || memcmp(bytes.data, text, len) == 0);
}

static inline int pqq__bytes_equal(pqq_bytes bytes, const char *text) {
  return pqq__bytes_are(bytes, text, strlen(text));
}

/* ASCII only, whatever the locale. */
static inline uint8_t pqq__lower(uint8_t c) {
  return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

#endif
