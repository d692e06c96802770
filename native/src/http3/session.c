/* SPDX-License-Identifier: MIT */
/* HTTP/3 session: begins with the three unidirectional streams, ends with the
 * connection; in between session_recv.c and session_send.c do the work. */
#include "http3/session.h"

#include <stdlib.h>
#include <string.h>

/* Failed handshakes of a server that wait to be read as events; more are only
 * counted, so that a flood of them costs no memory. */
#define MAX_WAITING_FAILURES 256

pqq__session *pqq__session_new(pqq_engine *engine, int is_server) {
  pqq__session *session = calloc(1, sizeof *session);

  if (session) {
    session->engine = engine;
    session->is_server = is_server;
    session->timer_at = session->watch.at = PQQ_TIME_NEVER;
    pqq__list_init(&session->streams);
    pqq__list_init(&session->pending);
  }
  return session;
}

void pqq__session_free(pqq__session *session) {
  pqq__node *node;

  while ((node = pqq__list_first(&session->streams)) != NULL ||
         (node = pqq__list_first(&session->pending)) != NULL) {
    pqq__stream_free(PQQ__OWNER(node, pqq__stream, node));
  }
  pqq__datagram_queue_deinit(&session->datagrams_out);
  pqq__datagram_queue_deinit(&session->datagrams_early);
  nghttp3_conn_del(session->http);
  pqq__proof_free(session->proof);
  free(session);
}

int pqq__session_fail(pqq__session *session, int error) {
  uint64_t wire_code = nghttp3_err_infer_quic_app_error_code(error);

  /* One name or value over nghttp3's own limits: its decoder is of no more use then. */
  if (error == NGHTTP3_ERR_QPACK_HEADER_TOO_LARGE) {
    wire_code = PQQ__H3_EXCESSIVE_LOAD;
  }
  session->engine->endpoint.stats.glitch_closes += error == NGHTTP3_ERR_H3_EXCESSIVE_LOAD;
  pqq__conn_fail_application(session->conn, wire_code, nghttp3_strerror(error));
  return -1;
}

static void *on_accept(void *user_data, pqq__conn *conn) {
  pqq__session *session = pqq__session_new(user_data, 1);

  if (session) {
    session->conn = conn;
    session->conn_id = conn->id;
  }
  return session;
}

static int http_new(pqq__session *session) {
  const pqq_config_options *values = &session->conn->config->values;
  nghttp3_callbacks callbacks = {.rand = NULL};
  nghttp3_settings settings;
  int error;

  pqq__session_recv_callbacks(&callbacks);
  nghttp3_settings_default(&settings);
  settings.max_field_section_size = values->max_header_list_bytes;
  settings.qpack_max_dtable_capacity = PQQ__QPACK_TABLE_BYTES;
  settings.qpack_encoder_max_dtable_capacity = PQQ__QPACK_TABLE_BYTES;
  settings.qpack_blocked_streams = PQQ__QPACK_BLOCKED_STREAMS;
  settings.glitch_ratelim_burst = values->max_glitches;
  settings.glitch_ratelim_rate = values->max_glitches / PQQ__GLITCHES_REFILL_S;
  settings.h3_datagram = values->enable_datagrams != 0;
  settings.enable_connect_protocol =
      session->is_server && (values->enable_connect & PQQ_CONNECT_EXTENDED);
  error = session->is_server ? nghttp3_conn_server_new(&session->http, &callbacks, &settings,
                                                       &session->engine->mem, session)
                             : nghttp3_conn_client_new(&session->http, &callbacks, &settings,
                                                       &session->engine->mem, session);
  if (error == 0 && session->is_server) {
    nghttp3_conn_set_max_client_streams_bidi(session->http, values->max_concurrent_requests);
  }
  return error;
}

