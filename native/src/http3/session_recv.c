/* SPDX-License-Identifier: MIT */
/* Stream bytes in: decoded by nghttp3 into sections and body bytes, which
 * become events. */
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "http3/session.h"

/* A malformed message has to end its stream, not its connection (RFC 9114
 * section 4.1.2). nghttp3 reports it like an error of the connection, after
 * which its documentation allows nothing but nghttp3_conn_del. For these two
 * errors its code (1.18.0, which the lock pins) leaves all other streams and
 * the QPACK decoder whole, and test/sim/malformed_test.c holds it to that: so
 * this stream is told to read no more and the connection goes on. 0, or -1 if
 * the error is the connection's. */
static int end_malformed(pqq__session *session, int64_t stream_id, int error) {
  pqq__stream *stream = pqq__conn_stream_data(session->conn, stream_id);

  if (!stream ||
      (error != NGHTTP3_ERR_MALFORMED_HTTP_HEADER &&
       error != NGHTTP3_ERR_MALFORMED_HTTP_MESSAGING) ||
      nghttp3_conn_shutdown_stream_read(session->http, stream_id) != 0) {
    return -1;
  }
  pqq__fields_deinit(&stream->fields);
  session->engine->endpoint.stats.requests_refused += !stream->is_reported;
  pqq__reset(stream, PQQ__H3_MESSAGE_ERROR, PQQ_ERR_HTTP_PROTOCOL);
  return 0;
}

int pqq__session_on_stream_data(void *app, int64_t stream_id, const uint8_t *data, size_t len,
                                int fin, pqq_time_ns now) {
  pqq__session *session = app;
  int taken = 0;

  /* 1-RTT data cannot come before 1-RTT keys, which come after ours. */
  if (!session->http) {
    return -1;
  }
  if (session->proof) {
    taken = pqq__proof_recv(session, stream_id, data, len, fin, now);
  }
  if (taken != 0) {
    return taken > 0 ? 0 : -1;
  }
  return pqq__session_read(session, stream_id, data, len, fin, now);
}

int pqq__session_read(pqq__session *session, int64_t stream_id, const uint8_t *data, size_t len,
                      int fin, pqq_time_ns now) {
  int had_settings = session->has_settings;
  nghttp3_ssize consumed;

  session->body_bytes = 0;
  consumed = nghttp3_conn_read_stream2(session->http, stream_id, data, len, fin, now);
  if (consumed < 0) {
    if (end_malformed(session, stream_id, (int)consumed) != 0) {
      return pqq__session_fail(session, (int)consumed);
    }
    consumed = (nghttp3_ssize)(len - session->body_bytes);
  }
  if (consumed > 0) {
    pqq__conn_consume(session->conn, stream_id, (uint64_t)consumed);
  }
  /* Requests may have waited for the peer's SETTINGS. */
  return !had_settings && session->has_settings ? pqq__requests_open(session) : 0;
}

static int verdict(int result) {
  return result == 0 ? 0 : NGHTTP3_ERR_CALLBACK_FAILURE;
}

static int on_begin_headers(nghttp3_conn *http, int64_t stream_id, void *user_data,
                            void *stream_data) {
  pqq__session *session = user_data;

  if (!stream_data) {
    stream_data = pqq__conn_stream_data(session->conn, stream_id);
    return verdict(nghttp3_conn_set_stream_user_data(http, stream_id, stream_data));
  }
  return 0;
}

static pqq_bytes bytes_of(const nghttp3_rcbuf *buffer) {
  nghttp3_vec vec = nghttp3_rcbuf_get_buf(buffer);
  return (pqq_bytes){vec.base, vec.len};
}

/* :status was checked by nghttp3: three digits. */
static int parse_status(pqq_bytes value) {
  int status = 0;

  for (size_t i = 0; i < value.len; i++) {
    status = status * 10 + (value.data[i] - '0');
  }
  return status;
}

/* A tunnel has no content. */
static uint64_t body_limit(const pqq__stream *stream) {
  uint64_t limit = stream->session->conn->config->values.max_request_body_bytes;

  if (stream->is_connect || limit == 0) {
    return UINT64_MAX;
  }
  return limit == PQQ_BODY_NONE ? 0 : limit;
}

