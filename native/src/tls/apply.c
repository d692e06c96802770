/* SPDX-License-Identifier: MIT */
/* Carries out what the selector decided: AWS-LC's early callback parses the
 * ClientHello, asks pqq__select, and sets identity and cipher on the
 * connection; the ALPN callback, much later, returns the stored answer.
 * AWS-LC's own certificate slots are not used: they exclude custom private
 * keys, prefer classical ones, and are chosen before the ALPN. */
#include <stdlib.h>

#include <openssl/ssl.h>

#include "tls/alert.h"
#include "tls/client_hello.h"
#include "tls/internal.h"

/* Ends the handshake with our alert; the one that AWS-LC sends after the
 * callback's error (always handshake_failure) then comes too late. */
static enum ssl_select_cert_result_t refuse(SSL *ssl, uint8_t alert) {
  (void)SSL_send_fatal_alert(ssl, alert);
  return ssl_select_cert_error;
}

static int apply(pqq__tls_session *session) {
  const pqq__selection *selection = &session->selection;
  const pqq__site *site = &session->config->sites[selection->site];
  const pqq__identity *identity = pqq__site_identity(site, selection->scheme->is_pq);

  session->site = site;
  session->identity = identity;
  session->profile = selection->profile;
  return identity != NULL &&
         SSL_set_chain_and_key(session->ssl, identity->chain, identity->chain_len, NULL,
                               &pqq__private_key_method) == 1 &&
         SSL_set_signing_algorithm_prefs(session->ssl, &selection->scheme->id, 1) == 1 &&
         /* One group: AWS-LC has no part in the choice. */
         SSL_set1_group_ids(session->ssl, &selection->group, 1) == 1 &&
         /* One cipher: AWS-LC would follow the client's order between AES-128
          * and AES-256. */
         SSL_set_ciphersuites(session->ssl, pqq__cipher_find(selection->cipher)->name) == 1;
}

/* Without memory nobody is told. */
static void keep_offer(pqq__tls_session *session, const pqq__client_hello *hello) {
  session->offer = calloc(1, sizeof *session->offer);
  if (session->offer != NULL) {
    pqq__client_hello_offer(hello, session->offer);
  }
}

enum ssl_select_cert_result_t pqq__on_client_hello(const SSL_CLIENT_HELLO *message) {
  pqq__tls_session *session = pqq__tls_session_of(message->ssl);
  pqq__selection *selection = &session->selection;
  pqq__client_hello hello;
  const char *malformed = pqq__client_hello_parse(message, &hello);

  if (malformed != NULL) {
    pqq__tls_session_fail(session, PQQ_ERR_TLS_ALERT, "malformed %s in the ClientHello", malformed);
    return refuse(message->ssl, PQQ__ALERT_DECODE_ERROR);
  }
  pqq__select(&hello, &session->config->select, selection);
  if (selection->status != PQQ_OK) {
    char text[PQQ__TLS_FAILURE_TEXT_BYTES];

    keep_offer(session, &hello);
    pqq__select_explain(&hello, &session->config->select, selection, text, sizeof text);
    pqq__tls_session_fail(session, selection->status, "%s", text);
    return refuse(message->ssl, selection->alert);
  }
  if (!apply(session)) {
    pqq__tls_session_fail(session, PQQ_ERR_INTERNAL, "the selected identity cannot be set");
    return refuse(message->ssl, PQQ__ALERT_INTERNAL_ERROR);
  }
  return ssl_select_cert_success;
}

int pqq__on_alpn(SSL *ssl, const uint8_t **out, uint8_t *out_len, const uint8_t *in,
                 unsigned in_len, void *arg) {
  const pqq__tls_session *session = pqq__tls_session_of(ssl);

  (void)in;
  (void)in_len;
  (void)arg;
  *out = session->selection.alpn.data;
  *out_len = (uint8_t)session->selection.alpn.len;
  return SSL_TLSEXT_ERR_OK;
}
