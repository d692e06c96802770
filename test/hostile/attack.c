/* SPDX-License-Identifier: MIT */
/* Clients that mean no good, against a server on 127.0.0.1 beside which somebody measures whether
 * others are served.
 *
 *   attack PORT CA_FILE SECONDS SEED
 *
 * In ticks of ten milliseconds, each kind with sockets of its own:
 *   flood      first flights of clients that never listen to an answer
 *   garbage    first flights cut, flipped, doubled, and noise
 *   bomb       requests with a header section of the largest size that this library sends, over and
 * over slow       large responses that are asked for and never read reset      a hundred requests
 * at once, each given up at once flip       a good client, of whose datagrams a damaged copy goes
 * first Prints how much of each there was. */
#include "host.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 10
#define NS_PER_S UINT64_C(1000000000)
/* 1,000 connection attempts a second from flood, and as many from garbage. */
#define FLOOD_PER_TICK 10
#define SLOW_CONNECTIONS 50
#define RESETS_PER_TICK 100
/* 80,000 bytes; a server takes 65,536. */
#define BOMB_FIELDS 5
#define BOMB_FIELD_BYTES 16000
#define H3_REQUEST_CANCELLED 0x10c
#define NOISE_BYTES 1200

static uint64_t seed;

/* xorshift64*: repeatable from the printed seed. */
static uint32_t random32(void) {
  seed ^= seed >> 12;
  seed ^= seed << 25;
  seed ^= seed >> 27;
  return (uint32_t)((seed * UINT64_C(0x2545f4914f6cdd1d)) >> 32);
}

typedef struct counts {
  uint64_t flood, garbage, bomb, reset, slow, flip;
} counts;

static counts made;

/* --- Damage --------------------------------------------------------------------------------------
 */

static void send_damaged(host *self, const uint8_t *data, size_t len) {
  uint8_t copy[2048];
  size_t kept = len < sizeof copy ? len : sizeof copy;

  memcpy(copy, data, kept);
  switch (random32() % 4) {
  case 0: /* flipped */
    copy[random32() % kept] ^= (uint8_t)(1u << random32() % 8);
    break;
  case 1: /* cut */
    kept = 1 + random32() % kept;
    break;
  case 2: /* doubled, so that the copy is late */
    host_send_plain(self, copy, kept);
    break;
  default: /* noise that looks like a long header */
    kept = NOISE_BYTES;
    for (size_t i = 5; i < kept; i++) {
      copy[i] = (uint8_t)random32();
    }
  }
  host_send_plain(self, copy, kept);
  made.garbage++;
}

static void send_damaged_then_plain(host *self, const uint8_t *data, size_t len) {
  made.flip++;
  send_damaged(self, data, len);
  host_send_plain(self, data, len);
}

/* --- Kinds ---------------------------------------------------------------------------------------
 */

/* A new socket and engine each time: new addresses, new ids, and nothing left to answer. */
static void flood(pqq_config *config, uint16_t port, host_send_fn send) {
  host self = {.send = send};

  host_open(&self, config, port);
  for (int i = 0; i < FLOOD_PER_TICK; i++) {
    (void)host_ask(&self, 0, "/");
    made.flood += send == NULL;
  }
  host_turn(&self, 1);
  host_close(&self);
}

/* The stream of a request that is to be given up, as soon as there is one. */
static void on_reset_event(host *self, const pqq_event *event) {
  if (event->type == PQQ_EVENT_OPENED) {
    (void)pqq_engine_reset(self->engine, event->stream, H3_REQUEST_CANCELLED);
    made.reset++;
  }
}

/* A kind that keeps one connection, and makes another where that has ended. */
typedef struct lasting {
  host host;
  pqq_id conn;
  int is_gone;
} lasting;

static void on_lasting_event(host *self, const pqq_event *event) {
  lasting *kind = self->user_data;

  if (event->type == PQQ_EVENT_CLOSED && event->conn == kind->conn) {
    kind->is_gone = 1;
  } else if (event->type == PQQ_EVENT_DATA) {
    (void)pqq_engine_consume(self->engine, event->stream, event->data.len);
  }
}

static void on_resetting_event(host *self, const pqq_event *event) {
  on_reset_event(self, event);
  on_lasting_event(self, event);
}

static void lasting_open(lasting *kind, pqq_config *config, uint16_t port, host_send_fn send,
                         void (*on_event)(host *self, const pqq_event *event)) {
  kind->host = (host){.send = send, .on_event = on_event, .user_data = kind};
  host_open(&kind->host, config, port);
  kind->conn = host_ask(&kind->host, 0, "/");
}

static void lasting_tick(lasting *kind, int requests, const pqq_header *extra, size_t extra_count,
                         uint64_t *count) {
  if (kind->is_gone) {
    kind->is_gone = 0;
    kind->conn = host_ask(&kind->host, 0, "/");
  }
  for (int i = 0; i < requests; i++) {
    *count += host_request(&kind->host, kind->conn, 0, "/", extra, extra_count) == PQQ_OK;
  }
  host_turn(&kind->host, 0);
}

/* Events that are taken, but whose bytes are never given back: windows stay shut. */
static void slow_open(host *self, pqq_config *config, uint16_t port) {
  host_open(self, config, port);
  for (int i = 0; i < SLOW_CONNECTIONS; i++) {
    (void)host_ask(self, 0, "/large");
    made.slow++;
  }
}

static void run(pqq_config *config, uint16_t port, uint64_t seconds) {
  static char value[BOMB_FIELD_BYTES];
  pqq_header bomb[BOMB_FIELDS];
  lasting bombing = {0}, resetting = {0}, flipping = {0};
  host slow = {0};
  uint64_t unused = 0;
  pqq_time_ns end = host_now() + seconds * NS_PER_S;

  memset(value, 'b', sizeof value);
  for (int i = 0; i < BOMB_FIELDS; i++) {
    bomb[i] = (pqq_header){.name = {(const uint8_t *)"x-bomb", 6},
                           .value = {(const uint8_t *)value, sizeof value}};
  }
  lasting_open(&bombing, config, port, NULL, on_lasting_event);
  lasting_open(&resetting, config, port, NULL, on_resetting_event);
  lasting_open(&flipping, config, port, send_damaged_then_plain, on_lasting_event);
  slow_open(&slow, config, port);
  while (host_now() < end) {
    flood(config, port, NULL);
    flood(config, port, send_damaged);
    lasting_tick(&bombing, 1, bomb, BOMB_FIELDS, &made.bomb);
    lasting_tick(&resetting, RESETS_PER_TICK, NULL, 0, &unused);
    lasting_tick(&flipping, 1, NULL, 0, &unused);
    host_turn(&slow, 0);
    (void)poll(NULL, 0, TICK_MS);
  }
  host_close(&slow);
  host_close(&bombing.host);
  host_close(&resetting.host);
  host_close(&flipping.host);
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: attack PORT CA_FILE SECONDS SEED\n");
    return 2;
  }
  seed = strtoull(argv[4], NULL, 10) | 1;
  pqq_config *config = host_config(argv[2], 0);

  run(config, (uint16_t)strtoul(argv[1], NULL, 10), strtoull(argv[3], NULL, 10));
  pqq_config_unref(config);
  printf("{\"flood\":%llu,\"damaged\":%llu,\"bombs\":%llu,\"resets\":%llu,\"slow\":%llu,"
         "\"flipped\":%llu}\n",
         (unsigned long long)made.flood, (unsigned long long)made.garbage,
         (unsigned long long)made.bomb, (unsigned long long)made.reset,
         (unsigned long long)made.slow, (unsigned long long)made.flip);
  return 0;
}
