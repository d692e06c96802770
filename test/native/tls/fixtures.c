/* SPDX-License-Identifier: MIT */
/* See fixtures.h. A fixture that cannot be made ends the test. */
#include "fixtures.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bytestring.h>
#include <openssl/ec_key.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/obj.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "core/error.h"
#include "harness.h"
#include "tls/tls.h"

#define HOUR 3600L
#define DAY 86400L
#define SEED_BYTES 32

static EVP_PKEY *generate(EVP_PKEY_CTX *context) {
  EVP_PKEY *key = NULL;

  EXPECT_INT(EVP_PKEY_keygen(context, &key), 1);
  EVP_PKEY_CTX_free(context);
  return key;
}

static EVP_PKEY *new_mldsa(int nid) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_PQDSA, NULL);

  EXPECT_INT(EVP_PKEY_CTX_pqdsa_set_params(context, nid), 1);
  EXPECT_INT(EVP_PKEY_keygen_init(context), 1);
  return generate(context);
}

static EVP_PKEY *new_ec(int nid) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);

  EXPECT_INT(EVP_PKEY_keygen_init(context), 1);
  EXPECT_INT(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, nid), 1);
  return generate(context);
}

static EVP_PKEY *new_rsa(int bits) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);

  EXPECT_INT(EVP_PKEY_keygen_init(context), 1);
  EXPECT_INT(EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits), 1);
  return generate(context);
}

static EVP_PKEY *new_ed25519(void) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, NULL);

  EXPECT_INT(EVP_PKEY_keygen_init(context), 1);
  return generate(context);
}

EVP_PKEY *fixture_key(const char *algorithm) {
  if (strncmp(algorithm, "ML-DSA-", 7) == 0) {
    return new_mldsa(algorithm[7] == '4'   ? NID_MLDSA44
                     : algorithm[7] == '6' ? NID_MLDSA65
                                           : NID_MLDSA87);
  }
  if (strncmp(algorithm, "P-", 2) == 0) {
    return new_ec(algorithm[2] == '2'   ? NID_X9_62_prime256v1
                  : algorithm[2] == '3' ? NID_secp384r1
                                        : NID_secp521r1);
  }
  if (strncmp(algorithm, "RSA-", 4) == 0) {
    return new_rsa(atoi(algorithm + 4));
  }
  EXPECT_STR(algorithm, "Ed25519");
  return new_ed25519();
}

static void add_extension(X509 *certificate, int nid, const char *value) {
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

  EXPECT(extension != NULL);
  EXPECT_INT(X509_add_ext(certificate, extension, -1), 1);
  X509_EXTENSION_free(extension);
}

static void add_names(X509 *certificate, const fixture_spec *spec) {
  char text[256];

  if (spec->dns == NULL && spec->ip == NULL) {
    return;
  }
  snprintf(text, sizeof text, "%s%s%s%s%s", spec->dns != NULL ? "DNS:" : "",
           spec->dns != NULL ? spec->dns : "", spec->dns != NULL && spec->ip != NULL ? "," : "",
           spec->ip != NULL ? "IP:" : "", spec->ip != NULL ? spec->ip : "");
  add_extension(certificate, NID_subject_alt_name, text);
}

static const EVP_MD *digest_for(const EVP_PKEY *key, int is_sha1) {
  switch (EVP_PKEY_id(key)) {
  case EVP_PKEY_PQDSA:
  case EVP_PKEY_ED25519:
    return NULL;
  default:
    return is_sha1 ? EVP_sha1() : EVP_sha256();
  }
}

static X509_NAME *new_name(const fixture_spec *spec) {
  X509_NAME *name = X509_NAME_new();

  if (spec->organization != NULL) {
    X509_NAME_add_entry_by_NID(name, NID_organizationName, MBSTRING_UTF8,
                               (const uint8_t *)spec->organization, -1, -1, 0);
  }
  X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                             (const uint8_t *)spec->common_name, -1, -1, 0);
  return name;
}

/* RelatedCertificate with SHA-256: SEQUENCE { AlgorithmIdentifier, OCTET STRING }. */
static void add_related(X509 *certificate, X509 *related) {
  uint8_t value[] = {0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
                     0x02, 0x01, 0x04, 0x20, 0,    0,    0,    0,    0,    0,    0,    0,    0,
                     0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
                     0,    0,    0,    0,    0,    0,    0,    0,    0,    0};
  ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.5.5.7.1.36", 1);
  ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
  X509_EXTENSION *extension;

  EXPECT_INT(X509_digest(related, EVP_sha256(), value + 17, NULL), 1);
  ASN1_OCTET_STRING_set(octets, value, sizeof value);
  extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, octets);
  EXPECT_INT(X509_add_ext(certificate, extension, -1), 1);
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(octets);
  ASN1_OBJECT_free(oid);
}

