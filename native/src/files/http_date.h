/* SPDX-License-Identifier: MIT */
/* Reading an HTTP-date (RFC 9110 section 5.6.7), in seconds since 1970; core/date.h writes one. */
#ifndef PQQ__FILES_HTTP_DATE_H
#define PQQ__FILES_HTTP_DATE_H

#include <pqq/types.h>

/* Reads any of the three forms. `now` decides the century of the one with two
 * digits. 0 or -1. */
int pqq__http_date_parse(pqq_bytes text, int64_t now, int64_t *seconds);

#endif
