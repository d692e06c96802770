/* SPDX-License-Identifier: MIT */
/* CONNECT with and without a protocol (RFC 9220, RFC 9110 section 9.3.6), and HTTP datagrams
 * (RFC 9297) with friendly and hostile peers. */
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "harness.h"
#include "http3/session.h"
#include "pair.h"

#define H3_REQUEST_CANCELLED 0x10c

static pqq__session *session_of(pqq_engine *engine, pqq_id conn) {
  const pqq__conn *found = pqq__slots_find(&engine->endpoint.conns, conn);

  return found ? found->app : NULL;
}

/* Sends back what comes, bytes and datagrams. */
static void echo(sim_server *server, const pqq_event *event) {
  pqq_engine *engine = server->node.engine;
  pqq_body body = {.data = event->data};

  if (event->type == PQQ_EVENT_DATA) {
    EXPECT(pqq_engine_write(engine, event->stream, &body, event->is_end ? PQQ_WRITE_END : 0) >= 0);
  } else if (event->type == PQQ_EVENT_DATAGRAM) {
    EXPECT_INT(pqq_engine_send_datagram(engine, event->stream, event->data), PQQ_OK);
  }
  server->node.is_touched = 1;
}

static int accept_echo(sim_server *server, sim_reply *reply, const pqq_event *event) {
  int is_echo = sim_bytes_are(sim_field_of(event, ":protocol"), "echo");

  EXPECT(!event->is_end);
  EXPECT_INT(pqq_engine_respond(server->node.engine, reply->stream, is_echo ? 200 : 501, NULL, 0,
                                NULL, is_echo ? 0 : PQQ_WRITE_END),
             PQQ_OK);
  server->node.is_touched = 1;
  return 1;
}

typedef struct scene {
  sim_pair pair;
  sim_exchange exchange;
  pqq_config_options options;
  uint32_t datagram_bytes;
  size_t datagrams;
  char text[64];
  size_t text_len;
  size_t last_datagram_bytes;
} scene;

static void note(sim_client *client, const pqq_event *event) {
  scene *s = client->user_data;

  if (event->type == PQQ_EVENT_RESPONSE) {
    s->datagram_bytes = event->datagram_bytes;
  } else if (event->type == PQQ_EVENT_DATAGRAM) {
    s->datagrams++;
    s->last_datagram_bytes = event->data.len;
  } else if (event->type == PQQ_EVENT_DATA && event->data.len + s->text_len < sizeof s->text) {
    memcpy(s->text + s->text_len, event->data.data, event->data.len);
    s->text_len += event->data.len;
  }
}

static void scene_open(scene *s, uint32_t enable_connect, uint32_t enable_datagrams) {
  sim_setup setup = {.exchanges = &s->exchange, .exchange_count = 1};

  s->options = sim_options();
  s->options.enable_connect = enable_connect;
  s->options.enable_datagrams = enable_datagrams;
  setup.server_options = &s->options;
  setup.client_options = &s->options;
  sim_pair_open(&s->pair, harness_seed(), &setup);
  s->pair.server.on_request = accept_echo;
  s->pair.server.on_event = echo;
  s->pair.client.on_event = note;
  s->pair.client.user_data = s;
}

static pqq_status ask(scene *s, const char *protocol) {
  pqq_header headers[5] = {sim_field(":method", "CONNECT"), sim_field(":scheme", "https"),
                           sim_field(":authority", SIM_SERVER_NAME), sim_field(":path", "/"),
                           sim_field(":protocol", protocol ? protocol : "")};
  pqq_header plain[2] = {headers[0], headers[2]};

  s->pair.client.node.is_touched = 1;
  return pqq_engine_request(s->pair.client.node.engine, s->pair.client.conn, 1,
                            protocol ? headers : plain, protocol ? 5 : 2, NULL, 0);
}

