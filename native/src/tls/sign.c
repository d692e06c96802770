/* SPDX-License-Identifier: MIT */
/* CertificateVerify signatures (RFC 8446 section 4.4.3, RFC 9261 section 5.2.2): made in line, or
 * by a job that another thread or an external signer has. A handshake gets here by AWS-LC's private
 * key method, a proof of velocity/1 by proof_make.c; one of them at a time waits. */
#include <stdlib.h>
#include <string.h>

#include "tls/alert.h"
#include "tls/internal.h"

static pqq_status sign_failed(pqq__tls_session *session, const pqq__identity *identity,
                              pqq_status status, const char *reason) {
  const char *by = pqq__signing_key_signer(identity->key) != NULL ? "the signer of " : "";

  pqq__tls_session_fail(session, status, "signing with %sthe %s key failed%s%s", by,
                        identity->scheme->key_name, reason[0] != '\0' ? ": " : "", reason);
  return status;
}

static pqq_status sign_in_line(pqq__tls_session *session, const pqq__identity *identity,
                               uint16_t scheme, pqq_bytes content, uint8_t *signature,
                               size_t *len) {
  pqq_status status =
      pqq__signing_key_sign(identity->key, scheme, content.data, content.len, signature, len);

  if (status != PQQ_OK) {
    return sign_failed(session, identity, status, "");
  }
  session->signatures++;
  return PQQ_OK;
}

static int is_for_job(const pqq__tls_session *session, const pqq__identity *identity) {
  if (pqq__signing_key_signer(identity->key) != NULL) {
    return 1;
  }
  return session->sign_as_jobs == PQQ_SIGN_JOBS_MLDSA ? identity->scheme->is_pq
                                                      : session->sign_as_jobs;
}

pqq_status pqq__sign(pqq__tls_session *session, const pqq__identity *identity, uint16_t scheme,
                     pqq__sign_purpose purpose, pqq_bytes content, uint8_t *signature,
                     size_t *len) {
  if (!is_for_job(session, identity)) {
    return sign_in_line(session, identity, scheme, content, signature, len);
  }
  session->job = pqq__job_new(identity->key, scheme, content, &session->call);
  if (session->job == NULL) {
    return sign_failed(session, identity, PQQ_ERR_NO_MEMORY, "");
  }
  session->signing_for = purpose;
  session->signing_with = identity;
  session->result = PQQ_AGAIN;
  return PQQ_AGAIN;
}

pqq_status pqq__sign_take(pqq__tls_session *session, uint8_t *signature, size_t *len) {
  if (session->result != PQQ_OK) {
    return session->result;
  }
  memcpy(signature, session->signature, session->signature_len);
  *len = session->signature_len;
  free(session->signature);
  session->signature = NULL;
  return PQQ_OK;
}

/* --- AWS-LC's private key method --------------------------------------------- */

/* AWS-LC sends no alert when its private key method fails. */
static enum ssl_private_key_result_t fail(SSL *ssl) {
  (void)SSL_send_fatal_alert(ssl, PQQ__ALERT_INTERNAL_ERROR);
  return ssl_private_key_failure;
}

static enum ssl_private_key_result_t give(SSL *ssl, pqq_status status, const uint8_t *signature,
                                          size_t len, uint8_t *out, size_t *out_len,
                                          size_t max_out) {
  if (status == PQQ_AGAIN) {
    return ssl_private_key_retry;
  }
  if (status != PQQ_OK || len > max_out) {
    return fail(ssl);
  }
  memcpy(out, signature, len);
  *out_len = len;
  return ssl_private_key_success;
}

static enum ssl_private_key_result_t on_sign(SSL *ssl, uint8_t *out, size_t *out_len,
                                             size_t max_out, uint16_t scheme, const uint8_t *in,
                                             size_t in_len) {
  pqq__tls_session *session = pqq__tls_session_of(ssl);
  uint8_t signature[PQQ__MAX_SIGNATURE_BYTES];
  size_t len = 0;
  pqq_status status;

  if (session->identity == NULL || scheme != session->selection.scheme->id) {
    pqq__tls_session_fail(session, PQQ_ERR_INTERNAL, "asked to sign with scheme 0x%04x", scheme);
    return fail(ssl);
  }
  status = pqq__sign(session, session->identity, scheme, PQQ__SIGN_HANDSHAKE,
                     (pqq_bytes){in, in_len}, signature, &len);
  return give(ssl, status, signature, len, out, out_len, max_out);
}

/* AWS-LC asks again whenever the handshake is continued, also by a datagram
 * that has nothing to do with the job. */
static enum ssl_private_key_result_t on_complete(SSL *ssl, uint8_t *out, size_t *out_len,
                                                 size_t max_out) {
  uint8_t signature[PQQ__MAX_SIGNATURE_BYTES];
  size_t len = 0;
  pqq_status status = pqq__sign_take(pqq__tls_session_of(ssl), signature, &len);

  return give(ssl, status, signature, len, out, out_len, max_out);
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

/* --- Jobs ---------------------------------------------------------------------- */

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

static int waits_for(const pqq__tls_session *session, pqq__sign_purpose purpose) {
  return (session->job != NULL || session->taken_job != NULL) && session->signing_for == purpose;
}

int pqq__tls_session_is_signing(const pqq__tls_session *session) {
  return waits_for(session, PQQ__SIGN_HANDSHAKE);
}

int pqq__tls_session_was_proving(const pqq__tls_session *session) {
  return session->signing_for == PQQ__SIGN_PROOF;
}

static void forget_call(pqq__tls_session *session) {
  pqq__sign_call_unref(session->call);
  session->call = NULL;
}

static pqq_status keep_signature(pqq__tls_session *session, pqq_bytes signature) {
  session->signature = malloc(signature.len);
  if (session->signature == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  memcpy(session->signature, signature.data, signature.len);
  session->signature_len = signature.len;
  return PQQ_OK;
}

int pqq__tls_session_put_result(pqq__tls_session *session, const pqq_job *job) {
  pqq_bytes signature;
  const char *reason;

  if (session->taken_job == NULL || session->taken_job != job) {
    return 0;
  }
  session->taken_job = NULL;
  forget_call(session);
  session->result = pqq__job_result(job, &signature, &reason);
  if (session->result == PQQ_OK) {
    session->result = keep_signature(session, signature);
  }
  if (session->result != PQQ_OK) {
    (void)sign_failed(session, session->signing_with, session->result, reason);
  }
  return 1;
}

void pqq__tls_session_sign_late(pqq__tls_session *session) {
  session->result =
      sign_failed(session, session->signing_with, PQQ_ERR_SIGNER_TIMEOUT, "it took too long");
  (void)pqq__tls_session_cancel(session);
}

int pqq__tls_session_cancel(pqq__tls_session *session) {
  int was_started = session->call != NULL && pqq__sign_call_cancel(session->call);

  forget_call(session);
  session->taken_job = NULL;
  return was_started;
}

void pqq__sign_clear(pqq__tls_session *session) {
  (void)pqq__tls_session_cancel(session);
  pqq__tls_job_free(session->job);
  session->job = NULL;
  free(session->signature);
  session->signature = NULL;
}
