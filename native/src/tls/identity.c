/* SPDX-License-Identifier: MIT */
/* See identity.h. Chain order: RFC 8446 section 4.4.2. */
#include "tls/identity.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/pool.h>
#include <openssl/x509.h>

#include "core/error.h"
#include "core/limits.h"
#include "core/struct_size.h"
#include "tls/certificate.h"
#include "tls/pem.h"

/* Room for a subject in a message. */
#define NAME_TEXT_BYTES 160

/* A chain while it is checked. */
struct chain {
  X509 *certificates[PQQ_MAX_CHAIN];
  size_t len;
};

static void free_chain(struct chain *chain) {
  for (size_t i = 0; i < chain->len; i++) {
    X509_free(chain->certificates[i]);
  }
  chain->len = 0;
}

static pqq_status check_order(const struct chain *chain, const char *source) {
  for (size_t i = 0; i + 1 < chain->len; i++) {
    char subject[NAME_TEXT_BYTES], issuer[NAME_TEXT_BYTES];

    if (X509_check_issued(chain->certificates[i + 1], chain->certificates[i]) == X509_V_OK) {
      continue;
    }
    ERR_clear_error();
    pqq__certificate_subject(chain->certificates[i + 1], subject, sizeof subject);
    pqq__certificate_issuer(chain->certificates[i], issuer, sizeof issuer);
    return pqq__error_set(PQQ_ERR_CERT_UNREADABLE,
                          "%s: certificate %zu (%s) did not issue certificate %zu (issuer %s); the "
                          "leaf comes first, then its issuers in order",
                          source, i + 2, subject, i + 1, issuer);
  }
  return PQQ_OK;
}

/* A leaf that every client would refuse is better refused here. */
static pqq_status check_leaf(X509 *leaf, const char *source) {
  const EVP_PKEY *pkey = X509_get0_pubkey(leaf);

  ERR_clear_error();
  if (pkey == NULL || pqq__signing_scheme(pkey) == NULL) {
    return pqq__error_set(PQQ_ERR_KEY_TYPE_UNSUPPORTED,
                          "%s: the first certificate's key is %s; supported are " PQQ__KEY_TYPES,
                          source, pqq__certificate_key_name(leaf));
  }
  if ((X509_get_key_usage(leaf) & X509v3_KU_DIGITAL_SIGNATURE) == 0) {
    return pqq__error_set(PQQ_ERR_CERT_UNREADABLE,
                          "%s: the first certificate's keyUsage does not allow digitalSignature",
                          source);
  }
  return PQQ_OK;
}

static pqq_status load_chain(const pqq_identity_source *source, const char *label,
                             struct chain *chain) {
  char option[PQQ__LABEL_BYTES + 8];
  pqq__pem pem;
  pqq_status status;

  (void)snprintf(option, sizeof option, "%s.cert", label);
  status =
      pqq__pem_open(source->cert_pem, source->cert_file, option, PQQ_ERR_CERT_UNREADABLE, &pem);
  if (status != PQQ_OK) {
    return status;
  }
  status = pqq__pem_certificates(&pem, PQQ_ERR_CERT_UNREADABLE, PQQ_MAX_CHAIN, chain->certificates,
                                 &chain->len);
  if (status == PQQ_OK) {
    status = check_order(chain, pem.name);
  }
  if (status == PQQ_OK) {
    status = check_leaf(chain->certificates[0], pem.name);
  }
  pqq__pem_close(&pem);
  return status;
}

static pqq_status mismatch(const pqq__pem *pem, const X509 *leaf, const EVP_PKEY *pkey) {
  const pqq__signature_scheme *scheme = pqq__signing_scheme(pkey);
  char subject[NAME_TEXT_BYTES];

  pqq__certificate_subject(leaf, subject, sizeof subject);
  return pqq__error_set(PQQ_ERR_KEY_MISMATCH,
                        "%s: %s key does not belong to the certificate %s (%s)", pem->name,
                        scheme->key_name, subject, pqq__certificate_key_name(leaf));
}

static pqq_status make_key(const pqq__pem *pem, const X509 *leaf, EVP_PKEY *pkey,
                           pqq__signing_key **key) {
  pqq_status status;

  if (pqq__signing_scheme(pkey) == NULL) {
    return pqq__error_set(
        PQQ_ERR_KEY_TYPE_UNSUPPORTED,
        "%s: a curve or a length that servers here do not use; supported are " PQQ__KEY_TYPES,
        pem->name);
  }
  if (EVP_PKEY_cmp(X509_get0_pubkey(leaf), pkey) != 1) {
    ERR_clear_error();
    return mismatch(pem, leaf, pkey);
  }
  status = pqq__signing_key_new(pkey, key);
  if (status == PQQ_ERR_KEY_MISMATCH) {
    return pqq__error_set(status, "%s: a signature made with the key does not verify", pem->name);
  }
  return status == PQQ_OK ? PQQ_OK
                          : pqq__error_set(status, "%s: the key cannot sign here", pem->name);
}

static CRYPTO_BUFFER *encode(X509 *certificate) {
  uint8_t *der = NULL;
  int len = i2d_X509(certificate, &der);
  CRYPTO_BUFFER *buffer = len > 0 ? CRYPTO_BUFFER_new(der, (size_t)len, NULL) : NULL;

  OPENSSL_free(der);
  return buffer;
}

/* --- Signers ---------------------------------------------------------------- */

