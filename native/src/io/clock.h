/* SPDX-License-Identifier: MIT */
/* The driver's clocks. Nothing outside io and api reads the time. */
#ifndef PQQ__IO_CLOCK_H
#define PQQ__IO_CLOCK_H

#include <time.h>

#include <pqq/types.h>

#include "core/units.h"

static inline pqq_time_ns pqq__clock_read(clockid_t clock) {
  struct timespec now = {0};

  (void)clock_gettime(clock, &now); /* cannot fail with the clocks below */
  return (pqq_time_ns)now.tv_sec * PQQ__NS_PER_S + (pqq_time_ns)now.tv_nsec;
}

static inline pqq_time_ns pqq__clock_ns(void) {
  return pqq__clock_read(CLOCK_MONOTONIC);
}

/* What has to be added to pqq__clock_ns to have the time since 1970. */
static inline pqq_time_ns pqq__clock_offset_ns(void) {
  return pqq__clock_read(CLOCK_REALTIME) - pqq__clock_read(CLOCK_MONOTONIC);
}

/* The time of day, for the date field: a read of a memory page on Linux. */
static inline uint64_t pqq__clock_unix_s(void) {
  time_t now = time(NULL);

  return now > 0 ? (uint64_t)now : 0;
}

#endif
