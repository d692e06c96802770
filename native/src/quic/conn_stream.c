/* SPDX-License-Identifier: MIT */
#include "quic/conn.h"

int pqq__conn_is_live(const pqq__conn *conn) {
  return conn->state == PQQ__CONN_HANDSHAKE || conn->state == PQQ__CONN_OPEN;
}

int pqq__conn_open_bidi(pqq__conn *conn, int64_t *stream_id) {
  if (ngtcp2_conn_open_bidi_stream(conn->quic, stream_id, NULL) != 0) {
    return -1;
  }
  pqq__quiet_note_open(conn);
  return 0;
}

int pqq__conn_open_uni(pqq__conn *conn, int64_t *stream_id) {
  return ngtcp2_conn_open_uni_stream(conn->quic, stream_id, NULL) == 0 ? 0 : -1;
}

uint64_t pqq__conn_bidi_left(const pqq__conn *conn) {
  return ngtcp2_conn_get_streams_bidi_left2(conn->quic);
}

void pqq__conn_set_stream_data(pqq__conn *conn, int64_t stream_id, void *stream) {
  (void)ngtcp2_conn_set_stream_user_data(conn->quic, stream_id, stream);
}

void *pqq__conn_stream_data(const pqq__conn *conn, int64_t stream_id) {
  return ngtcp2_conn_get_stream_user_data2(conn->quic, stream_id);
}

static void begin_reset(pqq__conn *conn) {
  if (!conn->is_server && conn->datagrams_sent == conn->handshake_datagrams_sent) {
    conn->has_early_reset = 1;
  }
  pqq__conn_want_send(conn);
}

/* The three only fail for lack of memory; the stream then ends with the
 * connection's idle timeout at the latest. */

void pqq__conn_reset_stream(pqq__conn *conn, int64_t stream_id, uint64_t wire_code) {
  if (pqq__conn_is_live(conn)) {
    (void)ngtcp2_conn_shutdown_stream_write(conn->quic, 0, stream_id, wire_code);
    begin_reset(conn);
  }
}

void pqq__conn_stop_stream(pqq__conn *conn, int64_t stream_id, uint64_t wire_code) {
  if (pqq__conn_is_live(conn)) {
    (void)ngtcp2_conn_shutdown_stream_read(conn->quic, 0, stream_id, wire_code);
    begin_reset(conn);
  }
}

void pqq__conn_abort_stream(pqq__conn *conn, int64_t stream_id, uint64_t wire_code) {
  if (pqq__conn_is_live(conn)) {
    (void)ngtcp2_conn_shutdown_stream(conn->quic, 0, stream_id, wire_code);
    begin_reset(conn);
  }
}

void pqq__conn_consume(pqq__conn *conn, int64_t stream_id, uint64_t bytes) {
  if (!pqq__conn_is_live(conn)) {
    return;
  }
  if (stream_id >= 0) {
    (void)ngtcp2_conn_extend_max_stream_offset(conn->quic, stream_id, bytes);
  }
  ngtcp2_conn_extend_max_offset(conn->quic, bytes);
  pqq__conn_want_send(conn);
}

void pqq__conn_allow_request(pqq__conn *conn) {
  if (pqq__conn_is_live(conn)) {
    ngtcp2_conn_extend_max_streams_bidi(conn->quic, 1);
    conn->request_limit++;
    pqq__conn_want_send(conn);
  }
}

void pqq__conn_allow_uni(pqq__conn *conn) {
  if (pqq__conn_is_live(conn)) {
    ngtcp2_conn_extend_max_streams_uni(conn->quic, 1);
    pqq__conn_want_send(conn);
  }
}

uint64_t pqq__conn_stream_room(const pqq__conn *conn, int64_t stream_id) {
  return ngtcp2_conn_get_max_stream_data_left2(conn->quic, stream_id);
}

uint64_t pqq__conn_request_limit(const pqq__conn *conn) {
  return conn->request_limit;
}

int pqq__conn_is_tls_done(const pqq__conn *conn) {
  return ngtcp2_conn_get_handshake_completed2(conn->quic);
}

pqq_time_ns pqq__conn_pto(const pqq__conn *conn) {
  return ngtcp2_conn_get_pto2(conn->quic);
}
