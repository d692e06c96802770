/* SPDX-License-Identifier: MIT */
/* Clients that are asked to prove who they are and do not do it as they should.
 * The server holds their requests back, and no handler sees one before the proof
 * is judged. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "http3/session.h"
#include "pair.h"
#include "tls/internal.h"
#include "tls/velocity.h"

int __real_pqq__proof_next_write(pqq__session *session, int64_t *id, int *fin, pqq__vec *vec);
int __wrap_pqq__proof_next_write(pqq__session *session, int64_t *id, int *fin, pqq__vec *vec);
pqq_status __real_pqq__tls_take_proof(pqq__tls_session *session, const uint8_t *data, size_t len,
                                      uint8_t **answer, size_t *answer_len);
pqq_status __wrap_pqq__tls_take_proof(pqq__tls_session *session, const uint8_t *data, size_t len,
                                      uint8_t **answer, size_t *answer_len);

pqq_status __real_pqq__tls_prove(pqq__tls_session *session, uint8_t **data, size_t *len);
pqq_status __wrap_pqq__tls_prove(pqq__tls_session *session, uint8_t **data, size_t *len);

/* The server sends its first request again in the place of the second. */
static int repeats_request;

pqq_status __wrap_pqq__tls_prove(pqq__tls_session *session, uint8_t **data, size_t *len) {
  pqq_status status = __real_pqq__tls_prove(session, data, len);
  pqq__proof_frames frames;
  const char *reason;

  if (repeats_request) {
    EXPECT_INT(pqq__proof_frames_read(*data, *len, 1, 2, &frames, &reason), PQQ_OK);
    /* Behind the message header: the context with its length. */
    memcpy((uint8_t *)(uintptr_t)frames.requests[1].data + 4, frames.requests[0].data + 4,
           1 + PQQ__AUTHENTICATOR_CONTEXT_BYTES);
  }
  return status;
}

/* The client's stream waits this many turns of sending; never ends if negative. */
static int delay;
/* What it sends instead of its answer; NULL: the answer. */
static const uint8_t *instead;
static size_t instead_len;
/* The last answer. */
static uint8_t recorded[16384];
static size_t recorded_len;

int __wrap_pqq__proof_next_write(pqq__session *session, int64_t *id, int *fin, pqq__vec *vec) {
  if (!session->is_server && delay != 0) {
    delay -= delay > 0;
    return 0;
  }
  return __real_pqq__proof_next_write(session, id, fin, vec);
}

pqq_status __wrap_pqq__tls_take_proof(pqq__tls_session *session, const uint8_t *data, size_t len,
                                      uint8_t **answer, size_t *answer_len) {
  pqq_status status = __real_pqq__tls_take_proof(session, data, len, answer, answer_len);

  if (*answer == NULL) {
    return status;
  }
  EXPECT(*answer_len <= sizeof recorded);
  memcpy(recorded, *answer, *answer_len);
  recorded_len = *answer_len;
  if (instead != NULL) {
    free(*answer);
    *answer = malloc(instead_len);
    memcpy(*answer, instead, instead_len);
    *answer_len = instead_len;
  }
  return status;
}

static sim_exchange exchanges[2];

/* A pair whose server asks its client for both halves. */
static void open_pair(sim_pair *pair) {
  pqq_config_options server = sim_options(), client = sim_options();
  pqq_identity_source sources[2];
  sim_setup setup = {.hybrid = PQQ_PROFILE_BALANCED,
                     .server_options = &server,
                     .client_options = &client,
                     .exchanges = exchanges,
                     .exchange_count = 2};

  exchanges[0] = (sim_exchange){.method = "POST", .path = "/upload", .upload_bytes = 300000};
  exchanges[1] = (sim_exchange){.method = "GET", .path = "/bytes/10"};
  sim_hybrid_sources(PQQ_PROFILE_BALANCED, sources);
  server.require_client_authentication = PQQ_REQUIRE_HYBRID;
  client.identities = sources;
  client.identity_count = 2;
  sim_pair_open(pair, harness_seed(), &setup);
}

static void expect_refused(sim_pair *pair, pqq_status status, uint64_t wire_code) {
  (void)sim_pair_exchange(pair);
  EXPECT(sim_pair_wait_closed(pair));
  EXPECT_UINT(pair->server.requests, 0);
  EXPECT_STR(pqq_err_name(pair->server.close.status), pqq_err_name(status));
  EXPECT_INT(pair->server.close.is_remote, 0);
  EXPECT_UINT(pair->client.close.wire_code, wire_code);
  EXPECT_INT(pair->client.close.is_remote, 1);
  sim_pair_close(pair);
}

