/* SPDX-License-Identifier: MIT */
/* A peer that keeps to QUIC and TLS and breaks HTTP/3 (RFC 9114 sections 4.1.2,
 * 6.2, 7.2; RFC 9204 section 6). Malformed messages end their stream, broken
 * framing ends the connection with the right code. The bad peer is our own engine
 * with its checks gone round, by its inside. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "harness.h"
#include "http3/session.h"
#include "pair.h"
#include "raw.h"

#define PROTOCOL_VIOLATION 0x0a
/* The TLS alert. */
#define UNEXPECTED_MESSAGE 10
#define H3_STREAM_CREATION_ERROR 0x103
#define H3_CLOSED_CRITICAL_STREAM 0x104
#define H3_FRAME_UNEXPECTED 0x105
#define H3_FRAME_ERROR 0x106
#define H3_MESSAGE_ERROR 0x10e
#define QPACK_DECOMPRESSION_FAILED 0x200
#define QPACK_ENCODER_STREAM_ERROR 0x201
#define QPACK_DECODER_STREAM_ERROR 0x202

static void open_pair(sim_pair *pair, sim_exchange *exchanges, size_t count) {
  sim_setup setup = {.exchanges = exchanges, .exchange_count = count};

  sim_pair_open(pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(pair) && pair->client.is_connected);
  sim_run_for(pair->net, SIM_SECOND);
}

static void expect_works(sim_pair *pair, size_t last) {
  EXPECT_INT(sim_client_request(&pair->client, last), PQQ_OK);
  sim_run_for(pair->net, SIM_SECOND);
  EXPECT_INT(pair->client.exchanges[last].http_status, 200);
  EXPECT_INT(pair->client.exchanges[last].status, PQQ_OK);
  EXPECT(!pair->client.is_closed);
}

/* Malformed messages. */

typedef struct field {
  const char *name, *value;
} field;

#define MAX_FIELDS 8
#define START {":method", "GET"}, {":scheme", "https"}, {":authority", "server.test"}

