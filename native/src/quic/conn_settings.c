/* SPDX-License-Identifier: MIT */
/* What a configuration means for ngtcp2: settings of a new connection, and the
 * transport parameters that its peer is told. */
#include "core/units.h"
#include "quic/conn.h"

/* What path MTU discovery tries, in this order: behind PPPoE and tunnels, the configured most, the
 * most of Ethernet with IPv6, then what is left of other tunnels. ngtcp2 leaves out what is above
 * the most, below what passed, or above what did not. */
static void fill_probes(pqq__conn_settings *own, uint32_t most) {
  const uint32_t wanted[PQQ__MTU_PROBES] = {1406, most, 1452, 1342, 1232};

  own->quic.pmtud_probes = own->probes;
  own->quic.pmtud_probeslen = 0;
  for (size_t i = 0; i < PQQ__MTU_PROBES; i++) {
    if (wanted[i] > NGTCP2_MAX_UDP_PAYLOAD_SIZE && wanted[i] <= most) {
      own->probes[own->quic.pmtud_probeslen++] = (uint16_t)wanted[i];
    }
  }
}

/* RFC 9368: which versions the peer is told of, and which is taken if it offers several. */
static void fill_versions(const pqq__conn *conn, pqq__conn_settings *own) {
  const pqq_config_options *values = &conn->config->values;
  size_t count = pqq__versions_of(values, own->versions);

  own->quic.available_versions = own->versions;
  own->quic.available_versionslen = count;
  /* A client needs its order to see through a forged Version Negotiation. */
  if (!conn->is_server || pqq__versions_are_preferred(values)) {
    own->quic.preferred_versions = own->versions;
    own->quic.preferred_versionslen = count;
  }
  own->quic.original_version = conn->first_version;
}

/* A second attempt has what the first has left of its time. */
static ngtcp2_duration handshake_time(const pqq__conn *conn) {
  ngtcp2_duration whole =
      (ngtcp2_duration)conn->config->values.handshake_timeout_ms * PQQ__NS_PER_MS;
  ngtcp2_duration passed = conn->endpoint->now - conn->began;

  return passed < whole ? whole - passed : 0;
}

void pqq__conn_fill_settings(const pqq__conn *conn, pqq__conn_settings *own) {
  const pqq_config_options *values = &conn->config->values;
  ngtcp2_settings *settings = &own->quic;

  ngtcp2_settings_default(settings);
  settings->initial_ts = conn->endpoint->now;
  settings->rand_ctx.native_handle = &conn->endpoint->random;
  settings->handshake_timeout = handshake_time(conn);
  settings->max_window = values->max_connection_window_bytes;
  settings->max_stream_window = values->max_stream_window_bytes;
  settings->max_tx_udp_payload_size = values->max_udp_payload_bytes;
  settings->no_pmtud = values->disable_pmtud != 0;
  settings->no_tx_udp_payload_size_shaping = values->assume_max_udp_payload != 0;
  settings->glitch_ratelim_burst = (uint64_t)values->max_glitches * PQQ__GLITCHES_QUIC_FACTOR;
  settings->glitch_ratelim_rate = settings->glitch_ratelim_burst / PQQ__GLITCHES_REFILL_S;
  fill_probes(own, values->max_udp_payload_bytes);
  fill_versions(conn, own);
}

void pqq__conn_fill_params(const pqq__conn *conn, ngtcp2_transport_params *params) {
  const pqq_config_options *values = &conn->config->values;

  ngtcp2_transport_params_default(params);
  params->initial_max_data = values->connection_window_bytes;
  params->initial_max_stream_data_bidi_local = values->stream_window_bytes;
  params->initial_max_stream_data_bidi_remote = values->stream_window_bytes;
  params->initial_max_stream_data_uni = values->stream_window_bytes;
  params->initial_max_streams_bidi = conn->is_server ? values->max_concurrent_requests : 0;
  params->initial_max_streams_uni = PQQ__MAX_UNI_STREAMS;
  params->max_idle_timeout = (ngtcp2_duration)values->idle_timeout_ms * PQQ__NS_PER_MS;
  params->active_connection_id_limit = PQQ__ACTIVE_CID_LIMIT;
  params->grease_quic_bit = 1;
  if (values->enable_datagrams) {
    params->max_datagram_frame_size = PQQ__MAX_DATAGRAM_FRAME_BYTES;
  }
}
