/* SPDX-License-Identifier: MIT */
/* The first datagram of a connection: its token judged, then admitted, asked to
 * prove its address (Retry, RFC 9000 section 8.1.2), or refused without a
 * connection (section 5.2.2). */
#include <stdlib.h>

#include "quic/arrival.h"
#include "quic/conn.h"

/* What came before the datagram that has begun connection `dcid`. */
static void recv_early(pqq__endpoint *endpoint, const pqq__arrival *in, const ngtcp2_cid *dcid,
                       const ngtcp2_path *path) {
  pqq__early_datagram *kept;

  while ((kept = pqq__early_take(&endpoint->early, &in->datagram->remote, dcid->data,
                                 dcid->datalen)) != NULL) {
    pqq__conn *conn = pqq__cidmap_find(&endpoint->cids, dcid->data, dcid->datalen);

    if (conn) {
      (void)pqq__conn_recv(conn, path, kept->ecn, kept->data, kept->len);
    }
    free(kept);
  }
}

static pqq_status begin(pqq__endpoint *endpoint, const pqq__arrival *in,
                        const pqq__welcome *welcome, const ngtcp2_path *path) {
  const ngtcp2_cid *dcid = &welcome->header->dcid;
  pqq__conn *conn = pqq__conn_accept(endpoint, welcome, path);

  if (!conn) {
    endpoint->stats.datagrams_refused++;
    return PQQ_DROPPED;
  }
  switch (pqq__conn_recv(conn, path, in->datagram->ecn, in->data, in->len)) {
  case NGTCP2_ERR_RETRY:
    /* A later part of a ClientHello. */
    pqq__early_keep(&endpoint->early, &in->datagram->remote, in->datagram->ecn, dcid->data,
                    dcid->datalen, in->data, in->len);
    return PQQ_OK;
  case NGTCP2_ERR_DROP_CONN:
    return pqq__endpoint_drop(endpoint);
  default:
    endpoint->stats.connections_accepted++;
    endpoint->stats.tokens_accepted += welcome->address_validation != PQQ_ADDRESS_BY_HANDSHAKE;
    recv_early(endpoint, in, dcid, path);
    return PQQ_OK;
  }
}

static pqq_status admit(pqq__endpoint *endpoint, const pqq__arrival *in,
                        const pqq__welcome *welcome, const ngtcp2_path *path) {
  uint64_t began = pqq__admission_cpu_begin(&endpoint->admission);
  pqq_status status = begin(endpoint, in, welcome, path);

  pqq__admission_cpu_end(&endpoint->admission, began, endpoint->now);
  return status;
}

/* The id in it is one of ours, so the client's next datagrams find this worker. */
static pqq_status send_retry(pqq__endpoint *endpoint, const pqq__arrival *in,
                             const ngtcp2_pkt_hd *header, const ngtcp2_path *path) {
  pqq__reply *reply = pqq__endpoint_reply(endpoint, in);
  uint8_t token[PQQ__OWN_TOKEN_BYTES];
  ngtcp2_cid scid = {.datalen = PQQ__CID_BYTES};
  size_t len;

  if (!reply) {
    return pqq__endpoint_drop(endpoint);
  }
  pqq__cid_make(endpoint->cid_keys, &endpoint->random, endpoint->owner, scid.data);
  len =
      pqq__token_make_retry(&endpoint->tokens, &path->remote, header, &scid, endpoint->now, token);
  return pqq__endpoint_count_reply(endpoint, reply,
                                   len ? ngtcp2_crypto_write_retry(reply->data, sizeof reply->data,
                                                                   header->version, &header->scid,
                                                                   &scid, &header->dcid, token, len)
                                       : 0,
                                   &endpoint->stats.retries_sent);
}

