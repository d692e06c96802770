/* SPDX-License-Identifier: MIT */
/* Graceful end (RFC 9114 section 5.2). A server first sends GOAWAY with the
 * highest id, gives requests on their way two PTOs to arrive, then sends the
 * real one, and closes when the last request is done. A client just takes no
 * new requests and closes after the last. */
#include "http3/session.h"

void pqq__session_shutdown(pqq__session *session) {
  if (session->is_shutting_down) {
    return;
  }
  session->is_shutting_down = 1;
  if (!session->http || !pqq__proof_is_done(session)) {
    /* Nothing was promised yet. */
    pqq__conn_close(session->conn, PQQ__H3_NO_ERROR);
    return;
  }
  if (session->is_server) {
    (void)nghttp3_conn_submit_shutdown_notice(session->http);
    pqq__session_set_timer(session, session->engine->endpoint.now);
    pqq__conn_want_send(session->conn);
  }
  pqq__session_close_if_drained(session);
}

void pqq__session_refuse_pending(pqq__session *session) {
  pqq__node *node;

  while ((node = pqq__list_first(&session->pending)) != NULL) {
    pqq__stream_close(PQQ__OWNER(node, pqq__stream, node), PQQ_ERR_GOING_AWAY,
                      PQQ__H3_REQUEST_REJECTED);
  }
  pqq__session_close_if_drained(session);
}

void pqq__session_on_own_timer(pqq__session *session) {
  if (!pqq__proof_is_done(session)) {
    pqq__proof_on_timer(session);
    return;
  }
  if (session->is_drained) {
    pqq__conn_close(session->conn, PQQ__H3_NO_ERROR);
    return;
  }
  if (!session->http || session->is_final_goaway_sent) {
    return;
  }
  /* pqq_engine_shutdown does not know the time; the timer does. */
  if (!session->is_notice_timed) {
    session->is_notice_timed = 1;
    pqq__session_set_timer(session, session->engine->endpoint.now +
                                        PQQ__GOAWAY_NOTICE_PTOS * pqq__conn_pto(session->conn));
    return;
  }
  session->is_final_goaway_sent = 1;
  (void)nghttp3_conn_shutdown(session->http);
  pqq__conn_want_send(session->conn);
  pqq__session_close_if_drained(session);
}

void pqq__session_close_if_drained(pqq__session *session) {
  if (!session->is_shutting_down || session->stream_count || session->pending_count ||
      (session->is_server && !session->is_final_goaway_sent)) {
    return;
  }
  /* May run inside a callback of ngtcp2, so the timer does it. */
  session->is_drained = 1;
  pqq__session_set_timer(session, session->engine->endpoint.now);
}
