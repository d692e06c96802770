/* SPDX-License-Identifier: MIT */
/* Receiving datagrams in batches into one reused arena. */
#ifndef PQQ__IO_UDP_RECV_H
#define PQQ__IO_UDP_RECV_H

#include <pqq/engine.h>

#include "io/limits.h"
#include "io/udp_socket.h"

/* The arena and message headers of one thread. Owner thread only. */
typedef struct pqq__udp_arena pqq__udp_arena;

typedef struct pqq__udp_receiver {
  pqq__udp_arena *arena;
  /* What the last pqq__udp_recv has brought; data in the arena. */
  pqq_datagram datagrams[PQQ__RECV_MESSAGES];
  /* Counters: system calls, and datagrams dropped because they were cut. */
  uint64_t calls;
  uint64_t truncated;
} pqq__udp_receiver;

/* Errors: PQQ_ERR_NO_MEMORY. */
pqq_status pqq__udp_receiver_init(pqq__udp_receiver *receiver);
void pqq__udp_receiver_deinit(pqq__udp_receiver *receiver);

/* Takes what is there, up to PQQ__RECV_MESSAGES messages, into `datagrams`.
 * PQQ_OK (*count may be 0 if all were cut), PQQ_AGAIN (nothing there),
 * PQQ_ERR_CONNECTION_REFUSED (ICMP says that nobody listens; connected sockets
 * only), PQQ_ERR_UNREACHABLE (the same for hosts and networks), PQQ_ERR_IO. */
pqq_status pqq__udp_recv(pqq__udp_receiver *receiver, const pqq__udp_socket *sock, size_t *count);

#endif
