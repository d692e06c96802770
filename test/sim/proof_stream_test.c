/* SPDX-License-Identifier: MIT */
/* When proof streams are opened, sent and judged, seen from inside both ends of an honest
 * connection (spec/hybrid-authentication.md). */
#include <string.h>

#include <ngtcp2/ngtcp2.h>
#include <openssl/ssl.h>

#include "harness.h"
#include "http3/session.h"
#include "pair.h"
#include "tls/internal.h"

int __real_pqq__proof_begin(pqq__session *session);
int __wrap_pqq__proof_begin(pqq__session *session);
int __real_pqq__proof_send(pqq__session *session, pqq_status status, uint8_t *data, size_t len);
int __wrap_pqq__proof_send(pqq__session *session, pqq_status status, uint8_t *data, size_t len);
pqq_status __real_pqq__tls_take_proof(pqq__tls_session *session, const uint8_t *data, size_t len,
                                      uint8_t **answer, size_t *answer_len);
pqq_status __wrap_pqq__tls_take_proof(pqq__tls_session *session, const uint8_t *data, size_t len,
                                      uint8_t **answer, size_t *answer_len);

nghttp3_ssize __real_nghttp3_conn_writev_stream(nghttp3_conn *http, int64_t *stream_id, int *fin,
                                                nghttp3_vec *vec, size_t count);
nghttp3_ssize __wrap_nghttp3_conn_writev_stream(nghttp3_conn *http, int64_t *stream_id, int *fin,
                                                nghttp3_vec *vec, size_t count);

/* What the ends did, in this order: index 0 is the client's. */
static struct {
  int sent[2], judged[2];
  int64_t stream_id;
  /* The server's handshake was not done when it sent: there was no Finished of the client. */
  int was_early;
  /* Judging before the end of TLS, sending before the peer has proven itself. */
  int was_hasty;
  /* HTTP/3's own bytes were asked for while the server's proof waited. */
  int was_overtaken;
  const pqq__session *server;
  uint64_t uni_streams, uni_bytes, bytes;
  /* Damage a server's proof. */
  int spoils;
} seen;

static void look_at_server(const pqq__session *session) {
  const ngtcp2_transport_params *theirs =
      ngtcp2_conn_get_remote_transport_params2(session->conn->quic);

  seen.sent[1]++;
  seen.server = session;
  seen.stream_id = session->proof->out_id;
  seen.was_early = SSL_in_init(session->conn->tls->ssl);
  seen.uni_streams = theirs->initial_max_streams_uni;
  seen.uni_bytes = theirs->initial_max_stream_data_uni;
  seen.bytes = theirs->initial_max_data;
  if (seen.spoils) {
    session->proof->out[session->proof->out_len - 1] ^= 1;
  }
}

/* A server makes and sends its proof in here, a client begins to wait. */
int __wrap_pqq__proof_begin(pqq__session *session) {
  int result = __real_pqq__proof_begin(session);

  if (session->is_server && session->proof) {
    look_at_server(session);
  }
  return result;
}

/* Reached from another file only by a client that answers. */
int __wrap_pqq__proof_send(pqq__session *session, pqq_status status, uint8_t *data, size_t len) {
  seen.sent[session->is_server]++;
  seen.was_hasty |= session->proof->is_waiting;
  return __real_pqq__proof_send(session, status, data, len);
}

pqq_status __wrap_pqq__tls_take_proof(pqq__tls_session *session, const uint8_t *data, size_t len,
                                      uint8_t **answer, size_t *answer_len) {
  seen.judged[session->is_server]++;
  seen.was_hasty |= SSL_in_init(session->ssl);
  return __real_pqq__tls_take_proof(session, data, len, answer, answer_len);
}

nghttp3_ssize __wrap_nghttp3_conn_writev_stream(nghttp3_conn *http, int64_t *stream_id, int *fin,
                                                nghttp3_vec *vec, size_t count) {
  if (seen.server && http == seen.server->http) {
    seen.was_overtaken |= seen.server->proof->out_sent < seen.server->proof->out_len;
  }
  return __real_nghttp3_conn_writev_stream(http, stream_id, fin, vec, count);
}

