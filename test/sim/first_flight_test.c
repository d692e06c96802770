/* SPDX-License-Identifier: MIT */
/* A client that repeats its first datagrams gets a large flight in one round
 * trip (RFC 9000 section 8.1), whichever datagram is lost, and sends no copy
 * more than is needed and allowed. */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "pair.h"

/* More than any server sends in one round: as many copies as are allowed. */
#define ENOUGH_FOR_ALL 100000
/* Datagrams of a ClientHello with ML-KEM, and the most of a first flight. */
#define CLIENT_HELLO_DATAGRAMS 2
#define MAX_DATAGRAMS 6

typedef struct outcome {
  uint32_t round_trips, tls_round_trips;
  uint64_t repeats, sent_first, received_bytes, received_datagrams;
  pqq_time_ns took;
} outcome;

/* Plain h3, so that nothing is expected but what a test says. */
static pqq_config_options sized(uint32_t datagram_bytes) {
  pqq_config_options options = sim_options();

  options.disable_velocity = 1;
  options.max_udp_payload_bytes = datagram_bytes;
  options.assume_max_udp_payload = 1;
  return options;
}

static outcome shake_hands(const sim_setup *setup) {
  pqq_stats stats;
  outcome result;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), setup);
  sim_run_for(pair.net, SIM_DELAY_NS / 2);
  result.sent_first = pair.client.node.sent;
  EXPECT(sim_pair_settle(&pair));
  EXPECT_STR(pair.client.close_reason, "");
  EXPECT(pair.client.is_connected);
  stats = sim_stats(pair.client.node.engine);
  result.repeats = stats.first_flight_repeats;
  EXPECT_UINT(pair.client.info.first_flight_repeats, result.repeats);
  result.round_trips = pair.client.info.handshake_round_trips;
  result.tls_round_trips = pair.client.info.tls_round_trips;
  result.received_bytes = pair.client.info.handshake_bytes_received;
  result.received_datagrams = pair.client.info.handshake_datagrams_received;
  result.took = pair.client.info.handshake_ns;
  sim_pair_close(&pair);
  return result;
}

static outcome at_size(sim_identity identity, uint32_t datagram_bytes, uint32_t expected) {
  pqq_config_options options = sized(datagram_bytes);
  sim_setup setup = {.identity = identity,
                     .server_options = &options,
                     .client_options = &options,
                     .expected_flight_bytes = expected};

  NOTE("%s, datagrams of %u bytes, %u expected", sim_identity_name(identity), datagram_bytes,
       expected);
  return shake_hands(&setup);
}

/* spec: FB-2, FB-3, FB-11 */
TEST("an ML-DSA-65 handshake takes one round trip with repeats and two without, at datagrams of "
     "1,200 and of 1,452 bytes") {
  static const uint32_t sizes[] = {1200, 1452};

  for (size_t i = 0; i < 2; i++) {
    outcome without = at_size(SIM_MLDSA65, sizes[i], 0);
    outcome with = at_size(SIM_MLDSA65, sizes[i], (uint32_t)without.received_bytes);

    printf("# datagrams of %u: %llu bytes in %llu; %u round trips without, %u with %llu repeats\n",
           sizes[i], (unsigned long long)without.received_bytes,
           (unsigned long long)without.received_datagrams, without.round_trips, with.round_trips,
           (unsigned long long)with.repeats);
    EXPECT_UINT(without.repeats, 0);
    EXPECT_UINT(without.sent_first, CLIENT_HELLO_DATAGRAMS);
    EXPECT_UINT(without.round_trips, 2);
    EXPECT_UINT(without.took, 2 * 2 * SIM_DELAY_NS);
    EXPECT_UINT(with.sent_first, CLIENT_HELLO_DATAGRAMS + with.repeats);
    EXPECT_UINT(with.round_trips, 1);
    EXPECT_UINT(with.took, 2 * SIM_DELAY_NS);
  }
}

TEST("every identity takes one round trip if its flight is expected and fits the server's window") {
  static const uint32_t sizes[] = {1200, 1452};

  for (int i = 0; i < 2 * SIM_IDENTITIES; i++) {
    sim_identity identity = (sim_identity)(i / 2);
    uint32_t size = sizes[i % 2];
    outcome without = at_size(identity, size, 0);
    outcome with = at_size(identity, size, (uint32_t)without.received_bytes);

    printf("# %s, datagrams of %u: %u round trips without, %u with %llu repeats\n",
           sim_identity_name(identity), size, without.round_trips, with.round_trips,
           (unsigned long long)with.repeats);
    /* ML-DSA-87 is more than an initial window of ten datagrams of 1,200 bytes. */
    EXPECT_UINT(with.round_trips, identity == SIM_MLDSA87 && size == 1200 ? 2 : 1);
    EXPECT(with.repeats <= MAX_DATAGRAMS - CLIENT_HELLO_DATAGRAMS);
  }
}

