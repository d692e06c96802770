/* SPDX-License-Identifier: MIT */
/* What ngtcp2 tells a connection, passed on to HTTP/3 (quic/app.h) or to the
 * endpoint's tables. */
#include <stdlib.h>

#include "quic/conn.h"
#include "tls/alert.h"

static int verdict(int result) {
  return result == 0 ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
}

static const pqq__app *app_of(const pqq__conn *conn) {
  return conn->endpoint->app;
}

static void on_rand(uint8_t *data, size_t len, const ngtcp2_rand_ctx *context) {
  pqq__random_take(context->native_handle, data, len);
}

/* A server has let go of TLS when the handshake is over: a client's messages end there (RFC 9001
 * sections 4.4 and 6), so that the first byte behind is of one that is not expected. */
static int on_crypto_data(ngtcp2_conn *quic, ngtcp2_encryption_level level, uint64_t offset,
                          const uint8_t *data, size_t len, void *user_data) {
  pqq__conn *conn = user_data;

  if (!pqq__tls_session_handle(conn->tls)) {
    ngtcp2_conn_set_tls_alert(quic, PQQ__ALERT_UNEXPECTED_MESSAGE);
    return NGTCP2_ERR_CRYPTO;
  }
  return ngtcp2_crypto_recv_crypto_data_cb(quic, level, offset, data, len, user_data);
}

static int on_new_cid(ngtcp2_conn *quic, ngtcp2_cid *cid, ngtcp2_stateless_reset_token *token,
                      size_t len, void *user_data) {
  pqq__conn *conn = user_data;
  pqq__endpoint *endpoint = conn->endpoint;

  (void)quic;
  (void)len; /* Always PQQ__CID_BYTES: the length of our first id. */
  cid->datalen = PQQ__CID_BYTES;
  pqq__cid_make(endpoint->cid_keys, &endpoint->random, endpoint->owner, cid->data);
  pqq__cid_reset_token(endpoint->cid_keys, cid->data, token->data);
  return verdict(pqq__cidmap_put(&endpoint->cids, cid->data, cid->datalen, conn));
}

static int on_remove_cid(ngtcp2_conn *quic, const ngtcp2_cid *cid, void *user_data) {
  pqq__conn *conn = user_data;

  (void)quic;
  pqq__cidmap_remove(&conn->endpoint->cids, cid->data, cid->datalen);
  return 0;
}

static int on_dcid_status(ngtcp2_conn *quic, ngtcp2_connection_id_status_type type, uint64_t seq,
                          const ngtcp2_cid *cid, const ngtcp2_stateless_reset_token *token,
                          void *user_data) {
  (void)quic;
  (void)seq;
  (void)cid;
  if (token && type == NGTCP2_CONNECTION_ID_STATUS_TYPE_ACTIVATE) {
    pqq__conn_add_reset_token(user_data, token->data);
  } else if (token && type == NGTCP2_CONNECTION_ID_STATUS_TYPE_DEACTIVATE) {
    pqq__conn_remove_reset_token(user_data, token->data);
  }
  return 0;
}

static int on_path_challenge(ngtcp2_conn *quic, ngtcp2_path_challenge_data *data, void *user_data) {
  (void)quic;
  (void)user_data;
  pqq__tls_random(data->data, sizeof data->data);
  return 0;
}

static int on_path_validation(ngtcp2_conn *quic, uint32_t flags, const ngtcp2_path *path,
                              const ngtcp2_path *fallback, void *user_data) {
  (void)quic;
  (void)flags;
  (void)fallback;
  pqq__conn_note_validation(user_data, path);
  return 0;
}

static uint32_t round_trips(const pqq__conn *conn) {
  pqq__flight_kind kind = {.is_server = conn->is_server,
                           .has_hello_retry = pqq__tls_session_has_retry(conn->tls),
                           .address_validation = conn->address_validation};
  ngtcp2_conn_info info;

  ngtcp2_conn_get_conn_info2(conn->quic, &info);
  return pqq__flight_round_trips(conn->flight_log, &kind, info.min_rtt);
}

