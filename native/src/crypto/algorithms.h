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

#include <pqq/types.h>

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
 * schemes of server identities have them. `signature_bytes` is the maximum.
 * `strength` orders the schemes of one kind: the security category of FIPS 204
 * for ML-DSA, and the one with as many bits for ECDSA and Ed25519. RSA is ranked with
 * P-256, as the open web does, whatever its length; less than 2,048 bits is refused. */
typedef struct pqq__signature_scheme {
  uint16_t id;
  uint8_t is_pq;
  uint8_t strength;
  /* A server identity may use it. */
  uint8_t can_sign;
  /* It proves a half of an identity on velocity/1 (spec/overview.md). */
  uint8_t can_prove;
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

/* Every group with ML-KEM in it. */
#define PQQ__PROFILE_MAX_GROUPS 6
#define PQQ__PROFILE_MAX_CIPHERS 4

/* A profile: a row of include/pqq/profiles.def, or a configuration's own
 * (PQQ_PROFILE_CUSTOM). Lists are in order of preference and end at 0. */
typedef struct pqq__profile {
  int32_t id;
  const char *name;
  /* On velocity/1, and what plain h3 takes beside them. */
  uint16_t groups[PQQ__PROFILE_MAX_GROUPS];
  uint16_t h3_groups[PQQ__PROFILE_MAX_GROUPS];
  uint16_t ciphers[PQQ__PROFILE_MAX_CIPHERS];
  /* The weakest schemes of its identities; development ones are made with them.
   * 0 in a custom profile without such an identity. */
  uint16_t pq_scheme;
  uint16_t classical_scheme;
  /* How many datagrams of the first flight make room for the server's answer
   * (spec/flight-budget.md). */
  uint16_t first_flight_datagrams;
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

/* Length of a profile's list: up to its first 0. */
size_t pqq__list_length(const uint16_t *list, size_t max);
int pqq__list_has(const uint16_t *list, size_t count, uint16_t value);

/* 1 if velocity/1 may use `group` under the profile: it is listed and has
 * ML-KEM in it. */
int pqq__profile_has_group(const pqq__profile *profile, uint16_t group);
int pqq__profile_has_cipher(const pqq__profile *profile, uint16_t cipher);
/* 1 if an identity of that scheme is at least as strong as the profile's of the
 * same kind. */
int pqq__profile_accepts(const pqq__profile *profile, const pqq__signature_scheme *scheme);

#endif
