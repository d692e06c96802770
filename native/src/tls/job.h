/* SPDX-License-Identifier: MIT */
/* A signature that is made elsewhere: pqq_job, and what its session keeps of it while an external
 * signer has it. The session's side of it is sign.c. */
#ifndef PQQ__TLS_JOB_H
#define PQQ__TLS_JOB_H

#include <pqq/engine.h>

#include "tls/signing_key.h"

/* Why a signature was not made, with its NUL. */
#define PQQ__SIGN_REASON_BYTES 96

/* One call of an external signer, shared by its job and its session: each can be gone before the
 * other. Counted, thread-safe. */
typedef struct pqq__sign_call pqq__sign_call;

/* Takes no reference to `call`. Tells the signer that nobody waits, if it has the job now: then 1.
 */
int pqq__sign_call_cancel(pqq__sign_call *call);
void pqq__sign_call_unref(pqq__sign_call *call);

/* A job that signs `input` with a reference of its own to `key`. `*call` is NULL if the key is
 * ours, else the caller's reference. NULL on lack of memory, or if there is more input than a
 * CertificateVerify can have. */
pqq_job *pqq__job_new(pqq__signing_key *key, uint16_t scheme, pqq_bytes input,
                      pqq__sign_call **call);

/* What came of it: PQQ_OK and the signature, or why not. */
pqq_status pqq__job_result(const pqq_job *job, pqq_bytes *signature, const char **reason);

#endif
