/* SPDX-License-Identifier: MIT */
/* Waiting for sockets, a deadline, or a wake from another thread: epoll with
 * an eventfd on Linux, poll with a pipe elsewhere. Owner thread only, but for
 * pqq__poller_wake. */
#ifndef PQQ__IO_POLLER_H
#define PQQ__IO_POLLER_H

#include <pqq/driver.h>

/* PQQ_FORCE_POLL builds the portable one on Linux too, for its tests. */
#if defined(__linux__) && !defined(PQQ_FORCE_POLL)
#define PQQ__POLLER_IS_EPOLL 1
#else
#define PQQ__POLLER_IS_EPOLL 0
#endif

/* Those of all hosts, and the one of handover.h. */
#define PQQ__POLLER_SOCKETS (PQQ_MAX_LISTEN_HOSTS + 1)

/* Sockets are known by an index below PQQ__POLLER_SOCKETS; sets of them are
 * bit masks. */
typedef struct pqq__poller {
  int fds[PQQ__POLLER_SOCKETS];
  size_t count;
  /* Sockets that are also waited for to take data. */
  uint32_t write_mask;
#if PQQ__POLLER_IS_EPOLL
  int epoll_fd, wake_fd;
  /* epoll_pwait2 is missing (Linux before 5.11): round up to milliseconds. */
  int has_no_pwait2;
#else
  int wake_pipe[2];
#endif
} pqq__poller;

/* Errors: PQQ_ERR_IO with detail. */
pqq_status pqq__poller_init(pqq__poller *poller);
void pqq__poller_deinit(pqq__poller *poller);

/* Adds a socket, which gets the next index. Errors: PQQ_ERR_IO. */
pqq_status pqq__poller_add(pqq__poller *poller, int fd);

/* Begins or ends waiting for the socket to take data. Errors: PQQ_ERR_IO. */
pqq_status pqq__poller_watch_writes(pqq__poller *poller, size_t index, int is_on);

/* Waits until `deadline` (PQQ_TIME_NEVER: for ever; one that has passed: not
 * at all) and says which sockets have something to read. Returns early on a
 * wake or a signal. Errors: PQQ_ERR_IO. */
pqq_status pqq__poller_wait(pqq__poller *poller, pqq_time_ns now, pqq_time_ns deadline,
                            uint32_t *readable);

/* Makes the present or next wait return. Thread-safe. */
void pqq__poller_wake(pqq__poller *poller);

/* The same for a thread that has no poller: waits until one of `fds`, at most
 * PQQ__POLLER_SOCKETS, has data, or `full`, one of them, has room. Those that are
 * -1 are passed over; so is a `full` of -1. 0 on time out, 1 if there is something. */
int pqq__wait_sockets(const int *fds, size_t count, int full, pqq_time_ns now,
                      pqq_time_ns deadline);

/* For one socket: data, or with `for_write` room too. */
int pqq__wait_socket(int fd, int for_write, pqq_time_ns now, pqq_time_ns deadline);

#endif
