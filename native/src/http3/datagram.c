/* SPDX-License-Identifier: MIT */
/* HTTP datagrams in and out; see datagram.h. */
#include "http3/datagram.h"

#include <stdlib.h>
#include <string.h>

#include "http3/session.h"

/* RFC 9297 section 2.1: a quarter stream id above is H3_DATAGRAM_ERROR. */
#define MAX_QUARTER_ID ((UINT64_C(1) << 60) - 1)
/* Longest varint (RFC 9000 section 16). */
#define VARINT_BYTES 8

static void push(pqq__datagram_queue *queue, pqq__datagram *datagram) {
  datagram->next = NULL;
  if (queue->last) {
    queue->last->next = datagram;
  } else {
    queue->first = datagram;
  }
  queue->last = datagram;
  queue->count++;
}

static void pop(pqq__datagram_queue *queue) {
  pqq__datagram *first = queue->first;

  queue->first = first->next;
  if (!queue->first) {
    queue->last = NULL;
  }
  queue->count--;
  free(first);
}

void pqq__datagram_queue_deinit(pqq__datagram_queue *queue) {
  while (queue->first) {
    pop(queue);
  }
}

static void count_dropped(pqq__session *session, size_t count) {
  session->engine->endpoint.stats.http_datagrams_dropped += count;
}

/* --- Out ------------------------------------------------------------------------------------- */

/* In a DATAGRAM frame. */
static size_t frame_max_bytes(const pqq__stream *stream) {
  const pqq__session *session = stream->session;
  size_t prefix, most;

  if (!session || stream->quic_id < 0 || !session->conn->config->values.enable_datagrams ||
      (session->has_settings && !session->peer_takes_datagrams)) {
    return 0;
  }
  prefix = nghttp3_put_uvarintlen((uint64_t)stream->quic_id / 4);
  most = pqq__conn_max_datagram_bytes(session->conn);
  return most > prefix ? most - prefix : 0;
}

/* Both ends have said so, and the response that opens the tunnel is there. */
static int can_send_capsules(const pqq__stream *stream) {
  return stream->capsules && stream->has_capsules && stream->has_headers_out;
}

size_t pqq__datagram_max_bytes(const pqq__stream *stream) {
  return can_send_capsules(stream) ? PQQ__MAX_CAPSULE_BYTES : frame_max_bytes(stream);
}

static pqq__datagram *datagram_new(int64_t stream_id, const uint8_t *data, size_t len,
                                   size_t prefix) {
  pqq__datagram *datagram = malloc(sizeof *datagram + prefix + len);

  if (datagram) {
    datagram->stream_id = stream_id;
    datagram->len = prefix + len;
    if (len) {
      memcpy(datagram->bytes + prefix, data, len);
    }
  }
  return datagram;
}

/* As reliable as its stream, but no more eager to wait: a full send buffer drops it. */
static pqq_status send_capsule(pqq__stream *stream, pqq_bytes payload) {
  pqq__session *session = stream->session;
  uint8_t *capsule;
  pqq_body body;
  pqq_status status;
  size_t head_len;

  if (stream->is_out_ended || stream->is_out_stopped ||
      stream->body.unsent_bytes > PQQ__WRITE_HIGH_BYTES) {
    count_dropped(session, 1);
    return PQQ_DROPPED;
  }
  capsule = malloc(PQQ__CAPSULE_HEAD_BYTES + payload.len);
  if (!capsule) {
    return PQQ_ERR_NO_MEMORY;
  }
  head_len = pqq__capsule_datagram_head(capsule, payload.len);
  if (payload.len) {
    memcpy(capsule + head_len, payload.data, payload.len);
  }
  body =
      (pqq_body){.data = {capsule, head_len + payload.len}, .release = free, .user_data = capsule};
  status = pqq__write(stream, &body, PQQ_WRITE_BORROW);
  if (status < 0) {
    free(capsule);
    return status;
  }
  session->engine->endpoint.stats.capsules_sent++;
  session->engine->endpoint.stats.http_datagrams_sent++;
  return PQQ_OK;
}

