/* SPDX-License-Identifier: MIT */
/* CertificateVerify signatures (RFC 8446 section 4.4.3): AWS-LC's private key
 * method, answered in line or by a job that another thread may run. */
#include <stdlib.h>
#include <string.h>

#include "tls/alert.h"
#include "tls/internal.h"

/* 64 spaces, a context string of at most 34, a zero and a hash of at most 48. */
#define MAX_INPUT_BYTES 160

/* Owns copies of everything it needs, so that connection and engine may be
 * gone before it has run. */
struct pqq_job {
  pqq_id conn;
  pqq__signing_key *key;
  uint16_t scheme;
  pqq_status status;
  size_t input_len;
  size_t signature_len;
  uint8_t input[MAX_INPUT_BYTES];
  uint8_t signature[PQQ__MAX_SIGNATURE_BYTES];
};

/* AWS-LC sends no alert when its private key method fails. */
static enum ssl_private_key_result_t fail(pqq__tls_session *session) {
  pqq__tls_session_fail(session, PQQ_ERR_SIGN_FAILED, "signing with the %s key failed",
                        session->identity->scheme->key_name);
  (void)SSL_send_fatal_alert(session->ssl, PQQ__ALERT_INTERNAL_ERROR);
  return ssl_private_key_failure;
}

static enum ssl_private_key_result_t sign_in_line(pqq__tls_session *session, uint8_t *out,
                                                  size_t *out_len, size_t max_out,
                                                  const uint8_t *in, size_t in_len) {
  uint8_t signature[PQQ__MAX_SIGNATURE_BYTES];
  size_t len;

  if (pqq__signing_key_sign(session->identity->key, session->selection.scheme->id, in, in_len,
                            signature, &len) != PQQ_OK ||
      len > max_out) {
    return fail(session);
  }
  memcpy(out, signature, len);
  *out_len = len;
  session->signatures++;
  return ssl_private_key_success;
}

static int is_for_job(const pqq__tls_session *session) {
  return session->sign_as_jobs == PQQ_SIGN_JOBS_MLDSA ? session->identity->scheme->is_pq
                                                      : session->sign_as_jobs;
}

static enum ssl_private_key_result_t begin_job(pqq__tls_session *session, const uint8_t *in,
                                               size_t in_len) {
  pqq_job *job = calloc(1, sizeof *job);

  if (job == NULL || in_len > sizeof job->input) {
    free(job);
    return fail(session);
  }
  job->key = pqq__signing_key_ref(session->identity->key);
  job->scheme = session->selection.scheme->id;
  job->status = PQQ_ERR_SIGN_FAILED;
  job->input_len = in_len;
  memcpy(job->input, in, in_len);
  session->job = job;
  session->result = PQQ_AGAIN;
  return ssl_private_key_retry;
}

static enum ssl_private_key_result_t on_sign(SSL *ssl, uint8_t *out, size_t *out_len,
                                             size_t max_out, uint16_t scheme, const uint8_t *in,
                                             size_t in_len) {
  pqq__tls_session *session = pqq__tls_session_of(ssl);

  if (session->identity == NULL || scheme != session->selection.scheme->id) {
    pqq__tls_session_fail(session, PQQ_ERR_INTERNAL, "asked to sign with scheme 0x%04x", scheme);
    (void)SSL_send_fatal_alert(ssl, PQQ__ALERT_INTERNAL_ERROR);
    return ssl_private_key_failure;
  }
  return is_for_job(session) ? begin_job(session, in, in_len)
                             : sign_in_line(session, out, out_len, max_out, in, in_len);
}

/* AWS-LC asks again whenever the handshake is continued, also by a datagram
 * that has nothing to do with the job. */
static enum ssl_private_key_result_t on_complete(SSL *ssl, uint8_t *out, size_t *out_len,
                                                 size_t max_out) {
  pqq__tls_session *session = pqq__tls_session_of(ssl);

  if (session->result == PQQ_AGAIN) {
    return ssl_private_key_retry;
  }
  if (session->result != PQQ_OK || session->signature_len > max_out) {
    return fail(session);
  }
  memcpy(out, session->signature, session->signature_len);
  *out_len = session->signature_len;
  free(session->signature);
  session->signature = NULL;
  return ssl_private_key_success;
}

/* RSA key exchange; TLS 1.3 has none. */
static enum ssl_private_key_result_t on_decrypt(SSL *ssl, uint8_t *out, size_t *out_len,
                                                size_t max_out, const uint8_t *in, size_t in_len) {
  (void)ssl;
  (void)out;
  (void)out_len;
  (void)max_out;
  (void)in;
  (void)in_len;
  return ssl_private_key_failure;
}

const SSL_PRIVATE_KEY_METHOD pqq__private_key_method = {on_sign, on_decrypt, on_complete};

uint32_t pqq__tls_session_take_signatures(pqq__tls_session *session) {
  uint32_t signatures = session->signatures;

  session->signatures = 0;
  return signatures;
}

pqq_job *pqq__tls_session_take_job(pqq__tls_session *session) {
  pqq_job *job = session->job;

  if (job != NULL) {
    session->job = NULL;
    session->taken_job = job;
  }
  return job;
}

int pqq__tls_session_is_signing(const pqq__tls_session *session) {
  return session->job != NULL || session->taken_job != NULL;
}

void pqq__tls_session_put_result(pqq__tls_session *session, pqq_job *job) {
  if (session->taken_job != job) {
    return;
  }
  session->taken_job = NULL;
  session->result = job->status;
  if (job->status != PQQ_OK) {
    return;
  }
  session->signature = malloc(job->signature_len);
  if (session->signature == NULL) {
    session->result = PQQ_ERR_NO_MEMORY;
    return;
  }
  memcpy(session->signature, job->signature, job->signature_len);
  session->signature_len = job->signature_len;
}

void pqq__sign_clear(pqq__tls_session *session) {
  pqq__tls_job_free(session->job);
  session->job = NULL;
  free(session->signature);
  session->signature = NULL;
}

void pqq__tls_job_set_conn(pqq_job *job, pqq_id conn) {
  job->conn = conn;
}

pqq_id pqq__tls_job_conn(const pqq_job *job) {
  return job->conn;
}

void pqq__tls_job_run(pqq_job *job) {
  job->status = pqq__signing_key_sign(job->key, job->scheme, job->input, job->input_len,
                                      job->signature, &job->signature_len);
}

void pqq__tls_job_free(pqq_job *job) {
  if (job == NULL) {
    return;
  }
  pqq__signing_key_unref(job->key);
  free(job);
}
