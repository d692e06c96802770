/* SPDX-License-Identifier: MIT */
/* Handshakes through the public engine calls, in the order in which a driver
 * makes them: all datagrams of a flight in, events, all datagrams out. */
#include <stdlib.h>
#include <string.h>

#include "handshake.h"

/* A flight of ML-DSA-87 is 14 datagrams; the rest is room for padding. */
#define MAX_FLIGHT_DATAGRAMS 64
#define MAX_ROUNDS 16
#define SEND_SEGMENTS 64

static const pqq_address server_address = {.family = 4, .port = 443, .ip = {127, 0, 0, 1}};
static const pqq_address client_address = {.family = 4, .port = 40000, .ip = {127, 0, 0, 1}};

typedef struct flight {
  uint8_t bytes[PQQ_MIN_SEND_BUFFER_BYTES];
  size_t len;
  struct {
    size_t len;
    uint32_t segment_bytes;
  } sends[MAX_FLIGHT_DATAGRAMS];
  size_t count;
} flight;

struct engine_pair {
  pqq_config *config;
  pqq_engine *server;
  pqq_engine *client;
  pqq_time_ns now;
  pqq_id client_conn;
  int is_server_done, is_client_done, is_server_closed;
  handshake_facts facts;
  flight out;
  uint8_t buffer[PQQ_MIN_SEND_BUFFER_BYTES];
};

static pqq_config *make_config(const engine_setup *setup) {
  pqq_config_options options;
  pqq_config *config;

  bench_check(pqq_config_options_init(&options, sizeof options), "config options");
  options.profile = setup->profile;
  options.identities = setup->identities;
  options.identity_count = setup->identity_count;
  options.ca_pem = setup->ca_pem;
  options.groups = &setup->group;
  options.group_count = setup->group != 0;
  options.disable_velocity = !setup->is_velocity;
  options.disable_pmtud = 1;
  options.max_udp_payload_bytes = setup->datagram_bytes;
  options.assume_max_udp_payload = 1;
  bench_check(pqq_config_new(&options, &config), "config");
  return config;
}

engine_pair *engine_pair_new(const engine_setup *setup) {
  engine_pair *pair = calloc(1, sizeof *pair);
  pqq_engine_options options;

  if (!pair) {
    bench_fail("out of memory");
  }
  pair->config = make_config(setup);
  bench_check(pqq_engine_options_init(&options, sizeof options), "engine options");
  bench_check(pqq_engine_new(pair->config, &options, &pair->client), "client engine");
  options.is_server = 1;
  bench_check(pqq_engine_new(pair->config, &options, &pair->server), "server engine");
  pair->now = HANDSHAKE_ONE_WAY_NS;
  return pair;
}

void engine_pair_free(engine_pair *pair) {
  pqq_engine_free(pair->server);
  pqq_engine_free(pair->client);
  pqq_config_unref(pair->config);
  free(pair);
}

static void fail_close(const char *who, const pqq_event *event) {
  bench_fail("the %s's connection failed: %s (%.*s)", who, pqq_strerror(event->status),
             (int)event->close->reason.len, (const char *)event->close->reason.data);
}

static void take_server_events(engine_pair *pair) {
  pqq_event event;

  while (pqq_engine_next_event(pair->server, &event) == PQQ_OK) {
    if (event.type == PQQ_EVENT_CONNECTED) {
      pair->is_server_done = 1;
    } else if (event.type == PQQ_EVENT_CLOSED) {
      if (event.status != PQQ_OK) {
        fail_close("server", &event);
      }
      pair->is_server_closed = 1;
    }
  }
}

static void take_client_events(engine_pair *pair) {
  pqq_event event;

  while (pqq_engine_next_event(pair->client, &event) == PQQ_OK) {
    if (event.type == PQQ_EVENT_CONNECTED) {
      pair->is_client_done = 1;
    } else if (event.type == PQQ_EVENT_CLOSED && event.status != PQQ_OK) {
      fail_close("client", &event);
    }
  }
}

static void send_flight(engine_pair *pair, pqq_engine *engine) {
  flight *out = &pair->out;
  pqq_transmit transmit;

  out->count = 0;
  out->len = 0;
  while (pqq_engine_send(engine, pair->buffer, sizeof pair->buffer, SEND_SEGMENTS, pair->now,
                         &transmit) == PQQ_OK) {
    if (out->count == MAX_FLIGHT_DATAGRAMS || out->len + transmit.len > sizeof out->bytes) {
      bench_fail("a flight of the handshake is too large");
    }
    memcpy(out->bytes + out->len, pair->buffer, transmit.len);
    out->len += transmit.len;
    out->sends[out->count].len = transmit.len;
    out->sends[out->count++].segment_bytes = transmit.segment_bytes;
  }
}

