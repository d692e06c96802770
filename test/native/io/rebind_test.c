/* SPDX-License-Identifier: MIT */
/* A client whose port changes under it (RFC 9000 section 9.3.3): the kernel
 * gives its datagrams to whatever worker it likes, and they reach their own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_fixture.h"
#include "harness.h"
#include "io/address.h"
#include "io/clock.h"
#include "io/poller.h"
#include "io/udp_recv.h"
#include "io/udp_send.h"

#define PATIENCE_NS (10 * PQQ__NS_PER_S)

/* A client engine in the test's thread, with a socket that can be changed. */
typedef struct client {
  pqq_engine *engine;
  pqq__udp_socket sock;
  pqq__udp_sender sender;
  pqq__udp_receiver receiver;
  pqq_address local;
  pqq_id conn;
  int is_connected;
  int responses;
  pqq_status closed;
} client;

static void hello(pqq_exchange *exchange, void *user_data) {
  (void)user_data;
  (void)pqq_respond(exchange, 200, NULL, 0, "hello", 5, 0);
}

static pqq__udp_socket open_socket(void) {
  pqq__udp_options options = {0};
  pqq__udp_socket sock;

  EXPECT_INT(pqq__address_parse(&options.local, "127.0.0.1", 0), 0);
  EXPECT_INT(pqq__udp_socket_open(&sock, &options), PQQ_OK);
  return sock;
}

static void take_events(client *c) {
  pqq_event event;

  while (pqq_engine_next_event(c->engine, &event) == PQQ_OK) {
    c->is_connected |= event.type == PQQ_EVENT_CONNECTED;
    c->responses += event.type == PQQ_EVENT_RESPONSE && event.http_status == 200;
    if (event.type == PQQ_EVENT_CLOSED) {
      c->closed = event.close->status;
    }
  }
}

static void send_all(client *c, pqq_time_ns now) {
  pqq_transmit transmit = {0};

  while (pqq_engine_send(c->engine, pqq__udp_sender_room(&c->sender), PQQ_MIN_SEND_BUFFER_BYTES, 1,
                         now, &transmit) == PQQ_OK) {
    pqq__udp_sender_add(&c->sender, &c->sock, &transmit);
    EXPECT_INT(pqq__udp_sender_flush(&c->sender), PQQ_OK);
  }
}

/* One round of the loop. The engine sees one local address all the time, as
 * behind a NAT. */
static void turn(client *c, pqq_time_ns until) {
  pqq_time_ns deadline = pqq_engine_deadline(c->engine), now = pqq__clock_ns();
  size_t count = 0;
  uint32_t route;

  send_all(c, now);
  (void)pqq__wait_socket(c->sock.fd, 0, now, deadline < until ? deadline : until);
  now = pqq__clock_ns();
  if (pqq__udp_recv(&c->receiver, &c->sock, &count) == PQQ_OK) {
    for (size_t i = 0; i < count; i++) {
      c->receiver.datagrams[i].local = c->local;
      (void)pqq_engine_recv(c->engine, &c->receiver.datagrams[i], 0, now, &route);
    }
  }
  (void)pqq_engine_expire(c->engine, now);
  take_events(c);
  EXPECT(now < until);
}

static void step(client *c, pqq_time_ns until) {
  turn(c, until);
  EXPECT_INT(c->closed, PQQ_OK);
}

static void connect_client(client *c, pqq_config *config, uint16_t port) {
  pqq_engine_options options;
  pqq_connect_options connect = {.struct_size = sizeof connect, .server_name = "127.0.0.1"};
  pqq_time_ns until = pqq__clock_ns() + PATIENCE_NS;

  memset(c, 0, sizeof *c);
  EXPECT_INT(pqq_engine_options_init(&options, sizeof options), PQQ_OK);
  EXPECT_INT(pqq_engine_new(config, &options, &c->engine), PQQ_OK);
  EXPECT_INT(pqq__udp_sender_init(&c->sender), PQQ_OK);
  EXPECT_INT(pqq__udp_receiver_init(&c->receiver), PQQ_OK);
  c->sock = open_socket();
  c->local = connect.local = c->sock.bound;
  EXPECT_INT(pqq__address_parse(&connect.remote, "127.0.0.1", port), 0);
  EXPECT_INT(pqq_engine_connect(c->engine, &connect, pqq__clock_ns(), &c->conn), PQQ_OK);
  while (!c->is_connected) {
    step(c, until);
  }
}

static void free_client(client *c) {
  pqq_engine_free(c->engine);
  pqq__udp_sender_deinit(&c->sender);
  pqq__udp_receiver_deinit(&c->receiver);
  pqq__udp_socket_close(&c->sock);
}

static pqq_header field(const char *name, const char *value) {
  return (pqq_header){.name = {(const uint8_t *)name, strlen(name)},
                      .value = {(const uint8_t *)value, strlen(value)}};
}

