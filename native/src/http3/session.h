/* SPDX-License-Identifier: MIT */
/* HTTP/3 on one connection, and one request stream of it. Split by direction:
 * session_recv.c, session_send.c, request.c, shutdown.c. */
#ifndef PQQ__HTTP3_SESSION_H
#define PQQ__HTTP3_SESSION_H

#include <nghttp3/nghttp3.h>

#include "http3/body.h"
#include "http3/capsule.h"
#include "http3/datagram.h"
#include "http3/engine.h"
#include "http3/proof_stream.h"
#include "http3/watch.h"
#include "quic/conn.h"

/* HTTP/3 error codes (RFC 9114 section 8.1). */
#define PQQ__H3_NO_ERROR 0x100u
#define PQQ__H3_STREAM_CREATION_ERROR 0x103u
#define PQQ__H3_EXCESSIVE_LOAD 0x107u
#define PQQ__H3_ID_ERROR 0x108u
#define PQQ__H3_REQUEST_REJECTED 0x10bu
#define PQQ__H3_REQUEST_CANCELLED 0x10cu
#define PQQ__H3_MESSAGE_ERROR 0x10eu
/* RFC 9297 section 5.2. */
#define PQQ__H3_DATAGRAM_ERROR 0x33u

typedef struct pqq__session {
  pqq_engine *engine;
  pqq__conn *conn;
  pqq_id conn_id;
  nghttp3_conn *http;
  int is_server;
  int is_connected;
  /* The peer sent GOAWAY. */
  int is_going_away;
  /* pqq_engine_shutdown: notice sent, then the final GOAWAY. */
  int is_shutting_down, is_notice_timed, is_final_goaway_sent, is_drained;
  /* pqq__session_set_timer. */
  pqq_time_ns timer_at;
  pqq__session_watch watch;
  uint64_t token;
  /* velocity/1 only. */
  pqq__proof *proof;
  /* The peer's SETTINGS: have they come, and what it takes (RFC 9220, RFC 9297). */
  int has_settings, peer_takes_connect, peer_takes_datagrams;
  /* Of a server: requests that were begun, and those of them that the client has reset. */
  uint64_t request_count, reset_count;
  /* Of a server: no stream from this one on has begun. */
  int64_t next_request_id;
  pqq__datagram_queue datagrams_out, datagrams_early;
  /* In events that were not taken. */
  size_t datagram_in_bytes;
  /* Of the stream bytes that nghttp3 is reading right now, those that were body. */
  size_t body_bytes;
  /* Streams that have a QUIC stream, and requests that wait for one. */
  pqq__node streams, pending;
  size_t stream_count, pending_count;
} pqq__session;

typedef struct pqq__stream {
  pqq__node node;
  pqq_engine *engine;
  /* NULL once the QUIC stream is gone; the object then waits for its last event
   * to be taken. */
  pqq__session *session;
  pqq_id id, conn_id;
  /* -1 while the request waits for a stream. */
  int64_t quic_id;
  uint64_t token;
  void *user_data;

  /* Receiving. */
  pqq__fields fields;
  uint64_t unconsumed_bytes;
  /* Of a server: content that has come. */
  uint64_t content_bytes;
  pqq__stream_watch watch;
  /* Number of this stream's last event, for gathering body bytes. */
  uint64_t last_event;
  int http_status;
  unsigned interim_count;
  unsigned datagrams_in;
  int is_reported;
  int is_in_ended;
  int is_in_stopped;

  /* Bytes of a request whose client has not proven who it is. */
  uint8_t *held;
  size_t held_len, held_capacity;
  int is_held, is_held_fin;

  /* Sending. */
  pqq__section *request;
  pqq__section *trailers;
  pqq__body body;
  int is_head;
  /* Status to refuse the request with once its header section has come; 0: none. */
  int32_t refusal;
  /* CONNECT (RFC 9110 section 9.3.6), and with :protocol (RFC 9220). */
  int is_connect, has_protocol;
  /* capsule-protocol: ?1 of the peer's section, and of ours (RFC 9297 section 3.4). */
  int peer_has_capsules, has_capsules;
  /* NULL: the bytes that come are not capsules. */
  pqq__capsule_reader *capsules;
  /* For an authority that this connection cannot answer for. */
  int is_misdirected;
  int has_headers_out;
  /* By libpqq itself: what the application still says is dropped. */
  int is_answered_here;
  int is_out_ended;
  int is_out_stopped;
  /* By the peer (STOP_SENDING); by ourselves, with pqq_engine_stop_writing. */
  int is_out_refused, is_out_given_up;
  /* Body bytes that our content-length says are still to come; may be below zero for what a caller
   * that is not checked (the engine itself) gives. */
  int64_t left_bytes;
  int wants_writable;

  /* Set when we ended it ourselves. */
  pqq_status local_status;
} pqq__stream;

