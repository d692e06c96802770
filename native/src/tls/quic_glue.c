/* SPDX-License-Identifier: MIT */
/* Where ngtcp2's crypto helper meets our TLS contexts; the only file of this
 * folder that includes ngtcp2. */
#include <string.h>

#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_boringssl.h>

#include "tls/internal.h"

/* ngtcp2's helper encodes into 256 bytes. */
#define MAX_PARAMS_BYTES (256 + PQQ__COMMITMENT_BYTES)

int pqq__quic_configure_server(SSL_CTX *context) {
  return ngtcp2_crypto_boringssl_configure_server_context(context);
}

int pqq__quic_configure_client(SSL_CTX *context) {
  return ngtcp2_crypto_boringssl_configure_client_context(context);
}

/* ngtcp2 declares it in a header that it does not install. */
int ngtcp2_crypto_set_local_transport_params(void *tls, const uint8_t *buf, size_t len);

/* The build takes this function out of ngtcp2's helper and ours takes its
 * place: the one point on both sides where the encoded transport parameters
 * (RFC 9000 section 18) pass by, and so where private-use ones can be appended. */
int ngtcp2_crypto_set_local_transport_params(void *tls, const uint8_t *buf, size_t len) {
  const pqq__tls_session *session = pqq__tls_session_of(tls);
  uint8_t params[MAX_PARAMS_BYTES];

  if (len > sizeof params - PQQ__COMMITMENT_BYTES) {
    return -1;
  }
  memcpy(params, buf, len);
  if (session != NULL) { /* bench/native/floor.c has TLS of its own */
    len += pqq__tls_commit(session, params + len);
  }
  return SSL_set_quic_transport_params(tls, params, len) == 1 ? 0 : -1;
}
