/* SPDX-License-Identifier: MIT */
/* The exported engine calls that concern the whole engine: life, datagrams,
 * time, events, jobs. Streams are in engine_stream.c. */
#include <pqq/engine.h>

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/struct_size.h"
#include "http3/session.h"

/* Workers fit into the 8 bits that pqq_id and connection ids have for them. */
#define MAX_WORKERS 255

pqq_status pqq_engine_options_init(pqq_engine_options *options, size_t size) {
  static const pqq_engine_options defaults = {.worker_count = 1};

  return pqq__struct_init("pqq_engine_options", options, size, &defaults, sizeof defaults);
}

static pqq_status check_new(const pqq_config *config, const pqq_engine_options *options) {
  if (options->worker_count < 1 || options->worker_count > MAX_WORKERS ||
      options->worker >= options->worker_count) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "worker %u of %u, at most %d", options->worker,
                          options->worker_count, MAX_WORKERS);
  }
  if (options->generation > UINT16_MAX) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "generation: %u, at most %u", options->generation,
                          UINT16_MAX);
  }
  return options->is_server ? pqq__tls_config_check_server(config->tls) : PQQ_OK;
}

pqq_status pqq_engine_new(pqq_config *config, const pqq_engine_options *options,
                          pqq_engine **engine) {
  pqq_engine_options read = {.worker_count = 1};
  pqq_engine *made;
  pqq_status status;

  pqq__error_clear();
  if (!config || !engine) {
    return PQQ_ERR_NULL_ARG;
  }
  status = pqq__struct_read("pqq_engine_options", &read, sizeof read, options);
  if (status == PQQ_OK) {
    status = check_new(config, &read);
  }
  if (status != PQQ_OK) {
    return status;
  }
  made = calloc(1, sizeof *made);
  if (!made) {
    return PQQ_ERR_NO_MEMORY;
  }
  status = pqq__endpoint_init(&made->endpoint, config, &read, &pqq__session_app, made);
  made->mem =
      (nghttp3_mem){made->endpoint.mem.user_data, made->endpoint.mem.malloc,
                    made->endpoint.mem.free, made->endpoint.mem.calloc, made->endpoint.mem.realloc};
  if (status != PQQ_OK) {
    free(made);
    return status;
  }
  pqq__slots_init(&made->streams, read.worker);
  made->config = pqq_config_ref(config);
  made->on_wake = read.on_wake;
  made->wake_user_data = read.user_data;
  *engine = made;
  return PQQ_OK;
}

pqq_status pqq_engine_set_config(pqq_engine *engine, pqq_config *config) {
  pqq_status status = PQQ_OK;

  pqq__error_clear();
  if (!engine || !config) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "%s", engine ? "config" : "engine");
  }
  if (engine->endpoint.is_server) {
    status = pqq__tls_config_check_server(config->tls);
  }
  if (status == PQQ_OK && pqq__admission_set(&engine->endpoint.admission, &config->values) != 0) {
    status = PQQ_ERR_NO_MEMORY;
  }
  if (status != PQQ_OK) {
    return status;
  }
  (void)pqq_config_ref(config);
  pqq_config_unref(engine->config);
  engine->config = engine->endpoint.config = config;
  return PQQ_OK;
}

/* Streams that have lost their connection but not their last event. */
static void free_waiting_streams(pqq_engine *engine) {
  for (uint32_t i = 0; i < engine->streams.count; i++) {
    if (engine->streams.slots[i].object) {
      pqq__stream_free(engine->streams.slots[i].object);
    }
  }
}

void pqq_engine_free(pqq_engine *engine) {
  if (!engine) {
    return;
  }
  free_waiting_streams(engine);
  pqq__endpoint_deinit(&engine->endpoint);
  pqq__events_deinit(&engine->events);
  pqq__slots_deinit(&engine->streams);
  pqq_config_unref(engine->config);
  free(engine);
}

