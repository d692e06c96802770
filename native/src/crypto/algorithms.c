/* SPDX-License-Identifier: MIT */
/* The rows of algorithms.h. Sizes: FIPS 203 table 3, FIPS 204 table 2, SEC 1
 * section 2.3.3 (uncompressed points), RFC 7748, RFC 10024. */
#include "crypto/algorithms.h"

#include <string.h>

#include <pqq/types.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const pqq__group groups[] = {
    /* id, client share, server share, ML-KEM, ECDH, name */
    {PQQ_GROUP_X25519MLKEM768, 1184 + 32, 1088 + 32, 1, 1, "X25519MLKEM768"},
    {PQQ_GROUP_SECP256R1MLKEM768, 65 + 1184, 65 + 1088, 1, 1, "SecP256r1MLKEM768"},
    {PQQ_GROUP_SECP384R1MLKEM1024, 97 + 1568, 97 + 1568, 1, 1, "SecP384r1MLKEM1024"},
    {PQQ_GROUP_MLKEM512, 800, 768, 1, 0, "MLKEM512"},
    {PQQ_GROUP_MLKEM768, 1184, 1088, 1, 0, "MLKEM768"},
    {PQQ_GROUP_MLKEM1024, 1568, 1568, 1, 0, "MLKEM1024"},
    {PQQ_GROUP_X25519, 32, 32, 0, 1, "X25519"},
    {PQQ_GROUP_SECP256R1, 65, 65, 0, 1, "secp256r1"},
    {PQQ_GROUP_SECP384R1, 97, 97, 0, 1, "secp384r1"},
};

static const pqq__signature_scheme signature_schemes[] = {
    /* id, pq, strength, can sign, can prove, public key, private key, signature, name, key */
    {PQQ_SCHEME_MLDSA44, 1, 2, 1, 1, 1312, 2560, 2420, "ML-DSA-44", "ML-DSA-44"},
    {PQQ_SCHEME_MLDSA65, 1, 3, 1, 1, 1952, 4032, 3309, "ML-DSA-65", "ML-DSA-65"},
    {PQQ_SCHEME_MLDSA87, 1, 5, 1, 1, 2592, 4896, 4627, "ML-DSA-87", "ML-DSA-87"},
    /* DER of two INTEGERs in a SEQUENCE: 8 bytes over twice the field. */
    {PQQ_SCHEME_ECDSA_SECP256R1_SHA256, 0, 1, 1, 1, 65, 32, 72, "ecdsa_secp256r1_sha256",
     "ECDSA P-256"},
    {PQQ_SCHEME_ECDSA_SECP384R1_SHA384, 0, 3, 1, 1, 97, 48, 104, "ecdsa_secp384r1_sha384",
     "ECDSA P-384"},
    {PQQ_SCHEME_ED25519, 0, 1, 1, 0, 32, 32, 64, "ed25519", "Ed25519"},
    /* Signatures of the longest key, 4,096 bits. */
    {PQQ_SCHEME_RSA_PSS_RSAE_SHA256, 0, 1, 1, 0, 0, 0, 512, "rsa_pss_rsae_sha256", "RSA"},
    {PQQ_SCHEME_RSA_PSS_RSAE_SHA384, 0, 1, 1, 0, 0, 0, 512, "rsa_pss_rsae_sha384", "RSA"},
    {PQQ_SCHEME_RSA_PSS_RSAE_SHA512, 0, 1, 1, 0, 0, 0, 512, "rsa_pss_rsae_sha512", "RSA"},
    /* Only in certificates (RFC 8446 section 4.2.3). */
    {PQQ_SCHEME_RSA_PKCS1_SHA256, 0, 0, 0, 0, 0, 0, 0, "rsa_pkcs1_sha256", "RSA"},
    {PQQ_SCHEME_RSA_PKCS1_SHA384, 0, 0, 0, 0, 0, 0, 0, "rsa_pkcs1_sha384", "RSA"},
    {PQQ_SCHEME_RSA_PKCS1_SHA512, 0, 0, 0, 0, 0, 0, 0, "rsa_pkcs1_sha512", "RSA"},
};

