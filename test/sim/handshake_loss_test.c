/* SPDX-License-Identifier: MIT */
/* Handshakes on links that lose, repeat and reorder: they complete whatever
 * single datagram or pair of datagrams of the first flights is lost (RFC 9002
 * section 6.2), and soon. */
#include <stdio.h>

#include "harness.h"
#include "pair.h"

/* A handshake of two round trips with two losses: each costs a PTO of 3 times the initial RTT of
 * 333 ms (RFC 9002 section 6.2.2), the second one twice that. */
#define SOON (4 * SIM_SECOND)

/* Every server identity on h3, then every profile on velocity/1. */
#define KINDS (SIM_IDENTITIES + PQQ_PROFILE_SECURE)

static sim_setup setup_of(int kind) {
  return kind < SIM_IDENTITIES ? (sim_setup){.identity = (sim_identity)kind}
                               : (sim_setup){.hybrid = kind - SIM_IDENTITIES + 1};
}

static const char *name_of(int kind) {
  static const char *const profiles[] = {"velocity/1 light", "velocity/1 balanced",
                                         "velocity/1 secure"};

  return kind < SIM_IDENTITIES ? sim_identity_name((sim_identity)kind)
                               : profiles[kind - SIM_IDENTITIES];
}

/* Datagrams of both directions until both ends have confirmed. */
typedef struct flight {
  uint64_t from_client, from_server;
} flight;

/* Handshake and one small request; what was lost is in `setup`. */
static void expect_success(sim_setup *setup, flight *seen, pqq_time_ns *took) {
  sim_exchange exchange = {.path = "/bytes/3000"};
  pqq_time_ns began;
  sim_pair pair;

  setup->exchanges = &exchange;
  setup->exchange_count = 1;
  sim_pair_open(&pair, harness_seed(), setup);
  began = sim_now(pair.net);
  EXPECT(sim_pair_exchange(&pair));
  if (seen) {
    *seen = (flight){pair.client.node.sent, pair.server.node.sent};
  }
  *took = sim_now(pair.net) - began;
  EXPECT(pair.client.is_connected);
  EXPECT_INT(exchange.status, PQQ_OK);
  EXPECT_UINT(exchange.received_bytes, 3000);
  EXPECT(!exchange.is_damaged);
  EXPECT_UINT(pair.server.connected, 1);
  EXPECT(*took < SOON);
  sim_pair_close(&pair);
}

static flight undisturbed(int kind) {
  sim_setup setup = setup_of(kind);
  pqq_time_ns took;
  flight seen;

  expect_success(&setup, &seen, &took);
  return seen;
}

/* Datagram `index` of both directions, the client's first. */
static void lose(sim_setup *setup, const flight *all, uint64_t index, uint64_t lost[2][2]) {
  int is_server = index >= all->from_client;
  sim_pipe *pipe = is_server ? &setup->from_server : &setup->from_client;

  lost[is_server][pipe->drop_count++] = is_server ? index - all->from_client : index;
  pipe->drop = lost[is_server];
}

TEST("a handshake completes whichever single datagram is lost, with every identity") {
  for (int kind = 0; kind < KINDS; kind++) {
    flight all = undisturbed(kind);
    pqq_time_ns took, longest = 0;

    for (uint64_t i = 0; i < all.from_client + all.from_server; i++) {
      sim_setup setup = setup_of(kind);
      uint64_t lost[2][2];

      NOTE("%s, lost %llu of %llu and %llu", name_of(kind), (unsigned long long)i,
           (unsigned long long)all.from_client, (unsigned long long)all.from_server);
      lose(&setup, &all, i, lost);
      expect_success(&setup, NULL, &took);
      longest = took > longest ? took : longest;
    }
    printf("# %s: %llu datagrams, longest %llu ms\n", name_of(kind),
           (unsigned long long)(all.from_client + all.from_server),
           (unsigned long long)(longest / SIM_MS));
  }
}

