/* SPDX-License-Identifier: MIT */
/* pqq_request with a host of several addresses, over loopback: some good, some dead, some refused.
 */
#include <netinet/in.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/api_fixture.h"
#include "api/request.h"
#include "harness.h"
#include "io/address.h"
#include "io/limits.h"
#include "io/udp_socket.h"

#define BODY_BYTES 100000u
#define MAX_ADDRESSES 12

typedef struct fixture {
  pqq_config *config;
  pqq_server *good, *bad;
  /* Requests that the good one and the bad one have seen. */
  atomic_uint handled, leaked;
  pqq_address addresses[MAX_ADDRESSES];
  pqq__udp_socket holes[MAX_ADDRESSES];
  size_t count, hole_count;
  size_t sent, received;
  pqq_request_options options;
} fixture;

static void answer(pqq_exchange *exchange, void *user_data) {
  pqq_bytes body = pqq_exchange_body(exchange);

  atomic_fetch_add((atomic_uint *)user_data, 1);
  (void)pqq_respond(exchange, 200, NULL, 0, body.data, body.len, 0);
}

static pqq_server *start(pqq_config *config, atomic_uint *count) {
  pqq_server_options options;
  pqq_server *server = NULL;

  EXPECT_INT(pqq_server_options_init(&options, sizeof options), PQQ_OK);
  options.config = config;
  options.handler = answer;
  options.user_data = count;
  EXPECT_INT(pqq_start_server(&options, &server), PQQ_OK);
  return server;
}

/* A server for localhost whose roots nobody trusts. */
static pqq_server *start_impostor(atomic_uint *count) {
  static const char *const names[] = {"localhost"};
  pqq_dev_identity *identity = NULL;
  pqq_config_options options = fixture_options();
  pqq_identity_source sources[2];
  pqq_config *config = NULL;
  pqq_server *server;

  EXPECT_INT(pqq_dev_identity_new(PQQ_PROFILE_BALANCED, names, 1, 1, &identity), PQQ_OK);
  sources[0] =
      (pqq_identity_source){.cert_pem = identity->pq_cert_pem, .key_pem = identity->pq_key_pem};
  sources[1] = (pqq_identity_source){.cert_pem = identity->classical_cert_pem,
                                     .key_pem = identity->classical_key_pem};
  options.identities = sources;
  options.ca_pem = identity->ca_pem;
  EXPECT_INT(pqq_config_new(&options, &config), PQQ_OK);
  server = start(config, count);
  pqq_config_unref(config);
  pqq_dev_identity_free(identity);
  return server;
}

static void set_up(fixture *f) {
  *f = (fixture){.config = fixture_config()};
  f->good = start(f->config, &f->handled);
  f->bad = start_impostor(&f->leaked);
  EXPECT_INT(pqq_request_options_init(&f->options, sizeof f->options), PQQ_OK);
  f->options.url = "https://localhost/";
  f->options.config = f->config;
}

static void tear_down(fixture *f) {
  pqq_stop_server(f->good, 0);
  pqq_stop_server(f->bad, 0);
  pqq_config_unref(f->config);
  for (size_t i = 0; i < f->hole_count; i++) {
    pqq__udp_socket_close(&f->holes[i]);
  }
}

static void add_server(fixture *f, const pqq_server *server) {
  f->addresses[f->count++] =
      (pqq_address){.family = 4, .port = pqq_server_port(server), .ip = {127, 0, 0, 1}};
}

/* A socket of IPv6, where there is that, which takes everything and never answers. */
static void add_hole(fixture *f) {
  pqq__udp_socket *hole = &f->holes[f->hole_count++];
  pqq__udp_options options = {.local = {.family = 6}};

  options.local.ip[15] = 1;
  if (pqq__udp_socket_open(hole, &options) != PQQ_OK) {
    options.local = (pqq_address){.family = 4, .ip = {127, 0, 0, 1}};
    EXPECT_INT(pqq__udp_socket_open(hole, &options), PQQ_OK);
  }
  f->addresses[f->count++] = hole->bound;
}

/* A port that nobody listens on, so that ICMP says so. */
static void add_closed(fixture *f) {
  add_hole(f);
  pqq__udp_socket_close(&f->holes[--f->hole_count]);
}

static int is_touched(const pqq__udp_socket *hole) {
  char byte;

  return recv(hole->fd, &byte, 1, MSG_DONTWAIT) >= 0;
}

static void expect(fixture *f, pqq_status status) {
  pqq_response *response = NULL;
  pqq_status result = pqq__request_to(&f->options, f->addresses, f->count, &response);

  NOTE("%s", pqq_error_detail());
  EXPECT_INT(result, status);
  EXPECT((response != NULL) == (status == PQQ_OK));
  if (status == PQQ_OK) {
    EXPECT_INT(pqq_response_status(response), 200);
    EXPECT_UINT(pqq_response_connection_info(response)->remote.port, pqq_server_port(f->good));
  }
  pqq_response_free(response);
}

