/* SPDX-License-Identifier: MIT */
/* pqq_files: options checked and kept; see include/pqq/files.h. */
#include "files/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/struct_size.h"
#include "files/open.h"
#include "files/path.h"

#define ALL_FLAGS                                                                              \
  (PQQ_FILES_FALL_THROUGH | PQQ_FILES_LISTING | PQQ_FILES_NO_VARIANTS | PQQ_FILES_NO_NOSNIFF | \
   PQQ_FILES_HIDDEN)

static const pqq_files_options default_options = {
    .struct_size = sizeof default_options,
    .index = "index.html",
    .cache_control = "no-cache",
};

pqq_status pqq_files_options_init(pqq_files_options *options, size_t size) {
  return pqq__struct_init("pqq_files_options", options, size, &default_options,
                          sizeof default_options);
}

/* Copies an option that may be NULL for its default. */
static pqq_status keep(char *to, size_t capacity, const char *name, const char *value,
                       const char *by_default) {
  const char *text = value == NULL ? by_default : value;

  if (strlen(text) >= capacity) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "%s: at most %zu bytes", name, capacity - 1);
  }
  memcpy(to, text, strlen(text) + 1);
  return PQQ_OK;
}

/* A prefix is written as it is, so that it has one meaning. */
static pqq_status keep_prefix(pqq_files *files, const char *prefix) {
  const char *text = prefix == NULL ? "/" : prefix;
  pqq__file_path path;

  if (strpbrk(text, "%?#") != NULL ||
      pqq__file_path_parse((pqq_bytes){(const uint8_t *)text, strlen(text)}, &path) != 0 ||
      path.is_hidden) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "prefix: \"%s\" is no path such as /assets", text);
  }
  files->prefix_len = path.len;
  return keep(files->prefix, sizeof files->prefix, "prefix", path.text, "");
}

static pqq_status check_index(const char *index) {
  if (strchr(index, '/') != NULL || index[0] == '.') {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "index: \"%s\" is no file name", index);
  }
  return PQQ_OK;
}

static pqq_status check_cache_control(const char *value) {
  size_t len = strlen(value);

  for (size_t i = 0; i < len; i++) {
    if (value[i] < 0x20 || value[i] > 0x7e || ((i == 0 || i + 1 == len) && value[i] == ' ')) {
      return pqq__error_set(PQQ_ERR_INVALID_ARG, "cache_control: not a field value");
    }
  }
  return PQQ_OK;
}

static pqq_status check_root(const char *root) {
  int fd = pqq__open_root(root);

  if (fd >= 0) {
    (void)close(fd);
    return PQQ_OK;
  }
  return pqq__error_set(fd == -EACCES || fd == -EPERM ? PQQ_ERR_PERMISSION : PQQ_ERR_INVALID_ARG,
                        "root: \"%s\": %s", root, strerror(-fd));
}

static pqq_status fill(pqq_files *files, const pqq_files_options *options) {
  pqq_status status;

  files->flags = options->flags;
  files->links = options->links;
  status = keep(files->root, sizeof files->root, "root", options->root, "");
  if (status == PQQ_OK) {
    status = keep_prefix(files, options->prefix);
  }
  if (status == PQQ_OK) {
    status = keep(files->index, sizeof files->index, "index", options->index, "index.html");
  }
  if (status == PQQ_OK) {
    status = check_index(files->index);
  }
  if (status == PQQ_OK) {
    status = keep(files->cache_control, sizeof files->cache_control, "cache_control",
                  options->cache_control, "no-cache");
  }
  if (status == PQQ_OK) {
    status = check_cache_control(files->cache_control);
  }
  return status == PQQ_OK ? check_root(files->root) : status;
}

pqq_status pqq_files_new(const pqq_files_options *options, pqq_files **files) {
  pqq_files_options own = default_options;
  pqq_files *made;
  pqq_status status;

  pqq__error_clear();
  if (files == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "files");
  }
  status = pqq__struct_read("pqq_files_options", &own, sizeof own, options);
  if (status != PQQ_OK) {
    return status;
  }
  if (own.root == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "pqq_files_options.root");
  }
  if ((own.flags & ~(uint32_t)ALL_FLAGS) != 0 || own.links < PQQ_FILES_LINKS_BENEATH ||
      own.links > PQQ_FILES_LINKS_ANYWHERE) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "flags 0x%x, links %d", own.flags, own.links);
  }
  made = calloc(1, sizeof *made);
  if (made == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  atomic_init(&made->refs, 1);
  status = fill(made, &own);
  if (status != PQQ_OK) {
    free(made);
    return status;
  }
  *files = made;
  return PQQ_OK;
}

pqq_files *pqq_files_ref(pqq_files *files) {
  if (files != NULL) {
    atomic_fetch_add(&files->refs, 1);
  }
  return files;
}

void pqq_files_unref(pqq_files *files) {
  if (files != NULL && atomic_fetch_sub(&files->refs, 1) == 1) {
    free(files);
  }
}
