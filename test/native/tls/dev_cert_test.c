/* SPDX-License-Identifier: MIT */
/* Development identities: what is in the certificates, and that a handshake
 * with them works over every name that was asked for. */
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "core/error.h"
#include "fixtures.h"
#include "harness.h"
#include "tls/certificate.h"
#include "tls_pair.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const names[] = {"localhost", "*.dev.localhost", "127.0.0.1", "::1"};

static const struct {
  int32_t profile;
  const char *pq, *classical;
  /* Largest DER of the leaves, so that nobody makes flights longer unseen. */
  size_t pq_max_bytes, classical_max_bytes;
} rows[] = {
    {PQQ_PROFILE_LIGHT, "ML-DSA-44", "ECDSA P-256", 4100, 520},
    {PQQ_PROFILE_BALANCED, "ML-DSA-65", "ECDSA P-256", 5650, 520},
    {PQQ_PROFILE_SECURE, "ML-DSA-87", "ECDSA P-384", 7600, 580},
};

static X509 *read_certificate(pqq_bytes pem, size_t index) {
  BIO *bio = BIO_new_mem_buf(pem.data, (ossl_ssize_t)pem.len);
  X509 *certificate = NULL;

  for (size_t i = 0; i <= index; i++) {
    X509_free(certificate);
    certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
  }
  BIO_free(bio);
  return certificate;
}

static pqq_dev_identity *make(int32_t profile) {
  pqq_dev_identity *identity = NULL;

  if (pqq__tls_dev_identity_new(profile, names, COUNT(names), 90, &identity) != PQQ_OK) {
    FAIL("%s", pqq_error_detail());
  }
  return identity;
}

static void expect_leaf(X509 *leaf, X509 *root, const char *algorithm, size_t max_bytes) {
  time_t now = time(NULL), in_89_days = now + 89 * 86400, in_91_days = now + 91 * 86400;
  char text[128];
  int len;

  EXPECT_STR(pqq__certificate_key_name(leaf), algorithm);
  EXPECT_STR(pqq__certificate_key_name(root), algorithm);
  EXPECT_INT(X509_verify(leaf, X509_get0_pubkey(root)), 1);
  EXPECT_INT(X509_verify(root, X509_get0_pubkey(root)), 1);
  EXPECT_INT(X509_check_issued(root, leaf), X509_V_OK);
  EXPECT(X509_get_extension_flags(root) & EXFLAG_CA);
  EXPECT_INT(X509_get_pathlen(root), 0);
  EXPECT_UINT(X509_get_key_usage(root), X509v3_KU_KEY_CERT_SIGN | X509v3_KU_CRL_SIGN);
  EXPECT(!(X509_get_extension_flags(leaf) & EXFLAG_CA));
  EXPECT_UINT(X509_get_key_usage(leaf), X509v3_KU_DIGITAL_SIGNATURE);
  EXPECT_UINT(X509_get_extended_key_usage(leaf), XKU_SSL_SERVER | XKU_SSL_CLIENT);
  EXPECT(X509_get0_authority_key_id(leaf) != NULL && X509_get0_subject_key_id(root) != NULL);
  EXPECT_INT(pqq__certificate_is_development(leaf), 1);
  EXPECT_INT(X509_cmp_time(X509_get0_notBefore(leaf), &now), -1);
  EXPECT_INT(X509_cmp_time(X509_get0_notAfter(leaf), &in_89_days), 1);
  EXPECT_INT(X509_cmp_time(X509_get0_notAfter(leaf), &in_91_days), -1);
  pqq__certificate_names(leaf, text, sizeof text);
  EXPECT_STR(text, "localhost, *.dev.localhost, 127.0.0.1, ::1");
  len = i2d_X509(leaf, NULL);
  if (len <= 0 || (size_t)len > max_bytes) {
    FAIL("the leaf has %d bytes, more than %zu", len, max_bytes);
  }
}

