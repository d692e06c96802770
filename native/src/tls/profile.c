/* SPDX-License-Identifier: MIT */
/* From options to algorithms: the profile, the groups, cipher suites and
 * signature schemes of a configuration. Called by context.c. */
#include <string.h>

#include <openssl/aead.h>

#include "core/error.h"
#include "tls/internal.h"

/* Signature schemes that a client accepts, in CertificateVerify and, as it
 * sends no signature_algorithms_cert, in certificates too. Post-quantum first:
 * servers that follow the client's order then take their ML-DSA certificate.
 * PKCS #1 v1.5 is for RSA certificates of the web; TLS 1.3 itself never signs
 * with it (RFC 8446 section 4.2.3). */
static const uint16_t accepted_schemes[] = {
    PQQ_SCHEME_MLDSA44,
    PQQ_SCHEME_MLDSA65,
    PQQ_SCHEME_MLDSA87,
    PQQ_SCHEME_ECDSA_SECP256R1_SHA256,
    PQQ_SCHEME_ECDSA_SECP384R1_SHA384,
    PQQ_SCHEME_ED25519,
    PQQ_SCHEME_RSA_PSS_RSAE_SHA256,
    PQQ_SCHEME_RSA_PSS_RSAE_SHA384,
    PQQ_SCHEME_RSA_PSS_RSAE_SHA512,
    PQQ_SCHEME_RSA_PKCS1_SHA256,
    PQQ_SCHEME_RSA_PKCS1_SHA384,
    PQQ_SCHEME_RSA_PKCS1_SHA512,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static pqq_status add_group(pqq__tls_config *config, uint16_t id) {
  for (size_t i = 0; i < config->group_count; i++) {
    if (config->groups[i] == id) {
      return pqq__error_set(PQQ_ERR_INVALID_ARG, "groups: %s is given twice",
                            pqq__group_find(id)->name);
    }
  }
  config->groups[config->group_count++] = id;
  return PQQ_OK;
}

/* The groups of a profile that are not there yet. */
static void add_missing(pqq__tls_config *config, const uint16_t *groups, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (!pqq__list_has(config->groups, config->group_count, groups[i])) {
      config->groups[config->group_count++] = groups[i];
    }
  }
}

/* Those of the profiles, then what plain h3 takes beside them. */
static void default_groups(pqq__tls_config *config) {
  const pqq__profile *profile = config->profile;

  for (size_t i = 0; i < config->offered_count; i++) {
    const pqq__profile *offered = config->offered[i];

    add_missing(config, offered->groups, pqq__list_length(offered->groups, COUNT(offered->groups)));
  }
  add_missing(config, profile->groups, pqq__list_length(profile->groups, COUNT(profile->groups)));
  add_missing(config, profile->h3_groups,
              pqq__list_length(profile->h3_groups, COUNT(profile->h3_groups)));
}

static pqq_status resolve_groups(pqq__tls_config *config, const pqq_config_options *options) {
  if (options->group_count == 0) {
    default_groups(config);
    return PQQ_OK;
  }
  if (options->groups == NULL) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "groups is NULL but group_count is %zu",
                          options->group_count);
  }
  /* Each known group once is the most there can be, so the array never overflows. */
  for (size_t i = 0; i < options->group_count; i++) {
    pqq_status status;

    if (pqq__group_find(options->groups[i]) == NULL) {
      return pqq__error_set(PQQ_ERR_GROUP_UNKNOWN, "groups[%zu] is 0x%04x", i, options->groups[i]);
    }
    status = add_group(config, options->groups[i]);
    if (status != PQQ_OK) {
      return status;
    }
  }
  return PQQ_OK;
}

/* ChaCha20 goes first where AES has no hardware: it is several times as fast
 * there and, unlike table-driven AES, needs no secret-dependent lookups. */
static void resolve_ciphers(pqq__tls_config *config) {
  const pqq__profile *profile = config->profile;
  size_t count = pqq__list_length(profile->ciphers, COUNT(profile->ciphers));
  pqq__select_config *select = &config->select;

  if (!EVP_has_aes_hardware()) {
    for (size_t i = 0; i < count; i++) {
      if (profile->ciphers[i] == PQQ_CIPHER_CHACHA20_POLY1305_SHA256) {
        select->ciphers[select->cipher_count++] = profile->ciphers[i];
      }
    }
  }
  for (size_t i = 0; i < count; i++) {
    if (select->cipher_count == 0 || profile->ciphers[i] != select->ciphers[0]) {
      select->ciphers[select->cipher_count++] = profile->ciphers[i];
    }
  }
}

/* A client takes its own profile's, then what the others that it offers need. */
static void resolve_client_ciphers(pqq__tls_config *config) {
  memcpy(config->client_ciphers, config->select.ciphers, sizeof config->select.ciphers);
  config->client_cipher_count = config->select.cipher_count;
  for (size_t i = 0; i < config->offered_count; i++) {
    const pqq__profile *offered = config->offered[i];

    for (size_t j = 0; j < COUNT(offered->ciphers) && offered->ciphers[j] != 0; j++) {
      if (!pqq__list_has(config->client_ciphers, config->client_cipher_count,
                         offered->ciphers[j])) {
        config->client_ciphers[config->client_cipher_count++] = offered->ciphers[j];
      }
    }
  }
}

/* The algorithms of PQQ_PROFILE_CUSTOM. Its weakest identities are those of the
 * weakest schemes that are listed. */
