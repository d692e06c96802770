/* SPDX-License-Identifier: MIT */
/* The Range header field (RFC 9110 section 14.2). */
#ifndef PQQ__FILES_RANGE_H
#define PQQ__FILES_RANGE_H

#include <pqq/types.h>

#include "files/limits.h"

/* Bytes `first` up to, not including, `end`. */
typedef struct pqq__range {
  uint64_t first, end;
} pqq__range;

typedef struct pqq__ranges {
  pqq__range list[PQQ__FILES_MAX_RANGES];
  size_t count;
} pqq__ranges;

typedef enum pqq__range_result {
  /* The field is to be ignored: another unit, not well-formed, too many ranges,
   * or some that overlap. */
  PQQ__RANGE_IGNORED,
  PQQ__RANGE_OK,
  /* No range has a byte of the content: 416. */
  PQQ__RANGE_UNSATISFIABLE
} pqq__range_result;

/* Reads `value` for content of `size` bytes. Ranges stay in the client's order;
 * those behind the end are left out. */
pqq__range_result pqq__ranges_parse(pqq_bytes value, uint64_t size, pqq__ranges *ranges);

#endif
