/* SPDX-License-Identifier: MIT */
/* The list of a folder's names, as HTML or JSON. */
#ifndef PQQ__FILES_LISTING_H
#define PQQ__FILES_LISTING_H

#include <pqq/types.h>

/* Text that grows; `data` is NULL after a lack of memory. */
typedef struct pqq__text_buffer {
  char *data;
  size_t len, capacity;
  int has_failed;
} pqq__text_buffer;

typedef struct pqq__listing {
  /* Percent-decoded path with slashes around it, for the title. */
  const char *title;
  int is_json, with_hidden;
} pqq__listing;

/* Writes the names in the open folder `fd`, which is closed: sorted by bytes,
 * folders with a slash, at most PQQ__FILES_LISTED_NAMES. 0 or -1. */
int pqq__listing_write(const pqq__listing *listing, int fd, pqq__text_buffer *out);

/* Whether an Accept field asks for JSON rather than HTML. */
int pqq__listing_wants_json(pqq_bytes accept);

#endif
