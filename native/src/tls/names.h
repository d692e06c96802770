/* SPDX-License-Identifier: MIT */
/* Names that certificates and sites have, and which of them a client's name is
 * (RFC 9525 section 6.3): the same letters, or one left-most label in the place of
 * an asterisk. No TLS library here. */
#ifndef PQQ__TLS_NAMES_H
#define PQQ__TLS_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include <pqq/types.h>

#include "tls/host_name.h"

/* DNS names in lower case, with or without a wildcard, and IP addresses as inet_ntop
 * spells them. */
typedef struct pqq__name_list {
  char **items;
  size_t count;
} pqq__name_list;

/* Adds a copy of `name` in lower case if it is not there yet. 0 on lack of memory. */
int pqq__name_list_add(pqq__name_list *list, const char *name);
void pqq__name_list_clear(pqq__name_list *list);
/* Whether a name of the list is `name` (normalised) or covers it by its wildcard. A wildcard
 * is covered by itself alone. */
int pqq__name_list_covers(const pqq__name_list *list, const char *name);

/* A host name as it comes from a peer: in lower case, without a trailing dot, an IP
 * address as inet_ntop spells it. 0 if it is no host name. `host` has room for
 * PQQ__HOST_NAME_MAX + 1. */
int pqq__name_normalise(pqq_bytes name, char *host);
/* The same for the host of an authority (RFC 3986 section 3.2: port, brackets). */
int pqq__name_of_authority(pqq_bytes authority, char *host);

/* Which site has which name, in order of the names. Views of the lists. */
typedef struct pqq__name_row {
  const char *name;
  size_t site;
} pqq__name_row;

typedef struct pqq__name_table {
  pqq__name_row *rows;
  size_t count;
} pqq__name_table;

/* Sorts the rows. The first name that is there twice, NULL if none is; `sites` are the two that
 * have it. */
const char *pqq__name_table_sort(pqq__name_table *table, size_t sites[2]);

#define PQQ__NO_SITE SIZE_MAX

/* The site of the exact name, else of the wildcard that covers it, else PQQ__NO_SITE. */
size_t pqq__name_table_find(const pqq__name_table *table, pqq_bytes name);

#endif
