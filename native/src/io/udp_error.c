/* SPDX-License-Identifier: MIT */
/* The error queue of Linux (IP_RECVERR); elsewhere there is none. */
#include "io/udp_error.h"

#include <errno.h>

#if defined(__linux__)
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/errqueue.h> /* after time.h, which it needs */

#include "io/address.h"
#endif

int pqq__is_unreachable(int code) {
  return code == ECONNREFUSED || code == EHOSTUNREACH || code == ENETUNREACH;
}

#if defined(__linux__)

/* The kernel appends the address of whoever sent the ICMP message. */
#define CONTROL_BYTES 256

static int is_report(const struct cmsghdr *header) {
  return (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR) ||
         (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_RECVERR);
}

static int says_unreachable(struct msghdr *message) {
  for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
       header = CMSG_NXTHDR(message, header)) {
    struct sock_extended_err report;

    if (is_report(header)) {
      memcpy(&report, CMSG_DATA(header), sizeof report);
      return (report.ee_origin == SO_EE_ORIGIN_ICMP || report.ee_origin == SO_EE_ORIGIN_ICMP6) &&
             pqq__is_unreachable((int)report.ee_errno);
    }
  }
  return 0;
}

pqq_status pqq__udp_take_error(const pqq__udp_socket *sock, pqq_address *remote) {
  struct sockaddr_storage name = {0};
  _Alignas(struct cmsghdr) uint8_t control[CONTROL_BYTES];
  /* No buffer for the datagram that is quoted: nobody reads it. */
  struct msghdr message = {.msg_name = &name,
                           .msg_namelen = sizeof name,
                           .msg_control = control,
                           .msg_controllen = sizeof control};

  if (!sock->has_errors || recvmsg(sock->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
    return PQQ_AGAIN;
  }
  *remote = (pqq_address){0};
  if (says_unreachable(&message)) {
    pqq__address_from_sockaddr(remote, &name);
  }
  return PQQ_OK;
}

#else

pqq_status pqq__udp_take_error(const pqq__udp_socket *sock, pqq_address *remote) {
  (void)sock;
  (void)remote;
  return PQQ_AGAIN;
}

#endif
