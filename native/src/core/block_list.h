/* SPDX-License-Identifier: MIT */
/* Addresses and prefixes from which nothing is taken in. A look-up costs one
 * probe of a hash table per prefix length that is in use, whatever their
 * number, and nothing at all while the list is empty. */
#ifndef PQQ__CORE_BLOCK_LIST_H
#define PQQ__CORE_BLOCK_LIST_H

#include <pqq/error.h>

#include "core/cidmap.h"
#include "core/list.h"
#include "core/prefix.h"

typedef struct pqq__block_list {
  /* Prefix (pqq__prefix_key) to entry; its key fits where connection ids do. */
  pqq__cidmap map;
  pqq__node all;
  /* Entries by family (IPv4, IPv6) and length, and the lengths that have any. */
  uint32_t counts[2][129];
  uint8_t lengths[2][129];
  size_t length_count[2];
} pqq__block_list;

/* `key` is 16 random bytes. 0, or -1 on lack of memory. */
int pqq__block_list_init(pqq__block_list *list, const uint8_t key[16]);
void pqq__block_list_deinit(pqq__block_list *list);

/* Blocks until that time; one that is there already gets the new time. Errors: PQQ_ERR_INVALID_ARG
 * (not a prefix), PQQ_ERR_LIMIT (PQQ__MAX_BLOCKED of them that are not over at `now`),
 * PQQ_ERR_NO_MEMORY. */
pqq_status pqq__block_list_add(pqq__block_list *list, const pqq_prefix *prefix, pqq_time_ns until,
                               pqq_time_ns now);

/* Errors: PQQ_ERR_INVALID_ARG, PQQ_ERR_NOT_FOUND. */
pqq_status pqq__block_list_remove(pqq__block_list *list, const pqq_prefix *prefix);

/* 1 if a prefix that holds the address is blocked at `now`. Forgets what is over. */
int pqq__block_list_has(pqq__block_list *list, const pqq_address *address, pqq_time_ns now);

/* Copies up to `capacity` entries that are not over, oldest first; returns how many there are. */
size_t pqq__block_list_copy(const pqq__block_list *list, pqq_time_ns now, pqq_block *blocks,
                            size_t capacity);

#endif
