/* SPDX-License-Identifier: MIT */
#include "http3/watch.h"

#include "core/units.h"
#include "http3/session.h"

/* --- The timer -------------------------------------------------------------------------------- */

static void set_timer(pqq__session *session) {
  pqq_time_ns at = session->timer_at;

  pqq__conn_set_app_timer(session->conn, session->watch.at < at ? session->watch.at : at);
}

void pqq__session_set_timer(pqq__session *session, pqq_time_ns at) {
  session->timer_at = at;
  set_timer(session);
}

/* Looks at `at` at the latest. What comes later than the next look is found there. */
static void look_at(pqq__session *session, pqq_time_ns at) {
  if (at < session->watch.at) {
    session->watch.at = at;
    set_timer(session);
  }
}

static pqq_time_ns later(pqq_time_ns from, uint32_t ms) {
  return ms == PQQ_TIMEOUT_NONE ? PQQ_TIME_NEVER : from + ms * PQQ__NS_PER_MS;
}

static const pqq_config_options *values_of(const pqq__stream *stream) {
  return &stream->session->conn->config->values;
}

static pqq_time_ns now_of(const pqq__stream *stream) {
  return stream->engine->endpoint.now;
}

/* --- What moves the deadlines ----------------------------------------------------------------- */

static pqq_time_ns request_due(const pqq__stream *stream) {
  return later(stream->watch.began, values_of(stream)->request_timeout_ms);
}

void pqq__watch_begin(pqq__stream *stream) {
  stream->watch.began = now_of(stream);
  stream->watch.due = later(stream->watch.began, values_of(stream)->headers_timeout_ms);
  look_at(stream->session, pqq__earlier(stream->watch.due, request_due(stream)));
}

void pqq__watch_content(pqq__stream *stream) {
  stream->watch.due = later(now_of(stream), values_of(stream)->body_timeout_ms);
  look_at(stream->session, stream->watch.due);
}

void pqq__watch_continue(pqq__stream *stream) {
  stream->watch.awaits_continue = 0;
  pqq__watch_content(stream);
}

static uint64_t bought_ns(const pqq__stream *stream, uint64_t bytes) {
  return bytes * PQQ__NS_PER_S / values_of(stream)->min_rate_bytes_per_s;
}

static void extend(pqq__stream *stream, uint64_t by_ns) {
  pqq_time_ns most = later(now_of(stream), values_of(stream)->body_timeout_ms);

  if (most != PQQ_TIME_NEVER) {
    stream->watch.due = pqq__earlier(stream->watch.due + by_ns, most);
  }
}

/* Each byte buys the time that the lowest rate gives it, and none buys more than the timeout: so
 * one deadline catches a client that pauses and one that sends a byte now and then. */
void pqq__watch_data(pqq__stream *stream, size_t bytes) {
  if (!stream->session->is_server) {
    return;
  }
  stream->watch.awaits_continue = 0;
  extend(stream, bought_ns(stream, bytes));
  if (stream->unconsumed_bytes == 0) {
    stream->watch.held_since = now_of(stream);
  }
}

/* Until now the client may have been out of flow control credit. */
void pqq__watch_taken(pqq__stream *stream) {
  if (stream->session && stream->session->is_server) {
    extend(stream, now_of(stream) - stream->watch.held_since);
  }
}

/* Between looks at responses: an eighth of their timeout, so that it is kept to within a quarter.
 */
static pqq_time_ns response_look(const pqq__session *session, pqq_time_ns now) {
  pqq_time_ns timeout = later(0, session->conn->config->values.send_timeout_ms);

  return timeout == PQQ_TIME_NEVER ? timeout : now + timeout / PQQ__RESPONSE_LOOKS;
}

void pqq__watch_response(pqq__stream *stream) {
  if (!stream->session->is_server) {
    return;
  }
  look_at(stream->session, response_look(stream->session, now_of(stream)));
}

/* --- Requests --------------------------------------------------------------------------------- */

/* It was never shown. Where nothing of it has come to HTTP/3, no answer can go. */
static void end_unseen(pqq__stream *stream) {
  pqq__refuse_request(stream, 408, PQQ__H3_NO_ERROR);
  if (!stream->has_headers_out) {
    pqq__reset(stream, PQQ__H3_REQUEST_REJECTED, PQQ_ERR_REQUEST_TIMEOUT);
  }
}

/* 408 (RFC 9110 section 15.5.9) where nothing has been answered yet, and STOP_SENDING without an
 * error, so that the client reads it (RFC 9114 section 4.1). A response that is under way may
 * depend on what does not come: it is given up (section 4.1.1). */
static void end_shown(pqq__stream *stream) {
  pqq__event *event = pqq__stream_event(stream, PQQ_EVENT_RESET);

  if (event) {
    event->status = PQQ_ERR_REQUEST_TIMEOUT;
    event->wire_code = PQQ__H3_REQUEST_CANCELLED;
  }
  if (stream->has_headers_out && !stream->is_out_ended && !stream->is_out_stopped) {
    pqq__reset(stream, PQQ__H3_REQUEST_CANCELLED, PQQ_ERR_REQUEST_TIMEOUT);
  } else if (stream->has_headers_out) {
    pqq__stop_reading(stream, PQQ__H3_NO_ERROR);
  } else {
    pqq__refuse_request(stream, 408, PQQ__H3_NO_ERROR);
  }
}

static int is_tunnel(const pqq__stream *stream) {
  return stream->is_reported && stream->is_connect;
}

/* Not the client's fault: it waits for us, or so much of other streams was not taken that the
 * connection's window is used up. */
static int waits_for_us(const pqq__stream *stream, uint64_t unconsumed_bytes) {
  return stream->is_reported && (stream->watch.awaits_continue ||
                                 unconsumed_bytes >= values_of(stream)->connection_window_bytes);
}

