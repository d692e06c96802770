/* SPDX-License-Identifier: MIT */
/* pqq_start_server and pqq_request against each other over loopback. */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "api/api_fixture.h"
#include "harness.h"
#include "io/address.h"
#include "io/udp_socket.h"

static pqq_header field(const char *name, const char *value) {
  return (pqq_header){.name = {(const uint8_t *)name, strlen(name)},
                      .value = {(const uint8_t *)value, strlen(value)}};
}

static int is_text(pqq_bytes bytes, const char *text) {
  return bytes.len == strlen(text) && (bytes.len == 0 || memcmp(bytes.data, text, bytes.len) == 0);
}

/* What the tests' server does is in the path. */
static void answer(pqq_exchange *exchange, void *user_data) {
  pqq_bytes path = pqq_exchange_path(exchange), body = pqq_exchange_body(exchange);
  pqq_bytes method = pqq_exchange_method(exchange);
  pqq_header headers[] = {field("x-method", ""), field("content-type", "text/plain")};
  atomic_uint *count = user_data;

  if (count != NULL) {
    atomic_fetch_add(count, 1);
  }
  headers[0].value = method;
  if (is_text(path, "/echo")) {
    pqq_respond(exchange, 200, headers, 2, body.data, body.len, 0);
  } else if (is_text(path, "/silent")) {
    return;
  } else if (is_text(path, "/nothing")) {
    pqq_respond(exchange, 204, NULL, 0, NULL, 0, 0);
  } else if (is_text(path, "/reset-content")) {
    pqq_respond(exchange, 205, NULL, 0, "dropped", 7, 0);
  } else if (is_text(path, "/own-length")) {
    headers[0] = field("content-length", "5");
    pqq_respond(exchange, 200, headers, 1, "hello", 5, PQQ_WRITE_BORROW);
  } else if (is_text(path, "/mistakes")) {
    int mistakes = pqq_respond(exchange, 199, NULL, 0, NULL, 0, 0) == PQQ_ERR_INVALID_ARG;
    headers[0] = field("Upper-Case", "x");
    mistakes += pqq_respond(exchange, 200, headers, 1, NULL, 0, 0) == PQQ_ERR_HEADER_INVALID;
    mistakes += pqq_respond(exchange, mistakes == 2 ? 200 : 500, NULL, 0, NULL, 0, 0) == PQQ_OK;
    mistakes += pqq_respond(exchange, 200, NULL, 0, NULL, 0, 0) == PQQ_ERR_STATE;
    (void)mistakes;
  } else {
    pqq_respond(exchange, 200, headers, 2, "hello", 5, 0);
  }
}

typedef struct fixture {
  pqq_config *config;
  pqq_server *server;
} fixture;

static pqq_server_options server_options(pqq_config *config) {
  pqq_server_options options;

  EXPECT_INT(pqq_server_options_init(&options, sizeof options), PQQ_OK);
  options.config = config;
  options.handler = answer;
  return options;
}

static fixture set_up(void) {
  fixture f = {.config = fixture_config()};
  pqq_server_options options = server_options(f.config);

  EXPECT_INT(pqq_start_server(&options, &f.server), PQQ_OK);
  EXPECT(pqq_server_port(f.server) != 0);
  return f;
}

static void tear_down(fixture *f) {
  pqq_stop_server(f->server, 0);
  pqq_config_unref(f->config);
}

static char url_text[256];

static pqq_request_options request_to(const fixture *f, const char *host, const char *path) {
  pqq_request_options options;

  snprintf(url_text, sizeof url_text, "https://%s:%u%s", host, pqq_server_port(f->server), path);
  EXPECT_INT(pqq_request_options_init(&options, sizeof options), PQQ_OK);
  options.url = url_text;
  options.config = f->config;
  return options;
}

static pqq_response *expect_response(const pqq_request_options *options, int32_t status) {
  pqq_response *response = NULL;
  pqq_status result = pqq_request(options, &response);

  NOTE("%s: %s", options->url, pqq_error_detail());
  EXPECT_INT(result, PQQ_OK);
  EXPECT_INT(pqq_response_status(response), status);
  return response;
}

