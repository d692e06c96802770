/* SPDX-License-Identifier: MIT */
/* The connection's place in the endpoint's deadline heap: loss, idle and
 * handshake timers of ngtcp2, pacing, the closing period, the app's timer. */
#include "core/units.h"
#include "quic/conn.h"

void pqq__conn_update_timer(pqq__conn *conn) {
  pqq_time_ns at = conn->timer.at;

  if (pqq__conn_is_live(conn)) {
    at = ngtcp2_conn_get_expiry2(conn->quic);
    at = pqq__earlier(at, conn->app_timer);
    at = pqq__earlier(at, conn->sign_timer);
    at = pqq__earlier(at, pqq__quiet_deadline(conn));
  }
  pqq__heap_set(&conn->endpoint->timers, &conn->timer, at);
}

void pqq__conn_set_app_timer(pqq__conn *conn, pqq_time_ns at) {
  conn->app_timer = at;
  if (pqq__conn_is_live(conn)) {
    pqq__conn_update_timer(conn);
  }
}

void pqq__conn_expire(pqq__conn *conn) {
  pqq_time_ns now = conn->endpoint->now;
  int error;

  if (!pqq__conn_is_live(conn)) {
    pqq__conn_free(conn);
    return;
  }
  if (conn->app_timer <= now) {
    conn->app_timer = PQQ_TIME_NEVER;
    conn->endpoint->app->on_timer(conn->app);
    if (!pqq__conn_is_live(conn)) {
      return;
    }
  }
  if (conn->sign_timer <= now) {
    pqq__conn_sign_late(conn);
    if (!pqq__conn_is_live(conn)) {
      return;
    }
  }
  error = ngtcp2_conn_handle_expiry(conn->quic, now);
  if (error != 0) {
    pqq__conn_fail(conn, error);
    return;
  }
  pqq__mtu_check(conn);
  pqq__quiet_check(conn);
  pqq__conn_want_send(conn);
  pqq__conn_update_timer(conn);
}
