/* SPDX-License-Identifier: MIT */
/* The simulation's own failures: a scenario that cannot be set up, or time that
 * stands still. These are never a result of a test, so they end the program. */
#ifndef PQQ_SIM_FATAL_H
#define PQQ_SIM_FATAL_H

__attribute__((noreturn, format(printf, 1, 2))) void sim_fatal(const char *format, ...);

#endif