static int on_writable(void *app) {
  pqq__session *session = app;
  int64_t control, encoder, decoder;

  if (http_new(session) != 0 || pqq__proof_begin(session) != 0) {
    return -1;
  }
  if (pqq__conn_open_uni(session->conn, &control) != 0 ||
      pqq__conn_open_uni(session->conn, &encoder) != 0 ||
      pqq__conn_open_uni(session->conn, &decoder) != 0) {
    pqq__conn_fail_application(session->conn, PQQ__H3_STREAM_CREATION_ERROR,
                               "the peer allows too few unidirectional streams");
    return -1;
  }
  return nghttp3_conn_bind_control_stream(session->http, control) == 0 &&
                 nghttp3_conn_bind_qpack_streams(session->http, encoder, decoder) == 0
             ? 0
             : -1;
}

static pqq__event *conn_event(pqq__session *session, int32_t type) {
  pqq__event *event = pqq__events_push(&session->engine->events);

  if (event) {
    event->type = type;
    event->conn = session->conn_id;
    event->token = session->token;
  }
  return event;
}

int pqq__session_established(pqq__session *session) {
  pqq__conn_established(session->conn);
  session->is_connected = 1;
  return conn_event(session, PQQ_EVENT_CONNECTED) ? pqq__requests_open(session) : -1;
}

static int on_handshake_done(void *app) {
  pqq__session *session = app;

  return pqq__proof_is_done(session) ? pqq__session_established(session) : 0;
}

static int on_proof_signed(void *app, pqq_time_ns now) {
  return pqq__proof_signed(app, now);
}

static int is_bidi(int64_t stream_id) {
  return (stream_id & 2) == 0;
}

static int on_stream_open(void *app, int64_t stream_id) {
  pqq__session *session = app;
  pqq__stream *stream;

  if (!is_bidi(stream_id)) {
    return 0;
  }
  stream = pqq__stream_new(session, stream_id);
  if (!stream) {
    return -1;
  }
  pqq__conn_set_stream_data(session->conn, stream_id, stream);
  /* Streams may begin in any order: the network reorders. */
  if (stream_id >= session->next_request_id) {
    session->next_request_id = stream_id + 4;
  }
  if (++session->request_count == session->conn->config->values.max_requests_per_connection) {
    session->engine->endpoint.stats.connections_retired++;
    pqq__session_shutdown(session);
  }
  session->engine->endpoint.stats.requests++;
  pqq__watch_begin(stream);
  return 0;
}

/* What the codes of the two halves say about the request. A response that came
 * to its end counts, whatever became of the request: servers stop reading what
 * they do not need (RFC 9114 section 4.1), some of them with codes of their own. */
static pqq_status status_of(const pqq__session *session, int64_t rx_code, int64_t tx_code,
                            uint64_t *wire_code) {
  int64_t code = rx_code >= 0 || !session->is_server ? rx_code : tx_code;

  *wire_code = code >= 0 ? (uint64_t)code : PQQ__H3_NO_ERROR;
  switch (*wire_code) {
  case PQQ__H3_NO_ERROR:
    return PQQ_OK;
  case PQQ__H3_REQUEST_REJECTED:
    return PQQ_ERR_STREAM_REFUSED;
  default:
    return PQQ_ERR_STREAM_RESET;
  }
}

static uint32_t close_flags(int64_t rx_code, int64_t tx_code) {
  return (rx_code >= 0 ? NGHTTP3_STREAM_CLOSE_FLAG_RX_APP_ERROR_CODE_SET : 0) |
         (tx_code >= 0 ? NGHTTP3_STREAM_CLOSE_FLAG_TX_APP_ERROR_CODE_SET : 0);
}