extern const pqq__app pqq__session_app;

/* session.c */
pqq__session *pqq__session_new(pqq_engine *engine, int is_server);
void pqq__session_free(pqq__session *session);
/* The handshake is done and the peer has proven all it must: PQQ_EVENT_CONNECTED,
 * and a client's requests go. 0 or -1. */
int pqq__session_established(pqq__session *session);
/* Closes the connection for an nghttp3 error; always -1. */
int pqq__session_fail(pqq__session *session, int error);

/* stream.c */
pqq__stream *pqq__stream_new(pqq__session *session, int64_t quic_id);
/* Reports the end and detaches the stream from its session; it is freed when
 * that event is taken, or now if the stream was never reported. */
void pqq__stream_close(pqq__stream *stream, pqq_status status, uint64_t wire_code);
/* Frees a stream whose last event was taken; its room goes back to the peer. */
void pqq__stream_free(pqq__stream *stream);
pqq__stream *pqq__stream_find(pqq_engine *engine, pqq_id id);
/* Appends an event of this stream. NULL on lack of memory. */
pqq__event *pqq__stream_event(pqq__stream *stream, int32_t type);

/* session_recv.c, session_send.c: callbacks of nghttp3 and of the connection. */
void pqq__session_recv_callbacks(nghttp3_callbacks *callbacks);
int pqq__session_on_stream_data(void *app, int64_t stream_id, const uint8_t *data, size_t len,
                                int fin, pqq_time_ns now);
/* Stream bytes for nghttp3. 0 or -1. */
int pqq__session_read(pqq__session *session, int64_t stream_id, const uint8_t *data, size_t len,
                      int fin, pqq_time_ns now);
int pqq__session_next_write(void *app, int64_t *stream_id, int *fin, pqq__vec *vec, size_t count);
int pqq__session_on_written(void *app, int64_t stream_id, size_t bytes);
void pqq__session_on_write_blocked(void *app, int64_t stream_id);
void pqq__session_on_write_shut(void *app, int64_t stream_id);
int pqq__session_on_acked(void *app, int64_t stream_id, uint64_t bytes);
extern const nghttp3_data_reader pqq__session_body_reader;

/* request.c, response.c, write.c: what the api calls, arguments checked. */
pqq_status pqq__request_new(pqq__session *session, uint64_t token, const pqq_header *headers,
                            size_t count, const pqq_body *body, uint32_t flags);
/* Opens waiting requests as far as the peer allows. 0 or -1. */
int pqq__requests_open(pqq__session *session);
pqq_status pqq__respond(pqq__stream *stream, int32_t status, const pqq_header *headers,
                        size_t count, const pqq_body *body, uint32_t flags);
pqq_status pqq__write(pqq__stream *stream, const pqq_body *body, uint32_t flags);
pqq_status pqq__trailers(pqq__stream *stream, const pqq_header *headers, size_t count);
void pqq__reset(pqq__stream *stream, uint64_t wire_code, pqq_status status);
void pqq__stop_reading(pqq__stream *stream, uint64_t wire_code);

/* session_recv.c: answers a request here, and stops to read it. */
void pqq__refuse_request(pqq__stream *stream, int32_t status, uint64_t wire_code);

/* 0: a response with this status has no content (RFC 9110 section 6.4.1). */
int pqq__may_have_body(const pqq__stream *stream, int32_t status);
/* priority.c */
void pqq__priority_of_response(pqq__stream *stream, const pqq_header *headers, size_t count);
pqq_status pqq__priority_set(pqq__stream *stream, const pqq_priority *priority);

/* RESET_STREAM for our half alone. */
void pqq__stop_writing(pqq__stream *stream, uint64_t wire_code);

/* pqq__stream.left_bytes of a section with no or a wrong content-length. */
#define PQQ__LENGTH_UNKNOWN INT64_MIN
int64_t pqq__declared_bytes(const pqq_header *headers, size_t count);
/* Takes what is handed over from what content-length leaves. */
void pqq__count_given(pqq__stream *stream, const pqq_body *body);

/* An nghttp3 view of `headers`, in `*storage` (free it) if more than fit. */
#define PQQ__FEW_FIELDS 48
nghttp3_nv *pqq__to_nv(const pqq_header *headers, size_t count, nghttp3_nv few[PQQ__FEW_FIELDS],
                       nghttp3_nv **storage);

/* shutdown.c */
/* The peer takes no more: requests that wait for a stream fail. */
void pqq__session_refuse_pending(pqq__session *session);
void pqq__session_shutdown(pqq__session *session);
void pqq__session_on_own_timer(pqq__session *session);
/* Closes a connection that is shutting down and has nothing left. */
void pqq__session_close_if_drained(pqq__session *session);

#endif
