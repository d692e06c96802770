/* SPDX-License-Identifier: MIT */
#include "io/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/error.h"
#include "core/units.h"
#include "io/handover_folder.h"
#include "io/handover_frame.h"

void pqq__handover_init(pqq__handover *handover) {
  *handover = (pqq__handover){.fd = -1};
  handover->last = &handover->first;
}

#if PQQ__HAS_HANDOVER

static int open_socket(const struct sockaddr_un *own) {
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int yes = 1, bytes = PQQ__SOCKET_BUFFER_BYTES;

  if (fd < 0) {
    return -1;
  }
  (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) != 0 ||
      bind(fd, (const struct sockaddr *)(const void *)own, sizeof *own) != 0) {
    (void)close(fd);
    return -1;
  }
  return fd;
}

pqq_status pqq__handover_open(pqq__handover *handover, const char *folder, uint16_t generation,
                              uint32_t worker) {
  pqq__handover_init(handover);
  handover->generation = generation;
  (void)snprintf(handover->folder, sizeof handover->folder, "%s", folder);
  handover->buffer = malloc(PQQ__HANDOVER_HEADER_BYTES + PQQ__RECV_MESSAGE_BYTES);
  if (handover->buffer == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  pqq__handover_name(&handover->own, folder, generation, worker);
  handover->fd = open_socket(&handover->own);
  return handover->fd < 0 ? pqq__error_set(PQQ_ERR_IO, "handover_path: %s: %s",
                                           handover->own.sun_path, strerror(errno))
                          : PQQ_OK;
}

void pqq__handover_close(pqq__handover *handover) {
  pqq__handover_wait *wait;

  while ((wait = handover->first) != NULL) {
    handover->first = wait->next;
    free(wait);
  }
  handover->last = &handover->first;
  handover->waiting = handover->waiting_bytes = 0;
  free(handover->buffer);
  handover->buffer = NULL;
  if (handover->fd >= 0) {
    (void)unlink(handover->own.sun_path);
    (void)close(handover->fd);
    handover->fd = -1;
  }
}

/* --- Sending ------------------------------------------------------------------------------------
 */

static pqq_status send_frame(pqq__handover *handover, const struct sockaddr_un *to,
                             const struct iovec *parts, size_t count) {
  struct msghdr message = {.msg_name = (void *)(uintptr_t)to,
                           .msg_namelen = sizeof *to,
                           .msg_iov = (struct iovec *)(uintptr_t)parts,
                           .msg_iovlen = count};

  if (sendmsg(handover->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
    handover->sent++;
    return PQQ_OK;
  }
  return errno == EAGAIN || errno == ENOBUFS || errno == EINTR ? PQQ_AGAIN : PQQ_ERR_NOT_FOUND;
}

/* A receiver has few places in its queue, ten on many systems: less than a flight. */
static pqq_status let_wait(pqq__handover *handover, const struct sockaddr_un *to,
                           const struct iovec parts[2]) {
  size_t len = parts[0].iov_len + parts[1].iov_len;
  pqq__handover_wait *wait = NULL;

  if (handover->waiting < PQQ__ROUTE_RING_DATAGRAMS &&
      len <= PQQ__ROUTE_RING_BYTES - handover->waiting_bytes) {
    wait = malloc(sizeof *wait + len);
  }
  if (wait == NULL) {
    handover->drops++;
    return PQQ_DROPPED;
  }
  wait->next = NULL;
  wait->to = *to;
  wait->len = len;
  memcpy(wait->frame, parts[0].iov_base, parts[0].iov_len);
  memcpy(wait->frame + parts[0].iov_len, parts[1].iov_base, parts[1].iov_len);
  *handover->last = wait;
  handover->last = &wait->next;
  handover->waiting++;
  handover->waiting_bytes += len;
  return PQQ_OK;
}

int pqq__handover_flush(pqq__handover *handover) {
  pqq__handover_wait *wait;

  while ((wait = handover->first) != NULL) {
    struct iovec part = {wait->frame, wait->len};
    pqq_status status = send_frame(handover, &wait->to, &part, 1);

    if (status == PQQ_AGAIN) {
      return 1;
    }
    handover->drops += status != PQQ_OK;
    handover->first = wait->next;
    if (handover->first == NULL) {
      handover->last = &handover->first;
    }
    handover->waiting--;
    handover->waiting_bytes -= wait->len;
    free(wait);
  }
  return 0;
}

/* Datagrams of one peer go to one worker: the parts of a first flight have to meet. */
static int find_newest(pqq__handover *handover, const pqq_address *remote, pqq_time_ns now,
                       uint32_t *worker) {
  uint32_t hash = remote->port;

  if (now >= handover->believed_until) {
    handover->newest_count = pqq__handover_newest(handover->folder, handover->generation,
                                                  &handover->newest, handover->newest_workers);
    handover->believed_until = now + PQQ__HANDOVER_BELIEVED_MS * PQQ__NS_PER_MS;
  }
  if (handover->newest_count == 0) {
    return -1;
  }
  for (size_t i = 0; i < sizeof remote->ip; i++) {
    hash = hash * 31 + remote->ip[i];
  }
  *worker = handover->newest_workers[hash % handover->newest_count];
  return 0;
}

pqq_status pqq__handover_send(pqq__handover *handover, uint32_t route, const pqq_datagram *datagram,
                              pqq_time_ns now) {
  uint8_t header[PQQ__HANDOVER_HEADER_BYTES];
  struct iovec parts[2] = {{header, sizeof header},
                           {(void *)(uintptr_t)datagram->data.data, datagram->data.len}};
  uint16_t generation = (uint16_t)((route & PQQ_ROUTE_GENERATION) >> 8);
  uint32_t worker = route & PQQ_ROUTE_WORKER;
  struct sockaddr_un to;
  pqq_status status;

  if (handover->fd < 0) {
    return PQQ_ERR_NOT_FOUND;
  }
  if ((route & PQQ_ROUTE_ANY_OTHER) == PQQ_ROUTE_ANY_OTHER) {
    if (find_newest(handover, &datagram->remote, now, &worker) != 0) {
      return PQQ_ERR_NOT_FOUND;
    }
    generation = handover->newest;
  }
  pqq__handover_name(&to, handover->folder, generation, worker);
  pqq__handover_frame_write(header, datagram);
  if (pqq__handover_flush(handover)) {
    return let_wait(handover, &to, parts);
  }
  status = send_frame(handover, &to, parts, 2);
  return status == PQQ_AGAIN ? let_wait(handover, &to, parts) : status;
}

/* --- Receiving ----------------------------------------------------------------------------------
 */

/* The folder is closed to others; whoever has got in all the same is not believed. */
static int is_from_us(struct msghdr *message) {
  for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
       header = CMSG_NXTHDR(message, header)) {
    struct ucred who;

    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS) {
      memcpy(&who, CMSG_DATA(header), sizeof who);
      return who.uid == getuid();
    }
  }
  return 0;
}