/* With the time in which the application has not taken what is there. */
static pqq_time_ns phase_due(const pqq__stream *stream) {
  uint64_t held_ns = stream->unconsumed_bytes > 0 ? now_of(stream) - stream->watch.held_since : 0;

  return stream->watch.due == PQQ_TIME_NEVER ? PQQ_TIME_NEVER : stream->watch.due + held_ns;
}

/* When to look at this request again. */
static pqq_time_ns look_at_request(pqq__stream *stream, uint64_t unconsumed_bytes) {
  pqq_time_ns now = now_of(stream), due;

  if (stream->is_in_ended || stream->is_in_stopped || is_tunnel(stream)) {
    return PQQ_TIME_NEVER;
  }
  if (waits_for_us(stream, unconsumed_bytes)) {
    stream->watch.due = later(now, values_of(stream)->body_timeout_ms);
  }
  due = pqq__earlier(phase_due(stream), request_due(stream));
  if (due > now) {
    return due;
  }
  stream->engine->endpoint.stats.requests_timed_out++;
  if (stream->is_reported) {
    end_shown(stream);
  } else {
    end_unseen(stream);
  }
  return PQQ_TIME_NEVER;
}

/* --- Responses -------------------------------------------------------------------------------- */

/* A response that may not be out yet: what is whole and sent waits for nothing but
 * acknowledgements, unless its stream has no room for the rest. */
static int may_have_to_send(const pqq__stream *stream) {
  return stream->has_headers_out && stream->local_status == PQQ_OK && !stream->is_connect &&
         !stream->is_out_refused && !stream->is_out_given_up &&
         (stream->body.unsent_bytes > 0 || stream->is_out_ended);
}

/* Time in which there was something to send and the peer let less pass than the lowest rate: what
 * has passed since the last look, less what the bytes have bought. */
static uint64_t stalled(uint64_t before_ns, uint64_t elapsed_ns, uint64_t bought) {
  uint64_t sum = before_ns + elapsed_ns;

  if (before_ns == 0) {
    return 1;
  }
  return sum > bought + 1 ? sum - bought : 1;
}

/* 1 if there are bytes that its stream has room for. */
static int look_at_response(pqq__stream *stream, uint64_t elapsed_ns) {
  pqq__stream_watch *watch = &stream->watch;
  uint64_t sent = watch->sent_bytes - watch->seen_bytes;

  watch->seen_bytes = watch->sent_bytes;
  if (!may_have_to_send(stream)) {
    watch->stalled_ns = 0;
    return 0;
  }
  if (pqq__conn_stream_room(stream->session->conn, stream->quic_id) > 0) {
    watch->stalled_ns = 0;
    return stream->body.unsent_bytes > 0;
  }
  watch->stalled_ns = stalled(watch->stalled_ns, elapsed_ns, bought_ns(stream, sent));
  if (watch->stalled_ns >= later(0, values_of(stream)->send_timeout_ms)) {
    stream->engine->endpoint.stats.responses_stalled++;
    pqq__reset(stream, PQQ__H3_REQUEST_CANCELLED, PQQ_ERR_REQUEST_TIMEOUT);
  }
  return 0;
}

/* Of streams that have room nothing is acknowledged any more: the client gives the connection no
 * room, or keeps its acknowledgements to itself. */
static void look_at_connection(pqq__session *session, int is_waiting, uint64_t elapsed_ns) {
  const pqq_config_options *values = &session->conn->config->values;
  pqq__session_watch *watch = &session->watch;
  uint64_t acked = watch->acked_bytes - watch->seen_bytes;

  watch->seen_bytes = watch->acked_bytes;
  watch->stalled_ns = is_waiting ? stalled(watch->stalled_ns, elapsed_ns,
                                           acked * PQQ__NS_PER_S / values->min_rate_bytes_per_s)
                                 : 0;
  if (watch->stalled_ns >= later(0, values->send_timeout_ms)) {
    session->engine->endpoint.stats.responses_stalled++;
    pqq__conn_close(session->conn, PQQ__H3_EXCESSIVE_LOAD);
  }
}

static void look(pqq__session *session, pqq_time_ns now) {
  uint64_t unconsumed_bytes = 0, elapsed_ns = now - session->watch.looked_at;
  pqq_time_ns next = PQQ_TIME_NEVER;
  int is_waiting = 0, is_stalled = 0;
  pqq__node *node;

  for (node = session->streams.next; node != &session->streams; node = node->next) {
    unconsumed_bytes += PQQ__OWNER(node, pqq__stream, node)->unconsumed_bytes;
  }
  for (node = session->streams.next; node != &session->streams; node = node->next) {
    pqq__stream *stream = PQQ__OWNER(node, pqq__stream, node);

    next = pqq__earlier(next, look_at_request(stream, unconsumed_bytes));
    is_waiting |= look_at_response(stream, elapsed_ns);
    is_stalled |= stream->watch.stalled_ns > 0;
  }
  session->watch.looked_at = now;
  if (is_waiting || is_stalled) {
    next = pqq__earlier(next, response_look(session, now));
  }
  session->watch.at = next;
  look_at_connection(session, is_waiting, elapsed_ns);
}

void pqq__session_on_timer(void *app) {
  pqq__session *session = app;
  pqq_time_ns now = session->engine->endpoint.now;

  if (session->watch.at <= now) {
    session->watch.at = PQQ_TIME_NEVER;
    look(session, now);
  }
  if (session->timer_at <= now && pqq__conn_is_live(session->conn)) {
    session->timer_at = PQQ_TIME_NEVER;
    pqq__session_on_own_timer(session);
  }
  set_timer(session);
}
