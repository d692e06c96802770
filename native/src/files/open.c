/* SPDX-License-Identifier: MIT */
/* See open.h. A path is opened, and then asked what it is: whatever is renamed or
 * linked meanwhile, the answer is about the descriptor that is read from. */
#include "files/open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include <pqq/files.h>

#include "files/limits.h"

#if defined(__linux__)
#include <sys/syscall.h>
#if defined(SYS_openat2) && __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#define HAS_OPENAT2 1
#endif
#endif

/* O_NONBLOCK: a FIFO would wait for its writer. */
#define READ_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define FOLDER_FLAGS (O_RDONLY | O_CLOEXEC | O_DIRECTORY)

int pqq__open_root(const char *path) {
  int fd = open(path, FOLDER_FLAGS);

  return fd < 0 ? -errno : fd;
}

/* One component without following it; *path moves to the next. */
static int open_component(int folder, const char **path) {
  const char *slash = strchr(*path, '/');
  size_t len = slash == NULL ? strlen(*path) : (size_t)(slash - *path);
  char name[256]; /* NAME_MAX and a NUL */
  int fd;

  if (len >= sizeof name) {
    return -ENAMETOOLONG;
  }
  memcpy(name, *path, len);
  name[len] = '\0';
  *path += len + (slash == NULL ? 0 : 1);
  fd = openat(folder, name, (slash == NULL ? READ_FLAGS : FOLDER_FLAGS) | O_NOFOLLOW);
  return fd < 0 ? -errno : fd;
}

static int open_by_component(int root, const char *path) {
  int fd = openat(root, ".", FOLDER_FLAGS);

  if (fd < 0) {
    return -errno;
  }
  while (fd >= 0 && *path != '\0') {
    int next = open_component(fd, &path);

    (void)close(fd);
    fd = next;
  }
  return fd;
}

#if defined(HAS_OPENAT2)
/* 1 once the kernel, or a filter in front of it, has said that it has none. */
static atomic_int lacks_openat2;

static int open_at_once(int root, const char *path, int links) {
  struct open_how how = {.flags = READ_FLAGS,
                         .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS |
                                    (links == PQQ_FILES_LINKS_NEVER ? RESOLVE_NO_SYMLINKS : 0)};

  for (int i = 0; i < PQQ__FILES_OPEN_ATTEMPTS; i++) {
    long fd = syscall(SYS_openat2, root, path, &how, sizeof how);

    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) {
      return fd >= 0 ? (int)fd : -errno;
    }
  }
  return -EAGAIN;
}

/* Filters of containers answer EPERM to calls that they do not know. So it is
 * asked about a folder that is open already: that can only be the filter. */
static int is_refused(int root, int error) {
  struct open_how how = {.flags = FOLDER_FLAGS, .resolve = RESOLVE_BENEATH};
  long fd;

  if (error != -EPERM) {
    return error == -ENOSYS;
  }
  fd = syscall(SYS_openat2, root, ".", &how, sizeof how);
  if (fd >= 0) {
    (void)close((int)fd);
  }
  return fd < 0;
}
#endif

static int open_path(int root, const char *path, int links, pqq__open_way way) {
  if (links == PQQ_FILES_LINKS_ANYWHERE) {
    int fd = openat(root, *path == '\0' ? "." : path, READ_FLAGS);

    return fd < 0 ? -errno : fd;
  }
#if defined(HAS_OPENAT2)
  if (way == PQQ__OPEN_BEST && !atomic_load_explicit(&lacks_openat2, memory_order_relaxed)) {
    int fd = open_at_once(root, *path == '\0' ? "." : path, links);

    if (fd >= 0 || !is_refused(root, fd)) {
      return fd;
    }
    atomic_store_explicit(&lacks_openat2, 1, memory_order_relaxed);
  }
#else
  (void)way;
#endif
  return open_by_component(root, path);
}

/* What runs out on the server's side is not the client's mistake. */
static int simplify(int error) {
  switch (error) {
  case -EMFILE:
  case -ENFILE:
  case -ENOMEM:
  case -EIO:
  case -EAGAIN:
    return error;
  default:
    return -ENOENT;
  }
}

int pqq__open_below(int root, const char *path, int links, pqq__open_way way, struct stat *facts) {
  int fd = open_path(root, path, links, way);

  if (fd < 0) {
    return simplify(fd);
  }
  if (fstat(fd, facts) != 0 || (!S_ISREG(facts->st_mode) && !S_ISDIR(facts->st_mode))) {
    (void)close(fd);
    return -ENOENT;
  }
  return fd;
}