/* spec: FB-2, FB-3, HA-2, HS-21 */
TEST("a client that offers velocity/1 has both identities proven in one round trip, but for "
     "secure") {
  static const struct {
    int32_t profile;
    uint32_t size, tls, verified, without;
    uint64_t repeats;
  } rows[] = {
      {PQQ_PROFILE_LIGHT, 1200, 1, 1, 2, 1},    {PQQ_PROFILE_LIGHT, 1452, 1, 1, 2, 1},
      {PQQ_PROFILE_BALANCED, 1200, 1, 1, 2, 2}, {PQQ_PROFILE_BALANCED, 1452, 1, 1, 2, 1},
      {PQQ_PROFILE_SECURE, 1200, 2, 2, 2, 0},   {PQQ_PROFILE_SECURE, 1452, 2, 2, 2, 0},
  };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    pqq_config_options options = sized(rows[i].size);
    sim_setup setup = {
        .hybrid = rows[i].profile, .server_options = &options, .client_options = &options};
    outcome with, without;

    NOTE("%s, datagrams of %u", pqq_profile_name(rows[i].profile), rows[i].size);
    options.disable_velocity = 0;
    with = shake_hands(&setup);
    options.disable_first_flight_repeat = 1;
    without = shake_hands(&setup);
    printf("# %s, datagrams of %u: %llu bytes in %llu; verified in %u round trips without, %u with "
           "%llu repeats (TLS in %u)\n",
           pqq_profile_name(rows[i].profile), rows[i].size, (unsigned long long)with.received_bytes,
           (unsigned long long)with.received_datagrams, without.round_trips, with.round_trips,
           (unsigned long long)with.repeats, with.tls_round_trips);
    EXPECT_UINT(with.repeats, rows[i].repeats);
    EXPECT_UINT(with.tls_round_trips, rows[i].tls);
    EXPECT_UINT(with.round_trips, rows[i].verified);
    EXPECT_UINT(without.repeats, 0);
    EXPECT_UINT(without.round_trips, rows[i].without);
  }
}

/* spec: FB-5 */
TEST("no more than six datagrams are sent before an answer, whatever is expected") {
  outcome small = at_size(SIM_MLDSA65, 1200, ENOUGH_FOR_ALL);
  outcome large = at_size(SIM_MLDSA65, 1452, ENOUGH_FOR_ALL);

  EXPECT_UINT(small.sent_first, MAX_DATAGRAMS);
  EXPECT_UINT(large.sent_first, MAX_DATAGRAMS);
}

/* spec: FB-2, FB-7, FB-8 */
TEST("nothing is repeated where it is switched off, not expected, or not needed") {
  static const uint32_t fits[] = {0, 1, 3 * CLIENT_HELLO_DATAGRAMS * 1200};
  pqq_config_options options = sim_options();
  sim_setup setup = {
      .identity = SIM_MLDSA65, .client_options = &options, .expected_flight_bytes = ENOUGH_FOR_ALL};

  options.disable_first_flight_repeat = 1;
  EXPECT_UINT(shake_hands(&setup).repeats, 0);
  setup.hybrid = PQQ_PROFILE_BALANCED;
  EXPECT_UINT(shake_hands(&setup).repeats, 0);
  for (size_t i = 0; i < sizeof fits / sizeof fits[0]; i++) {
    EXPECT_UINT(at_size(SIM_MLDSA65, 1200, fits[i]).repeats, 0);
  }
  EXPECT_UINT(at_size(SIM_MLDSA65, 1200, fits[2] + 1).repeats, 1);
}

/* The first datagrams of a client, and whether each later one repeats one of them. */
typedef struct record_of {
  size_t count;
  size_t lengths[MAX_DATAGRAMS];
  uint8_t data[MAX_DATAGRAMS][1500];
} record_of;

static int record(sim_node *node, sim_datagram *datagram) {
  record_of *recorder = node->user_data;

  if (recorder->count < MAX_DATAGRAMS) {
    memcpy(recorder->data[recorder->count], datagram->data, datagram->len);
    recorder->lengths[recorder->count++] = datagram->len;
  }
  return 1;
}

