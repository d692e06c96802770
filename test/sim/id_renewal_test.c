/* SPDX-License-Identifier: MIT */
/* The Destination Connection IDs of a long connection, as somebody on the way sees them: they
 * change on the same path (RFC 9000 sections 5.1.2 and 9.5), and nothing else does. */
#include <string.h>

#include "core/limits.h"
#include "harness.h"
#include "pair.h"
#include "quic/cid.h"
#include "quic/conn.h"

/* --- Peers that issue few ids, or none -------------------------------------------------------- */

/* How many ids each end allows the other; 0: as libpqq does. */
static uint64_t allowed_ids;
/* No NEW_CONNECTION_ID frame leaves anybody. */
static int hides_ids;
static uint8_t issued[256][PQQ__CID_BYTES];
static size_t issued_count;

void __real_pqq__conn_fill_params(const pqq__conn *conn, ngtcp2_transport_params *params);
void __wrap_pqq__conn_fill_params(const pqq__conn *conn, ngtcp2_transport_params *params);
void __wrap_pqq__conn_fill_params(const pqq__conn *conn, ngtcp2_transport_params *params) {
  __real_pqq__conn_fill_params(conn, params);
  if (allowed_ids) {
    params->active_connection_id_limit = allowed_ids;
  }
}

void __real_pqq__cid_reset_token(const pqq__cid_keys *keys, const uint8_t *cid, uint8_t *token);
void __wrap_pqq__cid_reset_token(const pqq__cid_keys *keys, const uint8_t *cid, uint8_t *token);
void __wrap_pqq__cid_reset_token(const pqq__cid_keys *keys, const uint8_t *cid, uint8_t *token) {
  __real_pqq__cid_reset_token(keys, cid, token);
  if (hides_ids && issued_count < sizeof issued / sizeof issued[0]) {
    memcpy(issued[issued_count++], cid, PQQ__CID_BYTES);
  }
}

/* Makes PADDING of a frame that issues one of those: type, sequence number, Retire Prior To and
 * length are a byte each in front of the id, and the token is behind it. */
static void hide(uint8_t *plain, size_t len) {
  const size_t before = 4, whole = before + PQQ__CID_BYTES + PQQ__RESET_TOKEN_BYTES;

  for (size_t at = 0; at + whole <= len; at++) {
    for (size_t i = 0; i < issued_count; i++) {
      if (plain[at] == 0x18 && plain[at + 2] == 0 &&
          memcmp(plain + at + before, issued[i], PQQ__CID_BYTES) == 0) {
        memset(plain + at, 0, whole);
      }
    }
  }
}

int __real_ngtcp2_crypto_encrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                                    const ngtcp2_crypto_aead_ctx *context, const uint8_t *plain,
                                    size_t plain_len, const uint8_t *nonce, size_t nonce_len,
                                    const uint8_t *aad, size_t aad_len);
int __wrap_ngtcp2_crypto_encrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                                    const ngtcp2_crypto_aead_ctx *context, const uint8_t *plain,
                                    size_t plain_len, const uint8_t *nonce, size_t nonce_len,
                                    const uint8_t *aad, size_t aad_len);
int __wrap_ngtcp2_crypto_encrypt_cb(uint8_t *dest, const ngtcp2_crypto_aead *aead,
                                    const ngtcp2_crypto_aead_ctx *context, const uint8_t *plain,
                                    size_t plain_len, const uint8_t *nonce, size_t nonce_len,
                                    const uint8_t *aad, size_t aad_len) {
  if (hides_ids) {
    hide((uint8_t *)(uintptr_t)plain, plain_len); /* A buffer of ngtcp2's, sealed in place. */
  }
  return __real_ngtcp2_crypto_encrypt_cb(dest, aead, context, plain, plain_len, nonce, nonce_len,
                                         aad, aad_len);
}

/* --- Who watches the path --------------------------------------------------------------------- */

/* Of one direction: the ids in the order in which they were sent. */
typedef struct watch {
  uint8_t ids[512][PQQ__CID_BYTES];
  uint64_t packets[512];
  size_t count;
  /* Packets that went back to an id after another one. */
  size_t returns;
} watch;

static watch of_client, of_server;

