/* SPDX-License-Identifier: MIT */
/* Birth and death of a connection, its settings, and what is known of it. */
#include "quic/conn.h"

#include <stdlib.h>
#include <string.h>

#include "core/units.h"

/* ngtcp2 hands out at most eight ids of ours per connection
 * (NGTCP2_MAX_SCID_POOL_SIZE) and holds back as many that are being retired. */
#define MAX_SCIDS 32

static ngtcp2_conn *conn_of_ref(ngtcp2_crypto_conn_ref *ref) {
  return PQQ__OWNER(ref, pqq__conn, ref)->quic;
}

/* Room in the endpoint's tables and the common fields; NULL if there is none. */
static pqq__conn *conn_new(pqq__endpoint *endpoint, ngtcp2_cid *scid) {
  pqq__conn *conn = calloc(1, sizeof *conn);

  if (!conn) {
    return NULL;
  }
  conn->endpoint = endpoint;
  conn->is_server = endpoint->is_server;
  conn->request_limit =
      conn->is_server ? endpoint->config->values.max_concurrent_requests : UINT64_MAX;
  conn->timer.at = PQQ_TIME_NEVER;
  conn->app_timer = conn->sign_timer = PQQ_TIME_NEVER;
  conn->began = endpoint->now;
  conn->ref = (ngtcp2_crypto_conn_ref){.get_conn = conn_of_ref};
  conn->flight_log = calloc(1, sizeof *conn->flight_log);
  ngtcp2_ccerr_default(&conn->failure);
  conn->id = pqq__slots_add(&endpoint->conns, conn);
  scid->datalen = PQQ__CID_BYTES;
  pqq__cid_make(endpoint->cid_keys, &endpoint->random, endpoint->owner, scid->data);
  if (!conn->flight_log || !conn->id ||
      pqq__heap_reserve(&endpoint->timers, endpoint->conns.used) != 0 ||
      pqq__cidmap_put(&endpoint->cids, scid->data, scid->datalen, conn) != 0) {
    if (conn->id) {
      pqq__slots_remove(&endpoint->conns, conn->id);
    }
    free(conn->flight_log);
    free(conn);
    return NULL;
  }
  conn->config = pqq_config_ref(endpoint->config);
  pqq__list_append(&endpoint->all, &conn->all_node);
  return conn;
}

/* Counts a connection that is complete; from here on conn_close.c ends it. */
static void conn_begin(pqq__conn *conn) {
  conn->endpoint->live++;
  conn->endpoint->half_open++;
  pqq__conn_update_timer(conn);
}

/* ngtcp2 takes an address as validated when it is given the token that proved it. */
static void fill_validation(const pqq__welcome *welcome, ngtcp2_settings *settings,
                            ngtcp2_transport_params *params) {
  params->original_dcid = welcome->header->dcid;
  params->original_dcid_present = 1;
  if (welcome->address_validation == PQQ_ADDRESS_BY_HANDSHAKE) {
    return;
  }
  settings->token = welcome->header->token;
  settings->tokenlen = welcome->header->tokenlen;
  settings->token_type = NGTCP2_TOKEN_TYPE_NEW_TOKEN;
  if (welcome->address_validation == PQQ_ADDRESS_BY_RETRY) {
    settings->token_type = NGTCP2_TOKEN_TYPE_RETRY;
    params->original_dcid = welcome->original_dcid;
    params->retry_scid = welcome->header->dcid;
    params->retry_scid_present = 1;
  }
}

