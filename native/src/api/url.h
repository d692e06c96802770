/* SPDX-License-Identifier: MIT */
/* Absolute https URLs (RFC 3986, RFC 9110 section 4.2), taken strictly: what
 * is not a URL is refused rather than repaired. */
#ifndef PQQ__API_URL_H
#define PQQ__API_URL_H

#include <stdint.h>

#include <pqq/error.h>

/* RFC 1035 section 2.3.4, and an IPv6 literal is shorter. */
#define PQQ__MAX_HOST_BYTES 253

typedef struct pqq__url {
  /* Lower case; an IPv6 literal without its brackets. */
  char host[PQQ__MAX_HOST_BYTES + 1];
  uint16_t port;
  /* The :authority: host, brackets, and the port unless it is 443. */
  char authority[PQQ__MAX_HOST_BYTES + 16];
  /* The :path: path and query, never empty. Owned. */
  char *path;
} pqq__url;

/* Errors: PQQ_ERR_URL_INVALID with a detail, PQQ_ERR_NO_MEMORY. */
pqq_status pqq__url_parse(pqq__url *url, const char *text);
void pqq__url_deinit(pqq__url *url);

#endif
