/* SPDX-License-Identifier: MIT */
/* io/udp_socket.c: binding, sharing a port, and systems that lack things. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "core/error.h"
#include "harness.h"
#include "io/address.h"
#include "io/udp_socket.h"

static pqq__udp_options loopback(uint16_t port, pqq__port_sharing sharing) {
  pqq__udp_options options = {.sharing = sharing, .use_offload = 1, .use_pktinfo = 1};

  EXPECT_INT(pqq__address_parse(&options.local, "127.0.0.1", port), 0);
  return options;
}

TEST("port 0 picks a port and says which") {
  pqq__udp_options options = loopback(0, PQQ__PORT_EXCLUSIVE);
  pqq__udp_socket sock;

  EXPECT_INT(pqq__udp_socket_open(&sock, &options), PQQ_OK);
  EXPECT(sock.bound.port != 0);
  EXPECT(sock.has_pktinfo);
  pqq__udp_socket_close(&sock);
  EXPECT_INT(sock.fd, -1);
}

TEST("no address means both families on one socket") {
  pqq__udp_options options = {.use_pktinfo = 1};
  pqq__udp_socket sock;

  EXPECT_INT(pqq__udp_socket_open(&sock, &options), PQQ_OK);
  if (sock.family == AF_INET6) {
    int only = 1;
    socklen_t length = sizeof only;

    EXPECT_INT(getsockopt(sock.fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &length), 0);
    EXPECT_INT(only, 0);
  }
  EXPECT(pqq__address_is_any(&sock.bound));
  pqq__udp_socket_close(&sock);
}

TEST("a port in use is reported, whether its holder shares it or not") {
  static const pqq__port_sharing holders[] = {PQQ__PORT_EXCLUSIVE, PQQ__PORT_FIRST};
  static const pqq__port_sharing comers[] = {PQQ__PORT_EXCLUSIVE, PQQ__PORT_FIRST};

  for (size_t i = 0; i < 2; i++) {
    pqq__udp_options options = loopback(0, holders[i]);
    pqq__udp_socket holder, comer;
    char text[PQQ__ADDRESS_TEXT_BYTES];

    EXPECT_INT(pqq__udp_socket_open(&holder, &options), PQQ_OK);
    for (size_t j = 0; j < 2; j++) {
      options = loopback(holder.bound.port, comers[j]);
      NOTE("holder %zu, newcomer %zu", i, j);
      EXPECT_INT(pqq__udp_socket_open(&comer, &options), PQQ_ERR_ADDRESS_IN_USE);
      EXPECT(strstr(pqq_error_detail(), pqq__address_text(&holder.bound, text)) != NULL);
      EXPECT_INT(comer.fd, -1);
    }
    pqq__udp_socket_close(&holder);
  }
}

TEST("the sockets of one server share a port and each peer keeps to one of them") {
  enum { WORKERS = 4, PEERS = 64 };
  pqq__udp_options options = loopback(0, PQQ__PORT_FIRST);
  pqq__udp_socket sockets[WORKERS];
  size_t used = 0, received = 0;

  if (!PQQ__HAS_PORT_SHARING) {
    SKIP("this system does not spread a shared port");
  }
  EXPECT_INT(pqq__udp_socket_open(&sockets[0], &options), PQQ_OK);
  options = loopback(sockets[0].bound.port, PQQ__PORT_JOIN);
  for (size_t i = 1; i < WORKERS; i++) {
    EXPECT_INT(pqq__udp_socket_open(&sockets[i], &options), PQQ_OK);
  }
  options = loopback(0, PQQ__PORT_EXCLUSIVE);
  for (size_t i = 0; i < PEERS; i++) {
    pqq__udp_socket peer;

    EXPECT_INT(pqq__udp_socket_open(&peer, &options), PQQ_OK);
    EXPECT_INT(pqq__udp_socket_connect(&peer, &sockets[0].bound), PQQ_OK);
    EXPECT_INT(send(peer.fd, "ab", 2, 0), 2);
    EXPECT_INT(send(peer.fd, "cd", 2, 0), 2);
    pqq__udp_socket_close(&peer);
  }
  for (size_t i = 0; i < WORKERS; i++) {
    size_t count = 0;
    char data[8];

    while (recv(sockets[i].fd, data, sizeof data, MSG_DONTWAIT) > 0) {
      count++;
    }
    EXPECT_UINT(count % 2, 0); /* both datagrams of a peer went the same way */
    used += count > 0;
    received += count;
    pqq__udp_socket_close(&sockets[i]);
  }
  EXPECT_UINT(received, 2 * PEERS);
  EXPECT_UINT(used, WORKERS); /* 64 peers on 3 sockets: probability 4 (3/4)^64, 4e-8 */
}

