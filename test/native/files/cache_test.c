/* SPDX-License-Identifier: MIT */
/* The cache of open files: validity, replacement, eviction. Time is virtual. */
#include "files/cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/units.h"
#include "files/sandbox.h"
#include "harness.h"

static pqq__file_cache cache;
static pqq__open_folder folder;
static pqq__now now;

static void set_up(uint32_t flags) {
  pqq_files_options options;

  sandbox_new();
  sandbox_folder("www");
  pqq_files_options_init(&options, sizeof options);
  options.root = sandbox_path("www");
  options.flags = flags;
  folder = (pqq__open_folder){.fd = -1};
  EXPECT_INT(pqq_files_new(&options, &folder.files), PQQ_OK);
  pqq__file_cache_init(&cache);
  now = (pqq__now){.monotonic = 1, .wall_s = 1800000000};
  EXPECT_INT(pqq__file_cache_visit(&cache, &folder, &now), 0);
}

static void tear_down(void) {
  pqq__file_cache_deinit(&cache);
  EXPECT_UINT(cache.entries, 0);
  EXPECT_UINT(cache.descriptors, 0);
  EXPECT_UINT(cache.memory_bytes, 0);
  if (folder.fd >= 0) {
    close(folder.fd);
  }
  pqq_files_unref(folder.files);
  sandbox_remove();
}

static void pass_validity(void) {
  now.monotonic += PQQ__FILES_VALID_MS * PQQ__NS_PER_MS;
}

static int find(const char *path, const pqq__cached **found) {
  return pqq__file_cache_find(&cache, &folder, path, strlen(path), &now, found);
}

static void expect_text(const char *path, const char *text) {
  const pqq__cached *found;

  EXPECT_INT(find(path, &found), 0);
  EXPECT_MEM(found->variants[0]->bytes, found->variants[0]->size, text, strlen(text));
}

TEST("a small file is read once while it is valid") {
  set_up(0);
  sandbox_text("www/a", "one");
  for (int i = 0; i < 10; i++) {
    expect_text("a", "one");
  }
  EXPECT_UINT(cache.misses, 1);
  EXPECT_UINT(cache.hits, 9);
  EXPECT_UINT(cache.descriptors, 0);
  tear_down();
}

TEST("a file that stays the same keeps its object; a replaced one is seen after the time of "
     "validity") {
  const pqq__cached *found;
  pqq__file *first;

  set_up(0);
  sandbox_text("www/a", "one");
  EXPECT_INT(find("a", &found), 0);
  first = pqq__file_ref(found->variants[0]);
  pass_validity();
  EXPECT_INT(find("a", &found), 0);
  EXPECT(found->variants[0] == first);
  sandbox_text("www/new", "two");
  sandbox_rename("www/new", "www/a");
  expect_text("a", "one");
  pass_validity();
  expect_text("a", "two");
  EXPECT_INT(find("a", &found), 0);
  EXPECT(strcmp(found->variants[0]->etag, first->etag) != 0);
  EXPECT_MEM(first->bytes, first->size, "one", 3); /* who still sends it has it */
  pqq__file_unref(first);
  tear_down();
}

TEST("a file of the same size and time but another inode is another file") {
  const pqq__cached *found;
  char etag[64];

  set_up(0);
  sandbox_text("www/a", "one");
  sandbox_touch("www/a", 1000000000);
  EXPECT_INT(find("a", &found), 0);
  strcpy(etag, found->variants[0]->etag);
  sandbox_text("www/new", "two");
  sandbox_touch("www/new", 1000000000);
  sandbox_rename("www/new", "www/a");
  pass_validity();
  expect_text("a", "two");
  EXPECT_INT(find("a", &found), 0);
  EXPECT(strcmp(found->variants[0]->etag, etag) != 0);
  tear_down();
}

TEST("a deleted file is gone after the time of validity, and a folder in its place is one") {
  const pqq__cached *found;

  set_up(0);
  sandbox_text("www/a", "one");
  expect_text("a", "one");
  EXPECT_INT(unlink(sandbox_path("www/a")), 0);
  pass_validity();
  EXPECT_INT(find("a", &found), -ENOENT);
  EXPECT_UINT(cache.entries, 0);
  sandbox_folder("www/a");
  EXPECT_INT(find("a", &found), EISDIR);
  tear_down();
}

TEST("compressed variants are found, appear and vanish, and then every field says so") {
  const pqq__cached *found;

  set_up(0);
  sandbox_text("www/a.js", "plain");
  sandbox_text("www/a.js.gz", "gzipped");
  sandbox_text("www/b.gz", "x");
  sandbox_text("www/b.gz.br", "x");
  EXPECT_INT(find("a.js", &found), 0);
  EXPECT_UINT(found->there, 1u | 1u << PQQ__CODING_GZIP);
  EXPECT(found->variants[PQQ__CODING_GZIP]->headers[0].value.data ==
         found->variants[0]->headers[0].value.data); /* the type of the plain file */
  sandbox_text("www/a.js.br", "brotli");
  EXPECT_INT(unlink(sandbox_path("www/a.js.gz")), 0);
  pass_validity();
  EXPECT_INT(find("a.js", &found), 0);
  EXPECT_UINT(found->there, 1u | 1u << PQQ__CODING_BROTLI);
  EXPECT_INT(find("b.gz", &found), 0);
  EXPECT_UINT(found->there, 1);
  tear_down();
  set_up(PQQ_FILES_NO_VARIANTS);
  sandbox_text("www/a.js", "plain");
  sandbox_text("www/a.js.gz", "gzipped");
  EXPECT_INT(find("a.js", &found), 0);
  EXPECT_UINT(found->there, 1);
  tear_down();
}

