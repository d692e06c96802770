/* SPDX-License-Identifier: MIT */
/* Made by hand: strftime follows the locale, and gmtime_r is not on every system. */
#include "http3/date.h"

#include <stdio.h>

#define DAY_S 86400u

/* Civil date of a day counted from 1970-01-01 (proleptic Gregorian calendar). Years begin in March
 * here, so that a leap day is the last of its year, in eras of 400 years. */
static void civil(uint64_t days, unsigned *year, unsigned *month, unsigned *day) {
  uint64_t shifted = days + 719468; /* days from 0000-03-01 to 1970-01-01 */
  unsigned of_era = (unsigned)(shifted % 146097);
  unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  unsigned from_march = (5 * of_year + 2) / 153;

  *day = of_year - (153 * from_march + 2) / 5 + 1;
  *month = from_march < 10 ? from_march + 3 : from_march - 9;
  *year = year_of_era + (unsigned)(shifted / 146097) * 400 + (*month <= 2);
}

void pqq__date_write(uint64_t unix_s, char out[PQQ__DATE_BYTES + 1]) {
  /* 1970-01-01 was a Thursday. */
  static const char days[][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  unsigned second = (unsigned)(unix_s % DAY_S);
  unsigned year, month, day;

  civil(unix_s / DAY_S, &year, &month, &day);
  /* The remainders change nothing; they tell the compiler how long it gets. */
  (void)snprintf(out, PQQ__DATE_BYTES + 1, "%s, %02u %s %04u %02u:%02u:%02u GMT",
                 days[unix_s / DAY_S % 7], day % 100, months[(month - 1) % 12], year % 10000,
                 second / 3600 % 24, second / 60 % 60, second % 60);
}
