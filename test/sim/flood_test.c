/* SPDX-License-Identifier: MIT */
/* Floods of frames below HTTP/3, from a peer that has the keys: handshake data out of order (RFC
 * 9000 section 7.5), connection ids (5.1), path challenges (9.3), byte ranges with gaps. Each is
 * stopped at its limit with the error of its own, and what was taken in until then is little. */
#include <string.h>

#include "core/limits.h"
#include "forge.h"
#include "harness.h"
#include "http3/session.h"
#include "memory.h"

#define CONNECTION_ID_LIMIT_ERROR 0x09
#define PROTOCOL_VIOLATION 0x0a
#define APPLICATION_ERROR 0x0c
#define CRYPTO_BUFFER_EXCEEDED 0x0d
#define H3_EXCESSIVE_LOAD 0x107

int __real_ngtcp2_crypto_encrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                                    const ngtcp2_crypto_aead_ctx *context, const uint8_t *plain,
                                    size_t plain_len, const uint8_t *nonce, size_t nonce_len,
                                    const uint8_t *aad, size_t aad_len);
int __wrap_ngtcp2_crypto_encrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                                    const ngtcp2_crypto_aead_ctx *context, const uint8_t *plain,
                                    size_t plain_len, const uint8_t *nonce, size_t nonce_len,
                                    const uint8_t *aad, size_t aad_len);
int __real_ngtcp2_crypto_hp_mask_cb(uint8_t *dest, const ngtcp2_crypto_cipher *cipher,
                                    const ngtcp2_crypto_cipher_ctx *context, const uint8_t *sample);
int __wrap_ngtcp2_crypto_hp_mask_cb(uint8_t *dest, const ngtcp2_crypto_cipher *cipher,
                                    const ngtcp2_crypto_cipher_ctx *context, const uint8_t *sample);

int __wrap_ngtcp2_crypto_encrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                                    const ngtcp2_crypto_aead_ctx *context, const uint8_t *plain,
                                    size_t plain_len, const uint8_t *nonce, size_t nonce_len,
                                    const uint8_t *aad, size_t aad_len) {
  sim_forge_note_seal(aead, context, nonce, nonce_len, aad, aad_len);
  return __real_ngtcp2_crypto_encrypt_cb(dest, aead, context, plain, plain_len, nonce, nonce_len,
                                         aad, aad_len);
}

int __wrap_ngtcp2_crypto_hp_mask_cb(uint8_t *dest, const ngtcp2_crypto_cipher *cipher,
                                    const ngtcp2_crypto_cipher_ctx *context,
                                    const uint8_t *sample) {
  sim_forge_note_mask(cipher, context);
  return __real_ngtcp2_crypto_hp_mask_cb(dest, cipher, context, sample);
}

/* --- The scene: a server, the client whose keys are used, and one that must notice nothing -----
 */

typedef struct scene {
  sim_pair pair;
  sim_client bystander;
  sim_exchange exchange;
  sim_level level;
  /* The server has ids of the client that it does not know itself. */
  int is_deaf;
  size_t heap_before, heap_most;
} scene;

/* The client does not hear of the forged packets, but of the end. */
static int hold_back(sim_node *node, sim_datagram *datagram) {
  return datagram->destination.port == 6000 || sim_stats(node->engine).connections_closed;
}

/* Only the first flight arrives. */
static int lose_later(sim_node *node, sim_datagram *datagram) {
  (void)datagram;
  return sim_now(node->net) < SIM_SECOND + SIM_MS;
}

/* A client that has sent packets of that level, of which the server knows nothing. */
static void stop_at(scene *made, sim_level level) {
  pqq_time_ns limit = sim_now(made->pair.net) + SIM_SECOND;

  made->pair.client.node.on_send = lose_later;
  while (!sim_forge_has(level) && sim_now(made->pair.net) < limit) {
    sim_run_for(made->pair.net, SIM_MS);
  }
  EXPECT(sim_forge_has(level));
  made->pair.client.node.on_send = sim_lose;
  made->pair.server.node.on_send = hold_back;
  sim_run_for(made->pair.net, 2 * SIM_DELAY_NS);
}

