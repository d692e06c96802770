/* SPDX-License-Identifier: MIT */
/* What a connection asks of the protocol on top of it (HTTP/3). All calls are
 * on the owner thread. Functions that return int answer 0, or -1 after they
 * have called pqq__conn_fail_application with the reason. */
#ifndef PQQ__QUIC_APP_H
#define PQQ__QUIC_APP_H

#include <pqq/events.h>

struct pqq__conn;

/* A gather list of at most this many pieces per packet. */
#define PQQ__MAX_VEC 16

typedef struct pqq__vec {
  const uint8_t *data;
  size_t len;
} pqq__vec;

typedef struct pqq__app {
  /* A server's connection has begun: returns its app object, NULL on lack of memory. A
   * client's object is given to pqq__conn_connect. */
  void *(*on_accept)(void *user_data, struct pqq__conn *conn);
  /* 1-RTT data can be sent: open the streams that the protocol begins with. */
  int (*on_writable)(void *app);
  int (*on_handshake_done)(void *app);
  /* The job of a proof is done, well or not. Not inside a callback of ngtcp2. */
  int (*on_proof_signed)(void *app, pqq_time_ns now);
  int (*on_stream_open)(void *app, int64_t stream_id);
  int (*on_stream_data)(void *app, int64_t stream_id, const uint8_t *data, size_t len, int fin,
                        pqq_time_ns now);
  int (*on_stream_acked)(void *app, int64_t stream_id, uint64_t bytes);
  /* `stream` is what pqq__conn_set_stream_data was given, else NULL. Codes are
   * -1 where that direction ended cleanly. */
  int (*on_stream_closed)(void *app, int64_t stream_id, void *stream, int64_t rx_code,
                          int64_t tx_code);
  int (*on_stream_reset)(void *app, int64_t stream_id, void *stream, uint64_t wire_code);
  int (*on_stream_stopped)(void *app, int64_t stream_id, void *stream, uint64_t wire_code);
  int (*on_stream_credit)(void *app, int64_t stream_id);
  int (*on_streams_credit)(void *app);
  /* A client's: an address validation token has come. */
  int (*on_new_token)(void *app, const uint8_t *token, size_t len);
  int (*on_remote_streams)(void *app, uint64_t max_streams);
  /* The next bytes to send: number of pieces, or -1; *stream_id is -1 if there
   * is nothing. */
  int (*next_write)(void *app, int64_t *stream_id, int *fin, pqq__vec *vec, size_t count);
  int (*on_written)(void *app, int64_t stream_id, size_t bytes);
  void (*on_write_blocked)(void *app, int64_t stream_id);
  void (*on_write_shut)(void *app, int64_t stream_id);
  /* The payload of a DATAGRAM frame (RFC 9221). */
  int (*on_datagram)(void *app, const uint8_t *data, size_t len);
  /* The next payload to send: 1, or 0 if there is none; on_datagram_done takes it off. */
  int (*next_datagram)(void *app, pqq__vec *vec);
  void (*on_datagram_done)(void *app, int is_sent);
  /* The timer of pqq__conn_set_app_timer. */
  void (*on_timer)(void *app);
  /* The connection is over: report it. 1 if the report waits to be taken (see
   * pqq__conn_close_taken), else 0. The app object stays until on_free. */
  int (*on_closed)(void *app, const pqq_close_info *info);
  void (*on_free)(void *app);
} pqq__app;

#endif