static void write_many(int count, size_t bytes) {
  char *data = calloc(1, bytes), name[32];

  for (int i = 0; i < count; i++) {
    snprintf(name, sizeof name, "www/f%d", i);
    sandbox_write(name, data, bytes);
  }
  free(data);
}

TEST("the least recently used goes when there are too many entries") {
  const pqq__cached *found;
  char name[32];

  set_up(PQQ_FILES_NO_VARIANTS);
  write_many(PQQ__FILES_CACHE_ENTRIES + 10, 1);
  for (int i = 0; i < PQQ__FILES_CACHE_ENTRIES + 10; i++) {
    snprintf(name, sizeof name, "f%d", i);
    EXPECT_INT(find(name, &found), 0);
    EXPECT_INT(find("f0", &found), 0); /* stays */
    EXPECT(cache.entries <= PQQ__FILES_CACHE_ENTRIES);
  }
  EXPECT_UINT(cache.entries, PQQ__FILES_CACHE_ENTRIES);
  EXPECT_UINT(cache.misses, PQQ__FILES_CACHE_ENTRIES + 10);
  EXPECT_INT(find("f1", &found), 0);
  EXPECT_UINT(cache.misses, PQQ__FILES_CACHE_ENTRIES + 11); /* f1 had gone */
  tear_down();
}

TEST("descriptors and memory are bounded too") {
  const pqq__cached *found;
  char name[32];

  set_up(PQQ_FILES_NO_VARIANTS);
  write_many(PQQ__FILES_CACHE_DESCRIPTORS + 10, PQQ__FILES_MEMORY_FILE_BYTES + 1);
  for (int i = 0; i < PQQ__FILES_CACHE_DESCRIPTORS + 10; i++) {
    snprintf(name, sizeof name, "f%d", i);
    EXPECT_INT(find(name, &found), 0);
    EXPECT(found->variants[0]->bytes == NULL && found->variants[0]->fd >= 0);
    EXPECT(cache.descriptors <= PQQ__FILES_CACHE_DESCRIPTORS);
  }
  tear_down();
  set_up(PQQ_FILES_NO_VARIANTS);
  write_many(PQQ__FILES_MEMORY_BYTES / PQQ__FILES_MEMORY_FILE_BYTES + 10,
             PQQ__FILES_MEMORY_FILE_BYTES);
  for (int i = 0; i < PQQ__FILES_MEMORY_BYTES / PQQ__FILES_MEMORY_FILE_BYTES + 10; i++) {
    snprintf(name, sizeof name, "f%d", i);
    EXPECT_INT(find(name, &found), 0);
    EXPECT(found->variants[0]->bytes != NULL);
    EXPECT(cache.memory_bytes <= PQQ__FILES_MEMORY_BYTES);
  }
  EXPECT_UINT(cache.memory_bytes, PQQ__FILES_MEMORY_BYTES);
  tear_down();
}

TEST("a large file is sendable while it is as it was or has only grown") {
  static char data[PQQ__FILES_MEMORY_FILE_BYTES + 1];
  const pqq__cached *found;
  pqq__file *file;

  set_up(0);
  sandbox_write("www/a", data, sizeof data);
  EXPECT_INT(find("a", &found), 0);
  file = pqq__file_ref(found->variants[0]);
  EXPECT(pqq__file_is_sendable(file));
  FILE *log = fopen(sandbox_path("www/a"), "ab");
  fputs("one more line", log);
  fclose(log);
  EXPECT(pqq__file_is_sendable(file));
  EXPECT_INT(truncate(sandbox_path("www/a"), 10), 0);
  EXPECT(!pqq__file_is_sendable(file));
  EXPECT_INT(truncate(sandbox_path("www/a"), (off_t)file->size), 0);
  EXPECT(!pqq__file_is_sendable(file)); /* the same size, another time */
  pqq__file_unref(file);
  tear_down();
}

TEST("a folder that is replaced under its name is seen, with all its files") {
  const pqq__cached *found;

  set_up(0);
  sandbox_text("www/a", "old");
  expect_text("a", "old");
  sandbox_folder("next");
  sandbox_text("next/a", "new");
  sandbox_rename("www", "before");
  sandbox_rename("next", "www");
  pass_validity();
  EXPECT_INT(pqq__file_cache_visit(&cache, &folder, &now), 0);
  expect_text("a", "new");
  sandbox_rename("www", "gone");
  pass_validity();
  EXPECT(pqq__file_cache_visit(&cache, &folder, &now) < 0);
  EXPECT_INT(folder.fd, -1);
  (void)found;
  sandbox_rename("gone", "www");
  EXPECT_INT(pqq__file_cache_visit(&cache, &folder, &now), 0);
  expect_text("a", "new");
  tear_down();
}
