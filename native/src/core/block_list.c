/* SPDX-License-Identifier: MIT */
#include "core/block_list.h"

#include <stdlib.h>
#include <string.h>

#include "core/limits.h"

typedef struct entry {
  pqq__node node;
  pqq_block block;
  uint8_t key[PQQ__PREFIX_KEY_BYTES];
} entry;

static size_t family_index(const pqq_address *address) {
  return address->family == 6;
}

/* The lengths in use, longest first. */
static void refresh_lengths(pqq__block_list *list, size_t family) {
  size_t count = 0;

  for (int bits = 128; bits >= 0; bits--) {
    if (list->counts[family][bits] > 0) {
      list->lengths[family][count++] = (uint8_t)bits;
    }
  }
  list->length_count[family] = count;
}

static void count_length(pqq__block_list *list, const pqq_prefix *prefix, uint32_t change) {
  size_t family = family_index(&prefix->address);
  uint32_t *count = &list->counts[family][prefix->bits];
  uint32_t before = *count;

  *count += change;
  if ((before == 0) != (*count == 0)) {
    refresh_lengths(list, family);
  }
}

static void forget(pqq__block_list *list, entry *gone) {
  pqq__cidmap_remove(&list->map, gone->key, sizeof gone->key);
  pqq__list_remove(&gone->node);
  count_length(list, &gone->block.prefix, UINT32_MAX); /* minus one */
  free(gone);
}

static void forget_over(pqq__block_list *list, pqq_time_ns now) {
  pqq__node *next;

  for (pqq__node *node = list->all.next; node != &list->all; node = next) {
    entry *each = PQQ__OWNER(node, entry, node);

    next = node->next;
    if (each->block.until <= now) {
      forget(list, each);
    }
  }
}

/* The entry of a plain prefix, or NULL. */
static entry *find(const pqq__block_list *list, const pqq_address *plain, uint32_t bits) {
  uint8_t key[PQQ__PREFIX_KEY_BYTES];

  pqq__prefix_key(plain, bits, key);
  return pqq__cidmap_find(&list->map, key, sizeof key);
}

int pqq__block_list_init(pqq__block_list *list, const uint8_t key[16]) {
  *list = (pqq__block_list){.length_count = {0}};
  pqq__list_init(&list->all);
  return pqq__cidmap_init(&list->map, key);
}

void pqq__block_list_deinit(pqq__block_list *list) {
  /* One that was never initialised has no list. */
  if (list->map.entries != NULL) {
    forget_over(list, PQQ_TIME_NEVER);
  }
  pqq__cidmap_deinit(&list->map);
}

static pqq_status add_new(pqq__block_list *list, const pqq_prefix *plain, pqq_time_ns until) {
  entry *made = calloc(1, sizeof *made);

  if (made == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  made->block = (pqq_block){.prefix = *plain, .until = until};
  pqq__prefix_key(&plain->address, plain->bits, made->key);
  if (pqq__cidmap_put(&list->map, made->key, sizeof made->key, made) != 0) {
    free(made);
    return PQQ_ERR_NO_MEMORY;
  }
  pqq__list_append(&list->all, &made->node);
  count_length(list, plain, 1);
  return PQQ_OK;
}

pqq_status pqq__block_list_add(pqq__block_list *list, const pqq_prefix *prefix, pqq_time_ns until,
                               pqq_time_ns now) {
  pqq_prefix plain;
  entry *found;

  if (pqq__prefix_plain(prefix, &plain) != 0) {
    return PQQ_ERR_INVALID_ARG;
  }
  found = find(list, &plain.address, plain.bits);
  if (found != NULL) {
    found->block.until = until;
    return PQQ_OK;
  }
  if (list->map.count >= PQQ__MAX_BLOCKED) {
    forget_over(list, now);
  }
  return list->map.count >= PQQ__MAX_BLOCKED ? PQQ_ERR_LIMIT : add_new(list, &plain, until);
}

pqq_status pqq__block_list_remove(pqq__block_list *list, const pqq_prefix *prefix) {
  pqq_prefix plain;
  entry *found;

  if (pqq__prefix_plain(prefix, &plain) != 0) {
    return PQQ_ERR_INVALID_ARG;
  }
  found = find(list, &plain.address, plain.bits);
  if (found == NULL) {
    return PQQ_ERR_NOT_FOUND;
  }
  forget(list, found);
  return PQQ_OK;
}

int pqq__block_list_has(pqq__block_list *list, const pqq_address *address, pqq_time_ns now) {
  pqq_address plain;
  size_t family;

  if (list->map.count == 0) {
    return 0;
  }
  plain = pqq__address_plain(address);
  family = family_index(&plain);
  for (size_t i = 0; i < list->length_count[family]; i++) {
    entry *found = find(list, &plain, list->lengths[family][i]);

    if (found != NULL && found->block.until > now) {
      return 1;
    }
    if (found != NULL) {
      forget(list, found);
      i = (size_t)-1; /* the lengths may be others now */
    }
  }
  return 0;
}

size_t pqq__block_list_copy(const pqq__block_list *list, pqq_time_ns now, pqq_block *blocks,
                            size_t capacity) {
  size_t count = 0;

  for (const pqq__node *node = list->all.next; node != &list->all; node = node->next) {
    const entry *each = PQQ__OWNER(node, entry, node);

    if (each->block.until > now) {
      if (count < capacity) {
        blocks[count] = each->block;
      }
      count++;
    }
  }
  return count;
}
