/* SPDX-License-Identifier: MIT */
/* Dates of HTTP (RFC 9110 section 5.6.7), and the calendar under them. */
#ifndef PQQ__CORE_DATE_H
#define PQQ__CORE_DATE_H

#include <stdint.h>

/* Length of "Sun, 06 Nov 1994 08:49:37 GMT". */
#define PQQ__DATE_BYTES 29

/* Last second that has four digits for its year: 9999-12-31 23:59:59. */
#define PQQ__DATE_MAX_UNIX_S INT64_C(253402300799)

#define PQQ__DAY_S 86400

/* As they are written in a date; January is 0. */
extern const char pqq__month_names[12][4];

/* A day of the Gregorian calendar, and its number counted from 1970-01-01; none before 0000-03-01.
 * `month` and `day` begin with 1. */
int64_t pqq__day_of_date(int64_t year, int month, int day);
void pqq__date_of_day(int64_t days, int *year, int *month, int *day);

/* Writes the time, and a NUL, in the one form that may be sent (IMF-fixdate). Times are held to the
 * years 1970 to 9999. */
void pqq__date_write(int64_t unix_s, char out[PQQ__DATE_BYTES + 1]);

#endif
