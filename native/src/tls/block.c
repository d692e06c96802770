/* SPDX-License-Identifier: MIT */
/* One block of AES-128 (FIPS 197), both ways. */
#include <stdlib.h>

#include <openssl/aes.h>
#include <openssl/mem.h>

#include "tls/tls.h"

struct pqq__block_cipher {
  AES_KEY encrypt;
  AES_KEY decrypt;
};

pqq__block_cipher *pqq__block_cipher_new(const uint8_t key[16]) {
  pqq__block_cipher *cipher = calloc(1, sizeof *cipher);

  if (cipher == NULL) {
    return NULL;
  }
  if (AES_set_encrypt_key(key, 128, &cipher->encrypt) != 0 ||
      AES_set_decrypt_key(key, 128, &cipher->decrypt) != 0) {
    pqq__block_cipher_free(cipher);
    return NULL;
  }
  return cipher;
}

void pqq__block_cipher_free(pqq__block_cipher *cipher) {
  if (cipher == NULL) {
    return;
  }
  OPENSSL_cleanse(cipher, sizeof *cipher);
  free(cipher);
}

void pqq__block_encrypt(const pqq__block_cipher *cipher, const uint8_t in[16], uint8_t out[16]) {
  AES_encrypt(in, out, &cipher->encrypt);
}

void pqq__block_decrypt(const pqq__block_cipher *cipher, const uint8_t in[16], uint8_t out[16]) {
  AES_decrypt(in, out, &cipher->decrypt);
}
