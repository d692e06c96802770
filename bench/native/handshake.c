/* SPDX-License-Identifier: MIT */
/* Server CPU of a handshake in memory: the engine against the floor.
 *
 *   handshake [--kind NAME] [--rounds N] [--per-round N] [--only floor|engine]
 *
 * A round is some handshakes of one stack and then as many of the other, so
 * that whatever disturbs the machine disturbs both. One JSON line per round and
 * kind of certificate; bench/handshake.ts makes medians of them. --only is for
 * profilers. */
#include <stdio.h>
#include <string.h>

#include "handshake.h"

/* Fills caches, and what the libraries set up on first use. */
#define WARM_UP 20

static handshake_identity identity_of(const bench_kind *kind, const pqq_dev_identity *made) {
  return (handshake_identity){
      .cert_pem = kind->is_pq ? made->pq_cert_pem : made->classical_cert_pem,
      .key_pem = kind->is_pq ? made->pq_key_pem : made->classical_key_pem,
      .ca_pem = made->ca_pem,
  };
}

static void check_same(const handshake_facts *a, const handshake_facts *b) {
  if (a->group != b->group || a->signature != b->signature || a->cipher != b->cipher ||
      a->certificate_bytes != b->certificate_bytes || a->round_trips != b->round_trips) {
    bench_fail("the stacks made different handshakes: group %04x/%04x, signature %04x/%04x, "
               "cipher %04x/%04x, certificate %zu/%zu bytes, round trips %u/%u",
               a->group, b->group, a->signature, b->signature, a->cipher, b->cipher,
               a->certificate_bytes, b->certificate_bytes, a->round_trips, b->round_trips);
  }
}

typedef struct pair {
  floor_pair *bare;
  engine_pair *engine;
} pair;

static void run_floor(const pair *both, uint32_t count, handshake_cost *cost) {
  for (uint32_t i = 0; both->bare && i < count; i++) {
    floor_handshake(both->bare, cost);
  }
}

static void run_engine(const pair *both, uint32_t count, handshake_cost *cost) {
  for (uint32_t i = 0; both->engine && i < count; i++) {
    engine_pair_handshake(both->engine, cost);
  }
}

/* Who goes first changes with every round. */
static void run_round(const pair *both, const char *kind, uint32_t round, uint32_t count) {
  handshake_cost bare = {0}, engine = {0};

  if (round % 2 == 0) {
    run_floor(both, count, &bare);
    run_engine(both, count, &engine);
  } else {
    run_engine(both, count, &engine);
    run_floor(both, count, &bare);
  }
  printf("{\"event\":\"round\",\"certificate\":\"%s\"", kind);
  if (both->bare) {
    handshake_print_cost("floor", &bare, count);
  }
  if (both->engine) {
    handshake_print_cost("engine", &engine, count);
  }
  puts("}");
}

/* The same for the engine: on h3, with the floor's group and datagrams. */
static engine_pair *engine_of(const bench_kind *kind, const handshake_identity *identity) {
  pqq_identity_source source = {.cert_pem = identity->cert_pem, .key_pem = identity->key_pem};
  engine_setup setup = {.profile = kind->served_as,
                        .identities = &source,
                        .identity_count = 1,
                        .ca_pem = identity->ca_pem,
                        .group = PQQ_GROUP_X25519MLKEM768,
                        .datagram_bytes = HANDSHAKE_DATAGRAM_BYTES};

  return engine_pair_new(&setup);
}

static void run_kind(const bench_kind *kind, const char *only, uint32_t rounds, uint32_t count) {
  static const char *const names[] = {"localhost"};
  handshake_cost ignored = {0};
  pqq_dev_identity *made;
  handshake_identity identity;
  pair both = {0};

  bench_check(pqq_dev_identity_new(kind->profile, names, 1, 30, &made), "identity");
  identity = identity_of(kind, made);
  both.bare = only && strcmp(only, "engine") == 0 ? NULL : floor_new(&identity);
  both.engine = only && strcmp(only, "floor") == 0 ? NULL : engine_of(kind, &identity);
  run_floor(&both, WARM_UP, &ignored);
  run_engine(&both, WARM_UP, &ignored);
  if (both.bare && both.engine) {
    handshake_facts bare = floor_facts(both.bare), engine = engine_pair_facts(both.engine);

    check_same(&bare, &engine);
    printf("{\"event\":\"facts\",\"certificate\":\"%s\",\"group\":\"%s\",\"signature\":%u,"
           "\"cipher\":%u,\"certificateBytes\":%zu,\"roundTrips\":%u}\n",
           kind->name, pqq_group_name(engine.group), engine.signature, engine.cipher,
           engine.certificate_bytes, engine.round_trips);
  }
  for (uint32_t round = 0; round < rounds; round++) {
    run_round(&both, kind->name, round, count);
  }
  if (both.bare) {
    floor_free(both.bare);
  }
  if (both.engine) {
    engine_pair_free(both.engine);
  }
  pqq_dev_identity_free(made);
}

int main(int argc, char **argv) {
  const char *kind = bench_option(argc, argv, "--kind");
  const char *only = bench_option(argc, argv, "--only");
  uint32_t rounds = bench_number(argc, argv, "--rounds", 20);
  uint32_t count = bench_number(argc, argv, "--per-round", 50);
  int found = 0;

  bench_check(pqq_init(), "pqq_init");
  for (size_t i = 0; i < BENCH_KINDS; i++) {
    if (!kind || strcmp(kind, bench_kinds[i].name) == 0) {
      found = 1;
      run_kind(&bench_kinds[i], only, rounds, count);
    }
  }
  if (!found) {
    bench_fail("--kind is one of P-256, ML-DSA-44, ML-DSA-65, ML-DSA-87");
  }
  return 0;
}