static const pqq__cipher ciphers[] = {
    {PQQ_CIPHER_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256"},
    {PQQ_CIPHER_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384"},
    {PQQ_CIPHER_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256"},
};

#define LIST(...) {__VA_ARGS__}
#define PQQ_PROFILE(NAME, name, groups, h3_groups, ciphers, pq, classical, datagrams, summary) \
  {PQQ_PROFILE_##NAME, name, LIST groups, LIST h3_groups, LIST ciphers, pq, classical, datagrams},

static const pqq__profile profiles[] = {
#include <pqq/profiles.def>
};

const pqq__group *pqq__groups(size_t *count) {
  *count = COUNT(groups);
  return groups;
}

const pqq__signature_scheme *pqq__signature_schemes(size_t *count) {
  *count = COUNT(signature_schemes);
  return signature_schemes;
}

const pqq__cipher *pqq__ciphers(size_t *count) {
  *count = COUNT(ciphers);
  return ciphers;
}

const pqq__profile *pqq__profiles(size_t *count) {
  *count = COUNT(profiles);
  return profiles;
}

const pqq__group *pqq__group_find(uint16_t id) {
  for (size_t i = 0; i < COUNT(groups); i++) {
    if (groups[i].id == id) {
      return &groups[i];
    }
  }
  return NULL;
}

const pqq__group *pqq__group_find_name(const char *name) {
  for (size_t i = 0; i < COUNT(groups); i++) {
    if (strcmp(groups[i].name, name) == 0) {
      return &groups[i];
    }
  }
  return NULL;
}

const pqq__signature_scheme *pqq__signature_scheme_find(uint16_t id) {
  for (size_t i = 0; i < COUNT(signature_schemes); i++) {
    if (signature_schemes[i].id == id) {
      return &signature_schemes[i];
    }
  }
  return NULL;
}

const pqq__cipher *pqq__cipher_find(uint16_t id) {
  for (size_t i = 0; i < COUNT(ciphers); i++) {
    if (ciphers[i].id == id) {
      return &ciphers[i];
    }
  }
  return NULL;
}

const pqq__profile *pqq__profile_find(int32_t id) {
  for (size_t i = 0; i < COUNT(profiles); i++) {
    if (profiles[i].id == id) {
      return &profiles[i];
    }
  }
  return NULL;
}

const pqq__profile *pqq__profile_find_name(const char *name) {
  for (size_t i = 0; i < COUNT(profiles); i++) {
    if (strcmp(profiles[i].name, name) == 0) {
      return &profiles[i];
    }
  }
  return NULL;
}

size_t pqq__list_length(const uint16_t *list, size_t max) {
  size_t count = 0;

  while (count < max && list[count] != 0) {
    count++;
  }
  return count;
}

int pqq__list_has(const uint16_t *list, size_t count, uint16_t value) {
  for (size_t i = 0; i < count; i++) {
    if (list[i] == value) {
      return 1;
    }
  }
  return 0;
}

int pqq__profile_has_group(const pqq__profile *profile, uint16_t group) {
  const pqq__group *row = pqq__group_find(group);

  return row != NULL && row->has_mlkem &&
         pqq__list_has(profile->groups, COUNT(profile->groups), group);
}

int pqq__profile_has_cipher(const pqq__profile *profile, uint16_t cipher) {
  return cipher != 0 && pqq__list_has(profile->ciphers, COUNT(profile->ciphers), cipher);
}

int pqq__profile_accepts(const pqq__profile *profile, const pqq__signature_scheme *scheme) {
  uint16_t id = scheme->is_pq ? profile->pq_scheme : profile->classical_scheme;
  const pqq__signature_scheme *weakest = pqq__signature_scheme_find(id);

  return weakest != NULL && scheme->strength >= weakest->strength;
}
