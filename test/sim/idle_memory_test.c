/* SPDX-License-Identifier: MIT */
/* What a connection that does nothing holds of a server's memory. Most of a server's connections
 * are idle most of the time. */
#include <stdio.h>

#include "harness.h"
#include "memory.h"
#include "pair.h"

/* What an idle connection may hold at most: the best other server takes 39,000 bytes
 * (docs/benchmarks.md). The benchmark counts resident memory, which is a little more than this. */
#define MOST_BYTES 30000

static void hold_idle(int32_t hybrid) {
  enum { CONNECTIONS = 64 };
  pqq_config_options patient = sim_options();
  sim_setup setup = {.server_options = &patient, .client_options = &patient, .hybrid = hybrid};
  pqq_address to = sim_server_address();
  size_t before, each;
  sim_pair pair;

  patient.idle_timeout_ms = 600000;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  sim_run_for(pair.net, SIM_SECOND);
  before = sim_heap_bytes();
  for (int i = 0; i < CONNECTIONS; i++) {
    pqq_address from = sim_address4((uint8_t)(10 + i), 5000);
    sim_client client = {.node.out.delay_ns = SIM_DELAY_NS};

    sim_client_start(&client, pair.net, pair.client_config, &from, &to);
    sim_run_for(pair.net, 2 * SIM_SECOND);
    EXPECT(client.is_connected);
    /* Nobody tells the server. */
    sim_client_stop(&client);
  }
  each = (sim_heap_bytes() - before) / CONNECTIONS;
  printf("# %zu bytes for each idle connection\n", each);
  EXPECT_UINT(sim_stats(pair.server.node.engine).connections_now, CONNECTIONS + 1);
  EXPECT(each < MOST_BYTES);
  sim_pair_close(&pair);
}

TEST("an idle connection on h3 holds little memory of a server") {
  hold_idle(0);
}

TEST("an idle connection on velocity/1 holds little memory of a server") {
  hold_idle(PQQ_PROFILE_BALANCED);
}
