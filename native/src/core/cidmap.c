/* SPDX-License-Identifier: MIT */
/* Open addressing with linear probing and backward-shift removal; at most half
 * full. */
#include "core/cidmap.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ENTRIES 64

static uint64_t rotate(uint64_t value, int bits) {
  return value << bits | value >> (64 - bits);
}

static void sip_round(uint64_t v[4]) {
  v[0] += v[1];
  v[1] = rotate(v[1], 13) ^ v[0];
  v[0] = rotate(v[0], 32);
  v[2] += v[3];
  v[3] = rotate(v[3], 16) ^ v[2];
  v[0] += v[3];
  v[3] = rotate(v[3], 21) ^ v[0];
  v[2] += v[1];
  v[1] = rotate(v[1], 17) ^ v[2];
  v[2] = rotate(v[2], 32);
}

static uint64_t read_le(const uint8_t *data, size_t len) {
  uint64_t value = 0;
  for (size_t i = 0; i < len; i++) {
    value |= (uint64_t)data[i] << (8 * i);
  }
  return value;
}

uint64_t pqq__siphash(const uint64_t key[2], const uint8_t *data, size_t len) {
  uint64_t v[4] = {0x736f6d6570736575u ^ key[0], 0x646f72616e646f6du ^ key[1],
                   0x6c7967656e657261u ^ key[0], 0x7465646279746573u ^ key[1]};
  size_t whole = len & ~(size_t)7;
  uint64_t word;

  for (size_t i = 0; i < whole; i += 8) {
    word = read_le(data + i, 8);
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
  }
  word = (uint64_t)len << 56 | read_le(data + whole, len - whole);
  v[3] ^= word;
  sip_round(v);
  v[0] ^= word;
  v[2] ^= 0xff;
  sip_round(v);
  sip_round(v);
  sip_round(v);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

int pqq__cidmap_init(pqq__cidmap *map, const uint8_t key[16]) {
  *map = (pqq__cidmap){.mask = FIRST_ENTRIES - 1, .key = {read_le(key, 8), read_le(key + 8, 8)}};
  map->entries = calloc(FIRST_ENTRIES, sizeof *map->entries);
  return map->entries ? 0 : -1;
}

void pqq__cidmap_deinit(pqq__cidmap *map) {
  free(map->entries);
  map->entries = NULL;
}

static size_t home(const pqq__cidmap *map, const uint8_t *cid, size_t len) {
  return (size_t)pqq__siphash(map->key, cid, len) & map->mask;
}

/* Index of the entry with this cid, or of the empty one where it belongs. */
static size_t probe(const pqq__cidmap *map, const uint8_t *cid, size_t len) {
  size_t i = home(map, cid, len);

  while (map->entries[i].value &&
         (map->entries[i].len != len || memcmp(map->entries[i].data, cid, len) != 0)) {
    i = (i + 1) & map->mask;
  }
  return i;
}

static int grow(pqq__cidmap *map) {
  pqq__cidmap bigger = *map;

  bigger.mask = map->mask * 2 + 1;
  bigger.entries = calloc(bigger.mask + 1, sizeof *bigger.entries);
  if (!bigger.entries) {
    return -1;
  }
  for (size_t i = 0; i <= map->mask; i++) {
    const pqq__cid_entry *entry = &map->entries[i];
    if (entry->value) {
      bigger.entries[probe(&bigger, entry->data, entry->len)] = *entry;
    }
  }
  free(map->entries);
  *map = bigger;
  return 0;
}

int pqq__cidmap_put(pqq__cidmap *map, const uint8_t *cid, size_t len, void *value) {
  pqq__cid_entry *entry;

  if (len > PQQ__MAX_CID_BYTES || ((map->count + 1) * 2 > map->mask + 1 && grow(map) != 0)) {
    return -1;
  }
  entry = &map->entries[probe(map, cid, len)];
  if (!entry->value) {
    map->count++;
    entry->len = (uint8_t)len;
    memcpy(entry->data, cid, len);
  }
  entry->value = value;
  return 0;
}

void *pqq__cidmap_find(const pqq__cidmap *map, const uint8_t *cid, size_t len) {
  return len > PQQ__MAX_CID_BYTES ? NULL : map->entries[probe(map, cid, len)].value;
}

void pqq__cidmap_remove(pqq__cidmap *map, const uint8_t *cid, size_t len) {
  size_t hole = len > PQQ__MAX_CID_BYTES ? 0 : probe(map, cid, len);

  if (len > PQQ__MAX_CID_BYTES || !map->entries[hole].value) {
    return;
  }
  map->count--;
  for (size_t i = (hole + 1) & map->mask; map->entries[i].value; i = (i + 1) & map->mask) {
    size_t wanted = home(map, map->entries[i].data, map->entries[i].len);
    /* Entry i may move into the hole unless its home lies between the two. */
    if (((i - wanted) & map->mask) >= ((i - hole) & map->mask)) {
      map->entries[hole] = map->entries[i];
      hole = i;
    }
  }
  map->entries[hole].value = NULL;
}
