/* SPDX-License-Identifier: MIT */
/* What the system learns about peers of a client's socket that cannot be
 * reached. Without it a connect to a closed port would wait for its timeout. */
#ifndef PQQ__IO_UDP_ERROR_H
#define PQQ__IO_UDP_ERROR_H

#include "io/udp_socket.h"

/* 1 if `code`, an errno, says that a peer cannot be reached. */
int pqq__is_unreachable(int code);

/* Takes one report out of the socket's error queue. PQQ_OK: `*remote` cannot
 * be reached; family 0 if the report was about something else. PQQ_AGAIN: none
 * is left. The queue must be emptied whenever the poller says that there is
 * something and nothing can be received, or it goes on saying so. */
pqq_status pqq__udp_take_error(const pqq__udp_socket *sock, pqq_address *remote);

#endif
