/* SPDX-License-Identifier: MIT */
/* The ends of a connection: ours (CONNECTION_CLOSE, closing period), the
 * peer's (draining period), and the silent ones (idle, handshake timeout,
 * stateless reset). Each reports itself once. */
#include <stdlib.h>
#include <string.h>

#include "quic/conn.h"
#include "tls/velocity.h"

/* The closing and draining periods last three PTOs (RFC 9000 section 10.2). */
#define CLOSE_PERIOD_PTOS 3

/* Most bytes of a CONNECTION_CLOSE datagram: a coalesced Initial is padded to 1,200. */
#define CLOSE_PACKET_BYTES 1280

/* H3_NO_ERROR (RFC 9114 section 8.1). */
#define H3_NO_ERROR 0x100
#define H3_INTERNAL_ERROR 0x102
/* H3_EXCESSIVE_LOAD of the same. */
#define H3_EXCESSIVE_LOAD 0x107

static void count_refusal(pqq__conn *conn, const pqq_close_info *info) {
  pqq_stats *stats = &conn->endpoint->stats;

  if (info->is_remote) {
    return;
  }
  stats->policy_refusals += info->status == PQQ_ERR_POLICY_KEY_EXCHANGE ||
                            info->status == PQQ_ERR_POLICY_AUTHENTICATION ||
                            info->status == PQQ_ERR_CLIENT_IDENTITY;
  stats->authenticator_failures += conn->has_failed_proof != 0;
}

/* What the handshake had come to, and with whom. */
static void add_facts(const pqq__conn *conn, pqq_close_info *info) {
  pqq__tls_session_close_facts(conn->tls, info);
  pqq__path_address(&info->remote, &ngtcp2_conn_get_path2(conn->quic)->remote);
}

void pqq__conn_drop_job(pqq__conn *conn) {
  conn->sign_timer = PQQ_TIME_NEVER;
  if (conn->job) {
    pqq__list_remove(&conn->job_node);
    pqq__tls_job_free(conn->job);
    conn->job = NULL;
  }
  conn->endpoint->stats.signer_cancelled += (uint64_t)pqq__tls_session_cancel(conn->tls);
}

static void report(pqq__conn *conn, const pqq_close_info *close) {
  pqq__endpoint *endpoint = conn->endpoint;
  pqq_close_info info = *close;

  add_facts(conn, &info);
  count_refusal(conn, &info);
  if (conn->state == PQQ__CONN_HANDSHAKE) {
    endpoint->half_open--;
    endpoint->stats.handshakes_failed++;
  }
  endpoint->live--;
  endpoint->stats.connections_closed++;
  conn->is_close_waiting = endpoint->app->on_closed(conn->app, &info);
}

/* Waits out the closing or draining period; no more use of streams. The period begins when
 * conn_send.c comes by: calls like pqq_engine_close do not know the time. */
static void begin_end(pqq__conn *conn, pqq__conn_state state, const pqq_close_info *info) {
  report(conn, info);
  conn->state = state;
  pqq__conn_drop_job(conn);
  pqq__heap_set(&conn->endpoint->timers, &conn->timer, PQQ_TIME_NEVER);
  pqq__conn_want_send(conn);
}

void pqq__conn_begin_period(pqq__conn *conn) {
  if (conn->timer.at == PQQ_TIME_NEVER) {
    pqq__heap_set(&conn->endpoint->timers, &conn->timer,
                  conn->endpoint->now + CLOSE_PERIOD_PTOS * pqq__conn_pto(conn));
    if (!conn->is_close_waiting) {
      pqq__conn_shed(conn);
    }
  }
}

void pqq__conn_close_taken(pqq__conn *conn) {
  conn->is_close_waiting = 0;
  if (conn->timer.at != PQQ_TIME_NEVER) {
    pqq__conn_shed(conn);
  }
}

