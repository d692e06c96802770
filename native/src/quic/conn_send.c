/* SPDX-License-Identifier: MIT */
/* Datagrams out: packets filled from the streams that HTTP/3 offers, as many
 * of one size in a row as GSO, congestion window and pacing allow. */
#include <string.h>

#include "quic/conn.h"

void pqq__conn_want_send(pqq__conn *conn) {
  if (!pqq__node_is_linked(&conn->sending_node)) {
    pqq__list_append(&conn->endpoint->sending, &conn->sending_node);
  }
}

static void stop_sending(pqq__conn *conn) {
  if (pqq__node_is_linked(&conn->sending_node)) {
    pqq__list_remove(&conn->sending_node);
  }
}

/* What to do with a result of ngtcp2_conn_writev_stream. 0: go on with the
 * next stream; else it is the result of the packet. */
static ngtcp2_ssize take_result(pqq__conn *conn, int64_t stream_id, ngtcp2_ssize result,
                                ngtcp2_ssize taken, int *is_done) {
  const pqq__app *app = conn->endpoint->app;

  *is_done = 0;
  switch (result) {
  case NGTCP2_ERR_STREAM_DATA_BLOCKED:
    app->on_write_blocked(conn->app, stream_id);
    return 0;
  case NGTCP2_ERR_STREAM_SHUT_WR:
  case NGTCP2_ERR_STREAM_NOT_FOUND:
    app->on_write_shut(conn->app, stream_id);
    return 0;
  default:
    break;
  }
  if (taken >= 0 && stream_id >= 0 && app->on_written(conn->app, stream_id, (size_t)taken) != 0) {
    *is_done = 1;
    return NGTCP2_ERR_CALLBACK_FAILURE;
  }
  *is_done = result != NGTCP2_ERR_WRITE_MORE;
  return *is_done ? result : 0;
}

/* Whether HTTP/3 is asked for stream bytes. Not for the packet after a reset that came before the
 * flight that ends a client's handshake: given stream bytes there, ngtcp2 forgets the reset
 * (conn_retry_early_payloadlen). */
static int may_write_streams(pqq__conn *conn) {
  if (conn->has_early_reset) {
    conn->has_early_reset = 0;
    return 0;
  }
  return conn->is_app_writable;
}

/* ngtcp2_write_pkt: one packet. */
static ngtcp2_ssize write_packet(ngtcp2_conn *quic, ngtcp2_path *path, ngtcp2_pkt_info *info,
                                 uint8_t *data, size_t len, ngtcp2_tstamp now, void *user_data) {
  pqq__conn *conn = user_data;
  const pqq__app *app = conn->endpoint->app;
  int is_packet_done;
  ngtcp2_ssize packet;

  len = pqq__mtu_room(conn, len);
  packet = pqq__conn_write_datagrams(conn, path, info, data, len, now, &is_packet_done);
  if (is_packet_done) {
    return packet;
  }
  for (;;) {
    pqq__vec vec[PQQ__MAX_VEC];
    int64_t stream_id = -1;
    int fin = 0, is_done, count = 0;
    uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_MORE;
    ngtcp2_ssize taken = -1, result;

    if (may_write_streams(conn)) {
      count = app->next_write(conn->app, &stream_id, &fin, vec, PQQ__MAX_VEC);
      if (count < 0) {
        return NGTCP2_ERR_CALLBACK_FAILURE;
      }
    }
    if (fin) {
      flags |= NGTCP2_WRITE_STREAM_FLAG_FIN;
    }
    /* pqq__vec has the layout of ngtcp2_vec but for const. */
    result = ngtcp2_conn_writev_stream(quic, path, info, data, len, &taken, flags, stream_id,
                                       (const ngtcp2_vec *)(const void *)vec, (size_t)count, now);
    result = take_result(conn, stream_id, result, taken, &is_done);
    if (is_done) {
      return result;
    }
  }
}

