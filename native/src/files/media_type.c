/* SPDX-License-Identifier: MIT */
#include "files/media_type.h"

#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"

typedef struct media_type {
  const char *extension, *type;
} media_type;

static const media_type types[] = {
#define PQQ_MEDIA_TYPE(extension, type) {extension, type},
#include "files/media_types.def"
#undef PQQ_MEDIA_TYPE
};

/* Longer than any extension of the table, with a NUL. */
#define EXTENSION_BYTES 24

static int compare(const void *extension, const void *row) {
  return strcmp(extension, ((const media_type *)row)->extension);
}

const char *pqq__media_type_of(const char *path) {
  const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
  char extension[EXTENSION_BYTES];
  const media_type *found;
  size_t len = 0;

  if (dot == NULL || (slash != NULL && slash > dot)) {
    return "application/octet-stream";
  }
  for (const char *c = dot + 1; *c != '\0' && len + 1 < sizeof extension; c++) {
    extension[len++] = (char)pqq__lower((uint8_t)*c);
  }
  extension[len] = '\0';
  found = bsearch(extension, types, sizeof types / sizeof types[0], sizeof types[0], compare);
  return found == NULL ? "application/octet-stream" : found->type;
}
