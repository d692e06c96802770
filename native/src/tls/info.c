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

static void fill_cipher(pqq_connection_info *info, uint16_t id) {
  const pqq__cipher *cipher = pqq__cipher_find(id);

  info->cipher = id;
  info->cipher_name = cipher != NULL ? cipher->name : "unknown";
}

/* What a server has selected is what was negotiated: AWS-LC had no choice (tls/apply.c). */
static uint16_t group_of(const pqq__tls_session *session) {
  return session->ssl != NULL ? SSL_get_group_id(session->ssl) : session->selection.group;
}

static uint16_t cipher_of(const pqq__tls_session *session) {
  const SSL_CIPHER *cipher;

  if (session->ssl == NULL) {
    return session->selection.cipher;
  }
  cipher = SSL_get_current_cipher(session->ssl);
  return cipher != NULL ? SSL_CIPHER_get_protocol_id(cipher) : 0;
}

/* PQQ_AUTH_PQ only if CertificateVerify and every signature up to the anchor
 * are ML-DSA: with one classical link a forger of that link would win. */
static int32_t chain_level(const pqq__signature_scheme *scheme, int is_chain_pq) {
  return scheme != NULL && scheme->is_pq && is_chain_pq ? PQQ_AUTH_PQ : PQQ_AUTH_CLASSICAL;
}

static void fill_authentication(pqq_connection_info *info, uint16_t id, int is_chain_pq) {
  const pqq__signature_scheme *scheme = pqq__signature_scheme_find(id);

  info->signature = id;
  info->signature_name = scheme != NULL ? scheme->name : "unknown";
  info->authentication = chain_level(scheme, is_chain_pq);
}

static void fill_certificates(pqq_certificate_info *out, size_t *count,
                              const pqq_certificate_info *chain, size_t len) {
  memcpy(out, chain, len * sizeof *chain);
  *count = len;
}

static void fill_peer(pqq_certificate_info *out, size_t *count, const pqq__peer_chain *chain) {
  if (chain != NULL) {
    fill_certificates(out, count, chain->info, chain->len);
  }
}

static void fill_names(const pqq__tls_session *session, pqq_connection_info *info) {
  const char *name = NULL;

  info->alpn = pqq__tls_session_alpn(session);
  if (session->is_server) {
    name = session->ssl != NULL ? SSL_get_servername(session->ssl, TLSEXT_NAMETYPE_host_name)
                                : session->server_name;
  } else if (session->client->host.ip_len == 0) {
    name = session->client->host.text;
  }
  info->server_name = (pqq_bytes){(const uint8_t *)name, name != NULL ? strlen(name) : 0};
}

static void fill_classical(pqq_connection_info *info, uint16_t id) {
  info->authentication = PQQ_AUTH_HYBRID;
  info->classical_signature = id;
  info->classical_signature_name = pqq__signature_scheme_find(id)->name;
}

static int32_t level_of(const pqq__peer_chain *pq, const pqq__peer_chain *classical) {
  if (pq != NULL) {
    return classical != NULL ? PQQ_AUTH_HYBRID : PQQ_AUTH_PQ;
  }
  return classical != NULL ? PQQ_AUTH_CLASSICAL : PQQ_AUTH_NONE;
}

static void fill_server(const pqq__tls_session *session, pqq_connection_info *info) {
  const pqq__identity *identity = session->identity;

  info->downgrade = session->selection.downgrade;
  info->client_authentication = level_of(session->peer_pq, session->peer_classical);
  fill_peer(info->client_certificates, &info->client_certificate_count, session->peer_pq);
  fill_peer(info->client_classical_certificates, &info->client_classical_certificate_count,
            session->peer_classical);
  if (identity == NULL) {
    return;
  }
  fill_authentication(info, session->selection.scheme->id, identity->is_chain_pq);
  fill_certificates(info->certificates, &info->certificate_count, identity->info,
                    identity->chain_len);
  if (session->selection.is_velocity) {
    const pqq__identity *classical = pqq__site_identity(session->site, 0);

    fill_classical(info, classical->scheme->id);
    fill_certificates(info->classical_certificates, &info->classical_certificate_count,
                      classical->info, classical->chain_len);
    info->pin_lifetime_s = session->config->pin_lifetime_s;
  }
}

static void fill_client(const pqq__tls_session *session, pqq_connection_info *info) {
  const pqq__peer_chain *chain = session->peer_tls;

  fill_authentication(info, SSL_get_peer_signature_algorithm(session->ssl),
                      chain != NULL && chain->is_pq);
  fill_peer(info->certificates, &info->certificate_count, chain);
  if (session->peer_classical != NULL) {
    fill_classical(info, session->peer_classical_scheme);
    fill_peer(info->classical_certificates, &info->classical_certificate_count,
              session->peer_classical);
  }
  info->downgrade = session->client->server_commitment.reason;
  info->pin_lifetime_s = session->client->server_commitment.pin_lifetime_s;
  info->client_authentication = session->client->own_authentication;
}

/* Of a Certificate message: context, length of the list, and per certificate its length and that of
 * its extensions (RFC 8446 section 4.4.2). */
#define MESSAGE_BYTES 4
#define ENTRY_BYTES 5

static void fill_compression(const pqq__tls_session *session, pqq_connection_info *info) {
  info->certificate_compression = session->compression;
  info->certificate_bytes = session->certificate_bytes;
  info->certificate_wire_bytes = session->certificate_wire_bytes;
  if (session->compression == 0) {
    info->certificate_bytes = MESSAGE_BYTES;
    for (size_t i = 0; i < info->certificate_count; i++) {
      info->certificate_bytes += ENTRY_BYTES + (uint32_t)info->certificates[i].der.len;
    }
    info->certificate_wire_bytes = info->certificate_bytes;
  }
}

void pqq__tls_session_info(const pqq__tls_session *session, pqq_connection_info *info) {
  fill_group(info, group_of(session));
  fill_cipher(info, cipher_of(session));
  fill_names(session, info);
  info->profile = session->profile != NULL ? session->profile->id : session->config->profile->id;
  info->selection_reason = session->selection.reason;
  info->classical_signature_name = "";
  if (session->is_server) {
    fill_server(session, info);
  } else {
    fill_client(session, info);
  }
  info->downgrade_name = pqq__downgrade_name(info->downgrade);
  fill_compression(session, info);
}

void pqq__tls_session_close_facts(const pqq__tls_session *session, pqq_close_info *info) {
  const pqq__peer_chain *chain = session->peer_tls;

  info->group = group_of(session);
  info->offer = session->offer;
  if (session->is_server) {
    info->signature = session->identity != NULL ? session->selection.scheme->id : 0;
  } else if (!SSL_in_init(session->ssl)) {
    info->signature = SSL_get_peer_signature_algorithm(session->ssl);
    info->authentication = session->peer_classical != NULL
                               ? PQQ_AUTH_HYBRID
                               : chain_level(pqq__signature_scheme_find(info->signature),
                                             chain != NULL && chain->is_pq);
  }
}