TEST("an address of another machine is not available") {
  pqq__udp_options options = {0};
  pqq__udp_socket sock;

  EXPECT_INT(pqq__address_parse(&options.local, "192.0.2.1", 0), 0); /* RFC 5737 */
  EXPECT_INT(pqq__udp_socket_open(&sock, &options), PQQ_ERR_ADDRESS_UNAVAILABLE);
  EXPECT(strstr(pqq_error_detail(), "192.0.2.1") != NULL);
}

TEST("buffers are asked for") {
  pqq__udp_options options = loopback(0, PQQ__PORT_EXCLUSIVE);
  pqq__udp_socket sock;
  int bytes = 0;
  socklen_t length = sizeof bytes;

  options.buffer_bytes = 20000; /* below every system's maximum */
  EXPECT_INT(pqq__udp_socket_open(&sock, &options), PQQ_OK);
  EXPECT_INT(getsockopt(sock.fd, SOL_SOCKET, SO_RCVBUF, &bytes, &length), 0);
  EXPECT(bytes >= 20000 && bytes <= 3 * 20000);
  pqq__udp_socket_close(&sock);
}

TEST("a socket fits its own address best, a wildcard fits what it can reach") {
  pqq__udp_socket v4 = {.family = AF_INET}, v6 = {.family = AF_INET6}, one = {.family = AF_INET};
  pqq_address local4, local6;

  EXPECT_INT(pqq__address_parse(&local4, "10.1.2.3", 0), 0);
  EXPECT_INT(pqq__address_parse(&local6, "2001:db8::1", 0), 0);
  v4.bound = pqq__address_any(4, 1);
  v6.bound = pqq__address_any(6, 1);
  one.bound = local4;
  EXPECT_INT(pqq__udp_socket_fits(&one, &local4), 2);
  EXPECT_INT(pqq__udp_socket_fits(&one, &local6), 0);
  EXPECT_INT(pqq__udp_socket_fits(&v4, &local4), 1);
  EXPECT_INT(pqq__udp_socket_fits(&v4, &local6), 0);
  EXPECT_INT(pqq__udp_socket_fits(&v6, &local4), 1);
  EXPECT_INT(pqq__udp_socket_fits(&v6, &local6), 1);
}

#ifdef __linux__
/* Lets this process go on without IPv6: socket(AF_INET6) fails as it does on a
 * kernel that has none. */
static int forbid_ipv6(void) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {.len = sizeof program / sizeof program[0], .filter = program};

  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                 prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0
             ? 0
             : -1;
}

/* 0 as expected, 2 if the filter is not possible here, else the step that went
 * wrong. */
static int without_ipv6(void) {
  pqq__udp_options options = {.use_pktinfo = 1};
  pqq__udp_socket sock;

  if (forbid_ipv6() != 0) {
    return 2;
  }
  if (pqq__udp_socket_open(&sock, &options) != PQQ_OK || sock.family != AF_INET ||
      sock.bound.family != 4 || !pqq__address_is_any(&sock.bound)) {
    return 3;
  }
  pqq__udp_socket_close(&sock);
  options.local = pqq__address_any(6, 0);
  return pqq__udp_socket_open(&sock, &options) == PQQ_ERR_ADDRESS_UNAVAILABLE ? 0 : 4;
}

TEST("without IPv6 the default falls back to 0.0.0.0 and :: is not available") {
  int result = 0;
  pid_t child = fork();

  EXPECT(child >= 0);
  if (child == 0) {
    _exit(without_ipv6());
  }
  EXPECT_INT(waitpid(child, &result, 0), child);
  EXPECT(WIFEXITED(result));
  if (WEXITSTATUS(result) == 2) {
    SKIP("seccomp is not available");
  }
  EXPECT_INT(WEXITSTATUS(result), 0);
}
#endif
