/* SPDX-License-Identifier: MIT */
/* HTTP datagrams in DATAGRAM capsules (RFC 9297 section 3): with peers that have no QUIC datagrams,
 * with datagrams that do not fit one, and with hostile peers. The reader itself:
 * test/native/http3/capsule_test.c. */
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "harness.h"
#include "pair.h"
#include "raw.h"

#define H3_MESSAGE_ERROR 0x10e

typedef struct scene {
  sim_pair pair;
  sim_exchange exchange;
  pqq_config_options options;
  /* What the server answers with. */
  int accepts_capsules, status;
  uint32_t datagram_bytes;
  /* At the client and at the server. */
  size_t datagrams, last_bytes, data_bytes, server_datagrams, server_data_bytes;
  int is_damaged;
} scene;

static uint8_t pattern[PQQ__MAX_CAPSULE_BYTES + 1];

static int is_pattern(pqq_bytes data) {
  return data.len == 0 || memcmp(data.data, pattern, data.len) == 0;
}

static void note(sim_client *client, const pqq_event *event) {
  scene *s = client->user_data;

  if (event->type == PQQ_EVENT_RESPONSE) {
    s->datagram_bytes = event->datagram_bytes;
  } else if (event->type == PQQ_EVENT_DATAGRAM) {
    s->datagrams++;
    s->last_bytes = event->data.len;
    s->is_damaged |= !is_pattern(event->data);
  } else if (event->type == PQQ_EVENT_DATA) {
    s->data_bytes += event->data.len;
  }
}

static void echo(sim_server *server, const pqq_event *event) {
  scene *s = server->user_data;

  if (event->type == PQQ_EVENT_DATAGRAM) {
    s->server_datagrams++;
    s->is_damaged |= !is_pattern(event->data);
    EXPECT(pqq_engine_send_datagram(server->node.engine, event->stream, event->data) >= 0);
    server->node.is_touched = 1;
  } else if (event->type == PQQ_EVENT_DATA) {
    s->server_data_bytes += event->data.len;
  }
}

static int accept_tunnel(sim_server *server, sim_reply *reply, const pqq_event *event) {
  pqq_header capsules = sim_field("capsule-protocol", "?1");
  pqq_body body = {.data = sim_bytes("no")};
  const scene *s = server->user_data;
  int is_ok = s->status == 200;

  (void)event;
  EXPECT_INT(pqq_engine_respond(server->node.engine, reply->stream, s->status, &capsules,
                                (size_t)s->accepts_capsules, is_ok ? NULL : &body,
                                is_ok ? 0 : PQQ_WRITE_END),
             PQQ_OK);
  server->node.is_touched = 1;
  return 1;
}

static void take_no_frames(pqq__session *session) {
  session->peer_takes_datagrams = 0;
}

/* A tunnel, on ends without DATAGRAM frames if `has_frames` is 0. */
static void open_tunnel(scene *s, int has_frames, int asks_capsules) {
  pqq_header headers[] = {
      sim_field(":method", "CONNECT"),          sim_field(":scheme", "https"),
      sim_field(":authority", SIM_SERVER_NAME), sim_field(":path", "/"),
      sim_field(":protocol", "echo"),           sim_field("capsule-protocol", "?1")};
  sim_setup setup = {.exchanges = &s->exchange, .exchange_count = 1};

  for (size_t i = 0; i < sizeof pattern; i++) {
    pattern[i] = (uint8_t)(i * 7 + (i >> 8));
  }
  s->options.enable_connect = PQQ_CONNECT_EXTENDED;
  s->options.enable_datagrams = 1;
  setup.server_options = setup.client_options = &s->options;
  sim_pair_open(&s->pair, harness_seed(), &setup);
  s->pair.server.on_request = accept_tunnel;
  s->pair.server.on_event = echo;
  s->pair.client.on_event = note;
  s->pair.client.user_data = s->pair.server.user_data = s;
  EXPECT(sim_pair_settle(&s->pair) && s->pair.client.is_connected);
  sim_run_for(s->pair.net, 5 * SIM_SECOND);
  if (!has_frames) {
    take_no_frames(sim_client_conn(&s->pair)->app);
    take_no_frames(sim_server_conn(&s->pair)->app);
  }
  EXPECT_INT(pqq_engine_request(s->pair.client.node.engine, s->pair.client.conn, 1, headers,
                                asks_capsules ? 6 : 5, NULL, 0),
             PQQ_OK);
  s->pair.client.node.is_touched = 1;
  sim_run_for(s->pair.net, SIM_SECOND);
  EXPECT_INT(s->exchange.http_status, s->status);
}

static scene new_scene(void) {
  return (scene){.options = sim_options(), .accepts_capsules = 1, .status = 200};
}

