/* SPDX-License-Identifier: MIT */
/* See record.h. What all scenarios have in common: the link of pair.h, one GET, then the client
 * closes. No path MTU discovery: its probes would say nothing and fill pages. */
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>

#include "fatal.h"
#include "fields.h"
#include "http3/engine.h"
#include "pair.h"
#include "quic/conn.h"
#include "seeded.h"
#include "tls/internal.h"

#define PATH "/hello.txt"
#define BODY "hello, post-quantum world\n"

/* RFC 9114 section 8.1. */
#define H3_NO_ERROR 0x100

/* Of SHA-384, the longest hash of a TLS 1.3 cipher suite. */
#define MAX_HASH_BYTES 48

typedef struct recording {
  const transcript *scenario;
  pqq_config *server_config, *client_config;
  sim_pair pair;
  /* Parts of the JSON text. */
  FILE *out;
  size_t datagrams;
  FILE *secrets;
  size_t secret_count;
  /* What was negotiated and exported. */
  FILE *facts;
} recording;

static void put_hex(FILE *out, const uint8_t *data, size_t len) {
  for (size_t i = 0; i < len; i++) {
    fprintf(out, "%02x", data[i]);
  }
}

static int on_send(sim_node *node, sim_datagram *datagram) {
  recording *r = node->user_data;

  fprintf(r->out, "%s\n    {\"atNs\": %llu, \"from\": \"%s\", \"ecn\": %u, \"hex\": \"",
          r->datagrams++ ? "," : "", (unsigned long long)(sim_now(node->net) - SIM_SECOND),
          node == &r->pair.client.node ? "client" : "server", datagram->ecn);
  put_hex(r->out, datagram->data, datagram->len);
  fputs("\"}", r->out);
  return 1;
}

static void on_key_log(void *user_data, const char *line) {
  recording *r = user_data;

  fprintf(r->secrets, "%s\n    \"%s\"", r->secret_count++ ? "," : "", line);
}

/* RFC 9261 section 5.1. */
static void put_exporters(const recording *r) {
  static const char *const labels[] = {
      "EXPORTER-server authenticator handshake context",
      "EXPORTER-server authenticator finished key",
      "EXPORTER-client authenticator handshake context",
      "EXPORTER-client authenticator finished key",
  };
  const pqq__endpoint *endpoint = &r->pair.client.node.engine->endpoint;
  const pqq__conn *conn = PQQ__OWNER(endpoint->all.next, pqq__conn, all_node);
  const SSL *ssl = conn->tls->ssl;
  size_t len = EVP_MD_size(SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl)));
  uint8_t value[MAX_HASH_BYTES];

  for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
    if (SSL_export_keying_material((SSL *)ssl, value, len, labels[i], strlen(labels[i]), NULL, 0,
                                   1) != 1) {
      sim_fatal("cannot export %s", labels[i]);
    }
    fprintf(r->facts, "%s\n    {\"label\": \"%s\", \"hex\": \"", i ? "," : "", labels[i]);
    put_hex(r->facts, value, len);
    fputs("\"}", r->facts);
  }
}

static void put_facts(const recording *r) {
  const sim_client *client = &r->pair.client;
  pqq_connection_info info = {.struct_size = sizeof info};

  if (pqq_engine_connection_info(client->node.engine, client->conn, &info) != PQQ_OK) {
    sim_fatal("no connection info");
  }
  fprintf(r->facts,
          "  \"alpn\": \"%.*s\",\n  \"group\": \"%s\",\n  \"cipher\": \"%s\",\n"
          "  \"signature\": \"%s\",\n  \"exporters\": [",
          (int)info.alpn.len, (const char *)info.alpn.data, info.group_name, info.cipher_name,
          info.signature_name);
  put_exporters(r);
  fputs("\n  ],\n", r->facts);
}

static void on_client_event(sim_client *client, const pqq_event *event) {
  if (event->type == PQQ_EVENT_CONNECTED) {
    put_facts(client->user_data);
  }
}

static int on_request(sim_server *server, sim_reply *reply, const pqq_event *event) {
  const pqq_header headers[] = {sim_field("content-type", "text/plain"),
                                sim_field("content-length", "26")};
  const pqq_body body = {.data = sim_bytes(BODY)};

  (void)event;
  if (pqq_engine_respond(server->node.engine, reply->stream, 200, headers, 2, &body,
                         PQQ_WRITE_END) != PQQ_OK) {
    sim_fatal("respond: %s", pqq_error_detail());
  }
  return 1;
}

