/* SPDX-License-Identifier: MIT */
/* liboqs signs, AWS-LC verifies: two implementations of FIPS 204 that share no
 * code have to agree, and a key whose halves differ has to be noticed. */
#include "crypto/mldsa_signer.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "harness.h"
#include "tls/fixtures.h"

static const struct {
  const char *name;
  uint16_t id;
} sets[] = {{"ML-DSA-44", 0x0904}, {"ML-DSA-65", 0x0905}, {"ML-DSA-87", 0x0906}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct raw_key {
  uint8_t private_key[4896];
  uint8_t public_key[2592];
};

static void read_raw(EVP_PKEY *key, struct raw_key *raw) {
  size_t private_len = sizeof raw->private_key, public_len = sizeof raw->public_key;

  EXPECT_INT(EVP_PKEY_get_raw_private_key(key, raw->private_key, &private_len), 1);
  EXPECT_INT(EVP_PKEY_get_raw_public_key(key, raw->public_key, &public_len), 1);
}

static int verifies(EVP_PKEY *key, const uint8_t *message, size_t message_len,
                    const uint8_t *signature, size_t signature_len) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  int ok = EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
           EVP_DigestVerify(context, signature, signature_len, message, message_len) == 1;

  EVP_MD_CTX_free(context);
  return ok;
}

TEST("signatures verify under the other library, for messages of any length") {
  static const size_t lengths[] = {0, 1, 64, 130, 4096};
  uint8_t message[4096], signature[PQQ__MAX_SIGNATURE_BYTES];

  memset(message, 'm', sizeof message);
  for (size_t i = 0; i < COUNT(sets); i++) {
    const pqq__signature_scheme *scheme = pqq__signature_scheme_find(sets[i].id);
    EVP_PKEY *key = fixture_key(sets[i].name);
    pqq__mldsa_signer *signer;
    struct raw_key raw;

    read_raw(key, &raw);
    EXPECT_INT(pqq__mldsa_signer_new(scheme, raw.private_key, raw.public_key, &signer), PQQ_OK);
    for (size_t j = 0; j < COUNT(lengths); j++) {
      NOTE("%s, %zu bytes", sets[i].name, lengths[j]);
      EXPECT_INT(pqq__mldsa_signer_sign(signer, message, lengths[j], signature), PQQ_OK);
      EXPECT(verifies(key, message, lengths[j], signature, scheme->signature_bytes));
      signature[0] ^= 1;
      EXPECT(!verifies(key, message, lengths[j], signature, scheme->signature_bytes));
    }
    pqq__mldsa_signer_free(signer);
    EVP_PKEY_free(key);
  }
}

TEST("signing is hedged: the same message twice gives two signatures") {
  const pqq__signature_scheme *scheme = pqq__signature_scheme_find(0x0904);
  EVP_PKEY *key = fixture_key("ML-DSA-44");
  pqq__mldsa_signer *signer;
  struct raw_key raw;
  uint8_t one[PQQ__MAX_SIGNATURE_BYTES], two[PQQ__MAX_SIGNATURE_BYTES];

  read_raw(key, &raw);
  EXPECT_INT(pqq__mldsa_signer_new(scheme, raw.private_key, raw.public_key, &signer), PQQ_OK);
  EXPECT_INT(pqq__mldsa_signer_sign(signer, (const uint8_t *)"x", 1, one), PQQ_OK);
  EXPECT_INT(pqq__mldsa_signer_sign(signer, (const uint8_t *)"x", 1, two), PQQ_OK);
  EXPECT(memcmp(one, two, scheme->signature_bytes) != 0);
  pqq__mldsa_signer_free(signer);
  EVP_PKEY_free(key);
}

TEST("a private key that is not the public key's is refused") {
  for (size_t i = 0; i < COUNT(sets); i++) {
    const pqq__signature_scheme *scheme = pqq__signature_scheme_find(sets[i].id);
    EVP_PKEY *one = fixture_key(sets[i].name), *two = fixture_key(sets[i].name);
    pqq__mldsa_signer *signer = NULL;
    struct raw_key first, second;

    NOTE("%s", sets[i].name);
    read_raw(one, &first);
    read_raw(two, &second);
    EXPECT_INT(pqq__mldsa_signer_new(scheme, first.private_key, second.public_key, &signer),
               PQQ_ERR_KEY_MISMATCH);
    EXPECT(signer == NULL);
    EVP_PKEY_free(one);
    EVP_PKEY_free(two);
  }
}

TEST("a scheme that is not ML-DSA is refused, and free takes NULL") {
  uint8_t key[4896] = {0};
  pqq__mldsa_signer *signer = NULL;

  EXPECT_INT(pqq__mldsa_signer_new(pqq__signature_scheme_find(0x0403), key, key, &signer),
             PQQ_ERR_KEY_TYPE_UNSUPPORTED);
  pqq__mldsa_signer_free(NULL);
  EXPECT(strlen(pqq__mldsa_library_version()) >= 5);
}
