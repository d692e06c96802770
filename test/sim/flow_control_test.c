/* SPDX-License-Identifier: MIT */
/* A reader that does not read stops the writer, on both ends and through the
 * whole stack, and what waits in between is bounded (RFC 9000 section 4). */
#include <stdio.h>

#include "core/limits.h"
#include "harness.h"
#include "pair.h"
#include "pattern.h"

#define KIB 1024u
#define MIB 1048576u

/* Windows of the tests; small, so that they are what stops the sender. */
#define STREAM_WINDOW (64 * KIB)
#define CONNECTION_WINDOW (256 * KIB)

/* One piece of client.c and server.c, after which they see PQQ_AGAIN. */
#define PIECE (64 * KIB)

static pqq_config_options small_windows(void) {
  pqq_config_options options = sim_options();

  options.stream_window_bytes = options.max_stream_window_bytes = STREAM_WINDOW;
  options.connection_window_bytes = options.max_connection_window_bytes = CONNECTION_WINDOW;
  return options;
}

TEST("an upload stops when the server does not give bytes back, and goes on when it does") {
  pqq_config_options options = small_windows();
  sim_exchange exchange = {.method = "POST", .path = "/upload", .upload_bytes = 4 * MIB};
  sim_setup setup = {.server_options = &options, .exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  pair.server.holds_credit = 1;
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, 5 * SIM_SECOND);
  /* The window also counts the frames around the bytes. */
  EXPECT(pair.server.received_bytes > STREAM_WINDOW - KIB);
  EXPECT(pair.server.received_bytes <= STREAM_WINDOW);
  EXPECT(exchange.written_bytes <= STREAM_WINDOW + PQQ__WRITE_HIGH_BYTES + PIECE);
  EXPECT(!pair.client.is_closed);

  pair.server.holds_credit = 0;
  EXPECT_INT(pqq_engine_consume(pair.server.node.engine, pair.server.replies->stream,
                                pair.server.received_bytes),
             PQQ_OK);
  EXPECT(sim_run(pair.net, sim_now(pair.net) + SIM_LONG, sim_client_is_done, &pair.client));
  EXPECT_STR(exchange.echo, "4194304 intact");
  sim_pair_close(&pair);
}

TEST("a server that takes no events holds no more than the connection window of all uploads") {
  pqq_config_options options = small_windows();
  sim_exchange exchanges[50];
  sim_setup setup = {.server_options = &options, .exchanges = exchanges, .exchange_count = 50};
  sim_pair pair;

  for (size_t i = 0; i < 50; i++) {
    exchanges[i] = (sim_exchange){.method = "POST", .path = "/upload", .upload_bytes = MIB};
  }
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  pair.server.node.is_paused = 1;
  for (size_t i = 0; i < 50; i++) {
    EXPECT_INT(sim_client_request(&pair.client, i), PQQ_OK);
  }
  sim_run_for(pair.net, 5 * SIM_SECOND);
  EXPECT(sim_stats(pair.server.node.engine).body_bytes_received > CONNECTION_WINDOW - 16 * KIB);
  EXPECT(sim_stats(pair.server.node.engine).body_bytes_received <= CONNECTION_WINDOW);

  pair.server.node.is_paused = 0;
  EXPECT(sim_run(pair.net, sim_now(pair.net) + SIM_LONG, sim_client_is_done, &pair.client));
  for (size_t i = 0; i < 50; i++) {
    EXPECT_STR(exchanges[i].echo, "1048576 intact");
  }
  sim_pair_close(&pair);
}

TEST("a download stops when the client does not give bytes back, and goes on when it does") {
  pqq_config_options options = small_windows();
  sim_exchange exchange = {.path = "/bytes/4194304", .holds_credit = 1};
  sim_setup setup = {.client_options = &options, .exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, 5 * SIM_SECOND);
  EXPECT(exchange.received_bytes > STREAM_WINDOW - KIB);
  EXPECT(exchange.received_bytes <= STREAM_WINDOW);
  EXPECT(pair.server.replies->written_bytes <= STREAM_WINDOW + PQQ__WRITE_HIGH_BYTES + PIECE);

  exchange.holds_credit = 0;
  EXPECT_INT(pqq_engine_consume(pair.client.node.engine, exchange.stream, exchange.received_bytes),
             PQQ_OK);
  EXPECT(sim_run(pair.net, sim_now(pair.net) + SIM_LONG, sim_client_is_done, &pair.client));
  EXPECT_UINT(exchange.received_bytes, 4 * MIB);
  EXPECT(!exchange.is_damaged);
  sim_pair_close(&pair);
}

