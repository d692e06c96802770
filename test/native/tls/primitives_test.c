/* SPDX-License-Identifier: MIT */
/* Randomness, derivation, the block cipher, the self check and alert names:
 * what tls.h gives to the layers above beside sessions. */
#include <string.h>

#include "harness.h"
#include "tls/tls.h"

TEST("the self check passes, every time") {
  EXPECT_INT(pqq__tls_self_check(), PQQ_OK);
  EXPECT_INT(pqq__tls_self_check(), PQQ_OK);
  EXPECT(strstr(pqq__tls_library_version(), "AWS-LC") != NULL);
}

TEST("a block goes back to what it was, under its own key only") {
  const uint8_t key[16] = "0123456789abcde", other[16] = "0123456789abcdX";
  pqq__block_cipher *cipher = pqq__block_cipher_new(key), *wrong = pqq__block_cipher_new(other);
  uint8_t plain[16], sealed[16], opened[16];

  for (int i = 0; i < 100; i++) {
    pqq__tls_random(plain, sizeof plain);
    pqq__block_encrypt(cipher, plain, sealed);
    EXPECT(memcmp(plain, sealed, 16) != 0);
    pqq__block_decrypt(cipher, sealed, opened);
    EXPECT_MEM(opened, 16, plain, 16);
    pqq__block_decrypt(wrong, sealed, opened);
    EXPECT(memcmp(opened, plain, 16) != 0);
  }
  /* In place, as connection ids are made. */
  memcpy(sealed, plain, 16);
  pqq__block_encrypt(cipher, sealed, sealed);
  pqq__block_decrypt(cipher, sealed, sealed);
  EXPECT_MEM(sealed, 16, plain, 16);
  pqq__block_cipher_free(cipher);
  pqq__block_cipher_free(wrong);
  pqq__block_cipher_free(NULL);
}

TEST("derived keys depend on secret and label, and a longer one begins like a shorter one") {
  uint8_t secret[32] = {1}, one[16], two[16], longer[48];

  pqq__tls_derive(secret, "a", one, sizeof one);
  pqq__tls_derive(secret, "b", two, sizeof two);
  EXPECT(memcmp(one, two, sizeof one) != 0);
  pqq__tls_derive(secret, "a", longer, sizeof longer);
  EXPECT_MEM(longer, sizeof one, one, sizeof one);
  secret[31] = 1;
  pqq__tls_derive(secret, "a", two, sizeof two);
  EXPECT(memcmp(one, two, sizeof one) != 0);
}

TEST("random bytes do not repeat") {
  uint8_t one[32] = {0}, two[32] = {0};

  pqq__tls_random(one, sizeof one);
  pqq__tls_random(two, sizeof two);
  EXPECT(memcmp(one, two, sizeof one) != 0);
  pqq__tls_random(one, 0);
}

TEST("alerts have their IANA names") {
  static const struct {
    uint8_t alert;
    pqq_status status;
    const char *name;
  } rows[] = {{40, PQQ_ERR_TLS_ALERT, "handshake_failure"},
              {48, PQQ_ERR_TLS_ALERT, "unknown_ca"},
              {109, PQQ_ERR_TLS_ALERT, "missing_extension"},
              {120, PQQ_ERR_NO_SHARED_ALPN, "no_application_protocol"},
              {255, PQQ_ERR_TLS_ALERT, "unassigned"}};

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const char *name;

    EXPECT_INT(pqq__tls_alert_status(rows[i].alert, &name), rows[i].status);
    EXPECT_STR(name, rows[i].name);
  }
}
