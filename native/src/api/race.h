/* SPDX-License-Identifier: MIT */
/* The race of a host's addresses (Happy Eyeballs version 2, RFC 8305 section
 * 5): each attempt has a head start on the next, and the first connection that
 * is verified wins. All are connections of one engine, each with a connected
 * socket, which knows its source address and hears of ICMP everywhere.
 *
 * A server that has answered and is refused, for its certificate or for what a
 * policy requires, ends the race: another address of the same name must not
 * paper over it, or whoever controls one of them could choose what is accepted. */
#ifndef PQQ__API_RACE_H
#define PQQ__API_RACE_H

#include <pqq/engine.h>

#include "core/error.h"
#include "io/limits.h"
#include "io/udp_socket.h"

/* A connection to one address. */
typedef struct pqq__attempt {
  const pqq_address *remote;
  /* Closed (fd -1) once the attempt has lost and its last datagram has left. */
  pqq__udp_socket sock;
  pqq_id conn;
  int is_running;
  /* Something came back, so somebody is there. */
  int is_answered;
} pqq__attempt;

/* How far the attempt has come whose failure is the race's, unless one wins. */
typedef enum pqq__progress {
  PQQ__PROGRESS_NONE,
  /* Nobody has answered. */
  PQQ__PROGRESS_SILENT,
  /* Something better to say than that, such as what the system refuses. */
  PQQ__PROGRESS_FAILED,
  PQQ__PROGRESS_ANSWERED,
  /* Answered, and refused. */
  PQQ__PROGRESS_REFUSED
} pqq__progress;

typedef struct pqq__race {
  pqq_engine *engine;
  /* For all of them; remote and local are each one's own. */
  pqq_connect_options options;
  const pqq_address *addresses;
  size_t count;
  pqq__attempt attempts[PQQ__MAX_ATTEMPTS];
  size_t begun;
  /* When the next one begins. */
  pqq_time_ns next_at;
  pqq__attempt *winner;
  /* Nobody wins any more. */
  int is_over;
  pqq__progress progress;
  pqq_status status;
  char detail[PQQ__ERROR_DETAIL_BYTES];
} pqq__race;

/* `addresses` in the order in which they are tried, the first PQQ__MAX_ATTEMPTS
 * of them; they stay the caller's, and have to live as long as the race. */
void pqq__race_init(pqq__race *race, pqq_engine *engine, const pqq_connect_options *options,
                    const pqq_address *addresses, size_t count);
void pqq__race_deinit(pqq__race *race);

/* Begins the attempts that are due: to be called first, at pqq__race_deadline,
 * and after events. */
void pqq__race_step(pqq__race *race, pqq_time_ns now);
pqq_time_ns pqq__race_deadline(const pqq__race *race);

/* PQQ_EVENT_CONNECTED: 1 if that is the winner. The others are closed. */
int pqq__race_connected(pqq__race *race, pqq_id conn);

/* PQQ_EVENT_CLOSED of a connection that has not won. */
void pqq__race_closed(pqq__race *race, pqq_id conn, const pqq_close_info *close);

/* The time for all of them is up: `status` is that of those who were answered. */
void pqq__race_time_out(pqq__race *race, pqq_status status);

/* The error of the attempt that got furthest, of several the first; with detail. */
pqq_status pqq__race_verdict(const pqq__race *race);

/* The attempt that sends from `local`; NULL: there is none any more. */
pqq__attempt *pqq__race_sender(pqq__race *race, const pqq_address *local);

/* Everything is sent: closes the sockets of those who have lost. */
void pqq__race_tidy(pqq__race *race);

#endif