/* Ends without a packet: nobody would answer one. */
static void end_silently(pqq__conn *conn, pqq_status status, const char *reason) {
  pqq_close_info info = {.status = status, .tls_alert = -1};

  info.reason.data = (const uint8_t *)reason;
  info.reason.len = strlen(reason);
  report(conn, &info);
  pqq__conn_drop_job(conn);
  conn->state = PQQ__CONN_DRAINING;
  pqq__conn_free(conn);
}

/* A server's connection whose first datagram began no handshake: it never was. */
static void forget(pqq__conn *conn) {
  conn->endpoint->half_open--;
  conn->endpoint->live--;
  conn->state = PQQ__CONN_DRAINING;
  pqq__conn_free(conn);
}

static void timed_out(pqq__conn *conn) {
  if (conn->state != PQQ__CONN_HANDSHAKE) {
    end_silently(conn, PQQ_ERR_IDLE_TIMEOUT, "no packet within the idle timeout");
  } else if (conn->sign_timer != PQQ_TIME_NEVER) {
    conn->endpoint->stats.signer_timeouts++;
    end_silently(conn, PQQ_ERR_SIGNER_TIMEOUT,
                 "the handshake timed out while a signer was at work");
  } else if (conn->is_server || conn->datagrams_received) {
    end_silently(conn, PQQ_ERR_HANDSHAKE_TIMEOUT, "the handshake did not finish in time");
  } else {
    end_silently(conn, PQQ_ERR_UNREACHABLE, "no answer from the server");
  }
}

static int alert_of(uint64_t wire_code) {
  return (wire_code & ~(uint64_t)0xff) == NGTCP2_CRYPTO_ERROR ? (int)(wire_code & 0xff) : -1;
}

/* The typed cause of a transport close code (RFC 9000 section 20.1). */
static pqq_status transport_status(uint64_t wire_code, const char **reason) {
  int alert = alert_of(wire_code);

  if (alert >= 0) {
    return pqq__tls_alert_status((uint8_t)alert, reason);
  }
  switch (wire_code) {
  case NGTCP2_NO_ERROR:
    return PQQ_OK;
  case NGTCP2_CONNECTION_REFUSED:
    return PQQ_ERR_CONNECTION_REFUSED;
  default:
    return PQQ_ERR_TRANSPORT;
  }
}

static pqq_status application_status(uint64_t wire_code) {
  pqq_status status = pqq__velocity_status(wire_code);

  if (status != PQQ_OK || wire_code == H3_NO_ERROR) {
    return status;
  }
  return PQQ_ERR_HTTP_PROTOCOL;
}

static void fill_from_ccerr(pqq_close_info *info, const ngtcp2_ccerr *ccerr) {
  const char *reason = "";

  info->is_application = ccerr->type == NGTCP2_CCERR_TYPE_APPLICATION;
  info->wire_code = ccerr->error_code;
  info->frame_type = ccerr->frame_type;
  info->tls_alert = info->is_application ? -1 : alert_of(ccerr->error_code);
  if (info->is_application) {
    info->status = application_status(ccerr->error_code);
  } else {
    info->status = transport_status(ccerr->error_code, &reason);
  }
  info->reason = (pqq_bytes){ccerr->reason, ccerr->reasonlen};
  if (ccerr->reasonlen == 0) {
    info->reason = (pqq_bytes){(const uint8_t *)reason, strlen(reason)};
  }
}

static void peer_closed(pqq__conn *conn) {
  pqq_close_info info = {.is_remote = 1};
  ngtcp2_ccerr ccerr = *ngtcp2_conn_get_ccerr2(conn->quic);

  if (ccerr.reasonlen > PQQ__MAX_REASON_BYTES) {
    ccerr.reasonlen = PQQ__MAX_REASON_BYTES;
  }
  fill_from_ccerr(&info, &ccerr);
  if (conn->was_reset) {
    info.status = PQQ_ERR_STATELESS_RESET;
  }
  begin_end(conn, PQQ__CONN_DRAINING, &info);
}