pqq__conn *pqq__conn_accept(pqq__endpoint *endpoint, const pqq__welcome *welcome,
                            const ngtcp2_path *path) {
  const ngtcp2_pkt_hd *header = welcome->header;
  pqq__conn_settings own;
  ngtcp2_transport_params params;
  ngtcp2_stateless_reset_token token;
  ngtcp2_cid scid;
  pqq__conn *conn = conn_new(endpoint, &scid);

  if (!conn) {
    return NULL;
  }
  pqq__conn_fill_settings(conn, &own);
  pqq__conn_fill_params(conn, &params);
  fill_validation(welcome, &own.quic, &params);
  conn->address_validation = welcome->address_validation;
  pqq__cid_reset_token(endpoint->cid_keys, scid.data, token.data);
  memcpy(params.stateless_reset_token, token.data, sizeof params.stateless_reset_token);
  params.stateless_reset_token_present = 1;
  conn->first_dcid = header->dcid;
  if (ngtcp2_conn_server_new(&conn->quic, &header->scid, &scid, path, header->version,
                             &pqq__conn_server_callbacks, &own.quic, &params, &endpoint->mem,
                             conn) != 0) {
    pqq__cidmap_remove(&endpoint->cids, scid.data, scid.datalen);
    pqq__conn_free(conn);
    return NULL;
  }
  conn->tls = pqq__tls_session_new_server(conn->config->tls, &conn->ref, endpoint->sign_as_jobs);
  conn->app = conn->tls ? endpoint->app->on_accept(endpoint->app_user_data, conn) : NULL;
  if (!conn->app ||
      pqq__cidmap_put(&endpoint->cids, header->dcid.data, header->dcid.datalen, conn) != 0) {
    pqq__conn_free(conn);
    return NULL;
  }
  ngtcp2_conn_set_tls_native_handle(conn->quic, pqq__tls_session_handle(conn->tls));
  conn_begin(conn);
  return conn;
}

/* Our ids that are in use; their number. */
static size_t get_scids(const pqq__conn *conn, ngtcp2_cid scids[MAX_SCIDS]) {
  size_t count = conn->scid_count;

  if (!conn->quic) {
    memcpy(scids, conn->scids, count * sizeof scids[0]);
    return count;
  }
  count = ngtcp2_conn_get_scid2(conn->quic, NULL);
  /* A stale entry in the table would point nowhere. */
  if (count > MAX_SCIDS) {
    abort();
  }
  return ngtcp2_conn_get_scid2(conn->quic, scids);
}

static void forget_cids(pqq__conn *conn) {
  pqq__cidmap *cids = &conn->endpoint->cids;
  ngtcp2_cid scids[MAX_SCIDS];
  size_t count = get_scids(conn, scids);

  for (size_t i = 0; i < count; i++) {
    pqq__cidmap_remove(cids, scids[i].data, scids[i].datalen);
  }
  if (pqq__cidmap_find(cids, conn->first_dcid.data, conn->first_dcid.datalen) == conn) {
    pqq__cidmap_remove(cids, conn->first_dcid.data, conn->first_dcid.datalen);
  }
}

/* The ngtcp2 connection of `conn`, whose first id is `scid`, and its TLS. */
static int client_begin(pqq__conn *conn, const ngtcp2_path *path, uint32_t version,
                        const ngtcp2_cid *scid, pqq_bytes address_token) {
  ngtcp2_cid dcid = {.datalen = PQQ__CID_BYTES};
  ngtcp2_transport_params params;
  pqq__conn_settings own;

  pqq__tls_random(dcid.data, dcid.datalen);
  pqq__conn_fill_settings(conn, &own);
  pqq__conn_fill_params(conn, &params);
  own.quic.token = address_token.data;
  own.quic.tokenlen = address_token.len;
  conn->address_validation = address_token.len ? PQQ_ADDRESS_BY_TOKEN : PQQ_ADDRESS_BY_HANDSHAKE;
  if (ngtcp2_conn_client_new(&conn->quic, &dcid, scid, path, version, &pqq__conn_client_callbacks,
                             &own.quic, &params, &conn->endpoint->mem, conn) != 0) {
    return -1;
  }
  ngtcp2_conn_set_tls_native_handle(conn->quic, pqq__tls_session_handle(conn->tls));
  pqq__conn_set_keep_alive(conn);
  pqq__first_flight_begin(conn);
  return 0;
}

static int client_new(pqq__conn *conn, const pqq_connect_options *options, const ngtcp2_cid *scid) {
  uint32_t versions[PQQ_MAX_QUIC_VERSIONS];
  ngtcp2_path_storage path;
  pqq_address local = options->local;

  if (local.family == 0) {
    local = (pqq_address){.family = options->remote.family};
  }
  pqq__path_set(&path, &local, &options->remote);
  (void)pqq__versions_of(&conn->config->values, versions);
  return client_begin(conn, &path.path, versions[0], scid, options->address_token);
}