static void open_pair(recording *r) {
  static const sim_node node = {.out = {.delay_ns = SIM_DELAY_NS}, .on_send = on_send};
  const pqq_address server = sim_server_address(), client = sim_address4(2, 5000);
  sim_pair *pair = &r->pair;

  pair->net = sim_new(r->scenario->seed);
  pair->server.node = pair->client.node = node;
  pair->server.node.user_data = pair->client.node.user_data = r;
  pair->server.on_request = on_request;
  pair->client.on_event = on_client_event;
  pair->client.user_data = r;
  sim_server_start(&pair->server, pair->net, r->server_config, &server, NULL);
  sim_client_start(&pair->client, pair->net, r->client_config, &client, &server);
}

/* On the seeded thread. */
static void run(void *arg) {
  recording *r = arg;
  sim_exchange exchange = {.path = PATH};
  sim_pair *pair = &r->pair;

  open_pair(r);
  pair->client.exchanges = &exchange;
  pair->client.exchange_count = 1;
  if (!sim_pair_exchange(pair) || exchange.http_status != 200 ||
      exchange.received_bytes != strlen(BODY)) {
    sim_fatal("%s: the request fails: %s (%s)", r->scenario->name,
              pqq_err_name(pair->client.close.status), pair->client.close_reason);
  }
  (void)pqq_engine_close(pair->client.node.engine, pair->client.conn, H3_NO_ERROR);
  sim_run_for(pair->net, SIM_SECOND);
  sim_client_stop(&pair->client);
  sim_server_stop(&pair->server);
  sim_free(pair->net);
}

static void use_identities(pqq_config_options *options, pqq_identity_source sources[2],
                           char *const *texts) {
  for (size_t i = 0; i < 2; i++) {
    char *const *family = texts + i * CLASSICAL_ROOT_CERT;

    sources[i] =
        (pqq_identity_source){.cert_pem = sim_bytes(family[0]), .key_pem = sim_bytes(family[1])};
  }
  options->identities = sources;
  options->identity_count = 2;
}

static pqq_config *new_config(const pqq_config_options *options) {
  pqq_config *config = NULL;

  if (pqq_config_new(options, &config) != PQQ_OK) {
    sim_fatal("configuration: %s", pqq_error_detail());
  }
  return config;
}

static void make_configs(recording *r, char *const texts[IDENTITY_FILES]) {
  pqq_config_options server = sim_options(), client = sim_options();
  pqq_identity_source server_sources[2], client_sources[2];
  char *anchors = NULL;
  size_t len = strlen(texts[PQ_ROOT_CERT]) + strlen(texts[CLASSICAL_ROOT_CERT]) + 1;

  anchors = calloc(1, len);
  if (!anchors) {
    sim_fatal("out of memory");
  }
  snprintf(anchors, len, "%s%s", texts[PQ_ROOT_CERT], texts[CLASSICAL_ROOT_CERT]);
  server.disable_pmtud = client.disable_pmtud = 1;
  client.ca_pem = sim_bytes(anchors);
  client.on_keylog = on_key_log;
  client.keylog_user_data = r;
  use_identities(&server, server_sources, texts + PQ_SERVER_CERT);
  if (r->scenario->is_mutual) {
    server.ca_pem = client.ca_pem;
    use_identities(&client, client_sources, texts + PQ_CLIENT_CERT);
  }
  if (r->scenario->change) {
    r->scenario->change(&server, &client);
  }
  r->server_config = new_config(&server);
  r->client_config = new_config(&client);
  free(anchors);
}

static FILE *open_text(char **text, size_t *len) {
  FILE *file = open_memstream(text, len);

  if (!file) {
    sim_fatal("out of memory");
  }
  return file;
}

char *record(const transcript *scenario, char *const identities[IDENTITY_FILES]) {
  recording r = {.scenario = scenario};
  char *datagrams, *secrets, *facts, *text;
  size_t datagrams_len, secrets_len, facts_len, len;
  FILE *out;

  if (pqq_init() != PQQ_OK) {
    sim_fatal("pqq_init: %s", pqq_error_detail());
  }
  r.out = open_text(&datagrams, &datagrams_len);
  r.secrets = open_text(&secrets, &secrets_len);
  r.facts = open_text(&facts, &facts_len);
  make_configs(&r, identities);
  seeded_run(scenario->seed, run, &r);
  fclose(r.out);
  fclose(r.secrets);
  fclose(r.facts);
  out = open_text(&text, &len);
  fprintf(out,
          "{\n  \"name\": \"%s\",\n  \"seed\": \"0x%016llx\",\n%s  \"keyLog\": [%s\n  ],\n"
          "  \"datagrams\": [%s\n  ]\n}\n",
          scenario->name, (unsigned long long)scenario->seed, facts, secrets, datagrams);
  fclose(out);
  free(datagrams);
  free(secrets);
  free(facts);
  pqq_config_unref(r.server_config);
  pqq_config_unref(r.client_config);
  return text;
}