TEST("a client that takes no events stops the server, and loses nothing") {
  pqq_config_options options = small_windows();
  sim_exchange exchange = {.path = "/bytes/4194304"};
  sim_setup setup = {.client_options = &options, .exchanges = &exchange, .exchange_count = 1};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  pair.client.node.is_paused = 1;
  sim_run_for(pair.net, 5 * SIM_SECOND);
  EXPECT(sim_stats(pair.client.node.engine).body_bytes_received <= STREAM_WINDOW);
  pair.client.node.is_paused = 0;
  EXPECT(sim_run(pair.net, sim_now(pair.net) + SIM_LONG, sim_client_is_done, &pair.client));
  EXPECT_UINT(exchange.received_bytes, 4 * MIB);
  EXPECT(!exchange.is_damaged);
  sim_pair_close(&pair);
}

TEST("bytes that nobody gave back return to the connection's window when their stream is done") {
  pqq_config_options options = small_windows();
  sim_exchange exchanges[20];
  sim_setup setup = {.client_options = &options, .exchanges = exchanges, .exchange_count = 20};
  sim_pair pair;

  /* Together 1,200,000 bytes through a window of 262,144. */
  for (size_t i = 0; i < 20; i++) {
    exchanges[i] = (sim_exchange){.path = "/bytes/60000", .holds_credit = 1};
  }
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_exchange(&pair));
  for (size_t i = 0; i < 20; i++) {
    EXPECT_UINT(exchanges[i].received_bytes, 60000);
    EXPECT_INT(exchanges[i].status, PQQ_OK);
  }
  sim_pair_close(&pair);
}

TEST("downloads that are reset again and again do not use the connection's window up") {
  pqq_config_options options = small_windows();
  sim_exchange exchanges[50];
  sim_setup setup = {.client_options = &options, .exchanges = exchanges, .exchange_count = 50};
  sim_pair pair;

  for (size_t i = 0; i < 50; i++) {
    exchanges[i] = (sim_exchange){.path = "/bytes/1000000", .holds_credit = 1};
  }
  sim_pair_open(&pair, harness_seed(), &setup);
  for (size_t i = 0; i < 49; i++) {
    EXPECT_INT(sim_client_request(&pair.client, i), PQQ_OK);
    sim_run_for(pair.net, SIM_SECOND / 5);
    NOTE("request %zu", i);
    EXPECT(exchanges[i].received_bytes > 0);
    EXPECT_INT(pqq_engine_reset(pair.client.node.engine, exchanges[i].stream, 0x10c), PQQ_OK);
    sim_run_for(pair.net, SIM_SECOND / 5);
    EXPECT(exchanges[i].is_closed);
    EXPECT_INT(exchanges[i].status, PQQ_ERR_CANCELLED);
  }
  exchanges[49].holds_credit = 0;
  EXPECT_INT(sim_client_request(&pair.client, 49), PQQ_OK);
  EXPECT(sim_run(pair.net, sim_now(pair.net) + SIM_LONG, sim_client_is_done, &pair.client));
  EXPECT_UINT(exchanges[49].received_bytes, 1000000);
  sim_pair_close(&pair);
}

TEST("windows grow with a path whose bandwidth and delay need more than the first ones") {
  sim_exchange exchange = {.path = "/bytes/67108864"};
  sim_setup setup = {
      .from_server = {.delay_ns = 100 * SIM_MS, .rate_bytes_per_s = 25000000, .queue_bytes = 0},
      .from_client = {.delay_ns = 100 * SIM_MS},
      .exchanges = &exchange,
      .exchange_count = 1};
  pqq_time_ns began;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  began = sim_now(pair.net);
  EXPECT(sim_pair_exchange(&pair));
  EXPECT_UINT(exchange.received_bytes, 67108864);
  /* The first stream window alone would take 256 round trips of 200 ms: 51 s. */
  EXPECT(sim_now(pair.net) - began < 15 * SIM_SECOND);
  sim_pair_close(&pair);
}

TEST("consume refuses more than is outstanding, and ids that are gone") {
  sim_exchange exchange = {.path = "/bytes/1000", .holds_credit = 1};
  sim_setup setup = {.exchanges = &exchange, .exchange_count = 1};
  pqq_engine *engine;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  engine = pair.client.node.engine;
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  EXPECT_INT(pqq_engine_consume(engine, 0, 1), PQQ_ERR_NOT_FOUND);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT(exchange.is_closed);
  EXPECT_INT(pqq_engine_consume(engine, exchange.stream, 1), PQQ_ERR_NOT_FOUND);
  EXPECT_INT(pqq_engine_consume(NULL, exchange.stream, 1), PQQ_ERR_NULL_ARG);
  sim_pair_close(&pair);
}

/* Writers. */

typedef struct released {
  unsigned count;
} released;

static void release(void *user_data) {
  ((released *)user_data)->count++;
}

/* Never answers by itself. */
static int take_over(sim_server *server, sim_reply *reply, const pqq_event *event) {
  (void)server;
  (void)reply;
  (void)event;
  return 1;
}

/* A pair with one request that waits for its answer. */
static pqq_id hanging(sim_pair *pair, sim_exchange *exchange, const pqq_config_options *client) {
  sim_setup setup = {.client_options = client, .exchanges = exchange, .exchange_count = 1};

  sim_pair_open(pair, harness_seed(), &setup);
  pair->server.on_request = take_over;
  EXPECT_INT(sim_client_request(&pair->client, 0), PQQ_OK);
  sim_run_for(pair->net, SIM_SECOND);
  EXPECT_UINT(pair->server.requests, 1);
  return pair->server.replies->stream;
}

