/* SPDX-License-Identifier: MIT */
/* Certificates and private keys out of PEM text (RFC 7468), from memory or a
 * file. Errors are typed, and pqq_error_detail names the source and what was
 * found instead. */
#ifndef PQQ__TLS_PEM_H
#define PQQ__TLS_PEM_H

#include <openssl/base.h>

#include <pqq/error.h>
#include <pqq/types.h>

/* A PEM text and what to call it in messages: a path or an option's name. */
typedef struct pqq__pem {
  const char *name;
  const char *data;
  size_t len;
  /* Owned copy of a file; NULL if `data` is borrowed. */
  char *file;
} pqq__pem;

/* Takes `text` if it has bytes, else reads the file at `path`. `option` names
 * the text in messages. Returns `unreadable` with a detail if neither or both
 * are given, or if the file cannot be read or is larger than PQQ__MAX_PEM_BYTES. */
pqq_status pqq__pem_open(pqq_bytes text, const char *path, const char *option,
                         pqq_status unreadable, pqq__pem *pem);

/* Wipes and frees what pqq__pem_open read. */
void pqq__pem_close(pqq__pem *pem);

/* Every CERTIFICATE block in order; other blocks are skipped. `certificates`
 * has room for `max`. The caller frees each. Returns `unreadable` with a detail
 * if there is none, one does not parse, or there are more than `max`. */
pqq_status pqq__pem_certificates(const pqq__pem *pem, pqq_status unreadable, size_t max,
                                 X509 **certificates, size_t *count);

/* What an identity can have, for messages. */
#define PQQ__KEY_TYPES \
  "ML-DSA-44, -65, -87, ECDSA P-256, P-384, Ed25519 and RSA of 2,048 to 4,096 bits"

/* The first private key: PKCS#8 (RFC 5958; ML-DSA as in RFC 9881 section 6:
 * seed, expanded key or both), encrypted or not, SEC 1 for EC (RFC 5915) or PKCS #1 for
 * RSA (RFC 8017). `passphrase`: of an encrypted one. The caller frees it.
 * Errors: PQQ_ERR_KEY_UNREADABLE, PQQ_ERR_KEY_TYPE_UNSUPPORTED. */
pqq_status pqq__pem_private_key(const pqq__pem *pem, pqq_bytes passphrase, EVP_PKEY **pkey);

#endif
