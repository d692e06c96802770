/* SPDX-License-Identifier: MIT */
/* The numbers of velocity/1 on the wire. All of them are private use and not
 * registered; spec/code-points.md says how they were chosen. */
#ifndef PQQ__TLS_VELOCITY_H
#define PQQ__TLS_VELOCITY_H

#include <pqq/error.h>

#define PQQ__ALPN_VELOCITY "velocity/1"
#define PQQ__ALPN_H3 "h3"

/* Transport parameter of the profile commitment: "VELO". */
#define PQQ__COMMITMENT_PARAMETER 0x56454c4fu

/* Unidirectional stream that carries proofs, and its frames. */
#define PQQ__PROOF_STREAM 0x56454c50u
#define PQQ__FRAME_AUTHENTICATOR 0x01u
#define PQQ__FRAME_AUTHENTICATOR_REQUEST 0x02u

/* Application error codes of CONNECTION_CLOSE. */
enum {
  PQQ__WIRE_AUTHENTICATOR_MISSING = 0x56454c00,
  PQQ__WIRE_AUTHENTICATOR_LATE = 0x56454c01,
  PQQ__WIRE_AUTHENTICATOR_MALFORMED = 0x56454c02,
  PQQ__WIRE_AUTHENTICATOR_DUPLICATE = 0x56454c03,
  PQQ__WIRE_AUTHENTICATOR_SCHEME = 0x56454c04,
  PQQ__WIRE_AUTHENTICATOR_INVALID = 0x56454c05,
  /* The chain: its anchor, name, dates, algorithms. */
  PQQ__WIRE_AUTHENTICATOR_CERTIFICATE = 0x56454c06,
  PQQ__WIRE_POLICY = 0x56454c07
};

/* The code that a connection is closed with for a proof that fails with
 * `status`, and what such a code from the peer means: PQQ_OK if it is none of
 * these. */
uint32_t pqq__velocity_wire_code(pqq_status status);
pqq_status pqq__velocity_status(uint64_t wire_code);

#endif
