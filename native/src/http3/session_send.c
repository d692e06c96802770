/* SPDX-License-Identifier: MIT */
/* Stream bytes out: nghttp3 schedules the streams and frames the body chunks;
 * conn_send.c puts them into packets. */
#include <stdlib.h>

#include "http3/session.h"

static nghttp3_ssize read_body(nghttp3_conn *http, int64_t stream_id, nghttp3_vec *vec,
                               size_t count, uint32_t *flags, void *user_data, void *stream_data) {
  pqq__stream *stream = stream_data;
  /* pqq__vec has the layout of nghttp3_vec but for const. */
  size_t read = pqq__body_read(&stream->body, (pqq__vec *)(void *)vec, count);

  (void)user_data;
  if (stream->body.unread || !stream->is_out_ended) {
    return read ? (nghttp3_ssize)read : NGHTTP3_ERR_WOULDBLOCK;
  }
  *flags |= NGHTTP3_DATA_FLAG_EOF;
  if (stream->trailers) {
    nghttp3_nv few[PQQ__FEW_FIELDS], *storage;
    nghttp3_nv *nv = pqq__to_nv(stream->trailers->headers, stream->trailers->count, few, &storage);
    int error = nv ? nghttp3_conn_submit_trailers(http, stream_id, nv, stream->trailers->count)
                   : NGHTTP3_ERR_NOMEM;

    free(storage);
    if (error != 0) {
      return NGHTTP3_ERR_CALLBACK_FAILURE;
    }
    *flags |= NGHTTP3_DATA_FLAG_NO_END_STREAM;
  }
  return (nghttp3_ssize)read;
}

const nghttp3_data_reader pqq__session_body_reader = {.read_data = read_body};

int pqq__session_next_write(void *app, int64_t *stream_id, int *fin, pqq__vec *vec, size_t count) {
  pqq__session *session = app;
  nghttp3_ssize pieces;

  *stream_id = -1;
  *fin = 0;
  if (!session->http) {
    return 0;
  }
  if (session->proof && pqq__proof_next_write(session, stream_id, fin, vec)) {
    return 1;
  }
  pieces =
      nghttp3_conn_writev_stream(session->http, stream_id, fin, (nghttp3_vec *)(void *)vec, count);
  return pieces < 0 ? pqq__session_fail(session, (int)pieces) : (int)pieces;
}

/* Tells a waiting writer that there is room again. */
static int note_written(pqq__stream *stream, size_t bytes) {
  pqq__body *body = &stream->body;

  /* `bytes` has the frame headers in it, so this can run a little ahead. */
  stream->watch.sent_bytes += bytes;
  body->unsent_bytes = bytes < body->unsent_bytes ? body->unsent_bytes - bytes : 0;
  if (!stream->wants_writable || body->unsent_bytes > PQQ__WRITE_LOW_BYTES) {
    return 0;
  }
  stream->wants_writable = 0;
  return pqq__stream_event(stream, PQQ_EVENT_WRITABLE) ? 0 : -1;
}

int pqq__session_on_written(void *app, int64_t stream_id, size_t bytes) {
  pqq__session *session = app;
  pqq__stream *stream;
  int error;

  if (pqq__proof_on_written(session, stream_id, bytes)) {
    return 0;
  }
  stream = nghttp3_conn_get_stream_user_data(session->http, stream_id);
  error = nghttp3_conn_add_write_offset(session->http, stream_id, bytes);
  if (error != 0) {
    return pqq__session_fail(session, error);
  }
  return stream ? note_written(stream, bytes) : 0;
}

void pqq__session_on_write_blocked(void *app, int64_t stream_id) {
  pqq__session *session = app;

  if (!pqq__proof_on_blocked(session, stream_id, 1)) {
    nghttp3_conn_block_stream(session->http, stream_id);
  }
}

void pqq__session_on_write_shut(void *app, int64_t stream_id) {
  pqq__session *session = app;

  if (!pqq__proof_on_shut(session, stream_id)) {
    nghttp3_conn_shutdown_stream_write(session->http, stream_id);
  }
}

int pqq__session_on_acked(void *app, int64_t stream_id, uint64_t bytes) {
  pqq__session *session = app;
  int error;

  session->watch.acked_bytes += bytes;
  error = pqq__proof_on_acked(session, stream_id, bytes)
              ? 0
              : nghttp3_conn_add_ack_offset(session->http, stream_id, bytes);

  return error == 0 ? 0 : pqq__session_fail(session, error);
}
