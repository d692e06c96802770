/* SPDX-License-Identifier: MIT */
/* Seeded numbers for tests that try many sequences: SplitMix64. */
#ifndef PQQ_TEST_RANDOM_H
#define PQQ_TEST_RANDOM_H

#include <stdint.h>

/* The next number; `*state` begins as the seed. */
static inline uint64_t random_next(uint64_t *state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15u;

  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

#endif
