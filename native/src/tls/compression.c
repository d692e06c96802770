/* SPDX-License-Identifier: MIT */
/* Certificate compression over AWS-LC; see compression.h. */
#include "tls/compression.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bytestring.h>
#include <openssl/pool.h>
#include <openssl/ssl.h>

#include "tls/alert.h"
#include "tls/internal.h"

static int write_body(CBB *body, CRYPTO_BUFFER *const *chain, size_t chain_len) {
  CBB list, certificate;

  if (!CBB_add_u8(body, 0) || !CBB_add_u24_length_prefixed(body, &list)) {
    return 0;
  }
  for (size_t i = 0; i < chain_len; i++) {
    if (!CBB_add_u24_length_prefixed(&list, &certificate) ||
        !CBB_add_bytes(&certificate, CRYPTO_BUFFER_data(chain[i]), CRYPTO_BUFFER_len(chain[i])) ||
        !CBB_add_u16(&list, 0)) {
      return 0;
    }
  }
  return CBB_flush(body);
}

/* Nothing is kept that does not gain. */
static void fill_form(pqq__compressed *compressed, size_t i) {
  size_t len = 0;
  uint8_t *data = pqq__codecs[i].compress(compressed->body, compressed->body_len, &len);

  if (data == NULL || PQQ__COMPRESSED_HEADER_BYTES + len >= compressed->body_len) {
    free(data);
    return;
  }
  compressed->forms[i].data = data;
  compressed->forms[i].len = len;
}

