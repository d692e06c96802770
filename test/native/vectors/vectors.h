/* SPDX-License-Identifier: MIT */
/* Reads the files that prepare.cmake makes of ACVP's and Wycheproof's JSON (convert.mjs has the
 * format). */
#ifndef PQQ_TEST_VECTORS_H
#define PQQ_TEST_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VECTOR_MAX_FIELDS 16

struct bytes {
  uint8_t *data; /* NULL: the vector has no such field, which differs from an empty one */
  size_t len;
};

/* One `name=text` or `name:hex`. */
struct vector_field {
  const char *name;
  const char *text; /* NULL for bytes */
  struct bytes bytes;
};

struct vector {
  struct vector_field fields[VECTOR_MAX_FIELDS];
  size_t count;
};

struct vector_file {
  char *content; /* the file, its lines cut into fields and its hex decoded in place */
  char *next;
  size_t announced; /* vectors, by the first line */
};

/* Opens <name>.txt. If the vectors of that origin ("acvp", "wycheproof") could not be had, ends the
 * test as skipped with the reason. */
void vector_file_open(struct vector_file *file, const char *origin, const char *name);
/* The next vector, valid until the file is closed; false at the end. A malformed line fails the
 * test. */
bool vector_file_next(struct vector_file *file, struct vector *vector);
void vector_file_close(struct vector_file *file);

/* The text of a field, or "" if there is none. */
const char *vector_text(const struct vector *vector, const char *name);
struct bytes vector_bytes(const struct vector *vector, const char *name);

#endif
