/* SPDX-License-Identifier: MIT */
/* Our proof stream: made when 1-RTT data can be sent, and sent before all else. */
#include <stdlib.h>

#include "core/units.h"
#include "http3/session.h"

/* The peer has as long as for a handshake that goes on. */
static void begin_waiting(pqq__session *session) {
  const pqq__conn *conn = session->conn;
  pqq_time_ns timeout = (pqq_time_ns)conn->config->values.handshake_timeout_ms * PQQ__NS_PER_MS;

  session->proof->is_waiting = 1;
  pqq__conn_set_app_timer(session->conn, conn->began + timeout);
}

int pqq__proof_begin(pqq__session *session) {
  uint8_t *data;
  size_t len;

  if (!pqq__tls_session_is_velocity(session->conn->tls)) {
    return 0;
  }
  session->proof = calloc(1, sizeof *session->proof);
  if (!session->proof) {
    return -1;
  }
  session->proof->out_id = session->proof->in_id = -1;
  if (!session->is_server) {
    begin_waiting(session);
    return 0;
  }
  if (pqq__tls_prove(session->conn->tls, &data, &len) != PQQ_OK) {
    pqq__conn_fail_proof(session->conn);
    return -1;
  }
  if (pqq__tls_session_awaits_client(session->conn->tls)) {
    begin_waiting(session);
  }
  return pqq__proof_send(session, data, len);
}

int pqq__proof_send(pqq__session *session, uint8_t *data, size_t len) {
  pqq__proof *proof = session->proof;

  proof->out = data;
  proof->out_len = len;
  proof->out_sent = proof->out_acked = 0;
  if (pqq__conn_open_uni(session->conn, &proof->out_id) != 0) {
    pqq__conn_fail_application(session->conn, PQQ__H3_STREAM_CREATION_ERROR,
                               "the peer allows no unidirectional stream for a proof");
    return -1;
  }
  pqq__conn_want_send(session->conn);
  return 0;
}

int pqq__proof_is_done(const pqq__session *session) {
  return !session->proof || !session->proof->is_waiting;
}

int pqq__proof_next_write(pqq__session *session, int64_t *stream_id, int *fin, pqq__vec *vec) {
  const pqq__proof *proof = session->proof;

  if (!proof->out || proof->out_sent == proof->out_len || proof->is_out_blocked) {
    return 0;
  }
  *stream_id = proof->out_id;
  *fin = 1;
  vec->data = proof->out + proof->out_sent;
  vec->len = proof->out_len - proof->out_sent;
  return 1;
}

static int is_ours(const pqq__session *session, int64_t stream_id) {
  return session->proof && session->proof->out_id == stream_id;
}

int pqq__proof_on_written(pqq__session *session, int64_t stream_id, size_t bytes) {
  if (!is_ours(session, stream_id)) {
    return 0;
  }
  session->proof->out_sent += bytes;
  return 1;
}

int pqq__proof_on_acked(pqq__session *session, int64_t stream_id, uint64_t bytes) {
  pqq__proof *proof = session->proof;

  if (!is_ours(session, stream_id)) {
    return 0;
  }
  proof->out_acked += (size_t)bytes;
  if (proof->out_acked == proof->out_len) {
    free(proof->out);
    proof->out = NULL;
  }
  return 1;
}

int pqq__proof_on_blocked(pqq__session *session, int64_t stream_id, int is_blocked) {
  if (!is_ours(session, stream_id)) {
    return 0;
  }
  session->proof->is_out_blocked = is_blocked;
  return 1;
}

int pqq__proof_on_shut(pqq__session *session, int64_t stream_id) {
  if (!is_ours(session, stream_id)) {
    return 0;
  }
  /* The peer does not want it, and will say why. */
  session->proof->out_sent = session->proof->out_len;
  return 1;
}
