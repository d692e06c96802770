/* SPDX-License-Identifier: MIT */
/* pqq__tls_session: the SSL of one connection, made, freed, and asked why it
 * failed. */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "core/error.h"
#include "tls/internal.h"
#include "tls/velocity.h"

/* Where an SSL keeps its session. The app data slot belongs to ngtcp2. */
static int session_index = -1;
static pthread_once_t session_index_once = PTHREAD_ONCE_INIT;

static void make_session_index(void) {
  session_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

pqq__tls_session *pqq__tls_session_of(const SSL *ssl) {
  return SSL_get_ex_data(ssl, session_index);
}

void pqq__tls_session_fail(pqq__tls_session *session, pqq_status status, const char *format, ...) {
  char text[PQQ__TLS_FAILURE_TEXT_BYTES];
  va_list args;

  if (session->failure != PQQ_OK) {
    return;
  }
  session->failure = status;
  va_start(args, format);
  (void)vsnprintf(text, sizeof text, format, args);
  va_end(args);
  session->failure_text = strdup(text);
}

/* What AWS-LC itself found wrong, by the last entry of its error queue. */
static void fail_by_library(pqq__tls_session *session, uint8_t alert) {
  uint32_t error = ERR_peek_last_error();
  int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
  const char *text = ERR_reason_error_string(error);
  const char *name;
  pqq_status status = PQQ_ERR_TLS_ALERT;

  (void)pqq__tls_alert_status(alert, &name);
  switch (reason) {
  case SSL_R_BAD_SIGNATURE:
    pqq__tls_session_fail(session, PQQ_ERR_CERT_INVALID,
                          "the CertificateVerify signature does not verify");
    return;
  case SSL_R_NO_SHARED_GROUP:
  case SSL_R_WRONG_CURVE:
    status = PQQ_ERR_NO_SHARED_GROUP;
    break;
  case SSL_R_NO_COMMON_SIGNATURE_ALGORITHMS:
  case SSL_R_WRONG_SIGNATURE_TYPE:
    status = PQQ_ERR_NO_SHARED_SIGNATURE;
    break;
  case SSL_R_NO_APPLICATION_PROTOCOL:
    status = PQQ_ERR_NO_SHARED_ALPN;
    break;
  default:
    break;
  }
  pqq__tls_session_fail(session, status, "%s (alert %s sent)",
                        text != NULL ? text : "handshake failed", name);
}

void pqq__on_info(const SSL *ssl, int type, int value) {
  pqq__tls_session *session = pqq__tls_session_of(ssl);

  /* Every fatal error on our side ends in an alert, and its cause is still in
   * the queue at this moment. */
  if (type == SSL_CB_WRITE_ALERT && session != NULL) {
    fail_by_library(session, (uint8_t)(value & 0xff));
  }
}

static pqq__tls_session *new_session(const pqq__tls_config *config, SSL_CTX *context,
                                     void *conn_ref) {
  pqq__tls_session *session;

  if (context == NULL || pthread_once(&session_index_once, make_session_index) != 0 ||
      session_index < 0) {
    return NULL;
  }
  session = calloc(1, sizeof *session);
  if (session == NULL) {
    return NULL;
  }
  session->config = config;
  session->selection.reason = "";
  session->ssl = SSL_new(context);
  if (session->ssl == NULL || SSL_set_ex_data(session->ssl, session_index, session) != 1 ||
      SSL_set_app_data(session->ssl, conn_ref) != 1) {
    pqq__tls_session_free(session);
    return NULL;
  }
  /* What only the handshake needs is freed when it is done. */
  SSL_set_shed_handshake_config(session->ssl, 1);
  return session;
}

pqq__tls_session *pqq__tls_session_new_server(const pqq__tls_config *config, void *conn_ref,
                                              int sign_as_jobs) {
  pqq__tls_session *session = new_session(config, config->server_context, conn_ref);

  if (session != NULL) {
    session->is_server = 1;
    session->sign_as_jobs = sign_as_jobs;
    SSL_set_accept_state(session->ssl);
  }
  return session;
}

/* velocity/1 first: the list is in the client's order (RFC 7301 section 3.1). */
static int set_protocols(SSL *ssl, const pqq__offer *offer) {
  static const uint8_t protocols[] = "\x0a" PQQ__ALPN_VELOCITY "\x02" PQQ__ALPN_H3;
  const uint8_t *first = offer->has_velocity ? protocols : protocols + sizeof PQQ__ALPN_VELOCITY;
  const uint8_t *end =
      offer->has_h3 ? protocols + sizeof protocols - 1 : protocols + sizeof PQQ__ALPN_VELOCITY;

  /* SSL_set_alpn_protos returns 0 on success, unlike the rest. */
  return SSL_set_alpn_protos(ssl, first, (size_t)(end - first)) == 0;
}

static int set_offer(pqq__tls_session *session, const pqq__offer *offer) {
  pqq__tls_client *client = session->client;

  client->offers_velocity = offer->has_velocity;
  client->commitment = offer->commitment;
  return set_protocols(session->ssl, offer) &&
         SSL_set1_group_ids(session->ssl, offer->groups, offer->group_count) == 1 &&
         SSL_set_verify_algorithm_prefs(session->ssl, offer->schemes, offer->scheme_count) == 1 &&
         (client->host.ip_len > 0 ||
          SSL_set_tlsext_host_name(session->ssl, client->host.text) == 1);
}

static pqq__policy resolve_policy(const pqq__tls_config *config, pqq__policy policy) {
  if (policy.key_exchange == PQQ_REQUIRE_DEFAULT) {
    policy.key_exchange = config->policy.key_exchange;
  }
  if (policy.authentication == PQQ_REQUIRE_DEFAULT) {
    policy.authentication = config->policy.authentication;
  }
  return policy;
}

pqq_status pqq__tls_session_new_client(const pqq__tls_config *config, void *conn_ref,
                                       const char *server_name, pqq__policy policy,
                                       pqq__tls_session **session) {
  pqq__host_name host;
  pqq__offer offer;
  pqq__tls_session *made;
  pqq_status status;

  if (config->client_context == NULL) {
    return pqq__error_set(PQQ_ERR_NO_ROOTS, "ca");
  }
  if (!pqq__host_name_parse(server_name, 0, &host)) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG,
                          "server_name \"%.100s\" is no DNS name or IP address", server_name);
  }
  policy = resolve_policy(config, policy);
  status = pqq__offer_make(config, &policy, &offer);
  if (status != PQQ_OK) {
    return status;
  }
  made = new_session(config, config->client_context, conn_ref);
  if (made == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  made->client = calloc(1, sizeof *made->client);
  if (made->client == NULL) {
    pqq__tls_session_free(made);
    return PQQ_ERR_NO_MEMORY;
  }
  made->client->host = host;
  made->client->policy = policy;
  made->site = config->site_count > 0 ? &config->sites[0] : NULL;
  SSL_set_connect_state(made->ssl);
  if (!set_offer(made, &offer)) {
    pqq__tls_session_free(made);
    return PQQ_ERR_NO_MEMORY;
  }
  *session = made;
  return PQQ_OK;
}