static void ask(client *c) {
  pqq_header headers[] = {field(":method", "GET"), field(":scheme", "https"),
                          field(":authority", "127.0.0.1"), field(":path", "/")};

  EXPECT_INT(pqq_engine_request(c->engine, c->conn, 0, headers, 4, NULL, PQQ_WRITE_END), PQQ_OK);
}

static void request(client *c) {
  pqq_time_ns until = pqq__clock_ns() + PATIENCE_NS;
  int wanted = c->responses + 1;

  ask(c);
  while (c->responses < wanted) {
    step(c, until);
  }
}

static uint64_t routed(pqq_server *server) {
  pqq_stats stats = {.struct_size = sizeof stats};

  EXPECT_INT(pqq_driver_stats(pqq_server_driver(server), &stats), PQQ_OK);
  EXPECT_UINT(stats.route_drops, 0);
  return stats.datagrams_routed;
}

TEST("requests are answered after the client's port has changed, whichever worker hears them") {
  enum { CHANGES = 24 }; /* all at the first worker: probability (1/4)^24 */
  pqq_config *config = fixture_config();
  pqq_server_options options;
  pqq_server *server;
  client c;

  EXPECT_INT(pqq_server_options_init(&options, sizeof options), PQQ_OK);
  options.config = config;
  options.handler = hello;
  options.workers = 4;
  EXPECT_INT(pqq_start_server(&options, &server), PQQ_OK);
  connect_client(&c, config, pqq_server_port(server));
  request(&c);
  EXPECT_UINT(routed(server), 0);
  for (int i = 0; i < CHANGES; i++) {
    NOTE("change %d", i);
    pqq__udp_socket_close(&c.sock);
    c.sock = open_socket();
    request(&c);
  }
  if (PQQ__HAS_PORT_SHARING) {
    EXPECT(routed(server) > 0);
  }
  free_client(&c);
  pqq_stop_server(server, 0);
  pqq_config_unref(config);
}

TEST("after a restart with its key, each of four workers tells clients that they are forgotten") {
  enum { CLIENTS = 8 };
  pqq_config *config = fixture_config();
  pqq_stats stats = {.struct_size = sizeof stats};
  pqq_server_options options;
  client clients[CLIENTS];
  pqq_server *server;

  EXPECT_INT(pqq_server_options_init(&options, sizeof options), PQQ_OK);
  options.config = config;
  options.handler = hello;
  options.workers = 4;
  memcpy(options.key, "32 bytes that outlive a server..", sizeof options.key);
  EXPECT_INT(pqq_start_server(&options, &server), PQQ_OK);
  options.port = pqq_server_port(server);
  for (int i = 0; i < CLIENTS; i++) {
    connect_client(&clients[i], config, options.port);
    request(&clients[i]);
    /* Deaf to the farewell, as after a crash. */
    pqq__udp_socket_close(&clients[i].sock);
  }
  pqq_stop_server(server, 0);
  EXPECT_INT(pqq_start_server(&options, &server), PQQ_OK);
  for (int i = 0; i < CLIENTS; i++) {
    pqq_time_ns until = pqq__clock_ns() + PATIENCE_NS;

    NOTE("client %d", i);
    clients[i].sock = open_socket();
    ask(&clients[i]);
    while (clients[i].closed == PQQ_OK) {
      turn(&clients[i], until);
    }
    EXPECT_INT(clients[i].closed, PQQ_ERR_STATELESS_RESET);
    free_client(&clients[i]);
  }
  EXPECT_INT(pqq_driver_stats(pqq_server_driver(server), &stats), PQQ_OK);
  EXPECT(stats.stateless_resets >= CLIENTS);
  EXPECT_UINT(stats.datagrams_routed, 0);
  pqq_stop_server(server, 0);
  pqq_config_unref(config);
}

/* udp_transfer_test.c has the marks themselves, on both families. */
TEST("ECN marks pass on loopback, and validation finds the path capable") {
  pqq_config *config = fixture_config();
  pqq_stats stats = {.struct_size = sizeof stats};
  pqq_server_options options;
  pqq_server *server;
  uint64_t validated;
  client c;

  EXPECT_INT(pqq_server_options_init(&options, sizeof options), PQQ_OK);
  options.config = config;
  options.handler = hello;
  EXPECT_INT(pqq_start_server(&options, &server), PQQ_OK);
  connect_client(&c, config, pqq_server_port(server));
  for (int i = 0; i < 20; i++) {
    request(&c);
  }
  EXPECT_INT(pqq_engine_stats(c.engine, &stats), PQQ_OK);
  validated = stats.ecn_capable_sent;
  for (int i = 0; i < 20; i++) {
    request(&c);
  }
  /* A client whose marks were not reported back would send no more of them by now. */
  EXPECT_INT(pqq_engine_stats(c.engine, &stats), PQQ_OK);
  EXPECT(stats.ecn_capable_sent >= validated + 20);
  free_client(&c);
  pqq_stop_server(server, 0);
  pqq_config_unref(config);
}
