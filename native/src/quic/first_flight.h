/* SPDX-License-Identifier: MIT */
/* The datagrams of a client's first flight, kept to be sent again: before a
 * server knows the client's address it may send three times the bytes that it
 * got (RFC 9000 section 8.1), and a flight with ML-DSA in it is more than that
 * of two datagrams. Identical copies count like any others, change nothing in
 * TLS, and cover a lost one. See spec/flight-budget.md. */
#ifndef PQQ__QUIC_FIRST_FLIGHT_H
#define PQQ__QUIC_FIRST_FLIGHT_H

#include <pqq/engine.h>

#include "core/limits.h"

typedef struct pqq__conn pqq__conn;

/* Lives from the connection's birth until the copies are out or anything has
 * come in. */
typedef struct pqq__first_flight {
  /* Bytes that the server is expected to send before it hears from us again. */
  uint32_t expected_bytes;
  /* What was sent, as often as it was. */
  size_t sent_bytes, sent_count;
  /* What is kept, and which of it is repeated next. */
  size_t count, next;
  pqq_address local, remote;
  struct {
    uint8_t *data;
    size_t len;
  } datagrams[PQQ__MAX_FIRST_FLIGHT_DATAGRAMS];
} pqq__first_flight;

/* Begins to keep what a new client connection sends, if it is worth it. */
void pqq__first_flight_begin(pqq__conn *conn);
/* Keeps what was written for a transmit. */
void pqq__first_flight_keep(pqq__conn *conn, const uint8_t *data, const pqq_transmit *sent);
/* ngtcp2 has no more to send: the next copies, if there are any; their bytes. */
size_t pqq__first_flight_repeat(pqq__conn *conn, uint8_t *buffer, size_t buffer_bytes,
                                uint32_t max_segments, pqq_transmit *out);
/* No more copies. A datagram came in, or the connection goes. */
void pqq__first_flight_end(pqq__conn *conn);

#endif
