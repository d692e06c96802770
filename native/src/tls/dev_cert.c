/* SPDX-License-Identifier: MIT */
/* Development identities: two roots that exist only long enough to sign one
 * server certificate each, ML-DSA and ECDSA as the profile says. Certificates
 * follow RFC 5280 and RFC 9881 and are kept small, because they are the larger
 * part of the server's first flight. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/digest.h>
#include <openssl/ec_key.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/mem.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "core/error.h"
#include "crypto/algorithms.h"
#include "tls/certificate.h"
#include "tls/host_name.h"
#include "tls/tls.h"

#define SECONDS_PER_DAY 86400
/* CA/Browser Forum's former maximum, which clients still enforce. */
#define MAX_DAYS 825
/* A certificate that is used at once on a machine whose clock is behind. */
#define BACKDATE_SECONDS 3600
/* More names than a development machine has, few enough for one datagram. */
#define MAX_NAMES 64
/* Random bits of a serial number: 64 at least (RFC 5280 section 4.1.2.2 and the
 * Baseline Requirements section 7.1); the first byte stays positive. */
#define SERIAL_BYTES 9
/* Key identifiers only tell roots apart: 64 bits of SHA-256, as short as the
 * shorter form of RFC 5280 section 4.2.1.2. */
#define KEY_ID_BYTES 8
/* ub-common-name (RFC 5280 appendix A.1). */
#define COMMON_NAME_MAX 64

/* The two certificates of one algorithm. */
struct issued {
  X509 *root;
  X509 *leaf;
  EVP_PKEY *leaf_key;
};

static void free_issued(struct issued *issued) {
  X509_free(issued->root);
  X509_free(issued->leaf);
  EVP_PKEY_free(issued->leaf_key);
}

static EVP_PKEY *generate_mldsa(uint16_t scheme) {
  int nid = scheme == PQQ_SCHEME_MLDSA44   ? NID_MLDSA44
            : scheme == PQQ_SCHEME_MLDSA65 ? NID_MLDSA65
                                           : NID_MLDSA87;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_PQDSA, NULL);
  EVP_PKEY *pkey = NULL;

  if (context != NULL && EVP_PKEY_CTX_pqdsa_set_params(context, nid) == 1 &&
      EVP_PKEY_keygen_init(context) == 1) {
    (void)EVP_PKEY_keygen(context, &pkey);
  }
  EVP_PKEY_CTX_free(context);
  return pkey;
}

static EVP_PKEY *generate_ecdsa(uint16_t scheme) {
  int nid = scheme == PQQ_SCHEME_ECDSA_SECP384R1_SHA384 ? NID_secp384r1 : NID_X9_62_prime256v1;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
  EVP_PKEY *pkey = NULL;

  if (context != NULL && EVP_PKEY_keygen_init(context) == 1 &&
      EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, nid) == 1) {
    (void)EVP_PKEY_keygen(context, &pkey);
  }
  EVP_PKEY_CTX_free(context);
  return pkey;
}

static EVP_PKEY *generate(const pqq__signature_scheme *scheme) {
  return scheme->is_pq ? generate_mldsa(scheme->id) : generate_ecdsa(scheme->id);
}

/* ML-DSA signs the certificate itself, not a digest of it. */
static const EVP_MD *digest_of(const pqq__signature_scheme *scheme) {
  if (scheme->is_pq) {
    return NULL;
  }
  return scheme->id == PQQ_SCHEME_ECDSA_SECP384R1_SHA384 ? EVP_sha384() : EVP_sha256();
}

static int set_serial(X509 *certificate) {
  uint8_t bytes[SERIAL_BYTES];
  BIGNUM *number;
  int ok;

  pqq__tls_random(bytes, sizeof bytes);
  bytes[0] = (bytes[0] & 0x7f) | 0x40;
  number = BN_bin2bn(bytes, sizeof bytes, NULL);
  ok = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
  BN_free(number);
  return ok;
}

static X509_NAME *new_name(const char *organization, const char *common_name) {
  X509_NAME *name = X509_NAME_new();

  if (name != NULL &&
      (organization == NULL ||
       X509_NAME_add_entry_by_NID(name, NID_organizationName, MBSTRING_UTF8,
                                  (const uint8_t *)organization, -1, -1, 0) == 1) &&
      X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, (const uint8_t *)common_name,
                                 -1, -1, 0) == 1) {
    return name;
  }
  X509_NAME_free(name);
  return NULL;
}

