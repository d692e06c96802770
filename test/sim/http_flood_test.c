/* SPDX-License-Identifier: MIT */
/* Floods of things that HTTP/3 allows and nobody needs (RFC 9114 section 10.5): each ends its
 * connection with H3_EXCESSIVE_LOAD where max_glitches says, and less of it ends nothing. */
#include <string.h>

#include "harness.h"
#include "pair.h"
#include "raw.h"

#define H3_EXCESSIVE_LOAD 0x107

/* Allowed at once; a thirtieth comes back each second. */
#define GLITCHES 60

typedef struct flood {
  const char *what;
  /* SIM_CONTROL and so on, or 0: a new unidirectional stream for each, 1: one request stream. */
  int stream;
  int fin;
  const char *bytes;
  size_t len;
} flood;

static const flood floods[] = {
    {"unknown frames on the control stream", SIM_CONTROL, 0, "\x21\x03xyz", 5},
    {"empty unknown frames on the control stream", SIM_CONTROL, 0, "\x21\x00", 2},
    {"PRIORITY_UPDATE of one request", SIM_CONTROL, 0, "\x80\x0f\x07\x00\x04\x00u=1", 9},
    {"PRIORITY_UPDATE without a value", SIM_CONTROL, 0, "\x80\x0f\x07\x00\x01\x00", 6},
    {"the same GOAWAY again", SIM_CONTROL, 0, "\x07\x01\x00", 3},
    {"the same MAX_PUSH_ID again", SIM_CONTROL, 0, "\x0d\x01\x00", 3},
    {"streams of unknown types", 0, 1, "\x21xyz", 4},
    {"unknown frames on a request stream", 1, 0, "\x21\x03xyz", 5},
};

static void open_pair(sim_pair *pair, sim_exchange *exchange, const pqq_config_options *options) {
  sim_setup setup = {.server_options = options, .exchanges = exchange, .exchange_count = 1};

  sim_pair_open(pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(pair) && pair->client.is_connected);
  sim_run_for(pair->net, SIM_SECOND);
}

static pqq_config_options few_glitches(void) {
  pqq_config_options options = sim_options();

  options.max_glitches = GLITCHES;
  options.idle_timeout_ms = 600000;
  return options;
}

/* Sends it up to `count` times, as long as the server takes it; how often. */
static int send_flood(sim_pair *pair, const flood *row, int count, pqq_time_ns interval) {
  int64_t stream = row->stream == 1 ? sim_open_raw(pair, 1) : row->stream;
  int sent = 0;

  while (sent < count && pair->server.closed == 0) {
    sim_send_raw(pair, row->stream == 0 ? sim_open_raw(pair, 0) : stream, row->bytes, row->len,
                 row->fin);
    sim_run_for(pair->net, interval);
    sent++;
  }
  sim_run_for(pair->net, SIM_SECOND);
  return sent;
}

static void expect_excessive(const sim_pair *pair) {
  EXPECT_UINT(pair->server.closed, 1);
  EXPECT_UINT(pair->server.close.wire_code, H3_EXCESSIVE_LOAD);
  EXPECT_INT(pair->server.close.is_application, 1);
  EXPECT_INT(pair->server.close.is_remote, 0);
  EXPECT_UINT(pair->client.close.wire_code, H3_EXCESSIVE_LOAD);
  EXPECT_UINT(sim_stats(pair->server.node.engine).glitch_closes, 1);
}

TEST("each kind of useless frame and stream ends its connection at max_glitches") {
  pqq_config_options options = few_glitches();

  for (size_t i = 0; i < sizeof floods / sizeof floods[0]; i++) {
    sim_exchange exchange = {.path = "/bytes/1"};
    sim_pair pair;
    int sent;

    open_pair(&pair, &exchange, &options);
    sent = send_flood(&pair, &floods[i], 10 * GLITCHES, 20 * SIM_MS);
    NOTE("%s: %d", floods[i].what, sent);
    expect_excessive(&pair);
    /* Some come back while it goes on, and some are under way when it ends. */
    EXPECT(sent >= GLITCHES && sent <= GLITCHES + 10);
    sim_pair_close(&pair);
  }
}

