/* SPDX-License-Identifier: MIT */
/* Constant tables of everything that libpqq knows by number or name: groups,
 * signature schemes, cipher suites, profiles. tls selects from them, api names
 * values with them. Adding an algorithm is adding a row here and a test row.
 * Numbers: IANA TLS parameters (RFC 9847), RFC 10024, draft-ietf-tls-mlkem,
 * draft-ietf-tls-mldsa. */
#ifndef PQQ__CRYPTO_ALGORITHMS_H
#define PQQ__CRYPTO_ALGORITHMS_H

#include <stddef.h>
#include <stdint.h>

/* IANA TLS SignatureScheme, as far as libpqq names them. */
enum {
  PQQ__SCHEME_RSA_PKCS1_SHA256 = 0x0401,
  PQQ__SCHEME_ECDSA_SECP256R1_SHA256 = 0x0403,
  PQQ__SCHEME_RSA_PKCS1_SHA384 = 0x0501,
  PQQ__SCHEME_ECDSA_SECP384R1_SHA384 = 0x0503,
  PQQ__SCHEME_RSA_PKCS1_SHA512 = 0x0601,
  PQQ__SCHEME_RSA_PSS_RSAE_SHA256 = 0x0804,
  PQQ__SCHEME_RSA_PSS_RSAE_SHA384 = 0x0805,
  PQQ__SCHEME_RSA_PSS_RSAE_SHA512 = 0x0806,
  PQQ__SCHEME_ED25519 = 0x0807,
  PQQ__SCHEME_MLDSA44 = 0x0904,
  PQQ__SCHEME_MLDSA65 = 0x0905,
  PQQ__SCHEME_MLDSA87 = 0x0906
};

/* IANA TLS Cipher Suites of TLS 1.3 that QUIC has (RFC 9001 section 5.3). */
enum {
  PQQ__CIPHER_AES_128_GCM_SHA256 = 0x1301,
  PQQ__CIPHER_AES_256_GCM_SHA384 = 0x1302,
  PQQ__CIPHER_CHACHA20_POLY1305_SHA256 = 0x1303
};

/* A key-exchange group. Share sizes are of the key_exchange field. */
typedef struct pqq__group {
  uint16_t id;
  uint16_t client_share_bytes;
  uint16_t server_share_bytes;
  uint8_t has_mlkem;
  uint8_t has_ecdh;
  const char *name;
} pqq__group;

/* A signature scheme. The sizes are 0 where they vary or are not needed: only
 * schemes of server identities have them. `signature_bytes` is the maximum. */
typedef struct pqq__signature_scheme {
  uint16_t id;
  uint8_t is_pq;
  /* A server identity may use it. */
  uint8_t can_sign;
  uint16_t public_key_bytes;
  uint16_t private_key_bytes;
  uint16_t signature_bytes;
  const char *name;
  /* Name of the public key algorithm, as in pqq_certificate_info. */
  const char *key_name;
} pqq__signature_scheme;

/* Largest signature of a scheme that can sign: ML-DSA-87. */
#define PQQ__MAX_SIGNATURE_BYTES 4627

typedef struct pqq__cipher {
  uint16_t id;
  const char *name;
} pqq__cipher;

#define PQQ__PROFILE_MAX_GROUPS 2
#define PQQ__PROFILE_MAX_CIPHERS 3

/* A profile. Lists are in order of preference and end at the count. */
typedef struct pqq__profile {
  int32_t id;
  const char *name;
  uint16_t groups[PQQ__PROFILE_MAX_GROUPS];
  size_t group_count;
  uint16_t ciphers[PQQ__PROFILE_MAX_CIPHERS];
  size_t cipher_count;
  /* Algorithms of its development identities. */
  uint16_t pq_scheme;
  uint16_t classical_scheme;
} pqq__profile;

/* The whole tables, for tests and capability lists. */
const pqq__group *pqq__groups(size_t *count);
const pqq__signature_scheme *pqq__signature_schemes(size_t *count);
const pqq__cipher *pqq__ciphers(size_t *count);
const pqq__profile *pqq__profiles(size_t *count);

/* Lookups; NULL if there is no such row. */
const pqq__group *pqq__group_find(uint16_t id);
const pqq__group *pqq__group_find_name(const char *name);
const pqq__signature_scheme *pqq__signature_scheme_find(uint16_t id);
const pqq__cipher *pqq__cipher_find(uint16_t id);
const pqq__profile *pqq__profile_find(int32_t id);
const pqq__profile *pqq__profile_find_name(const char *name);

#endif
