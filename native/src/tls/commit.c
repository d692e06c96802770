/* SPDX-License-Identifier: MIT */
/* A session's profile commitment: sent, and on a client held against what was
 * negotiated (spec/profile-commitment.md). */
#include "tls/internal.h"
#include "tls/velocity.h"

size_t pqq__tls_commit(const pqq__tls_session *session, uint8_t *out) {
  const pqq__selection *selection = &session->selection;
  pqq__server_commitment commitment = {0};

  if (!session->is_server) {
    return session->client->offers_velocity
               ? pqq__commitment_write_client(&session->client->commitment, out)
               : 0;
  }
  if (!selection->has_commitment) {
    return 0;
  }
  if (selection->is_velocity) {
    commitment.profile = (uint8_t)session->config->profile->id;
    commitment.pin_lifetime_s = session->config->pin_lifetime_s;
  } else {
    commitment.reason = (uint8_t)selection->downgrade;
  }
  return pqq__commitment_write_server(&commitment, out);
}

static pqq_status fail(pqq__tls_session *session, const char *text) {
  pqq__tls_session_fail(session, PQQ_ERR_COMMITMENT_INVALID, "%s", text);
  return PQQ_ERR_COMMITMENT_INVALID;
}

/* Of what the client offered. */
static const pqq__profile *find_offered(const pqq__tls_session *session, uint8_t id) {
  for (size_t i = 0; i < session->config->offered_count; i++) {
    if (session->config->offered[i]->id == id &&
        pqq__client_commitment_has(&session->client->commitment, id)) {
      return session->config->offered[i];
    }
  }
  return NULL;
}

/* The server has said which profile it takes; here is whether it did. */
static pqq_status check_kept(pqq__tls_session *session) {
  const pqq__profile *profile = session->profile;
  const SSL_CIPHER *cipher = SSL_get_current_cipher(session->ssl);
  const pqq__signature_scheme *scheme =
      pqq__signature_scheme_find(SSL_get_peer_signature_algorithm(session->ssl));

  if (!pqq__profile_has_group(profile, SSL_get_group_id(session->ssl))) {
    return fail(session, "the key exchange is not one of the profile that the server committed to");
  }
  if (cipher == NULL || !pqq__profile_has_cipher(profile, SSL_CIPHER_get_protocol_id(cipher))) {
    return fail(session, "the cipher suite is not one of the profile that the server committed to");
  }
  if (scheme == NULL || !scheme->is_pq || !pqq__profile_accepts(profile, scheme)) {
    return fail(session,
                "CertificateVerify is weaker than the profile that the server committed to");
  }
  return PQQ_OK;
}

static pqq_status check_commitment(pqq__tls_session *session) {
  const uint8_t *params;
  size_t len;
  pqq__commitment_result result;
  int is_velocity = pqq__tls_session_is_velocity(session);

  SSL_get_peer_quic_transport_params(session->ssl, &params, &len);
  result = pqq__commitment_read_server(params, len, &session->client->server_commitment);
  if (result == PQQ__COMMITMENT_MALFORMED) {
    return fail(session, "the server's profile commitment is malformed");
  }
  if (!is_velocity) {
    return session->client->server_commitment.profile == 0
               ? PQQ_OK
               : fail(session, "the server committed to a profile of velocity/1, but took h3");
  }
  if (result == PQQ__COMMITMENT_ABSENT) {
    return fail(session, "the server took velocity/1 without a profile commitment");
  }
  session->profile = find_offered(session, session->client->server_commitment.profile);
  return session->profile != NULL
             ? check_kept(session)
             : fail(session, "the server committed to a profile that was not offered");
}

pqq_status pqq__tls_session_check(pqq__tls_session *session) {
  uint16_t group = SSL_get_group_id(session->ssl);

  if (session->is_server) {
    return PQQ_OK;
  }
  if (session->peer_tls != NULL) {
    pqq__peer_chain_drop_key(session->peer_tls);
  }
  if (!pqq__policy_allows_group(session->client->policy.key_exchange, group)) {
    pqq__tls_session_fail(session, PQQ_ERR_POLICY_KEY_EXCHANGE,
                          "key exchange is required to be %s, group 0x%04x was negotiated",
                          pqq__require_name(session->client->policy.key_exchange), group);
    return session->failure;
  }
  if (session->client->policy.authentication == PQQ_REQUIRE_HYBRID &&
      !pqq__tls_session_is_velocity(session)) {
    pqq__tls_session_fail(session, PQQ_ERR_POLICY_AUTHENTICATION,
                          "authentication is required to be hybrid, which h3 does not have");
    return session->failure;
  }
  return session->client->offers_velocity ? check_commitment(session) : PQQ_OK;
}
