/* SPDX-License-Identifier: MIT */
/* Many requests at once on one connection: queueing behind the peer's limit
 * (RFC 9000 section 4.6), fairness, and the limits of what waits. */
#include <stdio.h>

#include "core/limits.h"
#include "fields.h"
#include "harness.h"
#include "pair.h"

#define REQUESTS 1000

static sim_exchange exchanges[REQUESTS];

typedef struct load {
  size_t open, most_open;
} load;

static void count_open(sim_server *server, const pqq_event *event) {
  load *l = server->user_data;

  if (event->type == PQQ_EVENT_REQUEST) {
    l->open++;
    l->most_open = l->open > l->most_open ? l->open : l->most_open;
  } else if (event->type == PQQ_EVENT_STREAM_CLOSED) {
    l->open--;
  }
}

static void run_all(const pqq_config_options *server_options, uint32_t loss_ppm, load *l) {
  sim_setup setup = {.server_options = server_options,
                     .from_client = {.loss_ppm = loss_ppm},
                     .from_server = {.loss_ppm = loss_ppm},
                     .exchanges = exchanges,
                     .exchange_count = REQUESTS};
  sim_pair pair;

  for (size_t i = 0; i < REQUESTS; i++) {
    exchanges[i] = i % 3
                       ? (sim_exchange){.path = "/bytes/3000"}
                       : (sim_exchange){.method = "POST", .path = "/upload", .upload_bytes = 5000};
  }
  sim_pair_open(&pair, harness_seed(), &setup);
  pair.server.on_event = count_open;
  pair.server.user_data = l;
  EXPECT(sim_pair_exchange(&pair));
  for (size_t i = 0; i < REQUESTS; i++) {
    NOTE("request %zu", i);
    EXPECT_INT(exchanges[i].status, PQQ_OK);
    EXPECT_INT(exchanges[i].http_status, 200);
    if (i % 3) {
      EXPECT_UINT(exchanges[i].received_bytes, 3000);
      EXPECT(!exchanges[i].is_damaged);
    } else {
      EXPECT_STR(exchanges[i].echo, "5000 intact");
    }
  }
  EXPECT_UINT(pair.server.requests, REQUESTS);
  EXPECT(!pair.client.is_closed);
  sim_pair_close(&pair);
}

TEST("a thousand requests pass through a limit of one hundred at once") {
  load l = {0};

  run_all(NULL, 0, &l);
  EXPECT(l.most_open <= 100);
  EXPECT(l.most_open > 90);
}

TEST("a thousand requests pass through a limit of one at a time, with loss") {
  pqq_config_options options = sim_options();
  load l = {0};

  options.max_concurrent_requests = 1;
  run_all(&options, 10000, &l);
  EXPECT_UINT(l.most_open, 1);
}

TEST("a server that takes no events allows no more requests than its limit") {
  pqq_config_options options = sim_options();
  sim_setup setup = {
      .server_options = &options, .exchanges = exchanges, .exchange_count = REQUESTS};
  pqq_stats stats;
  sim_pair pair;

  options.max_concurrent_requests = 20;
  for (size_t i = 0; i < REQUESTS; i++) {
    exchanges[i] = (sim_exchange){.path = "/bytes/100"};
  }
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  pair.server.node.is_paused = 1;
  for (size_t i = 0; i < REQUESTS; i++) {
    EXPECT_INT(sim_client_request(&pair.client, i), PQQ_OK);
  }
  sim_run_for(pair.net, 5 * SIM_SECOND);
  stats = sim_stats(pair.server.node.engine);
  EXPECT_UINT(stats.requests_now, 20);
  pair.server.node.is_paused = 0;
  EXPECT(sim_run(pair.net, sim_now(pair.net) + SIM_LONG, sim_client_is_done, &pair.client));
  EXPECT_UINT(pair.client.closed, REQUESTS);
  sim_pair_close(&pair);
}

TEST("a client that takes no events still counts against the server's limit, and nothing is lost") {
  sim_setup setup = {.exchanges = exchanges, .exchange_count = REQUESTS};
  sim_pair pair;

  for (size_t i = 0; i < REQUESTS; i++) {
    exchanges[i] = (sim_exchange){.path = "/bytes/100"};
  }
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  pair.client.node.is_paused = 1;
  for (size_t i = 0; i < REQUESTS; i++) {
    EXPECT_INT(sim_client_request(&pair.client, i), PQQ_OK);
  }
  sim_run_for(pair.net, 5 * SIM_SECOND);
  pair.client.node.is_paused = 0;
  EXPECT(sim_run(pair.net, sim_now(pair.net) + SIM_LONG, sim_client_is_done, &pair.client));
  for (size_t i = 0; i < REQUESTS; i++) {
    EXPECT_INT(exchanges[i].status, PQQ_OK);
    EXPECT_UINT(exchanges[i].received_bytes, 100);
  }
  sim_pair_close(&pair);
}

#define DOWNLOADS 8

/* The virtual time from the end of the first to the end of the last of some large downloads. */
static pqq_time_ns spread(const pqq_header *priority) {
  sim_exchange downloads[DOWNLOADS];
  sim_setup setup = {.from_server = {.rate_bytes_per_s = 12500000, .queue_bytes = 200000},
                     .exchanges = downloads,
                     .exchange_count = DOWNLOADS};
  pqq_time_ns first = PQQ_TIME_NEVER, last;
  sim_pair pair;

  for (size_t i = 0; i < DOWNLOADS; i++) {
    downloads[i] = (sim_exchange){
        .path = "/bytes/4000000", .extra = priority, .extra_count = priority != NULL};
  }
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_exchange(&pair));
  for (size_t i = 0; i < DOWNLOADS; i++) {
    EXPECT_INT(downloads[i].status, PQQ_OK);
    EXPECT_UINT(downloads[i].received_bytes, 4000000);
    first = downloads[i].ended_at < first ? downloads[i].ended_at : first;
  }
  last = sim_now(pair.net);
  sim_pair_close(&pair);
  return last - first;
}

/* RFC 9218 section 10. All take about 2.6 s. */
TEST("large downloads go one after the other, and side by side if asked for as incremental") {
  pqq_header incremental = sim_field("priority", "u=3, i");

  EXPECT(spread(NULL) > 2 * SIM_SECOND);
  EXPECT(spread(&incremental) < SIM_SECOND / 4);
}

TEST("more requests than may wait are refused at once") {
  sim_exchange exchange = {.path = "/bytes/1"};
  sim_setup setup = {.exchanges = &exchange, .exchange_count = 1};
  pqq_status status = PQQ_OK;
  size_t count = 0;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  for (; status == PQQ_OK && count <= PQQ__MAX_PENDING_REQUESTS; count++) {
    status = sim_client_request(&pair.client, 0);
  }
  EXPECT_INT(status, PQQ_ERR_TOO_MANY_REQUESTS);
  EXPECT_UINT(count, PQQ__MAX_PENDING_REQUESTS + 1);
  /* Those that wait end with the connection. */
  EXPECT_INT(pqq_engine_close(pair.client.node.engine, pair.client.conn, 0x100), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_UINT(pair.client.failed, PQQ__MAX_PENDING_REQUESTS);
  EXPECT_INT(exchange.status, PQQ_ERR_CONNECTION_CLOSED);
  sim_pair_close(&pair);
}
