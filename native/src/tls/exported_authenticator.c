/* SPDX-License-Identifier: MIT */
/* See exported_authenticator.h. */
#include "tls/exported_authenticator.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/mem.h>
#include <openssl/pool.h>

/* HandshakeType (RFC 8446 section 4). */
#define CERTIFICATE 11
#define CERTIFICATE_VERIFY 15
#define FINISHED 20

/* What CertificateVerify signs (RFC 9261 section 5.2.2): 64 spaces, the text with
 * its NUL, a hash. */
#define PADDING_BYTES 64
static const char signed_text[] = "Exported Authenticator";
_Static_assert(PADDING_BYTES + sizeof signed_text + PQQ__MAX_HASH_BYTES ==
                   PQQ__AUTHENTICATOR_CONTENT_BYTES,
               "the content of a CertificateVerify");

int pqq__authenticator_export(SSL *ssl, int of_server, pqq__authenticator_keys *keys) {
  static const char *const labels[2][2] = {
      {"EXPORTER-client authenticator handshake context",
       "EXPORTER-client authenticator finished key"},
      {"EXPORTER-server authenticator handshake context",
       "EXPORTER-server authenticator finished key"},
  };
  const char *const *label = labels[of_server != 0];
  const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
  size_t len;

  /* While the handshake runs the suite is only there as pending. */
  if (cipher == NULL) {
    cipher = SSL_get_pending_cipher(ssl);
  }
  if (cipher == NULL) {
    return 0;
  }
  keys->hash = SSL_CIPHER_get_handshake_digest(cipher);
  len = EVP_MD_size(keys->hash);
  return SSL_export_keying_material(ssl, keys->handshake_context, len, label[0], strlen(label[0]),
                                    NULL, 0, 0) == 1 &&
         SSL_export_keying_material(ssl, keys->finished_key, len, label[1], strlen(label[1]), NULL,
                                    0, 0) == 1;
}

/* Hash(Handshake Context || request || messages). */
static size_t hash_transcript(const pqq__authenticator_keys *keys, pqq_bytes request,
                              pqq_bytes first, pqq_bytes second, uint8_t *out) {
  EVP_MD_CTX context;
  unsigned len = 0;

  EVP_MD_CTX_init(&context);
  (void)EVP_DigestInit_ex(&context, keys->hash, NULL);
  (void)EVP_DigestUpdate(&context, keys->handshake_context, EVP_MD_size(keys->hash));
  (void)EVP_DigestUpdate(&context, request.data, request.len);
  (void)EVP_DigestUpdate(&context, first.data, first.len);
  (void)EVP_DigestUpdate(&context, second.data, second.len);
  (void)EVP_DigestFinal_ex(&context, out, &len);
  EVP_MD_CTX_cleanup(&context);
  return len;
}

static size_t signed_content(const pqq__authenticator_keys *keys, pqq_bytes request,
                             pqq_bytes certificate,
                             uint8_t content[PQQ__AUTHENTICATOR_CONTENT_BYTES]) {
  memset(content, ' ', PADDING_BYTES);
  memcpy(content + PADDING_BYTES, signed_text, sizeof signed_text);
  return PADDING_BYTES + sizeof signed_text +
         hash_transcript(keys, request, certificate, (pqq_bytes){NULL, 0},
                         content + PADDING_BYTES + sizeof signed_text);
}

static size_t finished_mac(const pqq__authenticator_keys *keys, pqq_bytes request,
                           pqq_bytes certificate, pqq_bytes verify, uint8_t *mac) {
  uint8_t hash[PQQ__MAX_HASH_BYTES];
  size_t len = hash_transcript(keys, request, certificate, verify, hash);
  unsigned mac_len = 0;

  (void)HMAC(keys->hash, keys->finished_key, EVP_MD_size(keys->hash), hash, len, mac, &mac_len);
  return mac_len;
}

