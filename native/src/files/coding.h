/* SPDX-License-Identifier: MIT */
/* Content codings and Accept-Encoding (RFC 9110 section 12.5.3). */
#ifndef PQQ__FILES_CODING_H
#define PQQ__FILES_CODING_H

#include <pqq/types.h>

/* In the server's order of preference, but for identity. */
typedef enum pqq__coding {
  PQQ__CODING_IDENTITY,
  PQQ__CODING_BROTLI,
  PQQ__CODING_ZSTD,
  PQQ__CODING_GZIP,
  PQQ__CODINGS
} pqq__coding;

/* Its name in content-encoding, and what a file of it ends with; "" for identity. */
const char *pqq__coding_name(pqq__coding coding);
const char *pqq__coding_suffix(pqq__coding coding);

/* The best of the codings whose bit is set in `there`; identity always is. With
 * equal q-values the smaller one goes, whatever the client's order. A client that
 * refuses identity gets it anyway where there is nothing else. */
pqq__coding pqq__coding_choose(pqq_bytes accept_encoding, unsigned there);

#endif