static int set_validity(X509 *certificate, uint32_t days) {
  time_t now = time(NULL);

  return ASN1_TIME_set_posix(X509_getm_notBefore(certificate), (int64_t)now - BACKDATE_SECONDS) !=
             NULL &&
         ASN1_TIME_set_posix(X509_getm_notAfter(certificate),
                             (int64_t)now + (int64_t)days * SECONDS_PER_DAY) != NULL;
}

static int add_extension(X509 *certificate, int nid, void *value, int is_critical) {
  return value != NULL && X509_add1_ext_i2d(certificate, nid, value, is_critical, 0) == 1;
}

/* For roots; a leaf is none by not having it (RFC 5280 section 4.2.1.9). */
static int add_basic_constraints(X509 *certificate) {
  BASIC_CONSTRAINTS *constraints = BASIC_CONSTRAINTS_new();
  int ok = 0;

  if (constraints != NULL) {
    constraints->ca = ASN1_BOOLEAN_TRUE;
    /* No intermediate: one would cost a round trip. */
    constraints->pathlen = ASN1_INTEGER_new();
    ok = constraints->pathlen != NULL && ASN1_INTEGER_set_uint64(constraints->pathlen, 0) == 1 &&
         add_extension(certificate, NID_basic_constraints, constraints, 1);
  }
  BASIC_CONSTRAINTS_free(constraints);
  return ok;
}

/* RFC 9881 section 5 allows both sets for ML-DSA as RFC 8813 does for ECDSA. */
static int add_key_usage(X509 *certificate, int is_ca) {
  ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
  /* Bit 0 digitalSignature; 5 keyCertSign and 6 cRLSign. */
  int ok = usage != NULL &&
           (is_ca ? ASN1_BIT_STRING_set_bit(usage, 5, 1) == 1 &&
                        ASN1_BIT_STRING_set_bit(usage, 6, 1) == 1
                  : ASN1_BIT_STRING_set_bit(usage, 0, 1) == 1) &&
           add_extension(certificate, NID_key_usage, usage, 1);

  ASN1_BIT_STRING_free(usage);
  return ok;
}

/* For servers, and for clients that have to prove who they are. */
static int add_purposes(X509 *certificate) {
  EXTENDED_KEY_USAGE *usages = EXTENDED_KEY_USAGE_new();
  int ok = usages != NULL && sk_ASN1_OBJECT_push(usages, OBJ_nid2obj(NID_server_auth)) > 0 &&
           sk_ASN1_OBJECT_push(usages, OBJ_nid2obj(NID_client_auth)) > 0 &&
           add_extension(certificate, NID_ext_key_usage, usages, 0);

  EXTENDED_KEY_USAGE_free(usages);
  return ok;
}

static ASN1_OCTET_STRING *key_id(const X509 *certificate) {
  const ASN1_BIT_STRING *key = X509_get0_pubkey_bitstr(certificate);
  uint8_t hash[EVP_MAX_MD_SIZE];
  ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();

  if (id == NULL ||
      EVP_Digest(ASN1_STRING_get0_data(key), (size_t)ASN1_STRING_length(key), hash, NULL,
                 EVP_sha256(), NULL) != 1 ||
      ASN1_OCTET_STRING_set(id, hash, KEY_ID_BYTES) != 1) {
    ASN1_OCTET_STRING_free(id);
    return NULL;
  }
  return id;
}

static int add_subject_key_id(X509 *certificate) {
  ASN1_OCTET_STRING *id = key_id(certificate);
  int ok = add_extension(certificate, NID_subject_key_identifier, id, 0);

  ASN1_OCTET_STRING_free(id);
  return ok;
}

static int add_authority_key_id(X509 *certificate, const X509 *issuer) {
  AUTHORITY_KEYID *authority = AUTHORITY_KEYID_new();
  int ok = 0;

  if (authority != NULL) {
    authority->keyid = key_id(issuer);
    ok = authority->keyid != NULL &&
         add_extension(certificate, NID_authority_key_identifier, authority, 0);
  }
  AUTHORITY_KEYID_free(authority);
  return ok;
}

