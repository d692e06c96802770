/* SPDX-License-Identifier: MIT */
/* Another configuration under load: what is there goes on with the old one, what begins has the new
 * one, nothing fails, and the old one goes with its last connection. */
#include <string.h>

#include "harness.h"
#include "pair.h"
#include "tls/config.h"
#include "tls/internal.h"

#define IDENTITIES 4
#define SWAPS 60
#define CLIENTS 5

static pqq_dev_identity *made[IDENTITIES];
static pqq_config *configs[IDENTITIES];
static char anchors[65536];

static pqq_config *config_of(const pqq_dev_identity *from) {
  pqq_identity_source pair[2];
  pqq_config_options options = sim_options();
  pqq_config *config = NULL;

  sim_sources_of(from, pair);
  options.identities = pair;
  options.identity_count = 2;
  EXPECT_INT(pqq_config_new(&options, &config), PQQ_OK);
  return config;
}

static pqq_config *make_all(void) {
  static const char *const names[] = {SIM_SERVER_NAME};
  pqq_config_options options = sim_options();
  pqq_config *client = NULL;

  EXPECT_INT(pqq_init(), PQQ_OK);
  anchors[0] = '\0';
  for (size_t i = 0; i < IDENTITIES; i++) {
    EXPECT_INT(pqq_dev_identity_new(PQQ_PROFILE_BALANCED, names, 1, 30, &made[i]), PQQ_OK);
    configs[i] = config_of(made[i]);
    strncat(anchors, (const char *)made[i]->ca_pem.data, made[i]->ca_pem.len);
  }
  options.ca_pem = (pqq_bytes){(const uint8_t *)anchors, strlen(anchors)};
  EXPECT_INT(pqq_config_new(&options, &client), PQQ_OK);
  return client;
}

static void free_all(pqq_config *client) {
  pqq_config_unref(client);
  for (size_t i = 0; i < IDENTITIES; i++) {
    pqq_config_unref(configs[i]);
    pqq_dev_identity_free(made[i]);
  }
}

static unsigned refs(size_t i) {
  return atomic_load(&configs[i]->refs);
}

/* Of the client that connected last. */
static uint8_t shown[8192];
static size_t shown_len;

static void note_certificate(sim_client *client, const pqq_event *event) {
  pqq_connection_info info = {.struct_size = sizeof info};

  if (event->type == PQQ_EVENT_CONNECTED) {
    EXPECT_INT(pqq_engine_connection_info(client->node.engine, event->conn, &info), PQQ_OK);
    shown_len = info.certificates[0].der.len;
    memcpy(shown, info.certificates[0].der.data, shown_len);
  }
}

static void expect_shown(size_t i) {
  pqq_bytes leaf = pqq__site_identity(configs[i]->tls->sites, 1)->info[0].der;

  EXPECT_MEM(shown, shown_len, leaf.data, leaf.len);
}

TEST("a certificate swapped every second under load: no failed request, no lost connection") {
  static sim_exchange downloads[CLIENTS][SWAPS];
  pqq_address address = sim_server_address(), long_from = sim_address4(3, 6000);
  sim_exchange whole[SWAPS] = {{0}};
  sim *net = sim_new(harness_seed());
  sim_server server = {.node.out = {.delay_ns = SIM_DELAY_NS, .loss_ppm = 10000}};
  sim_client steady = {
      .node.out.delay_ns = SIM_DELAY_NS, .exchanges = whole, .exchange_count = SWAPS};
  pqq_config *client_config = make_all();

  sim_server_start(&server, net, configs[0], &address, NULL);
  sim_client_start(&steady, net, client_config, &long_from, &address);
  EXPECT(sim_run(net, sim_now(net) + SIM_LONG, sim_client_is_settled, &steady));
  for (size_t swap = 0; swap < SWAPS; swap++) {
    pqq_time_ns next = sim_now(net) + SIM_SECOND;
    sim_client clients[CLIENTS] = {{.conn = 0}};

    NOTE("swap %zu", swap);
    whole[swap] = (sim_exchange){.path = "/bytes/100000"};
    EXPECT_INT(sim_client_request(&steady, swap), PQQ_OK);
    for (size_t i = 0; i < CLIENTS; i++) {
      pqq_address from = sim_address4(2, (uint16_t)(5000 + swap * CLIENTS + i));

      downloads[i][swap] = (sim_exchange){.path = "/bytes/20000"};
      clients[i] = (sim_client){.node.out = {.delay_ns = SIM_DELAY_NS, .loss_ppm = 10000},
                                .exchanges = &downloads[i][swap],
                                .exchange_count = 1};
      clients[i].on_event = i == CLIENTS - 1 ? note_certificate : NULL;
      sim_client_start(&clients[i], net, client_config, &from, &address);
      EXPECT_INT(sim_client_request(&clients[i], 0), PQQ_OK);
      /* In the middle of the handshake of those that have begun. */
      if (i == CLIENTS / 2) {
        sim_run_for(net, SIM_DELAY_NS + SIM_DELAY_NS / 2);
        EXPECT_INT(pqq_engine_set_config(server.node.engine, configs[(swap + 1) % IDENTITIES]),
                   PQQ_OK);
      }
    }
    for (size_t i = 0; i < CLIENTS; i++) {
      EXPECT(sim_run(net, sim_now(net) + SIM_LONG, sim_client_is_done, &clients[i]));
      EXPECT_INT(downloads[i][swap].http_status, 200);
      EXPECT_UINT(downloads[i][swap].received_bytes, 20000);
      EXPECT(!downloads[i][swap].is_damaged && !clients[i].is_closed);
      EXPECT_INT(clients[i].info.authentication, PQQ_AUTH_HYBRID);
      sim_client_stop(&clients[i]);
    }
    expect_shown((swap + 1) % IDENTITIES); /* of the last one, which began after the swap */
    if (sim_now(net) < next) {
      sim_run_for(net, next - sim_now(net));
    }
  }
  EXPECT(sim_run(net, sim_now(net) + SIM_LONG, sim_client_is_done, &steady));
  EXPECT(!steady.is_closed);
  for (size_t swap = 0; swap < SWAPS; swap++) {
    EXPECT_UINT(whole[swap].received_bytes, 100000);
  }
  sim_client_stop(&steady);
  sim_server_stop(&server);
  sim_free(net);
  for (size_t i = 0; i < IDENTITIES; i++) {
    EXPECT_UINT(refs(i), 1);
  }
  free_all(client_config);
}

