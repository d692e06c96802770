/* SPDX-License-Identifier: MIT */
/* The endpoint's tables, timers and turn of sending. */
#include "quic/endpoint.h"

#include <string.h>

#include "quic/conn.h"

static void *on_malloc(size_t bytes, void *pool) {
  return pqq__pool_alloc(pool, bytes);
}

static void on_release(void *block, void *pool) {
  pqq__pool_release(pool, block);
}

static void *on_calloc(size_t count, size_t bytes, void *pool) {
  return pqq__pool_calloc(pool, count, bytes);
}

static void *on_realloc(void *block, size_t bytes, void *pool) {
  return pqq__pool_realloc(pool, block, bytes);
}

static void deinit_tables(pqq__endpoint *endpoint) {
  pqq__cidmap_deinit(&endpoint->cids);
  pqq__cidmap_deinit(&endpoint->reset_tokens);
  pqq__block_list_deinit(&endpoint->blocked);
  pqq__admission_deinit(&endpoint->admission);
  pqq__token_keys_deinit(&endpoint->tokens);
  pqq__cid_keys_free(endpoint->cid_keys);
}

pqq_status pqq__endpoint_init(pqq__endpoint *endpoint, pqq_config *config,
                              const pqq_engine_options *options, const pqq__app *app,
                              void *app_user_data) {
  static const uint8_t no_key[PQQ_ENGINE_KEY_BYTES];
  uint8_t key[PQQ_ENGINE_KEY_BYTES], hash_key[16];

  *endpoint =
      (pqq__endpoint){.config = config,
                      .app = app,
                      .app_user_data = app_user_data,
                      .is_server = options->is_server != 0,
                      .sign_as_jobs = options->sign_as_jobs,
                      .worker_count = options->worker_count,
                      .owner = {(uint16_t)options->generation, (uint8_t)options->worker},
                      .has_other_generations = options->has_other_generations != 0,
                      .mem = {&endpoint->pool, on_malloc, on_release, on_calloc, on_realloc}};
  memcpy(key, options->key, sizeof key);
  if (memcmp(key, no_key, sizeof key) == 0) {
    pqq__tls_random(key, sizeof key);
  }
  pqq__tls_random(hash_key, sizeof hash_key);
  pqq__slots_init(&endpoint->conns, options->worker);
  pqq__list_init(&endpoint->sending);
  pqq__list_init(&endpoint->with_job);
  pqq__list_init(&endpoint->all);
  pqq__token_keys_init(&endpoint->tokens, key, options->clock_offset_ns);
  endpoint->cid_keys = pqq__cid_keys_new(key);
  if (!endpoint->cid_keys || pqq__cidmap_init(&endpoint->cids, hash_key) != 0 ||
      pqq__cidmap_init(&endpoint->reset_tokens, hash_key) != 0 ||
      pqq__block_list_init(&endpoint->blocked, hash_key) != 0 ||
      pqq__admission_init(&endpoint->admission, &config->values, options, hash_key) != 0) {
    deinit_tables(endpoint);
    return PQQ_ERR_NO_MEMORY;
  }
  return PQQ_OK;
}

void pqq__endpoint_deinit(pqq__endpoint *endpoint) {
  pqq__node *node;

  while ((node = pqq__list_first(&endpoint->all)) != NULL) {
    pqq__conn_free(PQQ__OWNER(node, pqq__conn, all_node));
  }
  pqq__early_deinit(&endpoint->early);
  pqq__heap_deinit(&endpoint->timers);
  pqq__slots_deinit(&endpoint->conns);
  deinit_tables(endpoint);
  pqq__pool_clear(&endpoint->pool);
}

static size_t send_reply(pqq__endpoint *endpoint, uint8_t *buffer, pqq_transmit *out) {
  pqq__reply *reply = &endpoint->replies[endpoint->reply_first];

  endpoint->reply_first = (endpoint->reply_first + 1) % PQQ__MAX_STATELESS_REPLIES;
  endpoint->reply_count--;
  memcpy(buffer, reply->data, reply->len);
  out->local = reply->local;
  out->remote = reply->remote;
  out->len = reply->len;
  out->segment_bytes = reply->len;
  return reply->len;
}

pqq_status pqq__endpoint_send(pqq__endpoint *endpoint, uint8_t *buffer, size_t buffer_bytes,
                              uint32_t max_segments, pqq_transmit *out) {
  pqq__node *node;
  size_t len = 0, count;

  *out = (pqq_transmit){0};
  if (endpoint->reply_count) {
    len = send_reply(endpoint, buffer, out);
  }
  while (len == 0 && (node = pqq__list_first(&endpoint->sending)) != NULL) {
    len = pqq__conn_send(PQQ__OWNER(node, pqq__conn, sending_node), buffer, buffer_bytes,
                         max_segments, out);
  }
  if (len == 0) {
    return PQQ_AGAIN;
  }
  endpoint->stats.bytes_sent += len;
  count = (len + out->segment_bytes - 1) / out->segment_bytes;
  endpoint->stats.datagrams_sent += count;
  endpoint->stats.ecn_capable_sent += out->ecn ? count : 0;
  return PQQ_OK;
}

pqq_time_ns pqq__endpoint_deadline(const pqq__endpoint *endpoint) {
  const pqq__timer *first = pqq__heap_first(&endpoint->timers);

  if (endpoint->reply_count || !pqq__list_is_empty(&endpoint->sending)) {
    return 0;
  }
  return first ? first->at : PQQ_TIME_NEVER;
}

void pqq__endpoint_expire(pqq__endpoint *endpoint) {
  pqq__timer *first;
  /* A timer that is set to `now` again while it runs waits for the next call. */
  size_t budget = endpoint->conns.used;

  while (budget-- > 0 && (first = pqq__heap_first(&endpoint->timers)) != NULL &&
         first->at <= endpoint->now) {
    pqq__conn_expire(PQQ__OWNER(first, pqq__conn, timer));
  }
}