static void send_text(scene *s, const char *text, uint32_t flags) {
  pqq_body body = {.data = sim_bytes(text)};

  EXPECT_INT(pqq_engine_write(s->pair.client.node.engine, s->exchange.stream, &body, flags),
             PQQ_OK);
  s->pair.client.node.is_touched = 1;
}

TEST("CONNECT with a protocol carries bytes both ways, and each half ends by itself") {
  scene s = {0};

  scene_open(&s, PQQ_CONNECT_EXTENDED, 0);
  /* Before the server's SETTINGS are here. */
  EXPECT_INT(ask(&s, "echo"), PQQ_OK);
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_INT(s.exchange.http_status, 200);
  EXPECT(!s.exchange.is_ended);
  send_text(&s, "hello ", 0);
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_UINT(s.text_len, 6);
  send_text(&s, "world", PQQ_WRITE_END);
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_MEM(s.text, s.text_len, "hello world", 11);
  EXPECT(s.exchange.is_ended);
  EXPECT_INT(s.exchange.status, PQQ_OK);
  EXPECT_INT(s.pair.server.stream_status, PQQ_OK);
  sim_pair_close(&s.pair);
}

TEST("a protocol is not sent to a server whose SETTINGS do not allow it") {
  scene s = {0};

  scene_open(&s, 0, 0);
  EXPECT_INT(ask(&s, "echo"), PQQ_OK);
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT(s.exchange.is_open_failed);
  EXPECT_INT(s.exchange.status, PQQ_ERR_CONNECT_UNSUPPORTED);
  EXPECT_UINT(s.pair.server.requests, 0);
  EXPECT(!s.pair.client.is_closed);
  sim_pair_close(&s.pair);
}

TEST("plain CONNECT is answered with 501, unless it is enabled") {
  for (uint32_t allowed = 0; allowed < 2; allowed++) {
    scene s = {0};

    scene_open(&s, allowed ? PQQ_CONNECT_PLAIN : 0, 0);
    EXPECT_INT(ask(&s, NULL), PQQ_OK);
    sim_run_for(s.pair.net, SIM_SECOND);
    EXPECT_UINT(s.pair.server.requests, allowed);
    EXPECT_INT(s.exchange.http_status, 501);
    EXPECT_UINT(sim_stats(s.pair.server.node.engine).requests_refused, 1 - allowed);
    sim_pair_close(&s.pair);
  }
}

TEST("datagrams pass both ways, up to the size that is said") {
  static uint8_t bytes[2000];
  scene s = {0};
  pqq_engine *engine;
  size_t most = 0;

  scene_open(&s, PQQ_CONNECT_EXTENDED, 1);
  EXPECT_INT(ask(&s, "echo"), PQQ_OK);
  sim_run_for(s.pair.net, 5 * SIM_SECOND);
  engine = s.pair.client.node.engine;
  EXPECT(s.datagram_bytes >= 1100);
  EXPECT_INT(pqq_engine_max_datagram_bytes(engine, s.exchange.stream, &most), PQQ_OK);
  EXPECT(most >= s.datagram_bytes && most < sizeof bytes);
  EXPECT_INT(pqq_engine_send_datagram(engine, s.exchange.stream, (pqq_bytes){bytes, most + 1}),
             PQQ_ERR_DATAGRAM_TOO_LARGE);
  EXPECT_INT(pqq_engine_send_datagram(engine, s.exchange.stream, (pqq_bytes){NULL, 0}), PQQ_OK);
  EXPECT_INT(pqq_engine_send_datagram(engine, s.exchange.stream, (pqq_bytes){bytes, most}), PQQ_OK);
  s.pair.client.node.is_touched = 1;
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_UINT(s.datagrams, 2);
  EXPECT_UINT(s.last_datagram_bytes, most);
  EXPECT_UINT(sim_stats(engine).http_datagrams_sent, 2);
  EXPECT_UINT(sim_stats(engine).http_datagrams_received, 2);
  EXPECT_UINT(sim_stats(engine).http_datagrams_dropped, 0);
  sim_pair_close(&s.pair);
}

