/* SPDX-License-Identifier: MIT */
/* DATAGRAM frames (RFC 9221) out. */
#include "quic/conn.h"

/* What else a packet of 1-RTT has: first byte, longest connection id, longest packet number, tag;
 * and the frame's type and length. */
#define PACKET_BYTES (1u + NGTCP2_MAX_CIDLEN + 4u + 16u)
#define FRAME_BYTES 3u

size_t pqq__conn_max_datagram_bytes(const pqq__conn *conn) {
  const ngtcp2_transport_params *params = ngtcp2_conn_get_remote_transport_params2(conn->quic);
  size_t path = pqq__mtu_room(conn, ngtcp2_conn_get_path_max_tx_udp_payload_size2(conn->quic));
  uint64_t frame = params ? params->max_datagram_frame_size : 0;

  if (frame <= FRAME_BYTES || path <= PACKET_BYTES + FRAME_BYTES) {
    return 0;
  }
  path -= PACKET_BYTES;
  return (frame < path ? (size_t)frame : path) - FRAME_BYTES;
}

ngtcp2_ssize pqq__conn_write_datagrams(pqq__conn *conn, ngtcp2_path *path, ngtcp2_pkt_info *info,
                                       uint8_t *data, size_t len, ngtcp2_tstamp now, int *is_done) {
  const pqq__app *app = conn->endpoint->app;
  pqq__vec vec;

  *is_done = 0;
  while (conn->is_app_writable && app->next_datagram(conn->app, &vec)) {
    int is_taken = 0;
    /* pqq__vec has the layout of ngtcp2_vec but for const. */
    ngtcp2_ssize result = ngtcp2_conn_writev_datagram(
        conn->quic, path, info, data, len, &is_taken, NGTCP2_WRITE_DATAGRAM_FLAG_MORE, 0,
        (const ngtcp2_vec *)(const void *)&vec, 1, now);

    if (is_taken || result == NGTCP2_ERR_INVALID_ARGUMENT || result == NGTCP2_ERR_INVALID_STATE) {
      app->on_datagram_done(conn->app, is_taken);
    }
    if (result != NGTCP2_ERR_WRITE_MORE && result != NGTCP2_ERR_INVALID_ARGUMENT &&
        result != NGTCP2_ERR_INVALID_STATE) {
      *is_done = 1;
      return result;
    }
  }
  return 0;
}
