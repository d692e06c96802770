/* SPDX-License-Identifier: MIT */
/* Our proof stream: opened when 1-RTT data can be sent, and sent before all else, or as soon as it
 * is signed. */
#include <stdlib.h>

#include "core/units.h"
#include "http3/session.h"

/* The peer, and the signer, have as long as for a handshake that goes on. */
static void set_deadline(pqq__session *session) {
  pqq__conn *conn = session->conn;
  pqq_time_ns timeout = (pqq_time_ns)conn->config->values.handshake_timeout_ms * PQQ__NS_PER_MS;
  pqq_time_ns at = pqq__proof_is_done(session) ? PQQ_TIME_NEVER : conn->began + timeout;

  if (at != session->timer_at) {
    pqq__session_set_timer(session, at);
  }
}

static int open_stream(pqq__session *session) {
  if (pqq__conn_open_uni(session->conn, &session->proof->out_id) != 0) {
    pqq__conn_fail_application(session->conn, PQQ__H3_STREAM_CREATION_ERROR,
                               "the peer allows no unidirectional stream for a proof");
    return -1;
  }
  return 0;
}

int pqq__proof_begin(pqq__session *session) {
  uint8_t *data = NULL;
  size_t len = 0;
  pqq_status status;

  if (!pqq__tls_session_is_velocity(session->conn->tls)) {
    return 0;
  }
  session->proof = calloc(1, sizeof *session->proof);
  if (!session->proof) {
    return -1;
  }
  session->proof->out_id = session->proof->in_id = -1;
  if (!session->is_server) {
    session->proof->is_waiting = 1;
    set_deadline(session);
    return 0;
  }
  /* A server's first unidirectional stream, however long its signature takes. */
  if (open_stream(session) != 0) {
    return -1;
  }
  status = pqq__tls_prove(session->conn->tls, &data, &len);
  return pqq__proof_send(session, status, data, len);
}

int pqq__proof_send(pqq__session *session, pqq_status status, uint8_t *data, size_t len) {
  pqq__proof *proof = session->proof;

  if (status < 0) {
    pqq__conn_fail_proof(session->conn);
    return -1;
  }
  proof->is_signing = status == PQQ_AGAIN;
  proof->is_waiting = proof->is_signing ? 0 : pqq__tls_session_awaits_client(session->conn->tls);
  set_deadline(session);
  if (proof->is_signing) {
    return 0;
  }
  proof->out = data;
  proof->out_len = len;
  proof->out_sent = proof->out_acked = 0;
  if (proof->out_id < 0 && open_stream(session) != 0) {
    return -1;
  }
  pqq__conn_want_send(session->conn);
  return 0;
}

int pqq__proof_is_done(const pqq__session *session) {
  return !session->proof || (!session->proof->is_waiting && !session->proof->is_signing);
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