static void look(watch *seen, const sim_datagram *datagram) {
  const uint8_t *id = datagram->data + 1;

  if (datagram->len < 1 + PQQ__CID_BYTES || (datagram->data[0] & 0x80) != 0) {
    return; /* A long header. */
  }
  if (seen->count == 0 || memcmp(seen->ids[seen->count - 1], id, PQQ__CID_BYTES) != 0) {
    for (size_t i = 0; i < seen->count; i++) {
      seen->returns += memcmp(seen->ids[i], id, PQQ__CID_BYTES) == 0;
    }
    EXPECT(seen->count < sizeof seen->ids / sizeof seen->ids[0]);
    memcpy(seen->ids[seen->count++], id, PQQ__CID_BYTES);
  }
  seen->packets[seen->count - 1]++;
}

static int look_at_client(sim_node *node, sim_datagram *datagram) {
  (void)node;
  look(&of_client, datagram);
  return 1;
}

static int look_at_server(sim_node *node, sim_datagram *datagram) {
  (void)node;
  look(&of_server, datagram);
  return 1;
}

static void open_watched(sim_pair *pair, const sim_setup *setup) {
  of_client = of_server = (watch){0};
  issued_count = 0;
  sim_pair_open(pair, harness_seed(), setup);
  pair->client.node.on_send = look_at_client;
  pair->server.node.on_send = look_at_server;
}

/* The window keeps a round trip to 45 packets: an id is retired when the one before has been. */
static pqq_config_options options_of(uint32_t packets) {
  pqq_config_options options = sim_options();

  options.connection_id_packets = packets;
  options.max_stream_window_bytes = options.stream_window_bytes = 65536;
  return options;
}

static uint64_t renewed(const sim_node *node) {
  return sim_stats(node->engine).connection_ids_renewed;
}

static pqq_connection_info server_info(const sim_pair *pair) {
  pqq_connection_info info = {.struct_size = sizeof info};

  EXPECT_INT(pqq_engine_connection_info(pair->server.node.engine, pair->server.conn, &info),
             PQQ_OK);
  return info;
}

/* --- Tests ------------------------------------------------------------------------------------ */

/* Up to 64 packets are written in one go. */
static void expect_lifetimes(const watch *seen, uint64_t packets) {
  uint64_t shortest = UINT64_MAX, longest = 0;

  for (size_t i = 1; i + 1 < seen->count; i++) {
    shortest = seen->packets[i] < shortest ? seen->packets[i] : shortest;
    longest = seen->packets[i] > longest ? seen->packets[i] : longest;
  }
  NOTE("%zu ids, %d to %d packets", seen->count, (int)shortest, (int)longest);
  EXPECT(shortest >= packets / 2);
  EXPECT(longest <= packets * 3 / 2 + 64);
  EXPECT(longest > shortest + packets / 4);
}

/* The last may not have been used yet. */
static void expect_counted(const sim_node *node, const watch *seen) {
  EXPECT(renewed(node) == seen->count - 1 || renewed(node) == seen->count);
}

/* A download, and what the path was worth after it. */
static pqq_time_ns download(uint32_t packets, pqq_connection_info *info) {
  pqq_config_options options = options_of(packets);
  sim_exchange exchange = {.path = "/bytes/24000000"};
  sim_setup setup = {.server_options = &options,
                     .client_options = &options,
                     .exchanges = &exchange,
                     .exchange_count = 1};
  pqq_time_ns took;
  sim_pair pair;

  open_watched(&pair, &setup);
  EXPECT(sim_pair_exchange(&pair));
  EXPECT_UINT(exchange.received_bytes, 24000000);
  EXPECT(!exchange.is_damaged);
  *info = server_info(&pair);
  took = exchange.ended_at;
  EXPECT_UINT(pair.server.node.largest_sent_bytes, 1452);
  EXPECT_UINT(sim_stats(pair.server.node.engine).path_changes, 0);
  EXPECT_UINT(of_client.returns + of_server.returns, 0);
  expect_counted(&pair.server.node, &of_server);
  expect_counted(&pair.client.node, &of_client);
  sim_pair_close(&pair);
  return took;
}

TEST("a long transfer changes the ids of both directions, and what is known of the path stays") {
  pqq_connection_info kept, changed;
  pqq_time_ns with_one = download(PQQ_CONNECTION_ID_KEEP, &kept), with_many;

  EXPECT_UINT(of_server.count, 1);
  EXPECT_UINT(of_client.count, 1);
  with_many = download(200, &changed);
  EXPECT(of_server.count > 20);
  EXPECT(of_client.count > 5);
  expect_lifetimes(&of_server, 200);
  expect_lifetimes(&of_client, 200);
  NOTE("%d ms with one id, %d ms with %zu", (int)(with_one / SIM_MS), (int)(with_many / SIM_MS),
       of_server.count);
  EXPECT(with_many < with_one + with_one / 50);
  EXPECT_UINT(changed.min_rtt_ns, kept.min_rtt_ns);
  EXPECT(changed.congestion_window_bytes > kept.congestion_window_bytes / 2);
}

