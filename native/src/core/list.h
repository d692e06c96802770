/* SPDX-License-Identifier: MIT */
/* Intrusive doubly linked list with a sentinel; a node is in one list at most. */
#ifndef PQQ__CORE_LIST_H
#define PQQ__CORE_LIST_H

#include <stddef.h>

typedef struct pqq__node {
  struct pqq__node *prev, *next;
} pqq__node;

/* The struct of type `type` whose member `member` is `node`. */
#define PQQ__OWNER(node, type, member) ((type *)(void *)((char *)(node) - offsetof(type, member)))

static inline void pqq__list_init(pqq__node *list) {
  list->prev = list->next = list;
}

static inline int pqq__list_is_empty(const pqq__node *list) {
  return list->next == list;
}

/* A node outside any list has NULL links (zeroed memory is fine). */
static inline int pqq__node_is_linked(const pqq__node *node) {
  return node->next != NULL;
}

static inline void pqq__list_append(pqq__node *list, pqq__node *node) {
  node->prev = list->prev;
  node->next = list;
  list->prev->next = node;
  list->prev = node;
}

static inline void pqq__list_remove(pqq__node *node) {
  node->prev->next = node->next;
  node->next->prev = node->prev;
  node->prev = node->next = NULL;
}

/* First node, or NULL. */
static inline pqq__node *pqq__list_first(pqq__node *list) {
  return pqq__list_is_empty(list) ? NULL : list->next;
}

#endif