static void expect_failure(const pqq_request_options *options, pqq_status status) {
  pqq_response *response = NULL;
  pqq_status result = pqq_request(options, &response);

  NOTE("%s: %s", options->url, pqq_error_detail());
  EXPECT_INT(result, status);
  EXPECT(response == NULL);
}

TEST("GET brings status, headers, body, and what was negotiated") {
  fixture f = set_up();
  pqq_request_options options = request_to(&f, "localhost", "/");
  pqq_response *response = expect_response(&options, 200);
  const pqq_connection_info *info = pqq_response_connection_info(response);
  const pqq_header *headers;
  size_t count;

  EXPECT(is_text(pqq_response_body(response), "hello"));
  EXPECT(is_text(pqq_response_header(response, "x-method"), "GET"));
  EXPECT(is_text(pqq_response_header(response, "content-length"), "5"));
  EXPECT(pqq_response_header(response, "x-none").data == NULL);
  EXPECT(pqq_response_header(response, ":status").data == NULL);
  headers = pqq_response_headers(response, &count);
  EXPECT_UINT(count, 4);
  /* "Sun, 06 Nov 1994 08:49:37 GMT" */
  EXPECT_UINT(pqq_response_header(response, "date").len, 29);
  EXPECT(is_text(headers[0].name, "x-method"));
  EXPECT_STR(info->group_name, "X25519MLKEM768");
  EXPECT_STR(info->signature_name, "ML-DSA-65");
  EXPECT(is_text(info->alpn, "velocity/1"));
  EXPECT_INT(info->authentication, PQQ_AUTH_HYBRID);
  EXPECT_STR(info->classical_signature_name, "ecdsa_secp256r1_sha256");
  EXPECT_UINT(info->classical_certificate_count, 1);
  EXPECT(is_text(info->server_name, "localhost"));
  EXPECT_UINT(info->certificate_count, 1);
  EXPECT_STR(info->certificates[0].algorithm, "ML-DSA-65");
  EXPECT(info->certificates[0].der.len > 3000 && info->certificates[0].der.data[0] == 0x30);
  EXPECT_UINT(info->remote.port, pqq_server_port(f.server));
  EXPECT(info->local.port != 0);
  EXPECT_INT(info->is_server, 0);
  pqq_response_free(response);
  tear_down(&f);
}

TEST("a server listens on IPv4 and IPv6, and certificates hold for the literals") {
  fixture f = set_up();
  static const char *const hosts[] = {"127.0.0.1", "[::1]"};
  pqq_address address;
  size_t count;

  EXPECT_INT(pqq_driver_addresses(pqq_server_driver(f.server), &address, 1, &count), PQQ_OK);
  for (size_t i = 0; i < 2; i++) {
    pqq_request_options options = request_to(&f, hosts[i], "/");

    if (i == 1 && address.family == 4) {
      tear_down(&f);
      SKIP("no IPv6");
    }
    pqq_response_free(expect_response(&options, 200));
  }
  tear_down(&f);
}

TEST("POST bodies come back whole, from one byte to the limit") {
  static const size_t sizes[] = {0, 1, 1200, 65536, 1 << 20};
  fixture f = set_up();
  uint8_t *body = malloc(1 << 20);

  for (size_t i = 0; i < 1 << 20; i++) {
    body[i] = (uint8_t)(i * 7 + (i >> 8));
  }
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    pqq_request_options options = request_to(&f, "localhost", "/echo");
    pqq_header own = field("x-own", "1");
    pqq_response *response;

    options.method = "POST";
    options.headers = &own;
    options.header_count = 1;
    options.body = (pqq_bytes){.data = body, .len = sizes[i]};
    response = expect_response(&options, 200);
    EXPECT_MEM(pqq_response_body(response).data, pqq_response_body(response).len, body, sizes[i]);
    EXPECT(is_text(pqq_response_header(response, "x-method"), "POST"));
    pqq_response_free(response);
  }
  free(body);
  tear_down(&f);
}

