/* SPDX-License-Identifier: MIT */
/* Where a datagram goes: to its connection, to a new one, to another worker,
 * or to a stateless answer (RFC 9000 sections 5.2, 6.1, 10.3). */
#include <string.h>

#include "quic/arrival.h"
#include "quic/conn.h"

pqq_status pqq__endpoint_drop(pqq__endpoint *endpoint) {
  endpoint->stats.datagrams_dropped++;
  return PQQ_DROPPED;
}

pqq__reply *pqq__endpoint_reply(pqq__endpoint *endpoint, const pqq__arrival *in) {
  pqq__reply *reply;

  if (endpoint->reply_count == PQQ__MAX_STATELESS_REPLIES) {
    return NULL;
  }
  reply =
      &endpoint
           ->replies[(endpoint->reply_first + endpoint->reply_count) % PQQ__MAX_STATELESS_REPLIES];
  reply->local = in->datagram->local;
  reply->remote = in->datagram->remote;
  return reply;
}

pqq_status pqq__endpoint_count_reply(pqq__endpoint *endpoint, pqq__reply *reply,
                                     ngtcp2_ssize written, uint64_t *counter) {
  if (written <= 0) {
    return pqq__endpoint_drop(endpoint);
  }
  reply->len = (uint32_t)written;
  endpoint->reply_count++;
  (*counter)++;
  return PQQ_OK;
}

static pqq_status negotiate_version(pqq__endpoint *endpoint, const pqq__arrival *in,
                                    const ngtcp2_version_cid *ids) {
  uint32_t versions[PQQ_MAX_QUIC_VERSIONS + 1], random;
  size_t count = pqq__versions_of(&endpoint->config->values, versions);
  pqq__reply *reply;
  ngtcp2_ssize written;

  /* Smaller ones could be amplified (RFC 9000 section 14.1). */
  if (!endpoint->is_server || in->len < NGTCP2_MAX_UDP_PAYLOAD_SIZE ||
      !(reply = pqq__endpoint_reply(endpoint, in))) {
    return pqq__endpoint_drop(endpoint);
  }
  pqq__tls_random(&random, sizeof random);
  versions[count++] = pqq__version_reserved(random);
  written = ngtcp2_pkt_write_version_negotiation(reply->data, sizeof reply->data, (uint8_t)random,
                                                 ids->scid, ids->scidlen, ids->dcid, ids->dcidlen,
                                                 versions, count);
  /* Ids of future versions may be 255 bytes long and then do not fit. */
  return pqq__endpoint_count_reply(endpoint, reply, written, &endpoint->stats.version_negotiations);
}

static pqq_status reset_statelessly(pqq__endpoint *endpoint, const pqq__arrival *in,
                                    const ngtcp2_version_cid *ids) {
  uint8_t random[PQQ__STATELESS_RESET_BYTES - NGTCP2_STATELESS_RESET_TOKENLEN];
  ngtcp2_stateless_reset_token token;
  pqq__reply *reply;
  ngtcp2_ssize written;
  size_t len;

  if (in->len <= PQQ__MIN_STATELESS_RESET_BYTES) {
    return pqq__endpoint_drop(endpoint);
  }
  if (!pqq__allowance_take(&endpoint->resets, PQQ__STATELESS_RESET_BURST,
                           PQQ__STATELESS_RESETS_PER_S, endpoint->now)) {
    endpoint->stats.stateless_resets_limited++;
    return pqq__endpoint_drop(endpoint);
  }
  if (!(reply = pqq__endpoint_reply(endpoint, in))) {
    return pqq__endpoint_drop(endpoint);
  }
  len = in->len > PQQ__STATELESS_RESET_BYTES ? PQQ__STATELESS_RESET_BYTES : in->len - 1;
  pqq__tls_random(random, sizeof random);
  pqq__cid_reset_token(endpoint->cid_keys, ids->dcid, token.data);
  written = ngtcp2_pkt_write_stateless_reset2(reply->data, sizeof reply->data, &token, random,
                                              len - NGTCP2_STATELESS_RESET_TOKENLEN);
  return pqq__endpoint_count_reply(endpoint, reply, written, &endpoint->stats.stateless_resets);
}

/* Who has the connection of an id that we do not know; 0 if nobody can have it. */
static int find_route(const pqq__endpoint *endpoint, const pqq__cid_owner *owner, uint32_t *route) {
  if (owner->generation != endpoint->owner.generation) {
    *route = PQQ_ROUTE_OTHER | (uint32_t)owner->generation << 8 | owner->worker;
    return endpoint->has_other_generations;
  }
  *route = owner->worker;
  return owner->worker != endpoint->owner.worker && owner->worker < endpoint->worker_count;
}

