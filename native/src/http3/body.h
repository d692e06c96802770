/* SPDX-License-Identifier: MIT */
/* Body bytes on their way out: kept until the peer has acknowledged them,
 * because QUIC may have to send them again. */
#ifndef PQQ__HTTP3_BODY_H
#define PQQ__HTTP3_BODY_H

#include <pqq/engine.h>

#include "quic/app.h"

typedef struct pqq__chunk {
  struct pqq__chunk *next;
  const uint8_t *data;
  size_t len;
  pqq_release_fn release;
  void *user_data;
  uint8_t copy[];
} pqq__chunk;

typedef struct pqq__body {
  pqq__chunk *first, *last;
  /* First chunk that has not been handed to HTTP/3 yet. */
  pqq__chunk *unread;
  /* Acknowledged bytes of `first`. */
  size_t acked;
  /* Bytes that QUIC has not taken yet. */
  uint64_t unsent_bytes;
} pqq__body;

/* Takes `data`, copied or (PQQ_WRITE_BORROW in `flags`) borrowed. 0 or -1. */
int pqq__body_add(pqq__body *body, const pqq_body *data, uint32_t flags);

/* Forgets all chunks, none of which was handed out, without releasing borrowed
 * ones: they are their owners' again. */
void pqq__body_give_back(pqq__body *body);

/* Hands out up to `count` pieces that were not handed out before. */
size_t pqq__body_read(pqq__body *body, pqq__vec *vec, size_t count);

/* The peer has `bytes` more: frees what is done. */
void pqq__body_acked(pqq__body *body, uint64_t bytes);
void pqq__body_deinit(pqq__body *body);

#endif
