/* SPDX-License-Identifier: MIT */
/* The addresses of a URL's host. */
#ifndef PQQ__API_RESOLVE_H
#define PQQ__API_RESOLVE_H

#include <pqq/types.h>

#include "api/url.h"
#include "io/limits.h"

/* Writes up to PQQ__MAX_RESOLVED, families in turn (RFC 8305 section 4). Errors:
 * PQQ_ERR_RESOLVE with detail. */
pqq_status pqq__resolve(const pqq__url *url, pqq_address *addresses, size_t *count);

#endif
