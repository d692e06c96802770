/* SPDX-License-Identifier: MIT */
/* Reference names: what a client asks for and what a development certificate
 * is made for. A DNS name in A-label form or an IP address literal (RFC 9110
 * section 4.3.4, RFC 9525 section 6). */
#ifndef PQQ__TLS_HOST_NAME_H
#define PQQ__TLS_HOST_NAME_H

#include <stddef.h>
#include <stdint.h>

/* RFC 1035 section 2.3.4: 255 octets on the wire are 253 characters. */
#define PQQ__HOST_NAME_MAX 253

typedef struct pqq__host_name {
  /* 4 or 16 if it is an IP address, else 0. */
  size_t ip_len;
  uint8_t ip[16];
  /* As given, without a trailing dot. */
  char text[PQQ__HOST_NAME_MAX + 1];
} pqq__host_name;

/* Returns 1 and fills `name`, or 0 if `text` is neither. With `allow_wildcard`
 * the leftmost of three or more labels may be "*". Brackets and zone ids are not
 * accepted. */
int pqq__host_name_parse(const char *text, int allow_wildcard, pqq__host_name *name);

#endif
