/* SPDX-License-Identifier: MIT */
#include "core/date.h"

#include <stdio.h>
#include <time.h>

#include "core/random.h"
#include "harness.h"

TEST("dates have the form of RFC 9110") {
  static const struct {
    int64_t unix_s;
    const char *text;
  } cases[] = {
      {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
      {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
      {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
      {4107542399, "Sun, 28 Feb 2100 23:59:59 GMT"},
      {4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
      {PQQ__DATE_MAX_UNIX_S, "Fri, 31 Dec 9999 23:59:59 GMT"},
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char out[PQQ__DATE_BYTES + 1];

    pqq__date_write(cases[i].unix_s, out);
    EXPECT_STR(out, cases[i].text);
  }
}

TEST("dates are those of the C library") {
  uint64_t random = harness_seed();

  for (int i = 0; i < 2000; i++) {
    time_t at = (time_t)(random_next(&random) % PQQ__DATE_MAX_UNIX_S);
    char out[PQQ__DATE_BYTES + 1], expected[64];
    struct tm parts;

    EXPECT(gmtime_r(&at, &parts) != NULL);
    EXPECT(strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &parts) > 0);
    pqq__date_write(at, out);
    /* strftime does not fill the year up to four digits; those here have four. */
    EXPECT_STR(out, expected);
  }
}
