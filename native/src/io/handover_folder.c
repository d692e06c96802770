/* SPDX-License-Identifier: MIT */
#include "io/handover_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"

/* gggg-ww.sock, both in hexadecimal. */
#define NAME_CHARS 12

void pqq__handover_name(struct sockaddr_un *name, const char *folder, uint16_t generation,
                        uint32_t worker) {
  memset(name, 0, sizeof *name);
  name->sun_family = AF_UNIX;
  (void)snprintf(name->sun_path, sizeof name->sun_path, "%.*s/%04x-%02x.sock",
                 (int)(sizeof name->sun_path - NAME_CHARS - 2), folder, generation, worker & 0xff);
}

/* What is written as it would be written, so that nothing else passes for it. */
static int read_name(const char *name, uint16_t *generation, uint8_t *worker) {
  char again[NAME_CHARS + 1], *end = NULL;

  if (strlen(name) != NAME_CHARS) {
    return -1;
  }
  *generation = (uint16_t)strtoul(name, &end, 16);
  if (end != name + 4) {
    return -1;
  }
  *worker = (uint8_t)strtoul(end + 1, NULL, 16);
  (void)snprintf(again, sizeof again, "%04x-%02x.sock", *generation, *worker);
  return strcmp(name, again) == 0 ? 0 : -1;
}

/* Calls `see` with each socket's name. */
static void each(const char *folder,
                 void (*see)(const struct sockaddr_un *at, uint16_t generation, uint8_t worker,
                             void *user_data),
                 void *user_data) {
  DIR *open = opendir(folder);
  const struct dirent *entry;

  while (open != NULL && (entry = readdir(open)) != NULL) {
    struct sockaddr_un at;
    uint16_t generation;
    uint8_t worker;

    if (read_name(entry->d_name, &generation, &worker) == 0) {
      pqq__handover_name(&at, folder, generation, worker);
      see(&at, generation, worker, user_data);
    }
  }
  if (open != NULL) {
    (void)closedir(open);
  }
}

/* --- Who is there -------------------------------------------------------------------------------
 */

typedef struct newest {
  uint16_t own, generation;
  int is_found;
  struct timespec since;
} newest;

static int is_later(const struct timespec *a, const struct timespec *b) {
  return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

static void see_newest(const struct sockaddr_un *at, uint16_t generation, uint8_t worker,
                       void *user_data) {
  newest *found = user_data;
  struct stat file;

  (void)worker;
  if (generation == found->own || lstat(at->sun_path, &file) != 0 || !S_ISSOCK(file.st_mode)) {
    return;
  }
  if (!found->is_found || is_later(&file.st_mtim, &found->since)) {
    found->is_found = 1;
    found->generation = generation;
    found->since = file.st_mtim;
  }
}

uint32_t pqq__handover_newest(const char *folder, uint16_t own, uint16_t *generation,
                              uint8_t workers[PQQ__MAX_WORKERS]) {
  newest found = {.own = own};
  uint32_t count = 0;

  each(folder, see_newest, &found);
  *generation = found.generation;
  for (uint32_t worker = 0; found.is_found && worker < PQQ__MAX_WORKERS; worker++) {
    struct sockaddr_un at;

    pqq__handover_name(&at, folder, found.generation, worker);
    if (access(at.sun_path, F_OK) == 0) {
      workers[count++] = (uint8_t)worker;
    }
  }
  return count;
}

typedef struct taken {
  uint16_t generation;
  int is_taken;
} taken;

static void see_taken(const struct sockaddr_un *at, uint16_t generation, uint8_t worker,
                      void *user_data) {
  taken *asked = user_data;

  (void)at;
  (void)worker;
  asked->is_taken |= generation == asked->generation;
}

int pqq__handover_is_taken(const char *folder, uint16_t generation) {
  taken asked = {.generation = generation};

  each(folder, see_taken, &asked);
  return asked.is_taken;
}

/* --- The folder ---------------------------------------------------------------------------------
 */

/* Nobody listens behind the name of a process that is gone. */
static void remove_dead(const struct sockaddr_un *at, uint16_t generation, uint8_t worker,
                        void *user_data) {
  const int *fd = user_data;

  (void)generation;
  (void)worker;
  if (connect(*fd, (const struct sockaddr *)(const void *)at, sizeof *at) != 0 &&
      errno == ECONNREFUSED) {
    (void)unlink(at->sun_path);
  }
}

static pqq_status check(const char *folder) {
  struct stat is;

  if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
    return pqq__error_set(PQQ_ERR_IO, "handover_path: %s: %s", folder, strerror(errno));
  }
  if (lstat(folder, &is) != 0) {
    return pqq__error_set(PQQ_ERR_IO, "handover_path: %s: %s", folder, strerror(errno));
  }
  if (!S_ISDIR(is.st_mode) || is.st_uid != geteuid() || (is.st_mode & 077) != 0) {
    return pqq__error_set(PQQ_ERR_PERMISSION,
                          "handover_path: %s is not a folder of this user's that is closed to "
                          "others (mode 0700)",
                          folder);
  }
  return PQQ_OK;
}

pqq_status pqq__handover_prepare(const char *folder) {
  pqq_status status;
  int fd;

  if (!PQQ__HAS_HANDOVER) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "handover_path: only on Linux");
  }
  if (folder[0] == '\0' || strlen(folder) >= PQQ__HANDOVER_FOLDER_BYTES) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "handover_path: 1 to %d bytes",
                          PQQ__HANDOVER_FOLDER_BYTES - 1);
  }
  status = check(folder);
  fd = status == PQQ_OK ? socket(AF_UNIX, SOCK_DGRAM, 0) : -1;
  if (fd >= 0) {
    each(folder, remove_dead, &fd);
    (void)close(fd);
  }
  return status;
}
