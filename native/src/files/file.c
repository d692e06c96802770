/* SPDX-License-Identifier: MIT */
#include "files/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "files/limits.h"
#include "files/text.h"

#if defined(__APPLE__)
#define MODIFIED(facts) ((facts)->st_mtimespec)
#else
#define MODIFIED(facts) ((facts)->st_mtim)
#endif

static void add(pqq__file *file, const char *name, const char *value) {
  file->headers[file->header_count++] = pqq__header_of(name, value);
}

static void fill_headers(pqq__file *file, const pqq__file_looks *looks) {
  add(file, "content-type", looks->media_type);
  add(file, "content-length", file->length);
  add(file, "last-modified", file->last_modified);
  add(file, "accept-ranges", "bytes");
  if (looks->coding != PQQ__CODING_IDENTITY) {
    add(file, "content-encoding", pqq__coding_name(looks->coding));
  }
  if (looks->is_nosniff) {
    add(file, "x-content-type-options", "nosniff");
  }
  file->lasting = file->header_count;
  add(file, "etag", file->etag);
  if (looks->cache_control[0] != '\0') {
    add(file, "cache-control", looks->cache_control);
  }
  if (looks->is_varying) {
    add(file, "vary", "accept-encoding");
  }
}

/* The inode tells a file that was put in another's place from it, even with the
 * same time and size. A date in the future is held to now (section 8.8.2.1). */
static void fill_facts(pqq__file *file, const struct stat *facts, int64_t now_s) {
  file->size = (uint64_t)facts->st_size;
  file->device = facts->st_dev;
  file->inode = facts->st_ino;
  file->modified_s = MODIFIED(facts).tv_sec;
  file->modified_ns = MODIFIED(facts).tv_nsec;
  (void)snprintf(file->etag, sizeof file->etag,
                 "\"%" PRIx64 "-%" PRIx64 ".%" PRIx32 "-%" PRIx64 "\"", (uint64_t)file->inode,
                 (uint64_t)file->modified_s, (uint32_t)file->modified_ns, file->size);
  (void)snprintf(file->length, sizeof file->length, "%" PRIu64, file->size);
  file->validators.etag = file->etag;
  file->validators.etag_len = strlen(file->etag);
  file->validators.modified_s = file->modified_s > now_s ? now_s : file->modified_s;
  pqq__date_write(file->validators.modified_s, file->last_modified);
}

/* All of it, if it is still what `facts` say when it has been read. */
static int read_whole(pqq__file *file, int fd) {
  struct stat after;
  size_t done = 0;

  file->bytes = malloc(file->size == 0 ? 1 : (size_t)file->size);
  while (file->bytes != NULL && done < file->size) {
    ssize_t got = pread(fd, file->bytes + done, (size_t)file->size - done, (off_t)done);

    if (got <= 0) {
      return -1;
    }
    done += (size_t)got;
  }
  return file->bytes != NULL && fstat(fd, &after) == 0 && pqq__file_is_same(file, &after) ? 0 : -1;
}

pqq__file *pqq__file_new(int fd, const struct stat *facts, const pqq__file_looks *looks,
                         int64_t now_s) {
  pqq__file *file = calloc(1, sizeof *file);

  if (file == NULL) {
    (void)close(fd);
    return NULL;
  }
  file->refs = 1;
  file->fd = fd;
  fill_facts(file, facts, now_s);
  fill_headers(file, looks);
  if (file->size <= PQQ__FILES_MEMORY_FILE_BYTES) {
    if (read_whole(file, fd) != 0) {
      pqq__file_unref(file);
      return NULL;
    }
    (void)close(fd);
    file->fd = -1;
  }
  return file;
}

pqq__file *pqq__file_ref(pqq__file *file) {
  file->refs++;
  return file;
}

void pqq__file_unref(pqq__file *file) {
  if (file == NULL || --file->refs > 0) {
    return;
  }
  if (file->fd >= 0) {
    (void)close(file->fd);
  }
  free(file->bytes);
  free(file);
}

static void release(void *file) {
  pqq__file_unref(file);
}

pqq_body pqq__file_body(pqq__file *file, const pqq__range *range) {
  return (pqq_body){{file->bytes + range->first, (size_t)(range->end - range->first)},
                    release,
                    pqq__file_ref(file)};
}

int pqq__file_is_same(const pqq__file *file, const struct stat *facts) {
  return file->device == facts->st_dev && file->inode == facts->st_ino &&
         file->size == (uint64_t)facts->st_size && file->modified_s == MODIFIED(facts).tv_sec &&
         file->modified_ns == MODIFIED(facts).tv_nsec;
}

int pqq__file_is_sendable(const pqq__file *file) {
  struct stat facts;

  return file->bytes != NULL ||
         (fstat(file->fd, &facts) == 0 &&
          ((uint64_t)facts.st_size > file->size || pqq__file_is_same(file, &facts)));
}

size_t pqq__file_memory(const pqq__file *file) {
  return file->bytes == NULL ? 0 : (size_t)file->size;
}
