/* SPDX-License-Identifier: MIT */
/* ML-DSA: the answers that NIST (ACVP) and Project Wycheproof publish, against liboqs and AWS-LC.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/bytestring.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "harness.h"
#include "vectors/known_answers.h"
#include "vectors/libraries.h"

TEST("ACVP: key pairs follow from seeds") {
  known_answers_expect("acvp", "ML-DSA-keyGen-FIPS204", 75, 75, 75);
}

TEST("ACVP: signatures follow from keys, messages, contexts and randomness") {
  known_answers_expect("acvp", "ML-DSA-sigGen-FIPS204", 360, 180, 270);
}

TEST("ACVP: signatures verify, modified ones do not") {
  known_answers_expect("acvp", "ML-DSA-sigVer-FIPS204", 180, 90, 135);
}

TEST("Wycheproof: signing with expanded keys") {
  known_answers_expect("wycheproof", "mldsa_44_sign_noseed_test", 73, 64, 73);
  known_answers_expect("wycheproof", "mldsa_65_sign_noseed_test", 78, 66, 78);
  known_answers_expect("wycheproof", "mldsa_87_sign_noseed_test", 69, 57, 69);
}

TEST("Wycheproof: signing with keys from seeds") {
  known_answers_expect("wycheproof", "mldsa_44_sign_seed_test", 86, 75, 86);
  known_answers_expect("wycheproof", "mldsa_65_sign_seed_test", 105, 85, 105);
  known_answers_expect("wycheproof", "mldsa_87_sign_seed_test", 96, 76, 96);
}

TEST("Wycheproof: signatures with hints, norms, lengths or contexts out of range do not verify") {
  known_answers_expect("wycheproof", "mldsa_44_verify_test", 180, 176, 180);
  known_answers_expect("wycheproof", "mldsa_65_verify_test", 210, 206, 210);
  known_answers_expect("wycheproof", "mldsa_87_verify_test", 241, 237, 241);
}

/* The key in a vector's DER (SubjectPublicKeyInfo for a raw public key, else PKCS #8) against the
 * raw one. Both have to be refused or be the same key. */
static void expect_der_equals_raw(const struct vector *vector) {
  const struct parameter_set *set = parameter_set_find(vector_text(vector, "set"));
  struct bytes der = vector_bytes(vector, "der"), seed = vector_bytes(vector, "seed");
  struct bytes pk = vector_bytes(vector, "pk");
  EVP_PKEY *raw, *parsed;
  CBS cbs;

  CBS_init(&cbs, der.data, der.len);
  if (seed.data != NULL) {
    raw = EVP_PKEY_pqdsa_new_raw_private_key(set->nid, seed.data, seed.len);
    parsed = EVP_parse_private_key(&cbs);
  } else {
    raw = EVP_PKEY_pqdsa_new_raw_public_key(set->nid, pk.data, pk.len);
    parsed = EVP_parse_public_key(&cbs);
  }
  EXPECT((raw == NULL) == (parsed == NULL));
  if (raw != NULL) {
    EXPECT_INT(EVP_PKEY_cmp(raw, parsed), 1); /* compares public keys */
    EXPECT_UINT(CBS_len(&cbs), 0);
  }
  EVP_PKEY_free(raw);
  EVP_PKEY_free(parsed);
  ERR_clear_error();
}

static size_t count_der(const char *name) {
  struct vector_file file;
  struct vector vector;
  size_t count = 0;

  vector_file_open(&file, "wycheproof", name);
  while (vector_file_next(&file, &vector)) {
    if (vector_bytes(&vector, "der").data != NULL) {
      NOTE("%s, vector %s", name, vector_text(&vector, "id"));
      expect_der_equals_raw(&vector);
      count++;
    }
  }
  vector_file_close(&file);
  printf("# known answers: %s: %zu keys in DER parsed by AWS-LC\n", name, count);
  return count;
}

TEST("Wycheproof: AWS-LC, which reads our keys and certificates, takes a key in DER for the raw "
     "one") {
  EXPECT_UINT(count_der("mldsa_44_sign_seed_test"), 77);
  EXPECT_UINT(count_der("mldsa_65_sign_seed_test"), 93);
  EXPECT_UINT(count_der("mldsa_87_sign_seed_test"), 84);
  EXPECT_UINT(count_der("mldsa_44_verify_test"), 180);
  EXPECT_UINT(count_der("mldsa_65_verify_test"), 210);
  EXPECT_UINT(count_der("mldsa_87_verify_test"), 241);
}

TEST("one changed bit in a vector is noticed on both libraries") {
  known_answers_expect_noticed("acvp", "ML-DSA-keyGen-FIPS204", "30");
  known_answers_expect_noticed("acvp", "ML-DSA-sigGen-FIPS204", "31");  /* external */
  known_answers_expect_noticed("acvp", "ML-DSA-sigGen-FIPS204", "290"); /* internal, hedged */
  known_answers_expect_noticed("acvp", "ML-DSA-sigVer-FIPS204", "61");
  known_answers_expect_noticed("wycheproof", "mldsa_65_sign_seed_test", "1");
  known_answers_expect_noticed("wycheproof", "mldsa_87_verify_test", "1");
}
