/* SPDX-License-Identifier: MIT */
/* The proof streams of velocity/1 (spec/hybrid-authentication.md): carries what
 * tls makes and judges, and holds everything back until the peer has proven what
 * it must: a client's requests, a server's handlers. A session on h3 has none. */
#ifndef PQQ__HTTP3_PROOF_STREAM_H
#define PQQ__HTTP3_PROOF_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include <pqq/types.h>

#include "core/limits.h"
#include "quic/app.h"

struct pqq__session;
struct pqq__stream;

/* Bytes of the longest stream type. */
#define PQQ__STREAM_TYPE_BYTES 8

/* A unidirectional stream of the peer: what came of it until its type is known. */
typedef struct pqq__begun_stream {
  int64_t id;
  size_t len;
  uint8_t data[PQQ__STREAM_TYPE_BYTES];
} pqq__begun_stream;

typedef struct pqq__proof {
  /* The peer still has something to prove; so have we, and a job has the signature. */
  int is_waiting;
  int is_signing;
  /* Ours, until it is acknowledged. */
  int64_t out_id;
  uint8_t *out;
  size_t out_len, out_sent, out_acked;
  int is_out_blocked;
  /* The peer's, until it is judged; in_id stays to know a second one. */
  int64_t in_id;
  uint8_t *in;
  size_t in_len, in_capacity;
  /* Streams of the peer that have begun; `len` is SIZE_MAX once the type is known
   * to be another one. */
  pqq__begun_stream begun[PQQ__MAX_UNI_STREAMS];
  size_t begun_count;
} pqq__proof;

void pqq__proof_free(pqq__proof *proof);

/* 1-RTT data can be sent: a server proves, a client begins to wait. 0 or -1. */
int pqq__proof_begin(struct pqq__session *session);

/* Sends what tls has made of our stream, with PQQ_OK `data`, which becomes the session's; with
 * PQQ_AGAIN it waits for a signature; else the connection fails. 0 or -1. */
int pqq__proof_send(struct pqq__session *session, pqq_status status, uint8_t *data, size_t len);
/* The signature is there, or will not come. 0 or -1. */
int pqq__proof_signed(struct pqq__session *session, pqq_time_ns now);

/* The TLS handshake is done. 1 if nobody has anything more to prove, else 0. */
int pqq__proof_is_done(const struct pqq__session *session);

/* Stream bytes. 1: taken; 0: for HTTP/3; -1: the connection ends. */
int pqq__proof_recv(struct pqq__session *session, int64_t stream_id, const uint8_t *data,
                    size_t len, int fin, pqq_time_ns now);
/* RESET_STREAM, and the end of a stream, as those. */
int pqq__proof_on_reset(struct pqq__session *session, int64_t stream_id);
int pqq__proof_on_closed(struct pqq__session *session, int64_t stream_id);

/* Our bytes: number of pieces, 0 if there is nothing to send. */
int pqq__proof_next_write(struct pqq__session *session, int64_t *stream_id, int *fin,
                          pqq__vec *vec);
/* 1 if `stream_id` is our proof stream, with what happened to it noted. */
int pqq__proof_on_written(struct pqq__session *session, int64_t stream_id, size_t bytes);
int pqq__proof_on_acked(struct pqq__session *session, int64_t stream_id, uint64_t bytes);
int pqq__proof_on_blocked(struct pqq__session *session, int64_t stream_id, int is_blocked);
int pqq__proof_on_shut(struct pqq__session *session, int64_t stream_id);

/* The deadline has passed: closes the connection if the proof is not there. */
void pqq__proof_on_timer(struct pqq__session *session);

#endif