static void recv_flight(engine_pair *pair, pqq_engine *engine, int is_server) {
  const flight *in = &pair->out;
  size_t at = 0;

  for (size_t i = 0; i < in->count; i++) {
    pqq_datagram datagram = {.local = is_server ? server_address : client_address,
                             .remote = is_server ? client_address : server_address,
                             .data = {in->bytes + at, in->sends[i].len},
                             .segment_bytes = in->sends[i].segment_bytes};
    uint32_t route;

    (void)pqq_engine_recv(engine, &datagram, 0, pair->now, &route);
    at += in->sends[i].len;
  }
}

static size_t flight_datagrams(const flight *out) {
  size_t count = 0;

  for (size_t i = 0; i < out->count; i++) {
    count += (out->sends[i].len + out->sends[i].segment_bytes - 1) / out->sends[i].segment_bytes;
  }
  return count;
}

static void note_facts(engine_pair *pair) {
  pqq_connection_info info = {.struct_size = sizeof info};
  handshake_facts *facts = &pair->facts;

  bench_check(pqq_engine_connection_info(pair->client, pair->client_conn, &info), "facts");
  facts->group = info.group;
  facts->signature = info.signature;
  facts->cipher = info.cipher;
  facts->certificate_bytes = info.certificates[0].der.len;
  facts->authentication = info.authentication;
  facts->tls_round_trips = info.tls_round_trips;
  facts->verified_round_trips = info.handshake_round_trips;
  facts->first_flight_repeats = info.first_flight_repeats;
  facts->bytes_up = info.handshake_bytes_sent;
  facts->bytes_down = info.handshake_bytes_received;
  facts->datagrams_up = info.handshake_datagrams_sent;
  facts->datagrams_down = info.handshake_datagrams_received;
}

/* The server's turn: its datagrams in, events, datagrams out. */
static void server_turn(engine_pair *pair, handshake_cost *cost, uint64_t *spent_ns) {
  uint64_t began = bench_thread_cpu_ns();

  cost->bytes_received += pair->out.len;
  cost->datagrams_received += flight_datagrams(&pair->out);
  recv_flight(pair, pair->server, 1);
  take_server_events(pair);
  send_flight(pair, pair->server);
  *spent_ns += bench_thread_cpu_ns() - began;
  cost->bytes_sent += pair->out.len;
  cost->datagrams_sent += flight_datagrams(&pair->out);
}

/* The draining period is over: the connection is freed. */
static void expire(engine_pair *pair, uint64_t *spent_ns) {
  pqq_time_ns deadline = pqq_engine_deadline(pair->client);
  uint64_t began;

  if (pqq_engine_deadline(pair->server) > deadline) {
    deadline = pqq_engine_deadline(pair->server);
  }
  pair->now = deadline;
  (void)pqq_engine_expire(pair->client, pair->now);
  began = bench_thread_cpu_ns();
  (void)pqq_engine_expire(pair->server, pair->now);
  *spent_ns += bench_thread_cpu_ns() - began;
}

static void begin(engine_pair *pair) {
  pqq_connect_options options = {.struct_size = sizeof options,
                                 .remote = server_address,
                                 .local = client_address,
                                 .server_name = "localhost"};

  pair->is_server_done = 0;
  pair->is_client_done = 0;
  pair->is_server_closed = 0;
  pair->facts.round_trips = 0;
  bench_check(pqq_engine_connect(pair->client, &options, pair->now, &pair->client_conn), "connect");
}

static void client_turn(engine_pair *pair) {
  pair->now += HANDSHAKE_ONE_WAY_NS;
  recv_flight(pair, pair->client, 0);
  take_client_events(pair);
}

/* Turns until the server has the client's Finished, and the client has verified
 * all that the server proves. */
static void run_turns(engine_pair *pair, handshake_cost *cost, uint64_t *spent_ns) {
  for (int round = 0; !pair->is_server_done || !pair->is_client_done; round++) {
    if (round == MAX_ROUNDS) {
      bench_fail("the engine's handshake does not end");
    }
    send_flight(pair, pair->client);
    pair->now += HANDSHAKE_ONE_WAY_NS;
    server_turn(pair, cost, spent_ns);
    pair->facts.round_trips += !pair->is_server_done;
    client_turn(pair);
  }
}

void engine_pair_handshake(engine_pair *pair, handshake_cost *cost) {
  uint64_t spent_ns = 0;
  pqq_stats stats = {.struct_size = sizeof stats};

  begin(pair);
  run_turns(pair, cost, &spent_ns);
  cost->finished_ns += spent_ns;
  note_facts(pair);
  bench_check(pqq_engine_close(pair->client, pair->client_conn, 0x100), "close"); /* H3_NO_ERROR */
  send_flight(pair, pair->client);
  server_turn(pair, cost, &spent_ns);
  take_client_events(pair);
  expire(pair, &spent_ns);
  cost->whole_ns += spent_ns;
  bench_check(pqq_engine_stats(pair->server, &stats), "stats");
  if (!pair->is_server_closed || stats.connections_now != 0) {
    bench_fail("the server's connection was not freed");
  }
}

handshake_facts engine_pair_facts(const engine_pair *pair) {
  return pair->facts;
}
