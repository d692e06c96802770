/* SPDX-License-Identifier: MIT */
/* pqq_server: a driver whose events become exchanges. */
#include <stdlib.h>

#include <pqq/server.h>

#include "api/exchange.h"
#include "core/error.h"
#include "core/struct_size.h"
#include "io/limits.h"

struct pqq_server {
  pqq_driver *driver;
  pqq__exchange_rules rules;
  uint16_t port;
  /* Exchanges whose body is awaited; each worker touches only its own list. */
  pqq__node waiting[PQQ__MAX_WORKERS];
};

static const pqq_server_options default_options = {
    .struct_size = sizeof default_options,
    .workers = 1,
    .max_body_bytes = PQQ__SERVER_BODY_BYTES,
};

pqq_status pqq_server_options_init(pqq_server_options *options, size_t size) {
  return pqq__struct_init("pqq_server_options", options, size, &default_options,
                          sizeof default_options);
}

static pqq_status on_event(pqq_engine *engine, uint32_t worker, const pqq_event *event,
                           void *user_data) {
  pqq_server *server = user_data;

  pqq__exchange_on_event(&server->rules, &server->waiting[worker], engine, event);
  return PQQ_OK;
}

static void on_worker_end(uint32_t worker, pqq_status status, void *user_data) {
  pqq_server *server = user_data;

  (void)status;
  pqq__exchange_free_all(&server->waiting[worker]);
}

static pqq_status check_options(const pqq_server_options *options) {
  if (options->handler == NULL && options->file_count == 0) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "pqq_server_options.handler");
  }
  if (options->max_body_bytes > PQQ__MAX_SERVER_BODY_BYTES) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "max_body_bytes: %u, at most %u",
                          options->max_body_bytes, PQQ__MAX_SERVER_BODY_BYTES);
  }
  if (options->config == NULL && (options->cert_file == NULL || options->key_file == NULL)) {
    return pqq__error_set(PQQ_ERR_NO_IDENTITY, "%s",
                          options->cert_file == NULL ? "cert_file" : "key_file");
  }
  if ((options->classical_cert_file == NULL) != (options->classical_key_file == NULL)) {
    return pqq__error_set(PQQ_ERR_NO_IDENTITY, "%s",
                          options->classical_cert_file == NULL ? "classical_cert_file"
                                                               : "classical_key_file");
  }
  return PQQ_OK;
}

/* The caller's configuration with a reference, or one made from the files. */
static pqq_status take_config(const pqq_server_options *options, pqq_config **config) {
  pqq_identity_source sources[2] = {
      {.cert_file = options->cert_file, .key_file = options->key_file},
      {.cert_file = options->classical_cert_file, .key_file = options->classical_key_file}};
  pqq_config_options config_options;
  pqq_status status;

  if (options->config != NULL) {
    *config = pqq_config_ref(options->config);
    return PQQ_OK;
  }
  status = pqq_config_options_init(&config_options, sizeof config_options);
  if (status != PQQ_OK) {
    return status;
  }
  config_options.identities = sources;
  config_options.identity_count = options->classical_cert_file == NULL ? 1 : 2;
  return pqq_config_new(&config_options, config);
}

static pqq_status start_driver(pqq_server *server, pqq_config *config,
                               const pqq_server_options *options) {
  pqq_driver_options driver_options;
  pqq_driver_events events;
  pqq_address address;
  size_t count;
  pqq_status status;

  (void)pqq_driver_options_init(&driver_options, sizeof driver_options);
  (void)pqq_driver_events_init(&events, sizeof events);
  driver_options.is_server = 1;
  driver_options.hosts = options->hosts;
  driver_options.host_count = options->host_count;
  driver_options.port = options->port;
  driver_options.workers = options->workers;
  driver_options.files = options->files;
  driver_options.file_count = options->file_count;
  memcpy(driver_options.key, options->key, sizeof driver_options.key);
  driver_options.handover_path = options->handover_path;
  events.on_event = on_event;
  events.on_worker_end = on_worker_end;
  status = pqq_driver_start(config, &driver_options, &events, server, &server->driver);
  if (status == PQQ_OK && pqq_driver_addresses(server->driver, &address, 1, &count) == PQQ_OK) {
    server->port = address.port;
  }
  return status;
}

static pqq_status start(pqq_server *server, const pqq_server_options *options) {
  pqq_config *config = NULL;
  pqq_status status = take_config(options, &config);

  if (status != PQQ_OK) {
    return status;
  }
  status = start_driver(server, config, options);
  pqq_config_unref(config);
  return status;
}

pqq_status pqq_start_server(const pqq_server_options *options, pqq_server **server) {
  pqq_server_options own = default_options;
  pqq_server *started;
  pqq_status status;

  pqq__error_clear();
  if (server == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "server");
  }
  status = pqq__struct_read("pqq_server_options", &own, sizeof own, options);
  if (status == PQQ_OK) {
    status = check_options(&own);
  }
  if (status != PQQ_OK) {
    return status;
  }
  started = calloc(1, sizeof *started);
  if (started == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  for (size_t i = 0; i < PQQ__MAX_WORKERS; i++) {
    pqq__list_init(&started->waiting[i]);
  }
  started->rules = (pqq__exchange_rules){
      .handler = own.handler, .user_data = own.user_data, .max_body_bytes = own.max_body_bytes};
  status = start(started, &own);
  if (status != PQQ_OK) {
    free(started);
    return status;
  }
  *server = started;
  return PQQ_OK;
}

uint16_t pqq_server_port(const pqq_server *server) {
  return server == NULL ? 0 : server->port;
}

pqq_driver *pqq_server_driver(pqq_server *server) {
  return server == NULL ? NULL : server->driver;
}

void pqq_stop_server(pqq_server *server, uint32_t drain_ms) {
  if (server == NULL) {
    return;
  }
  (void)pqq_driver_stop(server->driver, drain_ms);
  pqq_driver_free(server->driver);
  free(server);
}