TEST("a writer that does not wait for WRITABLE is refused above 16 MiB") {
  pqq_config_options options = small_windows();
  sim_exchange exchange = {.path = "/", .holds_credit = 1};
  pqq_body body = {.data = {sim_pattern(0), PIECE}};
  pqq_status status = PQQ_OK;
  uint64_t written = 0;
  pqq_engine *engine;
  pqq_id stream;
  sim_pair pair;

  stream = hanging(&pair, &exchange, &options);
  engine = pair.server.node.engine;
  EXPECT_INT(pqq_engine_write(engine, stream, &body, 0), PQQ_ERR_STATE);
  EXPECT_INT(pqq_engine_respond(engine, stream, 200, NULL, 0, NULL, 0), PQQ_OK);
  while (status >= 0 && written < 64 * (uint64_t)MIB) {
    EXPECT_INT(status, written > PQQ__WRITE_HIGH_BYTES ? PQQ_AGAIN : PQQ_OK);
    status = pqq_engine_write(engine, stream, &body, PQQ_WRITE_BORROW);
    written += status >= 0 ? PIECE : 0;
  }
  EXPECT_INT(status, PQQ_ERR_LIMIT);
  EXPECT_UINT(written, PQQ__WRITE_MAX_BYTES);
  sim_pair_close(&pair);
}

TEST("borrowed bytes are given back once: acknowledged, reset, dropped or with the engine") {
  sim_exchange exchange = {.path = "/"};
  released r = {0};
  pqq_body body = {.data = {sim_pattern(0), 10000}, .release = release, .user_data = &r};
  pqq_engine *engine;
  pqq_id stream;
  sim_pair pair;

  stream = hanging(&pair, &exchange, NULL);
  engine = pair.server.node.engine;
  EXPECT_INT(pqq_engine_respond(engine, stream, 200, NULL, 0, &body, PQQ_WRITE_BORROW), PQQ_OK);
  EXPECT_UINT(r.count, 0);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_UINT(exchange.received_bytes, 10000);
  EXPECT_UINT(r.count, 1);
  /* An empty one at once. */
  body.data.len = 0;
  EXPECT_INT(pqq_engine_write(engine, stream, &body, PQQ_WRITE_BORROW), PQQ_OK);
  EXPECT_UINT(r.count, 2);
  /* One that was not taken is the caller's. */
  body.data.len = 10000;
  EXPECT_INT(pqq_engine_write(engine, stream + 1, &body, PQQ_WRITE_BORROW), PQQ_ERR_NOT_FOUND);
  EXPECT_UINT(r.count, 2);
  EXPECT_INT(pqq_engine_write(engine, stream, &body, PQQ_WRITE_BORROW), PQQ_OK);
  EXPECT_INT(pqq_engine_reset(engine, stream, 0x102), PQQ_OK);
  /* After the reset writes are dropped. */
  EXPECT_INT(pqq_engine_write(engine, stream, &body, PQQ_WRITE_BORROW), PQQ_OK);
  EXPECT_UINT(r.count, 3);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_UINT(r.count, 4);
  EXPECT(exchange.is_reset);
  sim_pair_close(&pair);

  exchange = (sim_exchange){.path = "/"};
  stream = hanging(&pair, &exchange, NULL);
  engine = pair.server.node.engine;
  EXPECT_INT(pqq_engine_respond(engine, stream, 200, NULL, 0, &body, PQQ_WRITE_BORROW), PQQ_OK);
  sim_pair_close(&pair);
  EXPECT_UINT(r.count, 5);
}

TEST("NOTIFY reports WRITABLE to a writer that was never stopped") {
  sim_exchange exchange = {.path = "/"};
  pqq_body body = {.data = {sim_pattern(0), 10}};
  pqq_event event;
  pqq_engine *engine;
  pqq_id stream;
  sim_pair pair;

  stream = hanging(&pair, &exchange, NULL);
  engine = pair.server.node.engine;
  EXPECT_INT(pqq_engine_respond(engine, stream, 200, NULL, 0, NULL, 0), PQQ_OK);
  EXPECT_INT(pqq_engine_write(engine, stream, &body, 0), PQQ_OK);
  EXPECT_INT(pqq_engine_next_event(engine, &event), PQQ_AGAIN);
  EXPECT_INT(pqq_engine_write(engine, stream, &body, PQQ_WRITE_NOTIFY), PQQ_OK);
  EXPECT_INT(pqq_engine_next_event(engine, &event), PQQ_OK);
  EXPECT_INT(event.type, PQQ_EVENT_WRITABLE);
  EXPECT(event.stream == stream);
  EXPECT_INT(pqq_engine_next_event(engine, &event), PQQ_AGAIN);
  sim_pair_close(&pair);
}
