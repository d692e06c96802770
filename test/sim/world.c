/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include "fatal.h"

#define DAYS 30

/* Which development identity has the key, and which of its two it is. */
static const struct {
  const char *name;
  int32_t profile;
  int is_classical;
} identities[SIM_IDENTITIES] = {
    [SIM_P256] = {"ECDSA P-256", PQQ_PROFILE_LIGHT, 1},
    [SIM_P384] = {"ECDSA P-384", PQQ_PROFILE_SECURE, 1},
    [SIM_MLDSA44] = {"ML-DSA-44", PQQ_PROFILE_LIGHT, 0},
    [SIM_MLDSA65] = {"ML-DSA-65", PQQ_PROFILE_BALANCED, 0},
    [SIM_MLDSA87] = {"ML-DSA-87", PQQ_PROFILE_SECURE, 0},
};

/* One per profile; kept until the process ends. */
static pqq_dev_identity *made[PQQ_PROFILE_SECURE + 1];
static char *anchors;

static void must(pqq_status status, const char *what) {
  if (status != PQQ_OK) {
    sim_fatal("%s: %s (%s)", what, pqq_err_name(status), pqq_error_detail());
  }
}

static void free_all(void) {
  for (int32_t profile = PQQ_PROFILE_LIGHT; profile <= PQQ_PROFILE_SECURE; profile++) {
    pqq_dev_identity_free(made[profile]);
  }
  free(anchors);
}

static void make_anchors(void) {
  size_t len = 0;

  for (int32_t profile = PQQ_PROFILE_LIGHT; profile <= PQQ_PROFILE_SECURE; profile++) {
    len += made[profile]->ca_pem.len;
  }
  anchors = calloc(1, len + 1);
  if (!anchors) {
    sim_fatal("out of memory");
  }
  for (int32_t profile = PQQ_PROFILE_LIGHT; profile <= PQQ_PROFILE_SECURE; profile++) {
    strncat(anchors, (const char *)made[profile]->ca_pem.data, made[profile]->ca_pem.len);
  }
}

static void make_identities(void) {
  static const char *const names[] = {SIM_SERVER_NAME, "192.0.2.1", "2001:db8::1"};

  if (anchors) {
    return;
  }
  must(pqq_init(), "pqq_init");
  for (int32_t profile = PQQ_PROFILE_LIGHT; profile <= PQQ_PROFILE_SECURE; profile++) {
    must(pqq_dev_identity_new(profile, names, sizeof names / sizeof names[0], DAYS, &made[profile]),
         "pqq_dev_identity_new");
  }
  make_anchors();
  atexit(free_all);
}

const char *sim_identity_name(sim_identity identity) {
  return identity < SIM_IDENTITIES ? identities[identity].name : "none";
}

sim_identity sim_identity_from_name(const char *name) {
  int identity = 0;

  while (identity < SIM_IDENTITIES && strcmp(identities[identity].name, name) != 0) {
    identity++;
  }
  return (sim_identity)identity;
}

pqq_identity_source sim_identity_source(sim_identity identity) {
  const pqq_dev_identity *from;

  make_identities();
  from = made[identities[identity].profile];
  return identities[identity].is_classical
             ? (pqq_identity_source){.cert_pem = from->classical_cert_pem,
                                     .key_pem = from->classical_key_pem}
             : (pqq_identity_source){.cert_pem = from->pq_cert_pem, .key_pem = from->pq_key_pem};
}

pqq_bytes sim_anchors(void) {
  make_identities();
  return (pqq_bytes){(const uint8_t *)anchors, strlen(anchors)};
}

pqq_config_options sim_options(void) {
  pqq_config_options options;

  must(pqq_config_options_init(&options, sizeof options), "pqq_config_options_init");
  return options;
}

pqq_config *sim_config(const pqq_config_options *options, sim_identity identity) {
  pqq_config_options with = options ? *options : sim_options();
  pqq_identity_source source;
  pqq_config *config = NULL;

  with.ca_pem = sim_anchors();
  if (identity != SIM_IDENTITIES) {
    source = sim_identity_source(identity);
    with.identities = &source;
    with.identity_count = 1;
    if (with.profile == 0 && identity == SIM_MLDSA44) {
      with.profile = PQQ_PROFILE_LIGHT; /* The others want a stronger one. */
    }
  }
  must(pqq_config_new(&with, &config), "pqq_config_new");
  return config;
}

void sim_sources_of(const pqq_dev_identity *from, pqq_identity_source sources[2]) {
  sources[0] = (pqq_identity_source){.cert_pem = from->pq_cert_pem, .key_pem = from->pq_key_pem};
  sources[1] = (pqq_identity_source){.cert_pem = from->classical_cert_pem,
                                     .key_pem = from->classical_key_pem};
}

void sim_hybrid_sources(int32_t profile, pqq_identity_source sources[2]) {
  make_identities();
  sim_sources_of(made[profile], sources);
}

pqq_config *sim_hybrid_config(const pqq_config_options *options, int32_t profile) {
  pqq_config_options with = options ? *options : sim_options();
  pqq_identity_source sources[2];
  pqq_config *config = NULL;

  sim_hybrid_sources(profile, sources);
  with.profile = profile;
  with.identities = sources;
  with.identity_count = 2;
  with.ca_pem = sim_anchors();
  must(pqq_config_new(&with, &config), "pqq_config_new");
  return config;
}

pqq_config *sim_client_config(const pqq_config_options *options, int32_t profile) {
  pqq_config_options with = options ? *options : sim_options();

  with.profile = profile;
  return sim_config(&with, SIM_IDENTITIES);
}

pqq_stats sim_stats(const pqq_engine *engine) {
  pqq_stats stats = {.struct_size = sizeof stats};

  must(pqq_engine_stats(engine, &stats), "pqq_engine_stats");
  return stats;
}
