/* SPDX-License-Identifier: MIT */
/* The driver through its public header: a server driver and a client driver,
 * events recorded, commands submitted from the test's thread. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_fixture.h"
#include "files/sandbox.h"
#include "harness.h"
#include "io/address.h"
#include "io/event_log.h"

typedef struct fixture {
  pqq_config *config;
  event_log at_server, at_client;
  pqq_driver *server, *client;
  pqq_address address;
} fixture;

static pqq_driver *start(pqq_config *config, int is_server, uint32_t workers, event_log *log) {
  static const char *const loopback[] = {"127.0.0.1"};
  pqq_driver_events events = event_log_events();
  pqq_driver_options options;
  pqq_driver *driver = NULL;

  EXPECT_INT(pqq_driver_options_init(&options, sizeof options), PQQ_OK);
  options.is_server = is_server;
  options.workers = workers;
  if (is_server) {
    options.hosts = loopback;
    options.host_count = 1;
  }
  EXPECT_INT(pqq_driver_start(config, &options, &events, log, &driver), PQQ_OK);
  return driver;
}

static void set_up(fixture *f) {
  size_t count;

  memset(f, 0, sizeof *f);
  f->config = fixture_config();
  event_log_init(&f->at_server);
  event_log_init(&f->at_client);
  f->server = start(f->config, 1, 1, &f->at_server);
  f->client = start(f->config, 0, 1, &f->at_client);
  EXPECT_INT(pqq_driver_addresses(f->server, &f->address, 1, &count), PQQ_OK);
}

static void tear_down(fixture *f) {
  pqq_driver_free(f->client);
  pqq_driver_free(f->server);
  event_log_deinit(&f->at_client);
  event_log_deinit(&f->at_server);
  pqq_config_unref(f->config);
}

static pqq_header field(const char *name, const char *value) {
  return (pqq_header){.name = {(const uint8_t *)name, strlen(name)},
                      .value = {(const uint8_t *)value, strlen(value)}};
}

/* pqq_id of the new connection. */
static pqq_id connect_to(fixture *f, uint64_t token) {
  pqq_connect_options options = {
      .struct_size = sizeof options, .remote = f->address, .server_name = "127.0.0.1"};
  pqq_command command = {.type = PQQ_COMMAND_CONNECT, .token = token, .connect = &options};
  logged connected;

  EXPECT_INT(pqq_driver_submit(f->client, &command, 1), PQQ_OK);
  connected = event_log_wait(&f->at_client, PQQ_EVENT_CONNECTED);
  EXPECT_UINT(connected.token, token);
  return connected.conn;
}

static pqq_status submit_request(fixture *f, pqq_id conn, uint64_t token, const pqq_body *body,
                                 uint32_t flags) {
  pqq_header headers[] = {field(":method", "POST"), field(":scheme", "https"),
                          field(":authority", "127.0.0.1"), field(":path", "/")};
  pqq_command command = {.type = PQQ_COMMAND_REQUEST,
                         .id = conn,
                         .token = token,
                         .tag = token,
                         .flags = flags,
                         .headers = headers,
                         .header_count = 4,
                         .body = body};

  return pqq_driver_submit(f->client, &command, 1);
}

static pqq_status submit_respond(pqq_driver *driver, pqq_id stream, const char *text) {
  pqq_body body = {.data = {(const uint8_t *)text, strlen(text)}};
  pqq_command command = {.type = PQQ_COMMAND_RESPOND,
                         .id = stream,
                         .http_status = 200,
                         .flags = PQQ_WRITE_END,
                         .body = &body};

  return pqq_driver_submit(driver, &command, 1);
}

static void nothing(pqq_engine *engine, void *user_data) {
  (void)engine;
  (void)user_data;
}