/* One of the largest size, again and again. */
static void send_largest(scene *s, int count) {
  static uint8_t bytes[2000];
  pqq_engine *engine = s->pair.client.node.engine;
  size_t most;

  for (int i = 0; i < count; i++) {
    EXPECT_INT(pqq_engine_max_datagram_bytes(engine, s->exchange.stream, &most), PQQ_OK);
    EXPECT_INT(pqq_engine_send_datagram(engine, s->exchange.stream, (pqq_bytes){bytes, most}),
               PQQ_OK);
    s->pair.client.node.is_touched = 1;
    sim_run_for(s->pair.net, 20 * SIM_MS);
  }
}

TEST("datagrams alone, however long they go on, are no black hole") {
  scene s = {0};

  scene_open(&s, PQQ_CONNECT_EXTENDED, 1);
  EXPECT_INT(ask(&s, "echo"), PQQ_OK);
  sim_run_for(s.pair.net, 5 * SIM_SECOND);
  send_largest(&s, 250);
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_UINT(s.datagrams, 250);
  EXPECT(s.last_datagram_bytes > 1200);
  EXPECT_UINT(sim_stats(s.pair.client.node.engine).mtu_black_holes, 0);
  EXPECT_UINT(sim_stats(s.pair.server.node.engine).mtu_black_holes, 0);
  sim_pair_close(&s.pair);
}

TEST("after a black hole the largest datagram is one that the path still takes") {
  scene s = {0};
  pqq_engine *engine;
  size_t most;

  scene_open(&s, PQQ_CONNECT_EXTENDED, 1);
  EXPECT_INT(ask(&s, "echo"), PQQ_OK);
  sim_run_for(s.pair.net, 5 * SIM_SECOND);
  engine = s.pair.client.node.engine;
  s.pair.client.node.out.mtu_bytes = 1300;
  send_largest(&s, 100);
  EXPECT_UINT(sim_stats(engine).mtu_black_holes, 1);
  EXPECT_INT(pqq_engine_max_datagram_bytes(engine, s.exchange.stream, &most), PQQ_OK);
  EXPECT(most > 1100 && most < 1200);
  s.datagrams = 0;
  send_largest(&s, 10);
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_UINT(s.datagrams, 10);
  EXPECT_UINT(s.last_datagram_bytes, most);
  sim_pair_close(&s.pair);
}

TEST("where one end has not enabled datagrams, none can be sent") {
  scene s = {0};

  scene_open(&s, PQQ_CONNECT_EXTENDED, 0);
  EXPECT_INT(ask(&s, "echo"), PQQ_OK);
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_UINT(s.datagram_bytes, 0);
  EXPECT_INT(pqq_engine_send_datagram(s.pair.client.node.engine, s.exchange.stream, sim_bytes("x")),
             PQQ_ERR_DATAGRAM_UNSUPPORTED);
  sim_pair_close(&s.pair);
}

TEST("datagrams beyond what may wait to be sent are dropped and counted") {
  scene s = {0};
  pqq_engine *engine;

  scene_open(&s, PQQ_CONNECT_EXTENDED, 1);
  EXPECT_INT(ask(&s, "echo"), PQQ_OK);
  sim_run_for(s.pair.net, SIM_SECOND);
  engine = s.pair.client.node.engine;
  for (int i = 0; i < PQQ__MAX_DATAGRAMS_OUT; i++) {
    EXPECT_INT(pqq_engine_send_datagram(engine, s.exchange.stream, sim_bytes("x")), PQQ_OK);
  }
  EXPECT_INT(pqq_engine_send_datagram(engine, s.exchange.stream, sim_bytes("x")), PQQ_DROPPED);
  EXPECT_UINT(sim_stats(engine).http_datagrams_dropped, 1);
  sim_pair_close(&s.pair);
}

