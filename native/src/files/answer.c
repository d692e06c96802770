/* SPDX-License-Identifier: MIT */
/* From a path to what is there, and which answer that makes. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "files/listing.h"
#include "files/open.h"
#include "files/server.h"
#include "files/text.h"

#define ALLOWED "GET, HEAD, OPTIONS"

static int falls_through(const pqq__asked *asked) {
  return (asked->folder->files->flags & PQQ_FILES_FALL_THROUGH) != 0;
}

static pqq_status not_found(pqq__asked *asked) {
  return falls_through(asked) ? PQQ_DROPPED : pqq__reply_page(asked, 404, NULL, NULL);
}

static pqq_status other_method(pqq__asked *asked) {
  if (falls_through(asked)) {
    return PQQ_DROPPED;
  }
  return pqq__bytes_are(asked->request.method, "OPTIONS", 7)
             ? pqq__reply_empty(asked, 204, "allow", ALLOWED)
             : pqq__reply_page(asked, 405, "allow", ALLOWED);
}

/* To the same path with a slash behind it, and the query. */
static pqq_status redirect(pqq__asked *asked) {
  const pqq__file_path *path = asked->path;
  size_t capacity = 3 * path->len + path->query.len + 3;
  char *location = malloc(capacity);
  size_t len = 0;
  pqq_status status;

  if (location == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  location[len++] = '/';
  len += pqq__percent_encode(path->text, path->len, location + len, capacity - len);
  location[len++] = '/';
  if (path->query.len > 0) {
    memcpy(location + len, path->query.data, path->query.len);
  }
  location[len + path->query.len] = '\0';
  status = pqq__reply_page(asked, 308, "location", location);
  free(location);
  return status;
}

static pqq_status list(pqq__asked *asked, const char *below) {
  const pqq_files *files = asked->folder->files;
  char title[PQQ__FILES_PATH_BYTES + 2] = "/";
  pqq__listing listing = {.title = title,
                          .is_json = pqq__listing_wants_json(asked->request.accept),
                          .with_hidden = (files->flags & PQQ_FILES_HIDDEN) != 0};
  pqq__text_buffer text = {0};
  struct stat facts;
  pqq_status status = PQQ_ERR_NO_MEMORY;
  int fd = pqq__open_below(asked->folder->fd, below, files->links, PQQ__OPEN_BEST, &facts);

  if (fd < 0 || !S_ISDIR(facts.st_mode)) {
    if (fd >= 0) {
      (void)close(fd);
    }
    return not_found(asked);
  }
  if (asked->path->len > 0) {
    memcpy(title + 1, asked->path->text, asked->path->len);
    memcpy(title + 1 + asked->path->len, "/", 2);
  }
  if (pqq__listing_write(&listing, fd, &text) == 0) {
    status =
        pqq__reply_text(asked, listing.is_json ? "application/json" : "text/html;charset=utf-8",
                        text.data, text.len);
  }
  free(text.data);
  return status;
}

static pqq_status reply_found(pqq__asked *asked, const pqq__cached *found) {
  pqq__coding coding = pqq__coding_choose(asked->request.accept_encoding, found->there);

  return pqq__reply_file(asked, found->variants[coding]);
}

static pqq_status reply_error(pqq__asked *asked, int error) {
  return error == -ENOENT ? not_found(asked) : pqq__reply_page(asked, 503, NULL, NULL);
}

/* The part of the path below the folder's prefix. */
static size_t below_prefix(const pqq__asked *asked) {
  size_t prefix = asked->folder->files->prefix_len;

  return prefix == 0 || asked->path->len == prefix ? prefix : prefix + 1;
}

static int find(pqq__asked *asked, const pqq__cached **found) {
  size_t below = below_prefix(asked);

  return pqq__file_cache_find(&asked->server->cache, asked->folder, asked->path->text + below,
                              asked->path->len - below, &asked->now, found);
}

/* A path with a slash at its end: the index file, or the list. */
static pqq_status answer_folder(pqq__asked *asked) {
  const pqq_files *files = asked->folder->files;
  size_t len = asked->path->len;
  const pqq__cached *found;
  int error = -ENOENT;

  if (files->index[0] != '\0') {
    if (pqq__file_path_append(asked->path, files->index) != 0) {
      return pqq__reply_page(asked, 414, NULL, NULL);
    }
    error = find(asked, &found);
  }
  if (error == 0) {
    return reply_found(asked, found);
  }
  asked->path->len = len;
  asked->path->text[len] = '\0';
  if ((error == -ENOENT || error == EISDIR) && (files->flags & PQQ_FILES_LISTING) != 0) {
    return list(asked, asked->path->text + below_prefix(asked));
  }
  return reply_error(asked, error == EISDIR ? -ENOENT : error);
}

static pqq_status answer_name(pqq__asked *asked) {
  const pqq__cached *found;
  int error;

  if (asked->path->len == below_prefix(asked)) {
    return redirect(asked); /* the prefix itself */
  }
  error = find(asked, &found);
  if (error == 0) {
    return reply_found(asked, found);
  }
  return error == EISDIR ? redirect(asked) : reply_error(asked, error);
}

pqq_status pqq__file_answer(pqq__asked *asked) {
  const pqq_files *files = asked->folder->files;

  asked->is_head = pqq__bytes_are(asked->request.method, "HEAD", 4);
  if (!asked->is_head && !pqq__bytes_are(asked->request.method, "GET", 3)) {
    return other_method(asked);
  }
  if (asked->path->is_hidden && (files->flags & PQQ_FILES_HIDDEN) == 0) {
    return not_found(asked);
  }
  if (pqq__file_cache_visit(&asked->server->cache, asked->folder, &asked->now) != 0) {
    return pqq__reply_page(asked, 503, NULL, NULL);
  }
  return asked->path->is_folder ? answer_folder(asked) : answer_name(asked);
}
