/* SPDX-License-Identifier: MIT */
#include "quic/path.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static void set_end(ngtcp2_addr *end, ngtcp2_sockaddr_union *buffer, const pqq_address *address) {
  memset(buffer, 0, sizeof *buffer);
  end->addr = &buffer->sa;
  if (address->family == 6) {
    buffer->in6.sin6_family = AF_INET6;
    buffer->in6.sin6_port = htons(address->port);
    buffer->in6.sin6_scope_id = address->scope_id;
    memcpy(&buffer->in6.sin6_addr, address->ip, 16);
    end->addrlen = sizeof buffer->in6;
  } else {
    buffer->in.sin_family = AF_INET;
    buffer->in.sin_port = htons(address->port);
    memcpy(&buffer->in.sin_addr, address->ip, 4);
    end->addrlen = sizeof buffer->in;
  }
}

void pqq__path_set(ngtcp2_path_storage *storage, const pqq_address *local,
                   const pqq_address *remote) {
  set_end(&storage->path.local, &storage->local_addrbuf, local);
  set_end(&storage->path.remote, &storage->remote_addrbuf, remote);
  storage->path.user_data = NULL;
}

void pqq__path_address(pqq_address *address, const ngtcp2_addr *end) {
  *address = (pqq_address){0};
  if (end->addr->sa_family == AF_INET6) {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)end->addr;
    address->family = 6;
    address->port = ntohs(in6->sin6_port);
    address->scope_id = in6->sin6_scope_id;
    memcpy(address->ip, &in6->sin6_addr, 16);
  } else {
    const struct sockaddr_in *in4 = (const struct sockaddr_in *)(const void *)end->addr;
    address->family = 4;
    address->port = ntohs(in4->sin_port);
    memcpy(address->ip, &in4->sin_addr, 4);
  }
}

int pqq__path_is_same_address(const pqq_address *a, const pqq_address *b) {
  return a->family == b->family && a->port == b->port && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}
