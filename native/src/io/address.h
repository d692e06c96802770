/* SPDX-License-Identifier: MIT */
/* pqq_address to and from the operating system's and people's forms. */
#ifndef PQQ__IO_ADDRESS_H
#define PQQ__IO_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include <pqq/types.h>

/* "[ffff:...:ffff%4294967295]:65535" fits. */
#define PQQ__ADDRESS_TEXT_BYTES 72

/* Writes the socket address for a socket of `socket_family` (AF_INET or
 * AF_INET6, where IPv4 becomes ::ffff:a.b.c.d). Returns its length, 0 if the
 * socket cannot reach such an address. */
socklen_t pqq__address_to_sockaddr(const pqq_address *address, int socket_family,
                                   struct sockaddr_storage *out);

/* The other way; IPv4-mapped IPv6 becomes IPv4. Unknown families give 0. */
void pqq__address_from_sockaddr(pqq_address *address, const struct sockaddr_storage *in);

/* Parses an IP literal, IPv6 with or without a %scope. 0 or -1. */
int pqq__address_parse(pqq_address *address, const char *ip, uint16_t port);

/* "127.0.0.1:443" or "[::1]:443", into `text`, which is returned. */
const char *pqq__address_text(const pqq_address *address, char text[PQQ__ADDRESS_TEXT_BYTES]);

/* The unspecified address of a family (4 or 6). */
pqq_address pqq__address_any(uint16_t family, uint16_t port);

/* Lets the families take turns, beginning with that of the first address; the
 * order within each stays (RFC 8305 section 4). */
void pqq__address_take_turns(pqq_address *addresses, size_t count);

int pqq__address_is_any(const pqq_address *address);
int pqq__address_has_same_ip(const pqq_address *a, const pqq_address *b);

#endif