static const struct {
  const char *what;
  field fields[MAX_FIELDS];
} bad_requests[] = {
    {"no :method", {{":scheme", "https"}, {":authority", "a"}, {":path", "/"}}},
    {"no :path", {START}},
    {"no :scheme", {{":method", "GET"}, {":authority", "a"}, {":path", "/"}}},
    {"no :authority and no host", {{":method", "GET"}, {":scheme", "https"}, {":path", "/"}}},
    {"empty :path", {START, {":path", ""}}},
    {":path twice", {START, {":path", "/"}, {":path", "/"}}},
    {"an unknown pseudo-header field", {START, {":path", "/"}, {":color", "red"}}},
    {":status in a request", {START, {":path", "/"}, {":status", "200"}}},
    {"a pseudo-header field behind others",
     {{":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {"a", "b"}, {":authority", "x"}}},
    {"connection", {START, {":path", "/"}, {"connection", "close"}}},
    {"transfer-encoding", {START, {":path", "/"}, {"transfer-encoding", "chunked"}}},
    {"te other than trailers", {START, {":path", "/"}, {"te", "gzip"}}},
    {"content-length that is no number", {START, {":path", "/"}, {"content-length", "x"}}},
    {"host that is not :authority", {START, {":path", "/"}, {"host", "other.test"}}},
    {"content-length twice",
     {START, {":path", "/"}, {"content-length", "1"}, {"content-length", "2"}}},
};

#define BAD_REQUESTS (sizeof bad_requests / sizeof bad_requests[0])

TEST("a malformed request ends its stream with H3_MESSAGE_ERROR and is never shown") {
  static sim_exchange exchanges[BAD_REQUESTS + 1];
  pqq_stats stats;
  sim_pair pair;

  exchanges[BAD_REQUESTS] = (sim_exchange){.path = "/bytes/1"};
  open_pair(&pair, exchanges, BAD_REQUESTS + 1);
  for (size_t i = 0; i < BAD_REQUESTS; i++) {
    pqq_header headers[MAX_FIELDS];
    size_t count = 0;

    for (; count < MAX_FIELDS && bad_requests[i].fields[count].name; count++) {
      headers[count] =
          sim_field(bad_requests[i].fields[count].name, bad_requests[i].fields[count].value);
    }
    NOTE("%s", bad_requests[i].what);
    EXPECT_INT(
        pqq__request_new(sim_client_conn(&pair)->app, i + 1, headers, count, NULL, PQQ_WRITE_END),
        PQQ_OK);
    sim_run_for(pair.net, SIM_SECOND);
    EXPECT(exchanges[i].is_closed);
    EXPECT_INT(exchanges[i].status, PQQ_ERR_STREAM_RESET);
    EXPECT_UINT(exchanges[i].wire_code, H3_MESSAGE_ERROR);
    EXPECT_UINT(pair.server.requests, 0);
  }
  expect_works(&pair, BAD_REQUESTS);
  sim_run_for(pair.net, SIM_SECOND);
  stats = sim_stats(pair.server.node.engine);
  EXPECT_UINT(stats.requests_now, 0);
  sim_pair_close(&pair);
}

/* The header section is right; that the message is not shows at its end. */
TEST("a request that is shorter than its content-length is shown, and then does not end") {
  sim_exchange exchanges[2] = {{.path = "/"}, {.path = "/bytes/1"}};
  pqq_header headers[5] = {sim_field(":method", "POST"), sim_field(":scheme", "https"),
                           sim_field(":authority", "server.test"), sim_field(":path", "/upload"),
                           sim_field("content-length", "5")};
  sim_pair pair;

  open_pair(&pair, exchanges, 2);
  EXPECT_INT(pqq__request_new(sim_client_conn(&pair)->app, 1, headers, 5, NULL, PQQ_WRITE_END),
             PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_UINT(pair.server.requests, 1);
  EXPECT_UINT(pair.server.streams_closed, 1);
  EXPECT_INT(pair.server.stream_status, PQQ_ERR_HTTP_PROTOCOL);
  EXPECT_UINT(exchanges[0].wire_code, H3_MESSAGE_ERROR);
  EXPECT_INT(exchanges[0].http_status, 0);
  expect_works(&pair, 1);
  sim_pair_close(&pair);
}

static int expect_no_field(sim_server *server, sim_reply *reply, const pqq_event *event) {
  (void)server;
  (void)reply;
  EXPECT_UINT(event->header_count, 5);
  EXPECT_UINT(sim_field_of(event, "a").len, 0);
  EXPECT(sim_bytes_are(sim_field_of(event, "b"), "c"));
  return 0;
}

TEST("a field whose value has a line break or NUL in it is not shown") {
  static const pqq_bytes values[] = {{(const uint8_t *)"b\r\nc: d", 8},
                                     {(const uint8_t *)"b\0c", 3}};

  for (size_t i = 0; i < 2; i++) {
    sim_exchange exchange = {.path = "/"};
    pqq_header headers[6] = {sim_field(":method", "GET"),
                             sim_field(":scheme", "https"),
                             sim_field(":authority", "server.test"),
                             sim_field(":path", "/bytes/1"),
                             {.name = sim_bytes("a"), .value = values[i]},
                             sim_field("b", "c")};
    sim_pair pair;

    open_pair(&pair, &exchange, 1);
    pair.server.on_request = expect_no_field;
    EXPECT_INT(pqq__request_new(sim_client_conn(&pair)->app, 1, headers, 6, NULL, PQQ_WRITE_END),
               PQQ_OK);
    sim_run_for(pair.net, SIM_SECOND);
    EXPECT_UINT(pair.server.requests, 1);
    EXPECT_INT(exchange.http_status, 200);
    sim_pair_close(&pair);
  }
}

static const field bad_responses[] = {
    {":status", "500"}, {":path", "/"}, {"upgrade", "h2c"}, {"content-length", "70000"}};

#define BAD_RESPONSES (sizeof bad_responses / sizeof bad_responses[0])

/* Adds bad_responses[N] to the answer of /N. */
static int answer_badly(sim_server *server, sim_reply *reply, const pqq_event *event) {
  size_t i = (size_t)atoi(reply->path + 1);
  pqq_header header;

  (void)event;
  if (i >= BAD_RESPONSES) {
    return 0;
  }
  header = sim_field(bad_responses[i].name, bad_responses[i].value);
  EXPECT_INT(pqq__respond(pqq__stream_find(server->node.engine, reply->stream), 200, &header, 1,
                          NULL, PQQ_WRITE_END),
             PQQ_OK);
  return 1;
}

TEST("a malformed response ends its request with HTTP_PROTOCOL, and the rest goes on") {
  static const char *const paths[] = {"/0", "/1", "/2", "/3"};
  sim_exchange exchanges[BAD_RESPONSES + 1];
  sim_pair pair;

  for (size_t i = 0; i < BAD_RESPONSES; i++) {
    exchanges[i] = (sim_exchange){.path = paths[i]};
  }
  exchanges[BAD_RESPONSES] = (sim_exchange){.path = "/bytes/1"};
  open_pair(&pair, exchanges, BAD_RESPONSES + 1);
  pair.server.on_request = answer_badly;
  for (size_t i = 0; i < BAD_RESPONSES; i++) {
    NOTE("%s", bad_responses[i].name);
    EXPECT_INT(sim_client_request(&pair.client, i), PQQ_OK);
    sim_run_for(pair.net, SIM_SECOND);
    EXPECT(exchanges[i].is_closed);
    EXPECT_INT(exchanges[i].status, PQQ_ERR_HTTP_PROTOCOL);
    EXPECT(!exchanges[i].is_ended);
  }
  pair.server.on_request = NULL;
  expect_works(&pair, BAD_RESPONSES);
  sim_pair_close(&pair);
}

static int answer_short(sim_server *server, sim_reply *reply, const pqq_event *event) {
  pqq_header header = sim_field("content-length", "100");
  pqq_body body = {.data = sim_bytes("less than a hundred")};
  pqq_engine *engine = server->node.engine;

  (void)event;
  /* The engine's own call does not do it. */
  EXPECT_INT(pqq_engine_respond(engine, reply->stream, 200, &header, 1, &body, PQQ_WRITE_END),
             PQQ_ERR_CONTENT_LENGTH);
  EXPECT_INT(
      pqq__respond(pqq__stream_find(engine, reply->stream), 200, &header, 1, &body, PQQ_WRITE_END),
      PQQ_OK);
  server->on_request = NULL;
  return 1;
}

TEST("a body that is shorter than its content-length is a failure and not an end") {
  sim_exchange exchanges[2] = {{.path = "/"}, {.path = "/bytes/1"}};
  sim_pair pair;

  open_pair(&pair, exchanges, 2);
  pair.server.on_request = answer_short;
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(exchanges[0].http_status, 200);
  EXPECT(!exchanges[0].is_ended);
  EXPECT_INT(exchanges[0].status, PQQ_ERR_HTTP_PROTOCOL);
  expect_works(&pair, 1);
  sim_pair_close(&pair);
}

static int answer_interim(sim_server *server, sim_reply *reply, const pqq_event *event) {
  (void)event;
  for (int i = 0; i < 1000; i++) {
    EXPECT_INT(pqq_engine_respond(server->node.engine, reply->stream, 103, NULL, 0, NULL, 0),
               PQQ_OK);
  }
  sim_server_answer(server, reply);
  server->on_request = NULL;
  return 1;
}

TEST("interim responses without end fail their request") {
  sim_exchange exchanges[2] = {{.path = "/"}, {.path = "/bytes/1"}};
  sim_pair pair;

  open_pair(&pair, exchanges, 2);
  pair.server.on_request = answer_interim;
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_UINT(exchanges[0].interim_count, PQQ__MAX_INTERIM_RESPONSES);
  EXPECT_INT(exchanges[0].status, PQQ_ERR_HTTP_PROTOCOL);
  expect_works(&pair, 1);
  sim_pair_close(&pair);
}

/* The server's control stream on h3. */
enum { SERVER_CONTROL = 3 };

static const struct {
  const char *what;
  uint64_t code;
  /* Of the client's, or 0: a new unidirectional one, 1: a new request stream. */
  int stream;
  int fin;
  const char *bytes;
  size_t len;
} breaches[] = {
    {"a second control stream", H3_STREAM_CREATION_ERROR, 0, 0, "\x00\x04\x00", 3},
    {"a second QPACK encoder stream", H3_STREAM_CREATION_ERROR, 0, 0, "\x02", 1},
    {"a second QPACK decoder stream", H3_STREAM_CREATION_ERROR, 0, 0, "\x03", 1},
    {"a push stream from a client", H3_STREAM_CREATION_ERROR, 0, 0, "\x01\x00", 2},
    {"DATA before HEADERS", H3_FRAME_UNEXPECTED, 1, 0, "\x00\x01x", 3},
    {"SETTINGS on a request stream", H3_FRAME_UNEXPECTED, 1, 0, "\x04\x00", 2},
    {"GOAWAY on a request stream", H3_FRAME_UNEXPECTED, 1, 0, "\x07\x01\x00", 3},
    {"a frame that is longer than its stream", H3_FRAME_ERROR, 1, 1, "\x01\x20x", 3},
    {"a header block that names no field", QPACK_DECOMPRESSION_FAILED, 1, 1,
     "\x01\x03\x00\x00\xff\xff", 6},
    {"HTTP/2's PRIORITY on a request stream", H3_FRAME_UNEXPECTED, 1, 0, "\x02\x00", 2},
    {"a second SETTINGS", H3_FRAME_UNEXPECTED, SIM_CONTROL, 0, "\x04\x00", 2},
    {"HEADERS on the control stream", H3_FRAME_UNEXPECTED, SIM_CONTROL, 0, "\x01\x00", 2},
    {"DATA on the control stream", H3_FRAME_UNEXPECTED, SIM_CONTROL, 0, "\x00\x00", 2},
    {"HTTP/2's PING on the control stream", H3_FRAME_UNEXPECTED, SIM_CONTROL, 0, "\x06\x00", 2},
    {"an empty GOAWAY", H3_FRAME_ERROR, SIM_CONTROL, 0, "\x07\x00", 2},
    {"the end of the control stream", H3_CLOSED_CRITICAL_STREAM, SIM_CONTROL, 1, "", 0},
    {"the end of the QPACK encoder stream", H3_CLOSED_CRITICAL_STREAM, SIM_ENCODER, 1, "", 0},
    {"an encoder instruction that refers to nothing", QPACK_ENCODER_STREAM_ERROR, SIM_ENCODER, 0,
     "\x80\xff\xff\xff\x7f", 5},
    {"an acknowledgement of nothing", QPACK_DECODER_STREAM_ERROR, SIM_DECODER, 0, "\x3f\x01", 2},
};

TEST("broken framing closes the connection with its code, on both ends") {
  for (size_t i = 0; i < sizeof breaches / sizeof breaches[0]; i++) {
    int64_t stream = breaches[i].stream;
    sim_pair pair;

    NOTE("%s", breaches[i].what);
    open_pair(&pair, NULL, 0);
    if (stream < 2) {
      stream = sim_open_raw(&pair, stream == 1);
    }
    sim_send_raw(&pair, stream, breaches[i].bytes, breaches[i].len, breaches[i].fin);
    sim_run_for(pair.net, SIM_SECOND);
    EXPECT_UINT(pair.server.closed, 1);
    EXPECT_UINT(pair.server.close.wire_code, breaches[i].code);
    EXPECT_INT(pair.server.close.status, PQQ_ERR_HTTP_PROTOCOL);
    EXPECT_INT(pair.server.close.is_application, 1);
    EXPECT_INT(pair.server.close.is_remote, 0);
    EXPECT(pair.client.is_closed);
    EXPECT_UINT(pair.client.close.wire_code, breaches[i].code);
    EXPECT_INT(pair.client.close.is_remote, 1);
    EXPECT(pair.client.close.reason.len > 0);
    sim_pair_close(&pair);
  }
}

TEST("streams and frames of unknown types are ignored, any number of them") {
  /* Type 0x21 + 0x1f * N is reserved to be ignored (RFC 9114 sections 6.2.3, 7.2.8). */
  sim_exchange exchange = {.path = "/bytes/1"};
  sim_pair pair;

  open_pair(&pair, &exchange, 1);
  for (int i = 0; i < 60; i++) {
    sim_send_raw(&pair, sim_open_raw(&pair, 0),
                 "\x21"
                 "some bytes of a stream that nobody knows",
                 41, 1);
    sim_send_raw(&pair, SIM_CONTROL, "\x21\x03xyz", 5, 0);
    sim_run_for(pair.net, SIM_SECOND / 10);
  }
  EXPECT_UINT(pair.server.closed, 0);
  expect_works(&pair, 0);
  sim_pair_close(&pair);
}

/* Replies are listed newest first; those of streams that have ended are gone. */
static const sim_reply *last_reply(const sim_server *server) {
  const sim_reply *reply = server->replies;

  while (reply && reply->next) {
    reply = reply->next;
  }
  return reply;
}

TEST("requests from the id of a GOAWAY on are given up though the server resets none of them") {
  /* Streams 0 and 4 are served, 8 is not; then 4 is not either (RFC 9114 section 5.2). */
  sim_exchange exchanges[3] = {{.path = "/hang"}, {.path = "/hang"}, {.path = "/hang"}};
  sim_pair pair;

  open_pair(&pair, exchanges, 3);
  for (size_t i = 0; i < 3; i++) {
    EXPECT_INT(sim_client_request(&pair.client, i), PQQ_OK);
  }
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_UINT(pair.server.requests, 3);
  sim_send_raw_as(&pair, 1, SERVER_CONTROL, "\x07\x01\x08", 3, 0);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT(pair.client.is_going_away);
  EXPECT(!exchanges[0].is_closed && !exchanges[1].is_closed);
  EXPECT_INT(exchanges[2].status, PQQ_ERR_STREAM_REFUSED);
  EXPECT(!exchanges[2].is_reset);
  sim_send_raw_as(&pair, 1, SERVER_CONTROL, "\x07\x01\x04", 3, 0);
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(exchanges[1].status, PQQ_ERR_STREAM_REFUSED);
  sim_server_answer(&pair.server, last_reply(&pair.server));
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT_INT(exchanges[0].status, PQQ_OK);
  EXPECT(!pair.client.is_closed);
  sim_pair_close(&pair);
}

/* TLS messages in CRYPTO frames, past AWS-LC. */

TEST("a ClientHello larger than TLS takes ends its connection, and little of it is taken in") {
  /* Message type 1, length 196,608; the real ClientHello then comes behind it. */
  static uint8_t hello[4 + 0x30000] = {1, 3, 0, 0};
  pqq_stats stats;
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), NULL);
  EXPECT_INT(ngtcp2_conn_submit_crypto_data(sim_client_conn(&pair)->quic,
                                            NGTCP2_ENCRYPTION_LEVEL_INITIAL, hello, sizeof hello),
             0);
  sim_run_for(pair.net, 60 * SIM_SECOND);
  EXPECT(pair.client.is_closed && !pair.client.is_connected);
  EXPECT_INT(pair.client.close.is_remote, 1);
  EXPECT_INT(pair.client.close.status, PQQ_ERR_TRANSPORT);
  EXPECT_UINT(pair.client.close.wire_code, PROTOCOL_VIOLATION);
  EXPECT(!pair.client.close.is_application);
  stats = sim_stats(pair.server.node.engine);
  EXPECT_UINT(stats.handshakes_failed, 1);
  EXPECT_UINT(stats.connections_now, 0);
  /* What the server took in before it gave up: two first flights at most. */
  EXPECT(stats.bytes_received < 40000);
  sim_pair_close(&pair);
}

/* A client has no message for a server behind its handshake: KeyUpdate has no place in QUIC (RFC
 * 9001 section 6), nor has a certificate that nobody may ask for (section 4.4). The first byte
 * shows it. */
static const struct {
  const char *what;
  uint8_t message[5];
  size_t len;
} late_messages[] = {
    {"KeyUpdate", {24, 0, 0, 1, 0}, 5},
    {"Certificate", {11, 0, 0, 1, 0}, 5},
    {"NewSessionTicket", {4, 0, 0, 1, 0}, 5},
};

TEST("a client's TLS message behind its handshake ends the connection with unexpected_message") {
  for (size_t i = 0; i < sizeof late_messages / sizeof late_messages[0]; i++) {
    sim_pair pair;

    NOTE("%s", late_messages[i].what);
    open_pair(&pair, NULL, 0);
    EXPECT_INT(ngtcp2_conn_submit_crypto_data(sim_client_conn(&pair)->quic,
                                              NGTCP2_ENCRYPTION_LEVEL_1RTT,
                                              late_messages[i].message, late_messages[i].len),
               0);
    pqq__conn_want_send(sim_client_conn(&pair));
    sim_run_for(pair.net, SIM_SECOND);
    EXPECT(pair.client.is_closed);
    EXPECT_INT(pair.client.close.is_remote, 1);
    EXPECT_UINT(pair.client.close.wire_code, 0x100 + UNEXPECTED_MESSAGE);
    EXPECT_INT(pair.client.close.tls_alert, UNEXPECTED_MESSAGE);
    EXPECT_INT(pair.server.close.tls_alert, UNEXPECTED_MESSAGE);
    EXPECT_INT(pair.server.close.status, PQQ_ERR_TLS_ALERT);
    sim_pair_close(&pair);
  }
}

/* Frames of random types and contents, half of them with plausible lengths. */
static size_t random_frames(sim_random *random, uint8_t *data, size_t size) {
  size_t len = 0;

  while (len + 64 < size && sim_random_below(random, 8)) {
    size_t payload = sim_random_below(random, 40);

    data[len++] = (uint8_t)sim_random_below(random, sim_random_below(random, 2) ? 10 : 64);
    data[len++] = (uint8_t)(payload + (sim_random_below(random, 4) == 0));
    for (size_t i = 0; i < payload; i++) {
      data[len++] = (uint8_t)sim_random_next(random);
    }
  }
  return len;
}

TEST("random frames on random streams end connections, never the engine") {
  sim_random random = {harness_seed()};
  unsigned closed = 0;

  for (int round = 0; round < 300; round++) {
    static uint8_t data[8][512]; /* lives until it is acknowledged */
    sim_pair pair;

    NOTE("round %d", round);
    open_pair(&pair, NULL, 0);
    for (int i = 0; i < 8 && !pair.client.is_closed; i++) {
      static const int64_t own[] = {SIM_CONTROL, SIM_ENCODER, SIM_DECODER};
      uint64_t which = sim_random_below(&random, 8);
      int64_t stream = which < 3 ? own[which] : sim_open_raw(&pair, which < 7);
      size_t len = random_frames(&random, data[i], sizeof data[i]);

      sim_send_raw(&pair, stream, data[i], len, sim_random_below(&random, 2) != 0);
      sim_run_for(pair.net, SIM_SECOND / 10);
    }
    closed += pair.server.closed != 0;
    if (pair.server.closed) {
      EXPECT_INT(pair.server.close.status, PQQ_ERR_HTTP_PROTOCOL);
    }
    sim_pair_close(&pair);
  }
  EXPECT(closed > 100);
}
