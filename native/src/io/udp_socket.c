/* SPDX-License-Identifier: MIT */
/* Opening UDP sockets. What the kernel does not have is probed here, once per
 * socket; udp_recv.c and udp_send.c only look at the has_ flags.
 *
 * Port in use: SO_REUSEPORT lets any socket of the same user join a port
 * silently, so a second server would take half of the first one's datagrams.
 * Therefore the first socket of a server is bound without it, which fails if
 * anybody holds the port, shared or not; only then SO_REUSEPORT is switched on
 * and the other workers' sockets join (Linux makes the group when the first one
 * joins, from sockets bound earlier too). */
#include "io/udp_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/error.h"
#include "io/address.h"

static pqq_status socket_error(int code, const char *what, const pqq_address *address) {
  char text[PQQ__ADDRESS_TEXT_BYTES];
  pqq_status status;

  switch (code) {
  case EADDRINUSE:
    status = PQQ_ERR_ADDRESS_IN_USE;
    break;
  case EADDRNOTAVAIL:
  case EAFNOSUPPORT:
  case EPROTONOSUPPORT:
    status = PQQ_ERR_ADDRESS_UNAVAILABLE;
    break;
  case EACCES:
  case EPERM:
    status = PQQ_ERR_PERMISSION;
    break;
  case ENETUNREACH:
  case EHOSTUNREACH:
    status = PQQ_ERR_UNREACHABLE;
    break;
  default:
    status = PQQ_ERR_IO;
  }
  return pqq__error_set(status, "%s %s: %s", what, pqq__address_text(address, text),
                        strerror(code));
}

static int set_option(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value);
}

/* Datagrams are never cut into fragments: QUIC finds the path's size itself
 * (RFC 9000 section 14). PROBE rather than DO, so that a forged ICMP message
 * cannot make the kernel refuse our datagrams. */
