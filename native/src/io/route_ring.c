/* SPDX-License-Identifier: MIT */
/* A list under a lock: hand-over happens once in a client's change of address,
 * so simple is fast enough; see route_ring.h. */
#include "io/route_ring.h"

#include <stdlib.h>
#include <string.h>

#include "io/limits.h"

void pqq__route_ring_init(pqq__route_ring *ring) {
  *ring = (pqq__route_ring){.first = NULL};
  ring->last = &ring->first;
  (void)pthread_mutex_init(&ring->lock, NULL);
}

void pqq__route_ring_deinit(pqq__route_ring *ring) {
  for (pqq__routed *routed; (routed = pqq__route_ring_take(ring)) != NULL;) {
    free(routed);
  }
  (void)pthread_mutex_destroy(&ring->lock);
}

static pqq__routed *copy(const pqq_datagram *datagram) {
  pqq__routed *routed = malloc(sizeof *routed + datagram->data.len);

  if (routed == NULL) {
    return NULL;
  }
  memcpy(routed->data, datagram->data.data, datagram->data.len);
  routed->next = NULL;
  routed->datagram = *datagram;
  routed->datagram.data.data = routed->data;
  return routed;
}

pqq_status pqq__route_ring_push(pqq__route_ring *ring, const pqq_datagram *datagram) {
  pqq__routed *routed = copy(datagram);
  int fits;

  (void)pthread_mutex_lock(&ring->lock);
  fits = routed != NULL && ring->count < PQQ__ROUTE_RING_DATAGRAMS &&
         datagram->data.len <= PQQ__ROUTE_RING_BYTES - ring->bytes;
  if (fits) {
    *ring->last = routed;
    ring->last = &routed->next;
    ring->count++;
    ring->bytes += datagram->data.len;
  } else {
    ring->drops++;
  }
  (void)pthread_mutex_unlock(&ring->lock);
  if (!fits) {
    free(routed);
    return PQQ_DROPPED;
  }
  return PQQ_OK;
}

pqq__routed *pqq__route_ring_take(pqq__route_ring *ring) {
  pqq__routed *routed;

  (void)pthread_mutex_lock(&ring->lock);
  routed = ring->first;
  if (routed != NULL) {
    ring->first = routed->next;
    if (ring->first == NULL) {
      ring->last = &ring->first;
    }
    ring->count--;
    ring->bytes -= routed->datagram.data.len;
  }
  (void)pthread_mutex_unlock(&ring->lock);
  return routed;
}

uint64_t pqq__route_ring_drops(pqq__route_ring *ring) {
  uint64_t drops;

  (void)pthread_mutex_lock(&ring->lock);
  drops = ring->drops;
  (void)pthread_mutex_unlock(&ring->lock);
  return drops;
}
