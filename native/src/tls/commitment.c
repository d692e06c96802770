/* SPDX-License-Identifier: MIT */
/* See commitment.h. */
#include "tls/commitment.h"

#include <string.h>

#include <openssl/bytestring.h>

#include <pqq/types.h>

#include "tls/varint.h"
#include "tls/velocity.h"

#define VERSION 1

/* Version, profile, reason, lifetime. */
#define SERVER_BYTES 7

/* Finds the parameter's value. That the rest of the list is well formed, ngtcp2
 * judges; here it ends the search. */
static pqq__commitment_result find(const uint8_t *params, size_t len, CBS *value) {
  pqq__commitment_result result = PQQ__COMMITMENT_ABSENT;
  CBS in, one;
  uint64_t id, size;

  CBS_init(&in, params, len);
  while (pqq__varint_get(&in, &id) && pqq__varint_get(&in, &size) && size <= CBS_len(&in) &&
         CBS_get_bytes(&in, &one, (size_t)size)) {
    if (id != PQQ__COMMITMENT_PARAMETER) {
      continue;
    }
    if (result != PQQ__COMMITMENT_ABSENT) {
      return PQQ__COMMITMENT_MALFORMED;
    }
    result = PQQ__COMMITMENT_READ;
    *value = one;
  }
  return result;
}

pqq__commitment_result pqq__commitment_read_client(const uint8_t *params, size_t len,
                                                   pqq__client_commitment *commitment) {
  CBS value;
  uint8_t version;
  pqq__commitment_result result = find(params, len, &value);

  memset(commitment, 0, sizeof *commitment);
  if (result != PQQ__COMMITMENT_READ) {
    return result;
  }
  if (!CBS_get_u8(&value, &version) || version != VERSION || CBS_len(&value) == 0 ||
      CBS_len(&value) > PQQ__MAX_COMMITTED_PROFILES) {
    return PQQ__COMMITMENT_MALFORMED;
  }
  for (uint8_t profile; CBS_get_u8(&value, &profile);) {
    if (profile == 0 || pqq__client_commitment_has(commitment, profile)) {
      return PQQ__COMMITMENT_MALFORMED;
    }
    commitment->profiles[commitment->count++] = profile;
  }
  return PQQ__COMMITMENT_READ;
}

pqq__commitment_result pqq__commitment_read_server(const uint8_t *params, size_t len,
                                                   pqq__server_commitment *commitment) {
  CBS value;
  uint8_t version;
  pqq__commitment_result result = find(params, len, &value);

  memset(commitment, 0, sizeof *commitment);
  if (result != PQQ__COMMITMENT_READ) {
    return result;
  }
  if (CBS_len(&value) != SERVER_BYTES || !CBS_get_u8(&value, &version) || version != VERSION ||
      !CBS_get_u8(&value, &commitment->profile) || !CBS_get_u8(&value, &commitment->reason) ||
      !CBS_get_u32(&value, &commitment->pin_lifetime_s)) {
    return PQQ__COMMITMENT_MALFORMED;
  }
  if ((commitment->profile == 0) != (commitment->reason != PQQ_DOWNGRADE_NONE) ||
      (commitment->profile == 0 && commitment->pin_lifetime_s != 0)) {
    return PQQ__COMMITMENT_MALFORMED;
  }
  return PQQ__COMMITMENT_READ;
}

/* The whole parameter around `value`. */
static size_t write(const uint8_t *value, size_t value_bytes, uint8_t *out) {
  CBB cbb;
  size_t len = 0;

  if (!CBB_init_fixed(&cbb, out, PQQ__COMMITMENT_BYTES) ||
      !pqq__varint_put(&cbb, PQQ__COMMITMENT_PARAMETER) ||
      !pqq__varint_put(&cbb, 1 + value_bytes) || !CBB_add_u8(&cbb, VERSION) ||
      !CBB_add_bytes(&cbb, value, value_bytes) || !CBB_finish(&cbb, NULL, &len)) {
    return 0; /* PQQ__COMMITMENT_BYTES is enough for all of it. */
  }
  return len;
}

size_t pqq__commitment_write_client(const pqq__client_commitment *commitment, uint8_t *out) {
  return write(commitment->profiles, commitment->count, out);
}

size_t pqq__commitment_write_server(const pqq__server_commitment *commitment, uint8_t *out) {
  const uint8_t value[SERVER_BYTES - 1] = {
      commitment->profile,
      commitment->reason,
      (uint8_t)(commitment->pin_lifetime_s >> 24),
      (uint8_t)(commitment->pin_lifetime_s >> 16),
      (uint8_t)(commitment->pin_lifetime_s >> 8),
      (uint8_t)commitment->pin_lifetime_s,
  };

  return write(value, sizeof value, out);
}

int pqq__client_commitment_has(const pqq__client_commitment *commitment, uint8_t profile) {
  return memchr(commitment->profiles, profile, commitment->count) != NULL;
}

const char *pqq__downgrade_name(uint16_t reason) {
  static const char *const names[] = {
      "",
      "no_hybrid_cert",
      "policy_disabled",
      "client_profile_unsupported",
      "maintenance_window",
      "classical_group",
      "classical_certificate",
      "cipher",
  };

  return reason < sizeof names / sizeof names[0] ? names[reason] : "unknown";
}
