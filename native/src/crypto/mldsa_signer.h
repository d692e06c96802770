/* SPDX-License-Identifier: MIT */
/* ML-DSA signing with liboqs, which is 1.2 to 1.7 times as fast at it as the
 * TLS library's own code. Used by tls/signing_key.c. Pure ML-DSA with the empty
 * context (FIPS 204 section 5.2), as TLS and X.509 want it. */
#ifndef PQQ__CRYPTO_MLDSA_SIGNER_H
#define PQQ__CRYPTO_MLDSA_SIGNER_H

#include <pqq/error.h>

#include "crypto/algorithms.h"

/* Immutable after _new; any number of threads may sign with one. */
typedef struct pqq__mldsa_signer pqq__mldsa_signer;

/* Copies the expanded private key (FIPS 204 algorithm 24, `private_key_bytes`
 * of `scheme`) and proves that it works: a random message is signed and the
 * signature verified under `public_key`.
 * Errors: PQQ_ERR_KEY_TYPE_UNSUPPORTED (not an ML-DSA scheme of this liboqs),
 * PQQ_ERR_KEY_MISMATCH (the proof failed), PQQ_ERR_NO_MEMORY. */
pqq_status pqq__mldsa_signer_new(const pqq__signature_scheme *scheme, const uint8_t *private_key,
                                 const uint8_t *public_key, pqq__mldsa_signer **signer);

/* Wipes and frees. NULL is ignored. */
void pqq__mldsa_signer_free(pqq__mldsa_signer *signer);

/* Writes exactly `signature_bytes` of the scheme to `signature`. Hedged: fresh
 * randomness goes in. Errors: PQQ_ERR_SIGN_FAILED. */
pqq_status pqq__mldsa_signer_sign(const pqq__mldsa_signer *signer, const uint8_t *message,
                                  size_t message_len, uint8_t *signature);

/* Version text of liboqs, such as "0.13.0". Static memory. */
const char *pqq__mldsa_library_version(void);

#endif
