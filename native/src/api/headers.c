/* SPDX-License-Identifier: MIT */
#include "api/headers.h"

#include <stdlib.h>
#include <string.h>

#include "io/limits.h"

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
