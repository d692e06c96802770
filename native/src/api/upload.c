/* SPDX-License-Identifier: MIT */
/* See upload.h. */
#include "api/upload.h"

#include "core/error.h"

/* One call of the callback: as much as a stream's buffer is refilled with in a
 * few rounds, and little enough for the stack of any thread. */
#define PIECE_BYTES 16384

/* PQQ_AGAIN: the stream has enough for now. */
static pqq_status write_piece(pqq__upload *upload, pqq_engine *engine, pqq_id stream,
                              pqq_bytes piece) {
  pqq_body body = {.data = piece};
  uint32_t flags = piece.len == 0 ? PQQ_WRITE_END : PQQ_WRITE_NOTIFY;
  pqq_status status = pqq_engine_write(engine, stream, &body, flags);

  upload->is_done = piece.len == 0;
  if (status == PQQ_ERR_NOT_FOUND || status == PQQ_ERR_STATE) {
    /* The server has given the stream up; its event says how the request ends. */
    upload->is_done = 1;
    return PQQ_OK;
  }
  return status;
}

pqq_status pqq__upload_continue(pqq__upload *upload, pqq_engine *engine, pqq_id stream) {
  uint8_t buffer[PIECE_BYTES];
  pqq_status status = PQQ_OK;

  while (upload->read != NULL && !upload->is_done && status == PQQ_OK) {
    size_t len = 0;

    status = upload->read(upload->user_data, buffer, sizeof buffer, &len);
    if (status < 0) {
      return pqq__error_set(status, "read_body");
    }
    if (len > sizeof buffer) {
      return pqq__error_set(PQQ_ERR_INVALID_ARG, "read_body: %zu bytes, at most %zu", len,
                            sizeof buffer);
    }
    status = write_piece(upload, engine, stream, (pqq_bytes){.data = buffer, .len = len});
  }
  return status < 0 ? status : PQQ_OK;
}