TEST("the default is about 10,000 packets, and 99 are too few") {
  pqq_config_options options = options_of(99);
  pqq_connection_info info;
  pqq_config *config = NULL;

  EXPECT_INT(pqq_config_new(&options, &config), PQQ_ERR_INVALID_ARG);
  EXPECT(strstr(pqq_error_detail(), "connection_id_packets: 99, allowed 100 to") != NULL);
  (void)download(0, &info);
  /* 24 MB are 17,000 packets. */
  EXPECT(of_server.count >= 2 && of_server.count <= 4);
  EXPECT(of_server.packets[0] >= 5000);
}

/* A download and an upload at once. */
static void expect_whole_in_bad_weather(uint64_t seed) {
  pqq_config_options options = options_of(100);
  sim_pipe bad = {.rate_bytes_per_s = 500000,
                  .queue_bytes = 100000,
                  .loss_ppm = 20000,
                  .reorder_ppm = 20000,
                  .reorder_ns = 5 * SIM_MS};
  sim_exchange exchanges[] = {{.path = "/bytes/1000000"},
                              {.method = "POST", .path = "/upload", .upload_bytes = 1000000}};
  sim_setup setup = {.server_options = &options,
                     .client_options = &options,
                     .exchanges = exchanges,
                     .exchange_count = 2,
                     .from_server = bad,
                     .from_client = bad};
  sim_pair pair;

  NOTE("seed %#llx", (unsigned long long)seed);
  sim_pair_open(&pair, seed, &setup);
  EXPECT(sim_pair_settle(&pair));
  sim_run_for(pair.net, 500 * SIM_MS);
  for (uint64_t i = 1; i <= 8; i++) {
    sim_at(pair.net, sim_now(pair.net) + i * 200 * SIM_MS, sim_client_rebind, &pair.client);
  }
  EXPECT(sim_pair_exchange(&pair));
  EXPECT_UINT(exchanges[0].received_bytes, 1000000);
  EXPECT(!exchanges[0].is_damaged);
  EXPECT_INT(exchanges[1].http_status, 200);
  EXPECT(!strstr(exchanges[1].echo, "damaged"));
  EXPECT(!pair.client.is_closed);
  EXPECT(sim_stats(pair.server.node.engine).path_changes > 0);
  EXPECT(renewed(&pair.client.node) > 0);
  EXPECT_UINT(sim_stats(pair.server.node.engine).cid_closes, 0);
  EXPECT_UINT(sim_stats(pair.client.node.engine).cid_closes, 0);
  sim_pair_close(&pair);
}

TEST("ids change through loss, reordering and a NAT that changes, and nothing is missing") {
  for (uint64_t i = 0; i < 40; i++) {
    expect_whole_in_bad_weather(harness_seed() + i);
  }
}

/* With each new id the client moves to the other of two addresses, as one that migrates does (RFC
 * 9000 section 9.5). */
static int move_with_id(sim_node *node, sim_datagram *datagram) {
  size_t before = of_client.count;

  look(&of_client, datagram);
  if (of_client.count > before && before > 0 && before % 2 == 0) {
    node->outside.port = node->outside.port == 5000 ? 5001 : 5000;
    datagram->source.port = node->outside.port;
  }
  return 1;
}

TEST("a client that goes back and forth between two addresses does not run out of ids") {
  pqq_config_options options = options_of(100);
  sim_exchange exchanges[] = {{.method = "POST", .path = "/upload", .upload_bytes = 6000000},
                              {.path = "/bytes/2000000"}};
  sim_setup setup = {.server_options = &options,
                     .client_options = &options,
                     .exchanges = exchanges,
                     .exchange_count = 2,
                     .from_client = {.rate_bytes_per_s = 300000}};
  uint64_t before;
  sim_pair pair;

  open_watched(&pair, &setup);
  pair.client.node.on_send = move_with_id;
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  sim_run_for(pair.net, 30 * SIM_SECOND);
  EXPECT_INT(exchanges[0].http_status, 200);
  EXPECT(sim_stats(pair.server.node.engine).path_changes > 1);
  before = renewed(&pair.server.node);
  pair.client.node.on_send = look_at_client;
  EXPECT_INT(sim_client_request(&pair.client, 1), PQQ_OK);
  sim_run_for(pair.net, 20 * SIM_SECOND);
  EXPECT_UINT(exchanges[1].received_bytes, 2000000);
  EXPECT(renewed(&pair.server.node) > before + 5);
  sim_pair_close(&pair);
}

