/* SPDX-License-Identifier: MIT */
/* The path of a connection: how often a peer may change its address, and what
 * becomes of a path that takes large datagrams no longer. */
#include <string.h>

#include "core/units.h"
#include "quic/conn.h"

/* --- The peer's address ----------------------------------------------------------------------- */

static int is_remote(const pqq_address *address, const ngtcp2_path *path) {
  pqq_address remote;

  pqq__path_address(&remote, &path->remote);
  return pqq__path_is_same_address(address, &remote);
}

/* Each new address of a client costs a path validation and a congestion window that begins anew
 * (RFC 9000 section 9.4). ngtcp2 knows no limit; and before a packet is decrypted anybody could
 * have sent it, so that only validations count, and only they run out. */
int pqq__conn_may_recv_from(const pqq__conn *conn, const ngtcp2_path *path) {
  if (!conn->is_server || conn->state != PQQ__CONN_OPEN ||
      ngtcp2_path_eq(ngtcp2_conn_get_path2(conn->quic), path) ||
      is_remote(&conn->validated_remote, path)) {
    return 1;
  }
  if (pqq__allowance_has(&conn->path_changes, PQQ__PATH_CHANGE_BURST, PQQ__PATH_CHANGES_PER_S,
                         conn->endpoint->now)) {
    return 1;
  }
  conn->endpoint->stats.path_changes_refused++;
  return 0;
}

void pqq__conn_note_validation(pqq__conn *conn, const ngtcp2_path *path) {
  /* Once more with full datagrams, after a first small one (RFC 9000 section 8.2.1). */
  if (is_remote(&conn->validated_remote, path)) {
    return;
  }
  (void)pqq__allowance_take(&conn->path_changes, PQQ__PATH_CHANGE_BURST, PQQ__PATH_CHANGES_PER_S,
                            conn->endpoint->now);
  conn->endpoint->stats.path_changes++;
  pqq__path_address(&conn->validated_remote, &path->remote);
  /* ngtcp2 begins with 1,200 bytes there. */
  conn->mtu = (pqq__mtu){.found_bytes = NGTCP2_MAX_UDP_PAYLOAD_SIZE};
}

/* --- The path's size (RFC 8899) --------------------------------------------------------------- */

size_t pqq__mtu_room(const pqq__conn *conn, size_t datagram_bytes) {
  size_t cap = conn->mtu.cap_bytes;

  return cap && cap < datagram_bytes ? cap : datagram_bytes;
}

void pqq__mtu_note_sent(pqq__conn *conn, size_t datagram_bytes) {
  pqq__mtu *mtu = &conn->mtu;

  if (datagram_bytes > NGTCP2_MAX_UDP_PAYLOAD_SIZE && datagram_bytes <= mtu->found_bytes &&
      mtu->waiting_since == 0) {
    mtu->waiting_since = conn->endpoint->now;
  }
}

void pqq__mtu_note_acked(pqq__conn *conn) {
  conn->mtu.waiting_since = 0;
}

static void note_found(pqq__conn *conn) {
  size_t now_bytes = ngtcp2_conn_get_path_max_tx_udp_payload_size2(conn->quic);

  if (now_bytes > conn->mtu.found_bytes && now_bytes > NGTCP2_MAX_UDP_PAYLOAD_SIZE &&
      conn->mtu.found_bytes) {
    conn->endpoint->stats.mtu_raised++;
  }
  conn->mtu.found_bytes = now_bytes;
}

/* ngtcp2 probes for more and never takes back what it found. A path that shrinks swallows large
 * datagrams without a word (a black hole, RFC 8899 section 4.3): when nothing of the streams
 * and no datagram was acknowledged for so many PTOs, it may be that or an outage; 1,200 bytes are
 * right for both. Later the larger size is tried again, with data: what it costs if the hole is
 * still there is one such wait, ever more seldom. */
void pqq__mtu_check(pqq__conn *conn) {
  pqq__mtu *mtu = &conn->mtu;
  pqq_time_ns now = conn->endpoint->now;

  note_found(conn);
  if (mtu->cap_bytes) {
    if (now >= mtu->cap_until) {
      mtu->cap_bytes = 0;
      mtu->waiting_since = 0;
    }
    return;
  }
  if (conn->endpoint->config->values.assume_max_udp_payload || mtu->waiting_since == 0 ||
      now - mtu->waiting_since < PQQ__BLACK_HOLE_PTOS * pqq__conn_pto(conn)) {
    return;
  }
  mtu->cap_bytes = NGTCP2_MAX_UDP_PAYLOAD_SIZE;
  mtu->cap_for = mtu->cap_for == 0 ? PQQ__BLACK_HOLE_FIRST_MS * PQQ__NS_PER_MS : 2 * mtu->cap_for;
  if (mtu->cap_for > PQQ__BLACK_HOLE_LAST_MS * PQQ__NS_PER_MS) {
    mtu->cap_for = PQQ__BLACK_HOLE_LAST_MS * PQQ__NS_PER_MS;
  }
  mtu->cap_until = now + mtu->cap_for;
  conn->endpoint->stats.mtu_black_holes++;
}