pqq_status pqq_engine_recv(pqq_engine *engine, const pqq_datagram *datagram, int32_t is_routed,
                           pqq_time_ns now, uint32_t *route) {
  if (!engine || !datagram || !route || (datagram->data.len && !datagram->data.data)) {
    return PQQ_ERR_NULL_ARG;
  }
  pqq__endpoint_set_time(&engine->endpoint, now);
  return pqq__endpoint_recv(&engine->endpoint, datagram, is_routed, route);
}

pqq_status pqq_engine_send(pqq_engine *engine, uint8_t *buffer, size_t buffer_bytes,
                           uint32_t max_segments, pqq_time_ns now, pqq_transmit *out) {
  if (!engine || !buffer || !out) {
    return PQQ_ERR_NULL_ARG;
  }
  if (buffer_bytes < PQQ_MIN_SEND_BUFFER_BYTES || max_segments < 1 || max_segments > 64) {
    return PQQ_ERR_INVALID_ARG;
  }
  pqq__endpoint_set_time(&engine->endpoint, now);
  return pqq__endpoint_send(&engine->endpoint, buffer, buffer_bytes, max_segments, out);
}

pqq_time_ns pqq_engine_deadline(const pqq_engine *engine) {
  return engine ? pqq__endpoint_deadline(&engine->endpoint) : PQQ_TIME_NEVER;
}

pqq_status pqq_engine_expire(pqq_engine *engine, pqq_time_ns now) {
  if (!engine) {
    return PQQ_ERR_NULL_ARG;
  }
  pqq__endpoint_set_time(&engine->endpoint, now);
  pqq__endpoint_expire(&engine->endpoint);
  return PQQ_OK;
}

pqq_status pqq_engine_unreachable(pqq_engine *engine, const pqq_address *remote, pqq_time_ns now) {
  if (!engine || !remote) {
    return PQQ_ERR_NULL_ARG;
  }
  pqq__endpoint_set_time(&engine->endpoint, now);
  pqq__conn_unreachable(&engine->endpoint, remote);
  return PQQ_OK;
}

pqq_status pqq_engine_peek_event(pqq_engine *engine, pqq_event *event) {
  const pqq__event *first;

  if (!engine || !event) {
    return PQQ_ERR_NULL_ARG;
  }
  first = pqq__events_first(&engine->events);
  if (!first) {
    return PQQ_AGAIN;
  }
  engine->events.is_peeked = 1;
  *event = (pqq_event){
      .type = first->type,
      .is_end = first->is_end,
      .conn = first->conn,
      .stream = first->stream,
      .token = first->token,
      .status = first->status,
      .http_status = first->http_status,
      .datagram_bytes = first->datagram_bytes,
      .wire_code = first->wire_code,
      .headers = first->section ? first->section->headers : NULL,
      .header_count = first->section ? first->section->count : 0,
      .data = {first->data, first->data_len},
      .close = first->close,
  };
  return PQQ_OK;
}

void pqq_engine_pop_event(pqq_engine *engine) {
  const pqq__event *first = engine ? pqq__events_first(&engine->events) : NULL;
  pqq__stream *stream;
  pqq__conn *conn;

  if (!first) {
    return;
  }
  if (first->type == PQQ_EVENT_STREAM_CLOSED || first->type == PQQ_EVENT_OPEN_FAILED) {
    stream = pqq__stream_find(engine, first->stream);
    if (stream) {
      pqq__stream_free(stream);
    }
  } else if (first->type == PQQ_EVENT_DATAGRAM) {
    pqq__datagram_taken(engine, first);
  } else if (first->type == PQQ_EVENT_CLOSED) {
    conn = pqq__slots_find(&engine->endpoint.conns, first->conn);
    if (conn) {
      pqq__conn_close_taken(conn);
    }
  }
  pqq__events_pop(&engine->events);
}

pqq_status pqq_engine_next_event(pqq_engine *engine, pqq_event *event) {
  if (engine && engine->events.is_peeked) {
    pqq_engine_pop_event(engine);
  }
  return pqq_engine_peek_event(engine, event);
}

void pqq_engine_wake(pqq_engine *engine) {
  if (engine && engine->on_wake) {
    engine->on_wake(engine->wake_user_data);
  }
}

