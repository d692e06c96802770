/* SPDX-License-Identifier: MIT */
/* A client that only waits. It has nothing in flight, so that no PTO makes it speak, and only what
 * it sends tells a server that its address is another one by now: without a word from it the answer
 * goes to the old address until the idle timeout. So a client with open requests that hears nothing
 * sends a PING, a few times, ever more seldom. One that is not answered is repeated by loss
 * detection like all that elicits an acknowledgement (RFC 9002 section 6.2.4). */
#include "core/units.h"
#include "quic/conn.h"

void pqq__conn_set_keep_alive(pqq__conn *conn) {
  ngtcp2_conn_set_keep_alive_timeout(
      conn->quic, (ngtcp2_duration)conn->config->values.keep_alive_ms * PQQ__NS_PER_MS);
}

/* The time of a request is that of its first packet: the call that opens it does not know it. */
void pqq__quiet_note_open(pqq__conn *conn) {
  if (!conn->is_server) {
    conn->quiet = (pqq__quiet){.open_requests = conn->quiet.open_requests + 1};
  }
}

void pqq__quiet_note_closed(pqq__conn *conn, int64_t stream_id) {
  if (!conn->is_server && ngtcp2_is_bidi_stream(stream_id)) {
    conn->quiet.open_requests--;
  }
}

void pqq__quiet_note_data(pqq__conn *conn) {
  conn->quiet.pings = 0;
}

void pqq__quiet_note_received(pqq__conn *conn) {
  conn->quiet.since = conn->endpoint->now;
}

pqq_time_ns pqq__quiet_deadline(const pqq__conn *conn) {
  pqq_time_ns wait;

  if (conn->quiet.open_requests == 0 || conn->quiet.since == 0 ||
      conn->quiet.pings >= PQQ__QUIET_PINGS) {
    return PQQ_TIME_NEVER;
  }
  wait = PQQ__QUIET_PTOS * pqq__conn_pto(conn);
  if (wait < PQQ__QUIET_MIN_MS * PQQ__NS_PER_MS) {
    wait = PQQ__QUIET_MIN_MS * PQQ__NS_PER_MS;
  }
  return conn->quiet.since + (wait << conn->quiet.pings);
}

/* ngtcp2 sends a PING for its keep-alive alone: the shortest one is due with the next packet. */
void pqq__quiet_check(pqq__conn *conn) {
  if (pqq__quiet_deadline(conn) > conn->endpoint->now) {
    return;
  }
  conn->quiet.since = conn->endpoint->now;
  conn->quiet.pings++;
  conn->quiet.is_due = 1;
  conn->endpoint->stats.quiet_pings++;
  ngtcp2_conn_set_keep_alive_timeout(conn->quic, 1);
}

void pqq__quiet_note_sent(pqq__conn *conn) {
  if (conn->quiet.since == 0) {
    conn->quiet.since = conn->endpoint->now;
  }
  if (conn->quiet.is_due) {
    conn->quiet.is_due = 0;
    pqq__conn_set_keep_alive(conn);
  }
}
