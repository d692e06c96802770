/* SPDX-License-Identifier: MIT */
/* Proves at start-up that both crypto libraries work on this processor and
 * agree with each other: published vectors for AES and HKDF, and for each
 * ML-DSA parameter set a liboqs signature that AWS-LC verifies. */
#include <pthread.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/nid.h>

#include "core/error.h"
#include "tls/signing_key.h"
#include "tls/tls.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
/* Written under `once`, read after it. NULL: all is well. */
static const char *broken = "the self check did not run";

/* FIPS 197 appendix C.1. */
static int check_block(void) {
  static const uint8_t key[16] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
                                  0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f};
  static const uint8_t plain[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                    0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
  static const uint8_t cipher[16] = {0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30,
                                     0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a};
  pqq__block_cipher *block = pqq__block_cipher_new(key);
  uint8_t sealed[16], opened[16];

  if (block == NULL) {
    return 0;
  }
  pqq__block_encrypt(block, plain, sealed);
  pqq__block_decrypt(block, sealed, opened);
  pqq__block_cipher_free(block);
  return memcmp(sealed, cipher, 16) == 0 && memcmp(opened, plain, 16) == 0;
}

/* RFC 5869 appendix A.3: the pseudorandom key and output without info. */
static int check_derive(void) {
  static const uint8_t secret[32] = {0x19, 0xef, 0x24, 0xa3, 0x2c, 0x71, 0x7b, 0x16,
                                     0x7f, 0x33, 0xa9, 0x1d, 0x6f, 0x64, 0x8b, 0xdf,
                                     0x96, 0x59, 0x67, 0x76, 0xaf, 0xdb, 0x63, 0x77,
                                     0xac, 0x43, 0x4c, 0x1c, 0x29, 0x3c, 0xcb, 0x04};
  static const uint8_t want[42] = {0x8d, 0xa4, 0xe7, 0x75, 0xa5, 0x63, 0xc1, 0x8f, 0x71, 0x5f, 0x80,
                                   0x2a, 0x06, 0x3c, 0x5a, 0x31, 0xb8, 0xa1, 0x1f, 0x5c, 0x5e, 0xe1,
                                   0x87, 0x9e, 0xc3, 0x45, 0x4e, 0x5f, 0x3c, 0x73, 0x8d, 0x2d, 0x9d,
                                   0x20, 0x13, 0x95, 0xfa, 0xa4, 0xb6, 0x1a, 0x96, 0xc8};
  uint8_t out[42];

  pqq__tls_derive(secret, "", out, sizeof out);
  return memcmp(out, want, sizeof out) == 0;
}

static EVP_PKEY *new_mldsa_key(int nid) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_PQDSA, NULL);
  EVP_PKEY *pkey = NULL;

  if (context != NULL && EVP_PKEY_CTX_pqdsa_set_params(context, nid) == 1 &&
      EVP_PKEY_keygen_init(context) == 1) {
    (void)EVP_PKEY_keygen(context, &pkey);
  }
  EVP_PKEY_CTX_free(context);
  return pkey;
}

static int verify(EVP_PKEY *pkey, const uint8_t *message, size_t message_len,
                  const uint8_t *signature, size_t signature_len) {
  EVP_MD_CTX context;
  int ok;

  EVP_MD_CTX_init(&context);
  ok = EVP_DigestVerifyInit(&context, NULL, NULL, NULL, pkey) == 1 &&
       EVP_DigestVerify(&context, signature, signature_len, message, message_len) == 1;
  EVP_MD_CTX_cleanup(&context);
  return ok;
}

static int check_mldsa(int nid) {
  static const uint8_t message[] = "velo self check";
  EVP_PKEY *pkey = new_mldsa_key(nid);
  pqq__signing_key *key = NULL;
  uint8_t signature[PQQ__MAX_SIGNATURE_BYTES];
  size_t len;
  int ok = pkey != NULL && pqq__signing_key_new(pkey, &key) == PQQ_OK &&
           pqq__signing_key_sign(key, pqq__signing_key_scheme(key)->id, message, sizeof message,
                                 signature, &len) == PQQ_OK &&
           verify(pkey, message, sizeof message, signature, len);

  if (ok) {
    /* A verifier that accepts everything passes the rest. */
    signature[len / 2] ^= 1;
    ok = !verify(pkey, message, sizeof message, signature, len);
  }
  pqq__signing_key_unref(key);
  EVP_PKEY_free(pkey);
  return ok;
}

static void run(void) {
  broken = !check_block()              ? "AES-128"
           : !check_derive()           ? "HKDF"
           : !check_mldsa(NID_MLDSA44) ? "ML-DSA-44"
           : !check_mldsa(NID_MLDSA65) ? "ML-DSA-65"
           : !check_mldsa(NID_MLDSA87) ? "ML-DSA-87"
                                       : NULL;
  ERR_clear_error();
}

pqq_status pqq__tls_self_check(void) {
  if (pthread_once(&once, run) != 0 || broken != NULL) {
    return pqq__error_set(PQQ_ERR_UNSUPPORTED, "crypto self check failed: %s", broken);
  }
  return PQQ_OK;
}
