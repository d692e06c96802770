/* SPDX-License-Identifier: MIT */
/* Counters of an engine or a driver; the rows are in stats.def. */
#ifndef PQQ_STATS_H
#define PQQ_STATS_H

#include <stdint.h>

/** pqq_stats is a snapshot. Set struct_size before the call that fills it; a
 *  library that knows more counters fills only what fits. */
typedef struct pqq_stats {
  uint32_t struct_size;
  uint32_t reserved;
#define PQQ_STAT(name, meaning) uint64_t name;
#include <pqq/stats.def>
#undef PQQ_STAT
} pqq_stats;

#endif
