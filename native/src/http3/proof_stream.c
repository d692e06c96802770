/* SPDX-License-Identifier: MIT */
/* The peer's proof stream: found among its unidirectional streams, gathered,
 * judged; and what is held back until then. See proof_stream.h. */
#include "http3/proof_stream.h"

#include <stdlib.h>
#include <string.h>

#include "http3/session.h"
#include "tls/velocity.h"

/* First room for the peer's stream: a classical chain with its signature. */
#define FIRST_IN_BYTES 2048
#define FIRST_HELD_BYTES 2048

void pqq__proof_free(pqq__proof *proof) {
  if (proof) {
    free(proof->out);
    free(proof->in);
    free(proof);
  }
}

static int is_uni(int64_t stream_id) {
  return (stream_id & 2) != 0;
}

static int fail(pqq__session *session, pqq_status status, const char *reason) {
  pqq__tls_fail_proof(session->conn->tls, status, reason);
  pqq__conn_fail_proof(session->conn);
  return -1;
}

/* Makes room for `more` bytes behind `len`. 0, or -1 on lack of memory. */
static int reserve(uint8_t **data, size_t *capacity, size_t len, size_t more, size_t first) {
  size_t wanted = *capacity ? *capacity : first;
  uint8_t *grown;

  while (wanted < len + more) {
    wanted *= 2;
  }
  if (wanted == *capacity) {
    return 0;
  }
  grown = realloc(*data, wanted);
  if (!grown) {
    return -1;
  }
  *data = grown;
  *capacity = wanted;
  return 0;
}

/* --- What is held back ----------------------------------------------------- */

/* A request of a client that has not proven who it is, or that has not waited until we have. Not
 * consumed, so flow control bounds what can be here. */
static int hold(pqq__session *session, int64_t stream_id, const uint8_t *data, size_t len,
                int fin) {
  pqq__stream *stream = pqq__conn_stream_data(session->conn, stream_id);

  if (!stream || reserve(&stream->held, &stream->held_capacity, stream->held_len, len,
                         FIRST_HELD_BYTES) != 0) {
    return -1;
  }
  if (len) {
    memcpy(stream->held + stream->held_len, data, len);
  }
  stream->held_len += len;
  stream->is_held = 1;
  stream->is_held_fin = fin;
  return 1;
}

static int release_one(pqq__session *session, pqq__stream *stream, pqq_time_ns now) {
  uint8_t *held = stream->held;
  size_t len = stream->held_len;
  int result;

  stream->is_held = 0;
  stream->held = NULL;
  stream->held_len = 0;
  result = pqq__session_read(session, stream->quic_id, held, len, stream->is_held_fin, now);
  free(held);
  return result;
}

static int release_held(pqq__session *session, pqq_time_ns now) {
  pqq__node *node, *next;

  for (node = session->streams.next; node != &session->streams; node = next) {
    pqq__stream *stream = PQQ__OWNER(node, pqq__stream, node);

    next = node->next;
    if (stream->is_held && release_one(session, stream, now) != 0) {
      return -1;
    }
  }
  return 0;
}

/* All is proven: the connection is there, unless TLS is not done, which then says so. */
static int settle(pqq__session *session, pqq_time_ns now) {
  if (!pqq__proof_is_done(session) || !pqq__conn_is_tls_done(session->conn)) {
    return 0;
  }
  return pqq__session_established(session) == 0 ? release_held(session, now) : -1;
}

/* --- The peer's stream ----------------------------------------------------- */

static int take(pqq__session *session, pqq_time_ns now) {
  pqq__proof *proof = session->proof;
  uint8_t *answer = NULL;
  size_t answer_len = 0;
  pqq_status status =
      pqq__tls_take_proof(session->conn->tls, proof->in, proof->in_len, &answer, &answer_len);

  free(proof->in);
  proof->in = NULL;
  if (status < 0) {
    pqq__conn_fail_proof(session->conn);
    return -1;
  }
  proof->is_waiting = 0;
  pqq__session_set_timer(session, PQQ_TIME_NEVER);
  if ((answer || status == PQQ_AGAIN) &&
      pqq__proof_send(session, status, answer, answer_len) != 0) {
    return -1;
  }
  return settle(session, now);
}

int pqq__proof_signed(pqq__session *session, pqq_time_ns now) {
  uint8_t *data = NULL;
  size_t len = 0;
  pqq_status status = pqq__tls_prove_on(session->conn->tls, &data, &len);

  return pqq__proof_send(session, status, data, len) == 0 ? settle(session, now) : -1;
}

static int gather(pqq__session *session, const uint8_t *data, size_t len, int fin,
                  pqq_time_ns now) {
  pqq__proof *proof = session->proof;

  if (len > PQQ__MAX_PROOF_BYTES - proof->in_len) {
    return fail(session, PQQ_ERR_AUTHENTICATOR_MALFORMED, "the proof stream is longer than 64 KiB");
  }
  if (reserve(&proof->in, &proof->in_capacity, proof->in_len, len, FIRST_IN_BYTES) != 0) {
    return -1;
  }
  if (len) {
    memcpy(proof->in + proof->in_len, data, len);
  }
  proof->in_len += len;
  pqq__conn_consume(session->conn, proof->in_id, len);
  return fin && take(session, now) != 0 ? -1 : 1;
}