/* A hostile client: a DATAGRAM frame with these bytes. */
static void send_raw(scene *s, const uint8_t *bytes, size_t len) {
  pqq__session *session = session_of(s->pair.client.node.engine, s->pair.client.conn);
  pqq__datagram *raw = calloc(1, sizeof *raw + len + 1);

  EXPECT(session != NULL && raw != NULL);
  raw->len = len;
  memcpy(raw->bytes, bytes, len);
  if (session->datagrams_out.last) {
    session->datagrams_out.last->next = raw;
  } else {
    session->datagrams_out.first = raw;
  }
  session->datagrams_out.last = raw;
  session->datagrams_out.count++;
  pqq__conn_want_send(session->conn);
  s->pair.client.node.is_touched = 1;
}

TEST("datagrams that overtake their request wait for it, a few of them") {
  static const uint8_t first_stream[] = {0, 'x'};
  scene s = {0};

  scene_open(&s, PQQ_CONNECT_EXTENDED, 1);
  EXPECT(sim_pair_settle(&s.pair));
  sim_run_for(s.pair.net, SIM_SECOND);
  for (int i = 0; i < PQQ__MAX_DATAGRAMS_EARLY + 5; i++) {
    send_raw(&s, first_stream, sizeof first_stream);
  }
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_UINT(sim_stats(s.pair.server.node.engine).http_datagrams_dropped, 5);
  EXPECT_INT(ask(&s, "echo"), PQQ_OK);
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_UINT(s.datagrams, PQQ__MAX_DATAGRAMS_EARLY);
  sim_pair_close(&s.pair);
}

TEST("datagrams of a stream that is gone are dropped and counted") {
  static const uint8_t first_stream[] = {0, 'x'};
  scene s = {0};

  scene_open(&s, PQQ_CONNECT_EXTENDED, 1);
  EXPECT_INT(ask(&s, "other"), PQQ_OK);
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_INT(s.exchange.http_status, 501);
  EXPECT_INT(pqq_engine_reset(s.pair.client.node.engine, s.exchange.stream, H3_REQUEST_CANCELLED),
             PQQ_OK);
  s.pair.client.node.is_touched = 1;
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_UINT(s.pair.server.streams_closed, 1);
  send_raw(&s, first_stream, sizeof first_stream);
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_UINT(sim_stats(s.pair.server.node.engine).http_datagrams_dropped, 1);
  EXPECT(!s.pair.client.is_closed);
  sim_pair_close(&s.pair);
}

static int hang(sim_server *server, sim_reply *reply, const pqq_event *event) {
  (void)server;
  (void)reply;
  (void)event;
  return 1;
}

/* As many datagrams as `user_data` says are lost. */
static int lose_once(sim_node *node, sim_datagram *datagram) {
  int *left = node->user_data;

  (void)datagram;
  return !(*left > 0 && (*left)-- > 0);
}

static void answer_path(sim_server *server, const char *path) {
  for (const sim_reply *reply = server->replies; reply; reply = reply->next) {
    if (strcmp(reply->path, path) == 0) {
      sim_server_answer(server, reply);
      return;
    }
  }
  FAIL("no request for %s", path);
}

