/* SPDX-License-Identifier: MIT */
/* What identities have to be like: as strong as their profile, and two of them
 * proving two things. Refused when the configuration is made, with what to do,
 * instead of failing at every client. */
#include <string.h>

#include <openssl/pool.h>
#include <openssl/x509.h>

#include "core/error.h"
#include "tls/certificate.h"
#include "tls/internal.h"

/* Room for one name in a message. */
#define NAME_TEXT_BYTES 160

static pqq_status check_strength(const pqq__profile *profile, const pqq__identity *identity,
                                 size_t index) {
  uint16_t weakest = identity->scheme->is_pq ? profile->pq_scheme : profile->classical_scheme;
  const pqq__signature_scheme *want = pqq__signature_scheme_find(weakest);

  if (pqq__profile_accepts(profile, identity->scheme)) {
    return PQQ_OK;
  }
  if (want == NULL) {
    return pqq__error_set(PQQ_ERR_PROFILE_IDENTITY,
                          "identities[%zu] has a key of %s, and signature_schemes has no scheme of "
                          "that kind: add %s",
                          index, identity->scheme->key_name, identity->scheme->name);
  }
  return pqq__error_set(PQQ_ERR_PROFILE_IDENTITY,
                        "identities[%zu] has a key of %s, profile %s needs %s or stronger: take a "
                        "weaker profile, or make another certificate",
                        index, identity->scheme->key_name, profile->name, want->key_name);
}

static X509 *parse_last(const pqq__identity *identity) {
  return X509_parse_from_buffer(identity->chain[identity->chain_len - 1]);
}

/* Whether the last certificates of both chains name one issuer. */
static int has_one_root(const pqq__identity *one, const pqq__identity *other, char *issuer,
                        size_t size) {
  X509 *first = parse_last(one), *second = parse_last(other);
  int same = first != NULL && second != NULL &&
             X509_NAME_cmp(X509_get_issuer_name(first), X509_get_issuer_name(second)) == 0;

  if (same) {
    pqq__certificate_issuer(first, issuer, size);
  }
  X509_free(first);
  X509_free(second);
  return same;
}

/* If each chain is of one kind, their roots have keys of two kinds, and so are
 * two. */
static pqq_status check_two(pqq__tls_config *config) {
  const pqq__identity *pq = &config->identities[0], *classical = &config->identities[1];
  char issuer[NAME_TEXT_BYTES];

  if (!pq->scheme->is_pq) {
    pq = &config->identities[1];
    classical = &config->identities[0];
  }
  config->select.can_prove_both = pq->is_chain_pq && classical->is_chain_classical;
  if (config->select.can_prove_both || config->select.is_velocity_disabled) {
    return PQQ_OK;
  }
  if (has_one_root(pq, classical, issuer, sizeof issuer)) {
    return pqq__error_set(PQQ_ERR_SHARED_ROOT,
                          "both identities are issued by %s, so one forged algorithm would forge "
                          "both: issue the %s one under a root of its own kind",
                          issuer, pq->is_chain_pq ? "classical" : "ML-DSA");
  }
  return pqq__error_set(
      PQQ_ERR_CHAIN_CROSSED,
      "the %s identity has a certificate signed with %s: issue it under a root of "
      "its own kind, or set disable_velocity",
      pq->is_chain_pq ? "classical" : "ML-DSA",
      pq->is_chain_pq ? "ML-DSA" : "a classical algorithm");
}

pqq_status pqq__rules_check(pqq__tls_config *config) {
  for (size_t i = 0; i < config->identity_count; i++) {
    pqq_status status = check_strength(config->profile, &config->identities[i], i);

    if (status != PQQ_OK) {
      return status;
    }
  }
  return config->identity_count == 2 ? check_two(config) : PQQ_OK;
}

static pqq_status impossible(const char *what, const char *fix) {
  return pqq__error_set(PQQ_ERR_POLICY_CONFIG, "%s: %s", what, fix);
}

/* Only velocity/1 has hybrid authentication and client certificates. */
static pqq_status check_velocity(const pqq__tls_config *config, const char *what) {
  if (config->select.is_velocity_disabled) {
    return impossible(what, "velocity/1 has that, and it is disabled: enable it");
  }
  if (!config->select.can_prove_both) {
    return impossible(what, "velocity/1 has that, and it takes two identities: add the missing one "
                            "under a root of its own kind");
  }
  for (size_t i = 0; i < config->select.group_count; i++) {
    if (pqq__profile_has_group(config->profile, config->select.groups[i])) {
      return PQQ_OK;
    }
  }
  return impossible(what, "velocity/1 has that, and groups has none of the profile's: add one");
}

pqq_status pqq__tls_config_check_server(const pqq__tls_config *config) {
  const pqq__select_config *select = &config->select;

  if (config->server_context == NULL) {
    return PQQ_ERR_NO_IDENTITY;
  }
  if (select->group_count == 0) {
    return impossible("the required key exchange",
                      "no group of the configuration has it: add X25519MLKEM768 to groups");
  }
  if (select->requires_client && config->roots == NULL) {
    return impossible("client authentication", "there are no trust anchors for it: give ca");
  }
  if ((config->require_client >= PQQ_REQUIRE_PQ && !config->has_pq_anchor) ||
      (config->require_client == PQQ_REQUIRE_HYBRID && !config->has_classical_anchor)) {
    return impossible("client authentication",
                      config->has_pq_anchor
                          ? "hybrid needs an anchor with a classical key in ca too: add that root"
                          : "pq and hybrid need an anchor with an ML-DSA key in ca: add that root");
  }
  if (select->requires_client) {
    return check_velocity(config, "client authentication");
  }
  if (select->require_authentication == PQQ_REQUIRE_HYBRID) {
    return check_velocity(config, "hybrid authentication");
  }
  if (select->require_authentication == PQQ_REQUIRE_PQ) {
    for (size_t i = 0; i < config->identity_count; i++) {
      if (config->identities[i].scheme->is_pq && config->identities[i].is_chain_pq) {
        return PQQ_OK;
      }
    }
    return impossible("pq authentication",
                      "no identity is ML-DSA up to its root: add one issued under an ML-DSA root");
  }
  return PQQ_OK;
}