TEST("a body over the server's limit gets 413, announced or not") {
  fixture f = set_up();
  uint8_t *body = calloc(1, (1 << 20) + 1);
  pqq_request_options options = request_to(&f, "localhost", "/echo");

  options.method = "PUT";
  options.body = (pqq_bytes){.data = body, .len = (1 << 20) + 1};
  pqq_response_free(expect_response(&options, 413));
  options.body.len--;
  pqq_response_free(expect_response(&options, 200));
  free(body);
  tear_down(&f);
}

TEST("HEAD has the length and no body; 204 and 205 have neither body nor a wrong length") {
  fixture f = set_up();
  pqq_request_options options = request_to(&f, "localhost", "/");
  pqq_response *response;

  options.method = "HEAD";
  options.max_body_bytes = 0; /* of no matter for HEAD */
  response = expect_response(&options, 200);
  EXPECT(is_text(pqq_response_header(response, "content-length"), "5"));
  EXPECT_UINT(pqq_response_body(response).len, 0);
  pqq_response_free(response);
  options = request_to(&f, "localhost", "/nothing");
  response = expect_response(&options, 204);
  EXPECT(pqq_response_header(response, "content-length").data == NULL);
  EXPECT_UINT(pqq_response_body(response).len, 0);
  pqq_response_free(response);
  options = request_to(&f, "localhost", "/reset-content");
  response = expect_response(&options, 205);
  EXPECT(is_text(pqq_response_header(response, "content-length"), "0"));
  EXPECT_UINT(pqq_response_body(response).len, 0);
  pqq_response_free(response);
  tear_down(&f);
}

TEST("a handler that does not answer answers 500; its mistakes leave the exchange open") {
  fixture f = set_up();
  pqq_request_options options = request_to(&f, "localhost", "/silent");

  pqq_response_free(expect_response(&options, 500));
  options = request_to(&f, "localhost", "/mistakes");
  pqq_response_free(expect_response(&options, 200));
  tear_down(&f);
}

TEST("a handler's own content-length stays the only one") {
  fixture f = set_up();
  pqq_request_options options = request_to(&f, "localhost", "/own-length");
  pqq_response *response = expect_response(&options, 200);
  size_t count;

  (void)pqq_response_headers(response, &count);
  EXPECT_UINT(count, 2);
  EXPECT(is_text(pqq_response_body(response), "hello"));
  pqq_response_free(response);
  tear_down(&f);
}

TEST("a response body over the client's limit is refused, announced or not") {
  fixture f = set_up();
  pqq_request_options options = request_to(&f, "localhost", "/");

  options.max_body_bytes = 4;
  expect_failure(&options, PQQ_ERR_BODY_TOO_LARGE);
  options.max_body_bytes = 5;
  pqq_response_free(expect_response(&options, 200));
  tear_down(&f);
}

TEST("options out of range and bad URLs name themselves") {
  fixture f = set_up();
  pqq_request_options options = request_to(&f, "localhost", "/");

  options.timeout_ms = 0;
  expect_failure(&options, PQQ_ERR_INVALID_ARG);
  EXPECT(strstr(pqq_error_detail(), "timeout_ms: 0") != NULL);
  options = request_to(&f, "localhost", "/");
  options.method = "GET /";
  expect_failure(&options, PQQ_ERR_INVALID_ARG);
  options.method = "CONNECT";
  expect_failure(&options, PQQ_ERR_INVALID_ARG);
  options = request_to(&f, "localhost", "/");
  options.url = "http://localhost/";
  expect_failure(&options, PQQ_ERR_URL_INVALID);
  options.url = "https://host.invalid/"; /* RFC 6761 */
  expect_failure(&options, PQQ_ERR_RESOLVE);
  EXPECT(strstr(pqq_error_detail(), "host.invalid") != NULL);
  pqq_header upper = field("X-Upper", "1");
  options = request_to(&f, "localhost", "/");
  options.headers = &upper;
  options.header_count = 1;
  expect_failure(&options, PQQ_ERR_HEADER_INVALID);
  tear_down(&f);
}