static void scene_open(scene *made, sim_level level) {
  pqq_address from = sim_address4(5, 6000), to = sim_server_address();
  sim_setup setup = {.identity = SIM_P256};

  memset(made, 0, sizeof *made);
  made->level = level;
  sim_pair_open(&made->pair, harness_seed(), &setup);
  sim_forge_begin(&made->pair);
  if (level == SIM_1RTT) {
    EXPECT(sim_pair_settle(&made->pair));
    sim_run_for(made->pair.net, SIM_SECOND);
    EXPECT(sim_forge_has(level));
    made->pair.client.node.on_send = sim_lose;
  } else {
    stop_at(made, level);
  }
  made->exchange = (sim_exchange){.path = "/bytes/100000"};
  made->bystander = (sim_client){
      .node.out.delay_ns = SIM_DELAY_NS, .exchanges = &made->exchange, .exchange_count = 1};
  sim_client_start(&made->bystander, made->pair.net, made->pair.client_config, &from, &to);
  made->pair.server.node.on_send = hold_back;
  made->heap_before = sim_heap_bytes();
}

static void send_frames(scene *made, const uint8_t *frames, const uint8_t *end) {
  sim_forge_send(made->level, frames, (size_t)(end - frames), 5000);
  sim_run_for(made->pair.net, SIM_MS / 100);
  if (sim_heap_bytes() > made->heap_before + made->heap_most) {
    made->heap_most = sim_heap_bytes() - made->heap_before;
  }
}

/* The frames of a burst, in packets as full as they get. */
typedef struct burst {
  scene *to;
  uint8_t frames[1300];
  uint8_t *end;
} burst;

#define LARGEST_FRAME 64

static void flush(burst *from) {
  if (from->end > from->frames) {
    send_frames(from->to, from->frames, from->end);
  }
  from->end = from->frames;
}

static uint8_t *frame(burst *to) {
  if (to->end > to->frames + sizeof to->frames - LARGEST_FRAME) {
    flush(to);
  }
  return to->end;
}

static pqq_stats stats_of(const scene *made) {
  return sim_stats(made->pair.server.node.engine);
}

/* The other connection has worked all the while. */
static void scene_close(scene *made) {
  EXPECT_INT(sim_client_request(&made->bystander, 0), PQQ_OK);
  EXPECT(sim_run(made->pair.net, sim_now(made->pair.net) + SIM_LONG, sim_client_is_done,
                 &made->bystander));
  EXPECT_UINT(made->exchange.received_bytes, 100000);
  sim_client_stop(&made->bystander);
  sim_pair_close(&made->pair);
}

static int is_over(const scene *made) {
  return stats_of(made).connections_closed != 0;
}

/* What ends the connection is what the peer is told (RFC 9000 section 19.19). */
static void expect_end(scene *made, uint64_t wire_code) {
  sim_run_for(made->pair.net, SIM_SECOND / 10);
  EXPECT(is_over(made));
  if (!made->is_deaf) {
    EXPECT(made->pair.client.is_closed && made->pair.client.close.is_remote);
    EXPECT_UINT(made->pair.client.close.wire_code, wire_code);
  }
}

/* --- CRYPTO frames ---------------------------------------------------------------------------- */

enum { CRYPTO_LIMIT = 65536, PIECE = 1000 };

static const char *const level_names[] = {"Initial", "Handshake", "1-RTT"};

static void send_crypto(scene *to, uint64_t offset, size_t len) {
  /* Padded: Initial packets come in datagrams of 1,200 bytes or not at all. */
  uint8_t frames[1200] = {0x06}, *end = sim_forge_varint(frames + 1, offset);

  (void)sim_forge_varint(end, len);
  send_frames(to, frames, frames + sizeof frames);
}