TEST("a peer that may issue only the two ids of RFC 9000 issues one for each that is retired") {
  pqq_connection_info info;

  allowed_ids = 2;
  (void)download(200, &info);
  EXPECT(of_server.count > 20);
  EXPECT(of_client.count > 5);
  allowed_ids = 0;
}

TEST("a connection whose peer issues no id goes on with the one it has") {
  pqq_connection_info info;

  hides_ids = 1;
  (void)download(100, &info);
  EXPECT(issued_count > 0);
  EXPECT_UINT(of_server.count, 1);
  EXPECT_UINT(of_client.count, 1);
  hides_ids = 0;
}

static const uint8_t server_key[PQQ_ENGINE_KEY_BYTES] = "a server that lives twice";

/* A stateless reset for that id of the server's, from the server's address. */
static void reset(sim_pair *pair, const uint8_t *id) {
  pqq_address from = sim_server_address();
  pqq__cid_keys *keys = pqq__cid_keys_new(server_key);
  uint8_t packet[43];

  memset(packet, 0x5a, sizeof packet);
  pqq__cid_reset_token(keys, id, packet + sizeof packet - PQQ__RESET_TOKEN_BYTES);
  sim_inject(pair->net, &from, &pair->client.node.outside, packet, sizeof packet, SIM_DELAY_NS);
  pqq__cid_keys_free(keys);
  sim_run_for(pair->net, SIM_SECOND);
}

TEST("a stateless reset counts for the id in use, and not for those before") {
  pqq_config_options options = options_of(100);
  pqq_engine_options engine;
  sim_exchange exchange = {.method = "POST", .path = "/upload", .upload_bytes = 2000000};
  sim_setup setup = {.server_options = &options,
                     .client_options = &options,
                     .server_engine = &engine,
                     .exchanges = &exchange,
                     .exchange_count = 1};
  sim_pair pair;

  EXPECT_INT(pqq_engine_options_init(&engine, sizeof engine), PQQ_OK);
  memcpy(engine.key, server_key, sizeof engine.key);
  engine.worker_count = 1;
  open_watched(&pair, &setup);
  EXPECT(sim_pair_exchange(&pair));
  sim_run_for(pair.net, SIM_SECOND);
  EXPECT(of_client.count > 5);
  for (size_t i = 0; i + 1 < of_client.count; i++) {
    reset(&pair, of_client.ids[i]);
    EXPECT(!pair.client.is_closed);
  }
  reset(&pair, of_client.ids[of_client.count - 1]);
  EXPECT(pair.client.is_closed);
  EXPECT_INT(pair.client.close.status, PQQ_ERR_STATELESS_RESET);
  sim_pair_close(&pair);
}

TEST("a server that has lost its state resets a client whose id was renewed") {
  pqq_config_options options = options_of(100);
  pqq_engine_options engine;
  sim_exchange exchanges[] = {{.method = "POST", .path = "/upload", .upload_bytes = 2000000},
                              {.path = "/hang"}};
  sim_setup setup = {.server_options = &options,
                     .client_options = &options,
                     .server_engine = &engine,
                     .exchanges = exchanges,
                     .exchange_count = 2};
  pqq_address address = sim_server_address();
  sim_pipe out;
  sim_pair pair;

  EXPECT_INT(pqq_engine_options_init(&engine, sizeof engine), PQQ_OK);
  memcpy(engine.key, server_key, sizeof engine.key);
  engine.worker_count = 1;
  open_watched(&pair, &setup);
  EXPECT_INT(sim_client_request(&pair.client, 0), PQQ_OK);
  EXPECT_INT(sim_client_request(&pair.client, 1), PQQ_OK);
  sim_run_for(pair.net, 10 * SIM_SECOND);
  EXPECT_INT(exchanges[0].http_status, 200);
  EXPECT(renewed(&pair.client.node) > 5);
  out = pair.server.node.out;
  sim_server_stop(&pair.server);
  pair.server = (sim_server){.node = {.out = out}};
  sim_server_start(&pair.server, pair.net, pair.server_config, &address, &engine);
  EXPECT_INT(pqq_engine_reset(pair.client.node.engine, exchanges[1].stream, 0x10c), PQQ_OK);
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_INT(pair.client.close.status, PQQ_ERR_STATELESS_RESET);
  EXPECT(sim_stats(pair.server.node.engine).stateless_resets > 0);
  sim_pair_close(&pair);
}
