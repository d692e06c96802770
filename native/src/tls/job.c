/* SPDX-License-Identifier: MIT */
/* See job.h. */
#include "tls/job.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "tls/tls.h"

/* 64 spaces, a context string of at most 34, a zero and a hash of at most 48. */
#define MAX_INPUT_BYTES 160

typedef enum call_state {
  CALL_NEW,
  /* The signer has it. */
  CALL_STARTED,
  /* It is back. */
  CALL_DONE,
  /* Nobody waits for it; it may still be the signer's. */
  CALL_CANCELLED
} call_state;

struct pqq__sign_call {
  atomic_uint refs;
  atomic_int state;
  uint64_t id;
  pqq__signing_key *key;
};

/* Owns copies of everything it needs, so that connection and engine may be
 * gone before it has run. */
struct pqq_job {
  pqq_id conn;
  pqq__signing_key *key;
  uint16_t scheme;
  pqq_status status;
  /* Only with an external signer. */
  pqq__sign_call *call;
  pqq_job_done_fn on_done;
  void *user_data;
  char reason[PQQ__SIGN_REASON_BYTES];
  size_t input_len;
  size_t signature_len;
  uint8_t input[MAX_INPUT_BYTES];
  uint8_t signature[PQQ__MAX_SIGNATURE_BYTES];
};

/* --- The call of a signer ---------------------------------------------------- */

static pqq__sign_call *call_new(pqq__signing_key *key) {
  static atomic_uint_fast64_t last_id;
  pqq__sign_call *call = calloc(1, sizeof *call);

  if (call != NULL) {
    /* The job's and the session's. */
    atomic_init(&call->refs, 2);
    atomic_init(&call->state, CALL_NEW);
    call->id = atomic_fetch_add_explicit(&last_id, 1, memory_order_relaxed) + 1;
    call->key = pqq__signing_key_ref(key);
  }
  return call;
}

static int call_move(pqq__sign_call *call, int from, int to) {
  return atomic_compare_exchange_strong(&call->state, &from, to);
}

int pqq__sign_call_cancel(pqq__sign_call *call) {
  const pqq_signer *signer = pqq__signing_key_signer(call->key);
  int before = atomic_exchange(&call->state, CALL_CANCELLED);

  if (before == CALL_STARTED && signer->cancel != NULL) {
    signer->cancel(signer->user_data, call->id);
  }
  return before == CALL_STARTED;
}

void pqq__sign_call_unref(pqq__sign_call *call) {
  if (call == NULL || atomic_fetch_sub_explicit(&call->refs, 1, memory_order_acq_rel) != 1) {
    return;
  }
  pqq__signing_key_unref(call->key);
  free(call);
}

/* --- Jobs -------------------------------------------------------------------- */

pqq_job *pqq__job_new(pqq__signing_key *key, uint16_t scheme, pqq_bytes input,
                      pqq__sign_call **call) {
  pqq_job *job = input.len <= MAX_INPUT_BYTES ? calloc(1, sizeof *job) : NULL;

  *call = NULL;
  if (job != NULL && pqq__signing_key_signer(key) != NULL) {
    job->call = *call = call_new(key);
    if (job->call == NULL) {
      free(job);
      return NULL;
    }
  }
  if (job != NULL) {
    job->key = pqq__signing_key_ref(key);
    job->scheme = scheme;
    job->status = PQQ_ERR_SIGN_FAILED;
    job->input_len = input.len;
    memcpy(job->input, input.data, input.len);
  }
  return job;
}

void pqq__tls_job_free(pqq_job *job) {
  if (job == NULL) {
    return;
  }
  pqq__sign_call_unref(job->call);
  pqq__signing_key_unref(job->key);
  free(job);
}

void pqq__tls_job_set_conn(pqq_job *job, pqq_id conn) {
  job->conn = conn;
}

pqq_id pqq__tls_job_conn(const pqq_job *job) {
  return job->conn;
}

int pqq__tls_job_has_signer(const pqq_job *job) {
  return job->call != NULL;
}

