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

/* What path MTU discovery tries, in this order: behind PPPoE and tunnels, the configured most, the
 * most of Ethernet with IPv6, then what is left of other tunnels. ngtcp2 leaves out what is above
 * the most, below what passed, or above what did not. */
#define PROBES 5

static size_t fill_probes(uint16_t probes[PROBES], uint32_t most) {
  const uint32_t wanted[PROBES] = {1406, most, 1452, 1342, 1232};
  size_t count = 0;

  for (size_t i = 0; i < PROBES; i++) {
    if (wanted[i] > NGTCP2_MAX_UDP_PAYLOAD_SIZE && wanted[i] <= most) {
      probes[count++] = (uint16_t)wanted[i];
    }
  }
  return count;
}

static void fill_settings(pqq__endpoint *endpoint, ngtcp2_settings *settings,
                          uint16_t probes[PROBES]) {
  const pqq_config_options *values = &endpoint->config->values;

  ngtcp2_settings_default(settings);
  settings->initial_ts = endpoint->now;
  settings->rand_ctx.native_handle = &endpoint->random;
  settings->handshake_timeout = (ngtcp2_duration)values->handshake_timeout_ms * PQQ__NS_PER_MS;
  settings->max_window = values->max_connection_window_bytes;
  settings->max_stream_window = values->max_stream_window_bytes;
  settings->max_tx_udp_payload_size = values->max_udp_payload_bytes;
  settings->no_pmtud = values->disable_pmtud != 0;
  settings->no_tx_udp_payload_size_shaping = values->assume_max_udp_payload != 0;
  settings->pmtud_probes = probes;
  settings->pmtud_probeslen = fill_probes(probes, values->max_udp_payload_bytes);
}

static void fill_params(const pqq__endpoint *endpoint, int is_server,
                        ngtcp2_transport_params *params) {
  const pqq_config_options *values = &endpoint->config->values;

  ngtcp2_transport_params_default(params);
  params->initial_max_data = values->connection_window_bytes;
  params->initial_max_stream_data_bidi_local = values->stream_window_bytes;
  params->initial_max_stream_data_bidi_remote = values->stream_window_bytes;
  params->initial_max_stream_data_uni = values->stream_window_bytes;
  params->initial_max_streams_bidi = is_server ? values->max_concurrent_requests : 0;
  params->initial_max_streams_uni = PQQ__MAX_UNI_STREAMS;
  params->max_idle_timeout = (ngtcp2_duration)values->idle_timeout_ms * PQQ__NS_PER_MS;
  params->active_connection_id_limit = PQQ__ACTIVE_CID_LIMIT;
  params->grease_quic_bit = 1;
}

/* Room in the endpoint's tables and the common fields; NULL if there is none. */
static pqq__conn *conn_new(pqq__endpoint *endpoint, ngtcp2_cid *scid) {
  pqq__conn *conn = calloc(1, sizeof *conn);

  if (!conn) {
    return NULL;
  }
  conn->endpoint = endpoint;
  conn->is_server = endpoint->is_server;
  conn->timer.at = PQQ_TIME_NEVER;
  conn->app_timer = PQQ_TIME_NEVER;
  conn->began = endpoint->now;
  conn->ref = (ngtcp2_crypto_conn_ref){.get_conn = conn_of_ref};
  conn->flight_log = calloc(1, sizeof *conn->flight_log);
  ngtcp2_ccerr_default(&conn->failure);
  conn->id = pqq__slots_add(&endpoint->conns, conn);
  scid->datalen = PQQ__CID_BYTES;
  pqq__cid_make(endpoint->cid_keys, &endpoint->random, endpoint->worker, scid->data);
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
  pqq__list_append(&endpoint->all, &conn->all_node);
  return conn;
}

/* Counts a connection that is complete; from here on conn_close.c ends it. */
static void conn_begin(pqq__conn *conn) {
  conn->endpoint->live++;
  conn->endpoint->half_open++;
  pqq__conn_update_timer(conn);
}

