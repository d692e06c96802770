/* SPDX-License-Identifier: MIT */
/* pqq_driver_start: options checked, sockets bound, workers made and started;
 * see include/pqq/driver.h. What comes after is driver.c. */
#include "io/driver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/struct_size.h"
#include "files/folder.h"
#include "io/address.h"
#include "io/limits.h"

static const pqq_driver_options default_options = {
    .struct_size = sizeof default_options,
    .workers = 1,
    .socket_buffer_bytes = PQQ__SOCKET_BUFFER_BYTES,
};

pqq_status pqq_driver_options_init(pqq_driver_options *options, size_t size) {
  return pqq__struct_init("pqq_driver_options", options, size, &default_options,
                          sizeof default_options);
}

pqq_status pqq_driver_events_init(pqq_driver_events *events, size_t size) {
  static const pqq_driver_events none = {.struct_size = sizeof none};

  return pqq__struct_init("pqq_driver_events", events, size, &none, sizeof none);
}

/* --- Options -------------------------------------------------------------------------------- */

static pqq_status check_hosts(const pqq_driver_options *options, pqq_address *addresses) {
  if (options->host_count > PQQ_MAX_LISTEN_HOSTS) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "host_count: %zu, at most %d", options->host_count,
                          PQQ_MAX_LISTEN_HOSTS);
  }
  if (options->hosts == NULL || options->host_count == 0) {
    addresses[0] = (pqq_address){.port = options->port};
    return PQQ_OK;
  }
  for (size_t i = 0; i < options->host_count; i++) {
    if (options->hosts[i] == NULL) {
      return pqq__error_set(PQQ_ERR_NULL_ARG, "hosts[%zu]", i);
    }
    if (pqq__address_parse(&addresses[i], options->hosts[i], options->port) != 0) {
      return pqq__error_set(PQQ_ERR_INVALID_ARG, "hosts[%zu]: \"%s\" is not an IP address", i,
                            options->hosts[i]);
    }
  }
  return PQQ_OK;
}

/* Afterwards it is how many, or PQQ_SIGNING_THREADS_NONE. */
static pqq_status check_signing_threads(pqq_driver_options *options) {
  if (options->signing_threads == 0) {
    options->signing_threads = pqq__signing_threads_default(options->workers);
  }
  if (!options->is_server) {
    options->signing_threads = PQQ_SIGNING_THREADS_NONE; /* clients have nothing to sign here */
  }
  if (options->signing_threads != PQQ_SIGNING_THREADS_NONE &&
      options->signing_threads > PQQ__MAX_SIGNING_THREADS) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "signing_threads: %u, allowed 1 to %d",
                          options->signing_threads, PQQ__MAX_SIGNING_THREADS);
  }
  return PQQ_OK;
}

static pqq_status check_options(pqq_driver_options *options) {
  if (options->workers == 0) {
    options->workers = 1;
  }
  if (options->workers > PQQ__MAX_WORKERS) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "workers: %u, allowed 1 to %d", options->workers,
                          PQQ__MAX_WORKERS);
  }
  if (options->socket_buffer_bytes == 0) {
    options->socket_buffer_bytes = PQQ__SOCKET_BUFFER_BYTES;
  }
  if (options->socket_buffer_bytes > PQQ__MAX_SOCKET_BUFFER_BYTES) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "socket_buffer_bytes: %u, at most %u",
                          options->socket_buffer_bytes, PQQ__MAX_SOCKET_BUFFER_BYTES);
  }
  if (!PQQ__HAS_PORT_SHARING && options->is_server) {
    options->workers = 1;
  }
  return check_signing_threads(options);
}

static pqq_status check_files(const pqq_driver_options *options) {
  if (options->file_count > PQQ_MAX_FILES || (options->file_count > 0 && !options->is_server)) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "file_count: %zu, at most %d, of a server",
                          options->file_count, PQQ_MAX_FILES);
  }
  if (options->files == NULL && options->file_count > 0) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "files");
  }
  for (size_t i = 0; i < options->file_count; i++) {
    if (options->files[i] == NULL) {
      return pqq__error_set(PQQ_ERR_NULL_ARG, "files[%zu]", i);
    }
    for (size_t j = 0; j < i; j++) {
      if (strcmp(options->files[i]->prefix, options->files[j]->prefix) == 0) {
        return pqq__error_set(PQQ_ERR_INVALID_ARG, "files[%zu] and files[%zu]: both under \"/%s\"",
                              j, i, options->files[i]->prefix);
      }
    }
  }
  return PQQ_OK;
}

static int has_key(const pqq_driver_options *options) {
  static const uint8_t no_key[PQQ_ENGINE_KEY_BYTES];

  return memcmp(options->key, no_key, sizeof no_key) != 0;
}