/* A datagram whose connection id is not in the table. */
static pqq_status recv_unknown(pqq__endpoint *endpoint, const pqq__arrival *in,
                               const ngtcp2_version_cid *ids, const ngtcp2_path *path,
                               uint32_t *route) {
  int is_long = (in->data[0] & 0x80) != 0;
  pqq__cid_owner owner;
  int is_ours = pqq__cid_read(endpoint->cid_keys, ids->dcid, ids->dcidlen, &owner) == 0;
  uint32_t owner_route;
  pqq__conn *conn;

  if (is_ours && !in->is_routed && find_route(endpoint, &owner, &owner_route)) {
    *route = owner_route;
    endpoint->stats.datagrams_routed++;
    return PQQ_ROUTE;
  }
  if (is_long) {
    /* One that ngtcp2 knows and the configuration leaves out. Version 0 is a Version Negotiation
     * packet, which is never answered. */
    if (ids->version != 0 && !pqq__version_is_spoken(&endpoint->config->values, ids->version)) {
      return negotiate_version(endpoint, in, ids);
    }
    return pqq__endpoint_accept(endpoint, in, path, route);
  }
  conn = pqq__conn_find_by_reset_token(endpoint, in->data, in->len);
  if (conn) {
    (void)pqq__conn_recv(conn, path, in->datagram->ecn, in->data, in->len);
    return PQQ_OK;
  }
  /* Only ids that we made have a token that the peer may know. */
  return is_ours ? reset_statelessly(endpoint, in, ids) : pqq__endpoint_drop(endpoint);
}

/* What a handshake costs counts (handshake_cpu_ms); the connection may be gone after. */
static void recv_known(pqq__endpoint *endpoint, const pqq__arrival *in, pqq__conn *conn,
                       const ngtcp2_path *path) {
  int is_handshake = conn->is_server && conn->state == PQQ__CONN_HANDSHAKE;
  uint64_t began = is_handshake ? pqq__admission_cpu_begin(&endpoint->admission) : 0;

  (void)pqq__conn_recv(conn, path, in->datagram->ecn, in->data, in->len);
  if (is_handshake) {
    pqq__admission_cpu_end(&endpoint->admission, began, endpoint->now);
  }
}

static pqq_status recv_one(pqq__endpoint *endpoint, const pqq__arrival *in, const ngtcp2_path *path,
                           uint32_t *route) {
  ngtcp2_version_cid ids;
  pqq__conn *conn;
  int error = in->len ? ngtcp2_pkt_decode_version_cid(&ids, in->data, in->len, PQQ__CID_BYTES)
                      : NGTCP2_ERR_INVALID_ARGUMENT;

  if (error == NGTCP2_ERR_VERSION_NEGOTIATION) {
    return negotiate_version(endpoint, in, &ids);
  }
  if (error != 0) {
    return pqq__endpoint_drop(endpoint);
  }
  conn = pqq__cidmap_find(&endpoint->cids, ids.dcid, ids.dcidlen);
  if (!conn) {
    return recv_unknown(endpoint, in, &ids, path, route);
  }
  recv_known(endpoint, in, conn, path);
  return PQQ_OK;
}

/* All segments of a sender who is not to get in. */
static pqq_status drop_blocked(pqq__endpoint *endpoint, const pqq_datagram *datagram) {
  size_t step = datagram->segment_bytes ? datagram->segment_bytes : datagram->data.len;
  uint64_t count = step ? (datagram->data.len + step - 1) / step : 0;

  endpoint->stats.datagrams_received += count;
  endpoint->stats.bytes_received += datagram->data.len;
  endpoint->stats.datagrams_blocked += count;
  return PQQ_DROPPED;
}

pqq_status pqq__endpoint_recv(pqq__endpoint *endpoint, const pqq_datagram *datagram, int is_routed,
                              uint32_t *route) {
  ngtcp2_path_storage path;
  size_t left = datagram->data.len;
  size_t step = datagram->segment_bytes ? datagram->segment_bytes : left;
  pqq_status first = PQQ_DROPPED;
  pqq__arrival in = {.datagram = datagram, .data = datagram->data.data, .is_routed = is_routed};
  int is_first = 1;

  if (pqq__block_list_has(&endpoint->blocked, &datagram->remote, endpoint->now)) {
    return drop_blocked(endpoint, datagram);
  }
  pqq__path_set(&path, &datagram->local, &datagram->remote);
  while (left > 0) {
    pqq_status status;

    in.len = left < step ? left : step;
    endpoint->stats.datagrams_received++;
    endpoint->stats.bytes_received += in.len;
    endpoint->stats.ecn_ce_received += datagram->ecn == NGTCP2_ECN_CE;
    status = recv_one(endpoint, &in, &path.path, route);
    if (is_first) {
      first = status;
      is_first = 0;
      if (status == PQQ_ROUTE) {
        return status;
      }
    }
    in.data += in.len;
    left -= in.len;
  }
  return first;
}
