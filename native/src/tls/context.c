/* SPDX-License-Identifier: MIT */
/* pqq__tls_config: loads identities and anchors, fills in the policy, and makes
 * the two SSL_CTX. Called by pqq_config_new.
 *
 * Resumption is off on both sides: no ticket is issued, taken or stored, so
 * every connection proves its whole level. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "core/error.h"
#include "tls/internal.h"
#include "tls/pem.h"

static void note_anchor(pqq__tls_config *config, const X509 *certificate) {
  const EVP_PKEY *key = X509_get0_pubkey(certificate);

  if (key != NULL && EVP_PKEY_id(key) == EVP_PKEY_PQDSA) {
    config->has_pq_anchor = 1;
  } else {
    config->has_classical_anchor = 1;
  }
}

static pqq_status load_roots(pqq__tls_config *config, const pqq_config_options *options) {
  X509 **certificates;
  size_t count = 0;
  pqq__pem pem;
  pqq_status status;

  if (options->ca_pem.len == 0 && options->ca_file == NULL) {
    return PQQ_OK;
  }
  status = pqq__pem_open(options->ca_pem, options->ca_file, "ca", PQQ_ERR_CA_UNREADABLE, &pem);
  if (status != PQQ_OK) {
    return status;
  }
  config->roots = X509_STORE_new();
  certificates = calloc(PQQ__MAX_ANCHORS, sizeof(X509 *));
  if (config->roots == NULL || certificates == NULL) {
    status = PQQ_ERR_NO_MEMORY;
  } else {
    status =
        pqq__pem_certificates(&pem, PQQ_ERR_CA_UNREADABLE, PQQ__MAX_ANCHORS, certificates, &count);
  }
  for (size_t i = 0; i < count; i++) {
    if (status == PQQ_OK && X509_STORE_add_cert(config->roots, certificates[i]) != 1) {
      status = PQQ_ERR_NO_MEMORY;
    }
    note_anchor(config, certificates[i]);
    X509_free(certificates[i]);
  }
  free(certificates);
  pqq__pem_close(&pem);
  return status;
}

/* Names of the ciphers as SSL_CTX_set_ciphersuites takes them. */
static void cipher_list(const uint16_t *list, size_t count, char *text, size_t size) {
  text[0] = '\0';
  for (size_t i = 0; i < count; i++) {
    const char *name = pqq__cipher_find(list[i])->name;
    size_t at = strlen(text);

    if (at + strlen(name) + 2 <= size) {
      if (at > 0) {
        text[at++] = ':';
      }
      memcpy(text + at, name, strlen(name) + 1);
    }
  }
}

/* Only with on_keylog; nothing here looks at SSLKEYLOGFILE. */
static void on_keylog(const SSL *ssl, const char *line) {
  const pqq__tls_session *session = pqq__tls_session_of(ssl);

  if (session != NULL) {
    session->config->on_keylog(session->config->keylog_user_data, line);
  }
}

/* What both sides have in common. */
static SSL_CTX *new_context(const pqq__tls_config *config, const uint16_t *suites, size_t count) {
  /* With buffers: AWS-LC then parses no certificates on its own, verify.c does. */
  SSL_CTX *context = SSL_CTX_new(TLS_with_buffers_method());
  char ciphers[128];

  cipher_list(suites, count, ciphers, sizeof ciphers);
  if (context == NULL || SSL_CTX_set_ciphersuites(context, ciphers) != 1 ||
      SSL_CTX_set1_group_ids(context, config->groups, config->group_count) != 1) {
    SSL_CTX_free(context);
    return NULL;
  }
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_early_data_enabled(context, 0);
  SSL_CTX_set_info_callback(context, pqq__on_info);
  if (config->on_keylog != NULL) {
    SSL_CTX_set_keylog_callback(context, on_keylog);
  }
  return context;
}

static pqq_status make_server_context(pqq__tls_config *config) {
  SSL_CTX *context = new_context(config, config->select.ciphers, config->select.cipher_count);

  if (context == NULL || pqq__quic_configure_server(context) != 0 ||
      SSL_CTX_set_num_tickets(context, 0) != 1) {
    SSL_CTX_free(context);
    return PQQ_ERR_NO_MEMORY;
  }
  /* Also the order of groups: see select.h. */
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_select_certificate_cb(context, pqq__on_client_hello);
  SSL_CTX_set_alpn_select_cb(context, pqq__on_alpn, NULL);
  config->server_context = context;
  return PQQ_OK;
}

static pqq_status make_client_context(pqq__tls_config *config) {
  SSL_CTX *context = new_context(config, config->client_ciphers, config->client_cipher_count);

  if (context == NULL || pqq__quic_configure_client(context) != 0 ||
      SSL_CTX_set_verify_algorithm_prefs(context, config->schemes, config->scheme_count) != 1) {
    SSL_CTX_free(context);
    return PQQ_ERR_NO_MEMORY;
  }
  SSL_CTX_set_custom_verify(context, SSL_VERIFY_PEER, pqq__on_verify);
  config->client_context = context;
  return PQQ_OK;
}

static pqq_status add_compression(pqq__tls_config *config) {
  int is_ok = 1;

  if (config->server_context != NULL) {
    is_ok &= pqq__compression_offer(config->server_context, config);
    config->has_compression = 1;
  }
  if (config->client_context != NULL) {
    is_ok &= pqq__compression_accept(config->client_context);
  }
  return is_ok ? PQQ_OK : PQQ_ERR_NO_MEMORY;
}

