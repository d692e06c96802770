/* SPDX-License-Identifier: MIT */
/* Reading and preparing the public structs that begin with `uint32_t
 * struct_size`: a caller compiled against an older header has a shorter one. */
#ifndef PQQ__CORE_STRUCT_SIZE_H
#define PQQ__CORE_STRUCT_SIZE_H

#include <stdint.h>
#include <string.h>

#include "core/error.h"

/* Structs grow by whole, aligned members, so any other size is a mistake and
 * could cut a pointer in half. */
static inline int pqq__struct_size_is_valid(size_t size, size_t known) {
  return size > sizeof(uint32_t) && size <= known && size % sizeof(void *) == 0;
}

static inline pqq_status pqq__struct_size_error(const char *name, size_t size, size_t known) {
  return pqq__error_set(PQQ_ERR_STRUCT_SIZE, "%s: struct_size is %zu, this library knows up to %zu",
                        name, size, known);
}

/* For pqq_X_init: writes the defaults, as far as the caller's struct goes. */
static inline pqq_status pqq__struct_init(const char *name, void *out, size_t size,
                                          const void *defaults, size_t known) {
  uint32_t struct_size = (uint32_t)size;

  pqq__error_clear();
  if (out == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "%s", name);
  }
  if (!pqq__struct_size_is_valid(size, known)) {
    return pqq__struct_size_error(name, size, known);
  }
  memcpy(out, defaults, size);
  memcpy(out, &struct_size, sizeof struct_size);
  return PQQ_OK;
}

/* Copies what the caller has over `out`, which holds the defaults. */
static inline pqq_status pqq__struct_read(const char *name, void *out, size_t known,
                                          const void *in) {
  uint32_t size;

  if (in == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "%s", name);
  }
  memcpy(&size, in, sizeof size);
  if (!pqq__struct_size_is_valid(size, known)) {
    return pqq__struct_size_error(name, size, known);
  }
  memcpy(out, in, size);
  return PQQ_OK;
}

/* For results: fills what fits into the caller's struct, whose struct_size is
 * set and stays. */
static inline pqq_status pqq__struct_write(const char *name, void *out, const void *in,
                                           size_t known) {
  uint32_t size;

  memcpy(&size, out, sizeof size);
  if (!pqq__struct_size_is_valid(size, known)) {
    return pqq__struct_size_error(name, size, known);
  }
  memcpy((char *)out + sizeof size, (const char *)in + sizeof size, size - sizeof size);
  return PQQ_OK;
}

#endif
