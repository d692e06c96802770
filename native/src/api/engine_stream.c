/* SPDX-License-Identifier: MIT */
/* The exported engine calls that concern one connection or one stream. */
#include <pqq/engine.h>

#include <stddef.h>

#include "api/request.h"
#include "core/bytes.h"
#include "core/error.h"
#include "core/struct_size.h"
#include "http3/session.h"

/* HTTP/3 codes are QUIC varints (RFC 9000 section 16). */
#define MAX_VARINT ((UINT64_C(1) << 62) - 1)

static pqq__conn *find_conn(pqq_engine *engine, pqq_id id) {
  pqq__conn *conn = pqq__slots_find(&engine->endpoint.conns, id);

  return conn && pqq__conn_is_live(conn) ? conn : NULL;
}

/* A stream that can still be used, or NULL. */
static pqq__stream *find_open(pqq_engine *engine, pqq_id id) {
  pqq__stream *stream = pqq__stream_find(engine, id);

  return stream && stream->session && pqq__conn_is_live(stream->session->conn) ? stream : NULL;
}

static pqq_status check_connect(const pqq_engine *engine, const pqq_connect_options *options) {
  if (!options->server_name) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "server_name");
  }
  if ((options->remote.family != 4 && options->remote.family != 6) || options->remote.port == 0) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "remote: family %u, port %u", options->remote.family,
                          options->remote.port);
  }
  if (!pqq__tls_config_has_roots(engine->config->tls)) {
    return PQQ_ERR_NO_ROOTS;
  }
  if (!pqq__require_is_valid(options->require_key_exchange) ||
      !pqq__require_is_valid(options->require_authentication)) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG,
                          "require_key_exchange %d, require_authentication %d: "
                          "allowed 0 to 3",
                          options->require_key_exchange, options->require_authentication);
  }
  if (options->address_token.len > PQQ_MAX_ADDRESS_TOKEN_BYTES ||
      (options->address_token.len > 0 && !options->address_token.data)) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "address_token: %zu bytes, at most %d, and not NULL",
                          options->address_token.len, PQQ_MAX_ADDRESS_TOKEN_BYTES);
  }
  if (engine->endpoint.is_shut_down) {
    return PQQ_ERR_GOING_AWAY;
  }
  if (engine->endpoint.conns.used >= engine->config->values.max_connections) {
    return PQQ_ERR_TOO_MANY_CONNECTIONS;
  }
  return PQQ_OK;
}

pqq_status pqq_engine_connect(pqq_engine *engine, const pqq_connect_options *options,
                              pqq_time_ns now, pqq_id *result) {
  pqq_connect_options read = {0};
  pqq__session *session;
  pqq__conn *conn;
  pqq_status status;

  pqq__error_clear();
  if (!engine || !result) {
    return PQQ_ERR_NULL_ARG;
  }
  status = pqq__struct_read("pqq_connect_options", &read, sizeof read, options);
  if (status == PQQ_OK) {
    status = check_connect(engine, &read);
  }
  if (status != PQQ_OK) {
    return status;
  }
  session = pqq__session_new(engine, 0);
  if (!session) {
    return PQQ_ERR_NO_MEMORY;
  }
  pqq__endpoint_set_time(&engine->endpoint, now);
  status = pqq__conn_connect(&engine->endpoint, &read, session, &conn);
  if (status != PQQ_OK) {
    pqq__session_free(session);
    return status;
  }
  session->conn = conn;
  session->conn_id = conn->id;
  session->token = read.token;
  *result = conn->id;
  return PQQ_OK;
}

static pqq_status check_body(const pqq_body *body) {
  return body && body->data.len && !body->data.data ? PQQ_ERR_NULL_ARG : PQQ_OK;
}

/* The pseudo-header fields that a request begins with, by its kind: CONNECT names only whom to
 * connect to, unless it says in which protocol (RFC 9114 section 4.4, RFC 9220). */
static size_t pseudo_fields(const pqq_header *headers, size_t count, const char *const **names) {
  static const char *const plain[] = {":method", ":authority"};
  static const char *const usual[] = {":method", ":scheme", ":authority", ":path", ":protocol"};
  int is_connect = count > 0 && pqq__bytes_are(headers[0].value, "CONNECT", 7);

  if (is_connect && !pqq__section_find(headers, count, ":protocol").data) {
    *names = plain;
    return 2;
  }
  *names = usual;
  return is_connect ? 5 : 4;
}

static size_t body_bytes(const pqq_body *body) {
  return body ? body->data.len : 0;
}

/* RFC 9114 section 4.1.2: a message whose content is not what its content-length says is malformed.
 * `left`: what may still come before these `bytes`. */
