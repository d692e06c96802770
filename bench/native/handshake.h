/* SPDX-License-Identifier: MIT */
/* Two stacks that make the same handshake in memory: the floor (floor.c: bare
 * ngtcp2, AWS-LC and liboqs) and the engine (engine_pair.c: the public calls of
 * include/pqq/engine.h). handshake.c runs them in turns; profiles.c does so with
 * two engines, one on velocity/1 and one on h3.
 *
 * A handshake here is: the client's first datagram, flights in turn until both
 * ends have finished TLS and the client has verified all identities, the server's
 * answer to the client's Finished (HANDSHAKE_DONE and what goes with it), the
 * client's CONNECTION_CLOSE, and the freeing of the server's connection. Time is
 * virtual, nothing is lost. */
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
  /* Of the engine alone: what its client says about itself
   * (pqq_connection_info), until all identities were verified. */
  int32_t authentication;
  uint32_t tls_round_trips, verified_round_trips;
  uint32_t first_flight_repeats;
  uint64_t bytes_up, bytes_down, datagrams_up, datagrams_down;
} handshake_facts;

/* CPU time of the server's share: all calls into its stack, nothing of the
 * client's or of carrying datagrams. */
typedef struct handshake_cost {
  /* Up to and with the server's answer to the client's Finished, or what the
   * client verified last if that was sent later. */
  uint64_t finished_ns;
  /* All of it, with the close and the freeing. */
  uint64_t whole_ns;
  uint64_t bytes_sent, bytes_received;
  uint64_t datagrams_sent, datagrams_received;
} handshake_cost;

/* Prints `,"name":{...}`: the mean of `count` handshakes. */
void handshake_print_cost(const char *name, const handshake_cost *cost, uint32_t count);

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

/* Both ends of an engine's pair. */
typedef struct engine_setup {
  int32_t profile;
  const pqq_identity_source *identities;
  size_t identity_count;
  pqq_bytes ca_pem;
  /* The one group to offer and to take; 0: as the profile says. */
  uint16_t group;
  int is_velocity;
  /* Of every full datagram, from the first on. */
  uint32_t datagram_bytes;
} engine_setup;

typedef struct engine_pair engine_pair;
engine_pair *engine_pair_new(const engine_setup *setup);
void engine_pair_free(engine_pair *pair);
void engine_pair_handshake(engine_pair *pair, handshake_cost *cost);
handshake_facts engine_pair_facts(const engine_pair *pair);

#endif
