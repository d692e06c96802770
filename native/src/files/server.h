/* SPDX-License-Identifier: MIT */
/* The file server of one worker. A user of the engine's public calls: it takes
 * the requests that are below its folders, and what comes of their streams.
 *
 *   path.c, coding.c, range.c, condition.c   what a request asks for
 *   open.c, file.c, cache.c                  what there is
 *   answer.c, reply.c, listing.c             the two together
 *   transfer.c                               what does not fit into one write
 *
 * Owner thread only. */
#ifndef PQQ__FILES_SERVER_H
#define PQQ__FILES_SERVER_H

#include <pqq/engine.h>

#include "files/cache.h"
#include "files/path.h"
#include "files/range.h"

/* RFC 9114 section 8.1. */
#define PQQ__FILES_H3_NO_ERROR 0x100
#define PQQ__FILES_H3_INTERNAL_ERROR 0x102

/* A part of a body: text in front of it, then bytes of the file. */
typedef struct pqq__part {
  char text[PQQ__FILES_OPTION_BYTES];
  size_t text_len;
  pqq__range range;
} pqq__part;

/* A body under way. */
typedef struct pqq__transfer {
  pqq__node ready; /* linked while it can write */
  pqq_id stream;
  pqq__file *file;
  size_t part, part_count;
  int has_sent_text;
  pqq__part parts[];
} pqq__transfer;

/* What is ours of the engine's streams, by slot. */
typedef struct pqq__taken {
  pqq_id stream;
  pqq__transfer *transfer; /* NULL: everything is handed over */
  /* The host knows it too (PQQ_COMMAND_FILE), and gets all events but WRITABLE. */
  int is_hosts;
} pqq__taken;

/* How a request was answered. */
typedef struct pqq__file_report {
  int32_t http_status;
  /* Of content, as announced. */
  uint64_t bytes;
} pqq__file_report;

typedef struct pqq__file_server {
  pqq__file_cache cache;
  /* The first `mounted` are the driver's; commands bring others. */
  pqq__open_folder folders[PQQ__FILES_MAX_FOLDERS];
  size_t folder_count, mounted;
  pqq__taken *taken;
  size_t taken_capacity;
  pqq__node ready;
  /* Header fields that are put together. */
  pqq_header *headers;
  size_t header_count, header_capacity;
  uint64_t answered, failed, read_bytes;
  pqq__file_report report;
} pqq__file_server;

/* Errors: PQQ_ERR_NO_MEMORY. References are taken. */
pqq_status pqq__file_server_new(pqq_files *const *files, size_t count, pqq__file_server **server);

/* Behind the engine, whose streams borrow from it. NULL is ignored. */
void pqq__file_server_free(pqq__file_server *server);

/* Takes an event: 1, or 0 if it is for somebody else. After a request that was
 * taken `report` says how it was answered. */
int pqq__file_server_on_event(pqq__file_server *server, pqq_engine *engine, const pqq_event *event,
                              const pqq__now *now);

/* Answers a request that was not taken: PQQ_COMMAND_FILE. `headers` are those of
 * the request, then from `request_count` on those that the answer gets as well.
 * Errors: those of pqq_engine_respond, PQQ_ERR_LIMIT (too many folders). */
pqq_status pqq__file_server_answer(pqq__file_server *server, pqq_engine *engine, pqq_id stream,
                                   pqq_files *files, const pqq_header *headers, size_t count,
                                   size_t request_count, const pqq__now *now);

/* Lets transfers write, each in its turn. 1: there is more to do at once. */
int pqq__file_server_step(pqq__file_server *server, pqq_engine *engine);

/* --- Between the files of this folder ----------------------------------------------------------
 */

/* A request on its way to its answer. */
typedef struct pqq__asked {
  pqq__file_server *server;
  pqq_engine *engine;
  pqq_id stream;
  pqq__open_folder *folder;
  pqq__file_request request;
  pqq__file_path *path;
  pqq__now now;
  int is_head;
  const pqq_header *extra;
  size_t extra_count;
} pqq__asked;

/* answer.c: answers, or returns PQQ_DROPPED: the handler should. */
pqq_status pqq__file_answer(pqq__asked *asked);

/* reply.c: a small page that says a status, with one field beside the usual ones
 * if `name` is not NULL. */
pqq_status pqq__reply_page(pqq__asked *asked, int32_t status, const char *name, const char *value);

/* A status without content. */
pqq_status pqq__reply_empty(pqq__asked *asked, int32_t status, const char *name, const char *value);

/* Text of our own. */
pqq_status pqq__reply_text(pqq__asked *asked, const char *media_type, const char *text, size_t len);

/* The file, or what of it is asked for. */
pqq_status pqq__reply_file(pqq__asked *asked, pqq__file *file);

/* transfer.c: the parts' bytes follow. The stream must be taken. Errors:
 * PQQ_ERR_NO_MEMORY. */
pqq_status pqq__transfer_begin(pqq__asked *asked, pqq__file *file, const pqq__part *parts,
                               size_t count);
void pqq__transfer_end(pqq__transfer *transfer);

/* server.c: what is known of a stream, NULL if it is not ours. */
pqq__taken *pqq__file_server_find(pqq__file_server *server, pqq_id stream);

#endif