static int write_certificate(pqq_bytes context, const pqq__identity *identity, CBB *out) {
  CBB message, list, value;

  if (!CBB_add_u8(out, CERTIFICATE) || !CBB_add_u24_length_prefixed(out, &message) ||
      !CBB_add_u8_length_prefixed(&message, &value) ||
      !CBB_add_bytes(&value, context.data, context.len) ||
      !CBB_add_u24_length_prefixed(&message, &list)) {
    return 0;
  }
  for (size_t i = 0; i < identity->chain_len; i++) {
    /* No extensions: none was asked for. */
    if (!CBB_add_u24_length_prefixed(&list, &value) ||
        !CBB_add_bytes(&value, CRYPTO_BUFFER_data(identity->chain[i]),
                       CRYPTO_BUFFER_len(identity->chain[i])) ||
        !CBB_add_u16(&list, 0)) {
      return 0;
    }
  }
  return CBB_flush(out);
}

static int write_verify(uint16_t scheme, const uint8_t *signature, size_t len, CBB *out) {
  CBB message, value;

  return CBB_add_u8(out, CERTIFICATE_VERIFY) && CBB_add_u24_length_prefixed(out, &message) &&
         CBB_add_u16(&message, scheme) && CBB_add_u16_length_prefixed(&message, &value) &&
         CBB_add_bytes(&value, signature, len) && CBB_flush(out);
}

static int write_finished(const uint8_t *mac, size_t len, CBB *out) {
  CBB message;

  return CBB_add_u8(out, FINISHED) && CBB_add_u24_length_prefixed(out, &message) &&
         CBB_add_bytes(&message, mac, len) && CBB_flush(out);
}

/* What was appended to `out` after its first `from` bytes. */
static pqq_bytes since(const CBB *out, size_t from) {
  return (pqq_bytes){CBB_data(out) + from, CBB_len(out) - from};
}

size_t pqq__authenticator_begin(const pqq__authenticator_keys *keys, pqq_bytes request,
                                pqq_bytes context, const pqq__identity *identity, CBB *out,
                                uint8_t content[PQQ__AUTHENTICATOR_CONTENT_BYTES]) {
  return write_certificate(context, identity, out)
             ? signed_content(keys, request, since(out, 0), content)
             : 0;
}

int pqq__authenticator_end(const pqq__authenticator_keys *keys, pqq_bytes request, uint16_t scheme,
                           pqq_bytes signature, CBB *out) {
  uint8_t mac[PQQ__MAX_HASH_BYTES];
  size_t mac_len, middle = CBB_len(out);

  if (!write_verify(scheme, signature.data, signature.len, out)) {
    return 0;
  }
  mac_len =
      finished_mac(keys, request, (pqq_bytes){CBB_data(out), middle}, since(out, middle), mac);
  return write_finished(mac, mac_len, out);
}

pqq_status pqq__authenticator_write(const pqq__authenticator_keys *keys, pqq_bytes request,
                                    pqq_bytes context, const pqq__identity *identity, CBB *out) {
  uint8_t content[PQQ__AUTHENTICATOR_CONTENT_BYTES], signature[PQQ__MAX_SIGNATURE_BYTES];
  size_t signature_len,
      content_len = pqq__authenticator_begin(keys, request, context, identity, out, content);
  pqq_status status = PQQ_ERR_NO_MEMORY;

  if (content_len > 0) {
    status = pqq__signing_key_sign(identity->key, identity->scheme->id, content, content_len,
                                   signature, &signature_len);
  }
  if (status == PQQ_OK && !pqq__authenticator_end(keys, request, identity->scheme->id,
                                                  (pqq_bytes){signature, signature_len}, out)) {
    status = PQQ_ERR_NO_MEMORY;
  }
  return status;
}

/* The Certificate that an empty authenticator stands for: context, no entry. It
 * goes into the transcript and is not sent. */
static int write_no_certificate(pqq_bytes context, CBB *out) {
  static const pqq__identity nobody;

  return write_certificate(context, &nobody, out);
}

static int empty_mac(const pqq__authenticator_keys *keys, pqq_bytes request, pqq_bytes context,
                     uint8_t *mac, size_t *mac_len) {
  CBB message;
  int ok = CBB_init(&message, 64) && write_no_certificate(context, &message);

  if (ok) {
    *mac_len = finished_mac(keys, request, since(&message, 0), (pqq_bytes){NULL, 0}, mac);
  }
  CBB_cleanup(&message);
  return ok;
}

pqq_status pqq__authenticator_write_empty(const pqq__authenticator_keys *keys, pqq_bytes request,
                                          pqq_bytes context, CBB *out) {
  uint8_t mac[PQQ__MAX_HASH_BYTES];
  size_t mac_len;

  return empty_mac(keys, request, context, mac, &mac_len) && write_finished(mac, mac_len, out)
             ? PQQ_OK
             : PQQ_ERR_NO_MEMORY;
}

