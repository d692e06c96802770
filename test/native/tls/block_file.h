/* SPDX-License-Identifier: MIT */
/* Reads spec/vectors/exported-authenticator.txt: blocks of `name value` lines, each begun by a line
 * with its kind. A mistake in the file fails the running test. */
#ifndef PQQ_TEST_TLS_BLOCK_FILE_H
#define PQQ_TEST_TLS_BLOCK_FILE_H

#include <stddef.h>

#include <pqq/types.h>

typedef struct block_line {
  const char *name;
  const char *value;
} block_line;

#define BLOCK_LINES 20

/* "identity", "vector" or "bad". */
typedef struct file_block {
  const char *kind;
  block_line lines[BLOCK_LINES];
  size_t count;
} file_block;

typedef struct block_file {
  char *text;
  file_block *blocks;
  size_t count;
} block_file;

void block_file_read(block_file *file, const char *path);
void block_file_free(block_file *file);

/* The block of that kind and name. */
const file_block *block_file_find(const block_file *file, const char *kind, const char *name);

/* The first value of that name, and the `index`-th; NULL behind the last. */
const char *block_text(const file_block *block, const char *name);
const char *block_text_at(const file_block *block, const char *name, size_t index);

/* A hexadecimal value as bytes, for free(). */
pqq_bytes block_bytes(const char *hex);

#endif