pqq__conn *pqq__conn_accept(pqq__endpoint *endpoint, const ngtcp2_pkt_hd *header,
                            const ngtcp2_path *path) {
  ngtcp2_settings settings;
  uint16_t probes[PROBES];
  ngtcp2_transport_params params;
  ngtcp2_stateless_reset_token token;
  ngtcp2_cid scid;
  pqq__conn *conn = conn_new(endpoint, &scid);

  if (!conn) {
    return NULL;
  }
  fill_settings(endpoint, &settings, probes);
  fill_params(endpoint, 1, &params);
  params.original_dcid = header->dcid;
  params.original_dcid_present = 1;
  pqq__cid_reset_token(endpoint->cid_keys, scid.data, token.data);
  memcpy(params.stateless_reset_token, token.data, sizeof params.stateless_reset_token);
  params.stateless_reset_token_present = 1;
  conn->first_dcid = header->dcid;
  if (ngtcp2_conn_server_new(&conn->quic, &header->scid, &scid, path, header->version,
                             &pqq__conn_server_callbacks, &settings, &params, NULL, conn) != 0) {
    pqq__cidmap_remove(&endpoint->cids, scid.data, scid.datalen);
    pqq__conn_free(conn);
    return NULL;
  }
  conn->tls =
      pqq__tls_session_new_server(endpoint->config->tls, &conn->ref, endpoint->sign_as_jobs);
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

static int client_new(pqq__conn *conn, const pqq_connect_options *options, const ngtcp2_cid *scid) {
  pqq__endpoint *endpoint = conn->endpoint;
  ngtcp2_settings settings;
  uint16_t probes[PROBES];
  ngtcp2_transport_params params;
  ngtcp2_path_storage path;
  ngtcp2_cid dcid = {.datalen = PQQ__CID_BYTES};
  pqq_address local = options->local;

  if (local.family == 0) {
    local = (pqq_address){.family = options->remote.family};
  }
  pqq__tls_random(dcid.data, dcid.datalen);
  fill_settings(endpoint, &settings, probes);
  fill_params(endpoint, 0, &params);
  pqq__path_set(&path, &local, &options->remote);
  return ngtcp2_conn_client_new(&conn->quic, &dcid, scid, &path.path, NGTCP2_PROTO_VER_V1,
                                &pqq__conn_client_callbacks, &settings, &params, NULL, conn);
}

pqq_status pqq__conn_connect(pqq__endpoint *endpoint, const pqq_connect_options *options, void *app,
                             pqq__conn **result) {
  uint32_t keep_alive_ms = endpoint->config->values.keep_alive_ms;
  ngtcp2_cid scid;
  pqq__conn *conn = conn_new(endpoint, &scid);
  pqq_status status;

  if (!conn) {
    return PQQ_ERR_NO_MEMORY;
  }
  conn->is_server = 0;
  conn->has_any_local = options->local.family == 0;
  if (client_new(conn, options, &scid) != 0) {
    pqq__cidmap_remove(&endpoint->cids, scid.data, scid.datalen);
    pqq__conn_free(conn);
    return PQQ_ERR_NO_MEMORY;
  }
  status = pqq__tls_session_new_client(
      endpoint->config->tls, &conn->ref, options->server_name,
      (pqq__policy){options->require_key_exchange, options->require_authentication}, &conn->tls);
  if (status != PQQ_OK) {
    pqq__conn_free(conn);
    return status;
  }
  ngtcp2_conn_set_tls_native_handle(conn->quic, pqq__tls_session_handle(conn->tls));
  if (keep_alive_ms) {
    ngtcp2_conn_set_keep_alive_timeout(conn->quic, (ngtcp2_duration)keep_alive_ms * PQQ__NS_PER_MS);
  }
  conn->app = app;
  pqq__first_flight_begin(conn, options);
  conn_begin(conn);
  endpoint->stats.connections_opened++;
  pqq__conn_want_send(conn);
  *result = conn;
  return PQQ_OK;
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
  if (conn->first_dcid.datalen &&
      pqq__cidmap_find(cids, conn->first_dcid.data, conn->first_dcid.datalen) == conn) {
    pqq__cidmap_remove(cids, conn->first_dcid.data, conn->first_dcid.datalen);
  }
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
