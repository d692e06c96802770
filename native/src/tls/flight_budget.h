/* SPDX-License-Identifier: MIT */
/* The flight budget: what a server's first flight is made of, how it fills
 * datagrams, and how many round trips it takes under the three-times limit (RFC
 * 9000 section 8.1) and the initial congestion window (RFC 9002 section 7.2).
 * Pure arithmetic; spec/flight-budget.md has the reasons. */
#ifndef PQQ__TLS_FLIGHT_BUDGET_H
#define PQQ__TLS_FLIGHT_BUDGET_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/algorithms.h"

/* SHA-384, the largest of a cipher suite of TLS 1.3. */
#define PQQ__MAX_HASH_BYTES 48

/* Messages with their handshake headers, stream data with its stream and frame headers. */
typedef struct pqq__flight_parts {
  uint32_t server_hello;
  uint32_t encrypted_extensions;
  uint32_t certificate;
  uint32_t certificate_verify;
  uint32_t finished;
  /* 0.5-RTT data: HTTP/3's and QUIC's own, and the authenticator of velocity/1. */
  uint32_t settings;
  uint32_t authenticator;
  uint32_t client_hello;
} pqq__flight_parts;

/* A flight in datagrams. The last one may be shorter than the others. */
typedef struct pqq__flight_size {
  uint32_t tls_bytes, tls_datagrams;
  uint32_t total_bytes, total_datagrams;
} pqq__flight_size;

/* What a server may send in its first round trip. */
typedef struct pqq__flight_limits {
  /* Three times what the client has sent; UINT32_MAX if its address is known. */
  uint32_t amplification;
  uint32_t window;
} pqq__flight_limits;

/* Sizes of single parts; the numbers are bytes. */
uint32_t pqq__flight_client_hello(uint16_t group, int is_velocity);
uint32_t pqq__flight_server_hello(uint16_t group, int is_resumed);
uint32_t pqq__flight_encrypted_extensions(int is_velocity);
/* `body`: of the Certificate message. `signature`: at most. */
uint32_t pqq__flight_message(uint32_t body);
uint32_t pqq__flight_certificate_verify(uint32_t signature);
/* HTTP/3's and QUIC's own 0.5-RTT data. */
uint32_t pqq__flight_settings(void);
uint32_t pqq__flight_authenticator(uint32_t certificate_body, uint32_t signature, uint32_t hash);
/* Datagrams that a client's ClientHello takes. */
uint32_t pqq__flight_client_datagrams(uint32_t client_hello, uint32_t datagram_bytes);

/* Packs the parts into datagrams as ngtcp2 does. */
pqq__flight_size pqq__flight_pack(const pqq__flight_parts *parts, uint32_t datagram_bytes);
/* RFC 9002 section 7.2, as ngtcp2 has it. */
uint32_t pqq__flight_window(uint32_t datagram_bytes);
/* Round trips until `bytes` of the flight are with the client: the first is bound by both limits,
 * later ones by the window, which grows by what was acknowledged. */
uint32_t pqq__flight_rounds(uint32_t bytes, const pqq__flight_limits *limits);

/* Datagrams that a client which has sent `sent` of one size sends in all, so that three times their
 * bytes are `expected` or more; at most PQQ__MAX_FIRST_FLIGHT_DATAGRAMS, unless `sent` is more. */
uint32_t pqq__flight_datagrams_for(uint32_t expected, uint32_t sent, uint32_t datagram_bytes);

/* The flight of a velocity/1 server of that profile whose leaves are issued directly by their
 * roots, with names of usual length. 0 where repeating cannot help: the flight is more than a
 * server's initial window, so it takes two round trips (secure), or a custom profile lacks an
 * identity. */
uint32_t pqq__flight_expected(const pqq__profile *profile, uint32_t datagram_bytes);

#endif