static pqq_status check_length(int64_t left, size_t bytes, uint32_t flags) {
  if (left == PQQ__LENGTH_UNKNOWN || (uint64_t)left == bytes ||
      (left >= 0 && bytes < (uint64_t)left && !(flags & PQQ_WRITE_END))) {
    return PQQ_OK;
  }
  return pqq__error_set(PQQ_ERR_CONTENT_LENGTH, "%zu bytes%s where content-length leaves %lld",
                        bytes, flags & PQQ_WRITE_END ? " and the end" : "", (long long)left);
}

static pqq_status check_request(const pqq_header *headers, size_t count, const pqq_body *body,
                                uint32_t flags) {
  const char *const *names;
  size_t pseudo = pseudo_fields(headers, count, &names);
  uint64_t bytes;
  int has_length;
  pqq_status status;

  if (count < pseudo) {
    return pqq__error_set(PQQ_ERR_HEADER_INVALID, "this request has %zu pseudo-header fields",
                          pseudo);
  }
  for (size_t i = 0; i < pseudo; i++) {
    if (!pqq__bytes_equal(headers[i].name, names[i])) {
      return pqq__error_set(PQQ_ERR_HEADER_INVALID, "header field %zu must be %s", i, names[i]);
    }
  }
  has_length = pqq__section_length(headers, count, &bytes);
  if (has_length < 0) {
    return pqq__error_set(PQQ_ERR_HEADER_INVALID, "content-length: one number");
  }
  status = pqq__section_check(headers + pseudo, count - pseudo, 0);
  return status != PQQ_OK ? status
                          : check_length(has_length ? (int64_t)bytes : PQQ__LENGTH_UNKNOWN,
                                         body_bytes(body), flags);
}

static pqq_status check_rest(const pqq__stream *stream, size_t bytes, uint32_t flags) {
  return stream->is_out_stopped || stream->is_out_ended
             ? PQQ_OK
             : check_length(stream->left_bytes, bytes, flags);
}

static pqq_status check_response(const pqq__stream *stream, int32_t http_status,
                                 const pqq_header *headers, size_t count, const pqq_body *body,
                                 uint32_t flags) {
  uint64_t bytes;
  int has_length = pqq__section_length(headers, count, &bytes);

  if (has_length < 0 || (has_length && (http_status < 200 || http_status == 204))) {
    return pqq__error_set(PQQ_ERR_HEADER_INVALID,
                          "content-length: one number, and none with a status of %d",
                          has_length < 0 ? 204 : (int)http_status);
  }
  if (stream->is_out_stopped || !pqq__may_have_body(stream, http_status)) {
    return PQQ_OK;
  }
  return check_length(has_length ? (int64_t)bytes : PQQ__LENGTH_UNKNOWN, body_bytes(body), flags);
}

pqq_status pqq__request_check(const pqq_header *headers, size_t count, const pqq_body *body,
                              uint32_t flags) {
  pqq_status status = pqq__section_check(headers, count, 1);

  return status == PQQ_OK ? check_request(headers, count, body, flags) : status;
}

pqq_status pqq_engine_request(pqq_engine *engine, pqq_id conn_id, uint64_t token,
                              const pqq_header *headers, size_t header_count, const pqq_body *body,
                              uint32_t flags) {
  pqq__conn *conn;
  pqq_status status;

  pqq__error_clear();
  if (!engine || !headers || check_body(body) != PQQ_OK) {
    return PQQ_ERR_NULL_ARG;
  }
  conn = find_conn(engine, conn_id);
  if (!conn || conn->is_server) {
    return PQQ_ERR_NOT_FOUND;
  }
  status = pqq__request_check(headers, header_count, body, flags);
  if (status != PQQ_OK) {
    return status;
  }
  return pqq__request_new(conn->app, token, headers, header_count, body, flags);
}

pqq_status pqq_engine_respond(pqq_engine *engine, pqq_id id, int32_t http_status,
                              const pqq_header *headers, size_t header_count, const pqq_body *body,
                              uint32_t flags) {
  pqq__stream *stream;
  pqq_status status;

  pqq__error_clear();
  if (!engine || (header_count && !headers) || check_body(body) != PQQ_OK) {
    return PQQ_ERR_NULL_ARG;
  }
  if (http_status < 100 || http_status > 599) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "status %d, must be 100 to 599", (int)http_status);
  }
  stream = find_open(engine, id);
  if (!stream) {
    return PQQ_ERR_NOT_FOUND;
  }
  if (!stream->session->is_server) {
    return PQQ_ERR_STATE;
  }
  status = pqq__section_check(headers, header_count, 0);
  if (status == PQQ_OK) {
    status = check_response(stream, http_status, headers, header_count, body, flags);
  }
  return status == PQQ_OK ? pqq__respond(stream, http_status, headers, header_count, body, flags)
                          : status;
}