static void forbid_fragments(const pqq__udp_socket *sock) {
#if defined(IP_MTU_DISCOVER) && defined(IP_PMTUDISC_PROBE)
  (void)set_option(sock->fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
#elif defined(IP_DONTFRAG)
  (void)set_option(sock->fd, IPPROTO_IP, IP_DONTFRAG, 1);
#endif
  if (sock->family == AF_INET6) {
#if defined(IPV6_MTU_DISCOVER) && defined(IPV6_PMTUDISC_PROBE)
    (void)set_option(sock->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
#elif defined(IPV6_DONTFRAG)
    (void)set_option(sock->fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
#endif
  }
}

/* ECN bits of what arrives (RFC 9000 section 13.4); on a dual-stack socket
 * those of IPv4 too, where the system can. */
static void ask_for_ecn(const pqq__udp_socket *sock) {
#ifdef IP_RECVTOS
  (void)set_option(sock->fd, IPPROTO_IP, IP_RECVTOS, 1);
#endif
  if (sock->family == AF_INET6) {
    (void)set_option(sock->fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
  }
}

static int ask_for_local_address(const pqq__udp_socket *sock) {
  if (sock->family == AF_INET6) {
    return set_option(sock->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) == 0;
  }
#ifdef IP_PKTINFO
  return set_option(sock->fd, IPPROTO_IP, IP_PKTINFO, 1) == 0;
#else
  return 0;
#endif
}

/* Linux keeps what ICMP says about an unconnected socket's peers in a queue. */
static int ask_for_errors(const pqq__udp_socket *sock) {
#if defined(__linux__)
  int has_ipv4 = set_option(sock->fd, IPPROTO_IP, IP_RECVERR, 1) == 0;

  return sock->family == AF_INET6 ? set_option(sock->fd, IPPROTO_IPV6, IPV6_RECVERR, 1) == 0
                                  : has_ipv4;
#else
  (void)sock;
  return 0;
#endif
}

static void probe_offload(pqq__udp_socket *sock) {
#ifdef UDP_SEGMENT
  sock->has_gso = set_option(sock->fd, IPPROTO_UDP, UDP_SEGMENT, 0) == 0;
#endif
#ifdef UDP_GRO
  sock->has_gro = set_option(sock->fd, IPPROTO_UDP, UDP_GRO, 1) == 0;
#endif
  (void)sock;
}

static void set_up(pqq__udp_socket *sock, const pqq__udp_options *options) {
  if (options->buffer_bytes != 0) {
    /* The kernel cuts these to what the administrator allows. */
    (void)set_option(sock->fd, SOL_SOCKET, SO_RCVBUF, (int)options->buffer_bytes);
    (void)set_option(sock->fd, SOL_SOCKET, SO_SNDBUF, (int)options->buffer_bytes);
  }
  forbid_fragments(sock);
  ask_for_ecn(sock);
  sock->has_pktinfo = options->use_pktinfo && ask_for_local_address(sock);
  sock->has_errors = options->use_errors && ask_for_errors(sock);
  if (options->use_offload) {
    probe_offload(sock);
  }
}

static int new_socket(int family) {
  int fd = socket(family, SOCK_DGRAM, 0);

  if (fd < 0) {
    return -1;
  }
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
    (void)close(fd);
    return -1;
  }
  return fd;
}

static int bind_socket(pqq__udp_socket *sock, const pqq__udp_options *options) {
  struct sockaddr_storage name;
  socklen_t length = pqq__address_to_sockaddr(&options->local, sock->family, &name);

  if (options->sharing == PQQ__PORT_JOIN &&
      set_option(sock->fd, SOL_SOCKET, SO_REUSEPORT, 1) != 0) {
    return -1;
  }
  if (bind(sock->fd, (const struct sockaddr *)&name, length) != 0) {
    return -1;
  }
  if (options->sharing == PQQ__PORT_FIRST &&
      set_option(sock->fd, SOL_SOCKET, SO_REUSEPORT, 1) != 0) {
    return -1;
  }
  length = sizeof name;
  if (getsockname(sock->fd, (struct sockaddr *)&name, &length) != 0) {
    return -1;
  }
  pqq__address_from_sockaddr(&sock->bound, &name);
  return 0;
}

/* Without dual stack, two sockets on `::` and 0.0.0.0 can have one port. */
static int open_family(pqq__udp_socket *sock, const pqq__udp_options *options) {
  int code;

  *sock = (pqq__udp_socket){.fd = -1, .family = options->local.family == 6 ? AF_INET6 : AF_INET};
  sock->fd = new_socket(sock->family);
  if (sock->fd < 0) {
    return -1;
  }
  if (sock->family == AF_INET6 &&
      set_option(sock->fd, IPPROTO_IPV6, IPV6_V6ONLY, !options->is_dual_stack) != 0) {
    goto fail;
  }
  set_up(sock, options);
  if (bind_socket(sock, options) == 0) {
    return 0;
  }
fail:
  code = errno;
  pqq__udp_socket_close(sock);
  errno = code;
  return -1;
}

/* What a kernel without IPv6, or with it switched off, answers. */
static int is_no_ipv6(int code) {
  return code == EAFNOSUPPORT || code == EADDRNOTAVAIL || code == EPROTONOSUPPORT;
}

pqq_status pqq__udp_socket_open(pqq__udp_socket *sock, const pqq__udp_options *options) {
  pqq__udp_options chosen = *options;

  if (options->local.family == 0) {
    chosen.local = pqq__address_any(6, options->local.port);
    chosen.is_dual_stack = 1;
    if (open_family(sock, &chosen) == 0) {
      return PQQ_OK;
    }
    if (!is_no_ipv6(errno)) {
      return socket_error(errno, "listen on", &chosen.local);
    }
    chosen.local = pqq__address_any(4, options->local.port);
  }
  if (open_family(sock, &chosen) != 0) {
    return socket_error(errno, "listen on", &chosen.local);
  }
  return PQQ_OK;
}

pqq_status pqq__udp_socket_connect(pqq__udp_socket *sock, const pqq_address *remote) {
  struct sockaddr_storage name;
  socklen_t length = pqq__address_to_sockaddr(remote, sock->family, &name);

  if (length == 0 || connect(sock->fd, (const struct sockaddr *)&name, length) != 0) {
    return socket_error(length == 0 ? EAFNOSUPPORT : errno, "connect to", remote);
  }
  length = sizeof name;
  if (getsockname(sock->fd, (struct sockaddr *)&name, &length) == 0) {
    pqq__address_from_sockaddr(&sock->bound, &name);
  }
  sock->is_connected = 1;
  return PQQ_OK;
}

void pqq__udp_socket_close(pqq__udp_socket *sock) {
  if (sock->fd >= 0) {
    (void)close(sock->fd);
    sock->fd = -1;
  }
}

pqq_address pqq__udp_socket_local(const pqq__udp_socket *sock, const pqq_address *remote) {
  if (pqq__address_is_any(&sock->bound)) {
    return pqq__address_any(remote->family, sock->bound.port);
  }
  return sock->bound;
}

int pqq__udp_socket_fits(const pqq__udp_socket *sock, const pqq_address *local) {
  if (pqq__address_has_same_ip(&sock->bound, local)) {
    return 2;
  }
  if (!pqq__address_is_any(&sock->bound)) {
    return 0;
  }
  return local->family != 6 || sock->family == AF_INET6;
}