static void note_handshake(pqq__conn *conn) {
  conn->handshake_ns = conn->endpoint->now - conn->began;
  conn->handshake_bytes_sent = conn->bytes_sent;
  conn->handshake_bytes_received = conn->bytes_received;
  conn->handshake_datagrams_sent = conn->datagrams_sent;
  conn->handshake_datagrams_received = conn->datagrams_received;
  conn->handshake_round_trips = round_trips(conn);
  free(conn->flight_log);
  conn->flight_log = NULL;
}

static void count_handshake(const pqq__conn *conn) {
  pqq_stats *stats = &conn->endpoint->stats;
  pqq_connection_info info = {0};

  pqq__tls_session_info(conn->tls, &info);
  stats->handshakes_completed++;
  if (info.is_pq_key_exchange) {
    stats->handshakes_hybrid++;
  } else {
    stats->handshakes_classical++;
  }
  stats->handshakes_velocity += (uint64_t)pqq__tls_session_is_velocity(conn->tls);
  stats->handshakes_downgraded += info.downgrade != PQQ_DOWNGRADE_NONE;
}

void pqq__conn_established(pqq__conn *conn) {
  conn->state = PQQ__CONN_OPEN;
  conn->is_handshake_done = 1;
  conn->endpoint->half_open--;
  pqq__conn_begin_id(conn);
  note_handshake(conn);
  count_handshake(conn);
}

/* A server's gift for the next time (RFC 9000 section 8.1.3). Without memory there is none. */
static void give_token(pqq__conn *conn, const ngtcp2_addr *remote) {
  pqq__endpoint *endpoint = conn->endpoint;
  uint8_t token[PQQ__OWN_TOKEN_BYTES];
  uint32_t version = ngtcp2_conn_get_negotiated_version2(conn->quic);
  size_t len = pqq__token_make_regular(&endpoint->tokens, remote, version, endpoint->now, token);

  if (len && ngtcp2_conn_submit_new_token(conn->quic, token, len) == 0) {
    endpoint->stats.tokens_sent++;
  }
}

/* ngtcp2 says when the client has come to a new address. */
static int on_path_validated(ngtcp2_conn *quic, uint32_t flags, const ngtcp2_path *path,
                             const ngtcp2_path *fallback, ngtcp2_path_validation_result result,
                             void *user_data) {
  (void)quic;
  (void)fallback;
  if (result == NGTCP2_PATH_VALIDATION_RESULT_SUCCESS &&
      (flags & NGTCP2_PATH_VALIDATION_FLAG_NEW_TOKEN)) {
    give_token(user_data, &path->remote);
  }
  return 0;
}

/* A server may send more of them than anybody needs. One of another version than a connection of
 * ours begins with must not be used (RFC 9369 section 5). */
static int on_new_token(ngtcp2_conn *quic, const uint8_t *token, size_t len, void *user_data) {
  pqq__conn *conn = user_data;
  uint32_t versions[PQQ_MAX_QUIC_VERSIONS];

  (void)pqq__versions_of(&conn->endpoint->config->values, versions);
  if (len > PQQ__MAX_TOKEN_BYTES || conn->new_tokens == PQQ__MAX_NEW_TOKENS ||
      ngtcp2_conn_get_negotiated_version2(quic) != versions[0]) {
    return 0;
  }
  conn->new_tokens++;
  return verdict(app_of(conn)->on_new_token(conn->app, token, len));
}

/* From here on the server knows our address, and the flight that it answered was not ours to
 * repeat (conn_recv.c has ended that). */
static int on_retry(ngtcp2_conn *quic, const ngtcp2_pkt_hd *header, void *user_data) {
  pqq__conn *conn = user_data;

  conn->address_validation = PQQ_ADDRESS_BY_RETRY;
  return ngtcp2_crypto_recv_retry_cb(quic, header, user_data);
}