pqq_status pqq_engine_write(pqq_engine *engine, pqq_id id, const pqq_body *body, uint32_t flags) {
  pqq__stream *stream;
  pqq_status status;

  pqq__error_clear();
  if (!engine || !body || check_body(body) != PQQ_OK) {
    return PQQ_ERR_NULL_ARG;
  }
  stream = find_open(engine, id);
  if (!stream) {
    return PQQ_ERR_NOT_FOUND;
  }
  status = check_rest(stream, body->data.len, flags);
  return status == PQQ_OK ? pqq__write(stream, body, flags) : status;
}

pqq_status pqq_engine_trailers(pqq_engine *engine, pqq_id id, const pqq_header *headers,
                               size_t header_count) {
  pqq__stream *stream;
  pqq_status status;

  pqq__error_clear();
  if (!engine || (header_count && !headers)) {
    return PQQ_ERR_NULL_ARG;
  }
  stream = find_open(engine, id);
  if (!stream) {
    return PQQ_ERR_NOT_FOUND;
  }
  status = pqq__section_check(headers, header_count, 0);
  if (status == PQQ_OK) {
    status = check_rest(stream, 0, PQQ_WRITE_END);
  }
  return status == PQQ_OK ? pqq__trailers(stream, headers, header_count) : status;
}

pqq_status pqq_engine_consume(pqq_engine *engine, pqq_id id, uint64_t bytes) {
  pqq__stream *stream;
  pqq__conn *conn;

  pqq__error_clear();
  if (!engine) {
    return PQQ_ERR_NULL_ARG;
  }
  stream = pqq__stream_find(engine, id);
  conn = stream ? pqq__slots_find(&engine->endpoint.conns, stream->conn_id) : NULL;
  if (!conn) {
    return PQQ_ERR_NOT_FOUND;
  }
  /* What stop_reading has given back already is not owed any more. */
  if (stream->is_in_stopped) {
    return PQQ_OK;
  }
  if (bytes > stream->unconsumed_bytes) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "%llu bytes, only %llu are outstanding",
                          (unsigned long long)bytes, (unsigned long long)stream->unconsumed_bytes);
  }
  stream->unconsumed_bytes -= bytes;
  if (stream->unconsumed_bytes == 0 && bytes > 0) {
    pqq__watch_taken(stream);
  }
  pqq__conn_consume(conn, stream->session ? stream->quic_id : -1, bytes);
  return PQQ_OK;
}

/* A stream that QUIC has, or NULL. */
static pqq__stream *find_sent(pqq_engine *engine, pqq_id id) {
  pqq__stream *stream = find_open(engine, id);

  return stream && stream->quic_id >= 0 ? stream : NULL;
}

pqq_status pqq_engine_set_priority(pqq_engine *engine, pqq_id id, const pqq_priority *priority) {
  pqq__stream *stream;

  pqq__error_clear();
  if (!engine || !priority) {
    return PQQ_ERR_NULL_ARG;
  }
  if (priority->urgency > 7) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "urgency: %u, allowed 0 to 7", priority->urgency);
  }
  stream = find_sent(engine, id);
  return stream ? pqq__priority_set(stream, priority) : PQQ_ERR_NOT_FOUND;
}

pqq_status pqq_engine_send_datagram(pqq_engine *engine, pqq_id id, pqq_bytes payload) {
  pqq__stream *stream;
  size_t most;

  pqq__error_clear();
  if (!engine || (payload.len && !payload.data)) {
    return PQQ_ERR_NULL_ARG;
  }
  stream = find_sent(engine, id);
  if (!stream) {
    return PQQ_ERR_NOT_FOUND;
  }
  most = pqq__datagram_max_bytes(stream);
  if (most == 0) {
    return PQQ_ERR_DATAGRAM_UNSUPPORTED;
  }
  if (payload.len > most) {
    return pqq__error_set(PQQ_ERR_DATAGRAM_TOO_LARGE, "%zu bytes, at most %zu", payload.len, most);
  }
  return pqq__datagram_send(stream, payload);
}

pqq_status pqq_engine_max_datagram_bytes(pqq_engine *engine, pqq_id id, size_t *bytes) {
  const pqq__stream *stream;

  pqq__error_clear();
  if (!engine || !bytes) {
    return PQQ_ERR_NULL_ARG;
  }
  stream = find_sent(engine, id);
  if (!stream) {
    return PQQ_ERR_NOT_FOUND;
  }
  *bytes = pqq__datagram_max_bytes(stream);
  return PQQ_OK;
}