TEST("a request and its answer go through events and commands") {
  fixture f;
  pqq_body body = {.data = {(const uint8_t *)"ping", 4}};
  logged entry;
  pqq_id conn, stream;

  set_up(&f);
  conn = connect_to(&f, 17);
  EXPECT_INT(submit_request(&f, conn, 18, &body, PQQ_WRITE_END), PQQ_OK);
  entry = event_log_wait(&f.at_client, PQQ_EVENT_OPENED);
  EXPECT_UINT(entry.token, 18);
  EXPECT_UINT(entry.conn, conn);
  stream = event_log_wait(&f.at_server, PQQ_EVENT_REQUEST).stream;
  entry = event_log_wait(&f.at_server, PQQ_EVENT_DATA);
  EXPECT_MEM(entry.data, entry.data_len, "ping", 4);
  EXPECT(entry.is_end);
  EXPECT_INT(submit_respond(f.server, stream, "pong"), PQQ_OK);
  EXPECT_INT(event_log_wait(&f.at_client, PQQ_EVENT_RESPONSE).http_status, 200);
  entry = event_log_wait(&f.at_client, PQQ_EVENT_DATA);
  EXPECT_MEM(entry.data, entry.data_len, "pong", 4);
  EXPECT_INT(event_log_wait(&f.at_client, PQQ_EVENT_STREAM_CLOSED).status, PQQ_OK);
  EXPECT_INT(event_log_wait(&f.at_server, PQQ_EVENT_STREAM_CLOSED).status, PQQ_OK);
  EXPECT_UINT(event_log_count(&f.at_client, LOG_COMMAND_FAILED), 0);
  EXPECT_UINT(event_log_count(&f.at_server, LOG_COMMAND_FAILED), 0);
  tear_down(&f);
}

TEST("commands that fail are reported once, with their tag, unless an event says it") {
  fixture f;
  pqq_connect_options options = {.struct_size = sizeof options, .server_name = "127.0.0.1"};
  pqq_command command = {.type = PQQ_COMMAND_CONNECT, .tag = 1, .connect = &options};
  pqq_id gone = ((pqq_id)9 << 32) | 5;
  logged entry;

  set_up(&f);
  EXPECT_INT(pqq_driver_submit(f.client, &command, 1), PQQ_OK); /* no remote address */
  entry = event_log_wait(&f.at_client, LOG_COMMAND_FAILED);
  EXPECT_UINT(entry.token, 1);
  EXPECT_INT(entry.status, PQQ_ERR_INVALID_ARG);

  EXPECT_INT(submit_request(&f, gone, 2, NULL, PQQ_WRITE_END), PQQ_OK);
  entry = event_log_wait(&f.at_client, LOG_COMMAND_FAILED);
  EXPECT_UINT(entry.token, 2);
  EXPECT_INT(entry.status, PQQ_ERR_NOT_FOUND);

  command = (pqq_command){.type = PQQ_COMMAND_RESET, .id = gone, .tag = 3};
  EXPECT_INT(pqq_driver_submit(f.client, &command, 1), PQQ_OK); /* silent */
  pqq_id conn = connect_to(&f, 4);
  EXPECT_INT(submit_request(&f, conn, 5, NULL, PQQ_WRITE_END), PQQ_OK);
  pqq_id stream = event_log_wait(&f.at_server, PQQ_EVENT_REQUEST).stream;
  EXPECT_INT(submit_respond(f.server, stream, "a"), PQQ_OK);
  command = (pqq_command){.type = PQQ_COMMAND_RESPOND, .id = stream, .http_status = 42, .tag = 6};
  EXPECT_INT(pqq_driver_submit(f.server, &command, 1), PQQ_OK);
  entry = event_log_wait(&f.at_server, LOG_COMMAND_FAILED);
  EXPECT_UINT(entry.token, 6);
  EXPECT_INT(entry.status, PQQ_ERR_INVALID_ARG);
  EXPECT_UINT(event_log_count(&f.at_client, LOG_COMMAND_FAILED), 2);
  EXPECT_UINT(event_log_count(&f.at_client, PQQ_EVENT_OPEN_FAILED), 0);
  tear_down(&f);
}

static uint64_t wakeups(pqq_driver *driver) {
  pqq_stats stats = {.struct_size = sizeof stats};

  EXPECT_INT(pqq_driver_stats(driver, &stats), PQQ_OK);
  return stats.wakeups;
}