/* Both processes have to read each other's connection ids. */
static pqq_status check_handover(const pqq_driver_options *options) {
  if (options->handover_path == NULL) {
    return PQQ_OK;
  }
  if (!options->is_server || !has_key(options)) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG,
                          "handover_path: for servers, and with a key that all processes have");
  }
  return pqq__handover_prepare(options->handover_path);
}

/* --- Sockets -------------------------------------------------------------------------------- */

/* `::` takes IPv4 too, unless IPv4 has a socket of its own. */
static int wants_dual_stack(const pqq_address *addresses, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (addresses[i].family == 4) {
      return 0;
    }
  }
  return 1;
}

static void close_sockets(pqq__udp_socket *sockets, size_t count) {
  for (size_t i = 0; i < count; i++) {
    pqq__udp_socket_close(&sockets[i]);
  }
}

/* One socket per address for one worker. With `port` 0 the first one picks it
 * for the others. All or none. */
static pqq_status open_sockets(const pqq_driver *driver, const pqq_address *addresses, size_t count,
                               pqq__port_sharing sharing, pqq__udp_socket *sockets) {
  const pqq_driver_options *options = &driver->options;
  uint16_t port = addresses[0].port;

  for (size_t i = 0; i < count; i++) {
    pqq__udp_options wanted = {.local = addresses[i],
                               .is_dual_stack = wants_dual_stack(addresses, count),
                               .sharing = sharing,
                               .buffer_bytes = options->socket_buffer_bytes,
                               .use_pktinfo = options->is_server,
                               .use_errors = !options->is_server,
                               .use_offload = !options->disable_offload};
    pqq_status status;

    wanted.local.port = port;
    status = pqq__udp_socket_open(&sockets[i], &wanted);
    if (status != PQQ_OK) {
      close_sockets(sockets, i);
      return status;
    }
    port = sockets[i].bound.port;
  }
  return PQQ_OK;
}

/* Another port is tried only if it was ours to choose. */
static pqq_status open_first_sockets(const pqq_driver *driver, const pqq_address *addresses,
                                     size_t count, pqq__udp_socket *sockets) {
  pqq__port_sharing sharing =
      driver->options.is_server && driver->worker_count > 1 ? PQQ__PORT_FIRST : PQQ__PORT_EXCLUSIVE;
  pqq_status status = PQQ_OK;

  /* The process before may still have it. One of our own choice is for the next to join. */
  if (driver->handover_path[0] != '\0') {
    sharing = addresses[0].port != 0 ? PQQ__PORT_JOIN : PQQ__PORT_FIRST;
  }
  for (int attempt = 0; attempt < PQQ__PORT_ATTEMPTS; attempt++) {
    status = open_sockets(driver, addresses, count, sharing, sockets);
    if (status != PQQ_ERR_ADDRESS_IN_USE || addresses[0].port != 0) {
      break;
    }
  }
  return status;
}

static pqq_status give_sockets(pqq__worker *worker, pqq__udp_socket *sockets, size_t count) {
  for (size_t i = 0; i < count; i++) {
    pqq_status status = pqq__worker_add_socket(worker, &sockets[i]);

    if (status != PQQ_OK) {
      close_sockets(sockets + i + 1, count - i - 1);
      return status;
    }
  }
  return PQQ_OK;
}

/* Worker 0's sockets decide the addresses; a server's other workers join them,
 * a client's have ports of their own. */
static pqq_status bind_workers(pqq_driver *driver, const pqq_address *wanted, size_t count) {
  pqq__udp_socket sockets[PQQ_MAX_LISTEN_HOSTS];

  for (uint32_t i = 0; i < driver->worker_count; i++) {
    pqq_status status =
        i == 0 || !driver->options.is_server
            ? open_first_sockets(driver, wanted, count, sockets)
            : open_sockets(driver, driver->addresses, count, PQQ__PORT_JOIN, sockets);

    if (status != PQQ_OK) {
      return status;
    }
    for (size_t j = 0; i == 0 && j < count; j++) {
      driver->addresses[j] = sockets[j].bound;
    }
    status = give_sockets(&driver->workers[i], sockets, count);
    if (status != PQQ_OK) {
      return status;
    }
  }
  driver->address_count = count;
  return PQQ_OK;
}

/* --- Start -------------------------------------------------------------------------------- */

/* No other process of the folder may have it. */
static pqq_status choose_generation(pqq_driver *driver) {
  const char *folder = driver->handover_path;

  do {
    if (getentropy(&driver->generation, sizeof driver->generation) != 0) {
      return pqq__error_set(PQQ_ERR_INTERNAL, "no random numbers: %s", strerror(errno));
    }
  } while (folder[0] != '\0' && pqq__handover_is_taken(folder, driver->generation));
  return PQQ_OK;
}

