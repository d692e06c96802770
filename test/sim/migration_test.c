/* SPDX-License-Identifier: MIT */
/* Clients whose address does not stay (RFC 9000 section 9), and what may be sent to an address
 * that nobody has vouched for (section 8). */
#include "core/limits.h"
#include "harness.h"
#include "pair.h"

/* --- Storms ----------------------------------------------------------------------------------- */

/* Each datagram of a client from another port, as long as `user_data` says. */
static int storm(sim_node *node, sim_datagram *datagram) {
  sim_client *client = (sim_client *)(void *)node;

  if (client->user_data) {
    datagram->source.port = node->outside.port = (uint16_t)(10000 + datagram->number % 50000);
  }
  return 1;
}

TEST("a client that changes its address with each datagram costs a bounded number of validations") {
  sim_exchange exchange = {.path = "/bytes/300000"};
  sim_setup setup = {.exchanges = &exchange, .exchange_count = 1};
  uint64_t before;
  sim_pair pair;
  int is_stormy = 1;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair));
  sim_run_for(pair.net, SIM_SECOND);
  before = pair.server.node.sent_bytes;
  pair.client.user_data = &is_stormy;
  pair.client.node.on_send = storm;
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, 5 * SIM_SECOND);
  EXPECT(sim_stats(pair.server.node.engine).path_changes <= PQQ__PATH_CHANGE_BURST + 6);
  EXPECT(sim_stats(pair.server.node.engine).path_changes > 1);
  EXPECT(sim_stats(pair.server.node.engine).path_changes_refused > 0);
  EXPECT(pair.server.node.sent_bytes - before < 100000);
  sim_pair_close(&pair);
}

/* What a client is doing while its address changes, and what its network does. */
typedef struct weather {
  const char *name;
  uint32_t keep_alive_ms;
  const char *method;
  uint64_t upload_bytes, rate_bytes_per_s;
  /* Lose what is as long as a PATH_RESPONSE, while the storm lasts. */
  int is_responseless;
} weather;

static const weather weathers[] = {
    {.name = "listens"},
    {.name = "keeps alive", .keep_alive_ms = 1000},
    {.name = "uploads", .method = "POST", .upload_bytes = 300000},
    {.name = "listens behind a slow link", .rate_bytes_per_s = 100000},
    {.name = "listens while losing its responses", .is_responseless = 1},
};

static int stormy_link(sim_node *node, sim_datagram *datagram) {
  sim_client *client = (sim_client *)(void *)node;
  const weather *now = client->user_data;

  return storm(node, datagram) && !(now && now->is_responseless && datagram->len == 1200);
}

static int is_mended(const weather *kind, pqq_time_ns storm_ns) {
  pqq_config_options options = sim_options();
  sim_exchange exchange = {.method = kind->method,
                           .path = kind->method ? "/upload" : "/bytes/300000",
                           .upload_bytes = kind->upload_bytes};
  sim_setup setup = {.client_options = &options,
                     .exchanges = &exchange,
                     .exchange_count = 1,
                     .from_server = {.rate_bytes_per_s = kind->rate_bytes_per_s}};
  weather during = *kind;
  sim_pair pair;
  int is_done;

  options.keep_alive_ms = kind->keep_alive_ms;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair));
  sim_run_for(pair.net, SIM_SECOND);
  pair.client.user_data = &during;
  pair.client.node.on_send = stormy_link;
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, storm_ns);
  pair.client.user_data = NULL;
  is_done = sim_run(pair.net, sim_now(pair.net) + 2 * storm_ns + 5 * SIM_SECOND, sim_client_is_done,
                    &pair.client);
  is_done = is_done && exchange.http_status == 200;
  sim_pair_close(&pair);
  return is_done;
}

/* A sender's PTO has doubled to at most twice the storm when that ends, the server takes another
 * address a second later at the latest, and the slowest transfer needs three seconds. */
TEST("a connection goes on once the address of its client settles, however long it has changed") {
  for (size_t i = 0; i < sizeof weathers / sizeof weathers[0]; i++) {
    for (pqq_time_ns ms = 25; ms <= 5000; ms += ms < 500 ? 25 : 250) {
      NOTE("a client that %s, after %d ms", weathers[i].name, (int)ms);
      EXPECT(is_mended(&weathers[i], ms * SIM_MS));
    }
  }
}

TEST("a NAT that gives out another port every second keeps nobody from a download") {
  enum { CHANGES = 30 };
  sim_exchange exchange = {.path = "/bytes/3000000"};
  sim_setup setup = {.exchanges = &exchange,
                     .exchange_count = 1,
                     .from_server = {.rate_bytes_per_s = 100000, .queue_bytes = 50000}};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  for (uint64_t i = 1; i <= CHANGES; i++) {
    sim_at(pair.net, sim_now(pair.net) + i * SIM_SECOND, sim_client_rebind, &pair.client);
  }
  EXPECT(sim_run(pair.net, sim_now(pair.net) + SIM_LONG, sim_client_is_done, &pair.client));
  EXPECT_UINT(exchange.received_bytes, 3000000);
  EXPECT(sim_stats(pair.server.node.engine).path_changes > PQQ__PATH_CHANGE_BURST);
  EXPECT(sim_stats(pair.server.node.engine).path_changes_refused < CHANGES);
  sim_pair_close(&pair);
}

