/* SPDX-License-Identifier: MIT */
/* A request's body that a callback brings piece by piece: read when the stream
 * takes more, so that no more than its buffer is held. */
#ifndef PQQ__API_UPLOAD_H
#define PQQ__API_UPLOAD_H

#include <pqq/request.h>

typedef struct pqq__upload {
  /* NULL: the body is whole, or there is none. */
  pqq_body_reader read;
  void *user_data;
  /* It has ended, or nobody wants the rest. */
  int is_done;
} pqq__upload;

/* Writes until the stream has enough or the body ends. Errors: that of the
 * callback, PQQ_ERR_INVALID_ARG (it says more than there is room for),
 * PQQ_ERR_CONTENT_LENGTH, PQQ_ERR_NO_MEMORY. */
pqq_status pqq__upload_continue(pqq__upload *upload, pqq_engine *engine, pqq_id stream);

#endif
