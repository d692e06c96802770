/* SPDX-License-Identifier: MIT */
/* One worker of the driver: a thread with sockets and an engine of its own.
 *
 * A turn of its loop, in this order so that an answer leaves in the turn in
 * which its question came, each step bounded (io/limits.h):
 *
 *   wait      -> poller: datagrams, deadline, or a wake
 *   receive   -> pqq_engine_recv, or the route ring of another worker
 *   routed    <- own route ring
 *   expire    -> pqq_engine_expire
 *   commands  <- pqq_driver_submit, pqq_driver_call
 *   stop      -> drain, close (worker_stop.c)
 *   sign      -> pqq_engine_next_job, in line, by the pool or by a signer (worker_sign.c)
 *   events    -> the folders' (worker_files.c), else on_event, until none is left
 *                or it says PQQ_AGAIN
 *   files     -> transfers that can write
 *   send      -> pqq_engine_send, one sendmmsg for many */
#ifndef PQQ__IO_WORKER_H
#define PQQ__IO_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include <pqq/driver.h>

#include "files/server.h"
#include "io/command.h"
#include "io/handover.h"
#include "io/poller.h"
#include "io/route_ring.h"
#include "io/sign_inbox.h"
#include "io/signing_pool.h"
#include "io/udp_recv.h"
#include "io/udp_send.h"
#include "io/udp_socket.h"

/* Whether a wake must write to the poller: a running worker looks at its
 * queues anyway before it sleeps. */
enum { PQQ__WORKER_RUNNING, PQQ__WORKER_ASLEEP, PQQ__WORKER_NOTIFIED };

typedef enum pqq__worker_stage {
  PQQ__STAGE_SERVING,
  /* GOAWAY is out; requests may finish. */
  PQQ__STAGE_DRAINING,
  /* Connections are closed; last datagrams and events. */
  PQQ__STAGE_CLOSING
} pqq__worker_stage;

/* The counters as last published by the worker; any thread reads them. */
typedef struct pqq__worker_stats {
#define PQQ_STAT(name, meaning) _Atomic uint64_t name;
#include <pqq/stats.def>
#undef PQQ_STAT
} pqq__worker_stats;

typedef struct pqq__worker {
  pqq_driver *driver;
  uint32_t index;
  pthread_t thread;
  int has_thread;

  /* Any thread. */
  atomic_int attention;
  atomic_int is_resumed;
  pqq__route_ring routed;
  pqq__command_queue commands;
  pqq__worker_stats stats;

  /* Owner thread only. */
  pqq_engine *engine;
  /* NULL: there are no folders. */
  pqq__file_server *files;
  /* The event at the front has been answered from a folder like that, and its report is due. */
  int is_report_due;
  pqq__file_report due_report;
  pqq__udp_socket sockets[PQQ_MAX_LISTEN_HOSTS];
  size_t socket_count;
  /* Its socket comes after those in the poller. */
  pqq__handover handover;
  pqq__udp_receiver receiver;
  pqq__udp_sender sender;
  pqq__poller poller;
  pqq_time_ns now;
  /* The time of day when the turn began. */
  uint64_t unix_s;
  /* on_event has said PQQ_AGAIN. */
  int is_paused;
  /* A step has stopped at its bound: do not sleep. */
  int has_more;
  /* A socket took no more and pqq__udp_sender keeps the rest. */
  int is_blocked;
  pqq__worker_stage stage;
  /* CLOSING: when it ends in any case. */
  pqq_time_ns linger_until;
  uint32_t socket_failures;
  uint64_t wakeups;
  /* What the driver's pool has of ours, and what external signers have. */
  pqq__signing_owner signing;
  pqq__sign_inbox *inbox;
  uint64_t signed_in_line, signed_pooled;
} pqq__worker;

/* Prepares everything but sockets and thread, on the thread that starts the
 * driver. Errors: as pqq_engine_new, and PQQ_ERR_IO. */
pqq_status pqq__worker_init(pqq__worker *worker, pqq_driver *driver, uint32_t index);

/* Gives the worker an open socket, which it closes. Errors: PQQ_ERR_IO. */
pqq_status pqq__worker_add_socket(pqq__worker *worker, const pqq__udp_socket *sock);

/* Opens the worker's hand-over socket, after all others were added. Errors: PQQ_ERR_IO,
 * PQQ_ERR_NO_MEMORY. */
pqq_status pqq__worker_open_handover(pqq__worker *worker);

/* Starts the thread. Errors: PQQ_ERR_IO, PQQ_ERR_NO_MEMORY. */
pqq_status pqq__worker_start(pqq__worker *worker);

/* Frees what is left after the thread has been joined or was never started. */
void pqq__worker_deinit(pqq__worker *worker);

/* Makes the worker look at its queues. Thread-safe. */
void pqq__worker_wake(pqq__worker *worker);

/* 1 on a worker's thread, of whichever driver. */
int pqq__worker_is_current_thread(void);

/* 1 if the engine has an event that on_event has not taken. Owner thread. */
int pqq__worker_has_event(const pqq__worker *worker);

/* Publishes the counters. Owner thread. */
void pqq__worker_publish(pqq__worker *worker);

/* worker_files.c: gives an event to the folders or to on_event, whose answer it
 * returns. */
pqq_status pqq__worker_deliver(pqq__worker *worker, const pqq_event *event);

/* worker_files.c: runs PQQ_COMMAND_FILE. */
pqq_status pqq__worker_answer_file(pqq__worker *worker, const pqq_command *command);

/* worker_handover.c: gives a datagram to another worker, or to another process; what nobody is
 * there for goes into the own engine. */
void pqq__worker_route(pqq__worker *worker, const pqq_datagram *datagram, uint32_t route);

/* worker_handover.c: takes in what other processes have handed over, and sends what waits. */
void pqq__worker_take_handed_over(pqq__worker *worker, int is_readable);

/* worker_sign.c: sees to the handshakes that wait for a signature. */
void pqq__worker_sign(pqq__worker *worker);

/* --- worker_stop.c: the end of a worker ------------------------------------------------------- */

/* Moves from stage to stage as time and engine allow. */
void pqq__worker_stop_step(pqq__worker *worker);

/* When the stop machinery must be looked at again. */
pqq_time_ns pqq__worker_stop_deadline(const pqq__worker *worker);

/* 1 if there is nothing left to do. */
int pqq__worker_is_done(const pqq__worker *worker);

/* Refuses further commands, ends what is left, frees engine and sockets, and
 * reports on_worker_end. The last thing on the thread. */
void pqq__worker_end(pqq__worker *worker, pqq_status status);

#endif
