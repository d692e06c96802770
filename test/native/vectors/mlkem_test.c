/* SPDX-License-Identifier: MIT */
/* ML-KEM: the answers that NIST (ACVP) and Project Wycheproof publish, against liboqs and AWS-LC.
 */
#include "harness.h"
#include "vectors/known_answers.h"

TEST("ACVP: key pairs follow from d and z") {
  known_answers_expect("acvp", "ML-KEM-keyGen-FIPS203", 75, 75, 75);
}

TEST("ACVP: ciphertexts follow from m, secrets from ciphertexts, modified ones included") {
  known_answers_expect("acvp", "ML-KEM-encapDecap-FIPS203", 105, 105, 105);
}

TEST("Wycheproof: key pairs follow from seeds") {
  known_answers_expect("wycheproof", "mlkem_512_keygen_seed_test", 100, 100, 100);
  known_answers_expect("wycheproof", "mlkem_768_keygen_seed_test", 100, 100, 100);
  known_answers_expect("wycheproof", "mlkem_1024_keygen_seed_test", 100, 100, 100);
}

TEST("Wycheproof: encapsulation, and keys with coefficients too large or of a wrong length") {
  known_answers_expect("wycheproof", "mlkem_512_encaps_test", 261, 241, 261);
  known_answers_expect("wycheproof", "mlkem_768_encaps_test", 265, 245, 265);
  known_answers_expect("wycheproof", "mlkem_1024_encaps_test", 269, 249, 269);
}

TEST("Wycheproof: decapsulation with keys from seeds, implicit rejection and wrong lengths") {
  known_answers_expect("wycheproof", "mlkem_512_test", 200, 160, 200);
  known_answers_expect("wycheproof", "mlkem_768_test", 201, 161, 201);
  known_answers_expect("wycheproof", "mlkem_1024_test", 202, 162, 202);
}

TEST("Wycheproof: decapsulation with expanded keys, corrupted and of a wrong length too") {
  known_answers_expect("wycheproof", "mlkem_512_semi_expanded_decaps_test", 9, 5, 9);
  known_answers_expect("wycheproof", "mlkem_768_semi_expanded_decaps_test", 9, 5, 9);
  known_answers_expect("wycheproof", "mlkem_1024_semi_expanded_decaps_test", 9, 5, 9);
}

TEST("one changed bit in a vector is noticed on both libraries") {
  known_answers_expect_noticed("acvp", "ML-KEM-keyGen-FIPS203", "1");
  known_answers_expect_noticed("acvp", "ML-KEM-encapDecap-FIPS203", "26"); /* encapsulation */
  known_answers_expect_noticed("acvp", "ML-KEM-encapDecap-FIPS203", "96"); /* implicit rejection */
  known_answers_expect_noticed("wycheproof", "mlkem_768_test", "1");
  known_answers_expect_noticed("wycheproof", "mlkem_768_encaps_test", "140");
}
