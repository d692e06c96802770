/* SPDX-License-Identifier: MIT */
#include "files/sandbox.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

static char folder[64];

const char *sandbox_new(void) {
  strcpy(folder, "/tmp/pqq-files-XXXXXX");
  EXPECT(mkdtemp(folder) != NULL);
  return folder;
}

const char *sandbox_path(const char *name) {
  static char paths[5][512];
  static unsigned next;
  char *path = paths[next++ % 5];

  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

void sandbox_write(const char *name, const void *data, size_t len) {
  FILE *file = fopen(sandbox_path(name), "wb");

  EXPECT(file != NULL);
  EXPECT_UINT(fwrite(data, 1, len, file), len);
  EXPECT_INT(fclose(file), 0);
}

void sandbox_text(const char *name, const char *text) {
  sandbox_write(name, text, strlen(text));
}

void sandbox_folder(const char *name) {
  EXPECT_INT(mkdir(sandbox_path(name), 0700), 0);
}

void sandbox_link(const char *target, const char *name) {
  EXPECT_INT(symlink(target, sandbox_path(name)), 0);
}

void sandbox_rename(const char *from, const char *to) {
  EXPECT_INT(rename(sandbox_path(from), sandbox_path(to)), 0);
}

void sandbox_touch(const char *name, long seconds) {
  struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};

  EXPECT_INT(utimensat(AT_FDCWD, sandbox_path(name), times, 0), 0);
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *place) {
  (void)facts;
  (void)type;
  (void)place;
  return remove(path);
}

void sandbox_remove(void) {
  (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
