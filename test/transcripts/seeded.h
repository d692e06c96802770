/* SPDX-License-Identifier: MIT */
/* Handshakes whose randomness comes from a number, so that a run can be repeated to the byte. Only
 * the programs of this folder link it.
 *
 * Nothing of libpqq takes part: AWS-LC and liboqs each have a function by which their own tests
 * replace the source of entropy. No release library has them (test/abi/check-no-seed.mjs and
 * no_seed_test.c). */
#ifndef PQQ_TRANSCRIPTS_SEEDED_H
#define PQQ_TRANSCRIPTS_SEEDED_H

#include <stdint.h>

/* Runs `run(arg)` on a thread of its own and waits for it. All randomness that AWS-LC and liboqs
 * hand out on that thread follows from `seed`, whatever the process has drawn before. From the
 * first call on, generators that other threads start later are seeded too. One at a time. */
void seeded_run(uint64_t seed, void (*run)(void *arg), void *arg);

#endif