TEST("a connection to a closed port ends at once, and the others go on") {
  static const char *const ips[] = {"127.0.0.1", "::1"};
  fixture f;
  pqq_connect_options options = {.struct_size = sizeof options, .server_name = "127.0.0.1"};
  pqq_command command = {.type = PQQ_COMMAND_CONNECT, .connect = &options};
  pqq_id conn;
  uint64_t before;

#ifndef __linux__
  SKIP("only Linux tells unconnected sockets about ICMP");
#endif
  set_up(&f);
  conn = connect_to(&f, 1);
  for (uint64_t i = 0; i < 2; i++) {
    pqq_driver *gone = start(f.config, 0, 1, &f.at_server);
    pqq_address address;
    size_t count;
    logged closed;

    /* A port that was free a moment ago. */
    EXPECT_INT(pqq_driver_addresses(gone, &address, 1, &count), PQQ_OK);
    pqq_driver_free(gone);
    EXPECT_INT(pqq__address_parse(&options.remote, ips[i], address.port), 0);
    command.token = 2 + i;
    EXPECT_INT(pqq_driver_submit(f.client, &command, 1), PQQ_OK);
    closed = event_log_wait(&f.at_client, PQQ_EVENT_CLOSED);
    EXPECT_UINT(closed.token, 2 + i);
    EXPECT_INT(closed.status, PQQ_ERR_UNREACHABLE);
  }
  EXPECT_INT(submit_request(&f, conn, 5, NULL, PQQ_WRITE_END), PQQ_OK);
  (void)event_log_wait(&f.at_server, PQQ_EVENT_REQUEST);
  /* The error queue was emptied: the worker sleeps but for what it is woken for. */
  before = wakeups(f.client);
  for (int i = 0; i < 500; i++) {
    EXPECT_INT(pqq_driver_call(f.client, 0, nothing, NULL), PQQ_OK);
  }
  EXPECT(wakeups(f.client) - before < 2 * 500 + 50);
  tear_down(&f);
}

/* --- Folders ------------------------------------------------------------------------------------
 */

static pqq_status submit_get(const fixture *f, pqq_id conn, const char *path) {
  pqq_header headers[] = {field(":method", "GET"), field(":scheme", "https"),
                          field(":authority", "127.0.0.1"), field(":path", path)};
  pqq_command command = {.type = PQQ_COMMAND_REQUEST,
                         .id = conn,
                         .flags = PQQ_WRITE_END,
                         .headers = headers,
                         .header_count = 4};

  return pqq_driver_submit(f->client, &command, 1);
}

/* Answers `stream` with the file at `path`. */
static pqq_status submit_file(const fixture *f, pqq_id stream, pqq_files *files, const char *path) {
  pqq_header headers[] = {field(":method", "GET"), field(":path", path)};
  pqq_command command = {.type = PQQ_COMMAND_FILE,
                         .id = stream,
                         .token = 2,
                         .files = files,
                         .headers = headers,
                         .header_count = 2};

  return pqq_driver_submit(f->server, &command, 1);
}

/* As set_up, with a folder at /static/ whose requests are reported. */
static pqq_files *set_up_folder(fixture *f) {
  pqq_driver_events events = event_log_events();
  const char *loopback[] = {"127.0.0.1"};
  pqq_driver_options options;
  pqq_files_options folder;
  pqq_files *files = NULL;
  size_t count;

  memset(f, 0, sizeof *f);
  sandbox_new();
  sandbox_text("short", "12345");
  sandbox_text("longer", "1234567");
  EXPECT_INT(pqq_files_options_init(&folder, sizeof folder), PQQ_OK);
  folder.root = sandbox_path("");
  folder.prefix = "/static/";
  EXPECT_INT(pqq_files_new(&folder, &files), PQQ_OK);
  f->config = fixture_config();
  event_log_init(&f->at_server);
  event_log_init(&f->at_client);
  EXPECT_INT(pqq_driver_options_init(&options, sizeof options), PQQ_OK);
  options.is_server = 1;
  options.hosts = loopback;
  options.host_count = 1;
  options.files = &files;
  options.file_count = 1;
  options.report_files = 1;
  EXPECT_INT(pqq_driver_start(f->config, &options, &events, &f->at_server, &f->server), PQQ_OK);
  f->client = start(f->config, 0, 1, &f->at_client);
  EXPECT_INT(pqq_driver_addresses(f->server, &f->address, 1, &count), PQQ_OK);
  return files;
}

