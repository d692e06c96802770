/* SPDX-License-Identifier: MIT */
/* A server's flight from what decides its size, for pqq_config_predict_flight
 * and pqq_predict_flight. */
#ifndef PQQ__TLS_FLIGHT_PREDICT_H
#define PQQ__TLS_FLIGHT_PREDICT_H

#include <pqq/config.h>

/* What an identity sends; `wire` and `leaf_wire` are after compression, of the
 * Certificate message's body. */
typedef struct pqq__flight_chain {
  uint32_t length;
  uint32_t body, leaf_body;
  uint32_t wire, leaf_wire;
  uint16_t compression, leaf_compression;
  /* Largest signature of its scheme. */
  uint32_t signature;
} pqq__flight_chain;

typedef struct pqq__flight_input {
  int32_t kind;
  uint16_t group;
  /* Length of the cipher suite's hash. */
  uint32_t hash;
  pqq__flight_chain first;
  /* The authenticator's; all 0 on h3. It is never compressed. */
  pqq__flight_chain second;
} pqq__flight_input;

/* Body of a Certificate message (RFC 8446 section 4.4.2) with these certificates. */
uint32_t pqq__flight_body(const uint32_t *certificates, size_t count);
/* Hash length of a cipher suite. */
uint32_t pqq__flight_hash(uint16_t cipher);

/* `datagram_bytes`: the default. Errors: PQQ_ERR_INVALID_ARG, PQQ_ERR_GROUP_UNKNOWN, with a
 * detail. */
pqq_status pqq__flight_predict(const pqq__flight_input *input, const pqq_flight_options *options,
                               uint32_t datagram_bytes, pqq_flight_report *report);

#endif
