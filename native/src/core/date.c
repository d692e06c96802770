/* SPDX-License-Identifier: MIT */
/* Made by hand: strftime follows the locale, and gmtime_r is not on every system.
 *
 * Years are counted from March, so that a leap day is the last of its year, in eras of 400. */
#include "core/date.h"

#include <stdio.h>

#define ERA_DAYS 146097
/* From 0000-03-01 to 1970-01-01. */
#define DAYS_TO_1970 719468

const char pqq__month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

int64_t pqq__day_of_date(int64_t year, int month, int day) {
  int64_t from_march = month <= 2 ? year - 1 : year;
  int64_t era = from_march / 400, of_era = from_march % 400;
  int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

  return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970;
}

void pqq__date_of_day(int64_t days, int *year, int *month, int *day) {
  int64_t shifted = days + DAYS_TO_1970, of_era = shifted % ERA_DAYS;
  int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t from_march = (5 * of_year + 2) / 153;

  *day = (int)(of_year - (153 * from_march + 2) / 5 + 1);
  *month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
  *year = (int)(year_of_era + shifted / ERA_DAYS * 400 + (*month <= 2));
}

void pqq__date_write(int64_t unix_s, char out[PQQ__DATE_BYTES + 1]) {
  /* 1970-01-01 was a Thursday. */
  static const char days[][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
  int64_t held = unix_s < 0 ? 0 : unix_s;
  unsigned second;
  int year, month, day;

  if (held > PQQ__DATE_MAX_UNIX_S) {
    held = PQQ__DATE_MAX_UNIX_S;
  }
  second = (unsigned)(held % PQQ__DAY_S);
  pqq__date_of_day(held / PQQ__DAY_S, &year, &month, &day);
  /* The remainders change nothing; they tell the compiler how long it gets. */
  (void)snprintf(out, PQQ__DATE_BYTES + 1, "%s, %02u %s %04u %02u:%02u:%02u GMT",
                 days[held / PQQ__DAY_S % 7], (unsigned)day % 100,
                 pqq__month_names[(unsigned)(month - 1) % 12], (unsigned)year % 10000,
                 second / 3600 % 24, second / 60 % 60, second % 60);
}
