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

static pqq_status check_strength(const pqq__profile *profile, const pqq__site *site, size_t index) {
  const pqq__identity *identity = &site->identities[index];
  char prefix[PQQ__LABEL_BYTES + 2];
  uint16_t weakest = identity->scheme->is_pq ? profile->pq_scheme : profile->classical_scheme;
  const pqq__signature_scheme *want = pqq__signature_scheme_find(weakest);

  if (pqq__profile_accepts(profile, identity->scheme)) {
    return PQQ_OK;
  }
  (void)pqq__site_prefix(site, prefix);
  if (want == NULL) {
    return pqq__error_set(PQQ_ERR_PROFILE_IDENTITY,
                          "%sidentities[%zu] has a key of %s, and signature_schemes has no scheme "
                          "of that kind: add %s",
                          prefix, index, identity->scheme->key_name, identity->scheme->name);
  }
  return pqq__error_set(PQQ_ERR_PROFILE_IDENTITY,
                        "%sidentities[%zu] has a key of %s, profile %s needs %s or stronger: take "
                        "a weaker profile, or make another certificate",
                        prefix, index, identity->scheme->key_name, profile->name, want->key_name);
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
static pqq_status check_two(const pqq__tls_config *config, size_t index) {
  const pqq__site *site = &config->sites[index];
  const pqq__identity *pq = pqq__site_identity(site, 1), *classical = pqq__site_identity(site, 0);
  pqq__select_site *select = &config->select_sites[index];
  char issuer[NAME_TEXT_BYTES], prefix[PQQ__LABEL_BYTES + 2];

  select->can_prove_both =
      pq->is_chain_pq && classical->is_chain_classical && classical->scheme->can_prove;
  if ((pq->is_chain_pq && classical->is_chain_classical) || config->select.is_velocity_disabled) {
    return PQQ_OK;
  }
  (void)pqq__site_prefix(site, prefix);
  if (has_one_root(pq, classical, issuer, sizeof issuer)) {
    return pqq__error_set(PQQ_ERR_SHARED_ROOT,
                          "%sboth identities are issued by %s, so one forged algorithm would forge "
                          "both: issue the %s one under a root of its own kind",
                          prefix, issuer, pq->is_chain_pq ? "classical" : "ML-DSA");
  }
  return pqq__error_set(
      PQQ_ERR_CHAIN_CROSSED,
      "%sthe %s identity has a certificate signed with %s: issue it under a root of "
      "its own kind, or set disable_velocity",
      prefix, pq->is_chain_pq ? "classical" : "ML-DSA",
      pq->is_chain_pq ? "ML-DSA" : "a classical algorithm");
}

static pqq_status check_site(const pqq__tls_config *config, size_t index) {
  const pqq__site *site = &config->sites[index];

  for (size_t i = 0; i < site->identity_count; i++) {
    pqq_status status = check_strength(config->profile, site, i);

    if (status != PQQ_OK) {
      return status;
    }
  }
  return site->identity_count == 2 ? check_two(config, index) : PQQ_OK;
}

pqq_status pqq__rules_check(pqq__tls_config *config) {
  pqq_status status = PQQ_OK;

  for (size_t i = 0; status == PQQ_OK && i < config->site_count; i++) {
    status = check_site(config, i);
  }
  return status;
}

static pqq_status impossible(const char *what, const char *fix) {
  return pqq__error_set(PQQ_ERR_POLICY_CONFIG, "%s: %s", what, fix);
}

static pqq_status impossible_at(const pqq__site *site, const char *what, const char *fix) {
  char prefix[PQQ__LABEL_BYTES + 2];

  return pqq__error_set(PQQ_ERR_POLICY_CONFIG, "%s%s: %s", pqq__site_prefix(site, prefix), what,
                        fix);
}

/* Only velocity/1 has hybrid authentication and client certificates. */
static pqq_status check_velocity(const pqq__tls_config *config, const char *what) {
  if (config->select.is_velocity_disabled) {
    return impossible(what, "velocity/1 has that, and it is disabled: enable it");
  }
  for (size_t i = 0; i < config->site_count; i++) {
    const pqq__signature_scheme *classical = config->select_sites[i].classical;

    if (classical != NULL && !classical->can_prove) {
      return impossible_at(&config->sites[i], what,
                           "velocity/1 has that, and its classical half is ECDSA: take an ECDSA "
                           "certificate instead of the other one");
    }
    if (!config->select_sites[i].can_prove_both) {
      return impossible_at(&config->sites[i], what,
                           "velocity/1 has that, and it takes two identities: add the missing one "
                           "under a root of its own kind");
    }
  }
  for (size_t i = 0; i < config->select.group_count; i++) {
    if (pqq__profile_has_group(config->profile, config->select.groups[i])) {
      return PQQ_OK;
    }
  }
  return impossible(what, "velocity/1 has that, and groups has none of the profile's: add one");
}

static pqq_status check_pq(const pqq__tls_config *config) {
  for (size_t i = 0; i < config->site_count; i++) {
    const pqq__identity *identity = pqq__site_identity(&config->sites[i], 1);

    if (identity == NULL || !identity->is_chain_pq) {
      return impossible_at(
          &config->sites[i], "pq authentication",
          "no identity is ML-DSA up to its root: add one issued under an ML-DSA root");
    }
  }
  return PQQ_OK;
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
  return select->require_authentication == PQQ_REQUIRE_PQ ? check_pq(config) : PQQ_OK;
}
