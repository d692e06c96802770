/* SPDX-License-Identifier: MIT */
/* Server CPU of a handshake in memory, by profile: velocity/1, which proves an
 * ML-DSA and a classical identity, against plain h3 with the ML-DSA one alone.
 * Both by the engine, both with the algorithms of the profile.
 *
 *   profiles [--profile NAME] [--datagram N] [--rounds N] [--per-round N]
 *            [--only h3|velocity]
 *
 * Rounds as in handshake.c. One JSON line `facts` per profile and size of
 * datagram, then one per round. The program ends with an error if a client on
 * velocity/1 has not verified both identities, or one on h3 not ML-DSA. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handshake.h"

#define WARM_UP 20

/* What QUIC may send before it has probed a path (RFC 9000 section 14), and an
 * Ethernet frame without what IPv6, UDP and a tunnel may take of it. */
static const uint32_t datagram_sizes[] = {HANDSHAKE_DATAGRAM_BYTES, 1452};

typedef struct both_pairs {
  engine_pair *h3;
  engine_pair *velocity;
} both_pairs;

static engine_pair *make(const pqq_dev_identity *made, int32_t profile, uint32_t datagram_bytes,
                         int is_velocity) {
  pqq_identity_source sources[] = {
      {.cert_pem = made->pq_cert_pem, .key_pem = made->pq_key_pem},
      {.cert_pem = made->classical_cert_pem, .key_pem = made->classical_key_pem}};
  engine_setup setup = {.profile = profile,
                        .identities = sources,
                        .identity_count = is_velocity ? 2 : 1,
                        .ca_pem = made->ca_pem,
                        .is_velocity = is_velocity,
                        .datagram_bytes = datagram_bytes};

  return engine_pair_new(&setup);
}

/* A figure of another handshake than the one in the table is worth nothing. */
static void check(const engine_pair *pair, int32_t authentication) {
  handshake_facts facts = engine_pair_facts(pair);

  if (facts.authentication != authentication) {
    bench_fail("the client verified PQQ_AUTH_%d instead of PQQ_AUTH_%d", facts.authentication,
               authentication);
  }
}

static void run(engine_pair *pair, int32_t authentication, uint32_t count, handshake_cost *cost) {
  for (uint32_t i = 0; pair && i < count; i++) {
    engine_pair_handshake(pair, cost);
    check(pair, authentication);
  }
}

static void run_h3(const both_pairs *both, uint32_t count, handshake_cost *cost) {
  run(both->h3, PQQ_AUTH_PQ, count, cost);
}

static void run_velocity(const both_pairs *both, uint32_t count, handshake_cost *cost) {
  run(both->velocity, PQQ_AUTH_HYBRID, count, cost);
}

static void print_facts(const char *name, const engine_pair *pair) {
  handshake_facts facts = engine_pair_facts(pair);

  printf(",\"%s\":{\"group\":\"%s\",\"tlsRoundTrips\":%u,\"verifiedRoundTrips\":%u,"
         "\"firstFlightRepeats\":%u,\"bytesUp\":%llu,\"bytesDown\":%llu,\"datagramsUp\":%llu,"
         "\"datagramsDown\":%llu}",
         name, pqq_group_name(facts.group), facts.tls_round_trips, facts.verified_round_trips,
         facts.first_flight_repeats, (unsigned long long)facts.bytes_up,
         (unsigned long long)facts.bytes_down, (unsigned long long)facts.datagrams_up,
         (unsigned long long)facts.datagrams_down);
}

/* Who goes first changes with every round. */
static void run_round(const both_pairs *both, uint32_t round, uint32_t count) {
  handshake_cost h3 = {0}, velocity = {0};

  if (round % 2 == 0) {
    run_h3(both, count, &h3);
    run_velocity(both, count, &velocity);
  } else {
    run_velocity(both, count, &velocity);
    run_h3(both, count, &h3);
  }
  printf("{\"event\":\"round\"");
  if (both->h3) {
    handshake_print_cost("h3", &h3, count);
  }
  if (both->velocity) {
    handshake_print_cost("velocity", &velocity, count);
  }
  puts("}");
}

static void run_pair(const char *profile, uint32_t datagram_bytes, const both_pairs *both,
                     uint32_t rounds, uint32_t count) {
  handshake_cost ignored = {0};

  run_h3(both, WARM_UP, &ignored);
  run_velocity(both, WARM_UP, &ignored);
  if (both->h3 && both->velocity) {
    printf("{\"event\":\"facts\",\"profile\":\"%s\",\"datagramBytes\":%u", profile, datagram_bytes);
    print_facts("h3", both->h3);
    print_facts("velocity", both->velocity);
    puts("}");
  }
  for (uint32_t round = 0; round < rounds; round++) {
    run_round(both, round, count);
  }
}

static void run_profile(int32_t profile, const char *only, uint32_t datagram_bytes, uint32_t rounds,
                        uint32_t count) {
  static const char *const names[] = {"localhost"};
  pqq_dev_identity *made;
  both_pairs both = {0};

  bench_check(pqq_dev_identity_new(profile, names, 1, 30, &made), "identity");
  if (!only || strcmp(only, "h3") == 0) {
    both.h3 = make(made, profile, datagram_bytes, 0);
  }
  if (!only || strcmp(only, "velocity") == 0) {
    both.velocity = make(made, profile, datagram_bytes, 1);
  }
  run_pair(pqq_profile_name(profile), datagram_bytes, &both, rounds, count);
  if (both.h3) {
    engine_pair_free(both.h3);
  }
  if (both.velocity) {
    engine_pair_free(both.velocity);
  }
  pqq_dev_identity_free(made);
}

int main(int argc, char **argv) {
  static const int32_t profiles[] = {PQQ_PROFILE_LIGHT, PQQ_PROFILE_BALANCED, PQQ_PROFILE_SECURE};
  const char *name = bench_option(argc, argv, "--profile");
  const char *only = bench_option(argc, argv, "--only");
  uint32_t datagram_bytes = bench_number(argc, argv, "--datagram", 0);
  uint32_t rounds = bench_number(argc, argv, "--rounds", 20);
  uint32_t count = bench_number(argc, argv, "--per-round", 50);

  bench_check(pqq_init(), "pqq_init");
  for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
    for (size_t j = 0; j < sizeof datagram_sizes / sizeof datagram_sizes[0]; j++) {
      if ((!name || pqq_profile_from_name(name) == profiles[i]) &&
          (!datagram_bytes || datagram_bytes == datagram_sizes[j])) {
        run_profile(profiles[i], only, datagram_sizes[j], rounds, count);
      }
    }
  }
  return 0;
}