/* An Initial with CONNECTION_CLOSE, for which nothing is kept. */
static pqq_status refuse(pqq__endpoint *endpoint, const pqq__arrival *in,
                         const ngtcp2_pkt_hd *header, uint64_t wire_code, uint64_t *counter) {
  pqq__reply *reply = pqq__endpoint_reply(endpoint, in);

  if (!reply) {
    return pqq__endpoint_drop(endpoint);
  }
  return pqq__endpoint_count_reply(
      endpoint, reply,
      ngtcp2_crypto_write_connection_close(reply->data, sizeof reply->data, header->version,
                                           &header->scid, &header->dcid, wire_code, NULL, 0),
      counter);
}

/* A token that is not valid is as none (RFC 9000 section 8.1.3), but for that of a Retry. */
static int32_t validation_by(pqq__token_verdict verdict) {
  switch (verdict) {
  case PQQ__TOKEN_RETRY:
    return PQQ_ADDRESS_BY_RETRY;
  case PQQ__TOKEN_REGULAR:
    return PQQ_ADDRESS_BY_TOKEN;
  default:
    return PQQ_ADDRESS_BY_HANDSHAKE;
  }
}

static pqq_status judge(pqq__endpoint *endpoint, const pqq__arrival *in,
                        const pqq__welcome *welcome, const ngtcp2_path *path) {
  pqq_stats *stats = &endpoint->stats;
  pqq__admission_load load = {.half_open = endpoint->half_open,
                              .connections = endpoint->conns.used,
                              .is_shut_down = endpoint->is_shut_down};

  switch (pqq__admission_judge(&endpoint->admission, &load, &in->datagram->remote,
                               welcome->address_validation != PQQ_ADDRESS_BY_HANDSHAKE,
                               endpoint->now)) {
  case PQQ__ADMIT:
    return admit(endpoint, in, welcome, path);
  case PQQ__ADMIT_AFTER_RETRY:
    return send_retry(endpoint, in, welcome->header, path);
  case PQQ__REFUSE_BUSY:
    return refuse(endpoint, in, welcome->header, NGTCP2_CONNECTION_REFUSED,
                  &stats->connections_refused_busy);
  case PQQ__REFUSE_RATE:
    return refuse(endpoint, in, welcome->header, NGTCP2_CONNECTION_REFUSED,
                  &stats->connections_refused_rate);
  default:
    return refuse(endpoint, in, welcome->header, NGTCP2_CONNECTION_REFUSED,
                  &stats->datagrams_refused);
  }
}

pqq_status pqq__endpoint_accept(pqq__endpoint *endpoint, const pqq__arrival *in,
                                const ngtcp2_path *path, uint32_t *route) {
  ngtcp2_pkt_hd header;
  pqq__welcome welcome = {.header = &header};
  pqq__token_verdict verdict;

  /* ngtcp2_accept lets a shorter id pass where there is a token. Nobody may send one: a client's
   * first has eight bytes (RFC 9000 section 7.2), and after a Retry it is of ours. */
  if (!endpoint->is_server || ngtcp2_accept(&header, in->data, in->len) != 0 ||
      header.dcid.datalen < NGTCP2_MIN_INITIAL_DCIDLEN) {
    return pqq__endpoint_drop(endpoint);
  }
  /* The server that has come after this one is there for it. */
  if (endpoint->is_shut_down && endpoint->has_other_generations && !in->is_routed) {
    *route = PQQ_ROUTE_ANY_OTHER;
    endpoint->stats.datagrams_routed++;
    return PQQ_ROUTE;
  }
  verdict = pqq__token_judge(&endpoint->tokens, &path->remote, &header, endpoint->now,
                             &welcome.original_dcid);
  if (verdict == PQQ__TOKEN_BAD_RETRY) {
    return refuse(endpoint, in, &header, NGTCP2_INVALID_TOKEN, &endpoint->stats.tokens_rejected);
  }
  endpoint->stats.tokens_rejected +=
      verdict == PQQ__TOKEN_UNREADABLE || verdict == PQQ__TOKEN_EXPIRED;
  welcome.address_validation = validation_by(verdict);
  return judge(endpoint, in, &welcome, path);
}
