/* SPDX-License-Identifier: MIT */
/* A token bucket: so many at once, and so many per second after. */
#ifndef PQQ__CORE_ALLOWANCE_H
#define PQQ__CORE_ALLOWANCE_H

#include <stdint.h>

#include "core/units.h"

/* All zero: full, and never used. */
typedef struct pqq__allowance {
  /* Taken and not yet given back, in parts of which a second gives `per_s`. */
  uint64_t used_ns;
  uint64_t last_ns;
} pqq__allowance;

/* Takes one of at most `burst`, of which `per_s` come back each second. 0 if there is none. */
static inline int pqq__allowance_take(pqq__allowance *allowance, uint64_t burst, uint64_t per_s,
                                      uint64_t now_ns) {
  uint64_t one = PQQ__NS_PER_S / per_s;
  uint64_t passed = now_ns - allowance->last_ns;

  allowance->used_ns = allowance->used_ns > passed ? allowance->used_ns - passed : 0;
  allowance->last_ns = now_ns;
  if (allowance->used_ns + one > burst * one) {
    return 0;
  }
  allowance->used_ns += one;
  return 1;
}

/* Whether there is one to take. */
static inline int pqq__allowance_has(const pqq__allowance *allowance, uint64_t burst,
                                     uint64_t per_s, uint64_t now_ns) {
  pqq__allowance copy = *allowance;

  return pqq__allowance_take(&copy, burst, per_s, now_ns);
}

#endif