TEST("a file's report that the host has put off is not that of a later file") {
  fixture f;
  pqq_files *files = set_up_folder(&f);
  pqq_id conn = connect_to(&f, 1), stream;
  logged report;

  EXPECT_INT(submit_get(&f, conn, "/handler"), PQQ_OK);
  stream = event_log_wait(&f.at_server, PQQ_EVENT_REQUEST).stream;
  event_log_set_full(&f.at_server, 1);
  EXPECT_INT(submit_get(&f, conn, "/static/short"), PQQ_OK);
  event_log_wait_refusals(&f.at_server, 1);
  (void)event_log_wait(&f.at_client, PQQ_EVENT_RESPONSE);
  EXPECT_INT(submit_file(&f, stream, files, "/static/longer"), PQQ_OK);
  (void)event_log_wait(&f.at_client, PQQ_EVENT_RESPONSE);

  event_log_set_full(&f.at_server, 0);
  EXPECT_INT(pqq_driver_wake(f.server, 0), PQQ_OK);
  report = event_log_wait(&f.at_server, PQQ_EVENT_FILE);
  EXPECT_INT(report.http_status, 200);
  EXPECT_UINT(report.wire_code, 5);
  tear_down(&f);
  pqq_files_unref(files);
  sandbox_remove();
}

/* --- Push-back ----------------------------------------------------------------------------------
 */

TEST("a reader that pushes back stops the peer, and loses nothing") {
  enum { BODY_BYTES = 8 << 20 };
  fixture f;
  uint8_t *bytes = calloc(1, BODY_BYTES);
  pqq_body body = {.data = {bytes, BODY_BYTES}};
  pqq_stats stats = {.struct_size = sizeof stats};
  size_t received = 0;
  logged entry;

  set_up(&f);
  event_log_set_full(&f.at_server, 1);
  pqq_connect_options options = {
      .struct_size = sizeof options, .remote = f.address, .server_name = "127.0.0.1"};
  pqq_command command = {.type = PQQ_COMMAND_CONNECT, .connect = &options};
  EXPECT_INT(pqq_driver_submit(f.client, &command, 1), PQQ_OK);
  pqq_id conn = event_log_wait(&f.at_client, PQQ_EVENT_CONNECTED).conn;
  EXPECT_INT(submit_request(&f, conn, 1, &body, PQQ_WRITE_END), PQQ_OK);
  event_log_wait_refusals(&f.at_server, 1);
  /* Every wake is one more look at the reader, and one more refusal. */
  EXPECT_INT(pqq_driver_wake(f.server, 0), PQQ_OK);
  event_log_wait_refusals(&f.at_server, 2);
  EXPECT_INT(pqq_driver_stats(f.server, &stats), PQQ_OK);
  EXPECT(stats.body_bytes_received <= 1 << 20); /* the connection's first window */
  EXPECT_UINT(event_log_count(&f.at_server, PQQ_EVENT_REQUEST), 0);

  event_log_set_full(&f.at_server, 0);
  EXPECT_INT(pqq_driver_wake(f.server, 0), PQQ_OK);
  (void)event_log_wait(&f.at_server, PQQ_EVENT_REQUEST);
  do {
    entry = event_log_wait(&f.at_server, PQQ_EVENT_DATA);
    received += entry.data_len;
  } while (!entry.is_end);
  EXPECT_UINT(received, BODY_BYTES);
  free(bytes);
  tear_down(&f);
}

TEST("free does not wait for a reader that pushes back for ever") {
  fixture f;

  set_up(&f);
  pqq_id conn = connect_to(&f, 1);
  event_log_set_full(&f.at_server, 1);
  EXPECT_INT(submit_request(&f, conn, 2, NULL, PQQ_WRITE_END), PQQ_OK);
  event_log_wait_refusals(&f.at_server, 1);
  tear_down(&f); /* CTest's time limit is the judge */
}

/* --- Borrowed bodies ----------------------------------------------------------------------------
 */