TEST("a client that only listens is found again at its new address within a second") {
  sim_exchange exchange = {.path = "/late"};
  sim_setup setup = {.exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair));
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, 100 * SIM_MS);
  EXPECT(pair.server.replies);
  pair.client.node.outside = sim_address4(3, 7000);
  sim_server_answer(&pair.server, pair.server.replies);
  EXPECT(sim_run(pair.net, sim_now(pair.net) + SIM_SECOND, sim_client_is_done, &pair.client));
  EXPECT_INT(exchange.http_status, 200);
  EXPECT_UINT(sim_stats(pair.client.node.engine).quiet_pings, 1);
  EXPECT_UINT(sim_stats(pair.server.node.engine).path_changes, 1);
  sim_pair_close(&pair);
}

TEST("a client that waits long sends a few PINGs, ever more seldom, and none without a request") {
  sim_exchange exchange = {.path = "/late"};
  pqq_config_options options = sim_options();
  sim_setup setup = {.client_options = &options,
                     .server_options = &options,
                     .exchanges = &exchange,
                     .exchange_count = 1};
  sim_pair pair;

  options.idle_timeout_ms = 120000;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair));
  sim_run_for(pair.net, 20 * SIM_SECOND);
  EXPECT_UINT(sim_stats(pair.client.node.engine).quiet_pings, 0);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_UINT(sim_stats(pair.client.node.engine).quiet_pings, 2);
  sim_run_for(pair.net, 60 * SIM_SECOND);
  EXPECT_UINT(sim_stats(pair.client.node.engine).quiet_pings, PQQ__QUIET_PINGS);
  EXPECT(pair.server.replies);
  sim_server_answer(&pair.server, pair.server.replies);
  EXPECT(sim_run(pair.net, sim_now(pair.net) + SIM_SECOND, sim_client_is_done, &pair.client));
  EXPECT_INT(exchange.http_status, 200);
  EXPECT_UINT(sim_stats(pair.server.node.engine).path_changes, 0);
  sim_pair_close(&pair);
}

/* --- Amplification (RFC 9000 section 8) ------------------------------------------------------- */

/* What a server has sent to one port, checked with each datagram against what came from there. */
typedef struct meter {
  uint16_t port;
  /* Bytes that have come from there. */
  const uint64_t *received;
  uint64_t spoofed, sent, sent_elsewhere;
  int is_over;
} meter;

static int measure(sim_node *node, sim_datagram *datagram) {
  meter *to = ((sim_server *)(void *)node)->user_data;

  if (datagram->destination.port != to->port) {
    to->sent_elsewhere++;
    return 1;
  }
  to->sent += datagram->len;
  to->is_over |= to->sent > 3 * *to->received;
  return 1;
}

TEST("a client that is not validated gets three times what it has sent, and not a byte more") {
  for (sim_identity identity = SIM_P256; identity < SIM_IDENTITIES; identity++) {
    sim_setup setup = {.identity = identity};
    sim_pair pair;
    meter to = {.port = 5000, .received = &pair.server.node.arrived_bytes};
    uint64_t arrived;

    NOTE("%s", sim_identity_name(identity));
    sim_pair_open(&pair, harness_seed(), &setup);
    pair.server.user_data = &to;
    pair.server.node.on_send = measure;
    sim_run_for(pair.net, SIM_DELAY_NS / 2);
    pair.client.node.on_send = sim_lose;
    sim_run_for(pair.net, 8 * SIM_SECOND);
    arrived = pair.server.node.arrived_bytes;
    NOTE("%s: %d in, %d out", sim_identity_name(identity), (int)arrived, (int)to.sent);
    EXPECT(arrived >= 1200);
    EXPECT(!to.is_over);
    EXPECT(to.sent <= 3 * arrived);
    /* The flights of ML-DSA are larger than that: nothing of it is left unused. */
    EXPECT(identity < SIM_MLDSA44 || to.sent + 1200 > 3 * arrived);
    sim_pair_close(&pair);
  }
}

/* The one datagram that is seen at the other port, and the last. */
static int spoof_once(sim_node *node, sim_datagram *datagram) {
  meter *to = ((sim_client *)(void *)node)->user_data;

  datagram->source.port = to->port;
  to->spoofed = datagram->len;
  node->on_send = sim_lose;
  return 1;
}

TEST("a new address gets at most three times what came from it before it is validated") {
  for (int is_busy = 0; is_busy < 2; is_busy++) {
    sim_exchange exchanges[2] = {{.path = is_busy ? "/bytes/9000000" : "/bytes/100"},
                                 {.path = "/bytes/5000000"}};
    sim_setup setup = {.exchanges = exchanges,
                       .exchange_count = 2,
                       .from_server = {.rate_bytes_per_s = 1000000, .queue_bytes = 100000}};
    meter to = {.port = 6000, .received = &to.spoofed};
    sim_pair pair;

    NOTE("%s", is_busy ? "with a full window" : "with an empty window");
    sim_pair_open(&pair, harness_seed(), &setup);
    EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
    sim_run_for(pair.net, is_busy ? 500 * SIM_MS : 20 * SIM_SECOND);
    pair.client.user_data = pair.server.user_data = &to;
    pair.server.node.on_send = measure;
    pair.client.node.on_send = spoof_once;
    EXPECT_INT(sim_client_request(&pair.client, 1), PQQ_OK);
    sim_run_for(pair.net, SIM_DELAY_NS * 3);
    to.sent_elsewhere = 0;
    sim_run_for(pair.net, 10 * SIM_SECOND);
    NOTE("%d in, %d out, then %d elsewhere", (int)to.spoofed, (int)to.sent, (int)to.sent_elsewhere);
    EXPECT_UINT(sim_stats(pair.server.node.engine).path_changes, 1);
    EXPECT(!to.is_over);
    EXPECT(to.sent > 0);
    /* Nobody is there: the address before, which was validated, is used again. */
    EXPECT(to.sent_elsewhere > 0);
    sim_pair_close(&pair);
  }
}
