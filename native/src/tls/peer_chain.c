/* SPDX-License-Identifier: MIT */
/* See peer_chain.h. */
#include "tls/peer_chain.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pool.h>
#include <openssl/x509.h>

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

/* One judgement while it is made. */
typedef struct judgement {
  pqq__tls_session *session;
  const pqq__chain_rules *rules;
  pqq__peer_chain *kept;
} judgement;

/* Keeps one certificate for pqq_connection_info. */
static void remember(pqq__peer_chain *kept, CRYPTO_BUFFER *buffer, const X509 *certificate) {
  pqq_certificate_info *info = &kept->info[kept->len];
  const char *signed_with = pqq__certificate_signed_with(certificate);

  CRYPTO_BUFFER_up_ref(buffer);
  kept->certificates[kept->len++] = buffer;
  info->algorithm = pqq__certificate_key_name(certificate);
  info->signed_with = signed_with != NULL ? signed_with : "unknown";
  info->der.data = CRYPTO_BUFFER_data(buffer);
  info->der.len = CRYPTO_BUFFER_len(buffer);
}

static int no_memory(const judgement *judging) {
  pqq__tls_session_fail(judging->session, PQQ_ERR_NO_MEMORY, "no memory for the %s's certificates",
                        judging->rules->whose);
  return 0;
}

static int parse_one(const judgement *judging, CRYPTO_BUFFER *buffer, size_t index,
                     struct chain *chain) {
  X509 *certificate = X509_parse_from_buffer(buffer);

  if (certificate == NULL) {
    pqq__tls_session_fail(judging->session, PQQ_ERR_CERT_INVALID,
                          "%scertificate %zu of the %s is not valid X.509", judging->rules->half,
                          index + 1, judging->rules->whose);
    return 0;
  }
  remember(judging->kept, buffer, certificate);
  if (index == 0) {
    chain->leaf = certificate;
    return 1;
  }
  if (sk_X509_push(chain->issuers, certificate) == 0) {
    X509_free(certificate);
    return no_memory(judging);
  }
  return 1;
}