static int on_stream_closed(void *app, int64_t stream_id, void *stream_data, int64_t rx_code,
                            int64_t tx_code) {
  pqq__session *session = app;
  pqq__stream *stream = stream_data;
  pqq_status status;
  uint64_t wire_code;
  int error = 0;

  if (session->proof && pqq__proof_on_closed(session, stream_id)) {
    return 0;
  }
  if (session->http) {
    error = nghttp3_conn_close_stream2(session->http, close_flags(rx_code, tx_code), stream_id,
                                       rx_code >= 0 ? (uint64_t)rx_code : PQQ__H3_NO_ERROR,
                                       tx_code >= 0 ? (uint64_t)tx_code : PQQ__H3_NO_ERROR);
  }
  if (error != 0 && error != NGHTTP3_ERR_STREAM_NOT_FOUND) {
    return pqq__session_fail(session, error);
  }
  if (!stream) {
    if (!is_bidi(stream_id)) {
      pqq__conn_allow_uni(session->conn);
    }
    return 0;
  }
  status = status_of(session, rx_code, stream->is_out_given_up ? -1 : tx_code, &wire_code);
  pqq__stream_close(stream, stream->local_status != PQQ_OK ? stream->local_status : status,
                    wire_code);
  pqq__session_close_if_drained(session);
  return 0;
}

/* Requests that are begun and reset at once cost their client nothing (CVE-2023-44487). Some are
 * usual: a browser that leaves a page resets all it has open. */
static int is_reset_too_often(pqq__session *session) {
  session->reset_count++;
  return session->reset_count > PQQ__MAX_RESETS &&
         session->reset_count > session->request_count / PQQ__REQUESTS_PER_RESET;
}

static int on_stream_reset(void *app, int64_t stream_id, void *stream_data, uint64_t wire_code) {
  pqq__session *session = app;
  pqq__stream *stream = stream_data;
  int error;
  pqq__event *event;

  if (session->proof) {
    int taken = pqq__proof_on_reset(session, stream_id);

    if (taken != 0) {
      return taken > 0 ? 0 : -1;
    }
  }
  if (stream) {
    stream->is_held = 0;
    if (session->is_server && is_reset_too_often(session)) {
      session->engine->endpoint.stats.reset_floods++;
      pqq__conn_fail_application(session->conn, PQQ__H3_EXCESSIVE_LOAD,
                                 "too many requests were reset");
      return -1;
    }
  }
  error = session->http ? nghttp3_conn_shutdown_stream_read(session->http, stream_id) : 0;
  if (error != 0) {
    return pqq__session_fail(session, error);
  }
  /* The answer to our own reset is no news. */
  if (!stream || !stream->is_reported || stream->local_status != PQQ_OK) {
    return 0;
  }
  session->engine->endpoint.stats.requests_reset++;
  event = pqq__stream_event(stream, PQQ_EVENT_RESET);
  if (!event) {
    return -1;
  }
  event->wire_code = wire_code;
  return 0;
}

static int on_stream_stopped(void *app, int64_t stream_id, void *stream_data, uint64_t wire_code) {
  pqq__session *session = app;
  pqq__stream *stream = stream_data;
  pqq__event *event;

  if (!pqq__proof_on_shut(session, stream_id) && session->http) {
    nghttp3_conn_shutdown_stream_write(session->http, stream_id);
  }
  if (!stream) {
    return 0;
  }
  stream->is_out_stopped = stream->is_out_refused = 1;
  if (!stream->is_reported) {
    return 0;
  }
  event = pqq__stream_event(stream, PQQ_EVENT_STOPPED);
  if (!event) {
    return -1;
  }
  event->wire_code = wire_code;
  return 0;
}

static int on_stream_credit(void *app, int64_t stream_id) {
  pqq__session *session = app;
  int error = 0;

  if (!pqq__proof_on_blocked(session, stream_id, 0) && session->http) {
    error = nghttp3_conn_unblock_stream(session->http, stream_id);
  }
  return error == 0 ? 0 : pqq__session_fail(session, error);
}

static int on_streams_credit(void *app) {
  return pqq__requests_open(app);
}

/* That of a server which is not known for who it is yet is not kept, nor is one for which there is
 * no memory: the next connection then takes a little longer, that is all. */
static int on_new_token(void *app, const uint8_t *token, size_t len) {
  pqq__session *session = app;
  uint8_t *copy = session->is_connected ? malloc(len) : NULL;
  pqq__event *event = copy ? conn_event(session, PQQ_EVENT_NEW_TOKEN) : NULL;

  if (!event) {
    free(copy);
    return 0;
  }
  memcpy(copy, token, len);
  event->data = copy;
  event->data_len = event->data_capacity = len;
  return 0;
}

