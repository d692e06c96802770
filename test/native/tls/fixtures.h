/* SPDX-License-Identifier: MIT */
/* Keys, certificates and PEM texts for the TLS tests, made while they run. What
 * is returned is freed with the library's own function, texts with free(). */
#ifndef PQQ_TEST_TLS_FIXTURES_H
#define PQQ_TEST_TLS_FIXTURES_H

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <pqq/config.h>

/* "ML-DSA-44", "-65", "-87", "P-256", "P-384", "P-521", "RSA-2048" or with
 * another length, "Ed25519". */
EVP_PKEY *fixture_key(const char *algorithm);

typedef struct fixture_spec {
  const char *common_name;
  const char *organization;
  /* subjectAltName, each may be NULL. */
  const char *dns;
  const char *ip;
  int is_ca;
  int is_client_only;
  /* keyUsage without digitalSignature (leaves). */
  int no_signature_usage;
  /* Sign with SHA-1. */
  int is_sha1;
  /* Seconds from now; 0 = an hour ago and in a day. */
  long not_before;
  long not_after;
  /* Hashed into a RelatedCertificate extension (RFC 9763); NULL: none. */
  X509 *related;
  /* Instead of these: fixed dates, as GeneralizedTime spells them. */
  const char *valid_from;
  const char *valid_until;
  /* 0 = 1. */
  uint64_t serial;
} fixture_spec;

/* `issuer` NULL: self-signed. */
X509 *fixture_certificate(const fixture_spec *spec, EVP_PKEY *key, X509 *issuer,
                          EVP_PKEY *issuer_key);

char *fixture_certificates_pem(X509 *const *certificates, size_t count);
/* PKCS#8 as AWS-LC writes it. */
char *fixture_key_pem(EVP_PKEY *key);
/* SEC 1 (RFC 5915). */
char *fixture_sec1_pem(EVP_PKEY *key);
/* PKCS#8 of an ML-DSA key, built byte by byte from RFC 9881 section 6. */
typedef enum { FORM_SEED, FORM_EXPANDED, FORM_BOTH } fixture_form;
char *fixture_mldsa_pem(EVP_PKEY *key, fixture_form form);
/* Any DER under any label. */
char *fixture_pem(const char *label, const uint8_t *der, size_t len);

/* What was written to a BIO of memory, which is freed. */
char *fixture_take_text(BIO *bio);

pqq_bytes fixture_bytes(const char *text);
/* The first certificate of a text. */
X509 *fixture_parse_pem(const char *text);

/* A server's chain and key, and the root that it ends at, all as PEM. */
typedef struct fixture_server {
  char *root;
  char *chain;
  char *key;
} fixture_server;

/* Root and leaf with the given algorithms; `leaf` says the rest. With
 * `intermediate` (an algorithm) there is one more certificate in between. */
void fixture_server_make(fixture_server *server, const char *root_algorithm,
                         const char *intermediate, const char *leaf_algorithm,
                         const fixture_spec *leaf);
void fixture_server_free(fixture_server *server);

/* pqq__tls_config_new refuses `options` with `status`, and what it says has `text` in it. */
void fixture_expect_refused(const pqq_config_options *options, pqq_status status, const char *text);

#endif
