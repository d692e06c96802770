/* SPDX-License-Identifier: MIT */
/* Randomness and key derivation for the layers above, which do not see AWS-LC. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/digest.h>
#include <openssl/hkdf.h>
#include <openssl/mem.h>
#include <openssl/rand.h>

#include "tls/tls.h"

void pqq__tls_random(void *data, size_t len) {
  if (RAND_bytes(data, len) != 1) {
    /* Going on with guessable connection ids and keys would be worse. */
    abort();
  }
}

void pqq__random_take(pqq__random_pool *pool, void *data, size_t len) {
  assert(len <= sizeof pool->bytes);
  if (len > pool->left) {
    pqq__tls_random(pool->bytes, sizeof pool->bytes);
    pool->left = sizeof pool->bytes;
  }
  pool->left -= len;
  memcpy(data, pool->bytes + pool->left, len);
}

void pqq__tls_derive(const uint8_t secret[32], const char *label, uint8_t *out, size_t len) {
  if (HKDF_expand(out, len, EVP_sha256(), secret, 32, (const uint8_t *)label, strlen(label)) != 1) {
    /* Only for more than 255 blocks (RFC 5869 section 2.3): a caller's bug. */
    abort();
  }
}

void pqq__tls_wipe(void *data, size_t len) {
  OPENSSL_cleanse(data, len);
}

const char *pqq__tls_library_version(void) {
  return OpenSSL_version(OPENSSL_VERSION);
}
