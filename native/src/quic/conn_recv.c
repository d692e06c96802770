/* SPDX-License-Identifier: MIT */
/* Datagrams in: decrypted by ngtcp2, which calls conn_callbacks.c. */
#include "core/units.h"
#include "quic/conn.h"

/* While closing, every 2^n-th datagram gets the CONNECTION_CLOSE again, so
 * that a flood is answered ever more seldom (RFC 9000 section 10.2.1). */
static int is_power_of_two(uint32_t value) {
  return (value & (value - 1)) == 0;
}

static void recv_while_closing(pqq__conn *conn) {
  if (conn->state == PQQ__CONN_CLOSING && is_power_of_two(++conn->closing_datagrams)) {
    pqq__conn_want_send(conn);
  }
}

/* While a signature is being made, the ServerHello would fill a datagram of its
 * own, which counts against three times what the client has sent (RFC 9000
 * section 8.1) and so may cost the flight a round trip. It leaves with the rest:
 * when the job is done, or before if a timer wants to send. */
static void hold_sending(pqq__conn *conn) {
  if (pqq__node_is_linked(&conn->sending_node)) {
    pqq__list_remove(&conn->sending_node);
  }
}

static void take_job(pqq__conn *conn) {
  uint32_t timeout_ms;

  conn->job = pqq__tls_session_take_job(conn->tls);
  if (!conn->job) {
    return;
  }
  timeout_ms = pqq__tls_job_timeout_ms(conn->job);
  conn->sign_timer =
      timeout_ms ? conn->endpoint->now + timeout_ms * PQQ__NS_PER_MS : PQQ_TIME_NEVER;
  pqq__tls_job_set_conn(conn->job, conn->id);
  pqq__list_append(&conn->endpoint->with_job, &conn->job_node);
}

/* After anything that can have moved the handshake: count its signatures, hand
 * out its job, and see that its packets and timers go on. */
static void after_input(pqq__conn *conn) {
  conn->endpoint->stats.signatures_in_line += pqq__tls_session_take_signatures(conn->tls);
  if (!conn->job) {
    take_job(conn);
  }
  if (pqq__tls_session_is_signing(conn->tls)) {
    hold_sending(conn);
  } else {
    pqq__conn_want_send(conn);
  }
  pqq__conn_update_timer(conn);
}

/* Behind its handshake a server has no more use for TLS: ngtcp2 has the keys and derives the next
 * ones itself, and what a client might still say is an error (on_crypto_data). */
static void release_tls(pqq__conn *conn) {
  if (conn->is_handshake_done && pqq__tls_session_release(conn->tls)) {
    ngtcp2_conn_set_tls_native_handle(conn->quic, NULL);
  }
}

int pqq__conn_recv(pqq__conn *conn, const ngtcp2_path *path, uint32_t ecn, const uint8_t *data,
                   size_t len) {
  ngtcp2_pkt_info info = {.ecn = (uint8_t)ecn};
  ngtcp2_path taken = *path;
  int error;

  conn->datagrams_received++;
  conn->bytes_received += len;
  pqq__first_flight_end(conn);
  pqq__quiet_note_received(conn);
  if (!pqq__conn_is_live(conn)) {
    recv_while_closing(conn);
    return 0;
  }
  if (!pqq__conn_may_recv_from(conn, path)) {
    return 0;
  }
  if (conn->flight_log) {
    pqq__flight_note(conn, 0, len);
  }
  /* ngtcp2 ignores what comes by another path than the one a client has begun with. */
  if (conn->has_any_local) {
    taken.local = ngtcp2_conn_get_path2(conn->quic)->local;
  }
  error = ngtcp2_conn_read_pkt(conn->quic, &taken, &info, data, len, conn->endpoint->now);
  if (error != 0) {
    pqq__conn_fail(conn, error);
    return error;
  }
  pqq__mtu_check(conn);
  after_input(conn);
  release_tls(conn);
  return 0;
}

/* --- Signatures that were waited for ---------------------------------------------------------- */

static void count_signature(pqq_stats *stats, const pqq_job *job) {
  if (!pqq__tls_job_has_signer(job)) {
    return;
  }
  switch (pqq__tls_job_status(job)) {
  case PQQ_OK:
    stats->signatures_external++;
    break;
  case PQQ_ERR_SIGNATURE_INVALID:
    stats->signer_invalid++;
    break;
  case PQQ_ERR_SIGNER_BUSY:
    stats->signer_refusals++;
    break;
  default:
    stats->signer_failures++;
  }
}

static void go_on(pqq__conn *conn) {
  int error;

  conn->sign_timer = PQQ_TIME_NEVER;
  if (pqq__tls_session_was_proving(conn->tls)) {
    if (conn->endpoint->app->on_proof_signed(conn->app, conn->endpoint->now) != 0) {
      pqq__conn_close_failed(conn);
      return;
    }
  } else {
    error = ngtcp2_conn_continue_handshake(conn->quic, conn->endpoint->now);
    if (error != 0) {
      pqq__conn_fail(conn, error);
      return;
    }
  }
  if (pqq__conn_is_live(conn)) {
    after_input(conn);
  }
}

void pqq__conn_complete(pqq__conn *conn, const pqq_job *job) {
  if (pqq__conn_is_live(conn) && pqq__tls_session_put_result(conn->tls, job)) {
    count_signature(&conn->endpoint->stats, job);
    go_on(conn);
  }
}

void pqq__conn_sign_late(pqq__conn *conn) {
  conn->endpoint->stats.signer_timeouts++;
  pqq__tls_session_sign_late(conn->tls);
  pqq__conn_drop_job(conn);
  go_on(conn);
}
