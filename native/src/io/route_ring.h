/* SPDX-License-Identifier: MIT */
/* Datagrams handed over from one worker to another: any worker pushes, the
 * owner takes. Bounded; what does not fit is dropped and counted, as a full
 * socket buffer would do. */
#ifndef PQQ__IO_ROUTE_RING_H
#define PQQ__IO_ROUTE_RING_H

#include <pthread.h>

#include <pqq/engine.h>

/* A copy of a datagram with both addresses and ECN. */
typedef struct pqq__routed {
  struct pqq__routed *next;
  pqq_datagram datagram;
  uint8_t data[];
} pqq__routed;

/* Thread-safe. */
typedef struct pqq__route_ring {
  pthread_mutex_t lock;
  pqq__routed *first, **last;
  size_t count, bytes;
  uint64_t drops;
} pqq__route_ring;

void pqq__route_ring_init(pqq__route_ring *ring);
/* Frees what is left in it. */
void pqq__route_ring_deinit(pqq__route_ring *ring);

/* Copies the datagram. PQQ_OK, or PQQ_DROPPED (full, or no memory). */
pqq_status pqq__route_ring_push(pqq__route_ring *ring, const pqq_datagram *datagram);

/* Takes the oldest, NULL if there is none; the caller frees it with free(). */
pqq__routed *pqq__route_ring_take(pqq__route_ring *ring);

uint64_t pqq__route_ring_drops(pqq__route_ring *ring);

#endif
