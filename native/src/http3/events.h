/* SPDX-License-Identifier: MIT */
/* The engine's event queue. It is bounded by what fills it: a stream has at
 * most one request or response section, one trailer section, one end, and body
 * bytes up to its flow control window; stream and connection counts are
 * limited, and their room is given back when their last event is taken. */
#ifndef PQQ__HTTP3_EVENTS_H
#define PQQ__HTTP3_EVENTS_H

#include <pqq/events.h>

#include "http3/fields.h"

typedef struct pqq__event {
  int32_t type;
  int32_t is_end;
  pqq_id conn;
  pqq_id stream;
  uint64_t token;
  pqq_status status;
  int32_t http_status;
  uint32_t datagram_bytes;
  uint64_t wire_code;
  /* Owned; one of them at most is not NULL. */
  pqq__section *section;
  uint8_t *data;
  pqq_close_info *close;
  size_t data_len, data_capacity;
} pqq__event;

typedef struct pqq__events {
  pqq__event *ring;
  size_t mask;
  /* Numbers of the oldest event and of the next one to come. */
  uint64_t head, tail;
  /* The oldest one has been shown and must not change any more. */
  int is_peeked;
} pqq__events;

/* Number that no event has. */
#define PQQ__NO_EVENT UINT64_MAX

void pqq__events_deinit(pqq__events *events);

/* Appends a zeroed event, or NULL on lack of memory; valid until the next push. */
pqq__event *pqq__events_push(pqq__events *events);

/* Event `number` if it is still in the queue and may be changed, else NULL. */
pqq__event *pqq__events_at(pqq__events *events, uint64_t number);

/* Oldest event, or NULL. */
pqq__event *pqq__events_first(pqq__events *events);

/* Frees the oldest event. */
void pqq__events_pop(pqq__events *events);

#endif