static int on_remote_streams(void *app, uint64_t max_streams) {
  pqq__session *session = app;

  if (session->http) {
    nghttp3_conn_set_max_client_streams_bidi(session->http, max_streams);
  }
  return 0;
}

/* With all that it points to, in one piece. */
static pqq_close_info *copy_close_info(const pqq_close_info *info) {
  size_t offer_bytes = info->offer ? sizeof *info->offer : 0;
  pqq_close_info *copy = malloc(sizeof *copy + offer_bytes + info->reason.len + 1);
  uint8_t *reason = (uint8_t *)(copy + 1) + offer_bytes;

  if (copy) {
    *copy = *info;
    if (info->offer) {
      copy->offer = memcpy(copy + 1, info->offer, sizeof *info->offer);
    }
    if (info->reason.len) {
      memcpy(reason, info->reason.data, info->reason.len);
    }
    /* For readers that print it. */
    reason[info->reason.len] = '\0';
    copy->reason.data = reason;
  }
  return copy;
}

/* A client is told of every end. A server is told of handshakes that failed in
 * a way worth knowing, and of ends of connections it was told of. */
static int is_close_reported(const pqq__session *session, const pqq_close_info *info) {
  const pqq__events *events = &session->engine->events;

  if (session->is_connected || !session->is_server) {
    return 1;
  }
  return info->status != PQQ_ERR_HANDSHAKE_TIMEOUT && info->status != PQQ_ERR_TRANSPORT &&
         events->tail - events->head < MAX_WAITING_FAILURES;
}

static int on_closed(void *app, const pqq_close_info *info) {
  pqq__session *session = app;
  pqq_status status = info->status == PQQ_OK ? PQQ_ERR_CONNECTION_CLOSED : info->status;
  pqq__node *node;
  pqq__event *event;

  while ((node = pqq__list_first(&session->streams)) != NULL ||
         (node = pqq__list_first(&session->pending)) != NULL) {
    pqq__stream *stream = PQQ__OWNER(node, pqq__stream, node);
    pqq__stream_close(stream, stream->local_status != PQQ_OK ? stream->local_status : status,
                      info->wire_code);
  }
  if (!is_close_reported(session, info)) {
    return 0;
  }
  /* Without memory the end goes unreported; the owner's own timeouts remain. */
  event = conn_event(session, PQQ_EVENT_CLOSED);
  if (!event) {
    return 0;
  }
  event->status = info->status;
  event->close = copy_close_info(info);
  if (!event->close) {
    event->type = 0;
  }
  return event->type != 0;
}

static void on_free(void *app) {
  pqq__session_free(app);
}

const pqq__app pqq__session_app = {
    .on_accept = on_accept,
    .on_writable = on_writable,
    .on_handshake_done = on_handshake_done,
    .on_proof_signed = on_proof_signed,
    .on_stream_open = on_stream_open,
    .on_stream_data = pqq__session_on_stream_data,
    .on_stream_acked = pqq__session_on_acked,
    .on_stream_closed = on_stream_closed,
    .on_stream_reset = on_stream_reset,
    .on_stream_stopped = on_stream_stopped,
    .on_stream_credit = on_stream_credit,
    .on_streams_credit = on_streams_credit,
    .on_remote_streams = on_remote_streams,
    .on_new_token = on_new_token,
    .next_write = pqq__session_next_write,
    .on_written = pqq__session_on_written,
    .on_write_blocked = pqq__session_on_write_blocked,
    .on_write_shut = pqq__session_on_write_shut,
    .on_datagram = pqq__session_on_datagram,
    .next_datagram = pqq__session_next_datagram,
    .on_datagram_done = pqq__session_on_datagram_done,
    .on_timer = pqq__session_on_timer,
    .on_closed = on_closed,
    .on_free = on_free,
};