static void set_validity(X509 *certificate, const fixture_spec *spec) {
  ASN1_TIME *from = X509_getm_notBefore(certificate), *until = X509_getm_notAfter(certificate);

  if (spec->valid_from != NULL) {
    EXPECT_INT(ASN1_TIME_set_string_X509(from, spec->valid_from), 1);
    EXPECT_INT(ASN1_TIME_set_string_X509(until, spec->valid_until), 1);
    return;
  }
  X509_gmtime_adj(from, spec->not_before != 0 ? spec->not_before : -HOUR);
  X509_gmtime_adj(until, spec->not_after != 0 ? spec->not_after : DAY);
}

X509 *fixture_certificate(const fixture_spec *spec, EVP_PKEY *key, X509 *issuer,
                          EVP_PKEY *issuer_key) {
  X509 *certificate = X509_new();
  X509_NAME *subject = new_name(spec);
  EVP_PKEY *signer = issuer != NULL ? issuer_key : key;

  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), spec->serial ? spec->serial : 1);
  X509_set_subject_name(certificate, subject);
  X509_set_issuer_name(certificate, issuer != NULL ? X509_get_subject_name(issuer) : subject);
  X509_NAME_free(subject);
  set_validity(certificate, spec);
  X509_set_pubkey(certificate, key);
  if (spec->is_ca) {
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, NID_key_usage, "critical,keyCertSign");
  } else {
    add_extension(certificate, NID_key_usage,
                  spec->no_signature_usage ? "critical,keyAgreement" : "critical,digitalSignature");
    add_extension(certificate, NID_ext_key_usage,
                  spec->is_client_only ? "clientAuth" : "serverAuth");
    add_names(certificate, spec);
    if (spec->related != NULL) {
      add_related(certificate, spec->related);
    }
  }
  EXPECT(X509_sign(certificate, signer, digest_for(signer, spec->is_sha1)) > 0);
  return certificate;
}

char *fixture_take_text(BIO *bio) {
  const uint8_t *data;
  size_t len;
  char *text;

  EXPECT_INT(BIO_mem_contents(bio, &data, &len), 1);
  text = calloc(1, len + 1);
  memcpy(text, data, len);
  BIO_free(bio);
  return text;
}

char *fixture_certificates_pem(X509 *const *certificates, size_t count) {
  BIO *bio = BIO_new(BIO_s_mem());

  for (size_t i = 0; i < count; i++) {
    EXPECT_INT(PEM_write_bio_X509(bio, certificates[i]), 1);
  }
  return fixture_take_text(bio);
}

X509 *fixture_parse_pem(const char *text) {
  BIO *bio = BIO_new_mem_buf(text, -1);
  X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);

  EXPECT(certificate != NULL);
  BIO_free(bio);
  return certificate;
}

