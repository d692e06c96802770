/* SPDX-License-Identifier: MIT */
/* A client and a server session that shake hands in memory: CRYPTO data goes
 * from one to the other without packets, the one transport parameter is the
 * profile commitment, secrets are thrown away. What TLS does is real, QUIC is left out. */
#ifndef PQQ_TEST_TLS_PAIR_H
#define PQQ_TEST_TLS_PAIR_H

#include <openssl/ssl.h>

#include "tls/tls.h"

#define TLS_PAIR_BUFFER_BYTES 131072

typedef struct tls_side {
  pqq__tls_session *session;
  SSL *ssl;
  /* The alert it sent, or -1. */
  int alert;
  int is_done;
  int has_failed;
  /* It was given data at a level that it does not read; no alert then, QUIC
   * answers for it (RFC 9001 section 4.1.3). */
  int was_refused;
  /* CRYPTO data that it wants to send, by encryption level. */
  size_t len[4];
  uint8_t data[4][TLS_PAIR_BUFFER_BYTES];
} tls_side;

typedef struct tls_pair {
  tls_side client;
  tls_side server;
  /* ClientHello messages the server has seen: 2 after a HelloRetryRequest. */
  int client_hellos;
  int jobs;
  /* Bytes of the server's first flight of CRYPTO data. */
  size_t server_bytes;
} tls_pair;

/* NULL if a session cannot be made. Free with tls_pair_free. */
tls_pair *tls_pair_new(const pqq__tls_config *server, const pqq__tls_config *client,
                       const char *server_name, int sign_as_jobs);
void tls_pair_free(tls_pair *pair);

/* Moves data until both are done or one has failed. Jobs are run on the way,
 * after a spurious continuation. Returns 1 if both are done. */
int tls_pair_run(tls_pair *pair);

#endif
