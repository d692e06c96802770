/* SPDX-License-Identifier: MIT */
/* RelatedCertificate (RFC 9763 section 4): a leaf may hold the hash of the other
 * leaf of the same owner. Checked wherever it is; required if the policy says so. */
#include <string.h>

#include <openssl/bytestring.h>
#include <openssl/digest.h>
#include <openssl/obj.h>
#include <openssl/pool.h>
#include <openssl/x509.h>

#include "tls/internal.h"

/* id-pe-relatedCert, 1.3.6.1.5.5.7.1.36, as the content of an OBJECT IDENTIFIER. */
static const uint8_t related_oid[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x24};

typedef enum { RELATED_ABSENT, RELATED_GOOD, RELATED_BAD } related;

/* RelatedCertificate ::= SEQUENCE { hashAlgorithm DigestAlgorithmIdentifier,
 * hashValue OCTET STRING } */
static related compare(const ASN1_OCTET_STRING *value, const CRYPTO_BUFFER *other) {
  CBS in, sequence, hash;
  const EVP_MD *digest;
  uint8_t want[EVP_MAX_MD_SIZE];
  unsigned len;

  CBS_init(&in, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
  if (!CBS_get_asn1(&in, &sequence, CBS_ASN1_SEQUENCE) || CBS_len(&in) != 0) {
    return RELATED_BAD;
  }
  digest = EVP_parse_digest_algorithm(&sequence);
  if (digest == NULL || !CBS_get_asn1(&sequence, &hash, CBS_ASN1_OCTETSTRING) ||
      EVP_MD_size(digest) < 32 ||
      EVP_Digest(CRYPTO_BUFFER_data(other), CRYPTO_BUFFER_len(other), want, &len, digest, NULL) !=
          1) {
    return RELATED_BAD;
  }
  return CBS_mem_equal(&hash, want, len) ? RELATED_GOOD : RELATED_BAD;
}

static related look(CRYPTO_BUFFER *leaf, const CRYPTO_BUFFER *other) {
  X509 *certificate = X509_parse_from_buffer(leaf);
  related result = RELATED_ABSENT;

  if (certificate == NULL) {
    return RELATED_BAD;
  }
  for (int i = 0; i < X509_get_ext_count(certificate); i++) {
    const X509_EXTENSION *extension = X509_get_ext(certificate, i);
    const ASN1_OBJECT *object = X509_EXTENSION_get_object(extension);

    if (OBJ_length(object) == sizeof related_oid &&
        memcmp(OBJ_get0_data(object), related_oid, sizeof related_oid) == 0) {
      result = compare(X509_EXTENSION_get_data(extension), other);
    }
  }
  X509_free(certificate);
  return result;
}

pqq_status pqq__related_check(pqq__tls_session *session) {
  const pqq__peer_chain *first = session->is_server ? session->peer_pq : session->peer_tls;
  const pqq__peer_chain *second = session->peer_classical;
  related forth, back;

  if (first == NULL || second == NULL) {
    return PQQ_OK;
  }
  forth = look(first->certificates[0], second->certificates[0]);
  back = look(second->certificates[0], first->certificates[0]);
  if (forth == RELATED_BAD || back == RELATED_BAD) {
    pqq__tls_session_fail(session, PQQ_ERR_RELATED_CERTIFICATE,
                          "the RelatedCertificate of the %s leaf is not for the other leaf",
                          forth == RELATED_BAD ? "ML-DSA" : "classical");
    return PQQ_ERR_RELATED_CERTIFICATE;
  }
  /* A leaf can name only one that was made before it, so one direction is all
   * there can be. */
  if (session->config->requires_related && forth == RELATED_ABSENT && back == RELATED_ABSENT) {
    pqq__tls_session_fail(session, PQQ_ERR_RELATED_CERTIFICATE,
                          "no leaf has a RelatedCertificate, which the policy requires");
    return PQQ_ERR_RELATED_CERTIFICATE;
  }
  return PQQ_OK;
}
