/* SPDX-License-Identifier: MIT */
#include "files/http_date.h"

#include <string.h>

#include "core/date.h"
#include "files/text.h"

static const char weekdays[7][10] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                     "Thursday", "Friday", "Saturday"};

typedef struct parts {
  int year, month, day, hour, minute, second;
} parts;

static int take_digits(pqq__cursor *cursor, int count, int *value) {
  *value = 0;
  for (int i = 0; i < count; i++, cursor->at++) {
    if (cursor->at == cursor->end || *cursor->at < '0' || *cursor->at > '9') {
      return 0;
    }
    *value = *value * 10 + (*cursor->at - '0');
  }
  return 1;
}

/* Names of days and months are case-sensitive in HTTP-date. */
static int take_text(pqq__cursor *cursor, const char *text, size_t len) {
  if (cursor->at == NULL || (size_t)(cursor->end - cursor->at) < len ||
      memcmp(cursor->at, text, len) != 0) {
    return 0;
  }
  cursor->at += len;
  return 1;
}

static int take_month(pqq__cursor *cursor, parts *date) {
  for (date->month = 1; date->month <= 12; date->month++) {
    if (take_text(cursor, pqq__month_names[date->month - 1], 3)) {
      return 1;
    }
  }
  return 0;
}

static int take_time(pqq__cursor *cursor, parts *date) {
  return take_digits(cursor, 2, &date->hour) && pqq__cursor_take(cursor, ':') &&
         take_digits(cursor, 2, &date->minute) && pqq__cursor_take(cursor, ':') &&
         take_digits(cursor, 2, &date->second);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", behind the name of the day. */
static int take_imf(pqq__cursor *cursor, parts *date) {
  return take_text(cursor, ", ", 2) && take_digits(cursor, 2, &date->day) &&
         pqq__cursor_take(cursor, ' ') && take_month(cursor, date) &&
         pqq__cursor_take(cursor, ' ') && take_digits(cursor, 4, &date->year) &&
         pqq__cursor_take(cursor, ' ') && take_time(cursor, date) && take_text(cursor, " GMT", 4);
}

/* "Sunday, 06-Nov-94 08:49:37 GMT" */
static int take_rfc850(pqq__cursor *cursor, parts *date) {
  return take_text(cursor, ", ", 2) && take_digits(cursor, 2, &date->day) &&
         pqq__cursor_take(cursor, '-') && take_month(cursor, date) &&
         pqq__cursor_take(cursor, '-') && take_digits(cursor, 2, &date->year) &&
         pqq__cursor_take(cursor, ' ') && take_time(cursor, date) && take_text(cursor, " GMT", 4);
}

/* "Sun Nov  6 08:49:37 1994" */
static int take_asctime(pqq__cursor *cursor, parts *date) {
  return pqq__cursor_take(cursor, ' ') && take_month(cursor, date) &&
         pqq__cursor_take(cursor, ' ') &&
         (pqq__cursor_take(cursor, ' ') ? take_digits(cursor, 1, &date->day)
                                        : take_digits(cursor, 2, &date->day)) &&
         pqq__cursor_take(cursor, ' ') && take_time(cursor, date) &&
         pqq__cursor_take(cursor, ' ') && take_digits(cursor, 4, &date->year);
}

/* Two digits that seem to be more than 50 years ahead are in the past. */
static int full_year(int two_digits, int64_t now) {
  int this_year, month, day, year;

  pqq__date_of_day(now / PQQ__DAY_S, &this_year, &month, &day);
  year = this_year / 100 * 100 + two_digits;
  return year > this_year + 50 ? year - 100 : year;
}

/* A day that its month does not have comes back as another one. */
static int is_date(const parts *date) {
  int year, month, day;

  if (date->year < 1970 || date->month > 12 || date->day < 1 || date->day > 31 || date->hour > 23 ||
      date->minute > 59 || date->second > 60) {
    return 0;
  }
  pqq__date_of_day(pqq__day_of_date(date->year, date->month, date->day), &year, &month, &day);
  return day == date->day && month == date->month;
}

int pqq__http_date_parse(pqq_bytes text, int64_t now, int64_t *seconds) {
  pqq__cursor cursor = pqq__cursor_of(text), behind;
  parts date = {0};

  for (size_t i = 0; i < 7; i++) {
    if (take_text(&cursor, weekdays[i], strlen(weekdays[i]))) {
      if (!take_rfc850(&cursor, &date)) {
        return -1;
      }
      date.year = full_year(date.year, now);
      break;
    }
    if (take_text(&cursor, weekdays[i], 3)) {
      behind = cursor;
      if (!take_imf(&cursor, &date)) {
        cursor = behind;
        if (!take_asctime(&cursor, &date)) {
          return -1;
        }
      }
      break;
    }
  }
  if (cursor.at != cursor.end || !is_date(&date)) {
    return -1;
  }
  *seconds = pqq__day_of_date(date.year, date.month, date.day) * PQQ__DAY_S + date.hour * 3600 +
             date.minute * 60 + date.second;
  return 0;
}