static size_t send_close(pqq__conn *conn, uint8_t *buffer, size_t buffer_bytes, pqq_transmit *out) {
  stop_sending(conn);
  pqq__conn_begin_period(conn);
  if (conn->state != PQQ__CONN_CLOSING || conn->close_packet_len == 0 ||
      conn->close_packet_len > buffer_bytes) {
    return 0;
  }
  memcpy(buffer, conn->close_packet, conn->close_packet_len);
  out->local = conn->close_local;
  out->remote = conn->close_remote;
  out->len = conn->close_packet_len;
  out->segment_bytes = (uint32_t)out->len;
  return out->len;
}

static void count_sent(pqq__conn *conn, size_t bytes, size_t segment_bytes) {
  size_t datagrams = (bytes + segment_bytes - 1) / segment_bytes;

  conn->bytes_sent += bytes;
  conn->datagrams_sent += datagrams;
  for (size_t i = 0; conn->flight_log && i < datagrams; i++) {
    size_t left = bytes - i * segment_bytes;
    pqq__flight_note(conn, 1, left < segment_bytes ? left : segment_bytes);
  }
}

size_t pqq__conn_send(pqq__conn *conn, uint8_t *buffer, size_t buffer_bytes, uint32_t max_segments,
                      pqq_transmit *out) {
  ngtcp2_path_storage path;
  ngtcp2_pkt_info info = {0};
  size_t segment_bytes = 0;
  ngtcp2_ssize written;
  size_t quantum;

  pqq__conn_renew_id(conn);
  if (!pqq__conn_is_live(conn)) {
    return send_close(conn, buffer, buffer_bytes, out);
  }
  /* The quantum is what congestion control allows in one go; one packet always
   * fits (PQQ_MIN_SEND_BUFFER_BYTES). */
  quantum = ngtcp2_conn_get_send_quantum2(conn->quic);
  if (quantum < ngtcp2_conn_get_max_tx_udp_payload_size2(conn->quic)) {
    quantum = ngtcp2_conn_get_max_tx_udp_payload_size2(conn->quic);
  }
  if (buffer_bytes > quantum) {
    buffer_bytes = quantum;
  }
  ngtcp2_path_storage_zero(&path);
  written = ngtcp2_conn_write_aggregate_pkt2(conn->quic, &path.path, &info, buffer, buffer_bytes,
                                             &segment_bytes, write_packet, max_segments,
                                             conn->endpoint->now);
  if (written < 0) {
    pqq__conn_fail(conn, (int)written);
    return 0;
  }
  /* A probe for a larger path MTU goes alone. What waits behind it follows at
   * once; both are then paced together. So does a first flight with its copies: paced, the first
   * nothing to send would not be its end. */
  if (segment_bytes <= ngtcp2_conn_get_path_max_tx_udp_payload_size2(conn->quic) &&
      !conn->first_flight) {
    ngtcp2_conn_update_pkt_tx_time(conn->quic, conn->endpoint->now);
  }
  stop_sending(conn);
  pqq__quiet_note_sent(conn);
  if (written > 0) {
    count_sent(conn, (size_t)written, segment_bytes);
    pqq__mtu_note_sent(conn, segment_bytes);
    pqq__path_address(&out->local, &path.path.local);
    pqq__path_address(&out->remote, &path.path.remote);
    out->len = (size_t)written;
    out->segment_bytes = (uint32_t)segment_bytes;
    out->ecn = info.ecn;
    pqq__first_flight_keep(conn, buffer, out);
  } else {
    written = (ngtcp2_ssize)pqq__first_flight_repeat(conn, buffer, buffer_bytes, max_segments, out);
    if (written > 0) {
      count_sent(conn, (size_t)written, out->segment_bytes);
    }
  }
  if (written > 0) {
    /* There may be more: behind the others. */
    pqq__conn_want_send(conn);
  }
  pqq__conn_update_timer(conn);
  return (size_t)written;
}
