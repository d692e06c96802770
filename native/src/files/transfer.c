/* SPDX-License-Identifier: MIT */
/* Bodies that are read as the stream takes them. What was announced is sent to
 * the byte or the stream is reset: a file that shrinks or changes meanwhile never
 * looks whole (RFC 9110 section 8.6, RFC 9114 section 4.1). */
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files/server.h"

pqq_status pqq__transfer_begin(pqq__asked *asked, pqq__file *file, const pqq__part *parts,
                               size_t count) {
  pqq__taken *taken = pqq__file_server_find(asked->server, asked->stream);
  pqq__transfer *transfer = malloc(sizeof *transfer + count * sizeof *parts);

  if (transfer == NULL || taken == NULL) {
    free(transfer);
    return PQQ_ERR_NO_MEMORY;
  }
  *transfer =
      (pqq__transfer){.stream = asked->stream, .file = pqq__file_ref(file), .part_count = count};
  memcpy(transfer->parts, parts, count * sizeof *parts);
  taken->transfer = transfer;
  pqq__list_append(&asked->server->ready, &transfer->ready);
  return PQQ_OK;
}

void pqq__transfer_end(pqq__transfer *transfer) {
  if (transfer == NULL) {
    return;
  }
  if (pqq__node_is_linked(&transfer->ready)) {
    pqq__list_remove(&transfer->ready);
  }
  pqq__file_unref(transfer->file);
  free(transfer);
}

static void read_ahead(const pqq__transfer *transfer, const pqq__range *range) {
#if defined(POSIX_FADV_WILLNEED)
  uint64_t len = range->end - range->first;

  /* Once for each stretch of that length. */
  if (range->first % PQQ__FILES_READ_AHEAD_BYTES < PQQ__FILES_CHUNK_BYTES) {
    (void)posix_fadvise(
        transfer->file->fd, (off_t)range->first,
        (off_t)(len < PQQ__FILES_READ_AHEAD_BYTES ? len : PQQ__FILES_READ_AHEAD_BYTES),
        POSIX_FADV_WILLNEED);
  }
#else
  (void)transfer;
  (void)range;
#endif
}

/* The next bytes of `range` in `*body`, which is borrowed. -1: not to be had. */
static int next_chunk(const pqq__transfer *transfer, const pqq__range *range, pqq_body *body) {
  uint64_t left = range->end - range->first;
  size_t len = left < PQQ__FILES_CHUNK_BYTES ? (size_t)left : PQQ__FILES_CHUNK_BYTES;
  pqq__file *file = transfer->file;
  uint8_t *chunk;

  if (file->bytes != NULL) {
    *body = pqq__file_body(file, range);
    return 0;
  }
  chunk = malloc(len);
  if (chunk == NULL) {
    return -1;
  }
  read_ahead(transfer, range);
  if (pread(file->fd, chunk, len, (off_t)range->first) != (ssize_t)len ||
      !pqq__file_is_sendable(file)) {
    free(chunk);
    return -1;
  }
  *body = (pqq_body){{chunk, len}, free, chunk};
  return 0;
}

/* Moves to the next part when this one is done. */
static void move_on(pqq__transfer *transfer) {
  const pqq__part *part = &transfer->parts[transfer->part];

  if (part->range.first == part->range.end) {
    transfer->part++;
    transfer->has_sent_text = 0;
  }
}

/* One write: the text of a part, or some of its bytes. */
static pqq_status write_some(pqq__file_server *server, pqq_engine *engine,
                             pqq__transfer *transfer) {
  pqq__part *part = &transfer->parts[transfer->part];
  pqq_body body;
  uint32_t flags = 0;
  pqq_status status;

  if (!transfer->has_sent_text && part->text_len > 0) {
    body = (pqq_body){{(const uint8_t *)part->text, part->text_len}, NULL, NULL};
  } else {
    if (next_chunk(transfer, &part->range, &body) != 0) {
      return PQQ_ERR_IO;
    }
    part->range.first += body.data.len;
    server->read_bytes += transfer->file->bytes == NULL ? body.data.len : 0;
    flags = PQQ_WRITE_BORROW;
  }
  transfer->has_sent_text = 1;
  move_on(transfer);
  if (transfer->part == transfer->part_count) {
    flags |= PQQ_WRITE_END;
  }
  status = pqq_engine_write(engine, transfer->stream, &body, flags);
  if (status < 0 && (flags & PQQ_WRITE_BORROW) != 0) {
    body.release(body.user_data);
  }
  return status;
}

/* Writes until the stream has enough or the turn's share is used up. */
static void run(pqq__file_server *server, pqq_engine *engine, pqq__transfer *transfer,
                uint64_t until_bytes) {
  pqq_status status = PQQ_OK;
  pqq__taken *taken;

  while (status == PQQ_OK && transfer->part < transfer->part_count &&
         server->read_bytes < until_bytes) {
    status = write_some(server, engine, transfer);
  }
  if (status == PQQ_AGAIN && transfer->part < transfer->part_count) {
    return; /* PQQ_EVENT_WRITABLE links it again */
  }
  if (status >= 0 && transfer->part < transfer->part_count) {
    pqq__list_append(&server->ready, &transfer->ready);
    return;
  }
  if (status < 0 && status != PQQ_ERR_NOT_FOUND) {
    server->failed++;
    (void)pqq_engine_reset(engine, transfer->stream, PQQ__FILES_H3_INTERNAL_ERROR);
  }
  taken = pqq__file_server_find(server, transfer->stream);
  if (taken != NULL) {
    taken->transfer = NULL;
  }
  pqq__transfer_end(transfer);
}

int pqq__file_server_step(pqq__file_server *server, pqq_engine *engine) {
  uint64_t until = server->read_bytes + PQQ__FILES_TURN_BYTES;
  pqq__node *node;

  while (server->read_bytes < until && (node = pqq__list_first(&server->ready)) != NULL) {
    assert(node->prev != NULL); /* what is in a list has neighbours */
    pqq__list_remove(node);
    run(server, engine, PQQ__OWNER(node, pqq__transfer, ready), until);
  }
  return !pqq__list_is_empty(&server->ready);
}
