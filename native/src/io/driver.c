/* SPDX-License-Identifier: MIT */
/* pqq_driver after its start: the calls that any thread may make, and the end;
 * see include/pqq/driver.h. The loop itself is worker.c. */
#include "io/driver.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/struct_size.h"
#include "io/clock.h"
#include "io/limits.h"

/* --- The end ------------------------------------------------------------------------------ */

static void join_and_free(pqq_driver *driver) {
  for (uint32_t i = 0; i < driver->worker_count; i++) {
    if (driver->workers[i].has_thread) {
      (void)pthread_join(driver->workers[i].thread, NULL);
    }
  }
  /* After the workers, which push, and before what their results wake. */
  pqq__signing_pool_stop(&driver->signing);
  for (uint32_t i = 0; i < driver->worker_count; i++) {
    pqq__worker_deinit(&driver->workers[i]);
  }
  for (size_t i = 0; i < driver->options.file_count; i++) {
    pqq_files_unref(driver->files[i]);
  }
  pqq_config_unref(driver->config);
  (void)pthread_mutex_destroy(&driver->config_lock);
  free(driver);
}

pqq_status pqq_driver_stop(pqq_driver *driver, uint32_t drain_ms) {
  pqq_time_ns stop_at, before;

  if (driver == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "driver");
  }
  stop_at = pqq__clock_ns() + drain_ms * PQQ__NS_PER_MS;
  before = atomic_load(&driver->stop_at);
  while (stop_at < before && !atomic_compare_exchange_weak(&driver->stop_at, &before, stop_at)) {
  }
  for (uint32_t i = 0; i < driver->worker_count; i++) {
    pqq__worker_wake(&driver->workers[i]);
  }
  return PQQ_OK;
}

void pqq_driver_free(pqq_driver *driver) {
  if (driver == NULL) {
    return;
  }
  atomic_store(&driver->is_freeing, 1);
  if (atomic_load(&driver->stop_at) == PQQ_TIME_NEVER) {
    (void)pqq_driver_stop(driver, 0);
  }
  for (uint32_t i = 0; i < driver->worker_count; i++) {
    pqq__worker_wake(&driver->workers[i]);
  }
  join_and_free(driver);
}

/* --- Calls from any thread -------------------------------------------------------------------- */

pqq_status pqq__driver_null_error(const pqq_driver *driver, const char *other) {
  return pqq__error_set(PQQ_ERR_NULL_ARG, "%s", driver == NULL ? "driver" : other);
}

pqq_status pqq_driver_addresses(const pqq_driver *driver, pqq_address *addresses, size_t capacity,
                                size_t *count) {
  if (driver == NULL || count == NULL || (addresses == NULL && capacity > 0)) {
    return pqq__driver_null_error(driver, count == NULL ? "count" : "addresses");
  }
  for (size_t i = 0; i < driver->address_count && i < capacity; i++) {
    addresses[i] = driver->addresses[i];
  }
  *count = driver->address_count;
  return PQQ_OK;
}

pqq_status pqq_driver_wake(pqq_driver *driver, uint32_t worker) {
  if (driver == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "driver");
  }
  if (worker >= driver->worker_count) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "worker: %u of %u", worker, driver->worker_count);
  }
  atomic_store(&driver->workers[worker].is_resumed, 1);
  pqq__worker_wake(&driver->workers[worker]);
  return PQQ_OK;
}

static void wake_worker(void *user_data) {
  pqq__worker_wake(user_data);
}

pqq_status pqq_driver_call(pqq_driver *driver, uint32_t worker,
                           void (*fn)(pqq_engine *engine, void *user_data), void *user_data) {
  pqq__call call = {.fn = fn, .user_data = user_data};

  pqq__error_clear();
  if (driver == NULL || fn == NULL) {
    return pqq__driver_null_error(driver, "fn");
  }
  if (worker >= driver->worker_count) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "worker: %u of %u", worker, driver->worker_count);
  }
  if (pqq__worker_is_current_thread()) {
    return pqq__error_set(PQQ_ERR_STATE,
                          "pqq_driver_call on a worker's thread would wait for itself");
  }
  return pqq__command_queue_call(&driver->workers[worker].commands, &call, wake_worker,
                                 &driver->workers[worker]);
}

pqq_status pqq__driver_ask_all(pqq_driver *driver, void (*ask)(pqq_engine *engine, void *user_data),
                               void *user_data, const pqq_status *answer) {
  pqq_status status = PQQ_OK;

  for (uint32_t i = 0; i < driver->worker_count && status == PQQ_OK; i++) {
    status = pqq_driver_call(driver, i, ask, user_data);
    if (status == PQQ_OK) {
      status = *answer;
    }
  }
  return status;
}