/* What a field of a request says that decides about all of it. */
static void note_request_field(pqq__stream *stream, int32_t token, pqq_bytes name,
                               pqq_bytes value) {
  const pqq_config_options *values = &stream->session->conn->config->values;
  uint64_t bytes;

  switch (token) {
  case NGHTTP3_QPACK_TOKEN__METHOD:
    stream->is_head = pqq__bytes_are(value, "HEAD", 4);
    stream->is_connect = pqq__bytes_are(value, "CONNECT", 7);
    break;
  case NGHTTP3_QPACK_TOKEN_HOST:
  case NGHTTP3_QPACK_TOKEN__AUTHORITY:
    stream->fields.has_host |= token == NGHTTP3_QPACK_TOKEN_HOST;
    stream->is_misdirected |= !pqq__tls_session_answers_for(stream->session->conn->tls, value);
    break;
  case NGHTTP3_QPACK_TOKEN__PATH:
    stream->refusal = value.len > values->max_target_bytes ? 414 : stream->refusal;
    break;
  case NGHTTP3_QPACK_TOKEN_CONTENT_LENGTH:
    if (pqq__parse_length(value, &bytes) < 0 || bytes > body_limit(stream)) {
      stream->refusal = 413;
    }
    break;
  default:
    stream->watch.awaits_continue |=
        token < 0 && pqq__bytes_are(name, "expect", 6) && pqq__bytes_are(value, "100-continue", 12);
    break;
  }
}

static int on_header(nghttp3_conn *http, int64_t stream_id, int32_t token, nghttp3_rcbuf *name,
                     nghttp3_rcbuf *value, uint8_t flags, void *user_data, void *stream_data) {
  pqq__session *session = user_data;
  pqq__stream *stream = stream_data;
  uint32_t never_index = flags & NGHTTP3_NV_FLAG_NEVER_INDEX ? PQQ_HEADER_NEVER_INDEX : 0;
  const pqq_config_options *values = &session->conn->config->values;

  (void)http;
  (void)stream_id;
  if (!stream) {
    return 0;
  }
  if (stream->is_in_stopped) {
    return 0;
  }
  if (token == NGHTTP3_QPACK_TOKEN__STATUS) {
    stream->http_status = parse_status(bytes_of(value));
  } else if (token == NGHTTP3_QPACK_TOKEN__PROTOCOL) {
    stream->has_protocol = 1;
  } else if (token == NGHTTP3_QPACK_TOKEN_COOKIE) {
    stream->fields.cookies++;
  } else if (session->is_server && !stream->is_reported) {
    note_request_field(stream, token, bytes_of(name), bytes_of(value));
  }
  if (token < 0 && pqq__bytes_are(bytes_of(name), "capsule-protocol", 16)) {
    stream->peer_has_capsules = pqq__capsule_protocol_is_true(bytes_of(value));
  }
  stream->fields.is_too_large |= stream->fields.count >= values->max_header_fields;
  return verdict(pqq__fields_add(&stream->fields, bytes_of(name), bytes_of(value), never_index,
                                 values->max_header_list_bytes));
}

/* Answers a request here: what the application says of it, if it knows it, is dropped. */
void pqq__refuse_request(pqq__stream *stream, int32_t status, uint64_t wire_code) {
  static const pqq_body no_body;

  pqq__fields_deinit(&stream->fields);
  stream->session->engine->endpoint.stats.requests_refused++;
  stream->is_answered_here = 1;
  (void)pqq__respond(stream, status, NULL, 0, &no_body, PQQ_WRITE_END);
  pqq__stop_reading(stream, wire_code);
}

/* The client takes this server for the origin of a name that the certificate does not cover (RFC
 * 9110 section 15.5.20); it may try again on a connection of its own. */
static void refuse_misdirected(pqq__stream *stream) {
  stream->session->engine->endpoint.stats.requests_misdirected++;
  pqq__refuse_request(stream, 421, PQQ__H3_NO_ERROR);
}

