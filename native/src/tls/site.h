/* SPDX-License-Identifier: MIT */
/* The sites of a server: names, and the pair of identities that proves them. What
 * velocity/1 promises is promised per site: both proofs of a connection are of one.
 * A client's identities are a site without names. */
#ifndef PQQ__TLS_SITE_H
#define PQQ__TLS_SITE_H

#include "tls/identity.h"
#include "tls/select.h"

/* Immutable; owned by the configuration. */
typedef struct pqq__site {
  /* What messages call it: "" for the identities of a configuration without sites, else such as
   * "sites[1] (www.example)". */
  char label[PQQ__LABEL_BYTES];
  pqq__identity identities[PQQ__MAX_IDENTITIES];
  size_t identity_count;
  /* What clients ask for to get it. Of the first one they may be empty. */
  pqq__name_list names;
} pqq__site;

typedef struct pqq__tls_config pqq__tls_config;

/* Loads all sites of `options`, the default one first, and the table of their names.
 * Errors: as pqq__identity_load, and PQQ_ERR_INVALID_ARG with a detail (two identities of one
 * kind, names that are no names, are not in the certificates, or belong to two sites). */
pqq_status pqq__sites_load(pqq__tls_config *config, const pqq_config_options *options);
void pqq__sites_free(pqq__tls_config *config);

/* The ML-DSA or the classical identity of a site; NULL if there is none, or no site. */
const pqq__identity *pqq__site_identity(const pqq__site *site, int is_pq);

/* "sites[1] (www.example): " for the front of a message, or "". `text` has PQQ__LABEL_BYTES + 2. */
const char *pqq__site_prefix(const pqq__site *site, char *text);

#endif
