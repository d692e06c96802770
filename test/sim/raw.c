/* SPDX-License-Identifier: MIT */
#include "raw.h"

#include <string.h>

#include "fatal.h"

pqq__conn *sim_client_conn(const sim_pair *pair) {
  return pqq__slots_find(&pair->client.node.engine->endpoint.conns, pair->client.conn);
}

pqq__conn *sim_server_conn(const sim_pair *pair) {
  return pqq__slots_find(&pair->server.node.engine->endpoint.conns, pair->server.conn);
}

int64_t sim_open_raw(const sim_pair *pair, int is_bidi) {
  pqq__conn *conn = sim_client_conn(pair);
  int64_t stream_id = -1;

  if ((is_bidi ? pqq__conn_open_bidi(conn, &stream_id) : pqq__conn_open_uni(conn, &stream_id)) !=
      0) {
    sim_fatal("no stream to open");
  }
  return stream_id;
}

void sim_send_raw_as(sim_pair *pair, int is_server, int64_t stream_id, const void *data, size_t len,
                     int fin) {
  pqq_address client = pair->client.node.outside, server = sim_server_address();
  pqq_address from = is_server ? server : client, to = is_server ? client : server;
  ngtcp2_conn *quic = is_server ? sim_server_conn(pair)->quic : sim_client_conn(pair)->quic;
  const uint8_t *bytes = data;
  size_t sent = 0;
  int is_end = 0;

  while (sent < len || (fin && !is_end)) {
    uint32_t flags = fin ? NGTCP2_WRITE_STREAM_FLAG_FIN : NGTCP2_WRITE_STREAM_FLAG_NONE;
    ngtcp2_vec vec = {(uint8_t *)(uintptr_t)(bytes + sent), len - sent};
    ngtcp2_path_storage path;
    ngtcp2_pkt_info info;
    ngtcp2_ssize taken = -1, written;
    uint8_t packet[1500];

    ngtcp2_path_storage_zero(&path);
    written = ngtcp2_conn_writev_stream(quic, &path.path, &info, packet, sizeof packet, &taken,
                                        flags, stream_id, &vec, 1, sim_now(pair->net));
    if (written <= 0) {
      return; /* The peer has had enough. */
    }
    if (taken >= 0) {
      sent += (size_t)taken;
      is_end = sent == len;
    }
    sim_inject(pair->net, &from, &to, packet, (size_t)written, SIM_DELAY_NS);
  }
}

void sim_send_raw(sim_pair *pair, int64_t stream_id, const void *data, size_t len, int fin) {
  sim_send_raw_as(pair, 0, stream_id, data, len, fin);
}

static int keep_data(void *app, int64_t stream_id, const uint8_t *data, size_t len, int fin,
                     pqq_time_ns now) {
  (void)app;
  (void)stream_id;
  (void)data;
  (void)len;
  (void)fin;
  (void)now;
  return 0;
}

static int ignore_data(void *app, int64_t stream_id, const uint8_t *data, size_t len, int fin,
                       pqq_time_ns now) {
  pqq__session *session = app;

  (void)data;
  (void)fin;
  (void)now;
  pqq__conn_consume(session->conn, stream_id, len);
  return 0;
}

static int ignore_acked(void *app, int64_t stream_id, uint64_t bytes) {
  (void)app;
  (void)stream_id;
  (void)bytes;
  return 0;
}

void sim_deafen(const sim_pair *pair, int gives_credit) {
  static pqq__app deaf;

  deaf = pqq__session_app;
  deaf.on_stream_data = gives_credit ? ignore_data : keep_data;
  deaf.on_stream_acked = ignore_acked;
  sim_client_conn(pair)->endpoint->app = &deaf;
}

size_t sim_take_request(sim_pair *pair, size_t index, int64_t *stream_id, uint8_t *buffer,
                        size_t capacity) {
  pqq__session *session = sim_client_conn(pair)->app;
  size_t len = 0;
  int fin, count;
  int64_t id;

  if (sim_client_request(&pair->client, index) != PQQ_OK) {
    sim_fatal("no request");
  }
  for (;;) {
    pqq__vec vec[PQQ__MAX_VEC];
    uint8_t piece[4096];
    size_t bytes = 0;

    count = pqq__session_next_write(session, &id, &fin, vec, PQQ__MAX_VEC);
    if (id < 0 || count < 0) {
      return len;
    }
    for (int i = 0; i < count; i++) {
      if (bytes + vec[i].len > sizeof piece || len + bytes + vec[i].len > capacity) {
        sim_fatal("a request that is too long for this");
      }
      memcpy(piece + bytes, vec[i].data, vec[i].len);
      bytes += vec[i].len;
    }
    (void)pqq__session_on_written(session, id, bytes);
    if ((id & 2) != 0) {
      sim_send_raw(pair, id, piece, bytes, 0); /* the QPACK encoder's */
      continue;
    }
    memcpy(buffer + len, piece, bytes);
    len += bytes;
    *stream_id = id;
  }
}