TEST("a handshake completes whichever two datagrams are lost, with every identity") {
  for (int kind = 0; kind < KINDS; kind++) {
    flight all = undisturbed(kind);
    pqq_time_ns took, longest = 0;

    for (uint64_t i = 0; i < all.from_client + all.from_server; i++) {
      for (uint64_t j = i + 1; j < all.from_client + all.from_server; j++) {
        sim_setup setup = setup_of(kind);
        uint64_t lost[2][2];

        NOTE("%s, lost %llu and %llu", name_of(kind), (unsigned long long)i, (unsigned long long)j);
        lose(&setup, &all, i, lost);
        lose(&setup, &all, j, lost);
        expect_success(&setup, NULL, &took);
        longest = took > longest ? took : longest;
      }
    }
    printf("# %s: longest %llu ms\n", name_of(kind), (unsigned long long)(longest / SIM_MS));
  }
}

TEST("a handshake completes when every datagram comes twice") {
  for (int kind = 0; kind < KINDS; kind++) {
    sim_setup setup = setup_of(kind);
    pqq_time_ns took;

    setup.from_client.duplicate_ppm = setup.from_server.duplicate_ppm = 1000000;
    NOTE("%s", name_of(kind));
    expect_success(&setup, NULL, &took);
  }
}

TEST("a handshake completes when datagrams overtake each other") {
  sim_random random = {harness_seed()};

  for (int i = 0; i < 100; i++) {
    int kind = (int)sim_random_below(&random, KINDS);
    sim_pipe pipe = {.reorder_ppm = 400000,
                     .reorder_ns = 1 + sim_random_below(&random, 40 * SIM_MS),
                     .duplicate_ppm = 100000};
    sim_setup setup = setup_of(kind);
    pqq_time_ns took;

    setup.from_client = setup.from_server = pipe;
    NOTE("round %d, %s, %llu ns", i, name_of(kind), (unsigned long long)pipe.reorder_ns);
    expect_success(&setup, NULL, &took);
  }
}

/* Holds the first datagram back so that the second part of the ClientHello comes first. */
static int swap_first_two(sim_node *node, sim_datagram *datagram) {
  if (datagram->number != 0) {
    return 1;
  }
  sim_inject(node->net, &datagram->source, &datagram->destination, datagram->data, datagram->len,
             node->out.delay_ns + 3 * SIM_MS);
  return 0;
}

TEST("a ClientHello whose second part comes first is put together") {
  pqq_config_options options = sim_options();

  /* A copy of the first part would come before the one that is held back. */
  options.disable_first_flight_repeat = 1;
  for (int identity = 0; identity < SIM_IDENTITIES; identity++) {
    sim_setup setup = {.identity = (sim_identity)identity, .client_options = &options};
    sim_pair pair;

    NOTE("%s", sim_identity_name((sim_identity)identity));
    sim_pair_open(&pair, harness_seed(), &setup);
    pair.client.node.on_send = swap_first_two;
    EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
    /* No retransmission was needed. */
    EXPECT(pair.client.info.handshake_ns < 5 * SIM_DELAY_NS);
    EXPECT_UINT(pair.client.info.handshake_round_trips, identity < SIM_MLDSA44 ? 1 : 2);
    sim_pair_close(&pair);
  }
}

TEST("handshakes complete on links that lose a fifth of all datagrams") {
  sim_random random = {harness_seed()};
  int done = 0;

  for (int i = 0; i < 100; i++) {
    int kind = (int)sim_random_below(&random, KINDS);
    sim_exchange exchange = {.path = "/bytes/3000"};
    sim_setup setup = setup_of(kind);
    sim_pair pair;

    setup.from_client.loss_ppm = setup.from_server.loss_ppm = 200000;
    setup.exchanges = &exchange;
    setup.exchange_count = 1;
    NOTE("round %d, %s", i, name_of(kind));
    sim_pair_open(&pair, sim_random_next(&random), &setup);
    EXPECT(sim_pair_exchange(&pair));
    /* Ten seconds can pass without the one datagram that is needed, but not often. */
    done += exchange.status == PQQ_OK && exchange.received_bytes == 3000;
    EXPECT(!exchange.is_damaged);
    sim_pair_close(&pair);
  }
  EXPECT(done >= 95);
}
