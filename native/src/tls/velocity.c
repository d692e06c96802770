/* SPDX-License-Identifier: MIT */
/* See velocity.h. */
#include "tls/velocity.h"

#include <stddef.h>

/* RFC 9114 section 8.1. */
#define H3_INTERNAL_ERROR 0x102

static const struct row {
  uint32_t wire_code;
  pqq_status status;
} rows[] = {
    {PQQ__WIRE_AUTHENTICATOR_MISSING, PQQ_ERR_AUTHENTICATOR_MISSING},
    {PQQ__WIRE_AUTHENTICATOR_LATE, PQQ_ERR_AUTHENTICATOR_LATE},
    {PQQ__WIRE_AUTHENTICATOR_MALFORMED, PQQ_ERR_AUTHENTICATOR_MALFORMED},
    {PQQ__WIRE_AUTHENTICATOR_DUPLICATE, PQQ_ERR_AUTHENTICATOR_DUPLICATE},
    {PQQ__WIRE_AUTHENTICATOR_SCHEME, PQQ_ERR_AUTHENTICATOR_SCHEME},
    {PQQ__WIRE_AUTHENTICATOR_INVALID, PQQ_ERR_AUTHENTICATOR_INVALID},
    {PQQ__WIRE_POLICY, PQQ_ERR_POLICY_REFUSED},
    /* What the peer found wrong with our chain its reason phrase says. */
    {PQQ__WIRE_AUTHENTICATOR_CERTIFICATE, PQQ_ERR_CERT_INVALID},
};

uint32_t pqq__velocity_wire_code(pqq_status status) {
  switch (status) {
  case PQQ_ERR_NO_MEMORY:
  case PQQ_ERR_SIGN_FAILED:
  case PQQ_ERR_SIGNATURE_INVALID:
  case PQQ_ERR_SIGNER_TIMEOUT:
  case PQQ_ERR_SIGNER_BUSY:
    return H3_INTERNAL_ERROR; /* Not the peer's fault. */
  default:
    break;
  }
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (rows[i].status == status) {
      return rows[i].wire_code;
    }
  }
  if (status == PQQ_ERR_POLICY_AUTHENTICATION || status == PQQ_ERR_CLIENT_IDENTITY) {
    return PQQ__WIRE_POLICY;
  }
  return PQQ__WIRE_AUTHENTICATOR_CERTIFICATE;
}

pqq_status pqq__velocity_status(uint64_t wire_code) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (rows[i].wire_code == wire_code) {
      return rows[i].status;
    }
  }
  return PQQ_OK;
}
