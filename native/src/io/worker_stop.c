/* SPDX-License-Identifier: MIT */
/* How a worker ends: drain, close, last events, and what becomes of commands
 * that nobody will run; and the counters it publishes. */
#include <stdlib.h>

#include "io/clock.h"
#include "io/driver.h"
#include "io/worker.h"

void pqq__worker_stop_step(pqq__worker *worker) {
  pqq_time_ns stop_at = atomic_load(&worker->driver->stop_at);

  if (stop_at == PQQ_TIME_NEVER) {
    return;
  }
  if (worker->stage == PQQ__STAGE_SERVING) {
    (void)pqq_engine_shutdown(worker->engine);
    worker->stage = PQQ__STAGE_DRAINING;
  }
  if (worker->stage == PQQ__STAGE_DRAINING &&
      (worker->now >= stop_at || pqq_engine_is_idle(worker->engine))) {
    (void)pqq_engine_close_all(worker->engine);
    worker->stage = PQQ__STAGE_CLOSING;
    worker->linger_until = worker->now + PQQ__LINGER_MS * PQQ__NS_PER_MS;
    worker->has_more = 1;
  }
}

pqq_time_ns pqq__worker_stop_deadline(const pqq__worker *worker) {
  switch (worker->stage) {
  case PQQ__STAGE_DRAINING:
    return atomic_load(&worker->driver->stop_at);
  case PQQ__STAGE_CLOSING:
    return worker->linger_until;
  default:
    return PQQ_TIME_NEVER;
  }
}

int pqq__worker_is_done(const pqq__worker *worker) {
  if (worker->stage != PQQ__STAGE_CLOSING || worker->has_more) {
    return 0;
  }
  if (worker->now >= worker->linger_until) {
    return 1;
  }
  if (worker->is_blocked) {
    return 0;
  }
  /* Who waits in pqq_driver_free cannot take events: those are lost then. */
  return !pqq__worker_has_event(worker) ||
         (worker->is_paused && atomic_load(&worker->driver->is_freeing));
}

/* Nobody will run these. Requests and connects are answered, all others were
 * for ids that are gone now. */
static void drop_command(pqq__worker *worker, const pqq_command *command) {
  const pqq_driver_events *events = &worker->driver->events;
  int is_reported = command->type == PQQ_COMMAND_CONNECT || command->type == PQQ_COMMAND_REQUEST;

  pqq__command_release(command);
  if (is_reported && events->on_command_failed != NULL) {
    events->on_command_failed(worker->engine, worker->index, command->tag, PQQ_ERR_STATE,
                              worker->driver->user_data);
  }
}

static void drop_commands(pqq__worker *worker) {
  pqq__command_batch *batch;

  while ((batch = pqq__command_queue_peek(&worker->commands)) != NULL) {
    while (batch->done < batch->count) {
      drop_command(worker, &batch->commands[batch->done++]);
    }
    pqq__command_queue_pop(&worker->commands);
  }
}

static void close_sockets(pqq__worker *worker) {
  for (size_t i = 0; i < worker->socket_count; i++) {
    pqq__udp_socket_close(&worker->sockets[i]);
  }
  worker->socket_count = 0;
}

void pqq__worker_end(pqq__worker *worker, pqq_status status) {
  pqq_driver *driver = worker->driver;

  pqq__command_queue_close(&worker->commands);
  drop_commands(worker);
  pqq__worker_publish(worker);
  pqq__handover_close(&worker->handover);
  close_sockets(worker);
  pqq_engine_free(worker->engine);
  worker->engine = NULL;
  atomic_store(&worker->stats.connections_now, 0);
  atomic_store(&worker->stats.requests_now, 0);
  if (driver->events.on_worker_end != NULL) {
    driver->events.on_worker_end(worker->index, status, driver->user_data);
  }
}

void pqq__worker_deinit(pqq__worker *worker) {
  pqq__handover_close(&worker->handover);
  close_sockets(worker);
  pqq_engine_free(worker->engine);
  pqq__sign_inbox_close(worker->inbox);
  pqq__file_server_free(worker->files);
  pqq__udp_sender_deinit(&worker->sender);
  pqq__udp_receiver_deinit(&worker->receiver);
  pqq__poller_deinit(&worker->poller);
  pqq__command_queue_deinit(&worker->commands);
  pqq__route_ring_deinit(&worker->routed);
}

/* What is counted outside of the engine. */
static void add_own(pqq__worker *worker, pqq_stats *stats) {
  stats->datagrams_dropped += worker->receiver.truncated;
  stats->route_drops += pqq__route_ring_drops(&worker->routed);
  stats->handover_sent += worker->handover.sent;
  stats->handover_received += worker->handover.received;
  stats->handover_drops += worker->handover.drops;
  stats->handover_rejected += worker->handover.rejected;
  stats->receive_calls += worker->receiver.calls;
  stats->send_calls += worker->sender.calls;
  stats->wakeups += worker->wakeups;
  stats->signatures_in_line += worker->signed_in_line;
  stats->signatures_pooled += worker->signed_pooled;
}

static void add_files(const pqq__file_server *files, pqq_stats *stats) {
  stats->file_requests += files->answered;
  stats->file_failures += files->failed;
  stats->file_bytes_read += files->read_bytes;
  stats->file_cache_hits += files->cache.hits;
  stats->file_cache_misses += files->cache.misses;
}

void pqq__worker_publish(pqq__worker *worker) {
  pqq_stats stats = {.struct_size = sizeof stats};

  (void)pqq_engine_stats(worker->engine, &stats);
  add_own(worker, &stats);
  if (worker->files != NULL) {
    add_files(worker->files, &stats);
  }
#define PQQ_STAT(name, meaning) \
  atomic_store_explicit(&worker->stats.name, stats.name, memory_order_relaxed);
#include <pqq/stats.def>
#undef PQQ_STAT
}