/* What RFC 9114 calls malformed and nghttp3 lets pass. */
static void refuse_malformed(pqq__stream *stream) {
  stream->session->engine->endpoint.stats.requests_refused++;
  pqq__reset(stream, PQQ__H3_MESSAGE_ERROR, PQQ_ERR_HTTP_PROTOCOL);
}

static int report_section(pqq__stream *stream, int32_t type, int is_end) {
  int has_host = stream->fields.has_host;
  pqq__section *section = pqq__fields_finish(&stream->fields);
  pqq__event *event;

  if (section && type == PQQ_EVENT_REQUEST && has_host && !pqq__section_hosts_agree(section)) {
    free(section);
    refuse_malformed(stream);
    return 0;
  }
  event = section ? pqq__stream_event(stream, type) : NULL;
  if (!event) {
    free(section);
    return -1;
  }
  event->section = section;
  event->http_status = stream->http_status;
  event->is_end = is_end;
  event->datagram_bytes = (uint32_t)pqq__datagram_max_bytes(stream);
  stream->is_reported = 1;
  stream->is_in_ended = is_end;
  return type == PQQ_EVENT_REQUEST ? pqq__datagrams_report_early(stream) : 0;
}

static int on_headers_end(nghttp3_conn *http, int64_t stream_id, int fin, void *user_data,
                          void *stream_data) {
  pqq__session *session = user_data;
  pqq__stream *stream = stream_data;
  int is_plain_connect;

  (void)http;
  (void)stream_id;
  (void)fin;
  if (!stream) {
    return 0;
  }
  if (stream->is_in_stopped) {
    pqq__fields_deinit(&stream->fields);
    return 0;
  }
  if (stream->fields.is_too_large) {
    pqq__fields_deinit(&stream->fields);
    if (session->is_server) {
      /* RFC 6585 section 5. */
      pqq__refuse_request(stream, 431, PQQ__H3_EXCESSIVE_LOAD);
    } else {
      pqq__reset(stream, PQQ__H3_EXCESSIVE_LOAD, PQQ_ERR_HEADERS_TOO_LARGE);
    }
    return 0;
  }
  is_plain_connect = stream->is_connect && !stream->has_protocol;
  /* The authority of plain CONNECT is where to, not whom it asks (RFC 9110 section 9.3.6). */
  if (stream->is_misdirected && !is_plain_connect) {
    refuse_misdirected(stream);
    return 0;
  }
  if (session->is_server && is_plain_connect &&
      !(session->conn->config->values.enable_connect & PQQ_CONNECT_PLAIN)) {
    /* RFC 9110 section 15.6.2: a method that is not there for any resource. */
    pqq__refuse_request(stream, 501, PQQ__H3_NO_ERROR);
    return 0;
  }
  if (stream->refusal) {
    session->engine->endpoint.stats.bodies_too_large += stream->refusal == 413;
    pqq__refuse_request(stream, stream->refusal, PQQ__H3_NO_ERROR);
    return 0;
  }
  if (!session->is_server && stream->http_status < 200 &&
      ++stream->interim_count > PQQ__MAX_INTERIM_RESPONSES) {
    pqq__fields_deinit(&stream->fields);
    pqq__reset(stream, PQQ__H3_EXCESSIVE_LOAD, PQQ_ERR_HTTP_PROTOCOL);
    return 0;
  }
  if (session->is_server) {
    pqq__watch_content(stream);
  }
  if (pqq__capsules_begin(stream) != 0) {
    return NGHTTP3_ERR_CALLBACK_FAILURE;
  }
  /* Whether the message ends here, on_end says: it comes after the check of content-length. */
  return verdict(
      report_section(stream, session->is_server ? PQQ_EVENT_REQUEST : PQQ_EVENT_RESPONSE, 0));
}

static int on_trailers_end(nghttp3_conn *http, int64_t stream_id, int fin, void *user_data,
                           void *stream_data) {
  pqq__stream *stream = stream_data;

  (void)http;
  (void)stream_id;
  (void)fin;
  (void)user_data;
  if (!stream || !stream->is_reported || stream->is_in_stopped) {
    return 0;
  }
  if (stream->fields.is_too_large) {
    pqq__fields_deinit(&stream->fields);
    pqq__reset(stream, PQQ__H3_EXCESSIVE_LOAD, PQQ_ERR_HEADERS_TOO_LARGE);
    return 0;
  }
  return verdict(report_section(stream, PQQ_EVENT_TRAILERS, 1));
}

