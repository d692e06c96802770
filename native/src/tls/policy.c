/* SPDX-License-Identifier: MIT */
/* See policy.h. */
#include "tls/policy.h"

#include <string.h>

#include "core/error.h"
#include "tls/internal.h"

int pqq__require_is_valid(int32_t require) {
  return require >= PQQ_REQUIRE_DEFAULT && require <= PQQ_REQUIRE_HYBRID;
}

int pqq__policy_allows_group(int32_t require_key_exchange, uint16_t group) {
  const pqq__group *row = pqq__group_find(group);

  switch (require_key_exchange) {
  case PQQ_REQUIRE_HYBRID:
    return row != NULL && row->has_mlkem && row->has_ecdh;
  case PQQ_REQUIRE_PQ:
    return row != NULL && row->has_mlkem;
  default:
    return row != NULL;
  }
}

const char *pqq__require_name(int32_t require) {
  switch (require) {
  case PQQ_REQUIRE_HYBRID:
    return "hybrid";
  case PQQ_REQUIRE_PQ:
    return "pq";
  default:
    return "any";
  }
}

/* Offering a profile promises its group: one that no offered group belongs to
 * is left out. */
static void offer_profiles(const pqq__tls_config *config, pqq__offer *offer) {
  for (size_t i = 0; i < config->offered_count; i++) {
    const pqq__profile *profile = config->offered[i];

    for (size_t j = 0; j < offer->group_count; j++) {
      if (pqq__profile_has_group(profile, offer->groups[j])) {
        offer->commitment.profiles[offer->commitment.count++] = (uint8_t)profile->id;
        break;
      }
    }
  }
}

/* Plain h3 under `pq` must not end in a classical CertificateVerify, so no such
 * scheme is offered; velocity/1 needs both kinds. */
static void offer_schemes(const pqq__tls_config *config, const pqq__policy *policy,
                          pqq__offer *offer) {
  for (size_t i = 0; i < config->scheme_count; i++) {
    if (policy->authentication != PQQ_REQUIRE_PQ ||
        pqq__signature_scheme_find(config->schemes[i])->is_pq) {
      offer->schemes[offer->scheme_count++] = config->schemes[i];
    }
  }
}

static pqq_status check_hybrid(const pqq__tls_config *config, const pqq__offer *offer) {
  if (config->select.is_velocity_disabled) {
    return pqq__error_set(PQQ_ERR_POLICY_CONFIG,
                          "authentication is required to be hybrid, which only velocity/1 has, and "
                          "that is disabled: enable it, or require pq");
  }
  if (!config->has_pq_anchor || !config->has_classical_anchor) {
    return pqq__error_set(
        PQQ_ERR_POLICY_CONFIG,
        "authentication is required to be hybrid, but the trust anchors (ca) have "
        "none with %s key: add the root of that half",
        config->has_pq_anchor ? "a classical" : "an ML-DSA");
  }
  if (offer->commitment.count == 0) {
    return pqq__error_set(PQQ_ERR_POLICY_CONFIG,
                          "authentication is required to be hybrid, but groups has none of the "
                          "profile's: add %s",
                          pqq__group_find(config->profile->groups[0])->name);
  }
  return PQQ_OK;
}

static pqq_status check(const pqq__tls_config *config, const pqq__policy *policy,
                        const pqq__offer *offer) {
  if (offer->group_count == 0) {
    return pqq__error_set(PQQ_ERR_POLICY_CONFIG,
                          "key exchange is required to be %s, but no group of the configuration "
                          "is: add X25519MLKEM768 to groups",
                          pqq__require_name(policy->key_exchange));
  }
  if (policy->authentication == PQQ_REQUIRE_HYBRID) {
    return check_hybrid(config, offer);
  }
  if (policy->authentication == PQQ_REQUIRE_PQ &&
      (!config->has_pq_anchor || offer->scheme_count == 0)) {
    return pqq__error_set(
        PQQ_ERR_POLICY_CONFIG, "authentication is required to be pq, but %s",
        config->has_pq_anchor
            ? "signature_schemes has no ML-DSA scheme: add one"
            : "the trust anchors (ca) have none with an ML-DSA key: add the root");
  }
  return PQQ_OK;
}

pqq_status pqq__offer_make(const pqq__tls_config *config, const pqq__policy *policy,
                           pqq__offer *offer) {
  pqq_status status;

  memset(offer, 0, sizeof *offer);
  for (size_t i = 0; i < config->group_count; i++) {
    if (pqq__policy_allows_group(policy->key_exchange, config->groups[i])) {
      offer->groups[offer->group_count++] = config->groups[i];
    }
  }
  offer_profiles(config, offer);
  offer_schemes(config, policy, offer);
  status = check(config, policy, offer);
  offer->has_velocity = policy->authentication != PQQ_REQUIRE_PQ && offer->commitment.count > 0 &&
                        config->has_pq_anchor && config->has_classical_anchor &&
                        !config->select.is_velocity_disabled;
  offer->has_h3 = policy->authentication != PQQ_REQUIRE_HYBRID;
  return status;
}
