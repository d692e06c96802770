/* SPDX-License-Identifier: MIT */
/* Loading certificates and keys: every form that has to load, and for what does
 * not, the status and what the detail names. */
#include "tls/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/limits.h"
#include "fixtures.h"
#include "harness.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const fixture_spec leaf_spec = {.common_name = "localhost", .dns = "localhost"};

static X509 *self_signed(EVP_PKEY *key) {
  return fixture_certificate(&leaf_spec, key, NULL, NULL);
}

static pqq_identity_source source_of(const char *cert, const char *key) {
  return (pqq_identity_source){.cert_pem = fixture_bytes(cert), .key_pem = fixture_bytes(key)};
}

static void expect_loads(const char *cert, const char *key, const char *name) {
  pqq_identity_source source = source_of(cert, key);
  pqq__identity identity;
  uint8_t signature[PQQ__MAX_SIGNATURE_BYTES];
  size_t len;

  pqq__error_clear();
  if (pqq__identity_load(&source, "identities[0]", &identity) != PQQ_OK) {
    FAIL("%s", pqq_error_detail());
  }
  EXPECT_STR(identity.scheme->key_name, name);
  EXPECT_STR(identity.info[0].algorithm, name);
  EXPECT_INT(pqq__signing_key_sign(identity.key, identity.scheme->id, (const uint8_t *)"x", 1,
                                   signature, &len),
             PQQ_OK);
  EXPECT(len > 0 && len <= identity.scheme->signature_bytes);
  pqq__identity_clear(&identity);
}

/* Loading fails with `status`; the detail names the source and `text`. */
static void expect_refused(const char *cert, const char *key, pqq_status status, const char *where,
                           const char *text) {
  pqq_identity_source source = source_of(cert, key);
  pqq__identity identity;

  pqq__error_clear();
  EXPECT_INT(pqq__identity_load(&source, "identities[1]", &identity), status);
  if (strstr(pqq_error_detail(), where) == NULL || strstr(pqq_error_detail(), text) == NULL) {
    FAIL("\"%s\" does not name \"%s\" and \"%s\"", pqq_error_detail(), where, text);
  }
}

TEST("ML-DSA keys load in all three forms of RFC 9881") {
  static const char *const sets[] = {"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"};
  static const fixture_form forms[] = {FORM_SEED, FORM_EXPANDED, FORM_BOTH};

  for (size_t i = 0; i < COUNT(sets); i++) {
    EVP_PKEY *key = fixture_key(sets[i]);
    X509 *leaf = self_signed(key);
    char *cert = fixture_certificates_pem(&leaf, 1);

    for (size_t j = 0; j < COUNT(forms); j++) {
      char *pem = fixture_mldsa_pem(key, forms[j]);

      NOTE("%s, form %zu", sets[i], j);
      expect_loads(cert, pem, sets[i]);
      free(pem);
    }
    free(cert);
    X509_free(leaf);
    EVP_PKEY_free(key);
  }
}

TEST("ECDSA keys load as PKCS#8 and SEC 1, with other blocks and text around") {
  static const char *const curves[][2] = {{"P-256", "ECDSA P-256"}, {"P-384", "ECDSA P-384"}};

  for (size_t i = 0; i < COUNT(curves); i++) {
    EVP_PKEY *key = fixture_key(curves[i][0]);
    X509 *leaf = self_signed(key);
    char *cert = fixture_certificates_pem(&leaf, 1);
    char *pkcs8 = fixture_key_pem(key), *sec1 = fixture_sec1_pem(key);
    char *parameters = fixture_pem("EC PARAMETERS", (const uint8_t *)"\x06\x00", 2);
    char text[8192];

    NOTE("%s", curves[i][0]);
    expect_loads(cert, pkcs8, curves[i][1]);
    expect_loads(cert, sec1, curves[i][1]);
    snprintf(text, sizeof text, "# made by hand\n%s%s", parameters, sec1);
    expect_loads(cert, text, curves[i][1]);
    /* One file for both, as many servers keep it; CR LF line ends. */
    snprintf(text, sizeof text, "%s%s", pkcs8, cert);
    expect_loads(text, text, curves[i][1]);
    free(cert);
    free(pkcs8);
    free(sec1);
    free(parameters);
    X509_free(leaf);
    EVP_PKEY_free(key);
  }
}