static pqq_status open_handover(pqq_driver *driver) {
  pqq_status status = PQQ_OK;

  for (uint32_t i = 0; i < driver->worker_count && status == PQQ_OK; i++) {
    status = pqq__worker_open_handover(&driver->workers[i]);
  }
  return status;
}

static pqq_status prepare(pqq_driver *driver, const pqq_address *addresses, size_t count) {
  uint32_t wanted = driver->worker_count;
  pqq_status status = choose_generation(driver);

  if (status == PQQ_OK && !has_key(&driver->options) &&
      getentropy(driver->options.key, sizeof driver->options.key) != 0) {
    status = pqq__error_set(PQQ_ERR_INTERNAL, "no random numbers: %s", strerror(errno));
  }
  if (status != PQQ_OK) {
    driver->worker_count = 0;
    return status;
  }
  for (uint32_t i = 0; i < wanted && status == PQQ_OK; i++) {
    status = pqq__worker_init(&driver->workers[i], driver, i);
    if (status != PQQ_OK) {
      driver->worker_count = i + 1; /* how many join_and_free may look at */
    }
  }
  if (status == PQQ_OK) {
    status = bind_workers(driver, addresses, count);
  }
  return status == PQQ_OK && driver->handover_path[0] != '\0' ? open_handover(driver) : status;
}

static pqq_status start_threads(pqq_driver *driver) {
  for (uint32_t i = 0; i < driver->worker_count; i++) {
    pqq_status status = pqq__worker_start(&driver->workers[i]);

    if (status != PQQ_OK) {
      return status;
    }
  }
  return PQQ_OK;
}

static const pqq__signing_calls signing_calls = {.run = pqq_job_run, .free = pqq_job_free};

static pqq_driver *new_driver(pqq_config *config, const pqq_driver_options *options,
                              const pqq_driver_events *events, void *user_data) {
  pqq_driver *driver = calloc(1, sizeof *driver + options->workers * sizeof driver->workers[0]);

  if (driver == NULL) {
    return NULL;
  }
  driver->config = pqq_config_ref(config);
  driver->events = *events;
  driver->user_data = user_data;
  driver->options = *options;
  driver->options.hosts = NULL;
  driver->options.files = NULL;
  driver->options.handover_path = NULL;
  if (options->handover_path != NULL) {
    (void)snprintf(driver->handover_path, sizeof driver->handover_path, "%s",
                   options->handover_path);
  }
  for (size_t i = 0; i < options->file_count; i++) {
    driver->files[i] = pqq_files_ref(options->files[i]);
  }
  driver->worker_count = options->workers;
  pqq__signing_pool_init(
      &driver->signing,
      options->signing_threads == PQQ_SIGNING_THREADS_NONE ? 0 : options->signing_threads,
      &signing_calls);
  atomic_init(&driver->stop_at, PQQ_TIME_NEVER);
  (void)pthread_mutex_init(&driver->config_lock, NULL);
  return driver;
}

static pqq_status start(pqq_driver *driver, const pqq_address *addresses, size_t count) {
  pqq_status status = prepare(driver, addresses, count);

  return status == PQQ_OK ? start_threads(driver) : status;
}

pqq_status pqq_driver_start(pqq_config *config, const pqq_driver_options *options,
                            const pqq_driver_events *events, void *user_data, pqq_driver **driver) {
  pqq_driver_options own_options = default_options;
  pqq_driver_events own_events = {0};
  pqq_address addresses[PQQ_MAX_LISTEN_HOSTS] = {{0}};
  pqq_driver *started;
  pqq_status status;

  pqq__error_clear();
  if (config == NULL || driver == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "%s", config == NULL ? "config" : "driver");
  }
  status = pqq__struct_read("pqq_driver_options", &own_options, sizeof own_options, options);
  if (status == PQQ_OK) {
    status = pqq__struct_read("pqq_driver_events", &own_events, sizeof own_events, events);
  }
  if (status == PQQ_OK && own_events.on_event == NULL) {
    status = pqq__error_set(PQQ_ERR_NULL_ARG, "pqq_driver_events.on_event");
  }
  if (status == PQQ_OK) {
    status = check_options(&own_options);
  }
  if (status == PQQ_OK) {
    status = check_files(&own_options);
  }
  if (status == PQQ_OK) {
    status = check_hosts(&own_options, addresses);
  }
  if (status == PQQ_OK) {
    status = check_handover(&own_options);
  }
  if (status != PQQ_OK) {
    return status;
  }
  started = new_driver(config, &own_options, &own_events, user_data);
  if (started == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  status = start(started, addresses, own_options.hosts == NULL ? 1 : own_options.host_count);
  if (status != PQQ_OK) {
    pqq_driver_free(started);
    return status;
  }
  *driver = started;
  return PQQ_OK;
}
