/* SPDX-License-Identifier: MIT */
/* The usual scenario: one server, one client, a link with 10 ms each way. */
#ifndef PQQ_SIM_PAIR_H
#define PQQ_SIM_PAIR_H

#include "client.h"
#include "server.h"
#include "world.h"

#define SIM_DELAY_NS (10 * SIM_MS)

/* Longest virtual time that a scenario waits for what must happen: longer than every timeout. */
#define SIM_LONG (120 * SIM_SECOND)

/* All may be zero or NULL. */
typedef struct sim_setup {
  /* Default SIM_P256. */
  sim_identity identity;
  /* A profile: the server has both of its identities instead, both ends have it
   * as theirs, and so they take velocity/1. */
  int32_t hybrid;
  const pqq_config_options *server_options, *client_options;
  const pqq_engine_options *server_engine;
  /* Pipes that leave the server and the client; a delay of zero becomes SIM_DELAY_NS. */
  sim_pipe from_server, from_client;
  sim_exchange *exchanges;
  size_t exchange_count;
  int is_ipv6;
  uint32_t expected_flight_bytes;
} sim_setup;

typedef struct sim_pair {
  sim *net;
  pqq_config *server_config, *client_config;
  sim_server server;
  sim_client client;
} sim_pair;

/* Makes everything and begins the connection. `setup` may be NULL. */
void sim_pair_open(sim_pair *pair, uint64_t seed, const sim_setup *setup);
void sim_pair_close(sim_pair *pair);

/* Runs until the client is connected or closed: 1, or 0 after SIM_LONG. */
int sim_pair_settle(sim_pair *pair);
/* Asks for all exchanges and runs until each has closed or failed: 1, or 0 after SIM_LONG. */
int sim_pair_exchange(sim_pair *pair);
/* Runs until the client's connection is closed: 1, or 0 after SIM_LONG. */
int sim_pair_wait_closed(sim_pair *pair);

pqq_address sim_server_address(void);

#endif