static int parse_chain(const judgement *judging, CRYPTO_BUFFER *const *sent, size_t count,
                       struct chain *chain) {
  if (count == 0 || count > PQQ_MAX_CHAIN) {
    pqq__tls_session_fail(judging->session, PQQ_ERR_CERT_INVALID,
                          "the %s sent %zu %scertificates; 1 to %d are accepted",
                          judging->rules->whose, count, judging->rules->half, PQQ_MAX_CHAIN);
    return 0;
  }
  chain->issuers = sk_X509_new_null();
  if (chain->issuers == NULL) {
    return no_memory(judging);
  }
  for (size_t i = 0; i < count; i++) {
    if (!parse_one(judging, sent[i], i, chain)) {
      return 0;
    }
  }
  judging->kept->key = X509_get_pubkey(chain->leaf);
  if (judging->kept->key == NULL) {
    pqq__tls_session_fail(judging->session, PQQ_ERR_CERT_INVALID,
                          "the %scertificate of the %s has a key that cannot be read",
                          judging->rules->half, judging->rules->whose);
    return 0;
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
  int purpose = host != NULL ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT;

  X509_VERIFY_PARAM_set_depth(param, PQQ_MAX_CHAIN);
  /* Whatever the user lists is an anchor, also a root that is not self-signed,
   * an intermediate, or a leaf. */
  return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
         X509_VERIFY_PARAM_set_purpose(param, purpose) == 1 &&
         (host == NULL || set_reference_name(param, host) == 1);
}

static uint8_t fail_name(const judgement *judging, const X509 *leaf) {
  char names[NAME_TEXT_BYTES];

  pqq__certificate_names(leaf, names, sizeof names);
  pqq__tls_session_fail(judging->session, PQQ_ERR_CERT_NAME_MISMATCH,
                        "the %scertificate is for %s, not for %s", judging->rules->half, names,
                        judging->rules->host->text);
  return PQQ__ALERT_BAD_CERTIFICATE;
}

/* The verdict of X509_verify_cert as a status with a sentence; returns the
 * alert. */
static uint8_t fail_chain(const judgement *judging, X509_STORE_CTX *context, const X509 *leaf) {
  int error = X509_STORE_CTX_get_error(context);
  const X509 *certificate = X509_STORE_CTX_get_current_cert(context);
  const char *text = X509_verify_cert_error_string(error);
  char subject[NAME_TEXT_BYTES], issuer[NAME_TEXT_BYTES];
  pqq_status status = PQQ_ERR_CERT_INVALID;
  uint8_t alert = PQQ__ALERT_BAD_CERTIFICATE;

  switch (error) {
  case X509_V_ERR_HOSTNAME_MISMATCH:
  case X509_V_ERR_IP_ADDRESS_MISMATCH:
    return fail_name(judging, leaf);
  case X509_V_ERR_OUT_OF_MEM:
    (void)no_memory(judging);
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
  pqq__tls_session_fail(judging->session, status, "%scertificate %s issued by %s: %s",
                        judging->rules->half, subject, issuer, text);
  return alert;
}

static int refuse_certificate(const judgement *judging, const X509 *certificate, const char *what) {
  char subject[NAME_TEXT_BYTES];

  pqq__certificate_subject(certificate, subject, sizeof subject);
  pqq__tls_session_fail(judging->session, PQQ_ERR_CERT_INVALID, "%scertificate %s %s",
                        judging->rules->half, subject, what);
  return 0;
}

/* Algorithms along the verified chain. The anchor's own signature proves
 * nothing and is not looked at. */
static int judge_algorithms(const judgement *judging, const STACK_OF(X509) * verified) {
  size_t count = sk_X509_num(verified);
  pqq__peer_chain *kept = judging->kept;
  unsigned len;

  kept->is_pq = kept->is_classical = 1;
  for (size_t i = 0; i < count; i++) {
    const X509 *certificate = sk_X509_value(verified, i);

    if (pqq__certificate_has_weak_key(certificate)) {
      return refuse_certificate(judging, certificate, "has an RSA key of less than 2048 bits");
    }
    if (i + 1 == count) {
      break;
    }
    if (pqq__certificate_signed_with(certificate) == NULL) {
      return refuse_certificate(judging, certificate,
                                "is signed with an algorithm that is not accepted");
    }
    kept->is_pq &= pqq__certificate_is_signed_pq(certificate);
    kept->is_classical &= !pqq__certificate_is_signed_pq(certificate);
  }
  return X509_digest(sk_X509_value(verified, count - 1), EVP_sha256(), kept->anchor, &len) == 1 ||
         no_memory(judging);
}

static int verify_chain(const judgement *judging, const struct chain *chain, uint8_t *alert) {
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  int ok = 0;

  *alert = PQQ__ALERT_INTERNAL_ERROR;
  if (context == NULL ||
      X509_STORE_CTX_init(context, judging->rules->roots, chain->leaf, chain->issuers) != 1 ||
      !set_parameters(context, judging->rules->host)) {
    (void)no_memory(judging);
  } else if (X509_verify_cert(context) != 1) {
    *alert = fail_chain(judging, context, chain->leaf);
  } else {
    *alert = PQQ__ALERT_BAD_CERTIFICATE;
    ok = judge_algorithms(judging, X509_STORE_CTX_get0_chain(context));
  }
  X509_STORE_CTX_free(context);
  return ok;
}

pqq__peer_chain *pqq__peer_chain_verify(pqq__tls_session *session, CRYPTO_BUFFER *const *sent,
                                        size_t count, const pqq__chain_rules *rules,
                                        uint8_t *alert) {
  struct chain chain = {NULL, NULL};
  judgement judging = {session, rules, calloc(1, sizeof(pqq__peer_chain))};
  int ok;

  *alert = PQQ__ALERT_BAD_CERTIFICATE;
  ok = judging.kept != NULL
           ? parse_chain(&judging, sent, count, &chain) && verify_chain(&judging, &chain, alert)
           : no_memory(&judging);
  X509_free(chain.leaf);
  sk_X509_pop_free(chain.issuers, X509_free);
  if (!ok) {
    ERR_clear_error();
    pqq__peer_chain_free(judging.kept);
    return NULL;
  }
  return judging.kept;
}

void pqq__peer_chain_drop_key(pqq__peer_chain *chain) {
  EVP_PKEY_free(chain->key);
  chain->key = NULL;
}

void pqq__peer_chain_free(pqq__peer_chain *chain) {
  if (chain == NULL) {
    return;
  }
  for (size_t i = 0; i < chain->len; i++) {
    CRYPTO_BUFFER_free(chain->certificates[i]);
  }
  EVP_PKEY_free(chain->key);
  free(chain);
}
