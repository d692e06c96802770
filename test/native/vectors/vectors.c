/* SPDX-License-Identifier: MIT */
#include "vectors/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

/* Returns a file's content, with a zero at its end, or NULL. */
static char *slurp(const char *path) {
  FILE *file = fopen(path, "rb");
  char *content = NULL;
  size_t capacity = 0;

  if (file == NULL) {
    return NULL;
  }
  if (getdelim(&content, &capacity, '\0', file) < 0) { /* text: no zero before its end */
    free(content);
    content = NULL;
  }
  fclose(file);
  return content;
}

static void skip_or_fail(const char *origin, const char *missing) {
  char path[1024], reason[400];
  char *text;

  snprintf(path, sizeof path, "%s/%s.unavailable", PQQ_VECTORS_FOLDER, origin);
  text = slurp(path);
  if (text == NULL) {
    FAIL("%s is missing: run this through CTest, which prepares the vectors", missing);
  }
  snprintf(reason, sizeof reason, "%s", text);
  free(text);
  SKIP("no %s vectors: %s", origin, reason);
}

void vector_file_open(struct vector_file *file, const char *origin, const char *name) {
  struct vector header;
  char path[1024];

  snprintf(path, sizeof path, "%s/%s.txt", PQQ_VECTORS_FOLDER, name);
  *file = (struct vector_file){.content = slurp(path)};
  if (file->content == NULL) {
    skip_or_fail(origin, path);
  }
  file->next = file->content;
  EXPECT(vector_file_next(file, &header));
  EXPECT_STR(vector_text(&header, "source"), name);
  file->announced = strtoull(vector_text(&header, "vectors"), NULL, 10);
}

void vector_file_close(struct vector_file *file) {
  free(file->content);
  file->content = NULL;
}

static int nibble(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes in place: a byte never overtakes its two digits. */
static struct bytes decode(char *hex) {
  struct bytes bytes = {(uint8_t *)hex, strlen(hex) / 2};

  EXPECT_UINT(strlen(hex) % 2, 0);
  for (size_t i = 0; i < bytes.len; i++) {
    int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);
    if (high < 0 || low < 0) {
      FAIL("not a hexadecimal digit in a vector");
    }
    bytes.data[i] = (uint8_t)(high << 4 | low);
  }
  return bytes;
}

static void parse_field(struct vector *vector, char *token) {
  char *separator = token + strcspn(token, "=:");
  bool text = *separator == '=';

  EXPECT(*separator != '\0' && vector->count < VECTOR_MAX_FIELDS);
  *separator = '\0';
  vector->fields[vector->count++] = (struct vector_field){
      .name = token,
      .text = text ? separator + 1 : NULL,
      .bytes = text ? (struct bytes){NULL, 0} : decode(separator + 1),
  };
}

bool vector_file_next(struct vector_file *file, struct vector *vector) {
  char *line = file->next, *rest = NULL;
  char *end = strchr(line, '\n');

  if (end == NULL) {
    return false;
  }
  *end = '\0';
  file->next = end + 1;
  vector->count = 0;
  for (char *token = strtok_r(line, " ", &rest); token; token = strtok_r(NULL, " ", &rest)) {
    parse_field(vector, token);
  }
  return true;
}

static const struct vector_field *find(const struct vector *vector, const char *name) {
  for (size_t i = 0; i < vector->count; i++) {
    if (strcmp(vector->fields[i].name, name) == 0) {
      return &vector->fields[i];
    }
  }
  return NULL;
}

const char *vector_text(const struct vector *vector, const char *name) {
  const struct vector_field *field = find(vector, name);

  return field != NULL && field->text != NULL ? field->text : "";
}

struct bytes vector_bytes(const struct vector *vector, const char *name) {
  const struct vector_field *field = find(vector, name);

  return field != NULL ? field->bytes : (struct bytes){NULL, 0};
}
