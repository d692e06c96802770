/* SPDX-License-Identifier: MIT */
/* Loading of sites; see site.h. */
#include "tls/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/error.h"
#include "tls/internal.h"

/* One source of a site, wherever it stands in the options. */
typedef struct source {
  const pqq_identity_source *identities;
  size_t identity_count;
  const char *const *names;
  size_t name_count;
} source;

const pqq__identity *pqq__site_identity(const pqq__site *site, int is_pq) {
  for (size_t i = 0; site != NULL && i < site->identity_count; i++) {
    if (site->identities[i].scheme->is_pq == is_pq) {
      return &site->identities[i];
    }
  }
  return NULL;
}

const char *pqq__site_prefix(const pqq__site *site, char *text) {
  (void)snprintf(text, PQQ__LABEL_BYTES + 2, "%s%s", site->label,
                 site->label[0] != '\0' ? ": " : "");
  return text;
}

/* --- Identities ------------------------------------------------------------ */

static pqq_status load_identity(const source *from, size_t i, pqq__site *site,
                                pqq__select_site *select) {
  pqq__identity *identity = &site->identities[i];
  const pqq__signature_scheme **slot;
  char label[PQQ__LABEL_BYTES + 24];
  pqq_status status;

  (void)snprintf(label, sizeof label, "%s%sidentities[%zu]", site->label,
                 site->label[0] != '\0' ? "." : "", i);
  label[PQQ__LABEL_BYTES - 1] = '\0';
  status = pqq__identity_load(&from->identities[i], label, identity);
  if (status != PQQ_OK) {
    return status;
  }
  site->identity_count = i + 1;
  slot = identity->scheme->is_pq ? &select->pq : &select->classical;
  if (*slot != NULL) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "%s (%s) is of the same kind as (%s)", label,
                          identity->scheme->key_name, (*slot)->key_name);
  }
  *slot = identity->scheme;
  select->is_development &= identity->is_development;
  return PQQ_OK;
}

static pqq_status load_identities(const source *from, pqq__site *site, pqq__select_site *select) {
  char prefix[PQQ__LABEL_BYTES + 2];

  (void)pqq__site_prefix(site, prefix);
  if (from->identity_count > PQQ__MAX_IDENTITIES) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG,
                          "%s%zu identities; at most one ML-DSA and one classical are used", prefix,
                          from->identity_count);
  }
  if (from->identity_count > 0 && from->identities == NULL) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "%sidentities is NULL but identity_count is %zu",
                          prefix, from->identity_count);
  }
  select->is_development = 1;
  for (size_t i = 0; i < from->identity_count; i++) {
    pqq_status status = load_identity(from, i, site, select);

    if (status != PQQ_OK) {
      return status;
    }
  }
  return PQQ_OK;
}

/* --- Names ----------------------------------------------------------------- */

static int is_ip_address(const char *name) {
  pqq__host_name parsed;

  return pqq__host_name_parse(name, 1, &parsed) && parsed.ip_len > 0;
}

static int all_cover(const pqq__site *site, const char *name) {
  for (size_t i = 0; i < site->identity_count; i++) {
    if (!pqq__name_list_covers(&site->identities[i].names, name)) {
      return 0;
    }
  }
  return 1;
}

static pqq_status add_given_name(pqq__site *site, const char *name, size_t index) {
  char prefix[PQQ__LABEL_BYTES + 2];
  pqq__host_name parsed;

  (void)pqq__site_prefix(site, prefix);
  if (name == NULL || !pqq__host_name_parse(name, 1, &parsed) || parsed.ip_len > 0) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG,
                          "%snames[%zu]: \"%.100s\" is no DNS name; IP addresses are not sent as "
                          "server names, the first site answers for them",
                          prefix, index, name != NULL ? name : "");
  }
  for (char *c = parsed.text; *c != '\0'; c++) {
    *c = (char)pqq__lower((uint8_t)*c);
  }
  if (!pqq__name_list_add(&site->names, parsed.text)) {
    return PQQ_ERR_NO_MEMORY;
  }
  return all_cover(site, parsed.text)
             ? PQQ_OK
             : pqq__error_set(PQQ_ERR_INVALID_ARG,
                              "%snames[%zu]: %.100s is not in the subjectAltName of every "
                              "certificate of the site, so clients would refuse it",
                              prefix, index, name);
}

/* Those that every certificate of the site has. */
static pqq_status take_certificate_names(pqq__site *site) {
  const pqq__name_list *first = &site->identities[0].names;

  for (size_t i = 0; site->identity_count > 0 && i < first->count; i++) {
    const char *name = first->items[i];

    if (!is_ip_address(name) && all_cover(site, name) && !pqq__name_list_add(&site->names, name)) {
      return PQQ_ERR_NO_MEMORY;
    }
  }
  return PQQ_OK;
}

static pqq_status load_names(const source *from, pqq__site *site) {
  if (from->name_count > 0 && from->names == NULL) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "%s: names is NULL but name_count is %zu",
                          site->label, from->name_count);
  }
  for (size_t i = 0; i < from->name_count; i++) {
    pqq_status status = add_given_name(site, from->names[i], i);

    if (status != PQQ_OK) {
      return status;
    }
  }
  return from->name_count == 0 ? take_certificate_names(site) : PQQ_OK;
}

