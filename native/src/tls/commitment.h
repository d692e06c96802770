/* SPDX-License-Identifier: MIT */
/* The profile commitment (spec/profile-commitment.md): a private-use transport
 * parameter in which a client lists the profiles it offers and a server says
 * which one it took, or why none. Pure functions on bytes. */
#ifndef PQQ__TLS_COMMITMENT_H
#define PQQ__TLS_COMMITMENT_H

#include <stddef.h>
#include <stdint.h>

/* Most profiles that a client may list: more could only be noise, and the
 * parser needs no memory. */
#define PQQ__MAX_COMMITTED_PROFILES 16
/* Longest encoded parameter: identifier, length, version, profiles. */
#define PQQ__COMMITMENT_BYTES (8 + 1 + 1 + PQQ__MAX_COMMITTED_PROFILES)

typedef struct pqq__client_commitment {
  uint8_t profiles[PQQ__MAX_COMMITTED_PROFILES];
  size_t count;
} pqq__client_commitment;

typedef struct pqq__server_commitment {
  /* 0: plain h3, for `reason` (PQQ_DOWNGRADE_*). */
  uint8_t profile;
  uint8_t reason;
  uint32_t pin_lifetime_s;
} pqq__server_commitment;

/* What an encoded list of transport parameters (RFC 9000 section 18) holds. */
typedef enum pqq__commitment_result {
  PQQ__COMMITMENT_ABSENT,
  PQQ__COMMITMENT_READ,
  /* Of the wrong form, or there twice. */
  PQQ__COMMITMENT_MALFORMED
} pqq__commitment_result;

pqq__commitment_result pqq__commitment_read_client(const uint8_t *params, size_t len,
                                                   pqq__client_commitment *commitment);
pqq__commitment_result pqq__commitment_read_server(const uint8_t *params, size_t len,
                                                   pqq__server_commitment *commitment);

/* Write the whole parameter to `out`, which has room for PQQ__COMMITMENT_BYTES;
 * return its length. */
size_t pqq__commitment_write_client(const pqq__client_commitment *commitment, uint8_t *out);
size_t pqq__commitment_write_server(const pqq__server_commitment *commitment, uint8_t *out);

int pqq__client_commitment_has(const pqq__client_commitment *commitment, uint8_t profile);

/* The name of a PQQ_DOWNGRADE_* code, "" for PQQ_DOWNGRADE_NONE, "unknown" for
 * one of a later version. Static. */
const char *pqq__downgrade_name(uint16_t reason);

#endif
