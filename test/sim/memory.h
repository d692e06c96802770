/* SPDX-License-Identifier: MIT */
/* What is in use of the heap. */
#ifndef PQQ_SIM_MEMORY_H
#define PQQ_SIM_MEMORY_H

#include <stddef.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

/* 0 where the C library does not say, and under sanitizers. */
static inline size_t sim_heap_bytes(void) {
#ifdef __GLIBC__
  return mallinfo2().uordblks;
#else
  return 0;
#endif
}

#endif
