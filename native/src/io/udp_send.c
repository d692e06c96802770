/* SPDX-License-Identifier: MIT */
/* Turns waiting items into messages (one per UDP_SEGMENT batch, or one per
 * datagram without GSO) and sends them; see udp_send.h. */
#include "io/udp_send.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/error.h"
#include "io/address.h"
#include "io/udp_error.h"

/* Room for packet info, ECN and segment size. */
#define CONTROL_BYTES 128

/* No place in the arena. */
#define NOT_RETRIED SIZE_MAX

#if defined(__linux__)
typedef struct mmsghdr message;
#else
typedef struct message {
  struct msghdr msg_hdr;
  unsigned int msg_len;
} message;
#endif

struct pqq__udp_batch {
  message messages[PQQ__SEND_MESSAGES];
  struct iovec vectors[PQQ__SEND_MESSAGES];
  struct sockaddr_storage names[PQQ__SEND_MESSAGES];
  _Alignas(struct cmsghdr) uint8_t control[PQQ__SEND_MESSAGES][CONTROL_BYTES];
  /* Which item each message is a part of. */
  size_t items[PQQ__SEND_MESSAGES];
};

pqq_status pqq__udp_sender_init(pqq__udp_sender *sender) {
  *sender = (pqq__udp_sender){.arena = malloc(PQQ__SEND_ARENA_BYTES),
                              .batch = calloc(1, sizeof(pqq__udp_batch)),
                              .retried = NOT_RETRIED};
  if (sender->arena == NULL || sender->batch == NULL) {
    pqq__udp_sender_deinit(sender);
    return PQQ_ERR_NO_MEMORY;
  }
  return PQQ_OK;
}

void pqq__udp_sender_deinit(pqq__udp_sender *sender) {
  free(sender->arena);
  free(sender->batch);
  sender->arena = NULL;
  sender->batch = NULL;
}

uint8_t *pqq__udp_sender_room(pqq__udp_sender *sender) {
  if (sender->count == PQQ__SEND_MESSAGES ||
      PQQ__SEND_ARENA_BYTES - sender->used_bytes < PQQ_MIN_SEND_BUFFER_BYTES) {
    return NULL;
  }
  return sender->arena + sender->used_bytes;
}

void pqq__udp_sender_add(pqq__udp_sender *sender, pqq__udp_socket *sock,
                         const pqq_transmit *transmit) {
  pqq__udp_item *item;

  if (transmit->len == 0) {
    return;
  }
  item = &sender->items[sender->count++];
  *item = (pqq__udp_item){.sock = sock,
                          .local = transmit->local,
                          .remote = transmit->remote,
                          .ecn = transmit->ecn,
                          .segment_bytes = transmit->segment_bytes,
                          .begin = sender->used_bytes,
                          .end = sender->used_bytes + transmit->len};
  if (item->segment_bytes == 0) {
    item->segment_bytes = (uint32_t)transmit->len;
  }
  sender->used_bytes = item->end;
}

/* --- Control messages --------------------------------------------------------------------- */

static void add_control(struct msghdr *header, int level, int type, const void *data,
                        size_t length) {
  struct cmsghdr *control =
      (struct cmsghdr *)(void *)((uint8_t *)header->msg_control + header->msg_controllen);

  control->cmsg_level = level;
  control->cmsg_type = type;
  control->cmsg_len = CMSG_LEN(length);
  memcpy(CMSG_DATA(control), data, length);
  header->msg_controllen += CMSG_SPACE(length);
}

/* Sends from the address that the peer knows us by. The family is the
 * socket's: Linux takes IPV6_PKTINFO with ::ffff:a.b.c.d for IPv4. */