static pqq_status send_datagram(scene *s, size_t bytes) {
  s->pair.client.node.is_touched = 1;
  return pqq_engine_send_datagram(s->pair.client.node.engine, s->exchange.stream,
                                  (pqq_bytes){pattern, bytes});
}

static void send_bytes(scene *s, const void *bytes, size_t len, uint32_t flags) {
  pqq_body body = {.data = {bytes, len}};

  EXPECT(pqq_engine_write(s->pair.client.node.engine, s->exchange.stream, &body, flags) >= 0);
  s->pair.client.node.is_touched = 1;
}

static pqq_stats at(const sim_node *node) {
  return sim_stats(node->engine);
}

TEST("without DATAGRAM frames datagrams of every size go in capsules, both ways") {
  static const size_t sizes[] = {0, 1, 63, 64, 1200, 16383, 16384, PQQ__MAX_CAPSULE_BYTES};
  scene s = new_scene();

  open_tunnel(&s, 0, 1);
  EXPECT_UINT(s.datagram_bytes, PQQ__MAX_CAPSULE_BYTES);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    NOTE("%zu bytes", sizes[i]);
    EXPECT_INT(send_datagram(&s, sizes[i]), PQQ_OK);
    sim_run_for(s.pair.net, SIM_SECOND);
    EXPECT_UINT(s.datagrams, i + 1);
    EXPECT_UINT(s.last_bytes, sizes[i]);
  }
  EXPECT(!s.is_damaged);
  EXPECT_INT(send_datagram(&s, PQQ__MAX_CAPSULE_BYTES + 1), PQQ_ERR_DATAGRAM_TOO_LARGE);
  EXPECT_UINT(s.data_bytes + s.server_data_bytes, 0);
  EXPECT_UINT(at(&s.pair.client.node).capsules_sent, 8);
  EXPECT_UINT(at(&s.pair.client.node).capsules_received, 8);
  EXPECT_UINT(at(&s.pair.client.node).http_datagrams_dropped, 0);
  sim_pair_close(&s.pair);
}

TEST("with DATAGRAM frames only what does not fit one goes in a capsule") {
  scene s = new_scene();

  open_tunnel(&s, 1, 1);
  EXPECT_INT(send_datagram(&s, 1000), PQQ_OK);
  EXPECT_INT(send_datagram(&s, 10000), PQQ_OK);
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_UINT(s.datagrams, 2);
  EXPECT_UINT(at(&s.pair.client.node).http_datagrams_sent, 2);
  EXPECT_UINT(at(&s.pair.client.node).capsules_sent, 1);
  EXPECT_UINT(at(&s.pair.server.node).capsules_sent, 1);
  EXPECT(!s.is_damaged);
  sim_pair_close(&s.pair);
}

TEST("capsules need the word of both ends; else bytes stay bytes") {
  for (int says = 0; says < 2; says++) {
    scene s = new_scene();

    NOTE("the %s says it alone", says ? "client" : "server");
    s.accepts_capsules = !says;
    open_tunnel(&s, 0, says);
    EXPECT_UINT(s.datagram_bytes, 0);
    EXPECT_INT(send_datagram(&s, 100), PQQ_ERR_DATAGRAM_UNSUPPORTED);
    EXPECT_UINT(at(&s.pair.client.node).capsules_sent, 0);
    send_bytes(&s, "\0\1x", 3, 0);
    sim_run_for(s.pair.net, SIM_SECOND);
    EXPECT_UINT(s.server_data_bytes, 3);
    EXPECT_UINT(s.server_datagrams, 0);
    sim_pair_close(&s.pair);
  }
}

TEST("a refusal's content is content, whatever it says of capsules") {
  scene s = new_scene();

  s.status = 501;
  open_tunnel(&s, 0, 1);
  EXPECT_UINT(s.data_bytes, 2);
  EXPECT_UINT(at(&s.pair.client.node).capsules_skipped, 0);
  sim_pair_close(&s.pair);
}

/* Two datagrams with an unknown capsule between and one behind. */
static const uint8_t mixed[] = {0, 2, 0, 7, 0x7f, 0x01, 3, 'x', 'y', 'z', 0, 0, 0x21, 1, 'q'};

TEST("unknown capsules are skipped, and a capsule may be cut anywhere") {
  for (size_t cut = 1; cut <= sizeof mixed; cut++) {
    scene s = new_scene();

    NOTE("pieces of %zu bytes", cut);
    open_tunnel(&s, 0, 1);
    for (size_t i = 0; i < sizeof mixed; i += cut) {
      send_bytes(&s, mixed + i, i + cut < sizeof mixed ? cut : sizeof mixed - i, 0);
      sim_run_for(s.pair.net, 25 * SIM_MS);
    }
    sim_run_for(s.pair.net, SIM_SECOND);
    EXPECT_UINT(s.server_datagrams, 2);
    EXPECT_UINT(s.server_data_bytes, 0);
    EXPECT_UINT(at(&s.pair.server.node).capsules_received, 2);
    EXPECT_UINT(at(&s.pair.server.node).capsules_skipped, 2);
    EXPECT_UINT(s.datagrams, 2);
    EXPECT(!s.is_damaged);
    sim_pair_close(&s.pair);
  }
}