TEST("a certificate under other roots or for another name is refused") {
  fixture f = set_up();
  pqq_config *stranger = fixture_stranger();
  pqq_request_options options = request_to(&f, "localhost", "/");

  options.config = stranger;
  expect_failure(&options, PQQ_ERR_CERT_UNTRUSTED);
  options = request_to(&f, "127.0.0.2", "/"); /* not among the certificate's names */
  expect_failure(&options, PQQ_ERR_CERT_NAME_MISMATCH);
  pqq_config_unref(stranger);
  tear_down(&f);
}

/* A UDP port that nobody answers on: bound, and never read. */
static pqq__udp_socket open_silent(void) {
  pqq__udp_options options = {0};
  pqq__udp_socket sock;

  EXPECT_INT(pqq__address_parse(&options.local, "127.0.0.1", 0), 0);
  EXPECT_INT(pqq__udp_socket_open(&sock, &options), PQQ_OK);
  return sock;
}

TEST("nobody there is unreachable: at once by ICMP, else when the time is over") {
  pqq_config *config = fixture_config();
  pqq__udp_socket silent = open_silent();
  pqq_request_options options;
  char url[64];

  EXPECT_INT(pqq_request_options_init(&options, sizeof options), PQQ_OK);
  snprintf(url, sizeof url, "https://127.0.0.1:%u/", silent.bound.port);
  options.url = url;
  options.config = config;
  options.timeout_ms = 50;
  expect_failure(&options, PQQ_ERR_UNREACHABLE);
  pqq__udp_socket_close(&silent);
  options.timeout_ms = 60000; /* far longer than the test may take */
  expect_failure(&options, PQQ_ERR_UNREACHABLE);
  EXPECT(strstr(pqq_error_detail(), "127.0.0.1") != NULL);
  pqq_config_unref(config);
}

TEST("a port in use is an error, however many workers hold it") {
  for (uint32_t workers = 1; workers <= 2; workers++) {
    pqq_config *config = fixture_config();
    pqq_server_options options = server_options(config);
    pqq_server *first = NULL, *second = NULL;
    char text[16];

    options.workers = workers;
    EXPECT_INT(pqq_start_server(&options, &first), PQQ_OK);
    options.port = pqq_server_port(first);
    for (options.workers = 1; options.workers <= 2; options.workers++) {
      NOTE("%u workers against %u", options.workers, workers);
      EXPECT_INT(pqq_start_server(&options, &second), PQQ_ERR_ADDRESS_IN_USE);
      EXPECT(second == NULL);
      snprintf(text, sizeof text, ":%u", options.port);
      EXPECT(strstr(pqq_error_detail(), text) != NULL);
    }
    pqq_stop_server(first, 0);
    options.workers = 1;
    EXPECT_INT(pqq_start_server(&options, &second), PQQ_OK); /* free again */
    pqq_stop_server(second, 0);
    pqq_config_unref(config);
  }
}

TEST("server options out of range name themselves") {
  static const char *const bad_host[] = {"localhost"};
  static const char *const foreign_host[] = {"192.0.2.1"};
  pqq_config *config = fixture_config(), *no_identity = fixture_stranger();
  pqq_server_options options = server_options(config);
  pqq_server *server = NULL;

  options.workers = 65;
  EXPECT_INT(pqq_start_server(&options, &server), PQQ_ERR_INVALID_ARG);
  EXPECT(strstr(pqq_error_detail(), "workers: 65") != NULL);
  options = server_options(config);
  options.max_body_bytes = (1u << 30) + 1;
  EXPECT_INT(pqq_start_server(&options, &server), PQQ_ERR_INVALID_ARG);
  options = server_options(config);
  options.hosts = bad_host;
  options.host_count = 1;
  EXPECT_INT(pqq_start_server(&options, &server), PQQ_ERR_INVALID_ARG);
  EXPECT(strstr(pqq_error_detail(), "localhost") != NULL);
  options.host_count = PQQ_MAX_LISTEN_HOSTS + 1;
  EXPECT_INT(pqq_start_server(&options, &server), PQQ_ERR_INVALID_ARG);
  options.hosts = foreign_host;
  options.host_count = 1;
  EXPECT_INT(pqq_start_server(&options, &server), PQQ_ERR_ADDRESS_UNAVAILABLE);
  options = server_options(no_identity);
  EXPECT_INT(pqq_start_server(&options, &server), PQQ_ERR_NO_IDENTITY);
  options = server_options(NULL);
  EXPECT_INT(pqq_start_server(&options, &server), PQQ_ERR_NO_IDENTITY);
  options.cert_file = "no/such/cert.pem";
  options.key_file = "no/such/key.pem";
  EXPECT_INT(pqq_start_server(&options, &server), PQQ_ERR_CERT_UNREADABLE);
  EXPECT(strstr(pqq_error_detail(), "no/such/cert.pem") != NULL);
  EXPECT(server == NULL);
  pqq_config_unref(config);
  pqq_config_unref(no_identity);
}

