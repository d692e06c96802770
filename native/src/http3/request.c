/* SPDX-License-Identifier: MIT */
/* A client's requests: they wait for the handshake and for the peer's stream
 * limit (RFC 9000 section 4.6), then open. */
#include <stdlib.h>
#include <string.h>

#include "http3/session.h"

nghttp3_nv *pqq__to_nv(const pqq_header *headers, size_t count, nghttp3_nv few[PQQ__FEW_FIELDS],
                       nghttp3_nv **storage) {
  nghttp3_nv *nv = few;

  *storage = NULL;
  if (count > PQQ__FEW_FIELDS) {
    nv = *storage = malloc(count * sizeof *nv);
    if (!nv) {
      return NULL;
    }
  }
  for (size_t i = 0; i < count; i++) {
    nv[i] = (nghttp3_nv){
        .name = (uint8_t *)(uintptr_t)headers[i].name.data,
        .value = (uint8_t *)(uintptr_t)headers[i].value.data,
        .namelen = headers[i].name.len,
        .valuelen = headers[i].value.len,
        .flags = headers[i].flags & PQQ_HEADER_NEVER_INDEX ? NGHTTP3_NV_FLAG_NEVER_INDEX
                                                           : NGHTTP3_NV_FLAG_NONE,
    };
  }
  return nv;
}

static int is_head(const pqq_header *headers, size_t count) {
  return count > 0 && headers[0].name.len == 7 && memcmp(headers[0].name.data, ":method", 7) == 0 &&
         headers[0].value.len == 4 && memcmp(headers[0].value.data, "HEAD", 4) == 0;
}

pqq_status pqq__request_new(pqq__session *session, uint64_t token, const pqq_header *headers,
                            size_t count, const pqq_body *body, uint32_t flags) {
  pqq__stream *stream;

  if (session->is_going_away || session->is_shutting_down) {
    return PQQ_ERR_GOING_AWAY;
  }
  if (session->pending_count >= PQQ__MAX_PENDING_REQUESTS) {
    return PQQ_ERR_TOO_MANY_REQUESTS;
  }
  stream = pqq__stream_new(session, -1);
  if (!stream) {
    return PQQ_ERR_NO_MEMORY;
  }
  stream->token = token;
  stream->is_head = is_head(headers, count);
  stream->has_protocol = pqq__section_find(headers, count, ":protocol").data != NULL;
  pqq__capsules_note(stream, headers, count);
  stream->is_out_ended = (flags & PQQ_WRITE_END) != 0;
  stream->left_bytes = pqq__declared_bytes(headers, count);
  pqq__count_given(stream, body);
  stream->wants_writable = (flags & PQQ_WRITE_NOTIFY) != 0;
  stream->request = pqq__section_copy(headers, count);
  if (!stream->request || (body && pqq__body_add(&stream->body, body, flags) != 0)) {
    pqq__stream_free(stream);
    return PQQ_ERR_NO_MEMORY;
  }
  if (body) {
    session->engine->endpoint.stats.body_bytes_sent += body->data.len;
  }
  if (pqq__requests_open(session) == 0) {
    pqq__conn_want_send(session->conn);
  } else {
    /* Closing reports the request. */
    pqq__conn_close_failed(session->conn);
  }
  return PQQ_OK;
}

static int submit(pqq__session *session, pqq__stream *stream) {
  nghttp3_nv few[PQQ__FEW_FIELDS], *storage;
  nghttp3_nv *nv = pqq__to_nv(stream->request->headers, stream->request->count, few, &storage);
  int has_body = stream->body.first || !stream->is_out_ended || stream->trailers;
  int error = NGHTTP3_ERR_NOMEM;

  if (nv) {
    error = nghttp3_conn_submit_request(session->http, stream->quic_id, nv, stream->request->count,
                                        has_body ? &pqq__session_body_reader : NULL, stream);
  }
  free(storage);
  return error;
}

static int open_one(pqq__session *session, pqq__stream *stream) {
  pqq__event *event;

  if (pqq__conn_open_bidi(session->conn, &stream->quic_id) != 0) {
    return -1;
  }
  pqq__list_remove(&stream->node);
  session->pending_count--;
  pqq__list_append(&session->streams, &stream->node);
  session->stream_count++;
  pqq__conn_set_stream_data(session->conn, stream->quic_id, stream);
  session->engine->endpoint.stats.requests++;
  if (submit(session, stream) != 0) {
    return -1;
  }
  free(stream->request);
  stream->request = NULL;
  stream->has_headers_out = 1;
  event = pqq__stream_event(stream, PQQ_EVENT_OPENED);
  stream->is_reported = event != NULL;
  return event ? 0 : -1;
}

/* RFC 9220: :protocol may go only to a server that has said that it takes it. */
static int may_open(const pqq__session *session, const pqq__stream *stream) {
  return !stream->has_protocol || (session->has_settings && session->peer_takes_connect);
}

int pqq__requests_open(pqq__session *session) {
  pqq__node *node, *next;

  for (node = session->pending.next;
       session->is_connected && session->http && node != &session->pending &&
       pqq__conn_bidi_left(session->conn) > 0;
       node = next) {
    pqq__stream *stream = PQQ__OWNER(node, pqq__stream, node);

    next = node->next;
    if (may_open(session, stream)) {
      if (open_one(session, stream) != 0) {
        return -1;
      }
    } else if (session->has_settings) {
      pqq__stream_close(stream, PQQ_ERR_CONNECT_UNSUPPORTED, PQQ__H3_NO_ERROR);
    }
  }
  return 0;
}
