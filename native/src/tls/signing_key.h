/* SPDX-License-Identifier: MIT */
/* The private key of an identity: ML-DSA keys sign with liboqs, classical ones
 * with AWS-LC, and those that are somewhere else by an external signer. Immutable and
 * counted, because a signing job may outlive connection, engine and configuration. */
#ifndef PQQ__TLS_SIGNING_KEY_H
#define PQQ__TLS_SIGNING_KEY_H

#include <openssl/base.h>

#include <pqq/error.h>
#include <pqq/signer.h>
#include <pqq/types.h>

#include "crypto/algorithms.h"

/* Thread-safe. */
typedef struct pqq__signing_key pqq__signing_key;

/* RSA keys of identities. Shorter ones are not safe (CA/Browser Forum Baseline Requirements section
 * 6.1.5); longer ones take a server milliseconds for each handshake, and no security that the rest
 * of the chain has. */
#define PQQ__MIN_RSA_BITS 2048
#define PQQ__MAX_RSA_BITS 4096

/* The scheme that a public or private key signs with, NULL if libpqq has none
 * for it that a server identity may use. Of those of an RSA key, which differ in the
 * hash, the one that every client has to take (RFC 8446 section 9.1). */
const pqq__signature_scheme *pqq__signing_scheme(const EVP_PKEY *pkey);

/* Makes a key with one reference; takes its own reference to `pkey`.
 * Errors: PQQ_ERR_KEY_TYPE_UNSUPPORTED, PQQ_ERR_KEY_MISMATCH (a test signature
 * does not verify), PQQ_ERR_NO_MEMORY. */
pqq_status pqq__signing_key_new(EVP_PKEY *pkey, pqq__signing_key **key);
/* A key that is the signer's, which has been checked: all that is here is its public half and the
 * leaf in DER, to which it takes a reference. Errors: PQQ_ERR_KEY_TYPE_UNSUPPORTED,
 * PQQ_ERR_NO_MEMORY. */
pqq_status pqq__signing_key_new_external(EVP_PKEY *public_key, CRYPTO_BUFFER *certificate,
                                         const pqq_signer *signer, pqq__signing_key **key);
/* From here on the end of the key releases its signer. */
void pqq__signing_key_own_signer(pqq__signing_key *key);
pqq__signing_key *pqq__signing_key_ref(pqq__signing_key *key);
void pqq__signing_key_unref(pqq__signing_key *key);

const pqq__signature_scheme *pqq__signing_key_scheme(const pqq__signing_key *key);

/* Bytes of its signatures, at most. */
uint32_t pqq__signing_key_signature_bytes(const pqq__signing_key *key);

/* NULL if the key is ours. */
const pqq_signer *pqq__signing_key_signer(const pqq__signing_key *key);
/* The leaf of a key with a signer; else empty. */
pqq_bytes pqq__signing_key_certificate(const pqq__signing_key *key);
/* A signature of the signer begins: 1, or 0 if max_pending are under way; and ends. */
int pqq__signing_key_begin(pqq__signing_key *key);
void pqq__signing_key_end(pqq__signing_key *key);
/* pqq__signature_verify with the public half. */
int pqq__signing_key_verify(const pqq__signing_key *key, uint16_t scheme, const uint8_t *message,
                            size_t message_len, pqq_bytes signature);

/* Signs the content of a CertificateVerify with `scheme`, which is one of the key's.
 * `signature` has room for PQQ__MAX_SIGNATURE_BYTES. Errors: PQQ_ERR_SIGN_FAILED, also of a key
 * with a signer. */
pqq_status pqq__signing_key_sign(const pqq__signing_key *key, uint16_t scheme,
                                 const uint8_t *message, size_t message_len, uint8_t *signature,
                                 size_t *signature_len);

/* 1 if `signature` over the message was made with the private half of `key` in
 * `scheme`, which is one of the key's. */
int pqq__signature_verify(EVP_PKEY *key, uint16_t scheme, const uint8_t *message,
                          size_t message_len, pqq_bytes signature);

#endif