static GENERAL_NAME *new_general_name(const pqq__host_name *host) {
  GENERAL_NAME *name = GENERAL_NAME_new();
  int is_ip = host->ip_len > 0;
  ASN1_STRING *value = ASN1_STRING_type_new(is_ip ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
  const void *data = is_ip ? (const void *)host->ip : host->text;
  size_t len = is_ip ? host->ip_len : strlen(host->text);

  if (name == NULL || value == NULL || ASN1_STRING_set(value, data, (ossl_ssize_t)len) != 1) {
    GENERAL_NAME_free(name);
    ASN1_STRING_free(value);
    return NULL;
  }
  GENERAL_NAME_set0_value(name, is_ip ? GEN_IPADD : GEN_DNS, value);
  return name;
}

static int add_names(X509 *certificate, const pqq__host_name *hosts, size_t count) {
  GENERAL_NAMES *names = GENERAL_NAMES_new();
  int ok = names != NULL;

  for (size_t i = 0; ok && i < count; i++) {
    GENERAL_NAME *name = new_general_name(&hosts[i]);

    ok = name != NULL && sk_GENERAL_NAME_push(names, name) > 0;
    if (!ok) {
      GENERAL_NAME_free(name);
    }
  }
  ok = ok && add_extension(certificate, NID_subject_alt_name, names, 0);
  GENERAL_NAMES_free(names);
  return ok;
}

/* Everything but the extensions and the signature. */
static X509 *new_certificate(EVP_PKEY *key, X509_NAME *subject, const X509_NAME *issuer,
                             uint32_t days) {
  X509 *certificate = X509_new();

  if (certificate != NULL && subject != NULL && issuer != NULL &&
      X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
      X509_set_subject_name(certificate, subject) == 1 &&
      X509_set_issuer_name(certificate, (X509_NAME *)issuer) == 1 &&
      set_validity(certificate, days) && X509_set_pubkey(certificate, key) == 1) {
    return certificate;
  }
  X509_free(certificate);
  return NULL;
}

/* The name is unique, so that the roots of several development identities can
 * stand in one trust file. */
static X509 *issue_root(const pqq__signature_scheme *scheme, EVP_PKEY *key, uint32_t days) {
  char text[COMMON_NAME_MAX];
  uint8_t unique[4];
  X509_NAME *name;
  X509 *root;

  pqq__tls_random(unique, sizeof unique);
  (void)snprintf(text, sizeof text, "%s root %02x%02x%02x%02x", scheme->key_name, unique[0],
                 unique[1], unique[2], unique[3]);
  name = new_name(PQQ__DEVELOPMENT_ORGANIZATION, text);
  root = new_certificate(key, name, name, days);
  X509_NAME_free(name);
  if (root != NULL && add_basic_constraints(root) && add_key_usage(root, 1) &&
      add_subject_key_id(root) && X509_sign(root, key, digest_of(scheme)) > 0) {
    return root;
  }
  X509_free(root);
  return NULL;
}

static X509 *issue_leaf(const pqq__signature_scheme *scheme, EVP_PKEY *key, X509 *root,
                        EVP_PKEY *root_key, const pqq__host_name *hosts, size_t count,
                        uint32_t days) {
  /* People look at the subject; clients look at subjectAltName. */
  const char *text =
      strlen(hosts[0].text) <= COMMON_NAME_MAX ? hosts[0].text : PQQ__DEVELOPMENT_ORGANIZATION;
  X509_NAME *subject = new_name(NULL, text);
  X509 *leaf = new_certificate(key, subject, X509_get_subject_name(root), days);

  X509_NAME_free(subject);
  if (leaf != NULL && add_key_usage(leaf, 0) && add_purposes(leaf) &&
      add_names(leaf, hosts, count) && add_authority_key_id(leaf, root) &&
      X509_sign(leaf, root_key, digest_of(scheme)) > 0) {
    return leaf;
  }
  X509_free(leaf);
  return NULL;
}

static int issue(const pqq__signature_scheme *scheme, const pqq__host_name *hosts, size_t count,
                 uint32_t days, struct issued *issued) {
  EVP_PKEY *root_key = generate(scheme);

  issued->leaf_key = generate(scheme);
  if (root_key != NULL && issued->leaf_key != NULL) {
    issued->root = issue_root(scheme, root_key, days);
    if (issued->root != NULL) {
      issued->leaf =
          issue_leaf(scheme, issued->leaf_key, issued->root, root_key, hosts, count, days);
    }
  }
  EVP_PKEY_free(root_key);
  return issued->leaf != NULL;
}

/* Moves what was written to `bio` into a heap copy and frees `bio`, which wipes. */
static int take_text(BIO *bio, int ok, pqq_bytes *text) {
  const uint8_t *data;
  size_t len;
  uint8_t *copy = NULL;

  if (ok && BIO_mem_contents(bio, &data, &len) == 1 && (copy = malloc(len)) != NULL) {
    memcpy(copy, data, len);
    *text = (pqq_bytes){copy, len};
  }
  BIO_free(bio);
  return copy != NULL;
}

static int write_certificates(X509 *first, X509 *second, pqq_bytes *text) {
  BIO *bio = BIO_new(BIO_s_mem());
  int ok = bio != NULL && PEM_write_bio_X509(bio, first) == 1 &&
           (second == NULL || PEM_write_bio_X509(bio, second) == 1);

  return take_text(bio, ok, text);
}

/* PKCS#8; AWS-LC writes ML-DSA keys as seeds, the form that every reader of
 * RFC 9881 takes. */
static int write_key(EVP_PKEY *key, pqq_bytes *text) {
  BIO *bio = BIO_new(BIO_s_mem());
  int ok = bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;

  return take_text(bio, ok, text);
}

static int write_identity(const struct issued *pq, const struct issued *classical,
                          pqq_dev_identity *identity) {
  return write_certificates(pq->root, classical->root, &identity->ca_pem) &&
         write_certificates(pq->leaf, NULL, &identity->pq_cert_pem) &&
         write_key(pq->leaf_key, &identity->pq_key_pem) &&
         write_certificates(classical->leaf, NULL, &identity->classical_cert_pem) &&
         write_key(classical->leaf_key, &identity->classical_key_pem);
}

static pqq_status parse_names(const char *const *names, size_t count, pqq__host_name *hosts) {
  for (size_t i = 0; i < count; i++) {
    if (names[i] == NULL) {
      return pqq__error_set(PQQ_ERR_NULL_ARG, "names[%zu] is NULL", i);
    }
    if (!pqq__host_name_parse(names[i], 1, &hosts[i])) {
      return pqq__error_set(PQQ_ERR_INVALID_ARG,
                            "\"%.100s\" is neither a DNS name nor an IP address", names[i]);
    }
  }
  return PQQ_OK;
}

static pqq_status make(const pqq__profile *profile, const pqq__host_name *hosts, size_t count,
                       uint32_t days, pqq_dev_identity **identity) {
  struct issued pq = {NULL, NULL, NULL}, classical = {NULL, NULL, NULL};
  pqq_dev_identity *made = calloc(1, sizeof *made);
  pqq_status status = PQQ_ERR_NO_MEMORY;

  if (made != NULL &&
      issue(pqq__signature_scheme_find(profile->pq_scheme), hosts, count, days, &pq) &&
      issue(pqq__signature_scheme_find(profile->classical_scheme), hosts, count, days,
            &classical) &&
      write_identity(&pq, &classical, made)) {
    *identity = made;
    status = PQQ_OK;
  } else {
    pqq__tls_dev_identity_free(made);
  }
  free_issued(&pq);
  free_issued(&classical);
  ERR_clear_error();
  return status;
}

pqq_status pqq__tls_dev_identity_new(int32_t profile_id, const char *const *names, size_t count,
                                     uint32_t days, pqq_dev_identity **identity) {
  const pqq__profile *profile = pqq__profile_find(profile_id);
  pqq__host_name *hosts;
  pqq_status status;

  if (profile == NULL) {
    return pqq__error_set(PQQ_ERR_PROFILE_UNKNOWN, "profile is %d", (int)profile_id);
  }
  if (count == 0 || count > MAX_NAMES) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "%zu names; 1 to %d are possible", count, MAX_NAMES);
  }
  if (days == 0 || days > MAX_DAYS) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "days is %u; 1 to %d are possible", days, MAX_DAYS);
  }
  hosts = calloc(count, sizeof *hosts);
  if (hosts == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  status = parse_names(names, count, hosts);
  if (status == PQQ_OK) {
    status = make(profile, hosts, count, days, identity);
  }
  free(hosts);
  return status;
}

static void wipe(pqq_bytes *text) {
  OPENSSL_cleanse((uint8_t *)text->data, text->len);
  free((uint8_t *)text->data);
}

void pqq__tls_dev_identity_free(pqq_dev_identity *identity) {
  if (identity == NULL) {
    return;
  }
  wipe(&identity->ca_pem);
  wipe(&identity->pq_cert_pem);
  wipe(&identity->pq_key_pem);
  wipe(&identity->classical_cert_pem);
  wipe(&identity->classical_key_pem);
  free(identity);
}
