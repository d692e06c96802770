/* SPDX-License-Identifier: MIT */
/* The body bytes of all scenarios: a fixed stream whose period is a prime far
 * from any packet or buffer size, so that a byte in the wrong place shows. */
#ifndef PQQ_SIM_PATTERN_H
#define PQQ_SIM_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#define SIM_PATTERN_PERIOD 1000003u

/* Most bytes that one call hands out. */
#define SIM_PATTERN_PIECE (256u * 1024u)

/* The bytes from `offset` on, SIM_PATTERN_PIECE of them; static memory. */
const uint8_t *sim_pattern(uint64_t offset);

/* 1 if `data` is what the stream has at `offset`. */
int sim_pattern_is(uint64_t offset, const uint8_t *data, size_t len);

#endif