/* Anybody can make Initial packets, so that one with an error is ignored and not the connection's
 * end; the other levels have keys of the peer's own. */
TEST("handshake data ahead of a gap is kept up to 64 KiB; a byte more is CRYPTO_BUFFER_EXCEEDED") {
  for (sim_level level = SIM_INITIAL; level < SIM_LEVELS; level++) {
    size_t full;
    scene s;

    NOTE("%s", level_names[level]);
    scene_open(&s, level);
    for (uint64_t offset = CRYPTO_LIMIT; offset > 10000; offset -= PIECE) {
      send_crypto(&s, offset - PIECE, PIECE);
    }
    EXPECT(!is_over(&s));
    EXPECT_UINT(stats_of(&s).crypto_closes, 0);
    full = s.heap_most;
    NOTE("%s: %zu bytes of memory", level_names[level], full);
    EXPECT(full < 160 * 1024);
    send_crypto(&s, CRYPTO_LIMIT, 1);
    if (level == SIM_INITIAL) {
      for (int i = 0; i < 100; i++) {
        send_crypto(&s, (uint64_t)CRYPTO_LIMIT * 2 + (uint64_t)i * PIECE, PIECE);
      }
      EXPECT(!is_over(&s));
      EXPECT(s.heap_most < full + 8192);
    } else {
      expect_end(&s, CRYPTO_BUFFER_EXCEEDED);
      EXPECT_UINT(stats_of(&s).crypto_closes, 1);
    }
    scene_close(&s);
  }
}

/* Every other byte: what is remembered of the gaps is more than the data. */
TEST("handshake data in crumbs ends its connection before the gaps take much memory") {
  for (sim_level level = SIM_INITIAL; level < SIM_LEVELS; level++) {
    scene s;
    burst b = {.to = &s, .end = b.frames};

    NOTE("%s", level_names[level]);
    scene_open(&s, level);
    for (uint64_t offset = 20001; offset < CRYPTO_LIMIT && !is_over(&s); offset += 2) {
      uint8_t *at = frame(&b);

      *at++ = 0x06;
      at = sim_forge_varint(at, offset);
      *at++ = 1;
      *at++ = 0;
      b.end = at;
    }
    /* Not told before there are 1-RTT keys (RFC 9000 section 10.2.3). */
    expect_end(&s, level == SIM_INITIAL ? APPLICATION_ERROR : H3_EXCESSIVE_LOAD);
    EXPECT(s.heap_most < 400 * 1024);
    EXPECT_UINT(stats_of(&s).glitch_closes, 1);
    scene_close(&s);
  }
}

TEST("a body in crumbs ends its connection before the gaps take much memory") {
  scene s;
  burst b = {.to = &s, .end = b.frames};

  scene_open(&s, SIM_1RTT);
  for (uint64_t offset = 1; offset < 200000 && !is_over(&s); offset += 2) {
    uint8_t *at = frame(&b);

    *at++ = 0x0e; /* STREAM with offset and length */
    *at++ = 0;
    at = sim_forge_varint(at, offset);
    *at++ = 1;
    *at++ = 0;
    b.end = at;
  }
  expect_end(&s, H3_EXCESSIVE_LOAD);
  EXPECT(s.heap_most < 400 * 1024);
  scene_close(&s);
}

/* --- Connection ids --------------------------------------------------------------------------- */

static void new_connection_id(burst *b, uint64_t number, uint64_t retire_prior_to) {
  uint8_t *at = frame(b);

  *at++ = 0x18;
  at = sim_forge_varint(at, number);
  at = sim_forge_varint(at, retire_prior_to);
  *at++ = PQQ__CID_BYTES;
  memset(at, 0x5a, PQQ__CID_BYTES + PQQ__RESET_TOKEN_BYTES);
  /* Both have to be new. */
  memcpy(at, &number, sizeof number);
  memcpy(at + PQQ__CID_BYTES, &number, sizeof number);
  b->end = at + PQQ__CID_BYTES + PQQ__RESET_TOKEN_BYTES;
}