static void add_source(struct msghdr *header, const pqq__udp_socket *sock,
                       const pqq_address *local) {
  struct sockaddr_storage name;

  if (!sock->has_pktinfo || pqq__address_is_any(local) ||
      pqq__address_to_sockaddr(local, sock->family, &name) == 0) {
    return;
  }
  if (sock->family == AF_INET6) {
    struct in6_pktinfo info = {0};

    info.ipi6_addr = ((const struct sockaddr_in6 *)(const void *)&name)->sin6_addr;
    info.ipi6_ifindex = local->scope_id;
    add_control(header, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    return;
  }
#ifdef IP_PKTINFO
  struct in_pktinfo info = {0};

  info.ipi_spec_dst = ((const struct sockaddr_in *)(const void *)&name)->sin_addr;
  add_control(header, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
#endif
}

static void add_ecn(struct msghdr *header, const pqq_address *remote, uint32_t ecn) {
  int value = (int)ecn;

  if (ecn == 0) {
    return;
  }
  if (remote->family == 6) {
    add_control(header, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof value);
  } else {
    add_control(header, IPPROTO_IP, IP_TOS, &value, sizeof value);
  }
}

static void add_segment_size(struct msghdr *header, uint32_t segment_bytes) {
#ifdef UDP_SEGMENT
  uint16_t value = (uint16_t)segment_bytes;

  add_control(header, IPPROTO_UDP, UDP_SEGMENT, &value, sizeof value);
#else
  (void)header;
  (void)segment_bytes;
#endif
}

/* --- Messages ------------------------------------------------------------------------------ */

/* How many bytes of an item fit into one message. */
static size_t message_bytes(const pqq__udp_item *item) {
  size_t segments = 1;

  if (item->sock->has_gso) {
    segments = PQQ__GSO_MAX_BYTES / item->segment_bytes;
    if (segments > PQQ__GSO_MAX_SEGMENTS) {
      segments = PQQ__GSO_MAX_SEGMENTS;
    }
    if (segments == 0) {
      segments = 1;
    }
  }
  return segments * item->segment_bytes;
}

static int set_message(pqq__udp_sender *sender, size_t index, const pqq__udp_item *item,
                       size_t begin, size_t length) {
  pqq__udp_batch *batch = sender->batch;
  struct msghdr *header = &batch->messages[index].msg_hdr;
  socklen_t name_length =
      pqq__address_to_sockaddr(&item->remote, item->sock->family, &batch->names[index]);

  batch->vectors[index] = (struct iovec){.iov_base = sender->arena + begin, .iov_len = length};
  *header = (struct msghdr){
      .msg_iov = &batch->vectors[index], .msg_iovlen = 1, .msg_control = batch->control[index]};
  if (!item->sock->is_connected) {
    header->msg_name = &batch->names[index];
    header->msg_namelen = name_length;
  }
  add_source(header, item->sock, &item->local);
  add_ecn(header, &item->remote, item->ecn);
  if (length > item->segment_bytes) {
    add_segment_size(header, item->segment_bytes);
  }
  if (header->msg_controllen == 0) {
    header->msg_control = NULL;
  }
  return name_length > 0 ? 0 : -1;
}

/* Builds messages from the waiting items of one socket, as many as fit. */
static unsigned int build(pqq__udp_sender *sender) {
  const pqq__udp_socket *sock = sender->items[sender->first].sock;
  unsigned int count = 0;

  for (size_t i = sender->first; i < sender->count && sender->items[i].sock == sock; i++) {
    const pqq__udp_item *item = &sender->items[i];
    size_t limit = message_bytes(item);

    for (size_t begin = item->begin; begin < item->end;) {
      size_t length = item->end - begin < limit ? item->end - begin : limit;

      if (count == PQQ__SEND_MESSAGES) {
        return count;
      }
      if (set_message(sender, count, item, begin, length) != 0) {
        break; /* a family this socket does not have: nobody can be reached */
      }
      sender->batch->items[count++] = i;
      begin += length;
    }
  }
  return count;
}

/* Marks the first `count` messages as gone. */
static void advance(pqq__udp_sender *sender, unsigned int count) {
  for (unsigned int i = 0; i < count; i++) {
    sender->items[sender->batch->items[i]].begin += sender->batch->vectors[i].iov_len;
    sender->first = sender->batch->items[i];
  }
  while (sender->first < sender->count &&
         sender->items[sender->first].begin >= sender->items[sender->first].end) {
    sender->first++;
  }
}

/* The one place that sends. Number of messages that left, or -1 with errno. */
static int transmit(int fd, message *messages, unsigned int count) {
#if defined(__linux__)
  return sendmmsg(fd, messages, count, MSG_DONTWAIT);
#else
  unsigned int i;

  for (i = 0; i < count; i++) {
    if (sendmsg(fd, &messages[i].msg_hdr, MSG_DONTWAIT) < 0) {
      break;
    }
  }
  return i > 0 ? (int)i : -1;
#endif
}

static void drop_first(pqq__udp_sender *sender) {
  sender->refused++;
  advance(sender, 1);
}

/* Such an error may be the report of an ICMP message about an earlier datagram,
 * perhaps to another peer; the kernel gives each one once, and has not sent
 * this datagram. */
static pqq_status retry_once(pqq__udp_sender *sender) {
  const pqq__udp_item *item = &sender->items[sender->first];

  if (sender->retried != item->begin) {
    sender->retried = item->begin;
    return PQQ_OK;
  }
  sender->unreachable = item->remote;
  drop_first(sender);
  return PQQ_OK;
}

/* What to do about the first message after an error. */
static pqq_status handle_error(pqq__udp_sender *sender, int code) {
  pqq__udp_socket *sock = sender->items[sender->first].sock;

  switch (code) {
  case EINTR:
    return PQQ_OK;
  case EAGAIN:
#if EWOULDBLOCK != EAGAIN
  case EWOULDBLOCK:
#endif
    return PQQ_AGAIN;
  case EBADF:
  case ENOTSOCK:
  case EFAULT:
    return pqq__error_set(PQQ_ERR_IO, "sendmsg: %s", strerror(code));
  case EIO:    /* the device cannot make the checksums that GSO needs */
  case EINVAL: /* the route's MTU is below the segment size, or no GSO after all */
    if (sock->has_gso &&
        sender->batch->vectors[0].iov_len > sender->items[sender->batch->items[0]].segment_bytes) {
      sock->has_gso = 0;
      return PQQ_OK;
    }
    break;
  default:
    if (pqq__is_unreachable(code)) {
      return retry_once(sender);
    }
    break;
  }
  drop_first(sender);
  return PQQ_OK;
}

pqq_status pqq__udp_sender_flush(pqq__udp_sender *sender) {
  while (sender->first < sender->count) {
    unsigned int count = build(sender);
    int sent;

    if (count == 0) {
      sender->refused++;
      sender->first++;
      continue;
    }
    sender->calls++;
    sent = transmit(sender->items[sender->first].sock->fd, sender->batch->messages, count);
    if (sent >= 0) {
      advance(sender, (unsigned int)sent);
    } else {
      pqq_status status = handle_error(sender, errno);

      if (status != PQQ_OK) {
        return status;
      }
    }
  }
  sender->first = sender->count = 0;
  sender->used_bytes = 0;
  sender->retried = NOT_RETRIED;
  return PQQ_OK;
}