void pqq__tls_session_sign_as_jobs(pqq__tls_session *session, int sign_as_jobs) {
  session->sign_as_jobs = sign_as_jobs;
}

pqq_status pqq__tls_session_again(const pqq__tls_session *session, void *conn_ref,
                                  pqq__tls_session **again) {
  const pqq__tls_client *client = session->client;
  pqq_status status = pqq__tls_session_new_client(session->config, conn_ref, client->host.text,
                                                  client->policy, again);

  if (status == PQQ_OK) {
    pqq__tls_session_sign_as_jobs(*again, session->sign_as_jobs);
  }
  return status;
}

void pqq__tls_session_free(pqq__tls_session *session) {
  if (session == NULL) {
    return;
  }
  SSL_free(session->ssl);
  pqq__sign_clear(session);
  pqq__proof_draft_free(session->draft);
  pqq__peer_chain_free(session->peer_tls);
  pqq__peer_chain_free(session->peer_pq);
  pqq__peer_chain_free(session->peer_classical);
  free(session->requests);
  free(session->offer);
  free(session->failure_text);
  free(session->server_name);
  free(session->client);
  free(session);
}

int pqq__tls_session_release(pqq__tls_session *session) {
  const char *name;

  if (!session->is_server || session->ssl == NULL) {
    return 0;
  }
  name = SSL_get_servername(session->ssl, TLSEXT_NAMETYPE_host_name);
  if (name != NULL) {
    session->server_name = strdup(name);
    if (session->server_name == NULL) {
      return 0; /* All of it then stays. */
    }
  }
  SSL_free(session->ssl);
  session->ssl = NULL;
  return 1;
}

void *pqq__tls_session_handle(pqq__tls_session *session) {
  return session->ssl;
}

pqq_status pqq__tls_session_failure(const pqq__tls_session *session, const char **reason) {
  *reason = session->failure_text != NULL ? session->failure_text : "";
  return session->failure;
}

pqq_bytes pqq__tls_session_alpn(const pqq__tls_session *session) {
  const uint8_t *alpn;
  unsigned len;

  if (session->ssl == NULL) {
    return session->selection.alpn;
  }
  SSL_get0_alpn_selected(session->ssl, &alpn, &len);
  return (pqq_bytes){alpn, len};
}

int pqq__tls_session_is_velocity(const pqq__tls_session *session) {
  static const char velocity[] = PQQ__ALPN_VELOCITY;
  pqq_bytes alpn = pqq__tls_session_alpn(session);

  return alpn.len == sizeof velocity - 1 && memcmp(alpn.data, velocity, alpn.len) == 0;
}

int pqq__tls_session_has_retry(const pqq__tls_session *session) {
  return session->ssl != NULL && SSL_used_hello_retry_request(session->ssl);
}

int pqq__tls_session_answers_for(const pqq__tls_session *session, pqq_bytes authority) {
  char host[PQQ__HOST_NAME_MAX + 1];

  if (!session->config->refuses_misdirected || session->identity == NULL) {
    return 1;
  }
  return pqq__name_of_authority(authority, host) &&
         pqq__name_list_covers(&session->identity->names, host);
}