static void write_close_packet(pqq__conn *conn) {
  ngtcp2_path_storage path;
  ngtcp2_pkt_info packet_info;
  ngtcp2_ssize written;

  conn->close_packet = malloc(CLOSE_PACKET_BYTES);
  if (!conn->close_packet) {
    return;
  }
  ngtcp2_path_storage_zero(&path);
  written =
      ngtcp2_conn_write_connection_close(conn->quic, &path.path, &packet_info, conn->close_packet,
                                         CLOSE_PACKET_BYTES, &conn->failure, conn->endpoint->now);
  if (written > 0) {
    conn->close_packet_len = (size_t)written;
    pqq__path_address(&conn->close_local, &path.path.local);
    pqq__path_address(&conn->close_remote, &path.path.remote);
  }
}

/* Closes with conn->failure. */
static void close_with_failure(pqq__conn *conn, pqq_status status, const char *reason) {
  pqq_close_info info = {0};

  fill_from_ccerr(&info, &conn->failure);
  if (status != PQQ_OK) {
    info.status = status;
    info.reason = (pqq_bytes){(const uint8_t *)reason, strlen(reason)};
  }
  write_close_packet(conn);
  begin_end(conn, PQQ__CONN_CLOSING, &info);
}

void pqq__conn_close(pqq__conn *conn, uint64_t wire_code) {
  if (!pqq__conn_is_live(conn)) {
    return;
  }
  ngtcp2_ccerr_set_application_error(&conn->failure, wire_code, NULL, 0);
  close_with_failure(conn, wire_code == H3_NO_ERROR ? PQQ_OK : PQQ_ERR_CANCELLED, "closed here");
}

void pqq__conn_fail_application(pqq__conn *conn, uint64_t wire_code, const char *reason) {
  size_t len = strlen(reason);

  if (len > PQQ__MAX_REASON_BYTES) {
    len = PQQ__MAX_REASON_BYTES;
  }
  conn->has_failure = 1;
  ngtcp2_ccerr_set_application_error(&conn->failure, wire_code, (const uint8_t *)reason, len);
}

void pqq__conn_fail_commitment(pqq__conn *conn) {
  conn->has_failure = 1;
  conn->failure_status = pqq__tls_session_failure(conn->tls, &conn->failure_reason);
  ngtcp2_ccerr_set_transport_error(&conn->failure, NGTCP2_TRANSPORT_PARAMETER_ERROR, NULL, 0);
}

void pqq__conn_fail_proof(pqq__conn *conn) {
  const char *reason;
  pqq_status status = pqq__tls_session_failure(conn->tls, &reason);
  uint64_t wire_code = pqq__velocity_wire_code(status);

  /* Our own trouble, such as what a signer said, is not the peer's to know. */
  pqq__conn_fail_application(conn, wire_code, wire_code == H3_INTERNAL_ERROR ? "" : reason);
  conn->failure_status = status;
  conn->failure_reason = reason;
  conn->has_failed_proof = 1;
}

/* TLS has failed and sent no alert: the peer's bytes came at the wrong
 * encryption level, or were more than AWS-LC keeps of a message (RFC 9001
 * section 4.1.3, RFC 9000 section 7.5), unless ngtcp2 knows better. */
static pqq_status fail_without_alert(pqq__conn *conn, const char **reason) {
  int error = ngtcp2_conn_get_tls_error2(conn->quic);

  if (error != 0) {
    ngtcp2_ccerr_set_liberr(&conn->failure, error, NULL, 0);
  } else {
    ngtcp2_ccerr_set_transport_error(&conn->failure, NGTCP2_PROTOCOL_VIOLATION, NULL, 0);
  }
  *reason = "the peer's handshake data cannot be taken";
  return PQQ_ERR_TRANSPORT;
}

static pqq_status fail_with_alert(pqq__conn *conn, uint8_t alert, const char **reason) {
  ngtcp2_ccerr_set_tls_alert(&conn->failure, alert, NULL, 0);
  return pqq__tls_alert_status(alert, reason);
}