static void run(int32_t require_client, uint32_t is_disabled, sim_pair *pair) {
  pqq_config_options server = sim_options(), client = sim_options();
  pqq_identity_source sources[2];
  sim_setup setup = {
      .hybrid = PQQ_PROFILE_LIGHT, .server_options = &server, .client_options = &client};

  memset(&seen, 0, sizeof seen);
  sim_hybrid_sources(PQQ_PROFILE_LIGHT, sources);
  server.require_client_authentication = require_client;
  client.identities = sources;
  client.identity_count = 2;
  client.disable_velocity = is_disabled;
  sim_pair_open(pair, harness_seed(), &setup);
  EXPECT(sim_pair_settle(pair));
  sim_run_for(pair->net, SIM_SECOND);
}

/* spec: HA-1, HA-2, HA-13, HS-21, FB-13 */
TEST("a server opens one proof stream, its first, before it has heard the client's Finished") {
  sim_pair pair;

  run(PQQ_REQUIRE_DEFAULT, 0, &pair);
  EXPECT(pair.client.is_connected);
  EXPECT_INT(seen.sent[1], 1);
  EXPECT_INT(seen.stream_id, 3);
  EXPECT(seen.was_early);
  EXPECT(!seen.was_overtaken);
  EXPECT_INT(seen.sent[0], 0);
  EXPECT_INT(seen.judged[0], 1);
  EXPECT(!seen.was_hasty);
  sim_pair_close(&pair);
}

/* spec: HA-13, HA-50, HA-53 */
TEST("a client proves itself after the server has, and both judge after TLS is done") {
  sim_pair pair;

  run(PQQ_REQUIRE_HYBRID, 0, &pair);
  EXPECT(pair.client.is_connected);
  EXPECT_INT(seen.sent[0], 1);
  EXPECT_INT(seen.sent[1], 1);
  EXPECT_INT(seen.judged[0], 1);
  EXPECT_INT(seen.judged[1], 1);
  EXPECT(!seen.was_hasty);
  sim_pair_close(&pair);
}

/* spec: HA-7 */
TEST("on h3 there is no proof stream") {
  sim_pair pair;

  run(PQQ_REQUIRE_DEFAULT, 1, &pair);
  EXPECT(pair.client.is_connected);
  EXPECT_INT(seen.sent[0] + seen.sent[1] + seen.judged[0] + seen.judged[1], 0);
  sim_pair_close(&pair);
}

/* spec: HA-6 */
TEST("a client's limits leave room for the proof stream beside those of HTTP/3") {
  sim_pair pair;

  run(PQQ_REQUIRE_DEFAULT, 0, &pair);
  EXPECT(seen.uni_streams >= 4);
  EXPECT(seen.uni_bytes >= 65536);
  EXPECT(seen.bytes >= 65536);
  sim_pair_close(&pair);
}

/* spec: HA-59, HA-69 */
TEST("a proof that is refused closes the connection and is counted by who refuses it") {
  sim_setup setup = {.hybrid = PQQ_PROFILE_LIGHT};
  sim_pair pair;

  memset(&seen, 0, sizeof seen);
  seen.spoils = 1;
  sim_pair_open(&pair, harness_seed(), &setup);
  EXPECT(sim_pair_wait_closed(&pair));
  seen.spoils = 0;
  EXPECT_STR(pqq_err_name(pair.client.close.status), "PQQ_ERR_AUTHENTICATOR_INVALID");
  EXPECT_INT(pair.client.close.is_application, 1);
  EXPECT_UINT(sim_stats(pair.client.node.engine).authenticator_failures, 1);
  EXPECT_UINT(sim_stats(pair.server.node.engine).authenticator_failures, 0);
  sim_pair_close(&pair);
}
