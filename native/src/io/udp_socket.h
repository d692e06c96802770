/* SPDX-License-Identifier: MIT */
/* One UDP socket, set up for QUIC: not blocking, local address, ECN bits and
 * "don't fragment" known to it, offload probed. Owner thread only. */
#ifndef PQQ__IO_UDP_SOCKET_H
#define PQQ__IO_UDP_SOCKET_H

#include <pqq/error.h>
#include <pqq/types.h>

/* How a socket shares its port with other sockets of this process. */
typedef enum pqq__port_sharing {
  /* Not at all. */
  PQQ__PORT_EXCLUSIVE,
  /* The first of several: fails if anybody has the port, then lets others
   * join it. */
  PQQ__PORT_FIRST,
  /* One of the others. */
  PQQ__PORT_JOIN
} pqq__port_sharing;

/* Whether the kernel spreads the datagrams of a shared port by the peer's
 * address, without which several workers on one port make no sense: the
 * datagrams of one first flight must meet in one engine. */
#if defined(__linux__)
#define PQQ__HAS_PORT_SHARING 1
#else
#define PQQ__HAS_PORT_SHARING 0
#endif

typedef struct pqq__udp_options {
  /* Family 0: `::` for both families, or 0.0.0.0 where there is no IPv6. */
  pqq_address local;
  /* For `::`: take IPv4 as well. */
  int is_dual_stack;
  pqq__port_sharing sharing;
  /* SO_RCVBUF and SO_SNDBUF; 0: the system's. */
  uint32_t buffer_bytes;
  /* Learn each datagram's local address and send from it (servers). */
  int use_pktinfo;
  /* Learn which peers are not reachable (clients); see udp_error.h. */
  int use_errors;
  int use_offload;
} pqq__udp_options;

typedef struct pqq__udp_socket {
  /* -1: closed. */
  int fd;
  /* AF_INET or AF_INET6. */
  int family;
  /* What it is bound to, port known; after connect with the source address. */
  pqq_address bound;
  int is_connected;
  int has_pktinfo;
  int has_errors;
  int has_gso;
  int has_gro;
} pqq__udp_socket;

/* Opens and binds. Errors, with detail: PQQ_ERR_ADDRESS_IN_USE,
 * PQQ_ERR_ADDRESS_UNAVAILABLE, PQQ_ERR_PERMISSION, PQQ_ERR_IO. */
pqq_status pqq__udp_socket_open(pqq__udp_socket *sock, const pqq__udp_options *options);

/* Fixes the peer, so that ICMP errors come back as ECONNREFUSED and the like.
 * Errors: PQQ_ERR_UNREACHABLE (no route). */
pqq_status pqq__udp_socket_connect(pqq__udp_socket *sock, const pqq_address *remote);

void pqq__udp_socket_close(pqq__udp_socket *sock);

/* The local address to report for a datagram whose own is not known. */
pqq_address pqq__udp_socket_local(const pqq__udp_socket *sock, const pqq_address *remote);

/* Returns 1 if a datagram with this local address should leave by `sock`: 2 if
 * the address is exactly the socket's, 0 if it cannot. */
int pqq__udp_socket_fits(const pqq__udp_socket *sock, const pqq_address *local);

#endif
