/* SPDX-License-Identifier: MIT */
/* The QUIC half of an engine: all connections of one worker, found by
 * connection id, woken by deadline, sending in turn. Sans-I/O; owner thread
 * only. http3/engine.c is its only caller. */
#ifndef PQQ__QUIC_ENDPOINT_H
#define PQQ__QUIC_ENDPOINT_H

#include <ngtcp2/ngtcp2.h>
#include <pqq/engine.h>

#include "core/allowance.h"
#include "core/block_list.h"
#include "core/cidmap.h"
#include "core/heap.h"
#include "core/limits.h"
#include "core/list.h"
#include "core/pool.h"
#include "core/slots.h"
#include "quic/admission.h"
#include "quic/app.h"
#include "quic/cid.h"
#include "quic/early.h"
#include "quic/token.h"
#include "tls/config.h"

/* An answer that needs no connection. */
typedef struct pqq__reply {
  pqq_address local, remote;
  uint32_t len;
  uint8_t data[PQQ__STATELESS_REPLY_BYTES];
} pqq__reply;

typedef struct pqq__endpoint {
  pqq_config *config;
  const pqq__app *app;
  void *app_user_data;
  int is_server, sign_as_jobs, is_shut_down;
  uint32_t worker_count;
  /* What our connection ids say. */
  pqq__cid_owner owner;
  /* Datagrams for other generations are somebody's; see pqq_engine_options. */
  int has_other_generations;
  pqq__cid_keys *cid_keys;
  pqq__random_pool random;
  pqq__cidmap cids;
  /* Stateless reset tokens that peers gave us. */
  pqq__cidmap reset_tokens;
  pqq__slots conns;
  pqq__heap timers;
  /* Connections that may have something to send, in turn. */
  pqq__node sending;
  /* Connections whose job waits to be handed out. */
  pqq__node with_job;
  /* Every connection, for walks. */
  pqq__node all;
  uint32_t half_open;
  /* Connections neither closing nor draining. */
  uint32_t live;
  pqq__reply replies[PQQ__MAX_STATELESS_REPLIES];
  size_t reply_first, reply_count;
  pqq__allowance resets;
  pqq__early early;
  /* A server's: who may begin a connection, with what proof, and who may not send at all. */
  pqq__admission admission;
  pqq__token_keys tokens;
  pqq__block_list blocked;
  /* Time of the current call, for callbacks. */
  pqq_time_ns now;
  /* Memory of the connections and of HTTP/3 on them. */
  pqq__pool pool;
  ngtcp2_mem mem;
  pqq_stats stats;
} pqq__endpoint;

pqq_status pqq__endpoint_init(pqq__endpoint *endpoint, pqq_config *config,
                              const pqq_engine_options *options, const pqq__app *app,
                              void *app_user_data);
void pqq__endpoint_deinit(pqq__endpoint *endpoint);

/* The time of the call that begins. A clock that goes back stands still. */
static inline void pqq__endpoint_set_time(pqq__endpoint *endpoint, pqq_time_ns now) {
  if (now > endpoint->now) {
    endpoint->now = now;
  }
}

/* See pqq_engine_recv, _send, _deadline, _expire. */
pqq_status pqq__endpoint_recv(pqq__endpoint *endpoint, const pqq_datagram *datagram, int is_routed,
                              uint32_t *route);
pqq_status pqq__endpoint_send(pqq__endpoint *endpoint, uint8_t *buffer, size_t buffer_bytes,
                              uint32_t max_segments, pqq_transmit *out);
pqq_time_ns pqq__endpoint_deadline(const pqq__endpoint *endpoint);
void pqq__endpoint_expire(pqq__endpoint *endpoint);

#endif
