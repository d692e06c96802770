/* SPDX-License-Identifier: MIT */
/* From the path of a request to a path below a folder. Knows no file system. */
#ifndef PQQ__FILES_PATH_H
#define PQQ__FILES_PATH_H

#include <pqq/types.h>

#include "files/limits.h"

/* A decoded path: segments with a slash between them, neither at the begin nor
 * at the end. "" is the root. */
typedef struct pqq__file_path {
  char text[PQQ__FILES_PATH_BYTES];
  size_t len;
  /* The request ends with a slash, so it means a folder. */
  int is_folder;
  /* A segment is hidden: pqq__is_hidden_name. */
  int is_hidden;
  /* With its question mark; empty if there is none. Borrowed. */
  pqq_bytes query;
} pqq__file_path;

/* Decodes `target`, the :path of a request, once. 0, or the status to answer:
 * 400 for what is no path (no slash in front, broken percent-encoding, control
 * characters, NUL, a fragment), 404 for dot segments and for an encoded slash or
 * a backslash, which name no file, 414 for what is too long. */
int pqq__file_path_parse(pqq_bytes target, pqq__file_path *path);

/* Whether `path` is `prefix` (segments as above) or below it. */
int pqq__file_path_is_below(const pqq__file_path *path, const char *prefix, size_t prefix_len);

/* Whether a name begins with a dot and is not .well-known. */
int pqq__is_hidden_name(const char *name, size_t len);

/* Appends `name` behind a slash. 0 or -1 (too long). */
int pqq__file_path_append(pqq__file_path *path, const char *name);

/* Percent-encodes what is not unreserved (RFC 3986 section 2.3) or a slash.
 * Returns the length; writes nothing beyond `capacity`. */
size_t pqq__percent_encode(const char *text, size_t len, char *to, size_t capacity);

#endif
