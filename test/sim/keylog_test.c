/* SPDX-License-Identifier: MIT */
/* The key log: only with on_keylog, the same secrets at both ends. That they open the packets,
 * test/transcripts and test/integration show. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "pair.h"

#define MAX_LINES 8
#define LINE_BYTES 256

typedef struct keylog {
  char lines[MAX_LINES][LINE_BYTES];
  size_t count;
} keylog;

static void on_keylog(void *user_data, const char *line) {
  keylog *log = user_data;

  EXPECT(log->count < MAX_LINES && strlen(line) < LINE_BYTES);
  EXPECT(strchr(line, '\n') == NULL);
  (void)snprintf(log->lines[log->count++], LINE_BYTES, "%s", line);
}

static int by_text(const void *a, const void *b) {
  return strcmp(a, b);
}

static void run(const pqq_config_options *server, const pqq_config_options *client) {
  sim_pair pair;
  sim_setup setup = {
      .hybrid = PQQ_PROFILE_BALANCED, .server_options = server, .client_options = client};

  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(&pair) && pair.client.is_connected);
  sim_run_for(pair.net, SIM_SECOND);
  sim_pair_close(&pair);
}

TEST("both ends log the same five secrets of a connection") {
  static const char *const labels[] = {
      "CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "CLIENT_TRAFFIC_SECRET_0 ", "EXPORTER_SECRET ",
      "SERVER_HANDSHAKE_TRAFFIC_SECRET ", "SERVER_TRAFFIC_SECRET_0 "};
  pqq_config_options server = sim_options(), client = sim_options();
  keylog at_server = {.count = 0}, at_client = {.count = 0};

  server.on_keylog = client.on_keylog = on_keylog;
  server.keylog_user_data = &at_server;
  client.keylog_user_data = &at_client;
  run(&server, &client);
  EXPECT_UINT(at_server.count, 5);
  EXPECT_UINT(at_client.count, 5);
  qsort(at_server.lines, 5, LINE_BYTES, by_text);
  qsort(at_client.lines, 5, LINE_BYTES, by_text);
  for (size_t i = 0; i < 5; i++) {
    EXPECT_STR(at_server.lines[i], at_client.lines[i]);
    NOTE("%s", at_client.lines[i]);
    EXPECT(strncmp(at_client.lines[i], labels[i], strlen(labels[i])) == 0);
    /* The client's random, a space, and a secret as long as SHA-256 or SHA-384. */
    EXPECT(strlen(at_client.lines[i]) == strlen(labels[i]) + 64 + 1 + 64 ||
           strlen(at_client.lines[i]) == strlen(labels[i]) + 64 + 1 + 96);
  }
}

TEST("one end logs while the other does not, and nothing is logged unasked") {
  pqq_config_options plain = sim_options(), logging = sim_options();
  keylog log = {.count = 0};

  EXPECT_INT(setenv("SSLKEYLOGFILE", "/nonexistent/keys.log", 1), 0);
  logging.on_keylog = on_keylog;
  logging.keylog_user_data = &log;
  run(&plain, &plain);
  EXPECT_UINT(log.count, 0);
  run(&plain, &logging);
  EXPECT_UINT(log.count, 5);
}
