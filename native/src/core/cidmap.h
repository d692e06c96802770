/* SPDX-License-Identifier: MIT */
/* Hash table from connection id to connection. Keys may be chosen by peers
 * (the first Destination Connection ID), so the hash is SipHash under a random
 * key: without it, one sender could make every look-up a list walk. */
#ifndef PQQ__CORE_CIDMAP_H
#define PQQ__CORE_CIDMAP_H

#include <stddef.h>
#include <stdint.h>

/* RFC 9000 section 17.2: at most 20 bytes in QUIC v1. */
#define PQQ__MAX_CID_BYTES 20

typedef struct pqq__cid_entry {
  void *value;
  uint8_t len;
  uint8_t data[PQQ__MAX_CID_BYTES];
} pqq__cid_entry;

typedef struct pqq__cidmap {
  pqq__cid_entry *entries;
  size_t mask, count;
  uint64_t key[2];
} pqq__cidmap;

/* `key` is 16 random bytes. 0, or -1 on lack of memory. */
int pqq__cidmap_init(pqq__cidmap *map, const uint8_t key[16]);
void pqq__cidmap_deinit(pqq__cidmap *map);

/* 0, or -1 on lack of memory. A cid that is there already gets the new value. */
int pqq__cidmap_put(pqq__cidmap *map, const uint8_t *cid, size_t len, void *value);

/* NULL if not there. */
void *pqq__cidmap_find(const pqq__cidmap *map, const uint8_t *cid, size_t len);
void pqq__cidmap_remove(pqq__cidmap *map, const uint8_t *cid, size_t len);

/* SipHash-1-3 (Aumasson, Bernstein) of `data`. */
uint64_t pqq__siphash(const uint64_t key[2], const uint8_t *data, size_t len);

#endif
