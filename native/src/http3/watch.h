/* SPDX-License-Identifier: MIT */
/* Time limits of a server's requests: header sections, content and responses that do not move
 * because of the client. Nothing is timed per request: each stream has a deadline that what comes
 * moves on, and the session looks at all of its streams when the earliest may have passed. */
#ifndef PQQ__HTTP3_WATCH_H
#define PQQ__HTTP3_WATCH_H

#include <stddef.h>

#include <pqq/types.h>

struct pqq__session;
struct pqq__stream;

/* What is timed of a stream. */
typedef struct pqq__stream_watch {
  pqq_time_ns began;
  /* When the header section, later the content, has to have come. */
  pqq_time_ns due;
  /* Since when content waits for the application to take it. */
  pqq_time_ns held_since;
  /* Response: bytes that QUIC has taken; as many at the last look; for how long the client has not
   * made room for more, 1 if that was seen for the first time. */
  uint64_t sent_bytes, seen_bytes, stalled_ns;
  /* The client waits for 100 (Continue) or the response (RFC 9110 section 10.1.1). */
  int awaits_continue;
} pqq__stream_watch;

/* The same of a session, and when it has to look. */
typedef struct pqq__session_watch {
  pqq_time_ns at, looked_at;
  uint64_t acked_bytes, seen_bytes, stalled_ns;
} pqq__session_watch;

/* A request stream has begun; its header section is complete; content has come; 100 was sent. */
void pqq__watch_begin(struct pqq__stream *stream);
void pqq__watch_content(struct pqq__stream *stream);
void pqq__watch_data(struct pqq__stream *stream, size_t bytes);
/* The application has taken all of it. */
void pqq__watch_taken(struct pqq__stream *stream);
void pqq__watch_continue(struct pqq__stream *stream);
/* There are bytes of a response to send. */
void pqq__watch_response(struct pqq__stream *stream);

/* The one timer of a session's other needs: its proof, GOAWAY, the end. */
void pqq__session_set_timer(struct pqq__session *session, pqq_time_ns at);
/* Runs what is due. */
void pqq__session_on_timer(void *app);

#endif
