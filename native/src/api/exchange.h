/* SPDX-License-Identifier: MIT */
/* One request of the simple server: gathered, shown to the handler, answered.
 * Owner thread only. */
#ifndef PQQ__API_EXCHANGE_H
#define PQQ__API_EXCHANGE_H

#include <pqq/server.h>

#include "api/headers.h"
#include "core/list.h"
#include "http3/fields.h"

struct pqq_exchange {
  pqq__node node;
  pqq_engine *engine;
  pqq_id stream, conn;
  const pqq_header *headers;
  size_t header_count;
  /* The copy that `headers` is in while a body is awaited; else NULL. */
  pqq__section *section;
  pqq__gathered body;
  int is_answered;
};

/* What a server needs to run exchanges. */
typedef struct pqq__exchange_rules {
  pqq_handler handler;
  void *user_data;
  uint32_t max_body_bytes;
} pqq__exchange_rules;

/* Takes one event of a server's engine. `waiting` is the worker's list of
 * exchanges whose body has not come yet. */
void pqq__exchange_on_event(const pqq__exchange_rules *rules, pqq__node *waiting,
                            pqq_engine *engine, const pqq_event *event);

/* Frees all that wait. */
void pqq__exchange_free_all(pqq__node *waiting);

#endif
