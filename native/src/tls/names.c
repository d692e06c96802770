/* SPDX-License-Identifier: MIT */
/* See names.h. */
#include "tls/names.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"

static int has(const pqq__name_list *list, const char *name) {
  for (size_t i = 0; i < list->count; i++) {
    if (strcmp(list->items[i], name) == 0) {
      return 1;
    }
  }
  return 0;
}

int pqq__name_list_add(pqq__name_list *list, const char *name) {
  size_t len = strlen(name);
  char *copy = malloc(len + 1);
  char **grown;

  if (copy == NULL) {
    return 0;
  }
  for (size_t i = 0; i <= len; i++) {
    copy[i] = (char)pqq__lower((uint8_t)name[i]);
  }
  if (has(list, copy)) {
    free(copy);
    return 1;
  }
  grown = realloc(list->items, (list->count + 1) * sizeof *grown);
  if (grown == NULL) {
    free(copy);
    return 0;
  }
  list->items = grown;
  list->items[list->count++] = copy;
  return 1;
}

void pqq__name_list_clear(pqq__name_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    free(list->items[i]);
  }
  free(list->items);
  *list = (pqq__name_list){NULL, 0};
}

/* What a wildcard has to have behind its asterisk to cover `name`: all from the first dot on.
 * NULL if there is no dot. */
static const char *parent(const char *name) {
  return strchr(name, '.');
}

int pqq__name_list_covers(const pqq__name_list *list, const char *name) {
  const char *rest = parent(name);

  for (size_t i = 0; i < list->count; i++) {
    const char *item = list->items[i];

    if (strcmp(item, name) == 0 ||
        (item[0] == '*' && rest != NULL && strcmp(item + 1, rest) == 0)) {
      return 1;
    }
  }
  return 0;
}

int pqq__name_normalise(pqq_bytes name, char *host) {
  char text[PQQ__HOST_NAME_MAX + 2];
  pqq__host_name parsed;

  if (name.len == 0 || name.len >= sizeof text || memchr(name.data, 0, name.len) != NULL) {
    return 0;
  }
  for (size_t i = 0; i < name.len; i++) {
    text[i] = (char)pqq__lower(name.data[i]);
  }
  text[name.len] = '\0';
  if (!pqq__host_name_parse(text, 0, &parsed)) {
    return 0;
  }
  if (parsed.ip_len > 0) {
    return inet_ntop(parsed.ip_len == 4 ? AF_INET : AF_INET6, parsed.ip, host,
                     PQQ__HOST_NAME_MAX + 1) != NULL;
  }
  memcpy(host, parsed.text, strlen(parsed.text) + 1);
  return 1;
}

int pqq__name_of_authority(pqq_bytes authority, char *host) {
  const uint8_t *end = authority.data + authority.len;
  const uint8_t *close;

  if (authority.len > 0 && authority.data[0] == '[') {
    close = memchr(authority.data, ']', authority.len);
    return close != NULL && (close + 1 == end || close[1] == ':') &&
           pqq__name_normalise(
               (pqq_bytes){authority.data + 1, (size_t)(close - authority.data) - 1}, host);
  }
  close = authority.len > 0 ? memchr(authority.data, ':', authority.len) : NULL;
  return pqq__name_normalise(
      (pqq_bytes){authority.data, close != NULL ? (size_t)(close - authority.data) : authority.len},
      host);
}

static int compare(const void *one, const void *other) {
  const pqq__name_row *first = one, *second = other;

  return strcmp(first->name, second->name);
}

const char *pqq__name_table_sort(pqq__name_table *table, size_t sites[2]) {
  if (table->count > 1) {
    qsort(table->rows, table->count, sizeof *table->rows, compare);
  }
  for (size_t i = 0; i + 1 < table->count; i++) {
    if (strcmp(table->rows[i].name, table->rows[i + 1].name) == 0) {
      sites[0] = table->rows[i].site;
      sites[1] = table->rows[i + 1].site;
      return table->rows[i].name;
    }
  }
  return NULL;
}

static size_t find(const pqq__name_table *table, const char *name) {
  pqq__name_row wanted = {name, 0};
  const pqq__name_row *row =
      table->count > 0 ? bsearch(&wanted, table->rows, table->count, sizeof *table->rows, compare)
                       : NULL;

  return row != NULL ? row->site : PQQ__NO_SITE;
}

size_t pqq__name_table_find(const pqq__name_table *table, pqq_bytes name) {
  /* One more, for the asterisk in the place of an empty label, which no name has. */
  char host[PQQ__HOST_NAME_MAX + 2];
  char *rest;
  size_t site;

  if (!pqq__name_normalise(name, host)) {
    return PQQ__NO_SITE;
  }
  site = find(table, host);
  rest = strchr(host, '.');
  if (site != PQQ__NO_SITE || rest == NULL || rest == host) {
    return site;
  }
  rest[-1] = '*';
  return find(table, rest - 1);
}