TEST("the old configuration lives until its last connection ends, and then goes") {
  pqq_address address = sim_server_address(), from = sim_address4(2, 5000);
  sim_exchange exchange = {.path = "/bytes/1000"};
  sim *net = sim_new(harness_seed());
  sim_server server = {.node.out.delay_ns = SIM_DELAY_NS};
  sim_client client = {
      .node.out.delay_ns = SIM_DELAY_NS, .exchanges = &exchange, .exchange_count = 1};
  pqq_config *client_config = make_all();

  sim_server_start(&server, net, configs[0], &address, NULL);
  sim_client_start(&client, net, client_config, &from, &address);
  EXPECT(sim_run(net, sim_now(net) + SIM_LONG, sim_client_is_settled, &client));
  EXPECT_UINT(refs(0), 3); /* ours, the engine's, the connection's */
  EXPECT_INT(pqq_engine_set_config(server.node.engine, configs[1]), PQQ_OK);
  EXPECT_UINT(refs(0), 2);
  EXPECT_UINT(refs(1), 2);
  EXPECT_INT(sim_client_request(&client, 0), PQQ_OK);
  EXPECT(sim_run(net, sim_now(net) + SIM_LONG, sim_client_is_done, &client));
  EXPECT_UINT(exchange.received_bytes, 1000);
  EXPECT_INT(pqq_engine_close(client.node.engine, client.conn, 0x100), PQQ_OK);
  client.node.is_touched = 1;
  sim_run_for(net, 10 * SIM_SECOND);
  EXPECT_UINT(refs(0), 1);
  sim_client_stop(&client);
  sim_server_stop(&server);
  sim_free(net);
  free_all(client_config);
}

TEST("a configuration that cannot serve leaves the old one in force") {
  pqq_address address = sim_server_address();
  pqq_config_options options = sim_options();
  sim *net = sim_new(harness_seed());
  sim_server server = {.node.out.delay_ns = SIM_DELAY_NS};
  pqq_config *client_config = make_all();
  pqq_config *useless = NULL;

  sim_server_start(&server, net, configs[0], &address, NULL);
  EXPECT_INT(pqq_engine_set_config(server.node.engine, client_config), PQQ_ERR_NO_IDENTITY);
  options.ca_pem = (pqq_bytes){(const uint8_t *)anchors, strlen(anchors)};
  options.identities =
      &(pqq_identity_source){.cert_pem = made[0]->pq_cert_pem, .key_pem = made[0]->pq_key_pem};
  options.identity_count = 1;
  options.require_authentication = PQQ_REQUIRE_HYBRID;
  EXPECT_INT(pqq_config_new(&options, &useless), PQQ_OK);
  EXPECT_INT(pqq_engine_set_config(server.node.engine, useless), PQQ_ERR_POLICY_CONFIG);
  EXPECT_INT(pqq_engine_set_config(server.node.engine, NULL), PQQ_ERR_NULL_ARG);
  EXPECT_INT(pqq_engine_set_config(NULL, useless), PQQ_ERR_NULL_ARG);
  EXPECT_UINT(refs(0), 2);
  pqq_config_unref(useless);
  sim_server_stop(&server);
  sim_free(net);
  free_all(client_config);
}
