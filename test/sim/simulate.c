/* SPDX-License-Identifier: MIT */
/* One scenario from the command line, one line of JSON as its result: how
 * TypeScript tests use the simulated link (simulate.ts has the types).
 *
 *   simulate identity=ML-DSA-65 bytes=1000000 loss_ppm=10000 drop_server=0,3
 *
 * All keys are in `settings` below, numbers are integers. Exit code 2: usage. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pair.h"

#define MAX_REQUESTS 10000
#define MAX_DROPS 64

/* Longest scenario, unless limit_s says otherwise. */
#define LIMIT_S 3600

static uint64_t seed = 1, requests = 1, bytes = 1000, upload_bytes, delay_ms = 10, rate_bytes_per_s,
                queue_bytes, mtu_bytes, loss_ppm, duplicate_ppm, reorder_ppm, reorder_ms, flip_ppm,
                max_udp_payload_bytes, disable_pmtud, disable_repeat, limit_s = LIMIT_S;

static const struct {
  const char *key;
  uint64_t *value;
} settings[] = {
    {"seed", &seed},
    {"requests", &requests},
    {"bytes", &bytes},
    {"upload_bytes", &upload_bytes},
    {"delay_ms", &delay_ms},
    {"rate_bytes_per_s", &rate_bytes_per_s},
    {"queue_bytes", &queue_bytes},
    {"mtu_bytes", &mtu_bytes},
    {"loss_ppm", &loss_ppm},
    {"duplicate_ppm", &duplicate_ppm},
    {"reorder_ppm", &reorder_ppm},
    {"reorder_ms", &reorder_ms},
    {"flip_ppm", &flip_ppm},
    {"max_udp_payload_bytes", &max_udp_payload_bytes},
    {"disable_pmtud", &disable_pmtud},
    {"disable_repeat", &disable_repeat},
    {"limit_s", &limit_s},
};

static sim_identity identity = SIM_MLDSA65;
static uint16_t group;
static uint64_t client_drops[MAX_DROPS], server_drops[MAX_DROPS];
static size_t client_drop_count, server_drop_count;

/* "0,3,4"; 0 or -1. */
static int parse_list(const char *text, uint64_t list[MAX_DROPS], size_t *count) {
  char *end;

  for (*count = 0; *text != '\0'; text = *end == ',' ? end + 1 : end) {
    if (*count == MAX_DROPS) {
      return -1;
    }
    list[(*count)++] = strtoull(text, &end, 10);
    if (end == text || (*end != ',' && *end != '\0')) {
      return -1;
    }
  }
  return 0;
}

static int parse_number(const char *key, const char *text) {
  char *end;

  for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
    if (strcmp(settings[i].key, key) == 0) {
      *settings[i].value = strtoull(text, &end, 10);
      return *text != '\0' && *end == '\0' ? 0 : -1;
    }
  }
  return -1;
}

static int parse(const char *key, const char *value) {
  if (strcmp(key, "identity") == 0) {
    identity = sim_identity_from_name(value);
    return identity == SIM_IDENTITIES ? -1 : 0;
  }
  if (strcmp(key, "group") == 0) {
    group = pqq_group_from_name(value);
    return group == 0 ? -1 : 0;
  }
  if (strcmp(key, "drop_client") == 0) {
    return parse_list(value, client_drops, &client_drop_count);
  }
  if (strcmp(key, "drop_server") == 0) {
    return parse_list(value, server_drops, &server_drop_count);
  }
  return parse_number(key, value);
}

static int parse_all(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    char key[40];
    const char *equals = strchr(argv[i], '=');
    size_t len = equals ? (size_t)(equals - argv[i]) : sizeof key;

    if (len >= sizeof key) {
      return -1;
    }
    memcpy(key, argv[i], len);
    key[len] = '\0';
    if (parse(key, equals + 1) != 0) {
      return -1;
    }
  }
  return requests >= 1 && requests <= MAX_REQUESTS ? 0 : -1;
}