TEST("CR LF line ends are read") {
  EVP_PKEY *key = fixture_key("ML-DSA-44");
  X509 *leaf = self_signed(key);
  char *cert = fixture_certificates_pem(&leaf, 1), *pem = fixture_key_pem(key);
  char *crlf = malloc(2 * strlen(cert) + 1);
  size_t at = 0;

  for (const char *c = cert; *c != '\0'; c++) {
    if (*c == '\n') {
      crlf[at++] = '\r';
    }
    crlf[at++] = *c;
  }
  crlf[at] = '\0';
  expect_loads(crlf, pem, "ML-DSA-44");
  free(crlf);
  free(cert);
  free(pem);
  X509_free(leaf);
  EVP_PKEY_free(key);
}

TEST("a key of another certificate is a mismatch, within and across kinds") {
  static const char *const kinds[] = {"P-256", "P-384", "ML-DSA-44", "ML-DSA-65"};
  char *certs[COUNT(kinds)], *keys[COUNT(kinds)], *others[COUNT(kinds)];

  for (size_t i = 0; i < COUNT(kinds); i++) {
    EVP_PKEY *key = fixture_key(kinds[i]), *other = fixture_key(kinds[i]);
    X509 *leaf = self_signed(key);

    certs[i] = fixture_certificates_pem(&leaf, 1);
    keys[i] = fixture_key_pem(key);
    others[i] = fixture_key_pem(other);
    X509_free(leaf);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
  }
  for (size_t i = 0; i < COUNT(kinds); i++) {
    for (size_t j = 0; j < COUNT(kinds); j++) {
      NOTE("%s certificate, %s key", kinds[i], kinds[j]);
      expect_refused(certs[i], i == j ? others[i] : keys[j], PQQ_ERR_KEY_MISMATCH,
                     "identities[1].key", "localhost");
    }
  }
  for (size_t i = 0; i < COUNT(kinds); i++) {
    free(certs[i]);
    free(keys[i]);
    free(others[i]);
  }
}

TEST("an ML-DSA key whose seed and expanded halves differ is refused") {
  EVP_PKEY *key = fixture_key("ML-DSA-44"), *other = fixture_key("ML-DSA-44");
  X509 *leaf = self_signed(key);
  char *cert = fixture_certificates_pem(&leaf, 1);
  char *one = fixture_mldsa_pem(key, FORM_BOTH), *two = fixture_mldsa_pem(other, FORM_BOTH);
  size_t header = strlen("-----BEGIN PRIVATE KEY-----\n");

  /* The seed is in the first two lines of base64. */
  memcpy(one + header, two + header, 130);
  expect_refused(cert, one, PQQ_ERR_KEY_UNREADABLE, "identities[1].key", "MLDSA44");
  free(cert);
  free(one);
  free(two);
  X509_free(leaf);
  EVP_PKEY_free(key);
  EVP_PKEY_free(other);
}

TEST("key types that a server here does not use are named") {
  static const struct {
    const char *algorithm, *text;
  } rows[] = {{"RSA-1024", "RSA"}, {"P-521", "another curve"}, {"RSA-2047", "RSA"}};

  for (size_t i = 0; i < COUNT(rows); i++) {
    EVP_PKEY *key = fixture_key(rows[i].algorithm);
    X509 *leaf = self_signed(key);
    char *cert = fixture_certificates_pem(&leaf, 1), *pem = fixture_key_pem(key);

    NOTE("%s", rows[i].algorithm);
    expect_refused(cert, pem, PQQ_ERR_KEY_TYPE_UNSUPPORTED, "identities[1].cert", rows[i].text);
    free(cert);
    free(pem);
    X509_free(leaf);
    EVP_PKEY_free(key);
  }
}

