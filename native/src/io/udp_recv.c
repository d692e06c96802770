/* SPDX-License-Identifier: MIT */
/* recvmmsg batches and their control messages; see udp_recv.h. Systems without
 * recvmmsg use recvmsg in a loop. */
#include "io/udp_recv.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/error.h"
#include "io/address.h"

/* Room for packet info, ECN of either family, and the GRO segment size. */
#define CONTROL_BYTES 128

#if defined(__linux__)
typedef struct mmsghdr message;
#else
typedef struct message {
  struct msghdr msg_hdr;
  unsigned int msg_len;
} message;
#endif

struct pqq__udp_arena {
  message messages[PQQ__RECV_MESSAGES];
  struct iovec vectors[PQQ__RECV_MESSAGES];
  struct sockaddr_storage names[PQQ__RECV_MESSAGES];
  _Alignas(struct cmsghdr) uint8_t control[PQQ__RECV_MESSAGES][CONTROL_BYTES];
  uint8_t data[PQQ__RECV_MESSAGES][PQQ__RECV_MESSAGE_BYTES];
};

pqq_status pqq__udp_receiver_init(pqq__udp_receiver *receiver) {
  pqq__udp_arena *arena = malloc(sizeof *arena);

  if (arena == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  *receiver = (pqq__udp_receiver){.arena = arena};
  /* Not the data: pages that no datagram reaches are never touched. */
  memset(arena, 0, offsetof(pqq__udp_arena, data));
  for (size_t i = 0; i < PQQ__RECV_MESSAGES; i++) {
    arena->vectors[i] =
        (struct iovec){.iov_base = arena->data[i], .iov_len = PQQ__RECV_MESSAGE_BYTES};
  }
  return PQQ_OK;
}

void pqq__udp_receiver_deinit(pqq__udp_receiver *receiver) {
  free(receiver->arena);
  receiver->arena = NULL;
}

/* The kernel writes lengths and flags into the headers, so each call needs
 * them fresh. */
static void prepare(pqq__udp_arena *arena) {
  for (size_t i = 0; i < PQQ__RECV_MESSAGES; i++) {
    arena->messages[i].msg_hdr = (struct msghdr){.msg_name = &arena->names[i],
                                                 .msg_namelen = sizeof arena->names[i],
                                                 .msg_iov = &arena->vectors[i],
                                                 .msg_iovlen = 1,
                                                 .msg_control = arena->control[i],
                                                 .msg_controllen = CONTROL_BYTES};
  }
}

/* The one place that receives. Number of messages, or -1 with errno. */
static int receive(int fd, message *messages, unsigned int count) {
#if defined(__linux__)
  return recvmmsg(fd, messages, count, MSG_DONTWAIT, NULL);
#else
  unsigned int i;

  for (i = 0; i < count; i++) {
    ssize_t got = recvmsg(fd, &messages[i].msg_hdr, MSG_DONTWAIT);

    if (got < 0) {
      break;
    }
    messages[i].msg_len = (unsigned int)got;
  }
  return i > 0 ? (int)i : -1;
#endif
}

static void read_local_v6(const struct cmsghdr *header, pqq_datagram *datagram) {
  struct in6_pktinfo info;
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(datagram->local.port)};
  struct sockaddr_storage name = {0};

  memcpy(&info, CMSG_DATA(header), sizeof info);
  in6.sin6_addr = info.ipi6_addr;
  if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) {
    in6.sin6_scope_id = (uint32_t)info.ipi6_ifindex;
  }
  memcpy(&name, &in6, sizeof in6);
  pqq__address_from_sockaddr(&datagram->local, &name);
}

static void read_ipv6_control(const struct cmsghdr *header, pqq_datagram *datagram) {
  if (header->cmsg_type == IPV6_PKTINFO) {
    read_local_v6(header, datagram);
  } else if (header->cmsg_type == IPV6_TCLASS) {
    int value;

    memcpy(&value, CMSG_DATA(header), sizeof value);
    datagram->ecn = (uint32_t)value & 3u;
  }
}

static void read_ip_control(const struct cmsghdr *header, pqq_datagram *datagram) {
#ifdef IP_PKTINFO
  if (header->cmsg_type == IP_PKTINFO) {
    struct in_pktinfo info;

    memcpy(&info, CMSG_DATA(header), sizeof info);
    datagram->local.family = 4;
    memset(datagram->local.ip, 0, sizeof datagram->local.ip);
    memcpy(datagram->local.ip, &info.ipi_addr, 4);
    return;
  }
#endif
  /* Linux says IP_TOS here, the BSDs IP_RECVTOS; one byte on both. */
  if (header->cmsg_type == IP_TOS
#ifdef IP_RECVTOS
      || header->cmsg_type == IP_RECVTOS
#endif
  ) {
    datagram->ecn = *(const uint8_t *)CMSG_DATA(header) & 3u;
  }
}

static void read_control(struct msghdr *message_header, pqq_datagram *datagram) {
  for (struct cmsghdr *header = CMSG_FIRSTHDR(message_header); header != NULL;
       header = CMSG_NXTHDR(message_header, header)) {
    if (header->cmsg_level == IPPROTO_IPV6) {
      read_ipv6_control(header, datagram);
    } else if (header->cmsg_level == IPPROTO_IP) {
      read_ip_control(header, datagram);
    }
#ifdef UDP_GRO
    else if (header->cmsg_level == IPPROTO_UDP && header->cmsg_type == UDP_GRO) {
      int value;

      memcpy(&value, CMSG_DATA(header), sizeof value);
      datagram->segment_bytes = value > 0 ? (uint32_t)value : 0;
    }
#endif
  }
}

static int read_message(const pqq__udp_socket *sock, const pqq__udp_arena *arena, size_t i,
                        pqq_datagram *datagram) {
  struct msghdr header = arena->messages[i].msg_hdr;

  if ((header.msg_flags & MSG_TRUNC) != 0) {
    return -1;
  }
  *datagram = (pqq_datagram){.data = {.data = arena->data[i], .len = arena->messages[i].msg_len}};
  pqq__address_from_sockaddr(&datagram->remote, &arena->names[i]);
  datagram->local = pqq__udp_socket_local(sock, &datagram->remote);
  read_control(&header, datagram);
  if (datagram->segment_bytes >= datagram->data.len) {
    datagram->segment_bytes = 0;
  }
  return 0;
}

static pqq_status recv_error(int code) {
  switch (code) {
  case EAGAIN:
#if EWOULDBLOCK != EAGAIN
  case EWOULDBLOCK:
#endif
  case EINTR:
    return PQQ_AGAIN;
  case ECONNREFUSED:
    return PQQ_ERR_CONNECTION_REFUSED;
  case EHOSTUNREACH:
  case ENETUNREACH:
  case ENETDOWN:
    return PQQ_ERR_UNREACHABLE;
  default:
    return pqq__error_set(PQQ_ERR_IO, "recvmsg: %s", strerror(code));
  }
}

pqq_status pqq__udp_recv(pqq__udp_receiver *receiver, const pqq__udp_socket *sock, size_t *count) {
  pqq__udp_arena *arena = receiver->arena;
  size_t taken = 0;
  int received;

  prepare(arena);
  receiver->calls++;
  received = receive(sock->fd, arena->messages, PQQ__RECV_MESSAGES);
  if (received < 0) {
    return recv_error(errno);
  }
  for (size_t i = 0; i < (size_t)received; i++) {
    if (read_message(sock, arena, i, &receiver->datagrams[taken]) == 0) {
      taken++;
    } else {
      receiver->truncated++;
    }
  }
  *count = taken;
  return PQQ_OK;
}