static pqq_status check_range(const char *label, const char *name, uint32_t *value, uint32_t most,
                              uint32_t otherwise) {
  if (*value > most) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "%s.signer.%s: %u, allowed 1 to %u", label, name,
                          *value, most);
  }
  *value = *value != 0 ? *value : otherwise;
  return PQQ_OK;
}

static pqq_status read_signer(const pqq_identity_source *source, const char *label,
                              pqq_signer *signer) {
  pqq_status status;

  *signer = (pqq_signer){0};
  if (source->key_pem.len > 0 || source->key_file != NULL || source->passphrase.len > 0) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG,
                          "%s: a key and a signer; leave out key_pem, key_file and passphrase, or "
                          "the signer",
                          label);
  }
  status = pqq__struct_read("pqq_signer", signer, sizeof *signer, source->signer);
  if (status == PQQ_OK && signer->sign == NULL) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "%s.signer.sign is NULL", label);
  }
  if (status == PQQ_OK) {
    status = check_range(label, "timeout_ms", &signer->timeout_ms, PQQ__MAX_SIGNER_TIMEOUT_MS,
                         PQQ__SIGNER_TIMEOUT_MS);
  }
  return status == PQQ_OK ? check_range(label, "max_pending", &signer->max_pending,
                                        PQQ__MAX_SIGNER_PENDING, PQQ__SIGNER_PENDING)
                          : status;
}

/* Whether it holds the right key shows with the first signature: each is verified. */
static pqq_status load_signer(const pqq_identity_source *source, const char *label, X509 *leaf,
                              pqq__signing_key **key) {
  CRYPTO_BUFFER *certificate;
  pqq_signer signer;
  pqq_status status = read_signer(source, label, &signer);

  if (status != PQQ_OK) {
    return status;
  }
  certificate = encode(leaf);
  if (certificate == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  status = pqq__signing_key_new_external(X509_get0_pubkey(leaf), certificate, &signer, key);
  CRYPTO_BUFFER_free(certificate);
  return status;
}

static pqq_status load_key(const pqq_identity_source *source, const char *label, const X509 *leaf,
                           pqq__signing_key **key) {
  char option[PQQ__LABEL_BYTES + 8];
  pqq__pem pem;
  EVP_PKEY *pkey = NULL;
  pqq_status status;

  (void)snprintf(option, sizeof option, "%s.key", label);
  status = pqq__pem_open(source->key_pem, source->key_file, option, PQQ_ERR_KEY_UNREADABLE, &pem);
  if (status != PQQ_OK) {
    return status;
  }
  status = pqq__pem_private_key(&pem, source->passphrase, &pkey);
  if (status == PQQ_OK) {
    status = make_key(&pem, leaf, pkey, key);
  }
  EVP_PKEY_free(pkey);
  pqq__pem_close(&pem);
  return status;
}

/* Keeps the DER and the facts; the parsed form is not needed to serve. */
static pqq_status keep_chain(const struct chain *chain, pqq__identity *identity) {
  identity->is_chain_pq = identity->is_chain_classical = 1;
  for (size_t i = 0; i < chain->len; i++) {
    X509 *certificate = chain->certificates[i];
    const char *signed_with = pqq__certificate_signed_with(certificate);
    CRYPTO_BUFFER *buffer = encode(certificate);

    if (buffer == NULL) {
      return PQQ_ERR_NO_MEMORY;
    }
    identity->chain[i] = buffer;
    identity->chain_len = i + 1;
    identity->info[i].algorithm = pqq__certificate_key_name(certificate);
    identity->info[i].signed_with = signed_with != NULL ? signed_with : "unknown";
    identity->info[i].der.data = CRYPTO_BUFFER_data(buffer);
    identity->info[i].der.len = CRYPTO_BUFFER_len(buffer);
    identity->is_chain_pq &= pqq__certificate_is_signed_pq(certificate);
    identity->is_chain_classical &= !pqq__certificate_is_signed_pq(certificate);
  }
  identity->is_development = pqq__certificate_is_development(chain->certificates[0]);
  if (!pqq__certificate_read_names(chain->certificates[0], &identity->names)) {
    return PQQ_ERR_NO_MEMORY;
  }
  return pqq__compressed_fill(&identity->compressed, identity->chain, identity->chain_len);
}

pqq_status pqq__identity_load(const pqq_identity_source *source, const char *label,
                              pqq__identity *identity) {
  struct chain chain = {.len = 0};
  pqq_status status;

  memset(identity, 0, sizeof *identity);
  status = load_chain(source, label, &chain);
  if (status == PQQ_OK) {
    status = source->signer != NULL
                 ? load_signer(source, label, chain.certificates[0], &identity->key)
                 : load_key(source, label, chain.certificates[0], &identity->key);
  }
  if (status == PQQ_OK) {
    identity->scheme = pqq__signing_key_scheme(identity->key);
    status = keep_chain(&chain, identity);
  }
  free_chain(&chain);
  if (status != PQQ_OK) {
    pqq__identity_clear(identity);
  }
  return status;
}

void pqq__identity_clear(pqq__identity *identity) {
  pqq__signing_key_unref(identity->key);
  pqq__compressed_clear(&identity->compressed);
  pqq__name_list_clear(&identity->names);
  for (size_t i = 0; i < identity->chain_len; i++) {
    CRYPTO_BUFFER_free(identity->chain[i]);
  }
  memset(identity, 0, sizeof *identity);
}
