/* SPDX-License-Identifier: MIT */
/* Certificate compression (RFC 8879): each configured chain is compressed once,
 * when it is loaded, and an algorithm is offered only where that gains. */
#ifndef PQQ__TLS_COMPRESSION_H
#define PQQ__TLS_COMPRESSION_H

#include <openssl/base.h>

#include <pqq/error.h>
#include <pqq/types.h>

#include "tls/codec.h"

/* The body of an identity's Certificate message (empty context, no extensions),
 * as it is and compressed. Immutable once filled. */
typedef struct pqq__compressed {
  uint8_t *body;
  size_t body_len;
  /* In the order of pqq__codecs. NULL where a CompressedCertificate message
   * would not be smaller. */
  struct {
    uint8_t *data;
    size_t len;
  } forms[PQQ__CODECS];
} pqq__compressed;

/* What a CompressedCertificate message has in front of the compressed bytes:
 * algorithm, length before, length after. */
#define PQQ__COMPRESSED_HEADER_BYTES 8

/* Errors: PQQ_ERR_NO_MEMORY. */
pqq_status pqq__compressed_fill(pqq__compressed *compressed, CRYPTO_BUFFER *const *chain,
                                size_t chain_len);
void pqq__compressed_clear(pqq__compressed *compressed);

typedef struct pqq__tls_config pqq__tls_config;

/* Lets a server's context send what gains for all its identities (AWS-LC knows
 * the algorithm before it knows the identity, so one that gains for some would
 * cost for others), the best first. 0 on lack of memory. */
int pqq__compression_offer(SSL_CTX *context, const pqq__tls_config *config);
/* Lets a client's context take all. 0 on lack of memory. */
int pqq__compression_accept(SSL_CTX *context);
/* The form that a client which takes all would get, or -1 for none. */
int pqq__compression_best(const pqq__tls_config *config);

#endif