/* Adds to the stream's last event if that is body bytes with room. */
static int append(pqq__stream *stream, const uint8_t *data, size_t len) {
  pqq__event *last = pqq__events_at(&stream->engine->events, stream->last_event);

  if (!last || last->type != PQQ_EVENT_DATA || last->data_capacity - last->data_len < len) {
    return -1;
  }
  memcpy(last->data + last->data_len, data, len);
  last->data_len += len;
  return 0;
}

/* A stream that goes on sending gets ever larger events, up to the limit. */
static size_t next_capacity(const pqq__stream *stream, size_t len) {
  const pqq__event *last = pqq__events_at(&stream->engine->events, stream->last_event);
  size_t capacity = PQQ__DATA_EVENT_FIRST_BYTES;

  if (last && last->type == PQQ_EVENT_DATA) {
    capacity = last->data_capacity * 4;
  }
  if (capacity > PQQ__DATA_EVENT_MAX_BYTES) {
    capacity = PQQ__DATA_EVENT_MAX_BYTES;
  }
  return capacity < len ? len : capacity;
}

static int report_data(pqq__stream *stream, const uint8_t *data, size_t len) {
  size_t capacity = next_capacity(stream, len);
  uint8_t *copy = malloc(capacity);
  pqq__event *event = copy ? pqq__stream_event(stream, PQQ_EVENT_DATA) : NULL;

  if (!event) {
    free(copy);
    return -1;
  }
  memcpy(copy, data, len);
  event->data = copy;
  event->data_len = len;
  event->data_capacity = capacity;
  return 0;
}

/* More content than is taken. The application has seen the request and says what becomes of it. */
static int end_content(pqq__stream *stream) {
  pqq__event *event = pqq__stream_event(stream, PQQ_EVENT_RESET);

  if (!event) {
    return -1;
  }
  event->status = PQQ_ERR_BODY_TOO_LARGE;
  event->wire_code = PQQ__H3_NO_ERROR;
  stream->session->engine->endpoint.stats.bodies_too_large++;
  pqq__stop_reading(stream, PQQ__H3_NO_ERROR);
  return 0;
}

static int on_data(nghttp3_conn *http, int64_t stream_id, const uint8_t *data, size_t len,
                   void *user_data, void *stream_data) {
  pqq__session *session = user_data;
  pqq__stream *stream = stream_data;

  (void)http;
  session->body_bytes += len;
  if (!stream || stream->is_in_stopped || !stream->is_reported) {
    pqq__conn_consume(session->conn, stream_id, len);
    return 0;
  }
  session->engine->endpoint.stats.body_bytes_received += len;
  if (stream->capsules) {
    return verdict(pqq__capsules_on_data(stream, data, len));
  }
  stream->content_bytes += len;
  if (session->is_server && stream->content_bytes > body_limit(stream)) {
    pqq__conn_consume(session->conn, stream_id, len);
    return verdict(end_content(stream));
  }
  pqq__watch_data(stream, len);
  stream->unconsumed_bytes += len;
  return append(stream, data, len) == 0 ? 0 : verdict(report_data(stream, data, len));
}

static int on_end(nghttp3_conn *http, int64_t stream_id, void *user_data, void *stream_data) {
  pqq__stream *stream = stream_data;
  pqq__event *event;

  (void)http;
  (void)stream_id;
  (void)user_data;
  if (!stream || !stream->is_reported || stream->is_in_ended || stream->is_in_stopped) {
    return 0;
  }
  /* RFC 9297 section 3.3: a message that is not complete. */
  if (stream->capsules && !pqq__capsules_are_whole(stream->capsules)) {
    pqq__reset(stream, PQQ__H3_MESSAGE_ERROR, PQQ_ERR_HTTP_PROTOCOL);
    return 0;
  }
  stream->is_in_ended = 1;
  event = pqq__events_at(&stream->engine->events, stream->last_event);
  if (!event || (event->type != PQQ_EVENT_DATA && event->type != PQQ_EVENT_REQUEST &&
                 event->type != PQQ_EVENT_RESPONSE)) {
    event = pqq__stream_event(stream, PQQ_EVENT_DATA);
  }
  if (!event) {
    return NGHTTP3_ERR_CALLBACK_FAILURE;
  }
  event->is_end = 1;
  return 0;
}

