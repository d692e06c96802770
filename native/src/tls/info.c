/* SPDX-License-Identifier: MIT */
/* What a finished handshake negotiated, for pqq_connection_info. */
#include <string.h>

#include "tls/internal.h"

static void fill_group(pqq_connection_info *info, uint16_t id) {
  const pqq__group *group = pqq__group_find(id);

  info->group = id;
  info->group_name = group != NULL ? group->name : "unknown";
  info->is_pq_key_exchange = group != NULL && group->has_mlkem;
  info->is_hybrid_key_exchange = group != NULL && group->has_mlkem && group->has_ecdh;
}

static void fill_cipher(pqq_connection_info *info, const SSL_CIPHER *negotiated) {
  uint16_t id = negotiated != NULL ? SSL_CIPHER_get_protocol_id(negotiated) : 0;
  const pqq__cipher *cipher = pqq__cipher_find(id);

  info->cipher = id;
  info->cipher_name = cipher != NULL ? cipher->name : "unknown";
}

/* PQQ_AUTH_PQ only if CertificateVerify and every signature up to the anchor
 * are ML-DSA: with one classical link a forger of that link would win. */
static void fill_authentication(pqq_connection_info *info, uint16_t id, int is_chain_pq) {
  const pqq__signature_scheme *scheme = pqq__signature_scheme_find(id);

  info->signature = id;
  info->signature_name = scheme != NULL ? scheme->name : "unknown";
  info->authentication =
      scheme != NULL && scheme->is_pq && is_chain_pq ? PQQ_AUTH_PQ : PQQ_AUTH_CLASSICAL;
}

static void fill_certificates(pqq_connection_info *info, const pqq_certificate_info *chain,
                              size_t len) {
  memcpy(info->certificates, chain, len * sizeof *chain);
  info->certificate_count = len;
}

static void fill_names(const pqq__tls_session *session, pqq_connection_info *info) {
  const uint8_t *alpn;
  unsigned alpn_len;
  const char *name = NULL;

  SSL_get0_alpn_selected(session->ssl, &alpn, &alpn_len);
  info->alpn = (pqq_bytes){alpn, alpn_len};
  if (session->is_server) {
    name = SSL_get_servername(session->ssl, TLSEXT_NAMETYPE_host_name);
  } else if (session->host.ip_len == 0) {
    name = session->host.text;
  }
  info->server_name = (pqq_bytes){(const uint8_t *)name, name != NULL ? strlen(name) : 0};
}

void pqq__tls_session_info(const pqq__tls_session *session, pqq_connection_info *info) {
  fill_group(info, SSL_get_group_id(session->ssl));
  fill_cipher(info, SSL_get_current_cipher(session->ssl));
  fill_names(session, info);
  info->profile = session->config->profile->id;
  info->selection_reason = session->selection.reason;
  if (session->is_server) {
    const pqq__identity *identity = session->identity;

    if (identity != NULL) {
      fill_authentication(info, identity->scheme->id, identity->is_chain_pq);
      fill_certificates(info, identity->info, identity->chain_len);
    }
  } else {
    fill_authentication(info, SSL_get_peer_signature_algorithm(session->ssl),
                        session->is_verified_chain_pq);
    fill_certificates(info, session->peer_info, session->peer_chain_len);
  }
}
