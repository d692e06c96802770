/* SPDX-License-Identifier: MIT */
/* One file as it was when it was opened: its bytes or a descriptor, and the
 * header fields that go with it. Counted, because responses under way borrow it
 * while the cache may have a newer one; owner thread only. */
#ifndef PQQ__FILES_FILE_H
#define PQQ__FILES_FILE_H

#include <sys/stat.h>

#include <pqq/engine.h>

#include "core/date.h"
#include "files/coding.h"
#include "files/condition.h"
#include "files/range.h"

/* Most header fields of a file: see fill_headers in file.c. */
#define PQQ__FILE_HEADERS 9

typedef struct pqq__file {
  unsigned refs;
  /* -1 if `bytes` has all of it. */
  int fd;
  uint8_t *bytes;
  uint64_t size;
  dev_t device;
  ino_t inode;
  int64_t modified_s, modified_ns;
  char etag[64];
  char last_modified[PQQ__DATE_BYTES + 1];
  char length[21];
  pqq__validators validators;
  /* content-type and content-length are the first two; those from `lasting` on
   * go with 304 too (RFC 9110 section 15.4.5). */
  pqq_header headers[PQQ__FILE_HEADERS];
  size_t header_count, lasting;
} pqq__file;

/* What a file is served with. Static or of its folder. */
typedef struct pqq__file_looks {
  const char *media_type, *cache_control;
  pqq__coding coding;
  int is_varying, is_nosniff;
} pqq__file_looks;

/* Takes an open regular file, which it closes when it is done with it; `now_s`
 * is the time of day. NULL: no memory, or it changed while it was read; the
 * descriptor is closed then too. */
pqq__file *pqq__file_new(int fd, const struct stat *facts, const pqq__file_looks *looks,
                         int64_t now_s);

pqq__file *pqq__file_ref(pqq__file *file);
void pqq__file_unref(pqq__file *file);

/* Bytes of a file that is in memory, borrowed with a reference of their own. */
pqq_body pqq__file_body(pqq__file *file, const pqq__range *range);

/* Whether `facts` are those of this file: nobody has changed or replaced it. */
int pqq__file_is_same(const pqq__file *file, const struct stat *facts);

/* Whether what was promised of it can still be sent: it is as it was, or has only
 * grown at its end, as logs do. */
int pqq__file_is_sendable(const pqq__file *file);

/* Bytes of memory that it holds beside itself. */
size_t pqq__file_memory(const pqq__file *file);

#endif
