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

#endif