pqq_status pqq_engine_next_job(pqq_engine *engine, pqq_job **job) {
  pqq__node *node;
  pqq__conn *conn;

  if (!engine || !job) {
    return PQQ_ERR_NULL_ARG;
  }
  node = pqq__list_first(&engine->endpoint.with_job);
  if (!node) {
    return PQQ_AGAIN;
  }
  conn = PQQ__OWNER(node, pqq__conn, job_node);
  pqq__list_remove(node);
  *job = conn->job;
  conn->job = NULL;
  return PQQ_OK;
}

int32_t pqq_job_has_signer(const pqq_job *job) {
  return job && pqq__tls_job_has_signer(job);
}

pqq_status pqq_job_start(pqq_job *job, pqq_job_done_fn on_done, void *user_data) {
  if (!job || !on_done) {
    return PQQ_ERR_NULL_ARG;
  }
  pqq__tls_job_start(job, on_done, user_data);
  return PQQ_OK;
}

void pqq_job_run(pqq_job *job) {
  if (job) {
    pqq__tls_job_run(job);
  }
}

void pqq_job_free(pqq_job *job) {
  if (job) {
    pqq__tls_job_free(job);
  }
}

pqq_status pqq_engine_complete(pqq_engine *engine, pqq_job *job, pqq_time_ns now) {
  pqq__conn *conn;

  if (!engine || !job) {
    return PQQ_ERR_NULL_ARG;
  }
  pqq__endpoint_set_time(&engine->endpoint, now);
  conn = pqq__slots_find(&engine->endpoint.conns, pqq__tls_job_conn(job));
  if (conn) {
    uint64_t began = pqq__admission_cpu_begin(&engine->endpoint.admission);

    pqq__conn_complete(conn, job);
    pqq__admission_cpu_end(&engine->endpoint.admission, began, engine->endpoint.now);
  }
  pqq__tls_job_free(job);
  return PQQ_OK;
}

pqq_status pqq_engine_set_unix_time(pqq_engine *engine, uint64_t unix_s) {
  if (!engine) {
    return PQQ_ERR_NULL_ARG;
  }
  if (unix_s > PQQ__DATE_MAX_UNIX_S) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "unix_s: %llu", (unsigned long long)unix_s);
  }
  if (unix_s != engine->unix_s) {
    engine->unix_s = unix_s;
    pqq__date_write((int64_t)unix_s, engine->date);
  }
  return PQQ_OK;
}

pqq_status pqq_engine_shutdown(pqq_engine *engine) {
  pqq__node *node, *next;

  if (!engine) {
    return PQQ_ERR_NULL_ARG;
  }
  engine->endpoint.is_shut_down = 1;
  for (node = engine->endpoint.all.next; node != &engine->endpoint.all; node = next) {
    pqq__conn *conn = PQQ__OWNER(node, pqq__conn, all_node);
    next = node->next;
    if (pqq__conn_is_live(conn)) {
      pqq__session_shutdown(conn->app);
    }
  }
  return PQQ_OK;
}

pqq_status pqq_engine_close_all(pqq_engine *engine) {
  pqq__node *node, *next;

  if (!engine) {
    return PQQ_ERR_NULL_ARG;
  }
  engine->endpoint.is_shut_down = 1;
  for (node = engine->endpoint.all.next; node != &engine->endpoint.all; node = next) {
    next = node->next;
    pqq__conn_close(PQQ__OWNER(node, pqq__conn, all_node), PQQ__H3_NO_ERROR);
  }
  return PQQ_OK;
}

int32_t pqq_engine_is_idle(const pqq_engine *engine) {
  return !engine || engine->endpoint.live == 0;
}

pqq_status pqq_engine_stats(const pqq_engine *engine, pqq_stats *stats) {
  pqq_stats now;

  pqq__error_clear();
  if (!engine || !stats) {
    return PQQ_ERR_NULL_ARG;
  }
  now = engine->endpoint.stats;
  now.connections_now = engine->endpoint.conns.used;
  now.requests_now = engine->streams.used;
  return pqq__struct_write("pqq_stats", stats, &now, sizeof now);
}
