/* SPDX-License-Identifier: MIT */
/* The files that a worker remembers, with their compressed variants. Bounded in
 * number, descriptors and memory (files/limits.h); the least recently used goes
 * first. Owner thread only. */
#ifndef PQQ__FILES_CACHE_H
#define PQQ__FILES_CACHE_H

#include "core/list.h"
#include "files/file.h"
#include "files/folder.h"

/* A folder as a worker has it open. */
typedef struct pqq__open_folder {
  pqq_files *files;
  int fd;
  dev_t device;
  ino_t inode;
  pqq_time_ns checked_at;
} pqq__open_folder;

typedef struct pqq__cached {
  pqq__node used; /* in the cache's list, least recently used first */
  struct pqq__cached *next;
  pqq__open_folder *folder;
  pqq_time_ns checked_at;
  uint64_t hash;
  /* By coding; identity is always there. */
  pqq__file *variants[PQQ__CODINGS];
  unsigned there;
  size_t path_len;
  char path[];
} pqq__cached;

#define PQQ__FILES_BUCKETS 2048 /* twice the entries, a power of two */

typedef struct pqq__file_cache {
  pqq__cached *buckets[PQQ__FILES_BUCKETS];
  pqq__node used;
  size_t entries, descriptors, memory_bytes;
  /* Counters. */
  uint64_t hits, misses;
} pqq__file_cache;

typedef struct pqq__now {
  pqq_time_ns monotonic;
  int64_t wall_s;
} pqq__now;

void pqq__file_cache_init(pqq__file_cache *cache);
void pqq__file_cache_deinit(pqq__file_cache *cache);

/* Looks `path` up below the folder, from the cache while that is valid. 0 and
 * *found, which is good until the next call (take references); EISDIR: a folder,
 * else a negated errno of pqq__open_below. */
int pqq__file_cache_find(pqq__file_cache *cache, pqq__open_folder *folder, const char *path,
                         size_t len, const pqq__now *now, const pqq__cached **found);

/* Opens the folder, or again after the time of validity; what was cached of
 * another folder under its name is dropped. 0 or a negated errno. */
int pqq__file_cache_visit(pqq__file_cache *cache, pqq__open_folder *folder, const pqq__now *now);

#endif
