/* SPDX-License-Identifier: MIT */
/* The date field (RFC 9110 section 5.6.7). */
#ifndef PQQ__HTTP3_DATE_H
#define PQQ__HTTP3_DATE_H

#include <stdint.h>

/* Length of "Sun, 06 Nov 1994 08:49:37 GMT". */
#define PQQ__DATE_BYTES 29

/* Last second that has four digits for its year: 9999-12-31 23:59:59. */
#define PQQ__DATE_MAX_UNIX_S UINT64_C(253402300799)

/* Writes the time, and a NUL, in the one form that may be sent (IMF-fixdate). `unix_s` is at most
 * PQQ__DATE_MAX_UNIX_S. */
void pqq__date_write(uint64_t unix_s, char out[PQQ__DATE_BYTES + 1]);

#endif
