/* SPDX-License-Identifier: MIT */
/* Which requests and events are the file server's; see server.h. */
#include "files/server.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/error.h"
#include "core/slots.h"
#include "files/text.h"

static void add_folder(pqq__file_server *server, pqq_files *files) {
  server->folders[server->folder_count++] =
      (pqq__open_folder){.files = pqq_files_ref(files), .fd = -1};
}

pqq_status pqq__file_server_new(pqq_files *const *files, size_t count, pqq__file_server **server) {
  pqq__file_server *made = calloc(1, sizeof *made);

  if (made == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  pqq__file_cache_init(&made->cache);
  pqq__list_init(&made->ready);
  for (size_t i = 0; i < count; i++) {
    add_folder(made, files[i]);
  }
  made->mounted = count;
  *server = made;
  return PQQ_OK;
}

void pqq__file_server_free(pqq__file_server *server) {
  if (server == NULL) {
    return;
  }
  for (size_t i = 0; i < server->taken_capacity; i++) {
    pqq__transfer_end(server->taken[i].transfer);
  }
  pqq__file_cache_deinit(&server->cache);
  for (size_t i = 0; i < server->folder_count; i++) {
    if (server->folders[i].fd >= 0) {
      (void)close(server->folders[i].fd);
    }
    pqq_files_unref(server->folders[i].files);
  }
  free(server->taken);
  free(server->headers);
  free(server);
}

/* --- Streams -------------------------------------------------------------------------------- */

pqq__taken *pqq__file_server_find(pqq__file_server *server, pqq_id stream) {
  size_t slot = pqq__slots_index(stream);

  return slot < server->taken_capacity && server->taken[slot].stream == stream
             ? &server->taken[slot]
             : NULL;
}

static int take(pqq__file_server *server, pqq_id stream, int is_hosts) {
  size_t slot = pqq__slots_index(stream);

  if (slot >= server->taken_capacity) {
    size_t capacity = (slot + 1) * 2 > 64 ? (slot + 1) * 2 : 64;
    pqq__taken *grown = realloc(server->taken, capacity * sizeof *grown);

    if (grown == NULL) {
      return -1;
    }
    memset(grown + server->taken_capacity, 0, (capacity - server->taken_capacity) * sizeof *grown);
    server->taken = grown;
    server->taken_capacity = capacity;
  }
  server->taken[slot] = (pqq__taken){.stream = stream, .is_hosts = is_hosts};
  return 0;
}

static void give_up(pqq__taken *taken) {
  pqq__transfer_end(taken->transfer);
  taken->transfer = NULL;
}

static void on_stream_event(pqq__file_server *server, pqq__taken *taken, const pqq_event *event) {
  switch (event->type) {
  case PQQ_EVENT_WRITABLE:
    if (taken->transfer != NULL && !pqq__node_is_linked(&taken->transfer->ready)) {
      pqq__list_append(&server->ready, &taken->transfer->ready);
    }
    break;
  case PQQ_EVENT_STOPPED:
    give_up(taken);
    break;
  case PQQ_EVENT_STREAM_CLOSED:
    give_up(taken);
    taken->stream = 0;
    break;
  default:
    break; /* content of a request that does not count */
  }
}

/* --- Requests ------------------------------------------------------------------------------- */

/* The folder of the driver with the longest prefix. */
static pqq__open_folder *folder_of(pqq__file_server *server, const pqq__file_path *path) {
  pqq__open_folder *best = NULL;

  for (size_t i = 0; i < server->mounted; i++) {
    const pqq_files *files = server->folders[i].files;

    if (pqq__file_path_is_below(path, files->prefix, files->prefix_len) &&
        (best == NULL || files->prefix_len > best->files->prefix_len)) {
      best = &server->folders[i];
    }
  }
  return best;
}

/* What no path is, is answered only where a folder has all of them and lets none through. */
static pqq_status refuse(pqq__file_server *server, pqq__asked *asked, int status) {
  for (size_t i = 0; i < server->mounted; i++) {
    const pqq_files *files = server->folders[i].files;

    if (files->prefix_len == 0 && (files->flags & PQQ_FILES_FALL_THROUGH) == 0) {
      return pqq__reply_page(asked, status, NULL, NULL);
    }
  }
  return PQQ_DROPPED;
}

static void fail(pqq__file_server *server, pqq_engine *engine, pqq_id stream) {
  server->failed++;
  server->report = (pqq__file_report){.http_status = 500};
  (void)pqq_engine_reset(engine, stream, PQQ__FILES_H3_INTERNAL_ERROR);
}

static int on_request(pqq__file_server *server, pqq_engine *engine, const pqq_event *event,
                      const pqq__now *now) {
  pqq__asked asked = {.server = server, .engine = engine, .stream = event->stream, .now = *now};
  pqq__file_path path;
  pqq_status result;
  int status;

  pqq__file_request_read(event->headers, event->header_count, &asked.request);
  status = pqq__file_path_parse(asked.request.path, &path);
  asked.path = &path;
  asked.folder = status == 0 ? folder_of(server, &path) : NULL;
  if ((status == 0 && asked.folder == NULL) || take(server, event->stream, 0) != 0) {
    return 0;
  }
  result = status == 0 ? pqq__file_answer(&asked) : refuse(server, &asked, status);
  if (result == PQQ_DROPPED) {
    server->taken[pqq__slots_index(event->stream)] = (pqq__taken){0};
    return 0;
  }
  server->answered++;
  if (result < 0) {
    fail(server, engine, event->stream);
  } else if (!event->is_end) {
    (void)pqq_engine_stop_reading(engine, event->stream, PQQ__FILES_H3_NO_ERROR);
  }
  return 1;
}

int pqq__file_server_on_event(pqq__file_server *server, pqq_engine *engine, const pqq_event *event,
                              const pqq__now *now) {
  pqq__taken *taken;
  int is_ours;

  if (event->type == PQQ_EVENT_REQUEST) {
    return server->mounted > 0 && on_request(server, engine, event, now);
  }
  taken = event->stream == 0 ? NULL : pqq__file_server_find(server, event->stream);
  if (taken == NULL) {
    return 0;
  }
  is_ours = !taken->is_hosts || event->type == PQQ_EVENT_WRITABLE;
  on_stream_event(server, taken, event);
  return is_ours;
}

static pqq__open_folder *folder_for(pqq__file_server *server, pqq_files *files) {
  for (size_t i = 0; i < server->folder_count; i++) {
    if (server->folders[i].files == files) {
      return &server->folders[i];
    }
  }
  if (server->folder_count == PQQ__FILES_MAX_FOLDERS) {
    return NULL;
  }
  add_folder(server, files);
  return &server->folders[server->folder_count - 1];
}

/* The stream stays its host's, who has begun with it: only a transfer makes it
 * ours, so that PQQ_EVENT_WRITABLE comes here. */
pqq_status pqq__file_server_answer(pqq__file_server *server, pqq_engine *engine, pqq_id stream,
                                   pqq_files *files, const pqq_header *headers, size_t count,
                                   size_t request_count, const pqq__now *now) {
  pqq__asked asked = {.server = server,
                      .engine = engine,
                      .stream = stream,
                      .folder = folder_for(server, files),
                      .now = *now,
                      .extra = headers + request_count,
                      .extra_count = count - request_count};
  pqq__file_path path;
  pqq_status result;
  int status;

  if (asked.folder == NULL) {
    return pqq__error_set(PQQ_ERR_LIMIT, "more than %d folders", PQQ__FILES_MAX_FOLDERS);
  }
  if (take(server, stream, 1) != 0) {
    return PQQ_ERR_NO_MEMORY;
  }
  pqq__file_request_read(headers, request_count, &asked.request);
  status = pqq__file_path_parse(asked.request.path, &path);
  asked.path = &path;
  if (status == 0 && !pqq__file_path_is_below(&path, files->prefix, files->prefix_len)) {
    status = 404;
  }
  result = status == 0 ? pqq__file_answer(&asked) : pqq__reply_page(&asked, status, NULL, NULL);
  if (result == PQQ_DROPPED) {
    result = pqq__reply_page(&asked, 404, NULL, NULL);
  }
  if (result >= 0) {
    server->answered++;
  }
  if (server->taken[pqq__slots_index(stream)].transfer == NULL) {
    server->taken[pqq__slots_index(stream)] = (pqq__taken){0};
  }
  return result < 0 ? result : PQQ_OK;
}