TEST("several hosts share one port") {
  static const char *const hosts[] = {"127.0.0.1", "127.0.0.3", "::1"};
  pqq_config *config = fixture_config();
  pqq_server_options options = server_options(config);
  fixture f = {.config = config};
  pqq_address addresses[4];
  size_t count;
  pqq_status status;

  options.hosts = hosts;
  options.host_count = 3;
  options.workers = 2;
  status = pqq_start_server(&options, &f.server);
  if (status == PQQ_ERR_ADDRESS_UNAVAILABLE) {
    pqq_config_unref(config);
    SKIP("%s", pqq_error_detail());
  }
  EXPECT_INT(status, PQQ_OK);
  EXPECT_INT(pqq_driver_addresses(pqq_server_driver(f.server), addresses, 4, &count), PQQ_OK);
  EXPECT_UINT(count, 3);
  for (size_t i = 0; i < count; i++) {
    EXPECT_UINT(addresses[i].port, pqq_server_port(f.server));
  }
  pqq_request_options request = request_to(&f, "127.0.0.1", "/");
  pqq_response_free(expect_response(&request, 200));
  request = request_to(&f, "[::1]", "/");
  pqq_response_free(expect_response(&request, 200));
  tear_down(&f);
}

static pqq_stats stats_of(pqq_server *server) {
  pqq_stats stats = {.struct_size = sizeof stats};

  EXPECT_INT(pqq_driver_stats(pqq_server_driver(server), &stats), PQQ_OK);
  return stats;
}

TEST("fifty requests in sequence, each over its own connection, are counted") {
  fixture f = set_up();
  pqq_stats stats;

  for (int i = 0; i < 50; i++) {
    pqq_request_options options = request_to(&f, "localhost", "/");

    pqq_response_free(expect_response(&options, 200));
    EXPECT_UINT(stats_of(f.server).requests, i + 1);
  }
  stats = stats_of(f.server);
  EXPECT_UINT(stats.handshakes_completed, 50);
  EXPECT_UINT(stats.handshakes_hybrid, 50);
  EXPECT_UINT(stats.handshakes_failed, 0);
  EXPECT(stats.receive_calls > 0 && stats.send_calls > 0 && stats.wakeups > 0);
  tear_down(&f);
}

TEST("garbage of every size is dropped and the server goes on") {
  fixture f = set_up();
  pqq__udp_socket sock = open_silent();
  pqq_address address;
  size_t count;
  uint64_t state = harness_seed();
  static uint8_t data[65507];

  EXPECT_INT(pqq_driver_addresses(pqq_server_driver(f.server), &address, 1, &count), PQQ_OK);
  EXPECT_INT(pqq__address_parse(&address, "127.0.0.1", address.port), 0);
  EXPECT_INT(pqq__udp_socket_connect(&sock, &address), PQQ_OK);
  for (int i = 0; i < 2000; i++) {
    size_t length;

    for (size_t at = 0; at < 64; at += 8) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      memcpy(data + at, &state, 8);
    }
    length = i % 100 == 0 ? sizeof data : (size_t)(state >> 33) % 1500;
    (void)send(sock.fd, data, length, 0); /* a full buffer is the sender's loss */
  }
  pqq__udp_socket_close(&sock);
  pqq_request_options options = request_to(&f, "127.0.0.1", "/");
  pqq_response_free(expect_response(&options, 200));
  tear_down(&f);
}