TEST("an address that never answers does not keep the next from answering") {
  fixture f;

  set_up(&f);
  add_hole(&f);
  add_server(&f, f.good);
  expect(&f, PQQ_OK);
  EXPECT(is_touched(&f.holes[0]));
  EXPECT_UINT(f.handled, 1);
  tear_down(&f);
}

TEST("an address that refuses leads to the next, and so do several") {
  fixture f;

  set_up(&f);
  add_closed(&f);
  add_closed(&f);
  add_server(&f, f.good);
  expect(&f, PQQ_OK);
  EXPECT_UINT(f.handled, 1);
  tear_down(&f);
}

TEST("two good addresses get one request between them") {
  fixture f;

  set_up(&f);
  add_server(&f, f.good);
  add_server(&f, f.good);
  add_hole(&f);
  for (unsigned i = 1; i <= 5; i++) {
    expect(&f, PQQ_OK);
    EXPECT_UINT(f.handled, i);
  }
  tear_down(&f);
}

static pqq_status read_body(void *user_data, uint8_t *buffer, size_t capacity, size_t *len) {
  fixture *f = user_data;

  *len = BODY_BYTES - f->sent < capacity ? BODY_BYTES - f->sent : capacity;
  memset(buffer, 'x', *len);
  f->sent += *len;
  return PQQ_OK;
}

static pqq_status on_body(void *user_data, pqq_bytes data) {
  ((fixture *)user_data)->received += data.len;
  return PQQ_OK;
}

TEST("a body that is streamed is read once, for the winner") {
  fixture f;

  set_up(&f);
  add_hole(&f);
  add_closed(&f);
  add_server(&f, f.good);
  add_server(&f, f.good);
  f.options.method = "POST";
  f.options.read_body = read_body;
  f.options.on_body = on_body;
  f.options.user_data = &f;
  expect(&f, PQQ_OK);
  EXPECT_UINT(f.sent, BODY_BYTES);
  EXPECT_UINT(f.received, BODY_BYTES);
  EXPECT_UINT(f.handled, 1);
  tear_down(&f);
}

TEST("where no address is any good the first one's error is told") {
  fixture f;
  char address[PQQ__ADDRESS_TEXT_BYTES];

  set_up(&f);
  add_closed(&f);
  add_closed(&f);
  expect(&f, PQQ_ERR_UNREACHABLE);
  (void)pqq__address_text(&f.addresses[0], address);
  EXPECT(strncmp(pqq_error_detail(), address, strlen(address)) == 0);
  add_hole(&f);
  f.options.timeout_ms = 1000;
  expect(&f, PQQ_ERR_UNREACHABLE);
  EXPECT(is_touched(&f.holes[0]));
  tear_down(&f);
}

TEST("a server whose certificate is refused ends the race, in whatever place it is") {
  for (int place = 0; place < 3; place++) {
    fixture f;

    NOTE("place %d", place);
    set_up(&f);
    if (place == 1) {
      add_closed(&f);
    } else if (place == 2) {
      add_hole(&f);
    }
    add_server(&f, f.bad);
    /* Head starts enough for the slowest machine. */
    add_hole(&f);
    add_hole(&f);
    add_server(&f, f.good);
    expect(&f, PQQ_ERR_CERT_UNTRUSTED);
    EXPECT_UINT(f.handled + f.leaked, 0);
    tear_down(&f);
  }
}

TEST("a refused certificate is not hidden behind an address that does not answer") {
  fixture f;

  set_up(&f);
  add_server(&f, f.bad);
  add_hole(&f);
  expect(&f, PQQ_ERR_CERT_UNTRUSTED);
  EXPECT_UINT(f.leaked, 0);
  tear_down(&f);
}

TEST("the time for a handshake is that of all addresses together") {
  pqq_config_options options = fixture_options();
  fixture f;
  unsigned touched = 0;

  set_up(&f);
  pqq_config_unref(f.config);
  options.handshake_timeout_ms = PQQ__ATTEMPT_DELAY_MS + 50;
  EXPECT_INT(pqq_config_new(&options, &f.config), PQQ_OK);
  f.options.config = f.config;
  for (size_t i = 0; i < PQQ__MAX_ATTEMPTS; i++) {
    add_hole(&f);
  }
  expect(&f, PQQ_ERR_UNREACHABLE);
  for (size_t i = 0; i < f.hole_count; i++) {
    touched += is_touched(&f.holes[i]) != 0;
  }
  EXPECT(touched >= 1 && touched <= 2);
  tear_down(&f);
}

TEST(
    "a list that is too long is cut, and what is wrong with a request is said before any attempt") {
  pqq_header header = {.name = {(const uint8_t *)"Upper", 5}, .value = {(const uint8_t *)"x", 1}};
  fixture f;

  set_up(&f);
  for (size_t i = 0; i < PQQ__MAX_ATTEMPTS; i++) {
    add_closed(&f);
  }
  add_server(&f, f.good);
  expect(&f, PQQ_ERR_UNREACHABLE);
  EXPECT_UINT(f.handled, 0);
  f.options.headers = &header;
  f.options.header_count = 1;
  expect(&f, PQQ_ERR_HEADER_INVALID);
  tear_down(&f);
}