/* A server's handshake is confirmed when it is complete (RFC 9001 section 4.1.2). */
static int on_handshake_completed(ngtcp2_conn *quic, void *user_data) {
  pqq__conn *conn = user_data;

  conn->tls_round_trips = round_trips(conn);
  if (pqq__tls_session_check(conn->tls) != PQQ_OK) {
    pqq__conn_fail_commitment(conn);
    return NGTCP2_ERR_CALLBACK_FAILURE;
  }
  if (conn->is_server) {
    give_token(conn, &ngtcp2_conn_get_path2(quic)->remote);
  }
  return verdict(app_of(conn)->on_handshake_done(conn->app));
}

/* A server may write in 0.5-RTT as soon as it has its sending key; a client
 * knows the peer's limits when it has the receiving key, which comes second. */
static int on_key(ngtcp2_conn *quic, ngtcp2_encryption_level level, void *user_data) {
  pqq__conn *conn = user_data;

  (void)quic;
  if (level != NGTCP2_ENCRYPTION_LEVEL_1RTT) {
    return 0;
  }
  conn->is_app_writable = 1;
  return verdict(app_of(conn)->on_writable(conn->app));
}

static int on_stateless_reset(ngtcp2_conn *quic, const ngtcp2_pkt_stateless_reset2 *reset,
                              void *user_data) {
  pqq__conn *conn = user_data;

  (void)quic;
  (void)reset;
  conn->was_reset = 1;
  return 0;
}

static int on_stream_open(ngtcp2_conn *quic, int64_t stream_id, void *user_data) {
  pqq__conn *conn = user_data;

  (void)quic;
  return verdict(app_of(conn)->on_stream_open(conn->app, stream_id));
}

static int on_stream_data(ngtcp2_conn *quic, uint32_t flags, int64_t stream_id, uint64_t offset,
                          const uint8_t *data, size_t len, void *user_data,
                          void *stream_user_data) {
  pqq__conn *conn = user_data;
  int fin = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;

  (void)quic;
  (void)offset;
  (void)stream_user_data;
  pqq__quiet_note_data(conn);
  return verdict(
      app_of(conn)->on_stream_data(conn->app, stream_id, data, len, fin, conn->endpoint->now));
}

static int on_stream_acked(ngtcp2_conn *quic, int64_t stream_id, uint64_t offset, uint64_t bytes,
                           void *user_data, void *stream_user_data) {
  pqq__conn *conn = user_data;

  (void)quic;
  (void)offset;
  (void)stream_user_data;
  pqq__mtu_note_acked(conn);
  return verdict(app_of(conn)->on_stream_acked(conn->app, stream_id, bytes));
}

static int on_datagram_acked(ngtcp2_conn *quic, uint64_t datagram_id, void *user_data) {
  (void)quic;
  (void)datagram_id;
  pqq__mtu_note_acked(user_data);
  return 0;
}

static int on_stream_close(ngtcp2_conn *quic, uint32_t flags, int64_t stream_id, uint64_t rx_code,
                           uint64_t tx_code, void *user_data, void *stream_user_data) {
  pqq__conn *conn = user_data;
  int64_t rx = flags & NGTCP2_STREAM_CLOSE2_FLAG_RX_APP_ERROR_CODE_SET ? (int64_t)rx_code : -1;
  int64_t tx = flags & NGTCP2_STREAM_CLOSE2_FLAG_TX_APP_ERROR_CODE_SET ? (int64_t)tx_code : -1;

  (void)quic;
  pqq__quiet_note_closed(conn, stream_id);
  return verdict(app_of(conn)->on_stream_closed(conn->app, stream_id, stream_user_data, rx, tx));
}

static int on_stream_reset(ngtcp2_conn *quic, int64_t stream_id, uint64_t final_size,
                           uint64_t wire_code, void *user_data, void *stream_user_data) {
  pqq__conn *conn = user_data;

  (void)quic;
  (void)final_size;
  return verdict(app_of(conn)->on_stream_reset(conn->app, stream_id, stream_user_data, wire_code));
}