/* Descriptors that somebody sends along are not kept: there is room for the credentials alone. */
pqq_status pqq__handover_recv(pqq__handover *handover, pqq_datagram *datagram, int *is_empty) {
  union {
    struct cmsghdr align;
    uint8_t bytes[CMSG_SPACE(sizeof(struct ucred))];
  } control;
  struct iovec part = {handover->buffer, PQQ__HANDOVER_HEADER_BYTES + PQQ__RECV_MESSAGE_BYTES};
  struct msghdr message = {.msg_iov = &part,
                           .msg_iovlen = 1,
                           .msg_control = control.bytes,
                           .msg_controllen = sizeof control.bytes};
  ssize_t len = recvmsg(handover->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

  *is_empty = len < 0;
  if (len < 0) {
    return PQQ_AGAIN;
  }
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || !is_from_us(&message) ||
      pqq__handover_frame_read(handover->buffer, (size_t)len, datagram) != 0) {
    handover->rejected++;
    return PQQ_AGAIN;
  }
  handover->received++;
  return PQQ_OK;
}

#else

pqq_status pqq__handover_open(pqq__handover *handover, const char *folder, uint16_t generation,
                              uint32_t worker) {
  (void)folder;
  (void)generation;
  (void)worker;
  pqq__handover_init(handover);
  return PQQ_ERR_INVALID_ARG;
}

void pqq__handover_close(pqq__handover *handover) {
  (void)handover;
}

pqq_status pqq__handover_send(pqq__handover *handover, uint32_t route, const pqq_datagram *datagram,
                              pqq_time_ns now) {
  (void)handover;
  (void)route;
  (void)datagram;
  (void)now;
  return PQQ_ERR_NOT_FOUND;
}

int pqq__handover_flush(pqq__handover *handover) {
  (void)handover;
  return 0;
}

pqq_status pqq__handover_recv(pqq__handover *handover, pqq_datagram *datagram, int *is_empty) {
  (void)handover;
  (void)datagram;
  *is_empty = 1;
  return PQQ_AGAIN;
}

#endif
