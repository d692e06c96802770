/* SPDX-License-Identifier: MIT */
/* A certificate chain that a peer has sent, and the judgement of it: chain up to
 * a trust anchor (RFC 5280 section 6), purpose, dates, reference name (RFC 9525:
 * subjectAltName only), algorithms. The same for the chain of a TLS handshake
 * and for that of an authenticator. */
#ifndef PQQ__TLS_PEER_CHAIN_H
#define PQQ__TLS_PEER_CHAIN_H

#include <openssl/base.h>
#include <openssl/digest.h>

#include <pqq/config.h>
#include <pqq/events.h>

#include "tls/host_name.h"
#include "tls/tls.h"

typedef struct pqq__peer_chain {
  /* Leaf first, as sent. `info` has views of them. */
  CRYPTO_BUFFER *certificates[PQQ_MAX_CHAIN];
  pqq_certificate_info info[PQQ_MAX_CHAIN];
  size_t len;
  /* Of the leaf, until its signature has been checked. */
  EVP_PKEY *key;
  /* Of the verified chain, without the anchor's own signature: every one is
   * ML-DSA; none is. */
  int is_pq;
  int is_classical;
  /* SHA-256 of the anchor that the chain ends at. */
  uint8_t anchor[32];
} pqq__peer_chain;

/* What to verify against. */
typedef struct pqq__chain_rules {
  X509_STORE *roots;
  /* NULL for a client's chain: it has no reference name. */
  const pqq__host_name *host;
  /* "server" or "client", and "" or the half of which it is the chain, such as
   * "classical ": for messages. */
  const char *whose;
  const char *half;
} pqq__chain_rules;

/* Verifies `count` certificates and keeps them in a new chain. On failure the
 * session has the reason, `*alert` the TLS alert for it, and NULL is returned. */
pqq__peer_chain *pqq__peer_chain_verify(pqq__tls_session *session, CRYPTO_BUFFER *const *sent,
                                        size_t count, const pqq__chain_rules *rules,
                                        uint8_t *alert);

/* The leaf's key has done its work: the signature made with it is checked. */
void pqq__peer_chain_drop_key(pqq__peer_chain *chain);

/* NULL is ignored. */
void pqq__peer_chain_free(pqq__peer_chain *chain);

#endif