static atomic_uint releases;

static void count_release(void *user_data) {
  (void)user_data;
  atomic_fetch_add(&releases, 1);
}

TEST("a borrowed body is released once, sent or not") {
  static const uint8_t bytes[5000];
  fixture f;
  pqq_body body = {.data = {bytes, sizeof bytes}, .release = count_release};
  pqq_id gone = ((pqq_id)9 << 32) | 5, conn;

  atomic_store(&releases, 0);
  set_up(&f);
  conn = connect_to(&f, 1);
  EXPECT_INT(submit_request(&f, gone, 2, &body, PQQ_WRITE_END | PQQ_WRITE_BORROW), PQQ_OK);
  (void)event_log_wait(&f.at_client, LOG_COMMAND_FAILED);
  EXPECT_UINT(atomic_load(&releases), 1);
  EXPECT_INT(submit_request(&f, conn, 3, &body, PQQ_WRITE_END | PQQ_WRITE_BORROW), PQQ_OK);
  EXPECT_INT(submit_respond(f.server, event_log_wait(&f.at_server, PQQ_EVENT_REQUEST).stream, ""),
             PQQ_OK);
  (void)event_log_wait(&f.at_client, PQQ_EVENT_STREAM_CLOSED);
  EXPECT_UINT(atomic_load(&releases), 2);
  /* And the one that is still in the engine when the driver ends. */
  EXPECT_INT(submit_request(&f, conn, 4, &body, PQQ_WRITE_BORROW), PQQ_OK);
  EXPECT_INT(pqq_driver_call(f.client, 0, nothing, NULL), PQQ_OK);
  tear_down(&f);
  EXPECT_UINT(atomic_load(&releases), 3);
}

/* --- Calls and the end ---------------------------------------------------------------------------
 */

typedef struct probe {
  pqq_driver *driver;
  pthread_t thread;
  pqq_status nested;
  int has_engine;
} probe;

static void look(pqq_engine *engine, void *user_data) {
  probe *p = user_data;

  p->thread = pthread_self();
  p->has_engine = engine != NULL;
  p->nested = pqq_driver_call(p->driver, 0, nothing, NULL);
}