static void tls_failed(pqq__conn *conn) {
  uint8_t alert = ngtcp2_conn_get_tls_alert2(conn->quic);
  const char *reason, *known;
  pqq_status status, known_status = pqq__tls_session_failure(conn->tls, &known);

  /* A callback of ours that failed between the keys. */
  if (conn->has_failure) {
    pqq__conn_close_failed(conn);
    return;
  }
  status = alert ? fail_with_alert(conn, alert, &reason) : fail_without_alert(conn, &reason);
  if (known_status != PQQ_OK) {
    status = known_status;
    reason = known;
  }
  close_with_failure(conn, status, reason);
}

void pqq__conn_close_failed(pqq__conn *conn) {
  if (!conn->has_failure) {
    ngtcp2_ccerr_set_transport_error(&conn->failure, NGTCP2_INTERNAL_ERROR, NULL, 0);
    close_with_failure(conn, PQQ_ERR_NO_MEMORY, "out of memory");
    return;
  }
  close_with_failure(conn, conn->failure_status, conn->failure_reason);
}

/* More than the limits of a connection that ngtcp2 counts allow; which, goes into the counters. */
static void over_limit(pqq__conn *conn, int error) {
  pqq_stats *stats = &conn->endpoint->stats;

  switch (error) {
  case NGTCP2_ERR_CRYPTO_BUFFER_EXCEEDED:
    stats->crypto_closes++;
    break;
  case NGTCP2_ERR_CONNECTION_ID_LIMIT:
    stats->cid_closes++;
    break;
  default:
    break;
  }
}

/* ngtcp2 calls what uses up its limit of glitches an internal error; the peer is told what it is.
 */
static void close_glitchy(pqq__conn *conn) {
  conn->endpoint->stats.glitch_closes++;
  pqq__conn_fail_application(conn, H3_EXCESSIVE_LOAD, "too many frames that are of no use");
  pqq__conn_close_failed(conn);
}

void pqq__conn_fail(pqq__conn *conn, int error) {
  switch (error) {
  case NGTCP2_ERR_DRAINING:
    peer_closed(conn);
    return;
  case NGTCP2_ERR_CLOSING:
    return;
  case NGTCP2_ERR_IDLE_CLOSE:
  case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
    timed_out(conn);
    return;
  case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
    if (conn->next_version == 0 || pqq__conn_begin_again(conn) != 0) {
      end_silently(conn, PQQ_ERR_VERSION_NEGOTIATION, "the server speaks no QUIC version of ours");
    }
    return;
  case NGTCP2_ERR_DROP_CONN:
  case NGTCP2_ERR_RETRY:
    forget(conn);
    return;
  case NGTCP2_ERR_CRYPTO:
    tls_failed(conn);
    return;
  case NGTCP2_ERR_CALLBACK_FAILURE:
    pqq__conn_close_failed(conn);
    return;
  case NGTCP2_ERR_INTERNAL:
    close_glitchy(conn);
    return;
  default:
    over_limit(conn, error);
    ngtcp2_ccerr_set_liberr(&conn->failure, error, NULL, 0);
    close_with_failure(conn, PQQ_ERR_TRANSPORT, ngtcp2_strerror(error));
  }
}

/* Whoever has had an answer does not believe ICMP, which anybody on the path
 * can forge (RFC 8085 section 5.2). */
static int is_unanswered(const pqq__conn *conn, const pqq_address *remote) {
  pqq_address own;

  if (conn->is_server || conn->state != PQQ__CONN_HANDSHAKE || conn->datagrams_received) {
    return 0;
  }
  pqq__path_address(&own, &ngtcp2_conn_get_path2(conn->quic)->remote);
  return own.family == remote->family && own.port == remote->port &&
         memcmp(own.ip, remote->ip, sizeof own.ip) == 0;
}

void pqq__conn_unreachable(pqq__endpoint *endpoint, const pqq_address *remote) {
  pqq__node *node, *next;

  for (node = endpoint->all.next; node != &endpoint->all; node = next) {
    pqq__conn *conn = PQQ__OWNER(node, pqq__conn, all_node);
    next = node->next;
    if (is_unanswered(conn, remote)) {
      end_silently(conn, PQQ_ERR_UNREACHABLE, "nobody listens at this address (ICMP)");
    }
  }
}
