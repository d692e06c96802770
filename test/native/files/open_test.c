/* SPDX-License-Identifier: MIT */
/* What can be opened below a folder, with openat2 and without it. */
#include "files/open.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <pqq/files.h>

#include "files/sandbox.h"
#include "harness.h"

static int root;

static void set_up(void) {
  sandbox_new();
  sandbox_folder("www");
  sandbox_folder("www/sub");
  sandbox_folder("secret");
  sandbox_text("secret/key", "secret");
  sandbox_text("www/a", "public");
  sandbox_text("www/sub/b", "public");
  sandbox_link("a", "www/inside");
  sandbox_link("sub", "www/folder");
  sandbox_link("../a", "www/sub/up");
  sandbox_link("../secret/key", "www/out");
  sandbox_link("../../secret", "www/sub/far");
  sandbox_link(sandbox_path("secret/key"), "www/absolute");
  sandbox_link(sandbox_path("www/a"), "www/absolute-inside");
  sandbox_link("loop", "www/loop");
  sandbox_link("/proc/self/root", "www/magic");
  EXPECT_INT(mkfifo(sandbox_path("www/fifo"), 0600), 0);
  root = pqq__open_root(sandbox_path("www"));
  EXPECT(root >= 0);
}

static void tear_down(void) {
  close(root);
  sandbox_remove();
}

/* 1: opened with what is in public files. */
static int opens(const char *path, int links, pqq__open_way way) {
  struct stat facts;
  char text[16] = "";
  int fd = pqq__open_below(root, path, links, way, &facts);

  if (fd < 0) {
    EXPECT_INT(fd, -ENOENT);
    return 0;
  }
  if (S_ISREG(facts.st_mode)) {
    EXPECT(read(fd, text, sizeof text - 1) > 0);
  }
  close(fd);
  return S_ISDIR(facts.st_mode) || strcmp(text, "public") == 0 ? 1 : 2;
}

typedef struct row {
  const char *path;
  /* By PQQ_FILES_LINKS_*: 0 not there, 1 there, 2 another's file. */
  int expected[3];
} row;

static const row rows[] = {
    {"", {1, 1, 1}},
    {"a", {1, 1, 1}},
    {"sub/b", {1, 1, 1}},
    {"sub", {1, 1, 1}},
    {"absent", {0, 0, 0}},
    {"a/b", {0, 0, 0}},
    {"inside", {1, 0, 1}},
    {"folder/b", {1, 0, 1}},
    {"sub/up", {1, 0, 1}},
    {"out", {0, 0, 2}},
    {"sub/far/key", {0, 0, 2}},
    {"absolute", {0, 0, 2}},
    {"absolute-inside", {0, 0, 1}},
    {"loop", {0, 0, 0}},
    {"fifo", {0, 0, 0}},
};

TEST("links are followed as the option says, and nothing but files and folders is opened") {
  set_up();
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    for (int links = 0; links < 3; links++) {
      NOTE("%s, links %d", rows[i].path, links);
      EXPECT_INT(opens(rows[i].path, links, PQQ__OPEN_BEST), rows[i].expected[links]);
    }
  }
  EXPECT_INT(opens("magic/etc/passwd", PQQ_FILES_LINKS_BENEATH, PQQ__OPEN_BEST), 0);
  tear_down();
}

TEST("without openat2 no link is followed") {
  set_up();
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    NOTE("%s", rows[i].path);
    for (int links = 0; links < 2; links++) {
      EXPECT_INT(opens(rows[i].path, links, PQQ__OPEN_BY_COMPONENT),
                 rows[i].expected[PQQ_FILES_LINKS_NEVER]);
    }
  }
  tear_down();
}

TEST("sockets, devices and names that are too long are not there") {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char name[300];
  int sock = socket(AF_UNIX, SOCK_STREAM, 0);

  set_up();
  snprintf(address.sun_path, sizeof address.sun_path, "%s", sandbox_path("www/socket"));
  EXPECT_INT(bind(sock, (struct sockaddr *)&address, sizeof address), 0);
  sandbox_link("/dev/zero", "www/device");
  memset(name, 'n', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  for (int way = PQQ__OPEN_BEST; way <= PQQ__OPEN_BY_COMPONENT; way++) {
    EXPECT_INT(opens("socket", PQQ_FILES_LINKS_BENEATH, way), 0);
    EXPECT_INT(opens(name, PQQ_FILES_LINKS_BENEATH, way), 0);
  }
  EXPECT_INT(opens("device", PQQ_FILES_LINKS_ANYWHERE, PQQ__OPEN_BEST), 0);
  close(sock);
  tear_down();
}

static atomic_int is_done;

/* Puts a link to the secret in the place of the file, and of its folder, again and again. */
static void *swap(void *argument) {
  (void)argument;
  while (!atomic_load(&is_done)) {
    sandbox_rename("www/spare", "www/x");
    sandbox_link("../secret/key", "www/evil");
    sandbox_rename("www/evil", "www/x");
    sandbox_text("www/spare", "public");
  }
  return NULL;
}

TEST("a file that is swapped for a link while it is opened never shows what it points to") {
  pthread_t thread;
  int seen = 0;

  set_up();
  sandbox_text("www/x", "public");
  sandbox_text("www/spare", "public");
  atomic_store(&is_done, 0);
  EXPECT_INT(pthread_create(&thread, NULL, swap, NULL), 0);
  for (int i = 0; i < 20000; i++) {
    struct stat facts;
    char text[16] = "";
    int fd = pqq__open_below(root, "x", PQQ_FILES_LINKS_BENEATH,
                             i % 2 == 0 ? PQQ__OPEN_BEST : PQQ__OPEN_BY_COMPONENT, &facts);

    if (fd >= 0) {
      ssize_t len = read(fd, text, sizeof text - 1);

      close(fd);
      EXPECT(len == 0 || strcmp(text, "public") == 0);
      seen++;
    }
  }
  atomic_store(&is_done, 1);
  pthread_join(thread, NULL);
  EXPECT(seen > 0);
  tear_down();
}
