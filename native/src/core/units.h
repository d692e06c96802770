/* SPDX-License-Identifier: MIT */
/* Times are pqq_time_ns inside; configurations and the system's calls use other units. */
#ifndef PQQ__CORE_UNITS_H
#define PQQ__CORE_UNITS_H

#include <pqq/types.h>

#define PQQ__NS_PER_MS 1000000ull
#define PQQ__NS_PER_S 1000000000ull

static inline pqq_time_ns pqq__earlier(pqq_time_ns a, pqq_time_ns b) {
  return a < b ? a : b;
}

#endif
