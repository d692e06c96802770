/* SPDX-License-Identifier: MIT */
/* The driver's signing pool from outside: bursts of handshakes, what goes in
 * line and what to the pool, and connections that end before their signature.
 *
 * A burst is made certain by keeping the server's worker in a call until all
 * first flights are in its socket, and signatures are held up at a gate. */
#include <string.h>

#include "api/api_fixture.h"
#include "harness.h"
#include "io/driver.h"
#include "io/event_log.h"
#include "io/gate.h"

enum { BURST = 24, DATAGRAMS_PER_HELLO = 2 };

typedef struct fixture {
  pqq_config *config;
  event_log at_server, at_client;
  pqq_driver *server, *client;
  pqq_address address;
} fixture;

static gate at_run, in_call;
static pqq_driver *stopping;

static void run_at_gate(pqq_job *job) {
  gate_pass(&at_run);
  pqq_job_run(job);
}

/* Holds a signature up until the driver's end. */
static void run_until_stop(pqq_job *job) {
  pqq__signing_pool *pool = &stopping->signing;

  gate_pass(&at_run);
  (void)pthread_mutex_lock(&pool->lock);
  while (!pool->is_stopping) {
    (void)pthread_cond_wait(&pool->has_work, &pool->lock);
  }
  (void)pthread_mutex_unlock(&pool->lock);
  pqq_job_run(job);
}

static pqq_driver *start(pqq_config *config, int is_server, uint32_t threads, event_log *log) {
  static const char *const loopback[] = {"127.0.0.1"};
  pqq_driver_events events = event_log_events();
  pqq_driver_options options;
  pqq_driver *driver = NULL;

  EXPECT_INT(pqq_driver_options_init(&options, sizeof options), PQQ_OK);
  EXPECT_UINT(options.signing_threads, 0);
  options.is_server = is_server;
  options.signing_threads = threads;
  options.hosts = loopback;
  options.host_count = 1;
  EXPECT_INT(pqq_driver_start(config, &options, &events, log, &driver), PQQ_OK);
  return driver;
}

enum { ML_DSA, ECDSA };

/* One of the two, so that a handshake is one signature. */
static pqq_config *one_identity(int which) {
  pqq_config_options options = fixture_options();
  pqq_config *config = NULL;

  options.identities += which;
  options.identity_count = 1;
  EXPECT_INT(pqq_config_new(&options, &config), PQQ_OK);
  return config;
}

static void set_up(fixture *f, pqq_config *config, uint32_t threads, void (*run)(pqq_job *job)) {
  size_t count;

  memset(f, 0, sizeof *f);
  f->config = config;
  event_log_init(&f->at_server);
  event_log_init(&f->at_client);
  f->server = start(f->config, 1, threads, &f->at_server);
  f->client = start(f->config, 0, 0, &f->at_client);
  at_run = in_call = GATE_CLOSED;
  stopping = f->server;
  f->server->signing.calls.run = run; /* it has no threads yet */
  EXPECT_INT(pqq_driver_addresses(f->server, &f->address, 1, &count), PQQ_OK);
}

static void tear_down(fixture *f) {
  pqq_driver_free(f->client);
  pqq_driver_free(f->server);
  event_log_deinit(&f->at_client);
  event_log_deinit(&f->at_server);
  pqq_config_unref(f->config);
}

static void connect_many(fixture *f, size_t count) {
  pqq_connect_options options = {
      .struct_size = sizeof options, .remote = f->address, .server_name = "127.0.0.1"};
  pqq_command command = {.type = PQQ_COMMAND_CONNECT, .connect = &options};

  for (size_t i = 0; i < count; i++) {
    EXPECT_INT(pqq_driver_submit(f->client, &command, 1), PQQ_OK);
  }
}

/* --- Waiting for what drivers do
 * ------------------------------------------------------------------ */

static void nothing(pqq_engine *engine, void *user_data) {
  (void)engine;
  (void)user_data;
}

static pqq_stats stats_of(pqq_driver *driver) {
  pqq_stats stats = {.struct_size = sizeof stats};

  EXPECT_INT(pqq_driver_stats(driver, &stats), PQQ_OK);
  return stats;
}

/* Each call is a turn of the worker; CTest's time limit is the judge. */
#define WAIT_FOR_STAT(driver, name, value)                         \
  do {                                                             \
    EXPECT_INT(pqq_driver_call(driver, 0, nothing, NULL), PQQ_OK); \
  } while (stats_of(driver).name < (value))

static void stay(pqq_engine *engine, void *user_data) {
  (void)engine;
  (void)user_data;
  gate_pass(&in_call);
}

static void *keep_server_in_call(void *argument) {
  return (void *)(intptr_t)pqq_driver_call(argument, 0, stay, NULL);
}

/* BURST first flights that the server finds in its socket at once. */
static void burst(fixture *f) {
  uint64_t before = stats_of(f->client).datagrams_sent;
  pthread_t thread;
  void *status;

  in_call = GATE_CLOSED;
  EXPECT_INT(pthread_create(&thread, NULL, keep_server_in_call, f->server), 0);
  gate_wait_arrived(&in_call, 1);
  connect_many(f, BURST);
  WAIT_FOR_STAT(f->client, datagrams_sent, before + BURST * DATAGRAMS_PER_HELLO);
  /* They are counted before they are sent; the turn after has sent them. */
  EXPECT_INT(pqq_driver_call(f->client, 0, nothing, NULL), PQQ_OK);
  gate_open(&in_call);
  EXPECT_INT(pthread_join(thread, &status), 0);
  EXPECT(status == NULL);
}

