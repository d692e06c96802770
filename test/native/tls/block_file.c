/* SPDX-License-Identifier: MIT */
/* See block_file.h. */
#include "block_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

/* Identities, vectors and bad vectors together. */
#define MAX_BLOCKS 256

static char *read_text(const char *path) {
  FILE *stream = fopen(path, "rb");
  char *text;
  long size;

  if (stream == NULL) {
    FAIL("%s cannot be read; tests run in the source folder", path);
  }
  EXPECT(fseek(stream, 0, SEEK_END) == 0);
  size = ftell(stream);
  EXPECT(size >= 0);
  rewind(stream);
  text = malloc((size_t)size + 1);
  EXPECT(text != NULL);
  EXPECT_UINT(fread(text, 1, (size_t)size, stream), (size_t)size);
  text[size] = '\0';
  fclose(stream);
  return text;
}

static void add_line(file_block *block, char *line) {
  char *space = strchr(line, ' ');

  EXPECT(block->count < BLOCK_LINES);
  if (space != NULL) {
    *space = '\0';
  }
  block->lines[block->count++] = (block_line){line, space != NULL ? space + 1 : ""};
}

void block_file_read(block_file *file, const char *path) {
  file_block *block = NULL;
  char *next;

  file->text = read_text(path);
  file->blocks = calloc(MAX_BLOCKS, sizeof *file->blocks);
  file->count = 0;
  EXPECT(file->blocks != NULL);
  for (char *line = file->text; line != NULL; line = next) {
    next = strchr(line, '\n');
    if (next != NULL) {
      *next++ = '\0';
    }
    if (line[0] == '\0') {
      block = NULL;
    } else if (line[0] != '#' && block == NULL) {
      EXPECT(file->count < MAX_BLOCKS);
      block = &file->blocks[file->count++];
      block->kind = line;
    } else if (line[0] != '#') {
      add_line(block, line);
    }
  }
}

void block_file_free(block_file *file) {
  free(file->blocks);
  free(file->text);
}

const file_block *block_file_find(const block_file *file, const char *kind, const char *name) {
  for (size_t i = 0; i < file->count; i++) {
    if (strcmp(file->blocks[i].kind, kind) == 0 &&
        strcmp(block_text(&file->blocks[i], "name"), name) == 0) {
      return &file->blocks[i];
    }
  }
  FAIL("there is no %s \"%s\"", kind, name);
}

const char *block_text_at(const file_block *block, const char *name, size_t index) {
  for (size_t i = 0; i < block->count; i++) {
    if (strcmp(block->lines[i].name, name) == 0 && index-- == 0) {
      return block->lines[i].value;
    }
  }
  return NULL;
}

const char *block_text(const file_block *block, const char *name) {
  const char *value = block_text_at(block, name, 0);

  if (value == NULL) {
    FAIL("a %s without %s", block->kind, name);
  }
  return value;
}

static uint8_t digit(char c) {
  static const char digits[] = "0123456789abcdef";
  const char *at = strchr(digits, c);

  EXPECT(at != NULL);
  return (uint8_t)(at - digits);
}

pqq_bytes block_bytes(const char *hex) {
  size_t len = strlen(hex) / 2;
  uint8_t *data = malloc(len + 1);

  EXPECT(data != NULL);
  EXPECT_UINT(strlen(hex) % 2, 0);
  for (size_t i = 0; i < len; i++) {
    data[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
  }
  return (pqq_bytes){data, len};
}