TEST("calls run on the worker's thread and are refused there") {
  fixture f;
  probe p = {.nested = PQQ_OK};

  set_up(&f);
  p.driver = f.server;
  EXPECT_INT(pqq_driver_call(f.server, 1, look, &p), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(pqq_driver_call(f.server, 0, look, &p), PQQ_OK);
  EXPECT(p.has_engine && !pthread_equal(p.thread, pthread_self()));
  EXPECT_INT(p.nested, PQQ_ERR_STATE);
  tear_down(&f);
}

TEST("stop drains: a request under way is answered, then all ends") {
  fixture f;
  logged entry;
  pqq_command command = {.type = PQQ_COMMAND_CONSUME};

  set_up(&f);
  pqq_id conn = connect_to(&f, 1);
  EXPECT_INT(submit_request(&f, conn, 2, NULL, PQQ_WRITE_END), PQQ_OK);
  pqq_id stream = event_log_wait(&f.at_server, PQQ_EVENT_REQUEST).stream;
  EXPECT_INT(pqq_driver_stop(f.server, 60000), PQQ_OK);
  (void)event_log_wait(&f.at_client, PQQ_EVENT_GOING_AWAY);
  EXPECT_INT(submit_respond(f.server, stream, "late"), PQQ_OK);
  EXPECT_INT(event_log_wait(&f.at_client, PQQ_EVENT_RESPONSE).http_status, 200);
  EXPECT_INT(event_log_wait(&f.at_client, PQQ_EVENT_CLOSED).status, PQQ_OK);
  entry = event_log_wait(&f.at_server, LOG_WORKER_END);
  EXPECT_INT(entry.status, PQQ_OK);
  EXPECT_INT(pqq_driver_submit(f.server, &command, 1), PQQ_ERR_STATE);
  EXPECT_INT(pqq_driver_call(f.server, 0, nothing, NULL), PQQ_ERR_STATE);
  tear_down(&f);
}

TEST("a drain that takes too long is cut short, also by a second stop") {
  fixture f;

  for (int is_second = 0; is_second < 2; is_second++) {
    set_up(&f);
    pqq_id conn = connect_to(&f, 1);
    EXPECT_INT(submit_request(&f, conn, 2, NULL, PQQ_WRITE_END), PQQ_OK);
    (void)event_log_wait(&f.at_server, PQQ_EVENT_REQUEST); /* never answered */
    EXPECT_INT(pqq_driver_stop(f.server, is_second ? 3600000 : 20), PQQ_OK);
    if (is_second) {
      (void)event_log_wait(&f.at_client, PQQ_EVENT_GOING_AWAY);
      EXPECT_INT(pqq_driver_stop(f.server, 0), PQQ_OK);
      EXPECT_INT(pqq_driver_stop(f.server, 3600000), PQQ_OK); /* longer is no more possible */
    }
    (void)event_log_wait(&f.at_server, PQQ_EVENT_CLOSED);
    (void)event_log_wait(&f.at_client, PQQ_EVENT_CLOSED);
    EXPECT_INT(event_log_wait(&f.at_server, LOG_WORKER_END).status, PQQ_OK);
    tear_down(&f);
  }
}

TEST("every worker says its end, and commands cannot reach workers that do not exist") {
  pqq_config *config = fixture_config();
  event_log log;
  pqq_driver *driver;
  pqq_command command = {.type = PQQ_COMMAND_CLOSE, .id = ((pqq_id)1 << 32) | ((pqq_id)3 << 24)};

  event_log_init(&log);
  driver = start(config, 1, 3, &log);
  EXPECT_INT(pqq_driver_submit(driver, &command, 1), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(pqq_driver_wake(driver, 3), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(pqq_driver_wake(driver, 2), PQQ_OK);
  pqq_driver_free(driver);
  EXPECT_UINT(event_log_count(&log, LOG_WORKER_END), 3);
  event_log_deinit(&log);
  pqq_config_unref(config);
}

/* --- Many submitters
 * ------------------------------------------------------------------------------ */

enum { SUBMITTERS = 4, PER_SUBMITTER = 500 };

typedef struct submitter {
  fixture *f;
  pqq_id conn;
  uint64_t first_token;
} submitter;

static void *submit_many(void *argument) {
  const submitter *s = argument;

  for (uint64_t i = 0; i < PER_SUBMITTER; i++) {
    if (submit_request(s->f, s->conn, s->first_token + i, NULL, PQQ_WRITE_END) != PQQ_OK) {
      return (void *)1;
    }
  }
  return NULL;
}

TEST("commands of several threads all arrive") {
  enum { TOTAL = SUBMITTERS * PER_SUBMITTER };
  fixture f;
  pthread_t threads[SUBMITTERS];
  submitter submitters[SUBMITTERS];
  static uint8_t seen[TOTAL];

  set_up(&f);
  pqq_id conn = connect_to(&f, 1);
  memset(seen, 0, sizeof seen);
  for (size_t i = 0; i < SUBMITTERS; i++) {
    submitters[i] = (submitter){.f = &f, .conn = conn, .first_token = i * PER_SUBMITTER};
    EXPECT_INT(pthread_create(&threads[i], NULL, submit_many, &submitters[i]), 0);
  }
  for (size_t i = 0; i < TOTAL; i++) {
    EXPECT_INT(
        submit_respond(f.server, event_log_wait(&f.at_server, PQQ_EVENT_REQUEST).stream, "x"),
        PQQ_OK);
  }
  for (size_t i = 0; i < SUBMITTERS; i++) {
    void *result;

    EXPECT_INT(pthread_join(threads[i], &result), 0);
    EXPECT(result == NULL);
  }
  for (size_t i = 0; i < TOTAL; i++) {
    uint64_t token = event_log_wait(&f.at_client, PQQ_EVENT_STREAM_CLOSED).token;

    EXPECT(token < TOTAL && !seen[token]);
    seen[token] = 1;
  }
  EXPECT_UINT(event_log_count(&f.at_client, LOG_COMMAND_FAILED), 0);
  tear_down(&f);
}
