/* SPDX-License-Identifier: MIT */
/* The client's judgement of the server's TLS chain. Runs in line in AWS-LC's
 * callback, when the certificates have arrived and CertificateVerify has not been
 * checked yet. */
#include <openssl/pool.h>

#include "tls/alert.h"
#include "tls/internal.h"

/* On velocity/1 or where the policy wants it, the ML-DSA half by the chain rule:
 * CertificateVerify (the leaf's key) and every signature up to the anchor, or a
 * forger of the one other algorithm would win. */
static int check_chain_rule(pqq__tls_session *session, uint8_t *alert) {
  const pqq__peer_chain *chain = session->peer_tls;
  int is_velocity = pqq__tls_session_is_velocity(session);
  const pqq__signature_scheme *scheme = pqq__signing_scheme(chain->key);

  if (!is_velocity && session->client->policy.authentication != PQQ_REQUIRE_PQ) {
    return 1;
  }
  *alert = PQQ__ALERT_UNSUPPORTED_CERTIFICATE;
  if (scheme == NULL || !scheme->is_pq) {
    pqq__tls_session_fail(
        session, is_velocity ? PQQ_ERR_AUTHENTICATOR_SCHEME : PQQ_ERR_POLICY_AUTHENTICATION,
        "the server's certificate has a key of %s, where %s wants ML-DSA", chain->info[0].algorithm,
        is_velocity ? "velocity/1" : "the policy (pq)");
    return 0;
  }
  if (!chain->is_pq) {
    pqq__tls_session_fail(session, PQQ_ERR_CHAIN_CROSSED,
                          "the server's %s certificate hangs on a signature of %s: an ML-DSA chain "
                          "has to be ML-DSA up to its anchor",
                          chain->info[0].algorithm, chain->info[0].signed_with);
    return 0;
  }
  return 1;
}

enum ssl_verify_result_t pqq__on_verify(SSL *ssl, uint8_t *alert) {
  pqq__tls_session *session = pqq__tls_session_of(ssl);
  const STACK_OF(CRYPTO_BUFFER) *sent = SSL_get0_peer_certificates(ssl);
  size_t count = sent != NULL ? sk_CRYPTO_BUFFER_num(sent) : 0;
  CRYPTO_BUFFER *certificates[PQQ_MAX_CHAIN];
  pqq__chain_rules rules = {session->config->roots, &session->client->host, "server", ""};

  for (size_t i = 0; i < count && i < PQQ_MAX_CHAIN; i++) {
    certificates[i] = sk_CRYPTO_BUFFER_value(sent, i);
  }
  session->peer_tls = pqq__peer_chain_verify(session, certificates, count, &rules, alert);
  return session->peer_tls != NULL && check_chain_rule(session, alert) ? ssl_verify_ok
                                                                       : ssl_verify_invalid;
}
