/* SPDX-License-Identifier: MIT */
#include "http3/body.h"

#include <stdlib.h>
#include <string.h>

int pqq__body_add(pqq__body *body, const pqq_body *data, uint32_t flags) {
  int is_borrowed = (flags & PQQ_WRITE_BORROW) != 0;
  pqq__chunk *chunk;

  if (data->data.len == 0) {
    if (is_borrowed && data->release) {
      data->release(data->user_data);
    }
    return 0;
  }
  chunk = malloc(sizeof *chunk + (is_borrowed ? 0 : data->data.len));
  if (!chunk) {
    return -1;
  }
  *chunk = (pqq__chunk){.data = data->data.data, .len = data->data.len};
  if (is_borrowed) {
    chunk->release = data->release;
    chunk->user_data = data->user_data;
  } else {
    memcpy(chunk->copy, data->data.data, data->data.len);
    chunk->data = chunk->copy;
  }
  if (body->last) {
    body->last->next = chunk;
  } else {
    body->first = chunk;
  }
  body->last = chunk;
  if (!body->unread) {
    body->unread = chunk;
  }
  body->unsent_bytes += chunk->len;
  return 0;
}

size_t pqq__body_read(pqq__body *body, pqq__vec *vec, size_t count) {
  size_t i = 0;

  for (; i < count && body->unread; i++, body->unread = body->unread->next) {
    vec[i] = (pqq__vec){body->unread->data, body->unread->len};
  }
  return i;
}

static void free_first(pqq__body *body) {
  pqq__chunk *chunk = body->first;

  body->first = chunk->next;
  if (!body->first) {
    body->last = NULL;
  }
  if (chunk->release) {
    chunk->release(chunk->user_data);
  }
  free(chunk);
}

void pqq__body_acked(pqq__body *body, uint64_t bytes) {
  bytes += body->acked;
  while (body->first && body->first != body->unread && bytes >= body->first->len) {
    bytes -= body->first->len;
    free_first(body);
  }
  body->acked = body->first ? (size_t)bytes : 0;
}

void pqq__body_give_back(pqq__body *body) {
  for (pqq__chunk *chunk = body->first; chunk; chunk = chunk->next) {
    chunk->release = NULL;
  }
  pqq__body_deinit(body);
}

void pqq__body_deinit(pqq__body *body) {
  while (body->first) {
    free_first(body);
  }
  *body = (pqq__body){0};
}
