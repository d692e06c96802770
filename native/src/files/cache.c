/* SPDX-License-Identifier: MIT */
#include "files/cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/units.h"
#include "files/media_type.h"
#include "files/open.h"
#include "files/path.h"

void pqq__file_cache_init(pqq__file_cache *cache) {
  *cache = (pqq__file_cache){.entries = 0};
  pqq__list_init(&cache->used);
}

static int is_valid(pqq_time_ns checked_at, const pqq__now *now) {
  return now->monotonic - checked_at < PQQ__FILES_VALID_MS * PQQ__NS_PER_MS;
}

/* --- Entries -------------------------------------------------------------------------------- */

static void count_in(pqq__file_cache *cache, const pqq__file *file) {
  cache->memory_bytes += pqq__file_memory(file);
  cache->descriptors += file->fd >= 0;
}

static void count_out(pqq__file_cache *cache, const pqq__file *file) {
  cache->memory_bytes -= pqq__file_memory(file);
  cache->descriptors -= file->fd >= 0;
}

/* Puts `file`, or NULL, in the place of what is there. */
static void set_variant(pqq__file_cache *cache, pqq__cached *entry, int coding, pqq__file *file) {
  if (entry->variants[coding] != NULL) {
    count_out(cache, entry->variants[coding]);
    pqq__file_unref(entry->variants[coding]);
  }
  entry->variants[coding] = file;
  entry->there &= ~(1u << coding);
  if (file != NULL) {
    count_in(cache, file);
    entry->there |= 1u << coding;
  }
}

static void drop(pqq__file_cache *cache, pqq__cached *entry) {
  pqq__cached **link = &cache->buckets[entry->hash % PQQ__FILES_BUCKETS];

  while (*link != entry) {
    link = &(*link)->next;
  }
  *link = entry->next;
  for (int i = 0; i < PQQ__CODINGS; i++) {
    set_variant(cache, entry, i, NULL);
  }
  pqq__list_remove(&entry->used);
  cache->entries--;
  free(entry);
}

void pqq__file_cache_deinit(pqq__file_cache *cache) {
  for (pqq__node *node; (node = pqq__list_first(&cache->used)) != NULL;) {
    drop(cache, PQQ__OWNER(node, pqq__cached, used));
  }
}

/* Makes it the one that is evicted last. */
static void touch(pqq__file_cache *cache, pqq__cached *entry) {
  pqq__list_remove(&entry->used);
  pqq__list_append(&cache->used, &entry->used);
}

/* Never the one in use, which is the last. */
static void evict(pqq__file_cache *cache) {
  while (cache->entries > 1 && (cache->entries > PQQ__FILES_CACHE_ENTRIES ||
                                cache->descriptors > PQQ__FILES_CACHE_DESCRIPTORS ||
                                cache->memory_bytes > PQQ__FILES_MEMORY_BYTES)) {
    drop(cache, PQQ__OWNER(pqq__list_first(&cache->used), pqq__cached, used));
  }
}

/* FNV-1a. Who knows a folder's names and makes many of one bucket gets chains of
 * at most PQQ__FILES_CACHE_ENTRIES, of files that really are there. */
static uint64_t hash_of(const pqq__open_folder *folder, const char *path, size_t len) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)(uintptr_t)folder;

  for (size_t i = 0; i < len; i++) {
    hash = (hash ^ (uint8_t)path[i]) * UINT64_C(0x100000001b3);
  }
  return hash ^ hash >> 32;
}

static pqq__cached *lookup(pqq__file_cache *cache, const pqq__open_folder *folder, uint64_t hash,
                           const char *path, size_t len) {
  pqq__cached *entry = cache->buckets[hash % PQQ__FILES_BUCKETS];

  while (entry != NULL && !(entry->hash == hash && entry->folder == folder &&
                            entry->path_len == len && memcmp(entry->path, path, len) == 0)) {
    entry = entry->next;
  }
  return entry;
}

static pqq__cached *add_entry(pqq__file_cache *cache, pqq__open_folder *folder, uint64_t hash,
                              const char *path, size_t len) {
  pqq__cached *entry = calloc(1, sizeof *entry + len + 1);

  if (entry == NULL) {
    return NULL;
  }
  entry->folder = folder;
  entry->hash = hash;
  entry->path_len = len;
  memcpy(entry->path, path, len);
  entry->next = cache->buckets[hash % PQQ__FILES_BUCKETS];
  cache->buckets[hash % PQQ__FILES_BUCKETS] = entry;
  pqq__list_append(&cache->used, &entry->used);
  cache->entries++;
  return entry;
}

/* --- Loading -------------------------------------------------------------------------------- */

/* What is already compressed has no variants: a.gz.br is a file of its own. */
static int may_have_variants(const pqq__open_folder *folder, const char *path) {
  const char *dot = strrchr(path, '.');

  if ((folder->files->flags & PQQ_FILES_NO_VARIANTS) != 0) {
    return 0;
  }
  for (int i = 1; i < PQQ__CODINGS; i++) {
    if (dot != NULL && strcmp(dot, pqq__coding_suffix((pqq__coding)i)) == 0) {
      return 0;
    }
  }
  return 1;
}

/* The descriptors of an entry's variants, -1 where there is none. */
typedef struct pqq__opened {
  int fds[PQQ__CODINGS];
  struct stat facts[PQQ__CODINGS];
} pqq__opened;