pqq_status pqq__conn_connect(pqq__endpoint *endpoint, const pqq_connect_options *options, void *app,
                             pqq__conn **result) {
  ngtcp2_cid scid;
  pqq__conn *conn = conn_new(endpoint, &scid);
  pqq_status status;

  if (!conn) {
    return PQQ_ERR_NO_MEMORY;
  }
  conn->is_server = 0;
  conn->has_any_local = options->local.family == 0;
  conn->expected_flight_bytes = options->expected_flight_bytes;
  status = pqq__tls_session_new_client(
      conn->config->tls, &conn->ref, options->server_name,
      (pqq__policy){options->require_key_exchange, options->require_authentication}, &conn->tls);
  if (status == PQQ_OK) {
    pqq__tls_session_sign_as_jobs(conn->tls, endpoint->sign_as_jobs);
    status = client_new(conn, options, &scid) == 0 ? PQQ_OK : PQQ_ERR_NO_MEMORY;
  }
  if (status != PQQ_OK) {
    if (!conn->quic) {
      pqq__cidmap_remove(&endpoint->cids, scid.data, scid.datalen);
    }
    pqq__conn_free(conn);
    return status;
  }
  conn->app = app;
  conn_begin(conn);
  endpoint->stats.connections_opened++;
  pqq__conn_want_send(conn);
  *result = conn;
  return PQQ_OK;
}

/* The next attempt has nothing of the first but its addresses, its name and its policy. */
int pqq__conn_begin_again(pqq__conn *conn) {
  pqq__endpoint *endpoint = conn->endpoint;
  ngtcp2_conn *old = conn->quic;
  pqq__tls_session *old_tls = conn->tls, *tls;
  ngtcp2_cid scid = {.datalen = PQQ__CID_BYTES}, old_scids[MAX_SCIDS];
  size_t old_count = get_scids(conn, old_scids);

  pqq__cid_make(endpoint->cid_keys, &endpoint->random, endpoint->owner, scid.data);
  if (pqq__tls_session_again(old_tls, &conn->ref, &tls) != PQQ_OK) {
    return -1;
  }
  if (pqq__cidmap_put(&endpoint->cids, scid.data, scid.datalen, conn) != 0) {
    pqq__tls_session_free(tls);
    return -1;
  }
  conn->first_version = ngtcp2_conn_get_client_chosen_version2(old);
  conn->tls = tls;
  conn->quic = NULL;
  /* Without a token: what it had was of another version (RFC 9369 section 5). */
  if (client_begin(conn, ngtcp2_conn_get_path2(old), conn->next_version, &scid, (pqq_bytes){0}) !=
      0) {
    pqq__cidmap_remove(&endpoint->cids, scid.data, scid.datalen);
    conn->tls = old_tls;
    conn->quic = old;
    pqq__tls_session_free(tls);
    return -1;
  }
  for (size_t i = 0; i < old_count; i++) {
    pqq__cidmap_remove(&endpoint->cids, old_scids[i].data, old_scids[i].datalen);
  }
  ngtcp2_conn_del(old);
  pqq__tls_session_free(old_tls);
  pqq__conn_want_send(conn);
  pqq__conn_update_timer(conn);
  return 0;
}

static void free_parts(pqq__conn *conn) {
  pqq__endpoint *endpoint = conn->endpoint;

  if (conn->app) {
    endpoint->app->on_free(conn->app);
    conn->app = NULL;
  }
  if (conn->quic) {
    ngtcp2_conn_info info;
    ngtcp2_conn_get_conn_info2(conn->quic, &info);
    endpoint->stats.packets_lost += info.pkt_lost;
    ngtcp2_conn_del(conn->quic);
    conn->quic = NULL;
  }
  pqq__tls_session_free(conn->tls);
  conn->tls = NULL;
  free(conn->flight_log);
  conn->flight_log = NULL;
  pqq__first_flight_end(conn);
  pqq_config_unref(conn->config);
  conn->config = NULL;
}

