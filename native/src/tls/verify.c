/* SPDX-License-Identifier: MIT */
/* The client's judgement of a server: chain up to a trust anchor of the
 * configuration (RFC 5280 section 6), purpose, dates, reference name (RFC 9525:
 * subjectAltName only), and algorithms. Runs in line in AWS-LC's callback, when
 * the certificates have arrived and CertificateVerify has not been checked yet. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/pool.h>

#include "tls/alert.h"
#include "tls/certificate.h"
#include "tls/internal.h"

/* Room for one name in a message. */
#define NAME_TEXT_BYTES 160

/* A chain as the peer sent it. */
struct chain {
  X509 *leaf;
  STACK_OF(X509) * issuers;
};

static void free_chain(struct chain *chain) {
  X509_free(chain->leaf);
  sk_X509_pop_free(chain->issuers, X509_free);
}

static enum ssl_verify_result_t refuse(uint8_t *out_alert, uint8_t alert) {
  *out_alert = alert;
  ERR_clear_error();
  return ssl_verify_invalid;
}

/* Keeps one certificate for pqq_connection_info. */
static void remember(pqq__tls_session *session, CRYPTO_BUFFER *buffer, const X509 *certificate) {
  pqq_certificate_info *info = &session->peer_info[session->peer_chain_len];
  const char *signed_with = pqq__certificate_signed_with(certificate);

  CRYPTO_BUFFER_up_ref(buffer);
  session->peer_chain[session->peer_chain_len++] = buffer;
  info->algorithm = pqq__certificate_key_name(certificate);
  info->signed_with = signed_with != NULL ? signed_with : "unknown";
  info->der.data = CRYPTO_BUFFER_data(buffer);
  info->der.len = CRYPTO_BUFFER_len(buffer);
}

static int parse_chain(pqq__tls_session *session, const STACK_OF(CRYPTO_BUFFER) * sent,
                       struct chain *chain) {
  size_t count = sent != NULL ? sk_CRYPTO_BUFFER_num(sent) : 0;

  if (count == 0 || count > PQQ_MAX_CHAIN) {
    pqq__tls_session_fail(session, PQQ_ERR_CERT_INVALID,
                          "the server sent %zu certificates; 1 to %d are accepted", count,
                          PQQ_MAX_CHAIN);
    return 0;
  }
  chain->issuers = sk_X509_new_null();
  if (chain->issuers == NULL) {
    pqq__tls_session_fail(session, PQQ_ERR_NO_MEMORY, "no memory for the server's certificates");
    return 0;
  }
  for (size_t i = 0; i < count; i++) {
    CRYPTO_BUFFER *buffer = sk_CRYPTO_BUFFER_value(sent, i);
    X509 *certificate = X509_parse_from_buffer(buffer);

    if (certificate == NULL) {
      pqq__tls_session_fail(session, PQQ_ERR_CERT_INVALID,
                            "certificate %zu of the server is not valid X.509", i + 1);
      return 0;
    }
    remember(session, buffer, certificate);
    if (i == 0) {
      chain->leaf = certificate;
    } else if (sk_X509_push(chain->issuers, certificate) == 0) {
      X509_free(certificate);
      pqq__tls_session_fail(session, PQQ_ERR_NO_MEMORY, "no memory for the server's certificates");
      return 0;
    }
  }
  return 1;
}

static int set_reference_name(X509_VERIFY_PARAM *param, const pqq__host_name *host) {
  if (host->ip_len > 0) {
    return X509_VERIFY_PARAM_set1_ip(param, host->ip, host->ip_len);
  }
  X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  return X509_VERIFY_PARAM_set1_host(param, host->text, strlen(host->text));
}

static int set_parameters(X509_STORE_CTX *context, const pqq__host_name *host) {
  X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);

  X509_VERIFY_PARAM_set_depth(param, PQQ_MAX_CHAIN);
  /* Whatever the user lists is an anchor, also a root that is not self-signed,
   * an intermediate, or a leaf. */
  return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
         X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER) == 1 &&
         set_reference_name(param, host) == 1;
}

static uint8_t fail_name(pqq__tls_session *session, const X509 *leaf) {
  char names[NAME_TEXT_BYTES];

  pqq__certificate_names(leaf, names, sizeof names);
  pqq__tls_session_fail(session, PQQ_ERR_CERT_NAME_MISMATCH,
                        "the certificate is for %s, not for %s", names, session->host.text);
  return PQQ__ALERT_BAD_CERTIFICATE;
}

