/* SPDX-License-Identifier: MIT */
/* A program with functions of its own that are called like those inside libpqq. Neither may take
 * the other's: whoever of libpqq came here would not come back. */
#include <stdlib.h>

#define MINE(name)  \
  void name(void);  \
  void name(void) { \
    abort();        \
  }

MINE(SSL_new)
MINE(SSL_CTX_new)
MINE(SSL_do_handshake)
MINE(RAND_bytes)
MINE(EVP_sha256)
MINE(X509_free)
MINE(OPENSSL_malloc)
MINE(ERR_clear_error)
MINE(OQS_SIG_new)
MINE(OQS_randombytes)
MINE(ngtcp2_conn_read_pkt_versioned)
MINE(ngtcp2_crypto_write_connection_close)
MINE(nghttp3_conn_read_stream)
MINE(deflate)
MINE(inflate)
MINE(BrotliEncoderCompress)
