/* SPDX-License-Identifier: MIT */
/* A datagram on its way to a connection: what the files share that decide where
 * it goes (endpoint_recv.c, endpoint_accept.c). */
#ifndef PQQ__QUIC_ARRIVAL_H
#define PQQ__QUIC_ARRIVAL_H

#include "quic/endpoint.h"

/* One QUIC datagram with where it came from. */
typedef struct pqq__arrival {
  const pqq_datagram *datagram;
  const uint8_t *data;
  size_t len;
  int is_routed;
} pqq__arrival;

/* Counts a datagram that is dropped; PQQ_DROPPED. */
pqq_status pqq__endpoint_drop(pqq__endpoint *endpoint);

/* Room for a stateless answer, addressed, or NULL. It is sent once it is counted. */
pqq__reply *pqq__endpoint_reply(pqq__endpoint *endpoint, const pqq__arrival *in);

/* Lets an answer of `written` bytes go and counts it, PQQ_OK; 0 or an error of ngtcp2's: drops. */
pqq_status pqq__endpoint_count_reply(pqq__endpoint *endpoint, pqq__reply *reply,
                                     ngtcp2_ssize written, uint64_t *counter);

/* endpoint_accept.c: a long header with an unknown connection id: begins a connection, or answers
 * without one, or names who else has to (PQQ_ROUTE). */
pqq_status pqq__endpoint_accept(pqq__endpoint *endpoint, const pqq__arrival *in,
                                const ngtcp2_path *path, uint32_t *route);

#endif