/* The verdict of X509_verify_cert as a status with a sentence; returns the
 * alert. */
static uint8_t fail_chain(pqq__tls_session *session, X509_STORE_CTX *context, const X509 *leaf) {
  int error = X509_STORE_CTX_get_error(context);
  const X509 *certificate = X509_STORE_CTX_get_current_cert(context);
  const char *text = X509_verify_cert_error_string(error);
  char subject[NAME_TEXT_BYTES], issuer[NAME_TEXT_BYTES];
  pqq_status status = PQQ_ERR_CERT_INVALID;
  uint8_t alert = PQQ__ALERT_BAD_CERTIFICATE;

  switch (error) {
  case X509_V_ERR_HOSTNAME_MISMATCH:
  case X509_V_ERR_IP_ADDRESS_MISMATCH:
    return fail_name(session, leaf);
  case X509_V_ERR_OUT_OF_MEM:
    pqq__tls_session_fail(session, PQQ_ERR_NO_MEMORY, "no memory to verify the certificate");
    return PQQ__ALERT_INTERNAL_ERROR;
  case X509_V_ERR_CERT_NOT_YET_VALID:
  case X509_V_ERR_CERT_HAS_EXPIRED:
    status = PQQ_ERR_CERT_EXPIRED;
    alert = PQQ__ALERT_CERTIFICATE_EXPIRED;
    break;
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_CERT_UNTRUSTED:
    status = PQQ_ERR_CERT_UNTRUSTED;
    alert = PQQ__ALERT_UNKNOWN_CA;
    break;
  default:
    break;
  }
  if (certificate == NULL) {
    certificate = leaf;
  }
  pqq__certificate_subject(certificate, subject, sizeof subject);
  pqq__certificate_issuer(certificate, issuer, sizeof issuer);
  pqq__tls_session_fail(session, status, "certificate %s issued by %s: %s", subject, issuer, text);
  return alert;
}

/* Algorithms along the verified chain. The anchor's own signature proves
 * nothing and is not looked at. */
static int judge_algorithms(pqq__tls_session *session, const STACK_OF(X509) * verified) {
  size_t count = sk_X509_num(verified);
  char subject[NAME_TEXT_BYTES];

  session->is_verified_chain_pq = 1;
  for (size_t i = 0; i < count; i++) {
    const X509 *certificate = sk_X509_value(verified, i);

    if (pqq__certificate_has_weak_key(certificate)) {
      pqq__certificate_subject(certificate, subject, sizeof subject);
      pqq__tls_session_fail(session, PQQ_ERR_CERT_INVALID,
                            "certificate %s has an RSA key of less than 2048 bits", subject);
      return 0;
    }
    if (i + 1 == count) {
      break;
    }
    if (pqq__certificate_signed_with(certificate) == NULL) {
      pqq__certificate_subject(certificate, subject, sizeof subject);
      pqq__tls_session_fail(session, PQQ_ERR_CERT_INVALID,
                            "certificate %s is signed with an algorithm that is not accepted",
                            subject);
      return 0;
    }
    session->is_verified_chain_pq &= pqq__certificate_is_signed_pq(certificate);
  }
  return 1;
}

static int verify_chain(pqq__tls_session *session, const struct chain *chain, uint8_t *alert) {
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  int ok = 0;

  *alert = PQQ__ALERT_INTERNAL_ERROR;
  if (context == NULL ||
      X509_STORE_CTX_init(context, session->config->roots, chain->leaf, chain->issuers) != 1 ||
      !set_parameters(context, &session->host)) {
    pqq__tls_session_fail(session, PQQ_ERR_NO_MEMORY, "no memory to verify the certificate");
  } else if (X509_verify_cert(context) != 1) {
    *alert = fail_chain(session, context, chain->leaf);
  } else {
    *alert = PQQ__ALERT_BAD_CERTIFICATE;
    ok = judge_algorithms(session, X509_STORE_CTX_get0_chain(context));
  }
  X509_STORE_CTX_free(context);
  return ok;
}

enum ssl_verify_result_t pqq__on_verify(SSL *ssl, uint8_t *out_alert) {
  pqq__tls_session *session = pqq__tls_session_of(ssl);
  struct chain chain = {NULL, NULL};
  uint8_t alert = PQQ__ALERT_BAD_CERTIFICATE;
  int ok = parse_chain(session, SSL_get0_peer_certificates(ssl), &chain) &&
           verify_chain(session, &chain, &alert);

  free_chain(&chain);
  return ok ? ssl_verify_ok : refuse(out_alert, alert);
}