/* spec: HA-56 */
TEST("requests that come before the proof wait for it, and are then whole") {
  sim_pair pair;

  delay = 40;
  open_pair(&pair);
  EXPECT(sim_pair_exchange(&pair));
  EXPECT_INT(delay, 0);
  EXPECT_STR(exchanges[0].echo, "300000 intact");
  EXPECT_INT(exchanges[1].http_status, 200);
  EXPECT_INT(pair.server.info.client_authentication, PQQ_AUTH_HYBRID);
  sim_pair_close(&pair);
}

/* spec: HA-56, HA-57, HA-60 */
TEST("a client that never proves is AUTHENTICATOR_MISSING, and no handler has run") {
  sim_pair pair;

  delay = -1;
  open_pair(&pair);
  expect_refused(&pair, PQQ_ERR_AUTHENTICATOR_MISSING, PQQ__WIRE_AUTHENTICATOR_MISSING);
  delay = 0;
}

/* spec: HA-54, HA-65, SC-5 */
TEST("the proof of another connection is AUTHENTICATOR_INVALID") {
  static uint8_t old[sizeof recorded];
  sim_pair pair;

  open_pair(&pair);
  EXPECT(sim_pair_exchange(&pair));
  sim_pair_close(&pair);
  memcpy(old, recorded, recorded_len);
  instead = old;
  instead_len = recorded_len;
  open_pair(&pair);
  expect_refused(&pair, PQQ_ERR_AUTHENTICATOR_INVALID, PQQ__WIRE_AUTHENTICATOR_INVALID);
  instead = NULL;
}

/* spec: HA-49, HA-57, HA-62 */
TEST("a stream with too few, or with something else on it, is refused") {
  static const uint8_t nothing[] = {0xc0, 0, 0, 0, 'V', 'E', 'L', 'P'};
  static const uint8_t request[] = {0xc0, 0, 0, 0, 'V', 'E', 'L', 'P', 2, 0};
  sim_pair pair;

  instead = nothing;
  instead_len = sizeof nothing;
  open_pair(&pair);
  expect_refused(&pair, PQQ_ERR_AUTHENTICATOR_MISSING, PQQ__WIRE_AUTHENTICATOR_MISSING);
  instead = request;
  instead_len = sizeof request;
  open_pair(&pair);
  expect_refused(&pair, PQQ_ERR_AUTHENTICATOR_MALFORMED, PQQ__WIRE_AUTHENTICATOR_MALFORMED);
  instead = NULL;
}

/* Opens a proof stream that nobody asked for. */
static void prove_unasked(sim_client *client, const pqq_event *event) {
  static const uint8_t nothing[] = {0xc0, 0, 0, 0, 'V', 'E', 'L', 'P'};
  pqq__conn *conn = pqq__slots_find(&client->node.engine->endpoint.conns, event->conn);
  uint8_t *data;

  if (event->type != PQQ_EVENT_CONNECTED || !conn) {
    return;
  }
  data = malloc(sizeof nothing);
  memcpy(data, nothing, sizeof nothing);
  EXPECT_INT(pqq__proof_send(conn->app, PQQ_OK, data, sizeof nothing), 0);
}

/* spec: HA-58 */
TEST("a proof that nobody asked for is AUTHENTICATOR_MALFORMED") {
  sim_setup setup = {.hybrid = PQQ_PROFILE_BALANCED};
  sim_pair pair;

  sim_pair_open(&pair, harness_seed(), &setup);
  pair.client.on_event = prove_unasked;
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_STR(pqq_err_name(pair.server.close.status), "PQQ_ERR_AUTHENTICATOR_MALFORMED");
  sim_pair_close(&pair);
}

/* spec: HA-48 */
TEST("two requests with one context are AUTHENTICATOR_MALFORMED") {
  sim_pair pair;

  repeats_request = 1;
  open_pair(&pair);
  (void)sim_pair_exchange(&pair);
  EXPECT(sim_pair_wait_closed(&pair));
  EXPECT_STR(pqq_err_name(pair.client.close.status), "PQQ_ERR_AUTHENTICATOR_MALFORMED");
  EXPECT(strstr(pair.client.close_reason, "one context") != NULL);
  EXPECT_UINT(pair.server.requests, 0);
  sim_pair_close(&pair);
  repeats_request = 0;
}
