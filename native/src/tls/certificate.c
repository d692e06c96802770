/* SPDX-License-Identifier: MIT */
/* See certificate.h. */
#include "tls/certificate.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/x509.h>

#include "tls/signing_key.h"

#define MIN_RSA_BITS 2048

const char *pqq__certificate_key_name(const X509 *certificate) {
  const EVP_PKEY *pkey = X509_get0_pubkey(certificate);
  const pqq__signature_scheme *scheme;

  if (pkey == NULL) {
    return "unknown";
  }
  scheme = pqq__signing_scheme(pkey);
  if (scheme != NULL) {
    return scheme->key_name;
  }
  switch (EVP_PKEY_id(pkey)) {
  case EVP_PKEY_RSA:
    return "RSA";
  case EVP_PKEY_ED25519:
    return "Ed25519";
  case EVP_PKEY_EC:
    return "ECDSA on another curve";
  default:
    return "unknown";
  }
}

const char *pqq__certificate_signed_with(const X509 *certificate) {
  switch (X509_get_signature_nid(certificate)) {
  case NID_MLDSA44:
    return "ML-DSA-44";
  case NID_MLDSA65:
    return "ML-DSA-65";
  case NID_MLDSA87:
    return "ML-DSA-87";
  case NID_ecdsa_with_SHA256:
    return "ECDSA SHA-256";
  case NID_ecdsa_with_SHA384:
    return "ECDSA SHA-384";
  case NID_ecdsa_with_SHA512:
    return "ECDSA SHA-512";
  case NID_sha256WithRSAEncryption:
    return "RSA SHA-256";
  case NID_sha384WithRSAEncryption:
    return "RSA SHA-384";
  case NID_sha512WithRSAEncryption:
    return "RSA SHA-512";
  case NID_rsassaPss:
    return "RSA-PSS";
  case NID_ED25519:
    return "Ed25519";
  default:
    return NULL;
  }
}

int pqq__certificate_is_signed_pq(const X509 *certificate) {
  switch (X509_get_signature_nid(certificate)) {
  case NID_MLDSA44:
  case NID_MLDSA65:
  case NID_MLDSA87:
    return 1;
  default:
    return 0;
  }
}

int pqq__certificate_has_weak_key(const X509 *certificate) {
  const EVP_PKEY *pkey = X509_get0_pubkey(certificate);

  return pkey != NULL && EVP_PKEY_id(pkey) == EVP_PKEY_RSA && EVP_PKEY_bits(pkey) < MIN_RSA_BITS;
}

int pqq__certificate_is_development(const X509 *certificate) {
  static const char want[] = PQQ__DEVELOPMENT_ORGANIZATION;
  const X509_NAME *issuer = X509_get_issuer_name(certificate);
  int at = X509_NAME_get_index_by_NID(issuer, NID_organizationName, -1);
  const ASN1_STRING *value;

  if (at < 0) {
    return 0;
  }
  value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(issuer, at));
  return ASN1_STRING_length(value) == (int)sizeof want - 1 &&
         memcmp(ASN1_STRING_get0_data(value), want, sizeof want - 1) == 0;
}

static void print_name(const X509_NAME *name, char *text, size_t size) {
  BIO *bio = BIO_new(BIO_s_mem());
  const uint8_t *data;
  size_t len;

  text[0] = '\0';
  if (bio == NULL) {
    return;
  }
  if (X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0 &&
      BIO_mem_contents(bio, &data, &len) == 1) {
    (void)snprintf(text, size, "%.*s", len < size ? (int)len : (int)size, (const char *)data);
  }
  BIO_free(bio);
  if (text[0] == '\0') {
    (void)snprintf(text, size, "(empty name)");
  }
}

void pqq__certificate_subject(const X509 *certificate, char *text, size_t size) {
  print_name(X509_get_subject_name(certificate), text, size);
}

void pqq__certificate_issuer(const X509 *certificate, char *text, size_t size) {
  print_name(X509_get_issuer_name(certificate), text, size);
}

/* Writes the name's text form to `text`; empty if it is of another kind. */
static void print_general_name(const GENERAL_NAME *name, char *text, size_t size) {
  int type;
  const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
  size_t len;

  text[0] = '\0';
  if (type == GEN_DNS) {
    len = (size_t)ASN1_STRING_length(value);
    (void)snprintf(text, size, "%.*s", len < size ? (int)len : (int)size - 1,
                   (const char *)ASN1_STRING_get0_data(value));
    for (char *c = text; *c != '\0'; c++) {
      if (*c < 0x20 || *c > 0x7e) {
        *c = '?';
      }
    }
  } else if (type == GEN_IPADD) {
    len = (size_t)ASN1_STRING_length(value);
    if ((len == 4 && inet_ntop(AF_INET, ASN1_STRING_get0_data(value), text, (socklen_t)size)) ||
        (len == 16 && inet_ntop(AF_INET6, ASN1_STRING_get0_data(value), text, (socklen_t)size))) {
      return;
    }
    text[0] = '\0';
  }
}

int pqq__certificate_read_names(const X509 *certificate, pqq__name_list *list) {
  GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
  int ok = 1;

  for (size_t i = 0; names != NULL && ok && i < sk_GENERAL_NAME_num(names); i++) {
    char text[PQQ__HOST_NAME_MAX + 2];
    pqq__host_name parsed;

    print_general_name(sk_GENERAL_NAME_value(names, i), text, sizeof text);
    if (text[0] != '\0' && pqq__host_name_parse(text, 1, &parsed)) {
      ok = pqq__name_list_add(list, parsed.text);
    }
  }
  GENERAL_NAMES_free(names);
  return ok;
}

void pqq__certificate_names(const X509 *certificate, char *text, size_t size) {
  GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
  size_t at = 0;

  text[0] = '\0';
  for (size_t i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++) {
    char one[128];
    int written;

    print_general_name(sk_GENERAL_NAME_value(names, i), one, sizeof one);
    if (one[0] == '\0') {
      continue;
    }
    written = snprintf(text + at, size - at, "%s%s", at == 0 ? "" : ", ", one);
    if (written < 0 || (size_t)written >= size - at) {
      break;
    }
    at += (size_t)written;
  }
  GENERAL_NAMES_free(names);
  if (text[0] == '\0') {
    (void)snprintf(text, size, "no name");
  }
}
