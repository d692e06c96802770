/* SPDX-License-Identifier: MIT */
/* Sending: results of pqq_engine_send are gathered and leave in few system
 * calls. What a full socket does not take is kept. */
#ifndef PQQ__IO_UDP_SEND_H
#define PQQ__IO_UDP_SEND_H

#include <pqq/engine.h>

#include "io/limits.h"
#include "io/udp_socket.h"

/* One result of pqq_engine_send that waits. */
typedef struct pqq__udp_item {
  pqq__udp_socket *sock;
  pqq_address local, remote;
  uint32_t ecn;
  uint32_t segment_bytes;
  /* What has not left yet, in the arena. */
  size_t begin, end;
} pqq__udp_item;

typedef struct pqq__udp_batch pqq__udp_batch;

/* Owner thread only. */
typedef struct pqq__udp_sender {
  uint8_t *arena;
  /* Message headers and control messages of one call. */
  pqq__udp_batch *batch;
  size_t used_bytes;
  pqq__udp_item items[PQQ__SEND_MESSAGES];
  /* Items first..count-1 wait. */
  size_t first, count;
  /* Counters: system calls, and datagrams that the kernel refused. */
  uint64_t calls;
  uint64_t refused;
  /* The last peer to which there was no way; family 0: none. */
  pqq_address unreachable;
  /* The datagram (its place in the arena) that failed and is tried again. */
  size_t retried;
} pqq__udp_sender;

/* Errors: PQQ_ERR_NO_MEMORY. */
pqq_status pqq__udp_sender_init(pqq__udp_sender *sender);
void pqq__udp_sender_deinit(pqq__udp_sender *sender);

/* Room for one pqq_engine_send (PQQ_MIN_SEND_BUFFER_BYTES), NULL if the batch
 * must be flushed first. */
uint8_t *pqq__udp_sender_room(pqq__udp_sender *sender);

/* Adds what was written to that room. */
void pqq__udp_sender_add(pqq__udp_sender *sender, pqq__udp_socket *sock,
                         const pqq_transmit *transmit);

/* Sends. PQQ_OK: nothing is left. PQQ_AGAIN: the socket of items[first] is
 * full, the rest waits for it. PQQ_ERR_IO: the socket is unusable. Datagrams
 * that the kernel refuses one by one (too large, no route, firewall) are
 * dropped: for QUIC they are lost packets. */
pqq_status pqq__udp_sender_flush(pqq__udp_sender *sender);

/* 1 if nothing waits. */
static inline int pqq__udp_sender_is_empty(const pqq__udp_sender *sender) {
  return sender->first == sender->count;
}

#endif
