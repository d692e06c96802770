/* SPDX-License-Identifier: MIT */
/* What bounds an engine's connections: max_connections, half-open handshakes,
 * and what a caller may not ask for. */
#include <stdio.h>
#include <stdlib.h>

#include "core/limits.h"
#include "harness.h"
#include "memory.h"
#include "pair.h"

TEST("a server refuses connections above max_connections, until one of them has ended") {
  enum { CLIENTS = 4 };
  pqq_config_options options = sim_options(), impatient = sim_options();
  sim_client clients[CLIENTS] = {0};
  pqq_address to = sim_server_address();
  sim_setup setup = {.server_options = &options, .client_options = &impatient};
  sim_pair pair;

  options.max_connections = CLIENTS;
  impatient.handshake_timeout_ms = 1000;
  sim_pair_open(&pair, harness_seed(), &setup);
  for (uint8_t i = 0; i < CLIENTS; i++) {
    pqq_address from = sim_address4((uint8_t)(10 + i), 5000);

    EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
    clients[i].node.out.delay_ns = SIM_DELAY_NS;
    sim_client_start(&clients[i], pair.net, pair.client_config, &from, &to);
    sim_run_for(pair.net, 2 * SIM_SECOND);
    EXPECT_INT(clients[i].is_connected, i < CLIENTS - 1);
  }
  EXPECT_INT(clients[CLIENTS - 1].close.status, PQQ_ERR_CONNECTION_REFUSED);
  EXPECT(sim_stats(pair.server.node.engine).datagrams_refused > 0);
  EXPECT_UINT(sim_stats(pair.server.node.engine).connections_accepted, CLIENTS);

  EXPECT_INT(pqq_engine_close(pair.client.node.engine, pair.client.conn, 0x100), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  clients[CLIENTS - 1].is_closed = 0;
  sim_client_connect(&clients[CLIENTS - 1], &to, SIM_SERVER_NAME);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT(clients[CLIENTS - 1].is_connected);
  for (int i = 0; i < CLIENTS; i++) {
    sim_client_stop(&clients[i]);
  }
  sim_pair_close(&pair);
}

TEST("a client cannot begin more than max_connections") {
  pqq_config_options options = sim_options();
  sim_setup setup = {.client_options = &options};
  pqq_connect_options again = {
      .struct_size = sizeof again, .remote = sim_server_address(), .server_name = SIM_SERVER_NAME};
  pqq_engine *engine;
  sim_pair pair;
  pqq_id conn = 7;

  options.max_connections = 1;
  sim_pair_open(&pair, harness_seed(), &setup);
  engine = pair.client.node.engine;
  EXPECT_INT(pqq_engine_connect(engine, &again, sim_now(pair.net), &conn),
             PQQ_ERR_TOO_MANY_CONNECTIONS);
  EXPECT(conn == 7);
  sim_pair_close(&pair);
}

TEST("half-open connections are bounded, and are forgotten after the handshake timeout") {
  static const uint16_t x25519[] = {PQQ_GROUP_X25519};
  static uint8_t buffer[PQQ_MIN_SEND_BUFFER_BYTES];
  pqq_config_options options = sim_options();
  pqq_config *client, *server;
  pqq_engine_options engine_options;
  pqq_engine *engine = NULL;
  pqq_time_ns now = SIM_SECOND;
  uint32_t route;
  size_t before;

  /* One datagram holds the whole ClientHello. */
  options.groups = x25519;
  options.group_count = 1;
  client = sim_config(&options, SIM_IDENTITIES);
  options.retry = PQQ_RETRY_NEVER;
  server = sim_config(&options, SIM_P256);
  EXPECT_INT(pqq_engine_options_init(&engine_options, sizeof engine_options), PQQ_OK);
  engine_options.is_server = 1;
  EXPECT_INT(pqq_engine_new(server, &engine_options, &engine), PQQ_OK);
  before = sim_heap_bytes();
  for (int i = 0; i < PQQ__MAX_HALF_OPEN + 10; i++) {
    pqq_datagram datagram = {.local = sim_server_address(), .remote = sim_address4(2, 5000)};

    datagram.data = (pqq_bytes){buffer, sim_first_datagram(client, &datagram.local, buffer)};
    EXPECT_INT(pqq_engine_recv(engine, &datagram, 0, now, &route), PQQ_OK);
  }
  EXPECT_UINT(sim_stats(engine).connections_now, PQQ__MAX_HALF_OPEN);
  EXPECT_UINT(sim_stats(engine).connections_refused_busy, 10);
  printf("# %zu bytes for each half-open connection\n",
         (sim_heap_bytes() - before) / PQQ__MAX_HALF_OPEN);

  now += 11 * SIM_SECOND;
  while (pqq_engine_deadline(engine) <= now) {
    pqq_transmit out;

    EXPECT_INT(pqq_engine_expire(engine, now), PQQ_OK);
    while (pqq_engine_send(engine, buffer, sizeof buffer, 64, now, &out) == PQQ_OK) {
    }
  }
  EXPECT_UINT(sim_stats(engine).connections_now, 0);
  EXPECT_UINT(sim_stats(engine).handshakes_failed, PQQ__MAX_HALF_OPEN);
  pqq_engine_free(engine);
  pqq_config_unref(client);
  pqq_config_unref(server);
}

TEST("engine and connect options out of range are refused, with a detail") {
  pqq_config *server = sim_config(NULL, SIM_P256), *client = sim_config(NULL, SIM_IDENTITIES);
  pqq_engine_options options;
  pqq_connect_options connect = {.struct_size = sizeof connect,
                                 .remote = sim_server_address(),
                                 .server_name = SIM_SERVER_NAME};
  pqq_engine *engine = NULL;
  pqq_id conn;

  EXPECT_INT(pqq_engine_options_init(&options, sizeof options), PQQ_OK);
  options.is_server = 1;
  EXPECT_INT(pqq_engine_new(client, &options, &engine), PQQ_ERR_NO_IDENTITY);
  options.worker = 1;
  EXPECT_INT(pqq_engine_new(server, &options, &engine), PQQ_ERR_INVALID_ARG);
  EXPECT(pqq_error_detail()[0] != '\0');
  options.worker_count = 256;
  EXPECT_INT(pqq_engine_new(server, &options, &engine), PQQ_ERR_INVALID_ARG);
  options.worker_count = 2;
  options.struct_size += 8;
  EXPECT_INT(pqq_engine_new(server, &options, &engine), PQQ_ERR_STRUCT_SIZE);
  options.struct_size -= 8;
  EXPECT_INT(pqq_engine_new(NULL, &options, &engine), PQQ_ERR_NULL_ARG);
  EXPECT(engine == NULL);
  options.is_server = 0;
  EXPECT_INT(pqq_engine_new(client, &options, &engine), PQQ_OK);

  connect.remote.port = 0;
  EXPECT_INT(pqq_engine_connect(engine, &connect, 1, &conn), PQQ_ERR_INVALID_ARG);
  connect.remote.port = 443;
  connect.remote.family = 5;
  EXPECT_INT(pqq_engine_connect(engine, &connect, 1, &conn), PQQ_ERR_INVALID_ARG);
  connect.remote.family = 4;
  connect.server_name = "not a name";
  EXPECT_INT(pqq_engine_connect(engine, &connect, 1, &conn), PQQ_ERR_INVALID_ARG);
  connect.server_name = NULL;
  EXPECT_INT(pqq_engine_connect(engine, &connect, 1, &conn), PQQ_ERR_NULL_ARG);
  EXPECT_UINT(sim_stats(engine).connections_now, 0);
  pqq_engine_free(engine);
  pqq_engine_free(NULL);
  pqq_config_unref(server);
  pqq_config_unref(client);
}