static int on_stop_sending(ngtcp2_conn *quic, int64_t stream_id, uint64_t wire_code,
                           void *user_data, void *stream_user_data) {
  pqq__conn *conn = user_data;

  (void)quic;
  return verdict(
      app_of(conn)->on_stream_stopped(conn->app, stream_id, stream_user_data, wire_code));
}

static int on_stream_credit(ngtcp2_conn *quic, int64_t stream_id, uint64_t max_data,
                            void *user_data, void *stream_user_data) {
  pqq__conn *conn = user_data;

  (void)quic;
  (void)max_data;
  (void)stream_user_data;
  return verdict(app_of(conn)->on_stream_credit(conn->app, stream_id));
}

static int on_streams_credit(ngtcp2_conn *quic, uint64_t max_streams, void *user_data) {
  pqq__conn *conn = user_data;

  (void)quic;
  (void)max_streams;
  return verdict(app_of(conn)->on_streams_credit(conn->app));
}

static int on_remote_streams(ngtcp2_conn *quic, uint64_t max_streams, void *user_data) {
  pqq__conn *conn = user_data;

  (void)quic;
  return verdict(app_of(conn)->on_remote_streams(conn->app, max_streams));
}

/* Unauthenticated: what comes of it is checked against the version_information of the next attempt
 * (RFC 9368 section 4). */
static int on_version_negotiation(ngtcp2_conn *quic, const ngtcp2_pkt_hd *header,
                                  const uint32_t *offered, size_t count, void *user_data) {
  pqq__conn *conn = user_data;
  uint32_t own[PQQ_MAX_QUIC_VERSIONS];
  size_t own_count = pqq__versions_of(&conn->config->values, own);

  (void)quic;
  (void)header;
  conn->next_version = ngtcp2_select_version(own, own_count, offered, count);
  return 0;
}

static int on_datagram(ngtcp2_conn *quic, uint32_t flags, const uint8_t *data, size_t len,
                       void *user_data) {
  pqq__conn *conn = user_data;

  (void)quic;
  (void)flags;
  return verdict(app_of(conn)->on_datagram(conn->app, data, len));
}

#define COMMON_CALLBACKS                                                                       \
  .recv_crypto_data = on_crypto_data, .handshake_completed = on_handshake_completed,           \
  .encrypt = ngtcp2_crypto_encrypt_cb, .decrypt = ngtcp2_crypto_decrypt_cb,                    \
  .hp_mask = ngtcp2_crypto_hp_mask_cb, .recv_stream_data = on_stream_data,                     \
  .acked_stream_data_offset = on_stream_acked, .stream_open = on_stream_open,                  \
  .stream_close2 = on_stream_close, .rand = on_rand, .get_new_connection_id2 = on_new_cid,     \
  .remove_connection_id = on_remove_cid, .update_key = ngtcp2_crypto_update_key_cb,            \
  .stream_reset = on_stream_reset, .extend_max_stream_data = on_stream_credit,                 \
  .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,                           \
  .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,                       \
  .get_path_challenge_data2 = on_path_challenge, .begin_path_validation = on_path_validation,  \
  .recv_stop_sending = on_stop_sending,                                                        \
  .version_negotiation = ngtcp2_crypto_version_negotiation_cb, .dcid_status2 = on_dcid_status, \
  .recv_stateless_reset2 = on_stateless_reset, .recv_datagram = on_datagram,                   \
  .ack_datagram = on_datagram_acked

const ngtcp2_callbacks pqq__conn_server_callbacks = {
    COMMON_CALLBACKS,
    .recv_client_initial = ngtcp2_crypto_recv_client_initial_cb,
    .recv_tx_key = on_key,
    .path_validation = on_path_validated,
    .extend_max_remote_streams_bidi = on_remote_streams,
};

const ngtcp2_callbacks pqq__conn_client_callbacks = {
    COMMON_CALLBACKS,
    .client_initial = ngtcp2_crypto_client_initial_cb,
    .recv_retry = on_retry,
    .recv_new_token = on_new_token,
    .recv_version_negotiation = on_version_negotiation,
    .recv_rx_key = on_key,
    .extend_max_local_streams_bidi = on_streams_credit,
};