TEST("requests that begin out of order are both answered after GOAWAY, and stay known as gone") {
  static const uint8_t second_stream[] = {1, 'x'};
  int lose = 0;
  pqq_config_options options = sim_options();
  sim_exchange exchanges[2] = {{.path = "/first"}, {.path = "/second"}};
  const pqq__session *session;
  scene s = {0};
  sim_setup setup = {.server_options = &options,
                     .client_options = &options,
                     .exchanges = exchanges,
                     .exchange_count = 2};

  options.enable_datagrams = 1;
  sim_pair_open(&s.pair, harness_seed(), &setup);
  s.pair.server.on_request = hang;
  s.pair.client.node.on_send = lose_once;
  s.pair.client.node.user_data = &lose;
  EXPECT(sim_pair_settle(&s.pair));
  sim_run_for(s.pair.net, SIM_SECOND);
  lose = 1;
  EXPECT_INT(sim_client_request(&s.pair.client, 0), PQQ_OK);
  sim_run_for(s.pair.net, SIM_MS);
  EXPECT_INT(lose, 0);
  EXPECT_INT(sim_client_request(&s.pair.client, 1), PQQ_OK);
  sim_run_for(s.pair.net, 15 * SIM_MS);
  session = session_of(s.pair.server.node.engine, s.pair.server.conn);
  EXPECT_UINT(session->request_count, 1);
  EXPECT_INT(session->next_request_id, 8);
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_UINT(s.pair.server.requests, 2);
  EXPECT_INT(session->next_request_id, 8);
  EXPECT_INT(pqq_engine_shutdown(s.pair.server.node.engine), PQQ_OK);
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT(s.pair.client.is_going_away);
  EXPECT(!exchanges[1].is_closed); /* the GOAWAY is behind it */
  answer_path(&s.pair.server, "/second");
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT(exchanges[1].is_closed && !exchanges[0].is_closed);
  /* Of the second, which is over: dropped at once, not kept for a request to come. */
  send_raw(&s, second_stream, sizeof second_stream);
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_UINT(sim_stats(s.pair.server.node.engine).http_datagrams_dropped, 1);
  answer_path(&s.pair.server, "/first");
  EXPECT(sim_pair_wait_closed(&s.pair));
  EXPECT_INT(exchanges[0].status, PQQ_OK);
  EXPECT_INT(exchanges[1].status, PQQ_OK);
  sim_pair_close(&s.pair);
}

TEST("a datagram without a stream, or of one that cannot be, closes the connection") {
  static const struct {
    uint8_t bytes[8];
    size_t len;
    uint64_t wire_code;
  } cases[] = {
      {{0}, 0, 0x33},
      {{0x40}, 1, 0x33},
      {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 8, 0x33},
      {{0x7f, 0xff, 'x'}, 3, 0x108},
  };

  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    scene s = {0};

    scene_open(&s, PQQ_CONNECT_EXTENDED, 1);
    EXPECT(sim_pair_settle(&s.pair));
    sim_run_for(s.pair.net, SIM_SECOND);
    NOTE("case %zu", i);
    send_raw(&s, cases[i].bytes, cases[i].len);
    EXPECT(sim_pair_wait_closed(&s.pair));
    EXPECT(s.pair.client.close.is_application);
    EXPECT_UINT(s.pair.client.close.wire_code, cases[i].wire_code);
    sim_pair_close(&s.pair);
  }
}

TEST("datagrams that nobody takes are bounded by stream and by connection") {
  static uint8_t large[5000];
  scene s = {0};
  pqq__session *session;

  scene_open(&s, PQQ_CONNECT_EXTENDED, 1);
  EXPECT_INT(ask(&s, "echo"), PQQ_OK);
  sim_run_for(s.pair.net, SIM_SECOND);
  session = session_of(s.pair.server.node.engine, s.pair.server.conn);
  EXPECT(session != NULL);
  for (int i = 0; i < PQQ__MAX_DATAGRAMS_IN + 3; i++) {
    EXPECT_INT(pqq__session_on_datagram(session, large, 2), 0);
  }
  EXPECT_UINT(sim_stats(s.pair.server.node.engine).http_datagrams_dropped, 3);
  s.pair.server.node.is_touched = 1;
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_UINT(session->datagram_in_bytes, 0);
  for (int i = 0; i < PQQ__MAX_DATAGRAMS_IN; i++) {
    EXPECT_INT(pqq__session_on_datagram(session, large, sizeof large), 0);
  }
  EXPECT(session->datagram_in_bytes <= PQQ__MAX_DATAGRAM_IN_BYTES);
  EXPECT_UINT(sim_stats(s.pair.server.node.engine).http_datagrams_dropped,
              3 + PQQ__MAX_DATAGRAMS_IN - PQQ__MAX_DATAGRAM_IN_BYTES / (sizeof large - 1));
  sim_pair_close(&s.pair);
}