static sim_pipe pipe_with(const uint64_t *drops, size_t count) {
  return (sim_pipe){.delay_ns = delay_ms * SIM_MS,
                    .rate_bytes_per_s = rate_bytes_per_s,
                    .queue_bytes = queue_bytes,
                    .mtu_bytes = mtu_bytes,
                    .loss_ppm = (uint32_t)loss_ppm,
                    .duplicate_ppm = (uint32_t)duplicate_ppm,
                    .reorder_ppm = (uint32_t)reorder_ppm,
                    .reorder_ns = reorder_ms * SIM_MS,
                    .flip_ppm = (uint32_t)flip_ppm,
                    .drop = drops,
                    .drop_count = count};
}

static void print_node(const char *name, const sim_node *node) {
  printf("\"%s\":{\"datagramsSent\":%" PRIu64 ",\"bytesSent\":%" PRIu64
         ",\"datagramsLost\":%" PRIu64 ",\"datagramsTooLarge\":%" PRIu64
         ",\"datagramsOverflowed\":%" PRIu64 ",\"largestDatagramBytes\":%zu}",
         name, node->sent, node->sent_bytes, node->lost, node->too_large, node->overflowed,
         node->largest_sent_bytes);
}

/* Only names and numbers of our own: nothing in it needs escaping. */
static void print_result(const sim_pair *pair) {
  const sim_client *client = &pair->client;
  const pqq_connection_info *info = &client->info;
  uint64_t received = 0, completed = 0, damaged = 0;

  for (size_t i = 0; i < client->exchange_count; i++) {
    const sim_exchange *exchange = &client->exchanges[i];
    received += exchange->received_bytes;
    completed += exchange->is_closed && exchange->is_ended && exchange->status == PQQ_OK &&
                 exchange->http_status == 200;
    damaged += exchange->is_damaged || strstr(exchange->echo, "damaged") != NULL;
  }
  printf("{\"connected\":%s,\"closed\":%s,\"closeStatus\":\"%s\",\"group\":\"%s\","
         "\"signature\":\"%s\",\"roundTrips\":%u,\"handshakeMs\":%" PRIu64 ",",
         client->is_connected ? "true" : "false", client->is_closed ? "true" : "false",
         pqq_err_name(client->close.status), info->group_name ? info->group_name : "",
         info->signature_name ? info->signature_name : "", info->handshake_round_trips,
         info->handshake_ns / SIM_MS);
  printf("\"completed\":%" PRIu64 ",\"damaged\":%" PRIu64 ",\"receivedBytes\":%" PRIu64
         ",\"virtualMs\":%" PRIu64 ",",
         completed, damaged, received, (sim_now(pair->net) - SIM_SECOND) / SIM_MS);
  print_node("client", &client->node);
  printf(",");
  print_node("server", &pair->server.node);
  printf("}\n");
}

int main(int argc, char **argv) {
  static sim_exchange exchanges[MAX_REQUESTS];
  pqq_config_options options;
  char path[40];
  sim_setup setup;
  sim_pair pair;

  if (parse_all(argc, argv) != 0) {
    fprintf(stderr, "usage: simulate [KEY=VALUE]..., see the top of simulate.c\n");
    return 2;
  }
  options = sim_options();
  options.groups = group ? &group : NULL;
  options.group_count = group != 0;
  options.max_udp_payload_bytes = (uint32_t)max_udp_payload_bytes;
  options.disable_pmtud = disable_pmtud != 0;
  options.disable_first_flight_repeat = disable_repeat != 0;
  setup = (sim_setup){.identity = identity,
                      .client_options = &options,
                      .server_options = &options,
                      .from_client = pipe_with(client_drops, client_drop_count),
                      .from_server = pipe_with(server_drops, server_drop_count),
                      .exchanges = exchanges,
                      .exchange_count = requests};
  snprintf(path, sizeof path, "/bytes/%" PRIu64, bytes);
  for (size_t i = 0; i < requests; i++) {
    exchanges[i] =
        upload_bytes
            ? (sim_exchange){.method = "POST", .path = "/upload", .upload_bytes = upload_bytes}
            : (sim_exchange){.path = path};
  }
  sim_pair_open(&pair, seed, &setup);
  for (size_t i = 0; i < requests; i++) {
    (void)sim_client_request(&pair.client, i);
  }
  (void)sim_run(pair.net, sim_now(pair.net) + limit_s * SIM_SECOND, sim_client_is_done,
                &pair.client);
  print_result(&pair);
  sim_pair_close(&pair);
  return 0;
}