static pqq_bytes view(const CBS *cbs) {
  return (pqq_bytes){CBS_data(cbs), CBS_len(cbs)};
}

/* Takes a handshake message off `in`: its body, and `*whole` with its header. */
static int get_message(CBS *in, uint8_t want, CBS *body, pqq_bytes *whole) {
  const uint8_t *begin = CBS_data(in);
  uint8_t type;

  if (!CBS_get_u8(in, &type) || type != want || !CBS_get_u24_length_prefixed(in, body)) {
    return 0;
  }
  *whole = (pqq_bytes){begin, (size_t)(CBS_data(in) - begin)};
  return 1;
}

static int read_certificates(CBS *body, pqq__authenticator *to) {
  CBS context, list, certificate, extensions;

  if (!CBS_get_u8_length_prefixed(body, &context) || !CBS_get_u24_length_prefixed(body, &list) ||
      CBS_len(body) != 0) {
    return 0;
  }
  to->context = view(&context);
  while (CBS_len(&list) > 0) {
    if (to->certificate_count == PQQ_MAX_CHAIN ||
        !CBS_get_u24_length_prefixed(&list, &certificate) || CBS_len(&certificate) == 0 ||
        !CBS_get_u16_length_prefixed(&list, &extensions) || CBS_len(&extensions) != 0) {
      return 0; /* extensions too: none was asked for (RFC 9261 section 5.2.1) */
    }
    to->certificates[to->certificate_count++] = view(&certificate);
  }
  return to->certificate_count > 0;
}

static int read_verify(CBS *body, pqq__authenticator *to) {
  CBS signature;

  if (!CBS_get_u16(body, &to->scheme) || !CBS_get_u16_length_prefixed(body, &signature) ||
      CBS_len(body) != 0 || CBS_len(&signature) == 0) {
    return 0;
  }
  to->signature = view(&signature);
  return 1;
}

int pqq__authenticator_read(pqq_bytes bytes, pqq__authenticator *authenticator) {
  CBS in, body;
  pqq_bytes whole;

  memset(authenticator, 0, sizeof *authenticator);
  CBS_init(&in, bytes.data, bytes.len);
  if (bytes.len > 0 && bytes.data[0] == FINISHED) {
    authenticator->is_empty = 1;
  } else if (!get_message(&in, CERTIFICATE, &body, &authenticator->certificate_message) ||
             !read_certificates(&body, authenticator) ||
             !get_message(&in, CERTIFICATE_VERIFY, &body, &authenticator->verify_message) ||
             !read_verify(&body, authenticator)) {
    return 0;
  }
  if (!get_message(&in, FINISHED, &body, &whole) || CBS_len(&in) != 0) {
    return 0;
  }
  authenticator->finished = view(&body);
  return 1;
}

int pqq__authenticator_is_bound(const pqq__authenticator *authenticator,
                                const pqq__authenticator_keys *keys, pqq_bytes request) {
  uint8_t mac[PQQ__MAX_HASH_BYTES];
  size_t mac_len;

  if (authenticator->is_empty) {
    if (!empty_mac(keys, request, authenticator->context, mac, &mac_len)) {
      return 0;
    }
  } else {
    mac_len = finished_mac(keys, request, authenticator->certificate_message,
                           authenticator->verify_message, mac);
  }
  return mac_len == authenticator->finished.len &&
         CRYPTO_memcmp(mac, authenticator->finished.data, mac_len) == 0;
}

int pqq__authenticator_is_signed(const pqq__authenticator *authenticator,
                                 const pqq__authenticator_keys *keys, pqq_bytes request,
                                 EVP_PKEY *key) {
  const pqq__signature_scheme *scheme = pqq__signing_scheme(key);
  uint8_t content[PQQ__AUTHENTICATOR_CONTENT_BYTES];
  size_t content_len = signed_content(keys, request, authenticator->certificate_message, content);
  int ok;

  ok = scheme != NULL && scheme->id == authenticator->scheme &&
       pqq__signature_verify(key, scheme->id, content, content_len, authenticator->signature);
  ERR_clear_error();
  return ok;
}