TEST("each profile gets its algorithms, right extensions and small leaves") {
  for (size_t i = 0; i < COUNT(rows); i++) {
    pqq_dev_identity *identity = make(rows[i].profile);
    X509 *pq_root = read_certificate(identity->ca_pem, 0);
    X509 *classical_root = read_certificate(identity->ca_pem, 1);
    X509 *pq = read_certificate(identity->pq_cert_pem, 0);
    X509 *classical = read_certificate(identity->classical_cert_pem, 0);

    NOTE("profile %d", rows[i].profile);
    EXPECT(read_certificate(identity->ca_pem, 2) == NULL);
    expect_leaf(pq, pq_root, rows[i].pq, rows[i].pq_max_bytes);
    expect_leaf(classical, classical_root, rows[i].classical, rows[i].classical_max_bytes);
    EXPECT(X509_NAME_cmp(X509_get_subject_name(pq_root), X509_get_subject_name(classical_root)));
    X509_free(pq_root);
    X509_free(classical_root);
    X509_free(pq);
    X509_free(classical);
    pqq__tls_dev_identity_free(identity);
  }
}

TEST("no two identities share a serial number or a root name") {
  pqq_dev_identity *one = make(PQQ_PROFILE_LIGHT), *two = make(PQQ_PROFILE_LIGHT);
  X509 *first = read_certificate(one->pq_cert_pem, 0);
  X509 *second = read_certificate(two->pq_cert_pem, 0);

  EXPECT(ASN1_INTEGER_cmp(X509_get0_serialNumber(first), X509_get0_serialNumber(second)) != 0);
  EXPECT(X509_NAME_cmp(X509_get_issuer_name(first), X509_get_issuer_name(second)) != 0);
  X509_free(first);
  X509_free(second);
  pqq__tls_dev_identity_free(one);
  pqq__tls_dev_identity_free(two);
}

TEST("a handshake works over every name, with the ML-DSA identity by default") {
  static const char *const asked[] = {"localhost", "a.dev.localhost", "127.0.0.1", "::1"};

  for (size_t i = 0; i < COUNT(rows); i++) {
    pqq_dev_identity *dev = make(rows[i].profile);
    pqq_identity_source sources[] = {
        {.cert_pem = dev->pq_cert_pem, .key_pem = dev->pq_key_pem},
        {.cert_pem = dev->classical_cert_pem, .key_pem = dev->classical_key_pem}};
    pqq_config_options options = {.profile = rows[i].profile,
                                  .identities = sources,
                                  .identity_count = 2,
                                  .ca_pem = dev->ca_pem,
                                  .disable_velocity = 1};
    pqq__tls_config *config;

    EXPECT_INT(pqq__tls_config_new(&options, &config), PQQ_OK);
    for (size_t j = 0; j < COUNT(asked); j++) {
      tls_pair *pair = tls_pair_new(config, config, asked[j], 0);
      pqq_connection_info info;
      const char *reason;

      EXPECT(pair != NULL);
      if (!tls_pair_run(pair)) {
        (void)pqq__tls_session_failure(pair->client.session, &reason);
        FAIL("%s: %s", asked[j], reason);
      }
      pqq__tls_session_info(pair->client.session, &info);
      EXPECT_STR(info.signature_name, rows[i].pq);
      EXPECT_INT(info.authentication, PQQ_AUTH_PQ);
      pqq__tls_session_info(pair->server.session, &info);
      EXPECT_INT(info.authentication, PQQ_AUTH_PQ);
      EXPECT(strstr(info.selection_reason, "development") != NULL);
      EXPECT_UINT(info.server_name.len, j < 2 ? strlen(asked[j]) : 0);
      tls_pair_free(pair);
    }
    pqq__tls_config_free(config);
    pqq__tls_dev_identity_free(dev);
  }
}

TEST("arguments out of range are named") {
  static const char *const bad[] = {"localhost", "not a name"};
  static const char *many[65];
  pqq_dev_identity *identity = NULL;

  for (size_t i = 0; i < COUNT(many); i++) {
    many[i] = "localhost";
  }
  EXPECT_INT(pqq__tls_dev_identity_new(9, names, 1, 1, &identity), PQQ_ERR_PROFILE_UNKNOWN);
  EXPECT_INT(pqq__tls_dev_identity_new(1, names, 0, 1, &identity), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(pqq__tls_dev_identity_new(1, names, 1, 0, &identity), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(pqq__tls_dev_identity_new(1, names, 1, 826, &identity), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(pqq__tls_dev_identity_new(1, many, 65, 1, &identity), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(pqq__tls_dev_identity_new(1, bad, 2, 1, &identity), PQQ_ERR_INVALID_ARG);
  EXPECT(strstr(pqq_error_detail(), "not a name") != NULL);
  EXPECT(identity == NULL);
  pqq__tls_dev_identity_free(NULL);
}