static pqq_status fill_table(pqq__tls_config *config) {
  pqq__name_table *table = &config->select.names;
  size_t count = 0, twice[2];
  const char *name;

  for (size_t i = 0; i < config->site_count; i++) {
    count += config->sites[i].names.count;
  }
  table->rows = count > 0 ? calloc(count, sizeof *table->rows) : NULL;
  if (count > 0 && table->rows == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  for (size_t i = 0; i < config->site_count; i++) {
    const pqq__name_list *names = &config->sites[i].names;

    if (names->count == 0 && i > 0) {
      return pqq__error_set(PQQ_ERR_INVALID_ARG,
                            "%s: no DNS name is in the subjectAltName of all its certificates, so "
                            "no client would get it",
                            config->sites[i].label);
    }
    for (size_t j = 0; j < names->count; j++) {
      table->rows[table->count++] = (pqq__name_row){names->items[j], i};
    }
  }
  name = pqq__name_table_sort(table, twice);
  return name == NULL
             ? PQQ_OK
             : pqq__error_set(PQQ_ERR_INVALID_ARG,
                              "%s and %s both have the name %.100s: give names to one "
                              "that leaves it out",
                              config->sites[twice[0]].label, config->sites[twice[1]].label, name);
}

/* --- Sites ----------------------------------------------------------------- */

static void set_label(pqq__site *site, const source *from, size_t index) {
  if (from->name_count > 0 && from->names != NULL && from->names[0] != NULL) {
    (void)snprintf(site->label, sizeof site->label, "sites[%zu] (%.60s)", index, from->names[0]);
  } else {
    (void)snprintf(site->label, sizeof site->label, "sites[%zu]", index);
  }
}

/* A site without given names is called after its certificate, once that is there. */
static void improve_label(pqq__site *site, const source *from, size_t index) {
  if (from->name_count == 0 && site->names.count > 0) {
    (void)snprintf(site->label, sizeof site->label, "sites[%zu] (%.60s)", index,
                   site->names.items[0]);
  }
}

static pqq_status add_site(pqq__tls_config *config, const source *from, size_t index,
                           int has_label) {
  pqq__site *site = &config->sites[config->site_count];
  pqq__select_site *select = &config->select_sites[config->site_count];
  pqq_status status;

  config->site_count++;
  if (has_label) {
    set_label(site, from, index);
  }
  status = load_identities(from, site, select);
  if (status == PQQ_OK && has_label && site->identity_count == 0) {
    status = pqq__error_set(PQQ_ERR_NO_IDENTITY, "%s has no identity", site->label);
  }
  if (status == PQQ_OK) {
    status = load_names(from, site);
  }
  if (status == PQQ_OK && has_label) {
    improve_label(site, from, index);
  }
  return status;
}

static pqq_status allocate(pqq__tls_config *config, size_t count) {
  config->sites = calloc(count, sizeof *config->sites);
  config->select_sites = calloc(count, sizeof *config->select_sites);
  config->select.sites = config->select_sites;
  return config->sites != NULL && config->select_sites != NULL ? PQQ_OK : PQQ_ERR_NO_MEMORY;
}

static pqq_status add_sites(pqq__tls_config *config, const pqq_config_options *options) {
  source own = {options->identities, options->identity_count, NULL, 0};
  pqq_status status = PQQ_OK;

  if (options->identity_count > 0) {
    status = add_site(config, &own, 0, 0);
    if (status == PQQ_OK && options->site_count > 0) {
      (void)snprintf(config->sites[0].label, sizeof config->sites[0].label, "identities");
    }
  }
  for (size_t i = 0; status == PQQ_OK && i < options->site_count; i++) {
    const pqq_site_source *given = &options->sites[i];
    source from = {given->identities, given->identity_count, given->names, given->name_count};

    status = add_site(config, &from, i, 1);
  }
  return status;
}

pqq_status pqq__sites_load(pqq__tls_config *config, const pqq_config_options *options) {
  size_t count = options->site_count + (options->identity_count > 0);
  pqq_status status;

  if (options->site_count > 0 && options->sites == NULL) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "sites is NULL but site_count is %zu",
                          options->site_count);
  }
  if (options->site_count > PQQ__MAX_SITES) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "%zu sites, at most %d", options->site_count,
                          PQQ__MAX_SITES);
  }
  if (count == 0) {
    return PQQ_OK;
  }
  status = allocate(config, count);
  if (status == PQQ_OK) {
    status = add_sites(config, options);
  }
  return status == PQQ_OK ? fill_table(config) : status;
}

void pqq__sites_free(pqq__tls_config *config) {
  for (size_t i = 0; i < config->site_count; i++) {
    pqq__site *site = &config->sites[i];

    for (size_t j = 0; j < site->identity_count; j++) {
      pqq__identity_clear(&site->identities[j]);
    }
    pqq__name_list_clear(&site->names);
  }
  free(config->select.names.rows);
  free(config->select_sites);
  free(config->sites);
}