static void expect_connected(fixture *f, size_t count) {
  for (size_t i = 0; i < count; i++) {
    (void)event_log_wait(&f->at_client, PQQ_EVENT_CONNECTED);
  }
}

static void expect_signatures(fixture *f, uint64_t in_line, uint64_t pooled) {
  pqq_stats stats = stats_of(f->server);

  EXPECT_UINT(stats.signatures_in_line, in_line);
  EXPECT_UINT(stats.signatures_pooled, pooled);
}

static void ask(fixture *f, pqq_id conn) {
  pqq_header headers[] = {
      {.name = {(const uint8_t *)":method", 7}, .value = {(const uint8_t *)"GET", 3}},
      {.name = {(const uint8_t *)":scheme", 7}, .value = {(const uint8_t *)"https", 5}},
      {.name = {(const uint8_t *)":authority", 10}, .value = {(const uint8_t *)"a", 1}},
      {.name = {(const uint8_t *)":path", 5}, .value = {(const uint8_t *)"/", 1}}};
  pqq_command command = {.type = PQQ_COMMAND_REQUEST,
                         .id = conn,
                         .flags = PQQ_WRITE_END,
                         .headers = headers,
                         .header_count = 4};

  EXPECT_INT(pqq_driver_submit(f->client, &command, 1), PQQ_OK);
  command = (pqq_command){.type = PQQ_COMMAND_RESPOND,
                          .id = event_log_wait(&f->at_server, PQQ_EVENT_REQUEST).stream,
                          .http_status = 204,
                          .flags = PQQ_WRITE_END};
  EXPECT_INT(pqq_driver_submit(f->server, &command, 1), PQQ_OK);
  EXPECT_INT(event_log_wait(&f->at_client, PQQ_EVENT_RESPONSE).http_status, 204);
}

/* --- Tests
 * ---------------------------------------------------------------------------------------- */

TEST("a burst goes to the pool, a single handshake does not, and requests wait for neither") {
  fixture f;
  pqq_id conn;

  set_up(&f, one_identity(ML_DSA), 2, run_at_gate);
  connect_many(&f, 1);
  conn = event_log_wait(&f.at_client, PQQ_EVENT_CONNECTED).conn;
  expect_signatures(&f, 1, 0);
  burst(&f);
  gate_wait_arrived(&at_run, 2);
  ask(&f, conn); /* while no signature can be made */
  EXPECT_UINT(event_log_count(&f.at_client, PQQ_EVENT_CONNECTED), 1);
  gate_open(&at_run);
  expect_connected(&f, BURST);
  expect_signatures(&f, 1, BURST);
  connect_many(&f, 1);
  expect_connected(&f, 1);
  expect_signatures(&f, 2, BURST);
  tear_down(&f);
}

TEST("by default there is a pool; without one, all is signed in line") {
  const uint32_t threads[] = {0, PQQ_SIGNING_THREADS_NONE};
  fixture f;

  for (size_t i = 0; i < 2; i++) {
    set_up(&f, one_identity(ML_DSA), threads[i], pqq_job_run);
    burst(&f);
    expect_connected(&f, BURST);
    EXPECT_UINT(stats_of(f.server).signatures_in_line + stats_of(f.server).signatures_pooled,
                BURST);
    EXPECT((stats_of(f.server).signatures_pooled > 0) == (i == 0));
    tear_down(&f);
  }
}

TEST("ECDSA is signed in line, also in a burst") {
  fixture f;

  set_up(&f, one_identity(ECDSA), 1, run_at_gate); /* which nothing may reach */
  burst(&f);
  expect_connected(&f, BURST);
  expect_signatures(&f, BURST, 0);
  tear_down(&f);
}

TEST("results of connections that are gone are dropped, and others go on") {
  fixture f;

  set_up(&f, one_identity(ML_DSA), 1, run_at_gate);
  burst(&f);
  gate_wait_arrived(&at_run, 1);
  pqq_driver_free(f.client); /* says goodbye on every connection */
  WAIT_FOR_STAT(f.server, connections_closed, BURST);
  gate_open(&at_run);
  WAIT_FOR_STAT(f.server, signatures_pooled, BURST);
  EXPECT_UINT(stats_of(f.server).handshakes_failed, BURST);
  f.client = start(f.config, 0, 0, &f.at_client);
  connect_many(&f, 1);
  expect_connected(&f, 1);
  tear_down(&f);
}

TEST("a driver ends with jobs in its pool, one of them being run") {
  fixture f;

  set_up(&f, one_identity(ML_DSA), 1, run_until_stop);
  gate_open(&at_run);
  burst(&f);
  gate_wait_arrived(&at_run, 1);
  tear_down(&f); /* AddressSanitizer sees what is left */
}

TEST("more than 64 threads are refused") {
  pqq_config *config = one_identity(ML_DSA);
  pqq_driver_events events = event_log_events();
  pqq_driver_options options;
  pqq_driver *driver = NULL;

  EXPECT_INT(pqq_driver_options_init(&options, sizeof options), PQQ_OK);
  options.is_server = 1;
  options.signing_threads = 65;
  EXPECT_INT(pqq_driver_start(config, &options, &events, NULL, &driver), PQQ_ERR_INVALID_ARG);
  EXPECT(strstr(pqq_error_detail(), "signing_threads: 65") != NULL);
  pqq_config_unref(config);
}