static int open_variants(const pqq__open_folder *folder, const char *path, size_t len,
                         pqq__opened *opened) {
  int links = folder->files->links;
  char name[PQQ__FILES_PATH_BYTES + 8];

  for (int i = 0; i < PQQ__CODINGS; i++) {
    opened->fds[i] = -1;
  }
  opened->fds[0] = pqq__open_below(folder->fd, path, links, PQQ__OPEN_BEST, &opened->facts[0]);
  if (opened->fds[0] < 0 || S_ISDIR(opened->facts[0].st_mode) || !may_have_variants(folder, path)) {
    return opened->fds[0];
  }
  memcpy(name, path, len);
  for (int i = 1; i < PQQ__CODINGS; i++) {
    const char *suffix = pqq__coding_suffix((pqq__coding)i);

    memcpy(name + len, suffix, strlen(suffix) + 1);
    opened->fds[i] = pqq__open_below(folder->fd, name, links, PQQ__OPEN_BEST, &opened->facts[i]);
    if (opened->fds[i] >= 0 && !S_ISREG(opened->facts[i].st_mode)) {
      (void)close(opened->fds[i]);
      opened->fds[i] = -1;
    }
  }
  return opened->fds[0];
}

/* Every field of a response depends on whether variants are there, so a change
 * of that makes all of them new. */
static void take_variants(pqq__file_cache *cache, pqq__cached *entry, pqq__opened *opened,
                          int64_t wall_s) {
  const pqq_files *files = entry->folder->files;
  pqq__file_looks looks = {.media_type = pqq__media_type_of(entry->path),
                           .cache_control = files->cache_control,
                           .is_nosniff = (files->flags & PQQ_FILES_NO_NOSNIFF) == 0};
  int was_varying = entry->there > 1;

  for (int i = 1; i < PQQ__CODINGS; i++) {
    looks.is_varying |= opened->fds[i] >= 0;
  }
  for (int i = 0; i < PQQ__CODINGS; i++) {
    pqq__file *before = entry->variants[i];

    looks.coding = (pqq__coding)i;
    if (opened->fds[i] < 0) {
      set_variant(cache, entry, i, NULL);
    } else if (before != NULL && was_varying == looks.is_varying &&
               pqq__file_is_same(before, &opened->facts[i])) {
      (void)close(opened->fds[i]);
    } else {
      set_variant(cache, entry, i,
                  pqq__file_new(opened->fds[i], &opened->facts[i], &looks, wall_s));
    }
  }
}

/* Out of descriptors: the cache's own are given up first. */
static int open_or_make_room(pqq__file_cache *cache, pqq__open_folder *folder, const char *path,
                             size_t len, pqq__opened *opened) {
  int fd = open_variants(folder, path, len, opened);

  if ((fd == -EMFILE || fd == -ENFILE) && cache->descriptors > 0) {
    pqq__file_cache_deinit(cache);
    fd = open_variants(folder, path, len, opened);
  }
  return fd;
}

static int load(pqq__file_cache *cache, pqq__open_folder *folder, uint64_t hash, const char *path,
                size_t len, const pqq__now *now, const pqq__cached **found) {
  pqq__opened opened;
  int fd = open_or_make_room(cache, folder, path, len, &opened);
  pqq__cached *entry = lookup(cache, folder, hash, path, len);

  if (fd < 0 || S_ISDIR(opened.facts[0].st_mode)) {
    if (entry != NULL) {
      drop(cache, entry);
    }
    if (fd >= 0) {
      (void)close(fd);
    }
    return fd < 0 ? fd : EISDIR;
  }
  if (entry == NULL && (entry = add_entry(cache, folder, hash, path, len)) == NULL) {
    for (int i = 0; i < PQQ__CODINGS; i++) {
      if (opened.fds[i] >= 0) {
        (void)close(opened.fds[i]);
      }
    }
    return -ENOMEM;
  }
  take_variants(cache, entry, &opened, now->wall_s);
  if (entry->variants[PQQ__CODING_IDENTITY] == NULL) {
    drop(cache, entry);
    return -EAGAIN; /* it is being written right now */
  }
  entry->checked_at = now->monotonic;
  touch(cache, entry);
  evict(cache);
  *found = entry;
  return 0;
}

int pqq__file_cache_find(pqq__file_cache *cache, pqq__open_folder *folder, const char *path,
                         size_t len, const pqq__now *now, const pqq__cached **found) {
  uint64_t hash = hash_of(folder, path, len);
  pqq__cached *entry = lookup(cache, folder, hash, path, len);

  if (entry != NULL && is_valid(entry->checked_at, now)) {
    cache->hits++;
    touch(cache, entry);
    *found = entry;
    return 0;
  }
  cache->misses++;
  return load(cache, folder, hash, path, len, now, found);
}

/* --- Folders -------------------------------------------------------------------------------- */

static void forget(pqq__file_cache *cache, const pqq__open_folder *folder) {
  pqq__node *next;

  for (pqq__node *node = cache->used.next; node != &cache->used; node = next) {
    pqq__cached *entry = PQQ__OWNER(node, pqq__cached, used);

    next = node->next;
    if (entry->folder == folder) {
      drop(cache, entry);
    }
  }
}

int pqq__file_cache_visit(pqq__file_cache *cache, pqq__open_folder *folder, const pqq__now *now) {
  struct stat facts;
  int fd;

  if (folder->fd >= 0 && is_valid(folder->checked_at, now)) {
    return 0;
  }
  fd = pqq__open_root(folder->files->root);
  if (fd >= 0 && fstat(fd, &facts) != 0) {
    (void)close(fd);
    fd = -EIO;
  }
  folder->checked_at = now->monotonic;
  if (fd >= 0 && folder->fd >= 0 && folder->device == facts.st_dev &&
      folder->inode == facts.st_ino) {
    (void)close(fd);
    return 0;
  }
  forget(cache, folder);
  if (folder->fd >= 0) {
    (void)close(folder->fd);
  }
  folder->fd = fd < 0 ? -1 : fd;
  if (fd < 0) {
    return fd;
  }
  folder->device = facts.st_dev;
  folder->inode = facts.st_ino;
  return 0;
}
