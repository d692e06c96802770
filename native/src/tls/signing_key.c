/* SPDX-License-Identifier: MIT */
/* See signing_key.h. */
#include "tls/signing_key.h"

#include <stdatomic.h>
#include <stdlib.h>

#include <openssl/ec_key.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/pool.h>
#include <openssl/rsa.h>

#include "crypto/mldsa_signer.h"

/* Largest ML-DSA keys: ML-DSA-87. */
#define MAX_PUBLIC_KEY_BYTES 2592
#define MAX_PRIVATE_KEY_BYTES 4896

struct pqq__signing_key {
  atomic_uint refs;
  const pqq__signature_scheme *scheme;
  /* With a signer the public half alone. */
  EVP_PKEY *pkey;
  /* NULL for classical keys. */
  pqq__mldsa_signer *mldsa;
  /* `sign` is NULL if the key is ours. */
  pqq_signer signer;
  CRYPTO_BUFFER *certificate;
  int owns_signer;
  atomic_uint pending;
};

static uint16_t ec_scheme(const EVP_PKEY *pkey) {
  const EC_KEY *ec = EVP_PKEY_get0_EC_KEY(pkey);
  const EC_GROUP *group = ec != NULL ? EC_KEY_get0_group(ec) : NULL;

  switch (group != NULL ? EC_GROUP_get_curve_name(group) : NID_undef) {
  case NID_X9_62_prime256v1:
    return PQQ_SCHEME_ECDSA_SECP256R1_SHA256;
  case NID_secp384r1:
    return PQQ_SCHEME_ECDSA_SECP384R1_SHA384;
  default:
    return 0;
  }
}

static uint16_t mldsa_scheme(const EVP_PKEY *pkey) {
  switch (EVP_PKEY_pqdsa_get_type(pkey)) {
  case NID_MLDSA44:
    return PQQ_SCHEME_MLDSA44;
  case NID_MLDSA65:
    return PQQ_SCHEME_MLDSA65;
  case NID_MLDSA87:
    return PQQ_SCHEME_MLDSA87;
  default:
    return 0;
  }
}

const pqq__signature_scheme *pqq__signing_scheme(const EVP_PKEY *pkey) {
  switch (EVP_PKEY_id(pkey)) {
  case EVP_PKEY_EC:
    return pqq__signature_scheme_find(ec_scheme(pkey));
  case EVP_PKEY_PQDSA:
    return pqq__signature_scheme_find(mldsa_scheme(pkey));
  case EVP_PKEY_ED25519:
    return pqq__signature_scheme_find(PQQ_SCHEME_ED25519);
  case EVP_PKEY_RSA:
    return EVP_PKEY_bits(pkey) >= PQQ__MIN_RSA_BITS && EVP_PKEY_bits(pkey) <= PQQ__MAX_RSA_BITS
               ? pqq__signature_scheme_find(PQQ_SCHEME_RSA_PSS_RSAE_SHA256)
               : NULL;
  default:
    return NULL;
  }
}

static pqq_status load_mldsa(pqq__signing_key *key) {
  uint8_t private_key[MAX_PRIVATE_KEY_BYTES];
  uint8_t public_key[MAX_PUBLIC_KEY_BYTES];
  size_t private_len = sizeof private_key;
  size_t public_len = sizeof public_key;
  pqq_status status = PQQ_ERR_KEY_MISMATCH;

  if (EVP_PKEY_get_raw_private_key(key->pkey, private_key, &private_len) == 1 &&
      EVP_PKEY_get_raw_public_key(key->pkey, public_key, &public_len) == 1 &&
      private_len == key->scheme->private_key_bytes &&
      public_len == key->scheme->public_key_bytes) {
    status = pqq__mldsa_signer_new(key->scheme, private_key, public_key, &key->mldsa);
  }
  OPENSSL_cleanse(private_key, sizeof private_key);
  return status;
}

static pqq_status make(EVP_PKEY *pkey, pqq__signing_key **key) {
  const pqq__signature_scheme *scheme = pqq__signing_scheme(pkey);
  pqq__signing_key *made;

  if (scheme == NULL) {
    return PQQ_ERR_KEY_TYPE_UNSUPPORTED;
  }
  made = calloc(1, sizeof *made);
  if (made == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  atomic_init(&made->refs, 1);
  atomic_init(&made->pending, 0);
  made->scheme = scheme;
  EVP_PKEY_up_ref(pkey);
  made->pkey = pkey;
  *key = made;
  return PQQ_OK;
}

pqq_status pqq__signing_key_new(EVP_PKEY *pkey, pqq__signing_key **key) {
  pqq__signing_key *made;
  pqq_status status = make(pkey, &made);

  if (status != PQQ_OK) {
    return status;
  }
  if (made->scheme->is_pq) {
    status = load_mldsa(made);
  }
  if (status != PQQ_OK) {
    pqq__signing_key_unref(made);
    return status;
  }
  *key = made;
  return PQQ_OK;
}

pqq_status pqq__signing_key_new_external(EVP_PKEY *public_key, CRYPTO_BUFFER *certificate,
                                         const pqq_signer *signer, pqq__signing_key **key) {
  pqq_status status = make(public_key, key);

  if (status == PQQ_OK) {
    (*key)->signer = *signer;
    CRYPTO_BUFFER_up_ref(certificate);
    (*key)->certificate = certificate;
  }
  return status;
}

void pqq__signing_key_own_signer(pqq__signing_key *key) {
  key->owns_signer = 1;
}

pqq__signing_key *pqq__signing_key_ref(pqq__signing_key *key) {
  atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
  return key;
}

void pqq__signing_key_unref(pqq__signing_key *key) {
  if (key == NULL || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) != 1) {
    return;
  }
  if (key->owns_signer && key->signer.release != NULL) {
    key->signer.release(key->signer.user_data);
  }
  CRYPTO_BUFFER_free(key->certificate);
  pqq__mldsa_signer_free(key->mldsa);
  EVP_PKEY_free(key->pkey);
  free(key);
}