TEST("a leaf that must not sign is refused") {
  static const fixture_spec spec = {
      .common_name = "localhost", .dns = "localhost", .no_signature_usage = 1};
  EVP_PKEY *key = fixture_key("P-256");
  X509 *leaf = fixture_certificate(&spec, key, NULL, NULL);
  char *cert = fixture_certificates_pem(&leaf, 1), *pem = fixture_key_pem(key);

  expect_refused(cert, pem, PQQ_ERR_CERT_UNREADABLE, "identities[1].cert", "digitalSignature");
  free(cert);
  free(pem);
  X509_free(leaf);
  EVP_PKEY_free(key);
}

TEST("what is not a certificate or a key is named") {
  EVP_PKEY *key = fixture_key("P-256");
  X509 *leaf = self_signed(key);
  char *cert = fixture_certificates_pem(&leaf, 1), *pem = fixture_key_pem(key);
  char *sealed = fixture_pem("ENCRYPTED PRIVATE KEY", (const uint8_t *)"\x30\x00", 2);
  char *rsa = fixture_pem("RSA PRIVATE KEY", (const uint8_t *)"\x30\x00", 2);
  char *junk = fixture_pem("PRIVATE KEY", (const uint8_t *)"\x30\x03\x02\x01\x00", 5);
  char *bad = fixture_pem("CERTIFICATE", (const uint8_t *)"\x30\x03\x02\x01\x00", 5);
  char *cut = strdup(cert);
  const char *old = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                    "DEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n";

  cut[strlen(cut) / 2] = '\0';
  expect_refused(pem, pem, PQQ_ERR_CERT_UNREADABLE, "identities[1].cert", "found PRIVATE KEY");
  expect_refused("hello", pem, PQQ_ERR_CERT_UNREADABLE, "identities[1].cert", "no PEM block");
  expect_refused("\x30\x82\x01\x01", pem, PQQ_ERR_CERT_UNREADABLE, "identities[1].cert", "DER");
  expect_refused(cut, pem, PQQ_ERR_CERT_UNREADABLE, "identities[1].cert", "broken PEM");
  expect_refused(bad, pem, PQQ_ERR_CERT_UNREADABLE, "identities[1].cert", "not valid X.509");
  expect_refused("", pem, PQQ_ERR_CERT_UNREADABLE, "identities[1].cert", "either");
  expect_refused(cert, cert, PQQ_ERR_KEY_UNREADABLE, "identities[1].key", "found CERTIFICATE");
  expect_refused(cert, "hello", PQQ_ERR_KEY_UNREADABLE, "identities[1].key", "no PEM block");
  expect_refused(cert, sealed, PQQ_ERR_KEY_UNREADABLE, "identities[1].key", "encrypted");
  expect_refused(cert, old, PQQ_ERR_KEY_UNREADABLE, "identities[1].key", "encrypted");
  expect_refused(cert, junk, PQQ_ERR_KEY_UNREADABLE, "identities[1].key", "PKCS#8");
  expect_refused(cert, rsa, PQQ_ERR_KEY_UNREADABLE, "identities[1].key", "RSA PRIVATE KEY");
  free(cert);
  free(pem);
  free(sealed);
  free(rsa);
  free(junk);
  free(bad);
  free(cut);
  X509_free(leaf);
  EVP_PKEY_free(key);
}