uint32_t pqq__tls_job_timeout_ms(const pqq_job *job) {
  return job->call != NULL ? pqq__signing_key_signer(job->key)->timeout_ms : 0;
}

static void set_failure(pqq_job *job, pqq_status status, const char *reason) {
  job->status = status;
  (void)snprintf(job->reason, sizeof job->reason, "%s", reason);
}

void pqq__tls_job_run(pqq_job *job) {
  if (job->call != NULL) {
    set_failure(job, PQQ_ERR_SIGN_FAILED, "a job with a signer was run, not started");
    return;
  }
  job->status = pqq__signing_key_sign(job->key, job->scheme, job->input, job->input_len,
                                      job->signature, &job->signature_len);
}

/* Gives the job to the signer. 0: it does not get it, and the job is done. */
static int begin_call(pqq_job *job) {
  if (!pqq__signing_key_begin(job->key)) {
    set_failure(job, PQQ_ERR_SIGNER_BUSY, "too many signatures wait for it");
    return 0;
  }
  if (call_move(job->call, CALL_NEW, CALL_STARTED)) {
    return 1;
  }
  pqq__signing_key_end(job->key);
  set_failure(job, PQQ_ERR_SIGN_FAILED, "nobody waits for it");
  return 0;
}

void pqq__tls_job_start(pqq_job *job, pqq_job_done_fn on_done, void *user_data) {
  const pqq_signer *signer = pqq__signing_key_signer(job->key);
  pqq_sign_info info = {.struct_size = sizeof info,
                        .scheme = job->scheme,
                        .scheme_name = pqq__signature_scheme_find(job->scheme)->name,
                        .message = {job->input, job->input_len},
                        .certificate = pqq__signing_key_certificate(job->key)};

  job->on_done = on_done;
  job->user_data = user_data;
  if (signer == NULL) {
    pqq__tls_job_run(job);
    on_done(user_data, job);
    return;
  }
  info.id = job->call->id;
  if (!begin_call(job)) {
    on_done(user_data, job);
    return;
  }
  /* A request is its job: nobody else has it until it is done. */
  signer->sign(signer->user_data, &info, (pqq_sign_request *)job);
}

/* What the signer said goes to whoever started the job. */
static void end_call(pqq_job *job) {
  pqq__signing_key_end(job->key);
  job->on_done(job->user_data, job);
}

static int is_signed(const pqq_job *job, pqq_bytes signature) {
  int ok = signature.len > 0 && signature.len <= PQQ__MAX_SIGNATURE_BYTES &&
           pqq__signing_key_verify(job->key, job->scheme, job->input, job->input_len, signature);

  ERR_clear_error();
  return ok;
}

pqq_status pqq__tls_request_complete(pqq_sign_request *request, pqq_bytes signature) {
  pqq_job *job = (pqq_job *)request;
  pqq_status status = PQQ_OK;

  if (!call_move(job->call, CALL_STARTED, CALL_DONE)) {
    set_failure(job, PQQ_ERR_SIGN_FAILED, "nobody waits for it");
  } else if (!is_signed(job, signature)) {
    status = PQQ_ERR_SIGNATURE_INVALID;
    set_failure(job, status, "its signature does not verify with the certificate's key");
  } else {
    memcpy(job->signature, signature.data, signature.len);
    job->signature_len = signature.len;
    job->status = PQQ_OK;
  }
  end_call(job);
  return status;
}

void pqq__tls_request_fail(pqq_sign_request *request, const char *reason) {
  pqq_job *job = (pqq_job *)request;

  (void)call_move(job->call, CALL_STARTED, CALL_DONE);
  set_failure(job, PQQ_ERR_SIGN_FAILED, reason != NULL ? reason : "it has failed");
  end_call(job);
}

pqq_status pqq__job_result(const pqq_job *job, pqq_bytes *signature, const char **reason) {
  *signature = (pqq_bytes){job->signature, job->signature_len};
  *reason = job->reason;
  return job->status;
}

pqq_status pqq__tls_job_status(const pqq_job *job) {
  return job->status;
}
