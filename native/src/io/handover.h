/* SPDX-License-Identifier: MIT */
/* Datagrams between the processes of one server that share its port while one takes over from
 * another. Each worker has a socket in a folder that is theirs alone, named after the generation
 * and the worker in its connection ids: what an id says is where a datagram goes. Linux only. Owner
 * thread only, but for the start. */
#ifndef PQQ__IO_HANDOVER_H
#define PQQ__IO_HANDOVER_H

#include <sys/un.h>

#include <pqq/engine.h>

#include "io/limits.h"

/* A frame that waits because its receiver's queue is full. */
typedef struct pqq__handover_wait {
  struct pqq__handover_wait *next;
  struct sockaddr_un to;
  size_t len;
  uint8_t frame[];
} pqq__handover_wait;

typedef struct pqq__handover {
  /* -1: there is none. */
  int fd;
  uint16_t generation;
  char folder[PQQ__HANDOVER_FOLDER_BYTES];
  struct sockaddr_un own;
  /* One frame in; allocated. */
  uint8_t *buffer;
  pqq__handover_wait *first, **last;
  size_t waiting, waiting_bytes;
  /* The newest other generation, 0 workers if there is none, and until when that is believed. */
  uint16_t newest;
  uint8_t newest_workers[PQQ__MAX_WORKERS];
  uint32_t newest_count;
  pqq_time_ns believed_until;
  uint64_t sent, received, drops, rejected;
} pqq__handover;

/* No socket; pqq__handover_close is allowed. */
void pqq__handover_init(pqq__handover *handover);

/* Makes the folder if it is missing, and removes what processes have left that are gone. Errors,
 * with detail: PQQ_ERR_INVALID_ARG (too long, not this system), PQQ_ERR_PERMISSION (not a folder of
 * ours that is closed to others), PQQ_ERR_IO. */
pqq_status pqq__handover_prepare(const char *folder);

/* Whether a worker of that generation has a socket there. */
int pqq__handover_is_taken(const char *folder, uint16_t generation);

/* Opens the worker's socket. Errors: PQQ_ERR_IO, PQQ_ERR_NO_MEMORY. */
pqq_status pqq__handover_open(pqq__handover *handover, const char *folder, uint16_t generation,
                              uint32_t worker);

/* Closes and removes the socket; what waits is lost. */
void pqq__handover_close(pqq__handover *handover);

/* Sends a datagram where `route` of pqq_engine_recv says, or lets it wait. PQQ_OK;
 * PQQ_DROPPED: too many wait, counted; PQQ_ERR_NOT_FOUND: nobody is there. */
pqq_status pqq__handover_send(pqq__handover *handover, uint32_t route, const pqq_datagram *datagram,
                              pqq_time_ns now);

/* Sends what waits, as far as it goes. Returns 1 if some still waits. */
int pqq__handover_flush(pqq__handover *handover);

/* Takes a datagram; its bytes stay until the next call. PQQ_AGAIN: none, or one that was not good,
 * which is counted. `*is_empty`: there are no more. */
pqq_status pqq__handover_recv(pqq__handover *handover, pqq_datagram *datagram, int *is_empty);

#endif
