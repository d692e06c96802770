/* SPDX-License-Identifier: MIT */
/* Life of a request stream. Its object outlives the QUIC stream until the
 * reader has taken its last event: that is what gives the peer room for the
 * next one. */
#include <stdlib.h>

#include "http3/session.h"

pqq__stream *pqq__stream_new(pqq__session *session, int64_t quic_id) {
  pqq__stream *stream = calloc(1, sizeof *stream);

  if (!stream) {
    return NULL;
  }
  stream->engine = session->engine;
  stream->session = session;
  stream->conn_id = session->conn_id;
  stream->quic_id = quic_id;
  stream->last_event = PQQ__NO_EVENT;
  stream->left_bytes = PQQ__LENGTH_UNKNOWN;
  stream->id = pqq__slots_add(&session->engine->streams, stream);
  if (!stream->id) {
    free(stream);
    return NULL;
  }
  if (quic_id >= 0) {
    pqq__list_append(&session->streams, &stream->node);
    session->stream_count++;
  } else {
    pqq__list_append(&session->pending, &stream->node);
    session->pending_count++;
  }
  return stream;
}

pqq__event *pqq__stream_event(pqq__stream *stream, int32_t type) {
  pqq__events *events = &stream->engine->events;
  pqq__event *event = pqq__events_push(events);

  if (event) {
    event->type = type;
    event->stream = stream->id;
    event->conn = stream->conn_id;
    event->token = stream->token;
    stream->last_event = events->tail - 1;
  }
  return event;
}

static void detach(pqq__stream *stream) {
  pqq__session *session = stream->session;

  pqq__list_remove(&stream->node);
  if (stream->quic_id >= 0) {
    session->stream_count--;
  } else {
    session->pending_count--;
  }
}

void pqq__stream_close(pqq__stream *stream, pqq_status status, uint64_t wire_code) {
  pqq__event *event = NULL;

  if (stream->is_reported) {
    event = pqq__stream_event(stream, PQQ_EVENT_STREAM_CLOSED);
  } else if (stream->quic_id < 0) {
    event = pqq__stream_event(stream, PQQ_EVENT_OPEN_FAILED);
  }
  detach(stream);
  stream->session = NULL;
  pqq__body_deinit(&stream->body);
  if (event) {
    event->status = status;
    event->wire_code = wire_code;
  } else {
    pqq__stream_free(stream);
  }
}

/* What a stream gives back to its connection when it is gone for good. */
static void give_back(pqq__stream *stream) {
  pqq__conn *conn = pqq__slots_find(&stream->engine->endpoint.conns, stream->conn_id);

  if (!conn || stream->quic_id < 0) {
    return;
  }
  if (stream->unconsumed_bytes || stream->held) {
    pqq__conn_consume(conn, -1, stream->unconsumed_bytes + stream->held_len);
  }
  if (conn->is_server) {
    pqq__conn_allow_request(conn);
  }
}

void pqq__stream_free(pqq__stream *stream) {
  if (stream->session) {
    detach(stream);
  } else {
    give_back(stream);
  }
  pqq__fields_deinit(&stream->fields);
  pqq__body_deinit(&stream->body);
  pqq__capsules_end(stream);
  free(stream->request);
  free(stream->trailers);
  free(stream->held);
  pqq__slots_remove(&stream->engine->streams, stream->id);
  free(stream);
}

pqq__stream *pqq__stream_find(pqq_engine *engine, pqq_id id) {
  return pqq__slots_find(&engine->streams, id);
}
