/* SPDX-License-Identifier: MIT */
/* The private key of an identity: ML-DSA keys sign with liboqs, ECDSA keys with
 * AWS-LC. Immutable and counted, because a signing job may outlive connection,
 * engine and configuration. */
#ifndef PQQ__TLS_SIGNING_KEY_H
#define PQQ__TLS_SIGNING_KEY_H

#include <openssl/base.h>

#include <pqq/error.h>
#include <pqq/types.h>

#include "crypto/algorithms.h"

/* Thread-safe. */
typedef struct pqq__signing_key pqq__signing_key;

/* The scheme that a public or private key signs with, NULL if libpqq has none
 * for it that a server identity may use. */
const pqq__signature_scheme *pqq__signing_scheme(const EVP_PKEY *pkey);

/* Makes a key with one reference; takes its own reference to `pkey`.
 * Errors: PQQ_ERR_KEY_TYPE_UNSUPPORTED, PQQ_ERR_KEY_MISMATCH (a test signature
 * does not verify), PQQ_ERR_NO_MEMORY. */
pqq_status pqq__signing_key_new(EVP_PKEY *pkey, pqq__signing_key **key);
pqq__signing_key *pqq__signing_key_ref(pqq__signing_key *key);
void pqq__signing_key_unref(pqq__signing_key *key);

const pqq__signature_scheme *pqq__signing_key_scheme(const pqq__signing_key *key);

/* Signs the content of a CertificateVerify. `signature` has room for
 * PQQ__MAX_SIGNATURE_BYTES. Errors: PQQ_ERR_SIGN_FAILED. */
pqq_status pqq__signing_key_sign(const pqq__signing_key *key, const uint8_t *message,
                                 size_t message_len, uint8_t *signature, size_t *signature_len);

/* 1 if `signature` over the message was made with the private half of `key` in
 * the scheme of pqq__signing_scheme(key), which must not be NULL. */
int pqq__signature_verify(EVP_PKEY *key, const uint8_t *message, size_t message_len,
                          pqq_bytes signature);

#endif