/* --- Many at once ------------------------------------------------------------------------------
 */

typedef struct load {
  const fixture *f;
  atomic_uint requests;
  /* Posted after each. */
  sem_t done;
  atomic_uint ok;
  atomic_uint failed;
  atomic_int last_failure;
} load;

static void *request_many(void *argument) {
  load *l = argument;
  char url[64];
  pqq_request_options options;

  snprintf(url, sizeof url, "https://localhost:%u/", pqq_server_port(l->f->server));
  (void)pqq_request_options_init(&options, sizeof options);
  options.url = url;
  options.config = l->f->config;
  for (uint32_t i = 0; i < atomic_load(&l->requests); i++) {
    pqq_response *response = NULL;
    pqq_status status = pqq_request(&options, &response);

    if (status == PQQ_OK && pqq_response_status(response) == 200) {
      atomic_fetch_add(&l->ok, 1);
    } else {
      atomic_store(&l->last_failure, status);
      atomic_fetch_add(&l->failed, 1);
    }
    pqq_response_free(response);
    (void)sem_post(&l->done);
  }
  return NULL;
}

enum { THREADS = 4 };

static void start_load(load *l, pthread_t *threads) {
  EXPECT_INT(sem_init(&l->done, 0, 0), 0);
  for (int i = 0; i < THREADS; i++) {
    EXPECT_INT(pthread_create(&threads[i], NULL, request_many, l), 0);
  }
}

static void join_load(pthread_t *threads) {
  for (int i = 0; i < THREADS; i++) {
    EXPECT_INT(pthread_join(threads[i], NULL), 0);
  }
}

TEST("four workers answer requests of four threads") {
  fixture f = {.config = fixture_config()};
  pqq_server_options options = server_options(f.config);
  pthread_t threads[THREADS];
  atomic_uint handled = 0;
  load l = {.f = &f, .requests = 25};

  options.workers = 4;
  options.user_data = &handled;
  EXPECT_INT(pqq_start_server(&options, &f.server), PQQ_OK);
  start_load(&l, threads);
  join_load(threads);
  NOTE("last failure %s", pqq_err_name(atomic_load(&l.last_failure)));
  EXPECT_UINT(atomic_load(&l.ok), THREADS * 25);
  EXPECT_UINT(atomic_load(&handled), THREADS * 25);
  EXPECT_UINT(stats_of(f.server).handshakes_completed, THREADS * 25);
  tear_down(&f);
}

TEST("a server can be stopped under load: requests end in an answer or an error") {
  fixture f = set_up();
  pthread_t threads[THREADS];
  load l = {.f = &f, .requests = 1000};
  pqq_driver *driver = pqq_server_driver(f.server);

  start_load(&l, threads);
  for (int i = 0; i < 20; i++) {
    EXPECT_INT(sem_wait(&l.done), 0);
  }
  atomic_store(&l.requests, 0); /* the threads end after their present request */
  EXPECT_INT(pqq_driver_stop(driver, 100), PQQ_OK);
  join_load(threads);
  EXPECT(atomic_load(&l.ok) >= 20 && atomic_load(&l.failed) <= THREADS);
  tear_down(&f);
}

TEST("servers start and stop again and again, with and without a drain") {
  pqq_config *config = fixture_config();

  for (int i = 0; i < 20; i++) {
    pqq_server_options options = server_options(config);
    fixture f = {.config = config};

    options.workers = 1 + (uint32_t)i % 3;
    EXPECT_INT(pqq_start_server(&options, &f.server), PQQ_OK);
    if (i % 2 == 0) {
      pqq_request_options request = request_to(&f, "localhost", "/");
      pqq_response_free(expect_response(&request, 200));
    }
    pqq_stop_server(f.server, i % 4 < 2 ? 0 : 5000);
  }
  pqq_config_unref(config);
}
