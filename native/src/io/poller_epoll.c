/* SPDX-License-Identifier: MIT */
/* The poller of Linux; see poller.h. */
#include "io/poller.h"

#if PQQ__POLLER_IS_EPOLL

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/error.h"
#include "io/clock.h"

#define WAKE_INDEX UINT32_MAX

static pqq_status poller_error(const char *what) {
  return pqq__error_set(PQQ_ERR_IO, "%s: %s", what, strerror(errno));
}

static int control(const pqq__poller *poller, int operation, int fd, uint32_t events,
                   uint32_t index) {
  struct epoll_event event = {.events = events, .data.u32 = index};

  return epoll_ctl(poller->epoll_fd, operation, fd, &event);
}

pqq_status pqq__poller_init(pqq__poller *poller) {
  *poller = (pqq__poller){.epoll_fd = -1, .wake_fd = -1};
  poller->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  poller->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  /* Edge-triggered, so that the counter need not be read back. */
  if (poller->epoll_fd < 0 || poller->wake_fd < 0 ||
      control(poller, EPOLL_CTL_ADD, poller->wake_fd, EPOLLIN | EPOLLET, WAKE_INDEX) != 0) {
    pqq_status status = poller_error("epoll");

    pqq__poller_deinit(poller);
    return status;
  }
  return PQQ_OK;
}

void pqq__poller_deinit(pqq__poller *poller) {
  if (poller->epoll_fd >= 0) {
    (void)close(poller->epoll_fd);
  }
  if (poller->wake_fd >= 0) {
    (void)close(poller->wake_fd);
  }
  poller->epoll_fd = poller->wake_fd = -1;
}

pqq_status pqq__poller_add(pqq__poller *poller, int fd) {
  if (control(poller, EPOLL_CTL_ADD, fd, EPOLLIN, (uint32_t)poller->count) != 0) {
    return poller_error("epoll_ctl");
  }
  poller->fds[poller->count++] = fd;
  return PQQ_OK;
}

pqq_status pqq__poller_watch_writes(pqq__poller *poller, size_t index, int is_on) {
  uint32_t bit = 1u << index;

  if (((poller->write_mask & bit) != 0) == (is_on != 0)) {
    return PQQ_OK;
  }
  if (control(poller, EPOLL_CTL_MOD, poller->fds[index],
              is_on ? EPOLLIN | EPOLLOUT : (uint32_t)EPOLLIN, (uint32_t)index) != 0) {
    return poller_error("epoll_ctl");
  }
  poller->write_mask ^= bit;
  return PQQ_OK;
}

/* Rounded up: waking before the deadline would only mean waiting once more. */
static int wait_ms(pqq_time_ns left) {
  pqq_time_ns ms = left / PQQ__NS_PER_MS + (left % PQQ__NS_PER_MS != 0);

  return ms > INT_MAX ? INT_MAX : (int)ms;
}

static int wait_events(pqq__poller *poller, struct epoll_event *events, int capacity,
                       pqq_time_ns now, pqq_time_ns deadline) {
  pqq_time_ns left = deadline > now ? deadline - now : 0;

  if (left == 0 || deadline == PQQ_TIME_NEVER) {
    return epoll_wait(poller->epoll_fd, events, capacity, left == 0 ? 0 : -1);
  }
#ifdef SYS_epoll_pwait2
  /* By number: older C libraries on newer kernels have no function for it. */
  if (!poller->has_no_pwait2) {
    struct timespec timeout = {.tv_sec = (time_t)(left / PQQ__NS_PER_S),
                               .tv_nsec = (long)(left % PQQ__NS_PER_S)};
    long count =
        syscall(SYS_epoll_pwait2, poller->epoll_fd, events, capacity, &timeout, NULL, (size_t)0);

    /* EPERM is what some container filters answer to calls they do not know. */
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) {
      return (int)count;
    }
    poller->has_no_pwait2 = 1;
  }
#endif
  return epoll_wait(poller->epoll_fd, events, capacity, wait_ms(left));
}

pqq_status pqq__poller_wait(pqq__poller *poller, pqq_time_ns now, pqq_time_ns deadline,
                            uint32_t *readable) {
  struct epoll_event events[PQQ__POLLER_SOCKETS + 1];
  int count = wait_events(poller, events, PQQ__POLLER_SOCKETS + 1, now, deadline);

  *readable = 0;
  if (count < 0) {
    return errno == EINTR ? PQQ_OK : poller_error("epoll_wait");
  }
  for (int i = 0; i < count; i++) {
    if (events[i].data.u32 != WAKE_INDEX && (events[i].events & ~(uint32_t)EPOLLOUT) != 0) {
      *readable |= 1u << events[i].data.u32;
    }
  }
  return PQQ_OK;
}

void pqq__poller_wake(pqq__poller *poller) {
  uint64_t one = 1;

  /* EAGAIN would take 2^64 - 1 wakes; nothing else can fail here. */
  while (write(poller->wake_fd, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

#endif
