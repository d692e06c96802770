/* SPDX-License-Identifier: MIT */
/* See listing.h. Names are bytes that somebody else has chosen: they are escaped
 * for the place they go to, and a link begins with "./", so that none is taken
 * for a scheme. */
#include "files/listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files/limits.h"
#include "files/path.h"

static void add_bytes(pqq__text_buffer *out, const char *text, size_t len) {
  if (out->len + len > out->capacity && !out->has_failed) {
    size_t capacity = (out->len + len) * 2 + 1024;
    char *grown = realloc(out->data, capacity);

    out->has_failed = grown == NULL;
    if (grown != NULL) {
      out->data = grown;
      out->capacity = capacity;
    }
  }
  if (!out->has_failed) {
    memcpy(out->data + out->len, text, len);
    out->len += len;
  }
}

static void add(pqq__text_buffer *out, const char *text) {
  add_bytes(out, text, strlen(text));
}

static void add_html(pqq__text_buffer *out, const char *text) {
  for (; *text != '\0'; text++) {
    switch (*text) {
    case '&':
      add(out, "&amp;");
      break;
    case '<':
      add(out, "&lt;");
      break;
    case '>':
      add(out, "&gt;");
      break;
    case '"':
      add(out, "&quot;");
      break;
    default:
      add_bytes(out, text, 1);
    }
  }
}

/* Bytes of a well-formed UTF-8 character at `text`, 0 if it is none. */
static size_t utf8_len(const char *text) {
  const uint8_t *c = (const uint8_t *)text;
  size_t len = c[0] < 0x80 ? 1 : c[0] >= 0xc2 && c[0] <= 0xdf ? 2 : (c[0] & 0xf0) == 0xe0 ? 3 : 4;

  if (len == 4 && (c[0] < 0xf0 || c[0] > 0xf4)) {
    return 0;
  }
  for (size_t i = 1; i < len; i++) {
    if ((c[i] & 0xc0) != 0x80) { /* the NUL ends this too */
      return 0;
    }
  }
  if ((c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
      (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f)) {
    return 0;
  }
  return len;
}

/* A byte that is no UTF-8 becomes U+FFFD. */
static void add_json(pqq__text_buffer *out, const char *text) {
  char escape[12];

  add(out, "\"");
  while (*text != '\0') {
    size_t len = utf8_len(text);

    if (len == 1 && ((uint8_t)*text < 0x20 || *text == '"' || *text == '\\')) {
      (void)snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(uint8_t)*text);
      add(out, escape);
    } else if (len == 0) {
      add(out, "\\ufffd");
    } else {
      add_bytes(out, text, len);
    }
    text += len == 0 ? 1 : len;
  }
  add(out, "\"");
}

static void add_link(pqq__text_buffer *out, const char *name) {
  char encoded[3 * 256 + 1];
  size_t len = pqq__percent_encode(name, strlen(name), encoded, sizeof encoded);

  if (len > sizeof encoded) {
    return;
  }
  add(out, "<li><a href=\"./");
  add_bytes(out, encoded, len);
  add(out, "\">");
  add_html(out, name);
  add(out, "</a></li>\n");
}

/* --- Names ---------------------------------------------------------------------------------- */

typedef struct names {
  char *list[PQQ__FILES_LISTED_NAMES];
  size_t count;
  int is_cut;
} names;

static int is_listed(const char *name, int with_hidden) {
  return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
         (with_hidden || !pqq__is_hidden_name(name, strlen(name)));
}

/* With a slash behind it for a folder, NULL for what is neither that nor a file
 * or link. */
static char *name_of(int folder, const char *name) {
  size_t len = strlen(name);
  struct stat facts;
  char *copy;

  if (fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) != 0 ||
      (!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode) && !S_ISLNK(facts.st_mode))) {
    return NULL;
  }
  copy = malloc(len + 2);
  if (copy != NULL) {
    memcpy(copy, name, len);
    memcpy(copy + len, S_ISDIR(facts.st_mode) ? "/" : "", S_ISDIR(facts.st_mode) ? 2 : 1);
  }
  return copy;
}

static int compare(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void read_names(DIR *folder, int with_hidden, names *found) {
  const struct dirent *entry;
  int fd = dirfd(folder);

  while (fd >= 0 && (entry = readdir(folder)) != NULL) {
    char *name;

    if (!is_listed(entry->d_name, with_hidden)) {
      continue;
    }
    if (found->count == PQQ__FILES_LISTED_NAMES) {
      found->is_cut = 1;
      break;
    }
    name = name_of(fd, entry->d_name);
    if (name != NULL) {
      found->list[found->count++] = name;
    }
  }
  qsort(found->list, found->count, sizeof found->list[0], compare);
}

/* --- Texts ---------------------------------------------------------------------------------- */

static void write_html(const pqq__listing *listing, const names *found, pqq__text_buffer *out) {
  add(out, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>");
  add_html(out, listing->title);
  add(out, "</title><body style=\"font:1.1rem system-ui;margin:2rem\"><h1>");
  add_html(out, listing->title);
  add(out, "</h1>\n<ul>\n");
  if (strcmp(listing->title, "/") != 0) {
    add(out, "<li><a href=\"../\">../</a></li>\n");
  }
  for (size_t i = 0; i < found->count; i++) {
    add_link(out, found->list[i]);
  }
  add(out, found->is_cut ? "<li>and more</li>\n</ul></body></html>\n" : "</ul></body></html>\n");
}

static void write_json(const names *found, pqq__text_buffer *out) {
  add(out, "{\"names\":[");
  for (size_t i = 0; i < found->count; i++) {
    add(out, i == 0 ? "" : ",");
    add_json(out, found->list[i]);
  }
  add(out, found->is_cut ? "],\"cut\":true}\n" : "],\"cut\":false}\n");
}

int pqq__listing_write(const pqq__listing *listing, int fd, pqq__text_buffer *out) {
  DIR *folder = fdopendir(fd);
  names *found = calloc(1, sizeof *found);

  if (folder == NULL || found == NULL) {
    free(found);
    if (folder != NULL) {
      (void)closedir(folder);
    } else {
      (void)close(fd);
    }
    return -1;
  }
  read_names(folder, listing->with_hidden, found);
  (void)closedir(folder);
  if (listing->is_json) {
    write_json(found, out);
  } else {
    write_html(listing, found, out);
  }
  for (size_t i = 0; i < found->count; i++) {
    free(found->list[i]);
  }
  free(found);
  return out->has_failed ? -1 : 0;
}

static int has(pqq_bytes text, const char *what) {
  size_t len = strlen(what);

  for (size_t i = 0; i + len <= text.len; i++) {
    if (memcmp(text.data + i, what, len) == 0) {
      return 1;
    }
  }
  return 0;
}

int pqq__listing_wants_json(pqq_bytes accept) {
  return has(accept, "application/json") && !has(accept, "text/html");
}