void pqq__conn_shed(pqq__conn *conn) {
  ngtcp2_cid scids[MAX_SCIDS];
  size_t count;

  if (!conn->quic) {
    return;
  }
  count = get_scids(conn, scids);
  conn->scids = malloc(count * sizeof scids[0]);
  if (!conn->scids) {
    return; /* All of it then stays until the period ends. */
  }
  memcpy(conn->scids, scids, count * sizeof scids[0]);
  conn->scid_count = count;
  free_parts(conn);
}

void pqq__conn_free(pqq__conn *conn) {
  pqq__endpoint *endpoint = conn->endpoint;

  pqq__heap_set(&endpoint->timers, &conn->timer, PQQ_TIME_NEVER);
  pqq__conn_forget_reset_tokens(conn);
  pqq__list_remove(&conn->all_node);
  if (pqq__node_is_linked(&conn->sending_node)) {
    pqq__list_remove(&conn->sending_node);
  }
  if (conn->job) {
    pqq__list_remove(&conn->job_node);
    pqq__tls_job_free(conn->job);
  }
  if (conn->quic || conn->scids) {
    forget_cids(conn);
  }
  free_parts(conn);
  pqq__slots_remove(&endpoint->conns, conn->id);
  free(conn->scids);
  free(conn->close_packet);
  free(conn);
}

/* By its transport parameter; later credit only keeps this many open. */
static uint64_t peer_max_requests(const pqq__conn *conn) {
  const ngtcp2_transport_params *params =
      conn->is_server ? NULL : ngtcp2_conn_get_remote_transport_params2(conn->quic);

  return params ? params->initial_max_streams_bidi : 0;
}

pqq_status pqq__conn_info(const pqq__conn *conn, pqq_connection_info *info) {
  const ngtcp2_path *path;
  ngtcp2_conn_info quic_info;

  if (!conn->is_handshake_done) {
    return PQQ_ERR_STATE;
  }
  if (!conn->quic) {
    return PQQ_ERR_NOT_FOUND;
  }
  path = ngtcp2_conn_get_path2(conn->quic);
  ngtcp2_conn_get_conn_info2(conn->quic, &quic_info);
  pqq__tls_session_info(conn->tls, info);
  info->is_server = conn->is_server;
  pqq__path_address(&info->local, &path->local);
  pqq__path_address(&info->remote, &path->remote);
  info->quic_version = ngtcp2_conn_get_negotiated_version2(conn->quic);
  info->handshake_ns = conn->handshake_ns;
  info->tls_round_trips = conn->tls_round_trips;
  info->handshake_round_trips = conn->handshake_round_trips;
  info->handshake_bytes_sent = conn->handshake_bytes_sent;
  info->handshake_bytes_received = conn->handshake_bytes_received;
  info->handshake_datagrams_sent = conn->handshake_datagrams_sent;
  info->handshake_datagrams_received = conn->handshake_datagrams_received;
  info->bytes_sent = conn->bytes_sent;
  info->bytes_received = conn->bytes_received;
  info->datagrams_sent = conn->datagrams_sent;
  info->datagrams_received = conn->datagrams_received;
  info->packets_lost = quic_info.pkt_lost;
  info->smoothed_rtt_ns = quic_info.smoothed_rtt;
  info->min_rtt_ns = quic_info.min_rtt;
  info->congestion_window_bytes = quic_info.cwnd;
  info->first_flight_repeats = conn->first_flight_repeats;
  info->peer_max_requests = peer_max_requests(conn);
  info->address_validation = conn->address_validation;
  return PQQ_OK;
}

pqq_status pqq__conn_update_keys(pqq__conn *conn) {
  if (conn->state != PQQ__CONN_OPEN ||
      ngtcp2_conn_initiate_key_update(conn->quic, conn->endpoint->now) != 0) {
    return PQQ_ERR_STATE;
  }
  pqq__conn_want_send(conn);
  return PQQ_OK;
}
