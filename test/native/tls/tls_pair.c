/* SPDX-License-Identifier: MIT */
/* See tls_pair.h. */
#include "tls_pair.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "harness.h"
#include "tls/internal.h"

/* More turns than any handshake has: HelloRetryRequest and a job included. */
#define MAX_TURNS 16

/* One reserved parameter (RFC 9000 section 18.1), then the profile commitment. */
static int set_parameters(tls_side *side) {
  uint8_t parameters[6 + PQQ__COMMITMENT_BYTES] = {27, 4, 't', 'e', 's', 't'};
  size_t len = 6 + pqq__tls_commit(side->session, parameters + 6);

  return SSL_set_quic_transport_params(side->ssl, parameters, len) == 1;
}

static int on_read_secret(SSL *ssl, enum ssl_encryption_level_t level, const SSL_CIPHER *cipher,
                          const uint8_t *secret, size_t len) {
  (void)ssl;
  (void)level;
  (void)cipher;
  (void)secret;
  (void)len;
  return 1;
}

/* As in ngtcp2's helper: a server's parameters follow its choice. */
static int on_write_secret(SSL *ssl, enum ssl_encryption_level_t level, const SSL_CIPHER *cipher,
                           const uint8_t *secret, size_t len) {
  (void)cipher;
  (void)secret;
  (void)len;
  return level != ssl_encryption_handshake || !SSL_is_server(ssl) ||
         set_parameters(SSL_get_app_data(ssl));
}

static int on_data(SSL *ssl, enum ssl_encryption_level_t level, const uint8_t *data, size_t len) {
  tls_side *side = SSL_get_app_data(ssl);

  if (len > TLS_PAIR_BUFFER_BYTES - side->len[level]) {
    return 0;
  }
  memcpy(side->data[level] + side->len[level], data, len);
  side->len[level] += len;
  return 1;
}

static int on_flush(SSL *ssl) {
  (void)ssl;
  return 1;
}

static int on_alert(SSL *ssl, enum ssl_encryption_level_t level, uint8_t alert) {
  tls_side *side = SSL_get_app_data(ssl);

  (void)level;
  EXPECT_INT(side->alert, -1);
  side->alert = alert;
  return 1;
}

static const SSL_QUIC_METHOD method = {on_read_secret, on_write_secret, on_data, on_flush,
                                       on_alert};

static int prepare(tls_side *side) {
  side->alert = -1;
  if (side->session == NULL) {
    return 0;
  }
  side->ssl = pqq__tls_session_handle(side->session);
  return SSL_set_quic_method(side->ssl, &method) == 1 && set_parameters(side);
}

tls_pair *tls_pair_new(const pqq__tls_config *server, const pqq__tls_config *client,
                       const char *server_name, int sign_as_jobs) {
  tls_pair *pair = calloc(1, sizeof *pair);

  (void)pqq__tls_session_new_client(client, &pair->client, server_name, (pqq__policy){0, 0},
                                    &pair->client.session);
  pair->server.session = pqq__tls_session_new_server(server, &pair->server, sign_as_jobs);
  if (prepare(&pair->client) && prepare(&pair->server)) {
    return pair;
  }
  tls_pair_free(pair);
  return NULL;
}

void tls_pair_free(tls_pair *pair) {
  if (pair != NULL) {
    pqq__tls_session_free(pair->client.session);
    pqq__tls_session_free(pair->server.session);
    free(pair);
  }
}

static void advance(tls_side *side) {
  int result;

  if (side->has_failed) {
    return;
  }
  if (side->is_done) {
    side->has_failed = SSL_process_quic_post_handshake(side->ssl) != 1;
    return;
  }
  result = SSL_do_handshake(side->ssl);
  if (result == 1) {
    side->is_done = 1;
    return;
  }
  switch (SSL_get_error(side->ssl, result)) {
  case SSL_ERROR_WANT_READ:
  case SSL_ERROR_WANT_WRITE:
  case SSL_ERROR_WANT_PRIVATE_KEY_OPERATION:
    return;
  default:
    side->has_failed = 1;
    ERR_clear_error();
  }
}

/* Gives everything that `from` has to `to`. Returns whether there was any. */
static int deliver(tls_side *from, tls_side *to) {
  int any = 0;

  for (int level = 0; level < 4; level++) {
    size_t len = from->len[level];

    if (len == 0 || to->has_failed) {
      continue;
    }
    from->len[level] = 0;
    any = 1;
    if (SSL_provide_quic_data(to->ssl, (enum ssl_encryption_level_t)level, from->data[level],
                              len) != 1) {
      to->has_failed = to->was_refused = 1;
    }
    advance(to);
  }
  return any;
}

/* Signers of these tests answer within the call. */
static void on_job_done(void *user_data, pqq_job *job) {
  *(pqq_job **)user_data = job;
}

static void run_job(tls_pair *pair) {
  pqq_job *job = pqq__tls_session_take_job(pair->server.session), *done = NULL;

  if (job == NULL) {
    return;
  }
  pair->jobs++;
  EXPECT(pqq__tls_session_take_job(pair->server.session) == NULL);
  advance(&pair->server);
  EXPECT(!pair->server.is_done && !pair->server.has_failed);
  pqq__tls_job_start(job, on_job_done, &done);
  EXPECT(done == job);
  EXPECT_INT(pqq__tls_session_put_result(pair->server.session, job), 1);
  advance(&pair->server);
  pqq__tls_job_free(job);
}

int tls_pair_run(tls_pair *pair) {
  advance(&pair->client);
  for (int turn = 0; turn < MAX_TURNS; turn++) {
    int any = deliver(&pair->client, &pair->server);

    pair->client_hellos += any && !pair->client.is_done;
    run_job(pair);
    for (int level = 0; level < 4 && !pair->client.is_done; level++) {
      pair->server_bytes += pair->server.len[level];
    }
    any |= deliver(&pair->server, &pair->client);
    if (!any || pair->client.has_failed || pair->server.has_failed) {
      break;
    }
  }
  return pair->client.is_done && pair->server.is_done && !pair->client.has_failed &&
         !pair->server.has_failed;
}
