/* SPDX-License-Identifier: MIT */
/* A server with several sites: which one a client gets, on velocity/1 and on h3, with both proofs
 * of one connection from one site; who is refused; and requests for another site's authority. */
#include <string.h>

#include "harness.h"
#include "pair.h"

#define SITES 3

typedef struct scene {
  pqq_dev_identity *made[SITES];
  pqq_config *server_config, *client_config;
  sim *net;
  sim_server server;
} scene;

static const char *const site_names[SITES] = {"default.test", "a.sites.test", "*.sites.test"};

/* Anchors of all sites in one text. */
static pqq_bytes join(const scene *made, char *text, size_t size) {
  text[0] = '\0';
  for (size_t i = 0; i < SITES; i++) {
    EXPECT(strlen(text) + made->made[i]->ca_pem.len < size);
    strncat(text, (const char *)made->made[i]->ca_pem.data, made->made[i]->ca_pem.len);
  }
  return (pqq_bytes){(const uint8_t *)text, strlen(text)};
}

static void open_scene(scene *made, int32_t unknown, int32_t misdirected) {
  pqq_address address = sim_server_address();
  pqq_config_options server = sim_options(), client = sim_options();
  pqq_identity_source pairs[SITES][2];
  pqq_site_source sites[SITES];
  static char anchors[65536];

  memset(made, 0, sizeof *made);
  EXPECT_INT(pqq_init(), PQQ_OK);
  for (size_t i = 0; i < SITES; i++) {
    const char *names[] = {site_names[i], i == 0 ? "192.0.2.1" : "extra.test"};

    EXPECT_INT(
        pqq_dev_identity_new(PQQ_PROFILE_BALANCED, names, i == 0 ? 2 : 1, 30, &made->made[i]),
        PQQ_OK);
    sim_sources_of(made->made[i], pairs[i]);
    sites[i] = (pqq_site_source){.identities = pairs[i], .identity_count = 2};
  }
  server.sites = sites;
  server.site_count = SITES;
  server.unknown_server_name = unknown;
  server.misdirected_requests = misdirected;
  client.ca_pem = join(made, anchors, sizeof anchors);
  EXPECT_INT(pqq_config_new(&server, &made->server_config), PQQ_OK);
  EXPECT_INT(pqq_config_new(&client, &made->client_config), PQQ_OK);
  made->net = sim_new(harness_seed());
  made->server.node.out.delay_ns = SIM_DELAY_NS;
  sim_server_start(&made->server, made->net, made->server_config, &address, NULL);
}

static void close_scene(scene *made) {
  sim_server_stop(&made->server);
  sim_free(made->net);
  pqq_config_unref(made->server_config);
  pqq_config_unref(made->client_config);
  for (size_t i = 0; i < SITES; i++) {
    pqq_dev_identity_free(made->made[i]);
  }
}

/* One connection for `name`, settled. */
static void connect(scene *made, sim_client *client, const char *name) {
  static uint16_t port = 5000;
  pqq_address address = sim_server_address(), from = sim_address4(2, port++);

  client->node.out.delay_ns = SIM_DELAY_NS;
  sim_client_start(client, made->net, made->client_config, &from, NULL);
  sim_client_connect(client, &address, name);
  EXPECT(sim_run(made->net, sim_now(made->net) + SIM_LONG, sim_client_is_settled, client));
}

TEST("each name gets its site on velocity/1, both proofs of one site, exact before wildcard") {
  static const char *const names[] = {"default.test", "a.sites.test", "b.sites.test", "192.0.2.1"};
  scene made;

  open_scene(&made, PQQ_UNKNOWN_SERVER_NAME_DEFAULT, PQQ_MISDIRECTED_AUTO);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    sim_client client = {0};

    NOTE("%s", names[i]);
    connect(&made, &client, names[i]);
    EXPECT(client.is_connected);
    EXPECT_MEM(client.info.alpn.data, client.info.alpn.len, "velocity/1", 10);
    EXPECT_INT(client.info.authentication, PQQ_AUTH_HYBRID);
    sim_client_stop(&client);
  }
  close_scene(&made);
}

TEST("a name of no site gets the default one, whose certificate is not for it") {
  sim_client client = {0};
  scene made;

  open_scene(&made, PQQ_UNKNOWN_SERVER_NAME_DEFAULT, PQQ_MISDIRECTED_AUTO);
  connect(&made, &client, "too.deep.sites.test");
  EXPECT_STR(pqq_err_name(client.close.status), "PQQ_ERR_CERT_NAME_MISMATCH");
  sim_client_stop(&client);
  close_scene(&made);
}

TEST("with refusal a name of no site gets unrecognized_name, typed on both ends; no name is fine") {
  sim_client client = {0}, nameless = {0};
  scene made;

  open_scene(&made, PQQ_UNKNOWN_SERVER_NAME_REFUSE, PQQ_MISDIRECTED_AUTO);
  connect(&made, &client, "nobody.test");
  EXPECT_STR(pqq_err_name(client.close.status), "PQQ_ERR_SERVER_NAME_UNKNOWN");
  EXPECT_INT(client.close.tls_alert, 112);
  EXPECT_INT(client.close.is_remote, 1);
  sim_run_for(made.net, SIM_SECOND);
  EXPECT_STR(pqq_err_name(made.server.close.status), "PQQ_ERR_SERVER_NAME_UNKNOWN");
  EXPECT_INT(made.server.close.is_remote, 0);
  connect(&made, &nameless, "192.0.2.1");
  EXPECT(nameless.is_connected);
  sim_client_stop(&client);
  sim_client_stop(&nameless);
  close_scene(&made);
}

/* Asks with that authority on a connection to a.sites.test. */
static int32_t ask(scene *made, const char *authority, const char *method) {
  sim_exchange exchange = {.path = "/bytes/10", .method = method};
  sim_client client = {.exchanges = &exchange, .exchange_count = 1, .authority = authority};

  connect(made, &client, "a.sites.test");
  EXPECT_INT(sim_client_request(&client, 0), PQQ_OK);
  EXPECT(sim_run(made->net, sim_now(made->net) + SIM_LONG, sim_client_is_done, &client));
  EXPECT(!client.is_closed);
  sim_client_stop(&client);
  return exchange.http_status;
}

TEST("a request for an authority that the certificate does not cover gets 421 and is counted") {
  pqq_stats stats;
  scene made;

  open_scene(&made, PQQ_UNKNOWN_SERVER_NAME_DEFAULT, PQQ_MISDIRECTED_AUTO);
  EXPECT_INT(ask(&made, "a.sites.test", NULL), 200);
  EXPECT_INT(ask(&made, "A.SITES.TEST:443", NULL), 200);
  EXPECT_INT(ask(&made, "b.sites.test", NULL), 421);
  EXPECT_INT(ask(&made, "default.test:443", NULL), 421);
  EXPECT_INT(ask(&made, "192.0.2.1", NULL), 421);
  EXPECT_UINT(made.server.requests, 2);
  stats = sim_stats(made.server.node.engine);
  EXPECT_UINT(stats.requests_misdirected, 3);
  EXPECT_UINT(stats.requests_refused, 3);
  close_scene(&made);
}

TEST("misdirected requests are accepted where the configuration says so") {
  scene made;

  open_scene(&made, PQQ_UNKNOWN_SERVER_NAME_DEFAULT, PQQ_MISDIRECTED_ACCEPT);
  EXPECT_INT(ask(&made, "b.sites.test", NULL), 200);
  close_scene(&made);
}
