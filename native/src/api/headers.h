/* SPDX-License-Identifier: MIT */
/* Message bodies as they come, for both simple doors. */
#ifndef PQQ__API_HEADERS_H
#define PQQ__API_HEADERS_H

#include <pqq/types.h>

/* A message body that is being gathered. */
typedef struct pqq__gathered {
  uint8_t *data;
  size_t len, capacity;
} pqq__gathered;

/* Appends; 0, or -1 on lack of memory. The caller has checked its limit, up to
 * which the allocation may grow. */
int pqq__gather(pqq__gathered *body, pqq_bytes data, size_t limit);

#endif