static pqq_status send_frame(pqq__stream *stream, pqq_bytes payload) {
  pqq__session *session = stream->session;
  uint64_t quarter = (uint64_t)stream->quic_id / 4;
  size_t prefix = nghttp3_put_uvarintlen(quarter);
  pqq__datagram *datagram;

  if (session->datagrams_out.count >= PQQ__MAX_DATAGRAMS_OUT) {
    count_dropped(session, 1);
    return PQQ_DROPPED;
  }
  datagram = datagram_new(stream->quic_id, payload.data, payload.len, prefix);
  if (!datagram) {
    return PQQ_ERR_NO_MEMORY;
  }
  (void)nghttp3_put_uvarint(datagram->bytes, quarter);
  push(&session->datagrams_out, datagram);
  pqq__conn_want_send(session->conn);
  return PQQ_OK;
}

/* A frame where it fits one: capsules are sent again when they are lost, and wait for each other.
 */
pqq_status pqq__datagram_send(pqq__stream *stream, pqq_bytes payload) {
  size_t most = frame_max_bytes(stream);

  return most > 0 && payload.len <= most ? send_frame(stream, payload)
                                         : send_capsule(stream, payload);
}

void pqq__capsules_note(pqq__stream *stream, const pqq_header *headers, size_t count) {
  stream->has_capsules =
      stream->has_protocol &&
      pqq__capsule_protocol_is_true(pqq__section_find(headers, count, "capsule-protocol"));
  if (!stream->has_capsules) {
    pqq__capsules_end(stream);
  }
}

void pqq__capsules_end(pqq__stream *stream) {
  if (stream->capsules) {
    pqq__capsule_reader_deinit(stream->capsules);
    free(stream->capsules);
    stream->capsules = NULL;
  }
}

/* RFC 9297 section 2.1.1: not before both ends have said in their SETTINGS that they want them. */
int pqq__session_next_datagram(void *app, pqq__vec *vec) {
  pqq__session *session = app;

  while (session->has_settings && session->datagrams_out.first) {
    const pqq__datagram *first = session->datagrams_out.first;

    if (first->len <= pqq__conn_max_datagram_bytes(session->conn)) {
      *vec = (pqq__vec){first->bytes, first->len};
      return 1;
    }
    /* The path has become smaller. */
    pqq__session_on_datagram_done(session, 0);
  }
  return 0;
}

void pqq__session_on_datagram_done(void *app, int is_sent) {
  pqq__session *session = app;

  session->engine->endpoint.stats.http_datagrams_sent += (uint64_t)is_sent;
  count_dropped(session, !is_sent);
  pop(&session->datagrams_out);
}

void pqq__datagrams_on_settings(pqq__session *session) {
  if (!session->peer_takes_datagrams) {
    count_dropped(session, session->datagrams_out.count);
    pqq__datagram_queue_deinit(&session->datagrams_out);
  }
}

/* --- In -------------------------------------------------------------------------------------- */

/* What is waiting in events is what the reader has not taken. */
static int has_room(const pqq__stream *stream, size_t len) {
  return stream->datagrams_in < PQQ__MAX_DATAGRAMS_IN &&
         stream->session->datagram_in_bytes + len <= PQQ__MAX_DATAGRAM_IN_BYTES;
}

static int report(pqq__stream *stream, const uint8_t *data, size_t len) {
  pqq__session *session = stream->session;
  pqq__event *event;
  uint8_t *copy;

  if (stream->is_in_ended || stream->is_in_stopped || !has_room(stream, len)) {
    count_dropped(session, 1);
    return 0;
  }
  copy = malloc(len + 1);
  event = copy ? pqq__stream_event(stream, PQQ_EVENT_DATAGRAM) : NULL;
  if (!event) {
    free(copy);
    return -1;
  }
  if (len) {
    memcpy(copy, data, len);
  }
  event->data = copy;
  event->data_len = len;
  stream->datagrams_in++;
  session->datagram_in_bytes += len;
  session->engine->endpoint.stats.http_datagrams_received++;
  return 0;
}

int pqq__capsules_begin(pqq__stream *stream) {
  const pqq__session *session = stream->session;
  int is_open = session->is_server ? stream->is_connect
                                   : stream->has_capsules && stream->http_status >= 200 &&
                                         stream->http_status < 300;

  if (!stream->peer_has_capsules || !stream->has_protocol || !is_open || stream->capsules ||
      !session->conn->config->values.enable_datagrams) {
    return 0;
  }
  stream->capsules = calloc(1, sizeof *stream->capsules);
  return stream->capsules ? 0 : -1;
}

