/* SPDX-License-Identifier: MIT */
/* Texts, and message bodies as they come, for both simple doors. */
#ifndef PQQ__API_HEADERS_H
#define PQQ__API_HEADERS_H

#include <pqq/types.h>

/* The view of a C string. */
pqq_bytes pqq__text(const char *text);

int pqq__bytes_equal(pqq_bytes bytes, const char *text);

/* A message body that is being gathered. */
typedef struct pqq__gathered {
  uint8_t *data;
  size_t len, capacity;
} pqq__gathered;

/* Appends; 0, or -1 on lack of memory. The caller has checked its limit, up to
 * which the allocation may grow. */
int pqq__gather(pqq__gathered *body, pqq_bytes data, size_t limit);

#endif
