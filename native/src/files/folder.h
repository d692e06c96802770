/* SPDX-License-Identifier: MIT */
/* The inside of pqq_files. */
#ifndef PQQ__FILES_FOLDER_H
#define PQQ__FILES_FOLDER_H

#include <stdatomic.h>

#include <pqq/files.h>

#include "files/limits.h"

struct pqq_files {
  atomic_uint refs;
  uint32_t flags;
  int links;
  char root[PQQ__FILES_PATH_BYTES];
  /* Segments with a slash between them; "" for everything. */
  char prefix[PQQ__FILES_OPTION_BYTES];
  size_t prefix_len;
  char index[PQQ__FILES_OPTION_BYTES];
  char cache_control[PQQ__FILES_OPTION_BYTES];
};

#endif
