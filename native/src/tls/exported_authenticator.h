/* SPDX-License-Identifier: MIT */
/* Exported authenticators (RFC 9261): Certificate, CertificateVerify and
 * Finished of one more identity, bound to a TLS connection by two exporters.
 * Only bytes and keys here; which identity, and whether its chain is to be
 * trusted, proof.c and peer_chain.c say. */
#ifndef PQQ__TLS_EXPORTED_AUTHENTICATOR_H
#define PQQ__TLS_EXPORTED_AUTHENTICATOR_H

#include <openssl/bytestring.h>
#include <openssl/ssl.h>

#include <pqq/config.h>

#include "tls/identity.h"

/* Bytes of the random certificate_request_context: unpredictable and never used
 * twice (RFC 9261 section 4). */
#define PQQ__AUTHENTICATOR_CONTEXT_BYTES 32

/* Longest hash of a TLS 1.3 cipher suite: SHA-384. */
#define PQQ__MAX_HASH_BYTES 48

/* The exporters of one sender (RFC 9261 section 5.1). */
typedef struct pqq__authenticator_keys {
  const EVP_MD *hash;
  uint8_t handshake_context[PQQ__MAX_HASH_BYTES];
  uint8_t finished_key[PQQ__MAX_HASH_BYTES];
} pqq__authenticator_keys;

/* Takes both from a connection, for what its server (`of_server`) or its client
 * sends. Returns 1, or 0 if the exporter secret is not there yet. */
int pqq__authenticator_export(SSL *ssl, int of_server, pqq__authenticator_keys *keys);

/* What CertificateVerify signs: 64 spaces, "Exported Authenticator" with its NUL, a hash. */
#define PQQ__AUTHENTICATOR_CONTENT_BYTES (64 + 23 + PQQ__MAX_HASH_BYTES)

/* Begins an authenticator of `identity` in `out`, which is empty: its Certificate, and the content
 * that is to be signed then. `request`: the whole request message that it answers, with its
 * context; empty for a server's own. Returns the length of the content, 0 on lack of memory. */
size_t pqq__authenticator_begin(const pqq__authenticator_keys *keys, pqq_bytes request,
                                pqq_bytes context, const pqq__identity *identity, CBB *out,
                                uint8_t content[PQQ__AUTHENTICATOR_CONTENT_BYTES]);
/* Ends it: CertificateVerify with the signature, Finished. 1, or 0 on lack of memory. */
int pqq__authenticator_end(const pqq__authenticator_keys *keys, pqq_bytes request, uint16_t scheme,
                           pqq_bytes signature, CBB *out);

/* Both with a key that signs at once. Returns PQQ_OK, PQQ_ERR_SIGN_FAILED or
 * PQQ_ERR_NO_MEMORY. */
pqq_status pqq__authenticator_write(const pqq__authenticator_keys *keys, pqq_bytes request,
                                    pqq_bytes context, const pqq__identity *identity, CBB *out);

/* Appends the answer of somebody who has no such identity: a Finished alone (RFC
 * 9261 section 6). */
pqq_status pqq__authenticator_write_empty(const pqq__authenticator_keys *keys, pqq_bytes request,
                                          pqq_bytes context, CBB *out);

/* An authenticator in its parts; views of the bytes it was read from. */
typedef struct pqq__authenticator {
  int is_empty;
  pqq_bytes context;
  /* DER, leaf first. */
  pqq_bytes certificates[PQQ_MAX_CHAIN];
  size_t certificate_count;
  uint16_t scheme;
  pqq_bytes signature;
  /* Messages with their headers, for the transcript. */
  pqq_bytes certificate_message;
  pqq_bytes verify_message;
  pqq_bytes finished;
} pqq__authenticator;

/* Takes an authenticator apart. `bytes` has to be one whole authenticator. Returns
 * 1, or 0 if it is malformed. */
int pqq__authenticator_read(pqq_bytes bytes, pqq__authenticator *authenticator);

/* 1 if Finished is right: the sender knows this connection's secrets. */
int pqq__authenticator_is_bound(const pqq__authenticator *authenticator,
                                const pqq__authenticator_keys *keys, pqq_bytes request);

/* 1 if CertificateVerify was made with the private half of `key`, in the scheme
 * that it names, which is one of ours. */
int pqq__authenticator_is_signed(const pqq__authenticator *authenticator,
                                 const pqq__authenticator_keys *keys, pqq_bytes request,
                                 EVP_PKEY *key);

#endif