static int begin_gathering(pqq__session *session, int64_t stream_id) {
  pqq__proof *proof = session->proof;

  if (proof->in_id >= 0) {
    return fail(session, PQQ_ERR_AUTHENTICATOR_DUPLICATE, "the peer sent a second proof stream");
  }
  if (!proof->is_waiting) {
    return fail(session, PQQ_ERR_AUTHENTICATOR_MALFORMED, "the peer sent a proof unasked");
  }
  proof->in_id = stream_id;
  return 0;
}

static pqq__begun_stream *find_begun(pqq__proof *proof, int64_t stream_id) {
  for (size_t i = 0; i < proof->begun_count; i++) {
    if (proof->begun[i].id == stream_id) {
      return &proof->begun[i];
    }
  }
  return NULL;
}

static pqq__begun_stream *begin_stream(pqq__proof *proof, int64_t stream_id) {
  pqq__begun_stream *begun;

  if (proof->begun_count == PQQ__MAX_UNI_STREAMS) {
    return NULL;
  }
  begun = &proof->begun[proof->begun_count++];
  *begun = (pqq__begun_stream){.id = stream_id};
  return begun;
}

/* The type as it begins a stream. */
static const uint8_t proof_type[PQQ__STREAM_TYPE_BYTES] = {
    0xc0,
    0,
    0,
    0,
    PQQ__PROOF_STREAM >> 24,
    (PQQ__PROOF_STREAM >> 16) & 0xff,
    (PQQ__PROOF_STREAM >> 8) & 0xff,
    PQQ__PROOF_STREAM & 0xff,
};

/* Bytes of a stream whose type is not known yet. */
static int recv_begun(pqq__session *session, pqq__begun_stream *begun, const uint8_t *data,
                      size_t len, int fin, pqq_time_ns now) {
  size_t room = sizeof begun->data - begun->len;
  size_t step = len < room ? len : room;
  pqq__begun_stream known;

  memcpy(begun->data + begun->len, data, step);
  begun->len += step;
  known = *begun;
  if (memcmp(known.data, proof_type, known.len) != 0 || (fin && known.len < sizeof known.data)) {
    /* Another type: all of it goes to HTTP/3, now and later. */
    begun->len = SIZE_MAX;
    if (pqq__session_read(session, known.id, known.data, known.len, fin && step == len, now) != 0) {
      return -1;
    }
    return step < len &&
                   pqq__session_read(session, known.id, data + step, len - step, fin, now) != 0
               ? -1
               : 1;
  }
  if (known.len < sizeof known.data) {
    return 1;
  }
  if (begin_gathering(session, known.id) != 0 ||
      gather(session, known.data, known.len, fin && step == len, now) < 0) {
    return -1;
  }
  return step < len ? gather(session, data + step, len - step, fin, now) : 1;
}

int pqq__proof_recv(pqq__session *session, int64_t stream_id, const uint8_t *data, size_t len,
                    int fin, pqq_time_ns now) {
  pqq__proof *proof = session->proof;
  pqq__begun_stream *begun;

  if (!is_uni(stream_id)) {
    return session->is_server && !pqq__proof_is_done(session)
               ? hold(session, stream_id, data, len, fin)
               : 0;
  }
  if (stream_id == proof->in_id) {
    return gather(session, data, len, fin, now);
  }
  begun = find_begun(proof, stream_id);
  if (!begun) {
    begun = begin_stream(proof, stream_id);
  }
  if (!begun || begun->len == SIZE_MAX) {
    return 0;
  }
  return recv_begun(session, begun, data, len, fin, now);
}

int pqq__proof_on_reset(pqq__session *session, int64_t stream_id) {
  pqq__proof *proof = session->proof;

  if (stream_id == proof->in_id && proof->is_waiting) {
    return fail(session, PQQ_ERR_AUTHENTICATOR_MISSING, "the peer reset its proof stream");
  }
  return stream_id == proof->in_id;
}

int pqq__proof_on_closed(pqq__session *session, int64_t stream_id) {
  pqq__proof *proof = session->proof;
  pqq__begun_stream *begun = find_begun(proof, stream_id);

  if (begun) {
    *begun = proof->begun[--proof->begun_count];
  }
  return stream_id == proof->in_id || stream_id == proof->out_id;
}

void pqq__proof_on_timer(pqq__session *session) {
  pqq__proof *proof = session->proof;

  if (proof->is_signing) {
    (void)fail(session, PQQ_ERR_SIGNER_TIMEOUT,
               "our own proof was not signed within the handshake timeout");
  } else if (proof->in_len <= PQQ__STREAM_TYPE_BYTES) {
    (void)fail(session, PQQ_ERR_AUTHENTICATOR_MISSING,
               "the peer did not begin its proof within the handshake timeout");
  } else {
    (void)fail(session, PQQ_ERR_AUTHENTICATOR_LATE,
               "the peer did not end its proof within the handshake timeout");
  }
  pqq__conn_close_failed(session->conn);
}
