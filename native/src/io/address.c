/* SPDX-License-Identifier: MIT */
/* Address conversions; see address.h. */
#include "io/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static socklen_t to_sockaddr_in(const pqq_address *address, struct sockaddr_storage *out) {
  struct sockaddr_in in4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};

  memcpy(&in4.sin_addr, address->ip, sizeof in4.sin_addr);
  memcpy(out, &in4, sizeof in4);
  return sizeof in4;
}

static socklen_t to_sockaddr_in6(const pqq_address *address, struct sockaddr_storage *out) {
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};

  if (address->family == 4) {
    memcpy(in6.sin6_addr.s6_addr, mapped_prefix, sizeof mapped_prefix);
    memcpy(in6.sin6_addr.s6_addr + sizeof mapped_prefix, address->ip, 4);
  } else {
    memcpy(in6.sin6_addr.s6_addr, address->ip, sizeof address->ip);
    in6.sin6_scope_id = address->scope_id;
  }
  memcpy(out, &in6, sizeof in6);
  return sizeof in6;
}

socklen_t pqq__address_to_sockaddr(const pqq_address *address, int socket_family,
                                   struct sockaddr_storage *out) {
  if (address->family == 4 && socket_family == AF_INET) {
    return to_sockaddr_in(address, out);
  }
  if ((address->family == 4 || address->family == 6) && socket_family == AF_INET6) {
    return to_sockaddr_in6(address, out);
  }
  return 0;
}

static void from_sockaddr_in6(pqq_address *address, const struct sockaddr_in6 *in6) {
  address->port = ntohs(in6->sin6_port);
  if (memcmp(in6->sin6_addr.s6_addr, mapped_prefix, sizeof mapped_prefix) == 0) {
    address->family = 4;
    memcpy(address->ip, in6->sin6_addr.s6_addr + sizeof mapped_prefix, 4);
  } else {
    address->family = 6;
    address->scope_id = in6->sin6_scope_id;
    memcpy(address->ip, in6->sin6_addr.s6_addr, sizeof address->ip);
  }
}

void pqq__address_from_sockaddr(pqq_address *address, const struct sockaddr_storage *in) {
  *address = (pqq_address){0};
  if (in->ss_family == AF_INET) {
    struct sockaddr_in in4;

    memcpy(&in4, in, sizeof in4);
    address->family = 4;
    address->port = ntohs(in4.sin_port);
    memcpy(address->ip, &in4.sin_addr, 4);
  } else if (in->ss_family == AF_INET6) {
    struct sockaddr_in6 in6;

    memcpy(&in6, in, sizeof in6);
    from_sockaddr_in6(address, &in6);
  }
}

static int parse_scope(const char *text, uint32_t *scope) {
  char *end;
  unsigned long number;

  *scope = if_nametoindex(text);
  if (*scope != 0) {
    return 0;
  }
  if (text[0] < '0' || text[0] > '9') {
    return -1;
  }
  number = strtoul(text, &end, 10);
  if (*end != '\0' || number == 0 || number > UINT32_MAX) {
    return -1;
  }
  *scope = (uint32_t)number;
  return 0;
}

int pqq__address_parse(pqq_address *address, const char *ip, uint16_t port) {
  pqq_address parsed = {.port = port};
  char text[INET6_ADDRSTRLEN];
  size_t length = strcspn(ip, "%");

  if (length >= sizeof text) {
    return -1;
  }
  memcpy(text, ip, length);
  text[length] = '\0';
  if (ip[length] == '\0' && inet_pton(AF_INET, text, parsed.ip) == 1) {
    parsed.family = 4;
  } else if (inet_pton(AF_INET6, text, parsed.ip) == 1) {
    parsed.family = 6;
    if (ip[length] == '%' && parse_scope(ip + length + 1, &parsed.scope_id) != 0) {
      return -1;
    }
  } else {
    return -1;
  }
  *address = parsed;
  return 0;
}

const char *pqq__address_text(const pqq_address *address, char text[PQQ__ADDRESS_TEXT_BYTES]) {
  char ip[INET6_ADDRSTRLEN] = "?";

  (void)inet_ntop(address->family == 6 ? AF_INET6 : AF_INET, address->ip, ip, sizeof ip);
  if (address->family != 6) {
    (void)snprintf(text, PQQ__ADDRESS_TEXT_BYTES, "%s:%u", ip, address->port);
  } else if (address->scope_id != 0) {
    (void)snprintf(text, PQQ__ADDRESS_TEXT_BYTES, "[%s%%%u]:%u", ip, address->scope_id,
                   address->port);
  } else {
    (void)snprintf(text, PQQ__ADDRESS_TEXT_BYTES, "[%s]:%u", ip, address->port);
  }
  return text;
}

pqq_address pqq__address_any(uint16_t family, uint16_t port) {
  return (pqq_address){.family = family, .port = port};
}

int pqq__address_is_any(const pqq_address *address) {
  static const uint8_t zero[16];

  return memcmp(address->ip, zero, sizeof zero) == 0;
}

int pqq__address_has_same_ip(const pqq_address *a, const pqq_address *b) {
  return a->family == b->family && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

void pqq__address_take_turns(pqq_address *addresses, size_t count) {
  for (size_t i = 1; i < count; i++) {
    size_t next = i;
    pqq_address other;

    while (next < count && addresses[next].family == addresses[i - 1].family) {
      next++;
    }
    if (next == count) {
      return; /* only one family is left */
    }
    other = addresses[next];
    memmove(&addresses[i + 1], &addresses[i], (next - i) * sizeof *addresses);
    addresses[i] = other;
  }
}