/* What the policy says about all connections; ranges are checked by the api. */
static void fill_policy(pqq__tls_config *config, const pqq_config_options *options) {
  pqq__select_config *select = &config->select;

  config->policy.key_exchange = options->require_key_exchange != PQQ_REQUIRE_DEFAULT
                                    ? options->require_key_exchange
                                    : PQQ_REQUIRE_ANY;
  config->policy.authentication = options->require_authentication != PQQ_REQUIRE_DEFAULT
                                      ? options->require_authentication
                                      : PQQ_REQUIRE_ANY;
  config->require_client = options->require_client_authentication;
  config->pin_lifetime_s = options->pin_lifetime_s;
  config->on_keylog = options->on_keylog;
  config->keylog_user_data = options->keylog_user_data;
  config->requires_related = options->require_related_certificate != 0;
  select->profile = config->profile;
  select->pq_on_h3 = options->pq_on_h3;
  select->refuses_unknown_names = options->unknown_server_name == PQQ_UNKNOWN_SERVER_NAME_REFUSE;
  config->refuses_misdirected =
      options->misdirected_requests == PQQ_MISDIRECTED_REFUSE ||
      (options->misdirected_requests == PQQ_MISDIRECTED_AUTO && options->site_count > 0);
  select->is_velocity_disabled = options->disable_velocity != 0;
  select->require_key_exchange = config->policy.key_exchange;
  select->require_authentication = config->policy.authentication;
  select->requires_client = config->require_client != PQQ_REQUIRE_DEFAULT;
  for (size_t i = 0; i < config->group_count; i++) {
    if (pqq__policy_allows_group(config->policy.key_exchange, config->groups[i])) {
      config->server_groups[select->group_count++] = config->groups[i];
    }
  }
  select->groups = config->server_groups;
}

static pqq_status make_contexts(pqq__tls_config *config, int has_compression) {
  pqq_status status = PQQ_OK;

  if (config->site_count > 0) {
    status = make_server_context(config);
  }
  if (status == PQQ_OK && config->roots != NULL) {
    status = make_client_context(config);
  }
  if (status == PQQ_OK && has_compression) {
    status = add_compression(config);
  }
  return status;
}

/* A configuration that can only be a server's, or only a client's, is judged
 * here; one that can be both when it is used. */
static pqq_status check_role(const pqq__tls_config *config) {
  pqq__offer offer;

  if (config->site_count > 0 && config->roots == NULL) {
    return pqq__tls_config_check_server(config);
  }
  if (config->site_count == 0 && config->roots != NULL) {
    return pqq__offer_make(config, &config->policy, &offer);
  }
  return PQQ_OK;
}

static pqq_status fill(pqq__tls_config *config, const pqq_config_options *options) {
  pqq_status status;

  if (options->pq_on_h3 < PQQ_PQ_ON_H3_AUTO || options->pq_on_h3 > PQQ_PQ_ON_H3_ALWAYS) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "pq_on_h3 is %d", (int)options->pq_on_h3);
  }
  status = pqq__algorithms_resolve(config, options);
  if (status == PQQ_OK) {
    fill_policy(config, options);
    status = pqq__sites_load(config, options);
  }
  if (status == PQQ_OK) {
    status = pqq__rules_check(config);
  }
  if (status == PQQ_OK) {
    status = load_roots(config, options);
  }
  if (status == PQQ_OK) {
    status = make_contexts(config, !options->disable_certificate_compression);
  }
  return status == PQQ_OK ? check_role(config) : status;
}

/* A configuration that was refused has no part in its signers. */
static void own_signers(pqq__tls_config *config) {
  for (size_t i = 0; i < config->site_count; i++) {
    for (size_t j = 0; j < config->sites[i].identity_count; j++) {
      pqq__signing_key_own_signer(config->sites[i].identities[j].key);
    }
  }
}

pqq_status pqq__tls_config_new(const pqq_config_options *options, pqq__tls_config **config) {
  pqq__tls_config *made = calloc(1, sizeof *made);
  pqq_status status;

  if (made == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  status = fill(made, options);
  /* The thread's error queue is AWS-LC's; leave nothing of ours in it. */
  ERR_clear_error();
  if (status != PQQ_OK) {
    pqq__tls_config_free(made);
    return status;
  }
  own_signers(made);
  *config = made;
  return PQQ_OK;
}

void pqq__tls_config_free(pqq__tls_config *config) {
  if (config == NULL) {
    return;
  }
  SSL_CTX_free(config->server_context);
  SSL_CTX_free(config->client_context);
  X509_STORE_free(config->roots);
  pqq__sites_free(config);
  free(config);
}

int pqq__tls_config_has_identity(const pqq__tls_config *config) {
  return config->server_context != NULL;
}

int pqq__tls_config_has_roots(const pqq__tls_config *config) {
  return config->client_context != NULL;
}

int pqq__tls_config_has_signer(const pqq__tls_config *config) {
  for (size_t i = 0; config->site_count > 0 && i < config->sites[0].identity_count; i++) {
    if (pqq__signing_key_signer(config->sites[0].identities[i].key) != NULL) {
      return 1;
    }
  }
  return 0;
}
