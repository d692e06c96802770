/* SPDX-License-Identifier: MIT */
/* The two objects behind tls.h and what the files of this folder ask of each
 * other. Nothing outside tls includes this. */
#ifndef PQQ__TLS_INTERNAL_H
#define PQQ__TLS_INTERNAL_H

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "core/limits.h"
#include "tls/host_name.h"
#include "tls/identity.h"
#include "tls/select.h"
#include "tls/tls.h"

/* Most groups of a configuration: every one that libpqq knows. */
#define PQQ__MAX_GROUPS 9

struct pqq__tls_config {
  pqq__identity identities[PQQ__MAX_IDENTITIES];
  size_t identity_count;
  uint16_t groups[PQQ__MAX_GROUPS];
  size_t group_count;
  const pqq__profile *profile;
  pqq__select_config select;
  /* NULL without anchors. */
  X509_STORE *roots;
  /* NULL without identity, NULL without anchors. */
  SSL_CTX *server_context;
  SSL_CTX *client_context;
};

struct pqq__tls_session {
  SSL *ssl;
  const pqq__tls_config *config;
  int is_server;
  int sign_as_jobs;

  /* The first cause of failure found on our side. */
  pqq_status failure;
  char failure_text[PQQ__TLS_FAILURE_TEXT_BYTES];

  /* Server. */
  pqq__selection selection;
  /* Of config, after a selection that succeeded. */
  const pqq__identity *identity;
  /* Made and not yet taken. */
  pqq_job *job;
  /* Taken and not given back; only compared, never followed. */
  const pqq_job *taken_job;
  /* What the job gave, until AWS-LC fetches it: PQQ_AGAIN, PQQ_OK or an error. */
  pqq_status result;
  uint8_t *signature;
  size_t signature_len;

  /* Client. */
  pqq__host_name host;
  CRYPTO_BUFFER *peer_chain[PQQ_MAX_CHAIN];
  pqq_certificate_info peer_info[PQQ_MAX_CHAIN];
  size_t peer_chain_len;
  /* Every signature of the verified chain, without the anchor's, is ML-DSA. */
  int is_verified_chain_pq;
};

/* The session of an SSL; NULL before it is set. */
pqq__tls_session *pqq__tls_session_of(const SSL *ssl);

/* Remembers why the handshake fails here; the first cause stays. */
__attribute__((format(printf, 3, 4))) void
pqq__tls_session_fail(pqq__tls_session *session, pqq_status status, const char *format, ...);

/* apply.c: server callbacks. */
enum ssl_select_cert_result_t pqq__on_client_hello(const SSL_CLIENT_HELLO *message);
int pqq__on_alpn(SSL *ssl, const uint8_t **out, uint8_t *out_len, const uint8_t *in,
                 unsigned in_len, void *arg);

/* session.c: sees every alert that we send. */
void pqq__on_info(const SSL *ssl, int type, int value);

/* sign.c: frees what a session holds of a job. */
void pqq__sign_clear(pqq__tls_session *session);
/* Signs with the selected identity, in line or as a job. */
extern const SSL_PRIVATE_KEY_METHOD pqq__private_key_method;

/* verify.c: client callback. */
enum ssl_verify_result_t pqq__on_verify(SSL *ssl, uint8_t *alert);

/* quic_glue.c: makes a context speak QUIC through ngtcp2's helper. */
int pqq__quic_configure_server(SSL_CTX *context);
int pqq__quic_configure_client(SSL_CTX *context);

#endif
