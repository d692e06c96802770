/* SPDX-License-Identifier: MIT */
/* Large bodies over bad links arrive whole. The bytes are made as they are sent and
 * compared as they come, so the size is not a matter of memory. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "harness.h"
#include "pair.h"

#define MIB UINT64_C(1048576)
#define RATE_BYTES_PER_S (125 * UINT64_C(1000000)) /* 1 Gbit/s */

/* Told, not judged. */
static double wall_seconds(void) {
  struct timespec now;

  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run_for_ever(sim_pair *pair) {
  EXPECT_INT(sim_client_request(&pair->client, 0), PQQ_OK);
  EXPECT(sim_run(pair->net, PQQ_TIME_NEVER - 1, sim_client_is_done, &pair->client));
}

static void expect_whole(const sim_exchange *exchange, uint64_t bytes) {
  EXPECT_INT(exchange->status, PQQ_OK);
  EXPECT_INT(exchange->http_status, 200);
  EXPECT_UINT(exchange->received_bytes, bytes);
  EXPECT(!exchange->is_damaged);
  EXPECT(exchange->is_ended);
}

/* Returns the virtual time it took. */
static pqq_time_ns download(uint64_t bytes, const sim_pipe *from_server, const char *what) {
  char path[40];
  sim_exchange exchange = {.path = path};
  sim_setup setup = {.identity = SIM_MLDSA65,
                     .from_server = *from_server,
                     .exchanges = &exchange,
                     .exchange_count = 1};
  pqq_stats stats;
  double began = wall_seconds();
  pqq_time_ns took;
  sim_pair pair;

  snprintf(path, sizeof path, "/bytes/%llu", (unsigned long long)bytes);
  NOTE("%s, %llu bytes", what, (unsigned long long)bytes);
  sim_pair_open(&pair, harness_seed(), &setup);
  run_for_ever(&pair);
  expect_whole(&exchange, bytes);
  took = sim_now(pair.net) - SIM_SECOND;
  printf("# %s: %llu MiB in %.1f s of virtual and %.1f s of real time, %.1f MB/s, %llu of %llu "
         "datagrams lost\n",
         what, (unsigned long long)(bytes / MIB), (double)took / 1e9, wall_seconds() - began,
         (double)bytes / (double)took * 1e3,
         (unsigned long long)(pair.server.node.lost + pair.server.node.overflowed),
         (unsigned long long)pair.server.node.sent);
  /* Nothing is kept behind. */
  sim_run_for(pair.net, SIM_SECOND);
  stats = sim_stats(pair.server.node.engine);
  EXPECT_UINT(stats.requests_now, 0);
  EXPECT_UINT(stats.body_bytes_sent, bytes);
  sim_pair_close(&pair);
  return took;
}

TEST("a gibibyte arrives whole over a link that loses one datagram in a hundred") {
  sim_pipe pipe = {.loss_ppm = 10000, .rate_bytes_per_s = RATE_BYTES_PER_S};

  (void)download(1024 * MIB, &pipe, "1 Gbit/s, 20 ms, 1 % loss");
}

TEST("a download uses most of a link with a short queue") {
  sim_pipe pipe = {.rate_bytes_per_s = RATE_BYTES_PER_S / 10, .queue_bytes = 250000};

  /* Without any overhead 5.4 s. */
  EXPECT(download(64 * MIB, &pipe, "100 Mbit/s, 20 ms, queue 250 kB") < 7 * SIM_SECOND);
}

TEST("a download arrives whole over a link that reorders, repeats and damages") {
  sim_pipe pipe = {.rate_bytes_per_s = RATE_BYTES_PER_S,
                   .loss_ppm = 1000,
                   .duplicate_ppm = 20000,
                   .reorder_ppm = 20000,
                   .reorder_ns = 3 * SIM_MS,
                   .flip_ppm = 2000,
                   .truncate_ppm = 2000};

  (void)download(32 * MIB, &pipe, "all faults");
}

TEST("an upload arrives whole over a link that loses one datagram in a hundred") {
  uint64_t bytes = 32 * MIB;
  sim_exchange exchange = {.method = "POST", .path = "/upload", .upload_bytes = bytes};
  sim_pipe pipe = {.loss_ppm = 10000, .rate_bytes_per_s = RATE_BYTES_PER_S};
  sim_setup setup = {.from_client = pipe, .exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  run_for_ever(&pair);
  EXPECT_INT(exchange.status, PQQ_OK);
  EXPECT_STR(exchange.echo, "33554432 intact");
  sim_pair_close(&pair);
}

/* Key updates from both ends while bytes flow (RFC 9001 section 6). */

typedef struct updates {
  sim_pair *pair;
  unsigned client_done, server_done, refused;
} updates;

static void update_keys(void *arg) {
  updates *u = arg;
  sim_pair *pair = u->pair;
  pqq_time_ns now = sim_now(pair->net);
  int is_client = sim_random_below(sim_random_of(pair->net), 2) == 0;
  pqq_status status =
      is_client ? pqq_engine_update_keys(pair->client.node.engine, pair->client.conn, now)
                : pqq_engine_update_keys(pair->server.node.engine, pair->server.conn, now);

  if (status == PQQ_OK) {
    *(is_client ? &u->client_done : &u->server_done) += 1;
  } else {
    EXPECT_INT(status, PQQ_ERR_STATE);
    u->refused++;
  }
  pair->client.node.is_touched = pair->server.node.is_touched = 1;
  sim_at(pair->net, now + 50 * SIM_MS, update_keys, u);
}

/* Bodies both ways: an update is only complete when a packet under the new keys was acknowledged,
 * and acknowledgements alone are not. */
TEST("keys are updated many times from both ends during a download and an upload") {
  sim_exchange exchanges[2] = {
      {.path = "/bytes/33554432"},
      {.method = "POST", .path = "/upload", .upload_bytes = 33554432},
  };
  sim_pipe pipe = {.rate_bytes_per_s = RATE_BYTES_PER_S / 20, .loss_ppm = 1000};
  sim_setup setup = {
      .from_server = pipe, .from_client = pipe, .exchanges = exchanges, .exchange_count = 2};
  updates u = {0};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  u.pair = &pair;
  sim_run_for(pair.net, SIM_SECOND);
  sim_at(pair.net, sim_now(pair.net), update_keys, &u);
  EXPECT(sim_pair_exchange(&pair));
  expect_whole(&exchanges[0], 33554432);
  EXPECT_STR(exchanges[1].echo, "33554432 intact");
  NOTE("%u by the client, %u by the server, %u refused", u.client_done, u.server_done, u.refused);
  EXPECT(u.client_done >= 5 && u.server_done >= 5);
  EXPECT(!pair.client.is_closed);
  sim_pair_close(&pair);
}

TEST("a key update before the handshake is confirmed is refused") {
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), NULL);
  EXPECT_INT(pqq_engine_update_keys(pair.client.node.engine, pair.client.conn, sim_now(pair.net)),
             PQQ_ERR_STATE);
  EXPECT_INT(
      pqq_engine_update_keys(pair.client.node.engine, pair.client.conn + 1, sim_now(pair.net)),
      PQQ_ERR_NOT_FOUND);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  sim_pair_close(&pair);
}
