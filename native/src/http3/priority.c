/* SPDX-License-Identifier: MIT */
/* Extensible priorities (RFC 9218). nghttp3 reads the priority field and PRIORITY_UPDATE frames and
 * schedules by them; here is what a caller adds. */
#include <stdio.h>

#include "core/error.h"
#include "http3/session.h"

/* Section 8: what the response's own priority field says goes before what the client has said; a
 * parameter that it leaves out stays the client's. */
void pqq__priority_of_response(pqq__stream *stream, const pqq_header *headers, size_t count) {
  pqq_bytes value = pqq__section_find(headers, count, "priority");
  nghttp3_conn *http = stream->session->http;
  nghttp3_pri priority;

  if (!value.data || nghttp3_conn_get_stream_priority2(http, &priority, stream->quic_id) != 0 ||
      nghttp3_pri_parse_priority(&priority, value.data, value.len) != 0) {
    return;
  }
  (void)nghttp3_conn_set_server_stream_priority(http, stream->quic_id, &priority);
}

pqq_status pqq__priority_set(pqq__stream *stream, const pqq_priority *priority) {
  pqq__session *session = stream->session;
  nghttp3_pri to = {.urgency = priority->urgency, .inc = priority->is_incremental != 0};
  char text[16];
  int error;

  if (session->is_server) {
    error = nghttp3_conn_set_server_stream_priority(session->http, stream->quic_id, &to);
  } else {
    int len = snprintf(text, sizeof text, "u=%u%s", to.urgency % 8, to.inc ? ", i" : "");

    error = nghttp3_conn_set_client_stream_priority(session->http, stream->quic_id,
                                                    (const uint8_t *)text, (size_t)len);
  }
  if (error != 0) {
    return error == NGHTTP3_ERR_NOMEM ? PQQ_ERR_NO_MEMORY : PQQ_ERR_NOT_FOUND;
  }
  pqq__conn_want_send(session->conn);
  return PQQ_OK;
}
