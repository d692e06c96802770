/* SPDX-License-Identifier: MIT */
/* Two stacks that make the same handshake in memory: the floor (floor.c: bare
 * ngtcp2, AWS-LC and liboqs) and the engine (engine_pair.c: the public calls of
 * include/pqq/engine.h). handshake.c runs them in turns.
 *
 * A handshake here is: the client's first datagram, flights in turn until both
 * ends have finished TLS, the server's answer to the client's Finished
 * (HANDSHAKE_DONE and what goes with it), the client's CONNECTION_CLOSE, and the
 * freeing of the server's connection. Time is virtual, nothing is lost. */
#ifndef BENCH_HANDSHAKE_H
#define BENCH_HANDSHAKE_H

#include "bench.h"

/* Bytes of every full datagram on both stacks: what QUIC may send before it has
 * probed the path (RFC 9000 section 14). */
#define HANDSHAKE_DATAGRAM_BYTES 1200

/* One way of the virtual path. */
#define HANDSHAKE_ONE_WAY_NS UINT64_C(10000000)

/* What both stacks must agree on for their figures to be comparable. */
typedef struct handshake_facts {
  uint16_t group;
  uint16_t signature;
  uint16_t cipher;
  /* Of the leaf, as DER. */
  size_t certificate_bytes;
  uint32_t round_trips;
} handshake_facts;

/* CPU time of the server's share: all calls into its stack, nothing of the
 * client's or of carrying datagrams. */
typedef struct handshake_cost {
  /* Up to and with the server's answer to the client's Finished. */
  uint64_t finished_ns;
  /* All of it, with the close and the freeing. */
  uint64_t whole_ns;
  uint64_t bytes_sent, bytes_received;
  uint64_t datagrams_sent, datagrams_received;
} handshake_cost;

/* PEM text of the server and of the client's anchor. */
typedef struct handshake_identity {
  pqq_bytes cert_pem;
  pqq_bytes key_pem;
  pqq_bytes ca_pem;
} handshake_identity;

typedef struct floor_pair floor_pair;
floor_pair *floor_new(const handshake_identity *identity);
void floor_free(floor_pair *pair);
/* Makes one handshake and adds its cost; fails the process if it does not work. */
void floor_handshake(floor_pair *pair, handshake_cost *cost);
/* Of the last handshake. */
handshake_facts floor_facts(const floor_pair *pair);

typedef struct engine_pair engine_pair;
engine_pair *engine_pair_new(const handshake_identity *identity);
void engine_pair_free(engine_pair *pair);
void engine_pair_handshake(engine_pair *pair, handshake_cost *cost);
handshake_facts engine_pair_facts(const engine_pair *pair);

#endif