TEST("files are read, and a missing, huge or wrong one is named by its path") {
  EVP_PKEY *key = fixture_key("ML-DSA-65");
  X509 *leaf = self_signed(key);
  char *cert = fixture_certificates_pem(&leaf, 1), *pem = fixture_key_pem(key);
  char path[] = "/tmp/pqq-identity-XXXXXX";
  int fd = mkstemp(path);
  pqq_identity_source source = {.cert_pem = fixture_bytes(cert), .key_file = path};
  pqq__identity identity;

  EXPECT(fd >= 0);
  EXPECT_INT(write(fd, pem, strlen(pem)), (ssize_t)strlen(pem));
  EXPECT_INT(pqq__identity_load(&source, "identities[0]", &identity), PQQ_OK);
  pqq__identity_clear(&identity);

  source.key_pem = fixture_bytes(pem);
  EXPECT_INT(pqq__identity_load(&source, "identities[0]", &identity), PQQ_ERR_KEY_UNREADABLE);
  EXPECT(strstr(pqq_error_detail(), "not both") != NULL);
  source.key_pem.len = 0;

  EXPECT_INT(ftruncate(fd, PQQ__MAX_PEM_BYTES + 1), 0);
  EXPECT_INT(pqq__identity_load(&source, "identities[0]", &identity), PQQ_ERR_KEY_UNREADABLE);
  EXPECT(strstr(pqq_error_detail(), path) != NULL);
  close(fd);
  unlink(path);
  EXPECT_INT(pqq__identity_load(&source, "identities[0]", &identity), PQQ_ERR_KEY_UNREADABLE);
  EXPECT(strstr(pqq_error_detail(), path) != NULL);
  source.key_file = "/";
  EXPECT_INT(pqq__identity_load(&source, "identities[0]", &identity), PQQ_ERR_KEY_UNREADABLE);
  free(cert);
  free(pem);
  X509_free(leaf);
  EVP_PKEY_free(key);
}

TEST("a chain is kept in order with its facts, and refused out of order or too long") {
  static const fixture_spec root_spec = {.common_name = "Root", .is_ca = 1};
  static const fixture_spec middle_spec = {.common_name = "Middle", .is_ca = 1};
  EVP_PKEY *root_key = fixture_key("P-384"), *middle_key = fixture_key("ML-DSA-44");
  EVP_PKEY *key = fixture_key("ML-DSA-65");
  X509 *root = fixture_certificate(&root_spec, root_key, NULL, NULL);
  X509 *middle = fixture_certificate(&middle_spec, middle_key, root, root_key);
  X509 *leaf = fixture_certificate(&leaf_spec, key, middle, middle_key);
  X509 *ordered[] = {leaf, middle, root}, *swapped[] = {leaf, root, middle};
  X509 *many[PQQ_MAX_CHAIN + 1];
  char *pem = fixture_key_pem(key), *cert = fixture_certificates_pem(ordered, 3), *wrong, *long_one;
  pqq_identity_source source = source_of(cert, pem);
  pqq__identity identity;

  EXPECT_INT(pqq__identity_load(&source, "identities[0]", &identity), PQQ_OK);
  EXPECT_UINT(identity.chain_len, 3);
  EXPECT_STR(identity.info[0].signed_with, "ML-DSA-44");
  EXPECT_STR(identity.info[1].algorithm, "ML-DSA-44");
  EXPECT_STR(identity.info[1].signed_with, "ECDSA SHA-256");
  EXPECT_STR(identity.info[2].algorithm, "ECDSA P-384");
  EXPECT_INT(identity.is_chain_pq, 0);
  EXPECT_INT(identity.is_development, 0);
  pqq__identity_clear(&identity);

  wrong = fixture_certificates_pem(swapped, 3);
  expect_refused(wrong, pem, PQQ_ERR_CERT_UNREADABLE, "identities[1].cert", "CN=Root");
  for (size_t i = 0; i < COUNT(many); i++) {
    many[i] = i == 0 ? leaf : middle;
  }
  long_one = fixture_certificates_pem(many, COUNT(many));
  expect_refused(long_one, pem, PQQ_ERR_CERT_UNREADABLE, "identities[1].cert", "more than 8");
  free(pem);
  free(cert);
  free(wrong);
  free(long_one);
  X509_free(root);
  X509_free(middle);
  X509_free(leaf);
  EVP_PKEY_free(root_key);
  EVP_PKEY_free(middle_key);
  EVP_PKEY_free(key);
}