static int on_deferred_consume(nghttp3_conn *http, int64_t stream_id, size_t consumed,
                               void *user_data, void *stream_data) {
  pqq__session *session = user_data;

  (void)http;
  (void)stream_data;
  pqq__conn_consume(session->conn, stream_id, consumed);
  return 0;
}

static int on_stop_sending(nghttp3_conn *http, int64_t stream_id, uint64_t wire_code,
                           void *user_data, void *stream_data) {
  pqq__session *session = user_data;

  (void)http;
  (void)stream_data;
  pqq__conn_stop_stream(session->conn, stream_id, wire_code);
  return 0;
}

static int on_reset_stream(nghttp3_conn *http, int64_t stream_id, uint64_t wire_code,
                           void *user_data, void *stream_data) {
  pqq__session *session = user_data;

  (void)http;
  (void)stream_data;
  /* A request that came after the final GOAWAY. */
  pqq__conn_reset_stream(session->conn, stream_id, wire_code);
  return 0;
}

/* The server has not processed what begins at the id of its GOAWAY, and some
 * servers do not say so again on each stream (RFC 9114 section 5.2). */
static void give_up_from(pqq__session *session, int64_t id) {
  pqq__node *node = session->streams.next;

  while (node != &session->streams) {
    pqq__stream *stream = PQQ__OWNER(node, pqq__stream, node);

    node = node->next;
    if (stream->quic_id >= id) {
      pqq__reset(stream, PQQ__H3_REQUEST_CANCELLED, PQQ_ERR_STREAM_REFUSED);
    }
  }
}

static int on_shutdown(nghttp3_conn *http, int64_t id, void *user_data) {
  pqq__session *session = user_data;
  pqq__event *event;

  (void)http;
  if (session->is_server) {
    return 0;
  }
  give_up_from(session, id);
  if (session->is_going_away) {
    return 0;
  }
  session->is_going_away = 1;
  event = pqq__events_push(&session->engine->events);
  if (!event) {
    return NGHTTP3_ERR_CALLBACK_FAILURE;
  }
  event->type = PQQ_EVENT_GOING_AWAY;
  event->conn = session->conn_id;
  event->token = session->token;
  pqq__session_refuse_pending(session);
  return 0;
}

static int on_settings(nghttp3_conn *http, const nghttp3_proto_settings *settings,
                       void *user_data) {
  pqq__session *session = user_data;

  (void)http;
  session->has_settings = 1;
  session->peer_takes_connect = settings->enable_connect_protocol != 0;
  session->peer_takes_datagrams = settings->h3_datagram != 0;
  pqq__datagrams_on_settings(session);
  return 0;
}

static int on_body_acked(nghttp3_conn *http, int64_t stream_id, uint64_t bytes, void *user_data,
                         void *stream_data) {
  pqq__stream *stream = stream_data;

  (void)http;
  (void)stream_id;
  (void)user_data;
  if (stream) {
    pqq__body_acked(&stream->body, bytes);
  }
  return 0;
}

static void on_rand(uint8_t *data, size_t len) {
  pqq__tls_random(data, len);
}

void pqq__session_recv_callbacks(nghttp3_callbacks *callbacks) {
  callbacks->acked_stream_data = on_body_acked;
  callbacks->recv_data = on_data;
  callbacks->deferred_consume = on_deferred_consume;
  callbacks->begin_headers = on_begin_headers;
  callbacks->recv_header = on_header;
  callbacks->end_headers = on_headers_end;
  callbacks->begin_trailers = on_begin_headers;
  callbacks->recv_trailer = on_header;
  callbacks->end_trailers = on_trailers_end;
  callbacks->stop_sending = on_stop_sending;
  callbacks->reset_stream = on_reset_stream;
  callbacks->end_stream = on_end;
  callbacks->shutdown = on_shutdown;
  callbacks->recv_settings2 = on_settings;
  callbacks->rand = on_rand;
}
