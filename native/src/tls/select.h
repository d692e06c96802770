/* SPDX-License-Identifier: MIT */
/* The one selector: from what a client offers and what the server has, decides
 * protocol, identity, group and cipher, or why there is none. velocity/1 is
 * taken if and only if all its promises can be kept; else plain h3, with the
 * reason that the client is told, unless the policy wants more than h3 has. A pure function:
 * no TLS library, no clock, no memory. tls/apply.c carries the answer out.
 *
 * Groups: the server's order wins. A client that supports X25519MLKEM768 gets
 * it even if it sent a share for X25519 only: the HelloRetryRequest costs such
 * a client one round trip, taking the classical share would cost it its
 * protection against a recorded conversation, and clients that support the
 * group without sending a share for it are rare. */
#ifndef PQQ__TLS_SELECT_H
#define PQQ__TLS_SELECT_H

#include <pqq/config.h>

#include "crypto/algorithms.h"
#include "tls/client_hello.h"
#include "tls/names.h"

/* One ML-DSA and one classical identity at most, per site. */
#define PQQ__MAX_IDENTITIES 2

/* A site: whom a server can be. */
typedef struct pqq__select_site {
  /* NULL if there is no such identity; not both. */
  const pqq__signature_scheme *pq;
  const pqq__signature_scheme *classical;
  /* Every identity is a development one. */
  int is_development;
  /* Both identities are there, and each hangs on an anchor of its own kind. */
  int can_prove_both;
} pqq__select_site;

/* What the server has. Immutable after the configuration is made. */
typedef struct pqq__select_config {
  const pqq__profile *profile;
  /* The first one is for clients that name none, or one that is not in the table. */
  const pqq__select_site *sites;
  pqq__name_table names;
  /* Clients that name one that is not in the table get unrecognized_name instead. */
  int refuses_unknown_names;
  int32_t pq_on_h3;
  int is_velocity_disabled;
  /* PQQ_REQUIRE_*, never DEFAULT. `groups` has only what the first allows. */
  int32_t require_key_exchange;
  int32_t require_authentication;
  /* Clients have to prove who they are, which they can on velocity/1 only. */
  int requires_client;
  /* Most preferred first. */
  const uint16_t *groups;
  size_t group_count;
  uint16_t ciphers[PQQ__PROFILE_MAX_CIPHERS];
  size_t cipher_count;
} pqq__select_config;

/* The decision. `alert` is the TLS alert if `status` is not PQQ_OK, and then
 * nothing else is set. */
typedef struct pqq__selection {
  pqq_status status;
  uint8_t alert;
  /* The client sent no share for `group`: a HelloRetryRequest goes out. */
  uint8_t needs_retry;
  uint8_t is_velocity;
  /* The client sent a profile commitment and so gets one. */
  uint8_t has_commitment;
  /* PQQ_DOWNGRADE_*: why it is not velocity/1, if the client offered that. */
  uint16_t downgrade;
  uint16_t group;
  uint16_t cipher;
  /* Index of the site. */
  size_t site;
  /* Its `pq` or `classical`, or another one of the same key. */
  const pqq__signature_scheme *scheme;
  const pqq__profile *profile;
  /* Static. */
  pqq_bytes alpn;
  /* Why this identity, for people. Static. */
  const char *reason;
} pqq__selection;

void pqq__select(const pqq__client_hello *hello, const pqq__select_config *config,
                 pqq__selection *selection);

/* Writes a sentence that says what the client offered and what would have been
 * accepted, for a selection that failed. */
void pqq__select_explain(const pqq__client_hello *hello, const pqq__select_config *config,
                         const pqq__selection *selection, char *text, size_t size);

#endif
