/* SPDX-License-Identifier: MIT */
/* The driver's clock. Nothing outside io and api reads the time. */
#ifndef PQQ__IO_CLOCK_H
#define PQQ__IO_CLOCK_H

#include <time.h>

#include <pqq/types.h>

#include "core/units.h"

static inline pqq_time_ns pqq__clock_ns(void) {
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail with this clock */
  return (pqq_time_ns)now.tv_sec * PQQ__NS_PER_S + (pqq_time_ns)now.tv_nsec;
}

/* The time of day, for the date field: a read of a memory page on Linux. */
static inline uint64_t pqq__clock_unix_s(void) {
  time_t now = time(NULL);

  return now > 0 ? (uint64_t)now : 0;
}

#endif
