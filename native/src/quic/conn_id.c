/* SPDX-License-Identifier: MIT */
/* The peer's connection id that packets are sent to: after so many of them another one is used, and
 * the peer, told that the old one is retired, issues one more (RFC 9000 section 5.1.2). What
 * watches the path of a long connection then sees several that it cannot join by their ids. */
#include "quic/conn.h"

/* Between half and one and a half times the configured packets: a change that can be foretold would
 * join the ids before and after it. */
static uint64_t lifetime(pqq__conn *conn) {
  uint64_t packets = conn->config->values.connection_id_packets;
  uint64_t dice;

  if (packets == PQQ_CONNECTION_ID_KEEP) {
    return UINT64_MAX - conn->datagrams_sent;
  }
  pqq__random_take(&conn->endpoint->random, &dice, sizeof dice);
  return packets / 2 + dice % packets;
}

void pqq__conn_begin_id(pqq__conn *conn) {
  conn->renew_id_at = conn->datagrams_sent + lifetime(conn);
}

/* After the handshake a datagram is a packet. Where it cannot be now, because a path is being
 * validated or the peer has issued no id, the next datagrams ask again: that is a few
 * comparisons. */
void pqq__conn_renew_id(pqq__conn *conn) {
  int error;

  if (!conn->is_handshake_done || conn->datagrams_sent < conn->renew_id_at ||
      !pqq__conn_is_live(conn)) {
    return;
  }
  error = ngtcp2_conn_renew_dcid(conn->quic, conn->endpoint->now);
  if (error == NGTCP2_ERR_INVALID_STATE || error == NGTCP2_ERR_CONN_ID_BLOCKED) {
    return;
  }
  if (error != 0) {
    pqq__conn_fail(conn, error);
    return;
  }
  conn->endpoint->stats.connection_ids_renewed++;
  pqq__conn_begin_id(conn);
}