static pqq_status check_code(const pqq_engine *engine, uint64_t wire_code) {
  pqq__error_clear();
  if (!engine) {
    return PQQ_ERR_NULL_ARG;
  }
  if (wire_code > MAX_VARINT) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "wire_code: %llu, at most 2^62 - 1",
                          (unsigned long long)wire_code);
  }
  return PQQ_OK;
}

pqq_status pqq_engine_reset(pqq_engine *engine, pqq_id id, uint64_t wire_code) {
  pqq_status status = check_code(engine, wire_code);
  pqq__stream *stream;

  if (status != PQQ_OK) {
    return status;
  }
  stream = find_open(engine, id);
  if (!stream) {
    return PQQ_ERR_NOT_FOUND;
  }
  pqq__reset(stream, wire_code, PQQ_ERR_CANCELLED);
  return PQQ_OK;
}

static pqq_status stop_half(pqq_engine *engine, pqq_id id, uint64_t wire_code,
                            void (*stop)(pqq__stream *stream, uint64_t wire_code)) {
  pqq_status status = check_code(engine, wire_code);
  pqq__stream *stream;

  if (status != PQQ_OK) {
    return status;
  }
  stream = find_sent(engine, id);
  if (!stream) {
    return PQQ_ERR_NOT_FOUND;
  }
  stop(stream, wire_code);
  return PQQ_OK;
}

pqq_status pqq_engine_stop_reading(pqq_engine *engine, pqq_id id, uint64_t wire_code) {
  return stop_half(engine, id, wire_code, pqq__stop_reading);
}

pqq_status pqq_engine_stop_writing(pqq_engine *engine, pqq_id id, uint64_t wire_code) {
  return stop_half(engine, id, wire_code, pqq__stop_writing);
}

pqq_status pqq_engine_close(pqq_engine *engine, pqq_id conn_id, uint64_t wire_code) {
  pqq_status status = check_code(engine, wire_code);
  pqq__conn *conn;

  if (status != PQQ_OK) {
    return status;
  }
  conn = find_conn(engine, conn_id);
  if (!conn) {
    return PQQ_ERR_NOT_FOUND;
  }
  pqq__conn_close(conn, wire_code);
  return PQQ_OK;
}

pqq_status pqq_engine_abandon(pqq_engine *engine, uint64_t token) {
  pqq_status status = PQQ_ERR_NOT_FOUND;

  pqq__error_clear();
  if (!engine) {
    return PQQ_ERR_NULL_ARG;
  }
  for (uint32_t i = 0; i < engine->endpoint.conns.count; i++) {
    pqq__conn *conn = engine->endpoint.conns.slots[i].object;
    const pqq__session *session = conn ? conn->app : NULL;

    if (session && !conn->is_server && !session->is_connected && session->token == token) {
      pqq__conn_close(conn, PQQ__H3_NO_ERROR);
      status = PQQ_OK;
    }
  }
  return status;
}

pqq_status pqq_engine_update_keys(pqq_engine *engine, pqq_id conn_id, pqq_time_ns now) {
  pqq__conn *conn;

  pqq__error_clear();
  if (!engine) {
    return PQQ_ERR_NULL_ARG;
  }
  conn = find_conn(engine, conn_id);
  if (!conn) {
    return PQQ_ERR_NOT_FOUND;
  }
  pqq__endpoint_set_time(&engine->endpoint, now);
  return pqq__conn_update_keys(conn);
}

pqq_status pqq_engine_connection_info(pqq_engine *engine, pqq_id conn_id,
                                      pqq_connection_info *info) {
  pqq_connection_info now = {0};
  pqq__conn *conn;
  pqq_status status;

  pqq__error_clear();
  if (!engine || !info) {
    return PQQ_ERR_NULL_ARG;
  }
  conn = pqq__slots_find(&engine->endpoint.conns, conn_id);
  if (!conn) {
    return PQQ_ERR_NOT_FOUND;
  }
  status = pqq__conn_info(conn, &now);
  return status == PQQ_OK ? pqq__struct_write("pqq_connection_info", info, &now, sizeof now)
                          : status;
}

pqq_status pqq_engine_set_user_data(pqq_engine *engine, pqq_id id, void *user_data) {
  pqq__stream *stream;

  pqq__error_clear();
  if (!engine) {
    return PQQ_ERR_NULL_ARG;
  }
  stream = pqq__stream_find(engine, id);
  if (!stream) {
    return PQQ_ERR_NOT_FOUND;
  }
  stream->user_data = user_data;
  return PQQ_OK;
}

void *pqq_engine_user_data(pqq_engine *engine, pqq_id id) {
  pqq__stream *stream = engine ? pqq__stream_find(engine, id) : NULL;

  return stream ? stream->user_data : NULL;
}