TEST("a capsule that is too long is skipped, and what follows is read") {
  static const uint8_t head[] = {0, 0x80, 1, 0, 0}; /* 65,536 */
  scene s = new_scene();

  open_tunnel(&s, 0, 1);
  send_bytes(&s, head, sizeof head, 0);
  send_bytes(&s, pattern, 65536, 0);
  send_bytes(&s, mixed, sizeof mixed, 0);
  sim_run_for(s.pair.net, 5 * SIM_SECOND);
  EXPECT_UINT(at(&s.pair.server.node).capsules_skipped, 3);
  EXPECT_UINT(s.server_datagrams, 2);
  EXPECT(!s.pair.client.is_closed);
  sim_pair_close(&s.pair);
}

TEST("the end of the stream in the middle of a capsule is H3_MESSAGE_ERROR") {
  for (size_t len = 0; len <= 4; len++) {
    scene s = new_scene();
    int is_whole = len == 0 || len == 4;

    NOTE("after %zu bytes", len);
    open_tunnel(&s, 0, 1);
    send_bytes(&s, mixed, len, PQQ_WRITE_END);
    sim_run_for(s.pair.net, SIM_SECOND);
    EXPECT_INT(s.exchange.is_reset, !is_whole);
    if (!is_whole) {
      EXPECT_UINT(s.exchange.wire_code, H3_MESSAGE_ERROR);
      EXPECT_INT(s.pair.server.stream_status, PQQ_ERR_HTTP_PROTOCOL);
    }
    EXPECT(!s.pair.client.is_closed);
    sim_pair_close(&s.pair);
  }
}

TEST("a flood of capsules that nobody takes is bounded, and stops nobody") {
  enum { COUNT = 20000 };
  static uint8_t empties[2 * COUNT];
  scene s = new_scene();
  const pqq__session *session;

  open_tunnel(&s, 0, 1);
  session = sim_server_conn(&s.pair)->app;
  s.pair.server.node.is_paused = 1;
  for (int i = 0; i < 10; i++) {
    send_bytes(&s, empties, sizeof empties, 0);
    sim_run_for(s.pair.net, SIM_SECOND);
  }
  EXPECT_UINT(at(&s.pair.server.node).capsules_received, 10 * COUNT);
  EXPECT_UINT(at(&s.pair.server.node).http_datagrams_received, PQQ__MAX_DATAGRAMS_IN);
  EXPECT_UINT(at(&s.pair.server.node).http_datagrams_dropped, 10 * COUNT - PQQ__MAX_DATAGRAMS_IN);
  /* Large ones: as many as the connection may hold. */
  for (int i = 0; i < 10; i++) {
    EXPECT(send_datagram(&s, PQQ__MAX_CAPSULE_BYTES) >= 0);
    sim_run_for(s.pair.net, SIM_SECOND);
  }
  EXPECT(session->datagram_in_bytes <= PQQ__MAX_DATAGRAM_IN_BYTES);
  s.pair.server.node.is_paused = 0;
  s.pair.server.node.is_touched = 1;
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_UINT(s.server_datagrams, PQQ__MAX_DATAGRAMS_IN);
  EXPECT_UINT(session->datagram_in_bytes, 0);
  EXPECT_INT(send_datagram(&s, 100), PQQ_OK);
  sim_run_for(s.pair.net, SIM_SECOND);
  EXPECT_UINT(s.server_datagrams, PQQ__MAX_DATAGRAMS_IN + 1);
  sim_pair_close(&s.pair);
}

TEST("capsules that find the send buffer full are dropped and counted") {
  scene s = new_scene();
  pqq_status status = PQQ_OK;
  int sent = 0;

  open_tunnel(&s, 0, 1);
  while (status == PQQ_OK && sent < 100) {
    status = send_datagram(&s, PQQ__MAX_CAPSULE_BYTES);
    sent += status == PQQ_OK;
  }
  EXPECT_INT(status, PQQ_DROPPED);
  EXPECT(sent >= 4 && sent <= 6); /* 256 KiB */
  EXPECT_UINT(at(&s.pair.client.node).http_datagrams_dropped, 1);
  sim_run_for(s.pair.net, 5 * SIM_SECOND);
  EXPECT_UINT(s.datagrams, sent);
  EXPECT(!s.is_damaged);
  sim_pair_close(&s.pair);
}