char *fixture_key_pem(EVP_PKEY *key) {
  BIO *bio = BIO_new(BIO_s_mem());

  EXPECT_INT(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
  return fixture_take_text(bio);
}

char *fixture_sec1_pem(EVP_PKEY *key) {
  BIO *bio = BIO_new(BIO_s_mem());

  EXPECT_INT(PEM_write_bio_ECPrivateKey(bio, EVP_PKEY_get0_EC_KEY(key), NULL, NULL, 0, NULL, NULL),
             1);
  return fixture_take_text(bio);
}

char *fixture_pem(const char *label, const uint8_t *der, size_t len) {
  BIO *bio = BIO_new(BIO_s_mem());

  EXPECT(PEM_write_bio(bio, label, "", der, (long)len) > 0);
  return fixture_take_text(bio);
}

/* The seed out of what AWS-LC writes: the last 32 bytes. */
static void read_seed(EVP_PKEY *key, uint8_t seed[SEED_BYTES]) {
  CBB cbb;
  uint8_t *der;
  size_t len;

  EXPECT(CBB_init(&cbb, 128) && EVP_marshal_private_key(&cbb, key) && CBB_finish(&cbb, &der, &len));
  memcpy(seed, der + len - SEED_BYTES, SEED_BYTES);
  OPENSSL_free(der);
}

char *fixture_mldsa_pem(EVP_PKEY *key, fixture_form form) {
  uint8_t seed[SEED_BYTES], expanded[4896], *der;
  size_t expanded_len = sizeof expanded, len;
  CBB cbb, pkcs8, algorithm, octets, choice, part;
  char *text;

  read_seed(key, seed);
  EXPECT_INT(EVP_PKEY_get_raw_private_key(key, expanded, &expanded_len), 1);
  EXPECT(CBB_init(&cbb, 8192) && CBB_add_asn1(&cbb, &pkcs8, CBS_ASN1_SEQUENCE) &&
         CBB_add_asn1_uint64(&pkcs8, 0) && CBB_add_asn1(&pkcs8, &algorithm, CBS_ASN1_SEQUENCE) &&
         OBJ_nid2cbb(&algorithm, EVP_PKEY_pqdsa_get_type(key)) &&
         CBB_add_asn1(&pkcs8, &octets, CBS_ASN1_OCTETSTRING));
  if (form == FORM_SEED) {
    EXPECT(CBB_add_asn1(&octets, &choice, CBS_ASN1_CONTEXT_SPECIFIC | 0) &&
           CBB_add_bytes(&choice, seed, sizeof seed));
  } else if (form == FORM_EXPANDED) {
    EXPECT(CBB_add_asn1(&octets, &choice, CBS_ASN1_OCTETSTRING) &&
           CBB_add_bytes(&choice, expanded, expanded_len));
  } else {
    EXPECT(CBB_add_asn1(&octets, &choice, CBS_ASN1_SEQUENCE) &&
           CBB_add_asn1(&choice, &part, CBS_ASN1_OCTETSTRING) &&
           CBB_add_bytes(&part, seed, sizeof seed) &&
           CBB_add_asn1(&choice, &part, CBS_ASN1_OCTETSTRING) &&
           CBB_add_bytes(&part, expanded, expanded_len));
  }
  EXPECT(CBB_finish(&cbb, &der, &len));
  text = fixture_pem("PRIVATE KEY", der, len);
  OPENSSL_free(der);
  return text;
}

pqq_bytes fixture_bytes(const char *text) {
  return (pqq_bytes){(const uint8_t *)text, strlen(text)};
}

void fixture_server_make(fixture_server *server, const char *root_algorithm,
                         const char *intermediate, const char *leaf_algorithm,
                         const fixture_spec *leaf) {
  char root_name[64];
  const fixture_spec root_spec = {.common_name = root_name, .is_ca = 1};
  static const fixture_spec middle_spec = {.common_name = "Test Intermediate", .is_ca = 1};
  EVP_PKEY *root_key = fixture_key(root_algorithm), *leaf_key = fixture_key(leaf_algorithm);
  EVP_PKEY *middle_key = intermediate != NULL ? fixture_key(intermediate) : NULL;
  X509 *root, *chain[2] = {NULL, NULL};

  snprintf(root_name, sizeof root_name, "Test Root %s", root_algorithm);
  root = fixture_certificate(&root_spec, root_key, NULL, NULL);
  if (middle_key != NULL) {
    chain[1] = fixture_certificate(&middle_spec, middle_key, root, root_key);
  }
  chain[0] = fixture_certificate(leaf, leaf_key, chain[1] != NULL ? chain[1] : root,
                                 middle_key != NULL ? middle_key : root_key);
  server->root = fixture_certificates_pem(&root, 1);
  server->chain = fixture_certificates_pem(chain, chain[1] != NULL ? 2 : 1);
  server->key = fixture_key_pem(leaf_key);
  X509_free(root);
  X509_free(chain[0]);
  X509_free(chain[1]);
  EVP_PKEY_free(root_key);
  EVP_PKEY_free(middle_key);
  EVP_PKEY_free(leaf_key);
}

void fixture_server_free(fixture_server *server) {
  free(server->root);
  free(server->chain);
  free(server->key);
}

void fixture_expect_refused(const pqq_config_options *options, pqq_status status,
                            const char *text) {
  pqq__tls_config *config = NULL;

  pqq__error_clear();
  EXPECT_STR(pqq_err_name(pqq__tls_config_new(options, &config)), pqq_err_name(status));
  EXPECT(config == NULL);
  if (strstr(pqq_error_detail(), text) == NULL) {
    FAIL("\"%s\" is not in: %s", text, pqq_error_detail());
  }
}
