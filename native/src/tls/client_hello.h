/* SPDX-License-Identifier: MIT */
/* What the selector needs to know of a ClientHello. All views point into the
 * message, which AWS-LC keeps while its callback runs. Nothing here allocates;
 * a list is as long as its extension, at most 64 KiB. */
#ifndef PQQ__TLS_CLIENT_HELLO_H
#define PQQ__TLS_CLIENT_HELLO_H

#include <openssl/base.h>

#include <pqq/events.h>

/* Two-byte values in network byte order. */
typedef struct pqq__u16_list {
  const uint8_t *data;
  size_t count;
} pqq__u16_list;

typedef struct pqq__client_hello {
  /* Host name of server_name (RFC 6066 section 3), or empty. */
  pqq_bytes server_name;
  /* ProtocolNameList of RFC 7301 without its length; empty if absent. */
  pqq_bytes alpn;
  pqq__u16_list groups;
  pqq__u16_list schemes;
  pqq__u16_list ciphers;
  /* KeyShareEntry values (RFC 8446 section 4.2.8) without their length. */
  pqq_bytes key_shares;
  int has_transport_parameters;
  /* RFC 9001 section 8.2, encoded as in RFC 9000 section 18. */
  pqq_bytes transport_parameters;
} pqq__client_hello;

/* Returns NULL, or the name of the extension that is malformed (static). */
const char *pqq__client_hello_parse(const SSL_CLIENT_HELLO *message, pqq__client_hello *hello);

/* RFC 8701: values that mean nothing. */
int pqq__is_grease(uint16_t value);
/* For people and programs that ask what was refused. */
void pqq__client_hello_offer(const pqq__client_hello *hello, pqq_peer_offer *offer);

uint16_t pqq__u16_list_at(const pqq__u16_list *list, size_t index);
int pqq__u16_list_has(const pqq__u16_list *list, uint16_t value);
int pqq__client_hello_has_alpn(const pqq__client_hello *hello, pqq_bytes name);
int pqq__client_hello_has_share(const pqq__client_hello *hello, uint16_t group);

#endif
