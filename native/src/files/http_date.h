/* SPDX-License-Identifier: MIT */
/* HTTP-date (RFC 9110 section 5.6.7), in seconds since 1970. */
#ifndef PQQ__FILES_HTTP_DATE_H
#define PQQ__FILES_HTTP_DATE_H

#include <pqq/types.h>

/* Length of an IMF-fixdate, without a NUL. */
#define PQQ__HTTP_DATE_LEN 29

/* Writes an IMF-fixdate and a NUL. Years are held to 1970-9999. */
void pqq__http_date_write(int64_t seconds, char to[PQQ__HTTP_DATE_LEN + 1]);

/* Reads any of the three forms. `now` decides the century of the one with two
 * digits. 0 or -1. */
int pqq__http_date_parse(pqq_bytes text, int64_t now, int64_t *seconds);

#endif
