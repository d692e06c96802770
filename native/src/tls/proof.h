/* SPDX-License-Identifier: MIT */
/* What goes on the proof streams of velocity/1 (spec/hybrid-authentication.md):
 * frames with authenticators and with requests for them. The calls of other
 * folders are in tls.h; this is what sessions keep of it. */
#ifndef PQQ__TLS_PROOF_H
#define PQQ__TLS_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "tls/exported_authenticator.h"
#include "tls/tls.h"

/* One for each half. */
#define PQQ__MAX_PROOF_REQUESTS 2
/* CertificateRequest with a context and two lists' worth of schemes. */
#define PQQ__PROOF_REQUEST_BYTES 96

typedef enum pqq__proof_kind {
  PQQ__PROOF_PQ = 1,
  PQQ__PROOF_CLASSICAL = 2,
  PQQ__PROOF_EITHER = PQQ__PROOF_PQ | PQQ__PROOF_CLASSICAL
} pqq__proof_kind;

/* An authenticator request as it was sent (RFC 9261 section 4). */
typedef struct pqq__proof_request {
  pqq__proof_kind kind;
  uint8_t context[PQQ__AUTHENTICATOR_CONTEXT_BYTES];
  uint8_t message[PQQ__PROOF_REQUEST_BYTES];
  size_t len;
} pqq__proof_request;

/* What a server has asked its client for, until that has answered. */
typedef struct pqq__proof_requests {
  size_t count;
  pqq__proof_request request[PQQ__MAX_PROOF_REQUESTS];
} pqq__proof_requests;

/* A stream of ours that is being made: one part after the other, each with a signature that may
 * have to be waited for. */
typedef struct pqq__proof_part {
  /* NULL: the empty authenticator. */
  const struct pqq__identity *identity;
  /* The request that is answered, a copy; NULL for a server's own proof. */
  uint8_t *request;
  size_t request_len;
  /* In the request, or in the draft. */
  pqq_bytes context;
} pqq__proof_part;

typedef struct pqq__proof_draft {
  pqq__authenticator_keys keys;
  pqq__proof_part parts[PQQ__MAX_PROOF_REQUESTS];
  size_t count, done;
  uint8_t context[PQQ__AUTHENTICATOR_CONTEXT_BYTES];
  /* The stream so far, and the authenticator that waits for its signature. */
  CBB out, one;
  int is_waiting;
} pqq__proof_draft;

/* The frames of a stream, read (proof_frames.c). */
typedef struct pqq__proof_frames {
  pqq_bytes authenticators[PQQ__MAX_PROOF_REQUESTS];
  size_t authenticator_count;
  pqq_bytes requests[PQQ__MAX_PROOF_REQUESTS];
  size_t request_count;
} pqq__proof_frames;

/* PQQ_OK, or PQQ_ERR_AUTHENTICATOR_MISSING, _MALFORMED or _DUPLICATE with a
 * sentence. `wanted` authenticators, then up to `max_requests` requests. */
pqq_status pqq__proof_frames_read(const uint8_t *data, size_t len, size_t wanted,
                                  size_t max_requests, pqq__proof_frames *frames,
                                  const char **reason);

/* The type that begins a stream, and a frame around `payload`. */
int pqq__proof_stream_begin(CBB *out);
int pqq__proof_frame_write(CBB *out, uint8_t type, pqq_bytes payload);

/* proof_draft.c: an empty draft of what this side sends, with the type of its stream; NULL on lack
 * of memory. NULL is ignored by _free. */
pqq__proof_draft *pqq__proof_draft_new(pqq__tls_session *session);
void pqq__proof_draft_free(pqq__proof_draft *draft);
/* Adds a part; room for it is the caller's to know. `request` is copied, empty: a server's own.
 * 1, or 0 on lack of memory. */
int pqq__proof_draft_add(pqq__proof_draft *draft, pqq_bytes request,
                         const struct pqq__identity *identity);
/* Writes what it can: PQQ_OK when all parts are there, PQQ_AGAIN for a signature,
 * PQQ_ERR_NO_MEMORY, or why there is no signature. */
pqq_status pqq__proof_draft_write(pqq__tls_session *session, pqq__proof_draft *draft);

/* proof_make.c: a client's stream with its answers to the requests in `frames`. */
pqq_status pqq__proof_answer(pqq__tls_session *session, const pqq__proof_frames *frames,
                             uint8_t **data, size_t *len);
/* proof_judge.c: pqq__tls_session_fail with a plain text; returns `status`. */
pqq_status pqq__proof_fail(pqq__tls_session *session, pqq_status status, const char *text);

/* proof_request.c: makes a request; reads one: its context and its list of
 * schemes (1 or 0). */
int pqq__proof_request_make(const pqq__profile *profile, pqq__proof_kind kind,
                            pqq__proof_request *request);
int pqq__proof_request_read(pqq_bytes message, pqq_bytes *context, CBS *schemes);

#endif
