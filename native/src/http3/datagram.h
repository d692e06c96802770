/* SPDX-License-Identifier: MIT */
/* HTTP datagrams (RFC 9297) in QUIC DATAGRAM frames (RFC 9221), or in DATAGRAM capsules of their
 * stream where those cannot be had and both ends have said capsule-protocol: ?1. They are not
 * flow-controlled and may be lost, so every place where they wait is bounded, and what does not fit
 * is dropped and counted (http_datagrams_dropped). */
#ifndef PQQ__HTTP3_DATAGRAM_H
#define PQQ__HTTP3_DATAGRAM_H

#include <pqq/engine.h>

#include "http3/events.h"
#include "quic/app.h"

struct pqq__session;
struct pqq__stream;

/* The payload of a DATAGRAM frame: the quarter stream id, then what the user gave. */
typedef struct pqq__datagram {
  struct pqq__datagram *next;
  int64_t stream_id;
  size_t len;
  uint8_t bytes[];
} pqq__datagram;

typedef struct pqq__datagram_queue {
  pqq__datagram *first, *last;
  size_t count;
} pqq__datagram_queue;

void pqq__datagram_queue_deinit(pqq__datagram_queue *queue);

/* Payload bytes that fit into one datagram of `stream`, in a capsule or on the path as it is; 0 if
 * the peer takes none, as far as is known. */
size_t pqq__datagram_max_bytes(const struct pqq__stream *stream);

/* Queues a payload whose size was checked; PQQ_OK, or PQQ_DROPPED (counted): the queue, or the
 * stream's send buffer, is full. */
pqq_status pqq__datagram_send(struct pqq__stream *stream, pqq_bytes payload);

/* Of pqq__session_app. */
int pqq__session_on_datagram(void *app, const uint8_t *data, size_t len);
int pqq__session_next_datagram(void *app, pqq__vec *vec);
void pqq__session_on_datagram_done(void *app, int is_sent);

/* A header section of the peer's is complete: from here on its bytes are capsules if both CONNECT
 * with a protocol and capsule-protocol say so. 0, or -1: no memory. */
int pqq__capsules_begin(struct pqq__stream *stream);
/* Bytes of such a stream. 0 or -1. */
int pqq__capsules_on_data(struct pqq__stream *stream, const uint8_t *data, size_t len);
/* They are bytes after all: freed if there is a reader. */
void pqq__capsules_end(struct pqq__stream *stream);
/* Notes what our own section says; one that does not say it ends them. */
void pqq__capsules_note(struct pqq__stream *stream, const pqq_header *headers, size_t count);

/* The request of `stream` has been reported: so are the datagrams that came before it. 0 or -1. */
int pqq__datagrams_report_early(struct pqq__stream *stream);
/* The peer's SETTINGS have come: drops what waits for one that takes none. */
void pqq__datagrams_on_settings(struct pqq__session *session);
/* A PQQ_EVENT_DATAGRAM has been taken. */
void pqq__datagram_taken(pqq_engine *engine, const pqq__event *event);

#endif
