/* SPDX-License-Identifier: MIT */
/* The simulation's own random numbers: SplitMix64 (Steele, Lea, Flood), so that
 * a seed gives the same scenario on every machine. */
#ifndef PQQ_SIM_RANDOM_H
#define PQQ_SIM_RANDOM_H

#include <stdint.h>

typedef struct sim_random {
  uint64_t state;
} sim_random;

static inline uint64_t sim_random_next(sim_random *random) {
  uint64_t z = random->state += 0x9e3779b97f4a7c15u;

  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* 0 to limit - 1; `limit` is small enough for the bias not to matter. */
static inline uint64_t sim_random_below(sim_random *random, uint64_t limit) {
  return sim_random_next(random) % limit;
}

/* 1 in `ppm` of a million cases. */
static inline int sim_random_chance(sim_random *random, uint32_t ppm) {
  return ppm != 0 && sim_random_below(random, 1000000) < ppm;
}

#endif
