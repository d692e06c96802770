/* SPDX-License-Identifier: MIT */
/* The only file that includes liboqs. See mldsa_signer.h. */
#include "crypto/mldsa_signer.h"

#include <stdlib.h>
#include <string.h>

#include <oqs/oqs.h>

/* Bytes of the random message of the self-check: as long as the content that
 * TLS signs (RFC 8446 section 4.4.3, with SHA-256). */
#define CHECK_MESSAGE_BYTES 130

struct pqq__mldsa_signer {
  OQS_SIG *sig;
  const pqq__signature_scheme *scheme;
  uint8_t private_key[];
};

static const char *oqs_name(uint16_t scheme) {
  switch (scheme) {
  case PQQ_SCHEME_MLDSA44:
    return OQS_SIG_alg_ml_dsa_44;
  case PQQ_SCHEME_MLDSA65:
    return OQS_SIG_alg_ml_dsa_65;
  case PQQ_SCHEME_MLDSA87:
    return OQS_SIG_alg_ml_dsa_87;
  default:
    return NULL;
  }
}

/* A key whose halves do not belong together, or a build of liboqs that
 * miscomputes on this processor, must not reach a client. */
static pqq_status check(const pqq__mldsa_signer *signer, const uint8_t *public_key) {
  uint8_t message[CHECK_MESSAGE_BYTES];
  uint8_t signature[PQQ__MAX_SIGNATURE_BYTES];

  OQS_randombytes(message, sizeof message);
  if (pqq__mldsa_signer_sign(signer, message, sizeof message, signature) != PQQ_OK ||
      OQS_SIG_verify(signer->sig, message, sizeof message, signature,
                     signer->scheme->signature_bytes, public_key) != OQS_SUCCESS) {
    return PQQ_ERR_KEY_MISMATCH;
  }
  return PQQ_OK;
}

pqq_status pqq__mldsa_signer_new(const pqq__signature_scheme *scheme, const uint8_t *private_key,
                                 const uint8_t *public_key, pqq__mldsa_signer **signer) {
  const char *name = oqs_name(scheme->id);
  pqq__mldsa_signer *made;
  pqq_status status;

  if (name == NULL || !OQS_SIG_alg_is_enabled(name)) {
    return PQQ_ERR_KEY_TYPE_UNSUPPORTED;
  }
  made = calloc(1, sizeof *made + scheme->private_key_bytes);
  if (made == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  made->scheme = scheme;
  memcpy(made->private_key, private_key, scheme->private_key_bytes);
  made->sig = OQS_SIG_new(name);
  if (made->sig == NULL) {
    status = PQQ_ERR_NO_MEMORY;
  } else if (made->sig->length_secret_key != scheme->private_key_bytes ||
             made->sig->length_signature != scheme->signature_bytes) {
    /* A system liboqs that still has Dilithium's sizes. */
    status = PQQ_ERR_KEY_TYPE_UNSUPPORTED;
  } else {
    status = check(made, public_key);
  }
  if (status != PQQ_OK) {
    pqq__mldsa_signer_free(made);
    return status;
  }
  *signer = made;
  return PQQ_OK;
}

void pqq__mldsa_signer_free(pqq__mldsa_signer *signer) {
  if (signer == NULL) {
    return;
  }
  OQS_SIG_free(signer->sig);
  OQS_MEM_cleanse(signer->private_key, signer->scheme->private_key_bytes);
  free(signer);
}

pqq_status pqq__mldsa_signer_sign(const pqq__mldsa_signer *signer, const uint8_t *message,
                                  size_t message_len, uint8_t *signature) {
  size_t len = 0;

  if (OQS_SIG_sign(signer->sig, signature, &len, message, message_len, signer->private_key) !=
          OQS_SUCCESS ||
      len != signer->scheme->signature_bytes) {
    return PQQ_ERR_SIGN_FAILED;
  }
  return PQQ_OK;
}

const char *pqq__mldsa_library_version(void) {
  return OQS_version();
}
