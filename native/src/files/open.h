/* SPDX-License-Identifier: MIT */
/* Opening what lies below a folder, and nothing else. */
#ifndef PQQ__FILES_OPEN_H
#define PQQ__FILES_OPEN_H

#include <sys/stat.h>

typedef enum pqq__open_way {
  /* By openat2 where the kernel has it. */
  PQQ__OPEN_BEST,
  /* Component by component, without links: what other systems do; for tests. */
  PQQ__OPEN_BY_COMPONENT
} pqq__open_way;

/* Opens a folder for the calls below. A descriptor, or a negated errno. */
int pqq__open_root(const char *path);

/* Opens `path` ("" is the folder itself; no dot segments) below `root` for
 * reading, links as PQQ_FILES_LINKS_* says, and fills `facts`. Only regular
 * files and folders: opening a FIFO does not wait, and a device is closed again.
 * A descriptor, or a negated errno: -ENOENT for whatever a client is told is not
 * there (also ELOOP, EXDEV, EACCES, ENAMETOOLONG, other kinds of files). */
int pqq__open_below(int root, const char *path, int links, pqq__open_way way, struct stat *facts);

#endif
