/* SPDX-License-Identifier: MIT */
/* Answers and body bytes that the application gives, handed to nghttp3. */
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "http3/session.h"

int pqq__may_have_body(const pqq__stream *stream, int32_t status) {
  return !stream->is_head && status != 204 && status != 205 && status != 304;
}

static void resume(pqq__stream *stream) {
  (void)nghttp3_conn_resume_stream(stream->session->http, stream->quic_id);
  pqq__conn_want_send(stream->session->conn);
}

/* RFC 9110 section 6.6.1: every final response of a server that has a clock. */
static int wants_date(const pqq__stream *stream, const pqq_header *headers, size_t count) {
  return stream->engine->unix_s != 0 && !stream->session->conn->config->values.disable_date &&
         !pqq__section_find(headers, count, "date").data;
}

static int submit(pqq__stream *stream, int32_t status, const pqq_header *headers, size_t count,
                  const nghttp3_data_reader *reader) {
  const uint8_t digits[] = {(uint8_t)('0' + status / 100), (uint8_t)('0' + status / 10 % 10),
                            (uint8_t)('0' + status % 10)};
  nghttp3_nv few[PQQ__FEW_FIELDS], *storage, *nv;
  pqq_header few_headers[PQQ__FEW_FIELDS];
  /* Behind :status, and before a date. */
  pqq_header *all = count + 2 <= PQQ__FEW_FIELDS ? few_headers : malloc((count + 2) * sizeof *all);
  int error = NGHTTP3_ERR_NOMEM;

  if (!all) {
    return error;
  }
  all[0] = (pqq_header){.name = {(const uint8_t *)":status", 7}, .value = {digits, sizeof digits}};
  if (count) {
    memcpy(all + 1, headers, count * sizeof *all);
  }
  count++;
  if (status >= 200 && wants_date(stream, headers, count - 1)) {
    all[count++] = (pqq_header){.name = {(const uint8_t *)"date", 4},
                                .value = {(const uint8_t *)stream->engine->date, PQQ__DATE_BYTES}};
  }
  nv = pqq__to_nv(all, count, few, &storage);
  if (nv && status < 200) {
    error = nghttp3_conn_submit_info(stream->session->http, stream->quic_id, nv, count);
  } else if (nv) {
    error = nghttp3_conn_submit_response(stream->session->http, stream->quic_id, nv, count, reader);
  }
  free(storage);
  if (all != few_headers) {
    free(all);
  }
  return error;
}

int64_t pqq__declared_bytes(const pqq_header *headers, size_t count) {
  uint64_t bytes;

  return pqq__section_length(headers, count, &bytes) > 0 ? (int64_t)bytes : PQQ__LENGTH_UNKNOWN;
}

void pqq__count_given(pqq__stream *stream, const pqq_body *body) {
  if (stream->left_bytes != PQQ__LENGTH_UNKNOWN && body) {
    stream->left_bytes -= (int64_t)body->data.len;
  }
}

/* Body bytes that nobody will send. */
static void drop_body(const pqq_body *body, uint32_t flags) {
  if (body && (flags & PQQ_WRITE_BORROW) && body->release) {
    body->release(body->user_data);
  }
}

static pqq_status interim(pqq__stream *stream, int32_t status, const pqq_header *headers,
                          size_t count, const pqq_body *body, uint32_t flags) {
  if (status == 101 || body || flags) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "an interim response has no body and is not 101");
  }
  if (stream->is_out_stopped) {
    return PQQ_OK;
  }
  if (submit(stream, status, headers, count, NULL) != 0) {
    return PQQ_ERR_NO_MEMORY;
  }
  if (status == 100) {
    pqq__watch_continue(stream);
  }
  pqq__conn_want_send(stream->session->conn);
  return PQQ_OK;
}

pqq_status pqq__respond(pqq__stream *stream, int32_t status, const pqq_header *headers,
                        size_t count, const pqq_body *body, uint32_t flags) {
  int is_end = (flags & PQQ_WRITE_END) != 0;
  int has_body = pqq__may_have_body(stream, status) && (!is_end || (body && body->data.len));

  if (stream->is_answered_here && stream->has_headers_out) {
    drop_body(body, flags);
    return PQQ_OK;
  }
  if (stream->has_headers_out) {
    return PQQ_ERR_STATE;
  }
  if (status < 200) {
    return interim(stream, status, headers, count, body, flags);
  }
  if (stream->is_out_stopped) {
    drop_body(body, flags);
    stream->has_headers_out = 1;
    return PQQ_OK;
  }
  if (has_body && body && pqq__body_add(&stream->body, body, flags) != 0) {
    return PQQ_ERR_NO_MEMORY;
  }
  if (submit(stream, status, headers, count, has_body ? &pqq__session_body_reader : NULL) != 0) {
    pqq__body_give_back(&stream->body);
    return PQQ_ERR_NO_MEMORY;
  }
  pqq__priority_of_response(stream, headers, count);
  if (!has_body) {
    drop_body(body, flags);
  } else if (body) {
    stream->engine->endpoint.stats.body_bytes_sent += body->data.len;
  }
  stream->has_headers_out = 1;
  if (stream->is_connect && status < 300) {
    pqq__capsules_note(stream, headers, count);
  }
  stream->is_out_ended = is_end;
  stream->left_bytes = has_body ? pqq__declared_bytes(headers, count) : PQQ__LENGTH_UNKNOWN;
  pqq__count_given(stream, body);
  /* Bytes that come later are dropped too. */
  stream->is_out_stopped |= !has_body;
  stream->wants_writable = has_body && (flags & PQQ_WRITE_NOTIFY) != 0;
  pqq__watch_response(stream);
  pqq__conn_want_send(stream->session->conn);
  return PQQ_OK;
}