static pqq_status fill_custom(pqq__profile *profile, const pqq_config_options *options) {
  if (options->group_count == 0 || options->cipher_count == 0 ||
      options->signature_scheme_count == 0 || options->ciphers == NULL ||
      options->signature_schemes == NULL) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG,
                          "a custom profile needs groups, ciphers and signature_schemes");
  }
  if (options->cipher_count > COUNT(profile->ciphers) ||
      options->signature_scheme_count > PQQ__MAX_SCHEMES) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG,
                          "%zu ciphers and %zu signature_schemes; %zu and %d "
                          "are the most",
                          options->cipher_count, options->signature_scheme_count,
                          COUNT(profile->ciphers), PQQ__MAX_SCHEMES);
  }
  *profile =
      (pqq__profile){.id = PQQ_PROFILE_CUSTOM, .name = "custom", .first_flight_datagrams = 4};
  for (size_t i = 0, kept = 0; i < options->group_count; i++) {
    const pqq__group *group = pqq__group_find(options->groups[i]);

    if (group != NULL && group->has_mlkem && kept < COUNT(profile->groups)) {
      profile->groups[kept++] = group->id;
    }
  }
  for (size_t i = 0; i < options->cipher_count; i++) {
    if (pqq__cipher_find(options->ciphers[i]) == NULL ||
        pqq__list_has(profile->ciphers, i, options->ciphers[i])) {
      return pqq__error_set(PQQ_ERR_INVALID_ARG, "ciphers[%zu]: 0x%04x is unknown or there twice",
                            i, options->ciphers[i]);
    }
    profile->ciphers[i] = options->ciphers[i];
  }
  return PQQ_OK;
}

static void keep_weakest(uint16_t *weakest, const pqq__signature_scheme *scheme) {
  const pqq__signature_scheme *before = pqq__signature_scheme_find(*weakest);

  if (scheme->can_sign && (before == NULL || scheme->strength < before->strength)) {
    *weakest = scheme->id;
  }
}

static pqq_status custom_schemes(pqq__tls_config *config, const pqq_config_options *options) {
  for (size_t i = 0; i < options->signature_scheme_count; i++) {
    const pqq__signature_scheme *scheme = pqq__signature_scheme_find(options->signature_schemes[i]);

    if (scheme == NULL || pqq__list_has(config->schemes, i, scheme->id)) {
      return pqq__error_set(PQQ_ERR_INVALID_ARG,
                            "signature_schemes[%zu]: 0x%04x is unknown or there twice", i,
                            options->signature_schemes[i]);
    }
    config->schemes[config->scheme_count++] = scheme->id;
    keep_weakest(scheme->is_pq ? &config->custom_profile.pq_scheme
                               : &config->custom_profile.classical_scheme,
                 scheme);
  }
  return PQQ_OK;
}

static pqq_status resolve_schemes(pqq__tls_config *config, const pqq_config_options *options) {
  if (config->profile->id == PQQ_PROFILE_CUSTOM) {
    return custom_schemes(config, options);
  }
  if (options->cipher_count > 0 || options->signature_scheme_count > 0) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG,
                          "ciphers and signature_schemes are for profile "
                          "custom, the profile is %s",
                          config->profile->name);
  }
  memcpy(config->schemes, accepted_schemes, sizeof accepted_schemes);
  config->scheme_count = COUNT(accepted_schemes);
  return PQQ_OK;
}

static const pqq__profile *find_profile(const pqq__tls_config *config, int32_t id) {
  return id == PQQ_PROFILE_CUSTOM && config->profile->id == PQQ_PROFILE_CUSTOM
             ? config->profile
             : pqq__profile_find(id);
}

static pqq_status resolve_offered(pqq__tls_config *config, const pqq_config_options *options) {
  if (options->profile_count == 0) {
    config->offered[config->offered_count++] = config->profile;
    return PQQ_OK;
  }
  if (options->profiles == NULL || options->profile_count > PQQ_MAX_PROFILES) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "%zu profiles; 1 to %d can be offered",
                          options->profile_count, PQQ_MAX_PROFILES);
  }
  for (size_t i = 0; i < options->profile_count; i++) {
    const pqq__profile *profile = find_profile(config, options->profiles[i]);

    if (profile == NULL) {
      return pqq__error_set(PQQ_ERR_PROFILE_UNKNOWN, "profiles[%zu] is %d", i,
                            (int)options->profiles[i]);
    }
    for (size_t j = 0; j < i; j++) {
      if (config->offered[j] == profile) {
        return pqq__error_set(PQQ_ERR_INVALID_ARG, "profiles: %s is given twice", profile->name);
      }
    }
    config->offered[config->offered_count++] = profile;
  }
  return PQQ_OK;
}

pqq_status pqq__algorithms_resolve(pqq__tls_config *config, const pqq_config_options *options) {
  int32_t id = options->profile != 0 ? options->profile : PQQ_PROFILE_BALANCED;
  pqq_status status = PQQ_OK;

  config->profile = pqq__profile_find(id);
  if (id == PQQ_PROFILE_CUSTOM) {
    status = fill_custom(&config->custom_profile, options);
    config->profile = &config->custom_profile;
  }
  if (config->profile == NULL) {
    return pqq__error_set(PQQ_ERR_PROFILE_UNKNOWN, "profile is %d", (int)id);
  }
  if (status == PQQ_OK) {
    status = resolve_offered(config, options);
  }
  if (status == PQQ_OK) {
    status = resolve_groups(config, options);
  }
  if (status == PQQ_OK) {
    status = resolve_schemes(config, options);
  }
  if (status == PQQ_OK) {
    resolve_ciphers(config);
    resolve_client_ciphers(config);
  }
  return status;
}