const pqq__signature_scheme *pqq__signing_key_scheme(const pqq__signing_key *key) {
  return key->scheme;
}

const pqq_signer *pqq__signing_key_signer(const pqq__signing_key *key) {
  return key->signer.sign != NULL ? &key->signer : NULL;
}

pqq_bytes pqq__signing_key_certificate(const pqq__signing_key *key) {
  return key->certificate != NULL ? (pqq_bytes){CRYPTO_BUFFER_data(key->certificate),
                                                CRYPTO_BUFFER_len(key->certificate)}
                                  : (pqq_bytes){NULL, 0};
}

int pqq__signing_key_begin(pqq__signing_key *key) {
  if (atomic_fetch_add_explicit(&key->pending, 1, memory_order_relaxed) < key->signer.max_pending) {
    return 1;
  }
  pqq__signing_key_end(key);
  return 0;
}

void pqq__signing_key_end(pqq__signing_key *key) {
  atomic_fetch_sub_explicit(&key->pending, 1, memory_order_relaxed);
}

uint32_t pqq__signing_key_signature_bytes(const pqq__signing_key *key) {
  return EVP_PKEY_id(key->pkey) == EVP_PKEY_RSA ? (uint32_t)EVP_PKEY_size(key->pkey)
                                                : key->scheme->signature_bytes;
}

/* NULL for what hashes by itself: ML-DSA and Ed25519. */
static const EVP_MD *digest_of(uint16_t scheme) {
  switch (scheme) {
  case PQQ_SCHEME_ECDSA_SECP256R1_SHA256:
  case PQQ_SCHEME_RSA_PSS_RSAE_SHA256:
    return EVP_sha256();
  case PQQ_SCHEME_ECDSA_SECP384R1_SHA384:
  case PQQ_SCHEME_RSA_PSS_RSAE_SHA384:
    return EVP_sha384();
  case PQQ_SCHEME_RSA_PSS_RSAE_SHA512:
    return EVP_sha512();
  default:
    return NULL;
  }
}

/* RFC 8446 section 4.2.3: the salt is as long as the hash. PKCS #1 v1.5 is not for TLS 1.3. */
static int set_padding(EVP_PKEY_CTX *context, const EVP_PKEY *pkey) {
  return EVP_PKEY_id(pkey) != EVP_PKEY_RSA ||
         (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
          EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

static pqq_status sign_classical(const pqq__signing_key *key, uint16_t scheme,
                                 const uint8_t *message, size_t message_len, uint8_t *signature,
                                 size_t *signature_len) {
  EVP_PKEY_CTX *parameters;
  EVP_MD_CTX context;
  int ok;

  EVP_MD_CTX_init(&context);
  *signature_len = PQQ__MAX_SIGNATURE_BYTES;
  ok = EVP_DigestSignInit(&context, &parameters, digest_of(scheme), NULL, key->pkey) == 1 &&
       set_padding(parameters, key->pkey) &&
       EVP_DigestSign(&context, signature, signature_len, message, message_len) == 1;
  EVP_MD_CTX_cleanup(&context);
  return ok ? PQQ_OK : PQQ_ERR_SIGN_FAILED;
}

pqq_status pqq__signing_key_sign(const pqq__signing_key *key, uint16_t scheme,
                                 const uint8_t *message, size_t message_len, uint8_t *signature,
                                 size_t *signature_len) {
  if (key->signer.sign != NULL) {
    return PQQ_ERR_SIGN_FAILED;
  }
  if (key->mldsa == NULL) {
    return sign_classical(key, scheme, message, message_len, signature, signature_len);
  }
  *signature_len = key->scheme->signature_bytes;
  return pqq__mldsa_signer_sign(key->mldsa, message, message_len, signature);
}

int pqq__signature_verify(EVP_PKEY *key, uint16_t scheme, const uint8_t *message,
                          size_t message_len, pqq_bytes signature) {
  EVP_PKEY_CTX *parameters;
  EVP_MD_CTX context;
  int ok;

  EVP_MD_CTX_init(&context);
  ok = EVP_DigestVerifyInit(&context, &parameters, digest_of(scheme), NULL, key) == 1 &&
       set_padding(parameters, key) &&
       EVP_DigestVerify(&context, signature.data, signature.len, message, message_len) == 1;
  EVP_MD_CTX_cleanup(&context);
  return ok;
}

int pqq__signing_key_verify(const pqq__signing_key *key, uint16_t scheme, const uint8_t *message,
                            size_t message_len, pqq_bytes signature) {
  return pqq__signature_verify(key->pkey, scheme, message, message_len, signature);
}