pqq_status pqq__write(pqq__stream *stream, const pqq_body *body, uint32_t flags) {
  pqq__body *out = &stream->body;

  if (stream->is_out_stopped) {
    drop_body(body, flags);
    return PQQ_OK;
  }
  if (stream->is_out_ended || (!stream->has_headers_out && stream->quic_id >= 0)) {
    return PQQ_ERR_STATE;
  }
  if (out->unsent_bytes + body->data.len > PQQ__WRITE_MAX_BYTES && out->unsent_bytes > 0) {
    return PQQ_ERR_LIMIT;
  }
  if (pqq__body_add(out, body, flags) != 0) {
    return PQQ_ERR_NO_MEMORY;
  }
  stream->engine->endpoint.stats.body_bytes_sent += body->data.len;
  pqq__count_given(stream, body);
  stream->is_out_ended = (flags & PQQ_WRITE_END) != 0;
  stream->wants_writable |= (flags & PQQ_WRITE_NOTIFY) || out->unsent_bytes > PQQ__WRITE_HIGH_BYTES;
  /* The body is taken, so this is no failure any more: without memory for the
   * event it comes when QUIC takes the bytes. */
  if (stream->wants_writable && out->unsent_bytes <= PQQ__WRITE_LOW_BYTES &&
      pqq__stream_event(stream, PQQ_EVENT_WRITABLE)) {
    stream->wants_writable = 0;
  }
  if (stream->quic_id >= 0) {
    pqq__watch_response(stream);
    resume(stream);
  }
  return out->unsent_bytes > PQQ__WRITE_HIGH_BYTES ? PQQ_AGAIN : PQQ_OK;
}

pqq_status pqq__trailers(pqq__stream *stream, const pqq_header *headers, size_t count) {
  if (stream->is_out_stopped) {
    return PQQ_OK;
  }
  if (stream->is_out_ended || (!stream->has_headers_out && stream->quic_id >= 0)) {
    return PQQ_ERR_STATE;
  }
  stream->trailers = pqq__section_copy(headers, count);
  if (!stream->trailers) {
    return PQQ_ERR_NO_MEMORY;
  }
  stream->is_out_ended = 1;
  if (stream->quic_id >= 0) {
    resume(stream);
  }
  return PQQ_OK;
}

void pqq__stop_reading(pqq__stream *stream, uint64_t wire_code) {
  pqq__session *session = stream->session;

  if (stream->is_in_stopped || stream->is_in_ended) {
    return;
  }
  stream->is_in_stopped = 1;
  if (stream->unconsumed_bytes) {
    pqq__conn_consume(session->conn, stream->quic_id, stream->unconsumed_bytes);
    stream->unconsumed_bytes = 0;
  }
  pqq__conn_stop_stream(session->conn, stream->quic_id, wire_code);
}

void pqq__stop_writing(pqq__stream *stream, uint64_t wire_code) {
  if (stream->is_out_stopped) {
    return;
  }
  stream->is_out_stopped = 1;
  stream->is_out_given_up = 1;
  nghttp3_conn_shutdown_stream_write(stream->session->http, stream->quic_id);
  pqq__conn_reset_stream(stream->session->conn, stream->quic_id, wire_code);
}

void pqq__reset(pqq__stream *stream, uint64_t wire_code, pqq_status status) {
  pqq__session *session = stream->session;

  if (stream->local_status == PQQ_OK) {
    stream->local_status = status;
  }
  if (stream->quic_id < 0) {
    pqq__stream_close(stream, stream->local_status, wire_code);
    return;
  }
  session->engine->endpoint.stats.requests_reset++;
  stream->is_out_stopped = 1;
  stream->is_in_stopped = 1;
  nghttp3_conn_shutdown_stream_write(session->http, stream->quic_id);
  pqq__conn_abort_stream(session->conn, stream->quic_id, wire_code);
}
