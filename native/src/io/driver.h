/* SPDX-License-Identifier: MIT */
/* Inside of the built-in driver: what the workers share. */
#ifndef PQQ__IO_DRIVER_H
#define PQQ__IO_DRIVER_H

#include <stdatomic.h>

#include <pqq/driver.h>

#include "io/signing_pool.h"
#include "io/worker.h"

struct pqq_driver {
  /* Of connections that begin now. Under the lock once the workers run. */
  pqq_config *config;
  pthread_mutex_t config_lock;
  pqq_driver_events events;
  void *user_data;
  /* Copy of the options with defaults filled in; `hosts` is NULL. */
  pqq_driver_options options;
  /* With references; `options.files` is NULL. */
  pqq_files *files[PQQ_MAX_FILES];
  pqq_address addresses[PQQ_MAX_LISTEN_HOSTS];
  size_t address_count;
  /* When draining ends; PQQ_TIME_NEVER while nobody has asked to stop. */
  _Atomic pqq_time_ns stop_at;
  /* pqq_driver_free waits: do not wait for readers that push back. */
  atomic_int is_freeing;
  /* Empty: there is no hand-over between processes. */
  char handover_path[PQQ__HANDOVER_FOLDER_BYTES];
  /* Of this start, among all of one key. */
  uint16_t generation;
  pqq__signing_pool signing;
  uint32_t worker_count;
  pqq__worker workers[];
};

/* PQQ_ERR_NULL_ARG, about the driver or else `other`. */
pqq_status pqq__driver_null_error(const pqq_driver *driver, const char *other);

/* Calls `ask` with each worker's engine, on its thread, until one of the calls fails or leaves
 * another `*answer` than PQQ_OK, which is then returned. */
pqq_status pqq__driver_ask_all(pqq_driver *driver, void (*ask)(pqq_engine *engine, void *user_data),
                               void *user_data, const pqq_status *answer);

#endif