TEST("more connection ids than the server allows are CONNECTION_ID_LIMIT_ERROR") {
  scene s;
  burst b = {.to = &s, .end = b.frames};

  scene_open(&s, SIM_1RTT);
  for (uint64_t number = 1; number <= PQQ__ACTIVE_CID_LIMIT + 1; number++) {
    /* Its own may have used some of these numbers. */
    new_connection_id(&b, 10 + number, 0);
  }
  flush(&b);
  expect_end(&s, CONNECTION_ID_LIMIT_ERROR);
  EXPECT_UINT(stats_of(&s).cid_closes, 1);
  scene_close(&s);
}

TEST("connection ids that replace each other without end are CONNECTION_ID_LIMIT_ERROR") {
  scene s;
  burst b = {.to = &s, .end = b.frames};
  uint64_t number = 10;

  scene_open(&s, SIM_1RTT);
  while (number < 10000 && !is_over(&s)) {
    new_connection_id(&b, number, number);
    s.is_deaf = 1;
    number++;
    flush(&b);
  }
  expect_end(&s, CONNECTION_ID_LIMIT_ERROR);
  NOTE("%d ids", (int)number);
  EXPECT(number < 50);
  EXPECT(s.heap_most < 128 * 1024);
  EXPECT_UINT(stats_of(&s).cid_closes, 1);
  scene_close(&s);
}

static void retire_connection_id(burst *b, uint64_t number) {
  uint8_t *at = frame(b);

  *at++ = 0x19;
  b->end = sim_forge_varint(at, number);
}

static size_t ids_of(const scene *made) {
  return made->pair.server.node.engine->endpoint.cids.count;
}

TEST("retirements without end cost neither ids nor memory, and one of no id is an error") {
  scene s;
  burst b = {.to = &s, .end = b.frames};
  size_t most = 0, before;

  scene_open(&s, SIM_1RTT);
  before = ids_of(&s);
  for (uint64_t number = 1; number < 64 && !is_over(&s); number++) {
    /* A thousand times each, as an attacker would. */
    for (int i = 0; i < 1000 && !is_over(&s); i++) {
      retire_connection_id(&b, number);
    }
    flush(&b);
    most = ids_of(&s) > most ? ids_of(&s) : most;
  }
  NOTE("%zu ids in the table, %zu before", most, before);
  EXPECT(most <= before + 8);
  EXPECT(s.heap_most < 128 * 1024);
  /* The server stops to give out more, and then it is one that never was. */
  expect_end(&s, PROTOCOL_VIOLATION);
  scene_close(&s);
}

/* --- PATH_CHALLENGE --------------------------------------------------------------------------- */

TEST("path challenges without end are answered four at a time, and kept four at a time") {
  enum { PACKETS = 2000 };
  static const uint16_t ports[] = {5000, 5001, 5002, 5003, 5004, 5005, 5006, 5007};
  scene s;

  scene_open(&s, SIM_1RTT);
  for (int i = 0; i < PACKETS && !is_over(&s); i++) {
    uint8_t frames[1296];
    uint64_t sent = s.pair.server.node.sent;

    for (size_t at = 0; at < sizeof frames; at += 9) {
      frames[at] = 0x1a;
      memset(frames + at + 1, i, 8);
    }
    sim_forge_send(SIM_1RTT, frames, sizeof frames, ports[i % 8]);
    send_frames(&s, frames, frames + 9);
    EXPECT(s.pair.server.node.sent - sent <= 10);
  }
  EXPECT(!is_over(&s));
  EXPECT(s.heap_most < 256 * 1024);
  /* Probes move nobody (RFC 9000 section 9.1). */
  EXPECT_UINT(stats_of(&s).path_changes, 0);
  scene_close(&s);
}