/* spec: FB-4, FB-10 */
TEST("copies are identical to the datagrams of the first flight, in turn") {
  static record_of recorder;
  sim_setup setup = {.identity = SIM_MLDSA65, .expected_flight_bytes = ENOUGH_FOR_ALL};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  pair.client.node.on_send = record;
  pair.client.node.user_data = &recorder;
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  EXPECT_UINT(recorder.count, MAX_DATAGRAMS);
  for (size_t i = 0; i < CLIENT_HELLO_DATAGRAMS; i++) {
    EXPECT(recorder.lengths[i] >= 1200);
  }
  for (size_t i = CLIENT_HELLO_DATAGRAMS; i < MAX_DATAGRAMS; i++) {
    EXPECT_MEM(recorder.data[i], recorder.lengths[i], recorder.data[i % CLIENT_HELLO_DATAGRAMS],
               recorder.lengths[i % CLIENT_HELLO_DATAGRAMS]);
  }
  sim_pair_close(&pair);
}

static void lose_one(int is_server, uint64_t number, uint64_t *longest) {
  uint64_t drop[] = {number};
  sim_exchange exchange = {.path = "/bytes/3000"};
  sim_setup setup = {.identity = SIM_MLDSA65,
                     .expected_flight_bytes = ENOUGH_FOR_ALL,
                     .exchanges = &exchange,
                     .exchange_count = 1};
  sim_pair pair;

  NOTE("datagram %llu of the %s is lost", (unsigned long long)number,
       is_server ? "server" : "client");
  *(is_server ? &setup.from_server : &setup.from_client) =
      (sim_pipe){.drop = drop, .drop_count = 1};
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_exchange(&pair));
  EXPECT_INT(exchange.status, PQQ_OK);
  EXPECT_UINT(exchange.received_bytes, 3000);
  if (pair.client.info.handshake_ns > *longest) {
    *longest = pair.client.info.handshake_ns;
  }
  sim_pair_close(&pair);
}

/* spec: FB-11 */
TEST("a handshake with repeats completes whichever single datagram is lost, and a lost one of the "
     "client's first flight costs no time") {
  uint64_t longest = 0;

  for (uint64_t i = 0; i < MAX_DATAGRAMS; i++) {
    lose_one(0, i, &longest);
  }
  EXPECT_UINT(longest, 2 * SIM_DELAY_NS);
  for (uint64_t i = 0; i < 12; i++) {
    lose_one(0, MAX_DATAGRAMS + i, &longest);
    lose_one(1, i, &longest);
  }
  printf("# longest %llu ms\n", (unsigned long long)(longest / SIM_MS));
}

/* One transmit from one engine into the other; 0 if there is none. */
static size_t carry(sim_pair *pair, sim_node *from, sim_node *to, uint32_t max_segments) {
  static uint8_t buffer[PQQ_MIN_SEND_BUFFER_BYTES];
  pqq_transmit sent;
  pqq_datagram datagram;
  uint32_t route;

  if (pqq_engine_send(from->engine, buffer, sizeof buffer, max_segments, sim_now(pair->net),
                      &sent) != PQQ_OK) {
    return 0;
  }
  datagram = (pqq_datagram){.local = to->address,
                            .remote = from->address,
                            .data = {buffer, sent.len},
                            .segment_bytes = sent.segment_bytes};
  EXPECT_INT(pqq_engine_recv(to->engine, &datagram, 0, sim_now(pair->net), &route), PQQ_OK);
  return sent.len;
}

/* spec: FB-6, FB-9 */
TEST("an answer that comes early ends the repeats") {
  for (uint64_t before = 0; before <= 1; before++) {
    sim_setup setup = {.identity = SIM_MLDSA65, .expected_flight_bytes = ENOUGH_FOR_ALL};
    pqq_stats stats;
    sim_pair pair;

    sim_pair_open(&pair, harness_seed(), &setup);
    for (uint64_t i = 0; i < CLIENT_HELLO_DATAGRAMS + before; i++) {
      EXPECT(carry(&pair, &pair.client.node, &pair.server.node, 1) > 0);
    }
    EXPECT(carry(&pair, &pair.server.node, &pair.client.node, 1) > 0);
    while (carry(&pair, &pair.client.node, &pair.server.node, 1) > 0) {
    }
    stats = sim_stats(pair.client.node.engine);
    EXPECT_UINT(stats.first_flight_repeats, before);
    sim_pair_close(&pair);
  }
}

/* spec: FB-6, FB-9 */
TEST("a client that gets no answer repeats its first flight once, and then probes as without") {
  sim_setup setup = {.identity = SIM_MLDSA65,
                     .expected_flight_bytes = ENOUGH_FOR_ALL,
                     .from_client = {.mtu_bytes = 1}};
  pqq_stats stats;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_INT(pair.client.close.status, PQQ_ERR_UNREACHABLE);
  stats = sim_stats(pair.client.node.engine);
  EXPECT_UINT(stats.first_flight_repeats, MAX_DATAGRAMS - CLIENT_HELLO_DATAGRAMS);
  EXPECT(pair.client.node.sent > MAX_DATAGRAMS);
  sim_pair_close(&pair);
}
