/* SPDX-License-Identifier: MIT */
/* What a policy requires, and what a client offers under one: nothing that
 * could not satisfy it (spec/fallback.md). */
#ifndef PQQ__TLS_POLICY_H
#define PQQ__TLS_POLICY_H

#include <pqq/types.h>

#include "crypto/algorithms.h"
#include "tls/commitment.h"
#include "tls/tls.h"

/* Most groups and signature schemes of a configuration: every one that libpqq
 * knows. */
#define PQQ__MAX_GROUPS 9
#define PQQ__MAX_SCHEMES 12

/* What a client puts into its ClientHello. */
typedef struct pqq__offer {
  int has_velocity;
  int has_h3;
  uint16_t groups[PQQ__MAX_GROUPS];
  size_t group_count;
  uint16_t schemes[PQQ__MAX_SCHEMES];
  size_t scheme_count;
  pqq__client_commitment commitment;
} pqq__offer;

/* 1 if a key exchange with `group` satisfies the requirement (not DEFAULT). */
int pqq__policy_allows_group(int32_t require_key_exchange, uint16_t group);

/* "any", "pq" or "hybrid". Static. */
const char *pqq__require_name(int32_t require);

/* Works out what a client with this configuration offers under `policy` (no
 * DEFAULT in it). Errors: PQQ_ERR_POLICY_CONFIG with a detail that says what is
 * missing. */
pqq_status pqq__offer_make(const pqq__tls_config *config, const pqq__policy *policy,
                           pqq__offer *offer);

#endif
