/* SPDX-License-Identifier: MIT */
/* What a program does that has an OpenSSL beside libpqq: a context, a connection in it, a digest.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

const char *own_openssl(void);

const char *own_openssl(void) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  SSL_CTX *context = SSL_CTX_new(TLS_method());
  SSL *connection = context == NULL ? NULL : SSL_new(context);
  int works = connection != NULL &&
              EVP_Digest("abc", 3, digest, &length, EVP_sha256(), NULL) == 1 && length == 32 &&
              digest[0] == 0xba;

  SSL_free(connection);
  SSL_CTX_free(context);
  return works ? OpenSSL_version(OPENSSL_VERSION) : "OpenSSL does not work";
}