/* --- Another configuration ---------------------------------------------------------------------
 */

typedef struct config_swap {
  pqq_config *config;
  pqq_status status;
  /* The error's, which is of the worker's thread. */
  char detail[PQQ__ERROR_DETAIL_BYTES];
} config_swap;

static void swap_config(pqq_engine *engine, void *user_data) {
  config_swap *swap = user_data;

  swap->status = pqq_engine_set_config(engine, swap->config);
  (void)snprintf(swap->detail, sizeof swap->detail, "%s", pqq_error_detail());
}

/* A worker that refuses it does so before any has it: they all check the same, and the first one is
 * asked alone. One that has ended has no more connections to begin. */
static pqq_status swap_workers(pqq_driver *driver, pqq_config *config) {
  config_swap swap = {config, PQQ_OK, ""};
  pqq_status status = pqq__driver_ask_all(driver, swap_config, &swap, &swap.status);

  return swap.status != PQQ_OK ? pqq__error_set(swap.status, "%s", swap.detail) : status;
}

pqq_status pqq_driver_update_config(pqq_driver *driver, pqq_config *config) {
  pqq_status status;

  pqq__error_clear();
  if (driver == NULL || config == NULL) {
    return pqq__driver_null_error(driver, "config");
  }
  (void)pthread_mutex_lock(&driver->config_lock);
  status = swap_workers(driver, config);
  if (status == PQQ_OK) {
    pqq_config *before = driver->config;

    driver->config = pqq_config_ref(config);
    pqq_config_unref(before);
  }
  (void)pthread_mutex_unlock(&driver->config_lock);
  return status;
}

pqq_status pqq_driver_stats(const pqq_driver *driver, pqq_stats *stats) {
  pqq_stats sum = {0};

  if (driver == NULL || stats == NULL) {
    return pqq__driver_null_error(driver, "stats");
  }
  for (uint32_t i = 0; i < driver->worker_count; i++) {
    const pqq__worker_stats *part = &driver->workers[i].stats;

#define PQQ_STAT(name, meaning) sum.name += atomic_load_explicit(&part->name, memory_order_relaxed);
#include <pqq/stats.def>
#undef PQQ_STAT
  }
  return pqq__struct_write("pqq_stats", stats, &sum, sizeof sum);
}

/* --- Commands --------------------------------------------------------------------------------- */

static pqq_status copy_batches(const pqq_driver *driver, const pqq_command *commands, size_t count,
                               pqq__command_batch **batches) {
  for (uint32_t i = 0; i < driver->worker_count; i++) {
    pqq_status status =
        pqq__command_batch_new(commands, count, driver->worker_count, i, &batches[i]);

    if (status != PQQ_OK) {
      return status;
    }
  }
  return PQQ_OK;
}

/* All queues are locked, in order, before the first batch goes in: all or
 * nothing. */
static pqq_status add_batches(pqq_driver *driver, pqq__command_batch **batches) {
  pqq_status status = PQQ_OK;

  for (uint32_t i = 0; i < driver->worker_count; i++) {
    if (batches[i] != NULL) {
      (void)pthread_mutex_lock(&driver->workers[i].commands.lock);
      if (status == PQQ_OK) {
        status = pqq__command_queue_check(&driver->workers[i].commands, batches[i]);
      }
    }
  }
  for (uint32_t i = 0; i < driver->worker_count; i++) {
    if (batches[i] != NULL) {
      if (status == PQQ_OK) {
        pqq__command_queue_add(&driver->workers[i].commands, batches[i]);
      }
      (void)pthread_mutex_unlock(&driver->workers[i].commands.lock);
    }
  }
  return status;
}

pqq_status pqq_driver_submit(pqq_driver *driver, const pqq_command *commands, size_t count) {
  pqq__command_batch *batches[PQQ__MAX_WORKERS] = {NULL};
  pqq_status status = PQQ_OK;

  pqq__error_clear();
  if (driver == NULL || (commands == NULL && count > 0)) {
    return pqq__driver_null_error(driver, "commands");
  }
  for (size_t i = 0; i < count && status == PQQ_OK; i++) {
    uint32_t worker;

    status = pqq__command_check(&commands[i], driver->worker_count, &worker);
  }
  if (status == PQQ_OK) {
    status = copy_batches(driver, commands, count, batches);
  }
  if (status == PQQ_OK) {
    status = add_batches(driver, batches);
  }
  for (uint32_t i = 0; i < driver->worker_count; i++) {
    if (status != PQQ_OK) {
      pqq__command_batch_free(batches[i]);
    } else if (batches[i] != NULL) {
      pqq__worker_wake(&driver->workers[i]);
    }
  }
  return status;
}
