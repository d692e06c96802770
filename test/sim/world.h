/* SPDX-License-Identifier: MIT */
/* Configurations of the scenarios: one server name, development identities of
 * each algorithm, made once per process. And what an engine has counted. */
#ifndef PQQ_SIM_WORLD_H
#define PQQ_SIM_WORLD_H

#include <pqq/pqq.h>

/* What the server's certificate and the client's URL say. */
#define SIM_SERVER_NAME "server.test"

typedef enum sim_identity {
  SIM_P256,
  SIM_P384,
  SIM_MLDSA44,
  SIM_MLDSA65,
  SIM_MLDSA87,
  SIM_IDENTITIES
} sim_identity;

/* As pqq_certificate_info.algorithm spells it. */
const char *sim_identity_name(sim_identity identity);
/* SIM_IDENTITIES if there is no such name. */
sim_identity sim_identity_from_name(const char *name);

/* Its certificate and key; valid for the rest of the process. */
pqq_identity_source sim_identity_source(sim_identity identity);
/* The anchors of all identities in one text. */
pqq_bytes sim_anchors(void);

/* pqq_config_new with that identity (SIM_IDENTITIES: none) and the anchors added to a copy of
 * `options`, which may be NULL. The caller unrefs. */
pqq_config *sim_config(const pqq_config_options *options, sim_identity identity);

/* The same with both identities of a profile, which becomes the configuration's. */
pqq_config *sim_hybrid_config(const pqq_config_options *options, int32_t profile);
/* A client's, with the profile. */
pqq_config *sim_client_config(const pqq_config_options *options, int32_t profile);
/* The two identities of a profile, ML-DSA first. */
void sim_hybrid_sources(int32_t profile, pqq_identity_source sources[2]);
/* The same of a development identity of the caller's. */
void sim_sources_of(const pqq_dev_identity *from, pqq_identity_source sources[2]);

/* Options with defaults. */
pqq_config_options sim_options(void);

pqq_stats sim_stats(const pqq_engine *engine);

#endif