TEST("as much, but slowly, ends nothing") {
  pqq_config_options options = few_glitches();

  for (size_t i = 0; i < sizeof floods / sizeof floods[0]; i++) {
    sim_exchange exchange = {.path = "/bytes/1"};
    sim_pair pair;

    options.headers_timeout_ms = PQQ_TIMEOUT_NONE;
    open_pair(&pair, &exchange, &options);
    NOTE("%s", floods[i].what);
    EXPECT_INT(send_flood(&pair, &floods[i], 3 * GLITCHES, SIM_SECOND), 3 * GLITCHES);
    EXPECT_UINT(pair.server.closed, 0);
    if (floods[i].stream != SIM_CONTROL || floods[i].bytes[0] != 0x07) {
      EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
      sim_run_for(pair.net, SIM_SECOND);
      EXPECT_INT(exchange.http_status, 200);
    }
    EXPECT_UINT(sim_stats(pair.server.node.engine).glitch_closes, 0);
    sim_pair_close(&pair);
  }
}

/* --- QPACK ------------------------------------------------------------------------------------ */

/* nghttp3 has limits of its own for these, in bytes without a field section in between. */
#define ENCODER_BYTES (128u * 1024u)
#define DECODER_BYTES (4u * 1024u)
#define QPACK_ENCODER_STREAM_ERROR 0x201
#define QPACK_DECODER_STREAM_ERROR 0x202

static const struct {
  flood of;
  size_t most;
  uint64_t code;
} instructions[] = {
    /* Inserts of a literal name, which push each other out of the table. */
    {{"inserts that nothing refers to", SIM_ENCODER, 0, "\x41x\x01y", 4},
     ENCODER_BYTES,
     QPACK_ENCODER_STREAM_ERROR},
    {{"changes of the table's size", SIM_ENCODER, 0, "\x3f\xe1\x1f", 3},
     ENCODER_BYTES,
     QPACK_ENCODER_STREAM_ERROR},
    {{"cancellations of streams that never were", SIM_DECODER, 0, "\x7e", 1},
     DECODER_BYTES,
     QPACK_DECODER_STREAM_ERROR},
};

/* Sends pieces until the server has enough; how many bytes. */
static size_t send_bytes(sim_pair *pair, const flood *row, size_t most) {
  uint8_t piece[1000];
  size_t sent = 0, len = 0;

  while (len + row->len <= sizeof piece) {
    memcpy(piece + len, row->bytes, row->len);
    len += row->len;
  }
  while (sent < most && pair->server.closed == 0) {
    sim_send_raw(pair, row->stream, piece, len, 0);
    sim_run_for(pair->net, 25 * SIM_MS);
    sent += len;
  }
  sim_run_for(pair->net, SIM_SECOND);
  return sent;
}

TEST("QPACK instructions without requests end their connection") {
  for (size_t i = 0; i < sizeof instructions / sizeof instructions[0]; i++) {
    pqq_config_options options = sim_options();
    sim_exchange exchange = {.path = "/bytes/1"};
    sim_pair pair;
    size_t sent;

    open_pair(&pair, &exchange, &options);
    sim_deafen(&pair, 1);
    /* A table of 4,096 bytes, which the inserts need. */
    sim_send_raw(&pair, SIM_ENCODER, "\x3f\xe1\x1f", 3, 0);
    sent = send_bytes(&pair, &instructions[i].of, 10u * ENCODER_BYTES);
    NOTE("%s: %zu bytes", instructions[i].of.what, sent);
    EXPECT_UINT(pair.server.closed, 1);
    EXPECT_UINT(pair.server.close.wire_code, instructions[i].code);
    EXPECT(sent > instructions[i].most - 1000 && sent < instructions[i].most + 3000);
    sim_pair_close(&pair);
  }
}
