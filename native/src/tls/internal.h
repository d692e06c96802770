/* SPDX-License-Identifier: MIT */
/* The two objects behind tls.h and what the files of this folder ask of each
 * other. Nothing outside tls includes this. */
#ifndef PQQ__TLS_INTERNAL_H
#define PQQ__TLS_INTERNAL_H

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "core/limits.h"
#include "tls/commitment.h"
#include "tls/host_name.h"
#include "tls/identity.h"
#include "tls/job.h"
#include "tls/peer_chain.h"
#include "tls/policy.h"
#include "tls/proof.h"
#include "tls/select.h"
#include "tls/site.h"
#include "tls/tls.h"

struct pqq__tls_config {
  /* The default one first; a client's only one has no names. */
  pqq__site *sites;
  pqq__select_site *select_sites;
  size_t site_count;
  /* Accepted, most preferred first; a server's after its policy: select.groups. */
  uint16_t groups[PQQ__MAX_GROUPS];
  size_t group_count;
  uint16_t server_groups[PQQ__MAX_GROUPS];
  /* Cipher suites of a client; a server's: select.ciphers. */
  uint16_t client_ciphers[PQQ__PROFILE_MAX_CIPHERS];
  size_t client_cipher_count;
  /* Signature schemes that a client accepts. */
  uint16_t schemes[PQQ__MAX_SCHEMES];
  size_t scheme_count;
  const pqq__profile *profile;
  pqq__profile custom_profile;
  /* What a client offers on velocity/1. */
  const pqq__profile *offered[PQQ_MAX_PROFILES];
  size_t offered_count;
  pqq__policy policy;
  int32_t require_client;
  uint32_t pin_lifetime_s;
  int requires_related;
  /* Requests for an authority that the connection's certificate does not cover get 421. */
  int refuses_misdirected;
  pqq__select_config select;
  /* NULL: no key log. */
  void (*on_keylog)(void *user_data, const char *line);
  void *keylog_user_data;
  /* Certificates are compressed where that gains. */
  int has_compression;
  /* NULL without anchors. */
  X509_STORE *roots;
  int has_pq_anchor;
  int has_classical_anchor;
  /* NULL without identity, NULL without anchors. */
  SSL_CTX *server_context;
  SSL_CTX *client_context;
};

/* What only a client's session has. */
typedef struct pqq__tls_client {
  pqq__host_name host;
  pqq__policy policy;
  pqq__client_commitment commitment;
  int offers_velocity;
  /* Of the server's commitment. */
  pqq__server_commitment server_commitment;
  /* PQQ_AUTH_* that we have proven to a server that asked. */
  int32_t own_authentication;
} pqq__tls_client;

/* What a signature is for. */
typedef enum pqq__sign_purpose { PQQ__SIGN_HANDSHAKE, PQQ__SIGN_PROOF } pqq__sign_purpose;

struct pqq__tls_session {
  /* NULL once it is released. */
  SSL *ssl;
  const pqq__tls_config *config;
  int is_server;
  int sign_as_jobs;

  /* The signature that is being made: what for, with which identity of the configuration. */
  pqq__sign_purpose signing_for;
  const pqq__identity *signing_with;
  /* Made and not yet taken. */
  pqq_job *job;
  /* Taken and not given back; only compared, never followed. */
  const pqq_job *taken_job;
  /* Its call of an external signer; NULL without. */
  pqq__sign_call *call;
  /* What the job gave, until it is fetched: PQQ_AGAIN, PQQ_OK or an error. */
  pqq_status result;
  uint8_t *signature;
  size_t signature_len;
  /* The proof that waits for it. */
  pqq__proof_draft *draft;

  /* The first cause of failure found on our side. */
  pqq_status failure;
  /* NULL without one, or without memory for it. */
  char *failure_text;

  /* PQQ__CODEC_* that the server's chain was sent with; 0: as it is. Body of the Certificate
   * message, and what was sent of it; 0 without compression. */
  uint16_t compression;
  uint32_t certificate_bytes, certificate_wire_bytes;

  /* Server. */
  pqq__selection selection;
  /* Of config; a server's after a selection that succeeded. NULL without identities. */
  const pqq__site *site;
  const pqq__identity *identity;
  /* Made in line and not yet counted. */
  uint32_t signatures;
  /* Of a ClientHello that was refused. */
  pqq_peer_offer *offer;
  /* What clients have been asked to prove. */
  pqq__proof_requests *requests;
  /* What the client has asked for, once `ssl` is released; NULL: no name. */
  char *server_name;

  /* Of velocity/1, once it is negotiated. */
  const pqq__profile *profile;

  /* NULL on a server. */
  pqq__tls_client *client;

  /* What the peer has proven: by TLS, by authenticators. NULL until then. */
  pqq__peer_chain *peer_tls;
  pqq__peer_chain *peer_pq;
  pqq__peer_chain *peer_classical;
  uint16_t peer_classical_scheme;
};

/* The session of an SSL; NULL before it is set. */
pqq__tls_session *pqq__tls_session_of(const SSL *ssl);

/* What was selected; empty before. Lives as long as the session. */
pqq_bytes pqq__tls_session_alpn(const pqq__tls_session *session);

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
/* Signs the content of a CertificateVerify with an identity of the configuration: PQQ_OK with the
 * signature (room for PQQ__MAX_SIGNATURE_BYTES), PQQ_AGAIN if a job does it, or an error, which is
 * the session's failure. Nothing else may be being signed. */
pqq_status pqq__sign(pqq__tls_session *session, const pqq__identity *identity, uint16_t scheme,
                     pqq__sign_purpose purpose, pqq_bytes content, uint8_t *signature, size_t *len);
/* What came of the job, once: as above. */
pqq_status pqq__sign_take(pqq__tls_session *session, uint8_t *signature, size_t *len);
/* The selected identity, by pqq__sign. */
extern const SSL_PRIVATE_KEY_METHOD pqq__private_key_method;

/* verify.c: client callback. */
enum ssl_verify_result_t pqq__on_verify(SSL *ssl, uint8_t *alert);

/* commit.c: writes the profile commitment that this side sends, if any, and
 * returns its length; PQQ__COMMITMENT_BYTES is room enough. */
size_t pqq__tls_commit(const pqq__tls_session *session, uint8_t *out);

/* related_certificate.c: the RelatedCertificate extensions of both leaves. */
pqq_status pqq__related_check(pqq__tls_session *session);

/* profile.c: profile, groups, schemes and cipher suites of a configuration. */
pqq_status pqq__algorithms_resolve(pqq__tls_config *config, const pqq_config_options *options);

/* rules.c: what identities must be like, at configuration time. */
pqq_status pqq__rules_check(pqq__tls_config *config);

/* quic_glue.c: makes a context speak QUIC through ngtcp2's helper. */
int pqq__quic_configure_server(SSL_CTX *context);
int pqq__quic_configure_client(SSL_CTX *context);

#endif
