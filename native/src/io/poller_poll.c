/* SPDX-License-Identifier: MIT */
/* The portable poller, and waiting for sockets without one; see poller.h. */
#include "io/poller.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/error.h"
#include "io/clock.h"

/* poll until a deadline, as finely as the system can. */
static int poll_until(struct pollfd *fds, nfds_t count, pqq_time_ns now, pqq_time_ns deadline) {
  pqq_time_ns left = deadline > now ? deadline - now : 0;

  if (deadline == PQQ_TIME_NEVER) {
    return poll(fds, count, -1);
  }
#if defined(__linux__) || defined(__FreeBSD__)
  struct timespec timeout = {.tv_sec = (time_t)(left / PQQ__NS_PER_S),
                             .tv_nsec = (long)(left % PQQ__NS_PER_S)};

  return ppoll(fds, count, &timeout, NULL);
#else
  pqq_time_ns ms = left / PQQ__NS_PER_MS + (left % PQQ__NS_PER_MS != 0);

  return poll(fds, count, ms > INT_MAX ? INT_MAX : (int)ms);
#endif
}

int pqq__wait_sockets(const int *fds, size_t count, int full, pqq_time_ns now,
                      pqq_time_ns deadline) {
  struct pollfd entries[PQQ__POLLER_SOCKETS];

  for (size_t i = 0; i < count; i++) {
    entries[i] =
        (struct pollfd){.fd = fds[i], .events = fds[i] == full ? POLLOUT | POLLIN : POLLIN};
  }
  return poll_until(entries, (nfds_t)count, now, deadline) > 0;
}

int pqq__wait_socket(int fd, int for_write, pqq_time_ns now, pqq_time_ns deadline) {
  return pqq__wait_sockets(&fd, 1, for_write ? fd : -1, now, deadline);
}

#if !PQQ__POLLER_IS_EPOLL

static pqq_status poller_error(const char *what) {
  return pqq__error_set(PQQ_ERR_IO, "%s: %s", what, strerror(errno));
}

pqq_status pqq__poller_init(pqq__poller *poller) {
  *poller = (pqq__poller){.wake_pipe = {-1, -1}};
  if (pipe(poller->wake_pipe) != 0) {
    return poller_error("pipe");
  }
  for (int i = 0; i < 2; i++) {
    if (fcntl(poller->wake_pipe[i], F_SETFL, O_NONBLOCK) != 0 ||
        fcntl(poller->wake_pipe[i], F_SETFD, FD_CLOEXEC) != 0) {
      pqq_status status = poller_error("pipe");

      pqq__poller_deinit(poller);
      return status;
    }
  }
  return PQQ_OK;
}

void pqq__poller_deinit(pqq__poller *poller) {
  for (int i = 0; i < 2; i++) {
    if (poller->wake_pipe[i] >= 0) {
      (void)close(poller->wake_pipe[i]);
      poller->wake_pipe[i] = -1;
    }
  }
}

pqq_status pqq__poller_add(pqq__poller *poller, int fd) {
  poller->fds[poller->count++] = fd;
  return PQQ_OK;
}

pqq_status pqq__poller_watch_writes(pqq__poller *poller, size_t index, int is_on) {
  if (is_on) {
    poller->write_mask |= 1u << index;
  } else {
    poller->write_mask &= ~(1u << index);
  }
  return PQQ_OK;
}

pqq_status pqq__poller_wait(pqq__poller *poller, pqq_time_ns now, pqq_time_ns deadline,
                            uint32_t *readable) {
  struct pollfd entries[PQQ__POLLER_SOCKETS + 1];
  char ignored[64];
  int count;

  *readable = 0;
  for (size_t i = 0; i < poller->count; i++) {
    int is_write = (poller->write_mask >> i & 1u) != 0;

    entries[i] =
        (struct pollfd){.fd = poller->fds[i], .events = is_write ? POLLIN | POLLOUT : POLLIN};
  }
  entries[poller->count] = (struct pollfd){.fd = poller->wake_pipe[0], .events = POLLIN};
  count = poll_until(entries, (nfds_t)poller->count + 1, now, deadline);
  if (count < 0) {
    return errno == EINTR ? PQQ_OK : poller_error("poll");
  }
  for (size_t i = 0; i < poller->count; i++) {
    if ((entries[i].revents & ~POLLOUT) != 0) {
      *readable |= 1u << i;
    }
  }
  while (entries[poller->count].revents != 0 &&
         read(poller->wake_pipe[0], ignored, sizeof ignored) > 0) {
  }
  return PQQ_OK;
}

void pqq__poller_wake(pqq__poller *poller) {
  char byte = 0;

  /* A full pipe wakes as well. */
  while (write(poller->wake_pipe[1], &byte, 1) < 0 && errno == EINTR) {
  }
}

#endif