static int on_capsule(void *user_data, const uint8_t *value, size_t len) {
  pqq__stream *stream = user_data;

  stream->session->engine->endpoint.stats.capsules_received++;
  return report(stream, value, len);
}

static int on_capsule_skipped(void *user_data, uint64_t type, uint64_t len) {
  const pqq__stream *stream = user_data;

  (void)type;
  (void)len;
  stream->session->engine->endpoint.stats.capsules_skipped++;
  return 0;
}

/* Nothing of it counts against flow control: what nobody takes is dropped, as anywhere else. */
int pqq__capsules_on_data(pqq__stream *stream, const uint8_t *data, size_t len) {
  const pqq__capsule_sink sink = {on_capsule, on_capsule_skipped, stream};

  pqq__conn_consume(stream->session->conn, stream->quic_id, len);
  return pqq__capsules_read(stream->capsules, data, len, PQQ__MAX_CAPSULE_BYTES, &sink);
}

/* Its request may still come: the network reorders. */
static int keep_early(pqq__session *session, int64_t stream_id, const uint8_t *data, size_t len) {
  pqq__datagram *datagram;

  if (session->datagrams_early.count >= PQQ__MAX_DATAGRAMS_EARLY) {
    count_dropped(session, 1);
    return 0;
  }
  datagram = datagram_new(stream_id, data, len, 0);
  if (!datagram) {
    return -1;
  }
  push(&session->datagrams_early, datagram);
  return 0;
}

int pqq__datagrams_report_early(pqq__stream *stream) {
  pqq__session *session = stream->session;
  pqq__datagram_queue rest = {0};
  int result = 0;

  while (session->datagrams_early.first) {
    pqq__datagram *first = session->datagrams_early.first;

    session->datagrams_early.first = first->next;
    if (first->stream_id != stream->quic_id) {
      push(&rest, first);
      continue;
    }
    result |= report(stream, first->bytes, first->len);
    free(first);
  }
  session->datagrams_early = rest;
  return result;
}

static int fail(pqq__session *session, uint64_t wire_code, const char *reason) {
  pqq__conn_fail_application(session->conn, wire_code, reason);
  return -1;
}

int pqq__session_on_datagram(void *app, const uint8_t *data, size_t len) {
  pqq__session *session = app;
  size_t prefix = len ? nghttp3_get_uvarintlen(data) : VARINT_BYTES;
  pqq__stream *stream;
  int64_t stream_id;
  uint64_t quarter;

  if (prefix > len) {
    return fail(session, PQQ__H3_DATAGRAM_ERROR, "a datagram without a stream");
  }
  (void)nghttp3_get_uvarint(&quarter, data);
  if (quarter > MAX_QUARTER_ID) {
    return fail(session, PQQ__H3_DATAGRAM_ERROR, "a datagram of a stream that cannot be");
  }
  stream_id = (int64_t)(quarter * 4);
  if (quarter >= pqq__conn_request_limit(session->conn)) {
    return fail(session, PQQ__H3_ID_ERROR, "a datagram of a stream that may not be opened yet");
  }
  stream = pqq__conn_stream_data(session->conn, stream_id);
  data += prefix;
  len -= prefix;
  if (stream && stream->is_reported) {
    return report(stream, data, len);
  }
  if (session->is_server && (stream || stream_id >= session->next_request_id)) {
    return keep_early(session, stream_id, data, len);
  }
  /* Of a stream that is gone. */
  count_dropped(session, 1);
  return 0;
}

void pqq__datagram_taken(pqq_engine *engine, const pqq__event *event) {
  const pqq__conn *conn = pqq__slots_find(&engine->endpoint.conns, event->conn);
  pqq__stream *stream = pqq__stream_find(engine, event->stream);

  if (conn && conn->app) {
    ((pqq__session *)conn->app)->datagram_in_bytes -= event->data_len;
  }
  if (stream) {
    stream->datagrams_in--;
  }
}