pqq_status pqq__compressed_fill(pqq__compressed *compressed, CRYPTO_BUFFER *const *chain,
                                size_t chain_len) {
  CBB body;

  if (!CBB_init(&body, 1024) || !write_body(&body, chain, chain_len)) {
    CBB_cleanup(&body);
    return PQQ_ERR_NO_MEMORY;
  }
  compressed->body_len = CBB_len(&body);
  compressed->body = malloc(compressed->body_len);
  if (compressed->body != NULL) {
    memcpy(compressed->body, CBB_data(&body), compressed->body_len);
  }
  CBB_cleanup(&body);
  if (compressed->body == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  for (size_t i = 0; i < PQQ__CODECS; i++) {
    fill_form(compressed, i);
  }
  return PQQ_OK;
}

void pqq__compressed_clear(pqq__compressed *compressed) {
  free(compressed->body);
  for (size_t i = 0; i < PQQ__CODECS; i++) {
    free(compressed->forms[i].data);
  }
  memset(compressed, 0, sizeof *compressed);
}

static void note(pqq__tls_session *session, size_t i, size_t body_len, size_t compressed_len) {
  session->compression = pqq__codecs[i].id;
  session->certificate_bytes = (uint32_t)body_len;
  session->certificate_wire_bytes = (uint32_t)(PQQ__COMPRESSED_HEADER_BYTES + compressed_len);
}

/* --- Sending -------------------------------------------------------------------------------- */

/* What was compressed when it was loaded is only copied. Any other body (a chain that AWS-LC has
 * given an extension) is compressed now: the ClientHello was answered with a promise to. */
static int add_compressed(const pqq__compressed *kept, size_t i, const uint8_t *in, size_t in_len,
                          CBB *out, size_t *len) {
  uint8_t *made;
  int is_added;

  if (in_len == kept->body_len && memcmp(in, kept->body, in_len) == 0 &&
      kept->forms[i].data != NULL) {
    *len = kept->forms[i].len;
    return CBB_add_bytes(out, kept->forms[i].data, *len);
  }
  made = pqq__codecs[i].compress(in, in_len, len);
  is_added = made != NULL && CBB_add_bytes(out, made, *len);
  free(made);
  return is_added;
}

static int compress(SSL *ssl, CBB *out, const uint8_t *in, size_t in_len, size_t i) {
  pqq__tls_session *session = pqq__tls_session_of(ssl);
  size_t len;

  if (!add_compressed(&session->identity->compressed, i, in, in_len, out, &len)) {
    pqq__tls_session_fail(session, PQQ_ERR_INTERNAL, "the certificate cannot be compressed");
    (void)SSL_send_fatal_alert(ssl, PQQ__ALERT_INTERNAL_ERROR);
    return 0;
  }
  note(session, i, in_len, len);
  return 1;
}

/* --- Receiving ------------------------------------------------------------------------------ */

/* RFC 8879 section 4: bad_certificate. AWS-LC's own alert then comes too late. */
static int refuse(SSL *ssl, const char *what) {
  pqq__tls_session_fail(pqq__tls_session_of(ssl), PQQ_ERR_CERT_INVALID,
                        "the compressed certificate %s", what);
  (void)SSL_send_fatal_alert(ssl, PQQ__ALERT_BAD_CERTIFICATE);
  return 0;
}

static int decompress(SSL *ssl, CRYPTO_BUFFER **out, size_t out_len, const uint8_t *in,
                      size_t in_len, size_t i) {
  uint8_t *data;

  if (out_len > PQQ__MAX_CERTIFICATE_MESSAGE_BYTES) {
    return refuse(ssl, "is too large");
  }
  *out = CRYPTO_BUFFER_alloc(&data, out_len);
  if (*out == NULL) {
    return 0;
  }
  if (!pqq__codecs[i].decompress(in, in_len, data, out_len)) {
    CRYPTO_BUFFER_free(*out);
    *out = NULL;
    return refuse(ssl, "does not unpack to its length");
  }
  note(pqq__tls_session_of(ssl), i, out_len, in_len);
  return 1;
}

/* AWS-LC gives its callbacks no argument, so each algorithm has its own pair. */
static int compress_0(SSL *ssl, CBB *out, const uint8_t *in, size_t in_len) {
  return compress(ssl, out, in, in_len, 0);
}

static int compress_1(SSL *ssl, CBB *out, const uint8_t *in, size_t in_len) {
  return compress(ssl, out, in, in_len, 1);
}

static int decompress_0(SSL *ssl, CRYPTO_BUFFER **out, size_t out_len, const uint8_t *in,
                        size_t in_len) {
  return decompress(ssl, out, out_len, in, in_len, 0);
}

static int decompress_1(SSL *ssl, CRYPTO_BUFFER **out, size_t out_len, const uint8_t *in,
                        size_t in_len) {
  return decompress(ssl, out, out_len, in, in_len, 1);
}

static const ssl_cert_compression_func_t compressors[PQQ__CODECS] = {compress_0, compress_1};
static const ssl_cert_decompression_func_t decompressors[PQQ__CODECS] = {decompress_0,
                                                                         decompress_1};

/* --- Contexts ------------------------------------------------------------------------------- */

/* Bytes of all identities in that form; 0 if it does not gain for each. */
static size_t total_of(const pqq__tls_config *config, size_t i) {
  size_t total = 0;

  for (size_t j = 0; j < config->site_count; j++) {
    const pqq__site *site = &config->sites[j];

    for (size_t k = 0; k < site->identity_count; k++) {
      if (site->identities[k].compressed.forms[i].data == NULL) {
        return 0;
      }
      total += site->identities[k].compressed.forms[i].len;
    }
  }
  return total;
}

int pqq__compression_best(const pqq__tls_config *config) {
  int best = -1;

  for (int i = 0; i < PQQ__CODECS; i++) {
    size_t total = total_of(config, (size_t)i);

    if (total > 0 && (best < 0 || total < total_of(config, (size_t)best))) {
      best = i;
    }
  }
  return best;
}

int pqq__compression_offer(SSL_CTX *context, const pqq__tls_config *config) {
  int best = pqq__compression_best(config);

  if (best < 0) {
    return 1;
  }
  for (size_t k = 0; k < PQQ__CODECS; k++) {
    /* The best one, then the others. */
    size_t i = k == 0 ? (size_t)best : k <= (size_t)best ? k - 1 : k;

    if (total_of(config, i) > 0 &&
        SSL_CTX_add_cert_compression_alg(context, pqq__codecs[i].id, compressors[i], NULL) != 1) {
      return 0;
    }
  }
  return 1;
}

int pqq__compression_accept(SSL_CTX *context) {
  for (size_t i = 0; i < PQQ__CODECS; i++) {
    if (SSL_CTX_add_cert_compression_alg(context, pqq__codecs[i].id, NULL, decompressors[i]) != 1) {
      return 0;
    }
  }
  return 1;
}
