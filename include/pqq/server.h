/* SPDX-License-Identifier: MIT */
/* The simple door: start a server from one struct and a handler, make a
 * request, release what it gave. */
#ifndef PQQ_SERVER_H
#define PQQ_SERVER_H

#include <pqq/driver.h>

#ifdef __cplusplus
extern "C" {
#endif

/** pqq_server is a running server. Thread-safe. */
typedef struct pqq_server pqq_server;

/** pqq_exchange is one request with its answer to be given. Owner thread only;
 *  dies when the handler returns. For answers that come later use driver.h. */
typedef struct pqq_exchange pqq_exchange;

/** pqq_handler answers a request whose body has arrived whole. A client that
 *  expects it is sent 100 (Continue) for that (RFC 9110 section 10.1.1). Runs on a
 *  worker's thread, so it must not block. It calls pqq_respond exactly once; a
 *  handler that returns without it answers 500. */
typedef void (*pqq_handler)(pqq_exchange *exchange, void *user_data);

/** pqq_server_options: see pqq_server_options_init. */
typedef struct pqq_server_options {
  uint32_t struct_size;
  uint32_t reserved;
  /** Either a config of the caller's (a reference is taken), or NULL and
   *  cert_file + key_file, with an optional second identity. */
  pqq_config *config;
  const char *cert_file;
  const char *key_file;
  const char *classical_cert_file;
  const char *classical_key_file;
  /** As in pqq_driver_options: NULL listens on all addresses, port 0 picks one. */
  const char *const *hosts;
  size_t host_count;
  uint16_t port;
  uint16_t reserved2;
  uint32_t workers;
  /** Largest request body in bytes, 0-1 GiB; pqq_server_options_init sets 1 MiB.
   *  More gets 413, at once if content-length announces it. */
  uint32_t max_body_bytes;
  /** Required, unless there are files: then NULL answers 404. */
  pqq_handler handler;
  void *user_data;
  /** As in pqq_driver_options: folders that are answered from without the handler. */
  pqq_files *const *files;
  size_t file_count;
  /** As in pqq_driver_options: kept over a restart, it lets the server tell
   *  clients that their connections are gone. All zero: a new one. */
  uint8_t key[PQQ_ENGINE_KEY_BYTES];
  /** As in pqq_driver_options: how a new process takes the port over. NULL: not. */
  const char *handover_path;
} pqq_server_options;

/** pqq_server_options_init writes defaults and struct_size.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE. */
PQQ_EXPORT pqq_status pqq_server_options_init(pqq_server_options *options, size_t size);

/** pqq_start_server starts a server. Errors: those of pqq_config_new and
 *  pqq_driver_start, PQQ_ERR_INVALID_ARG (max_body_bytes), PQQ_ERR_NO_IDENTITY (no
 *  config and no files); pqq_error_detail says which option, file or address. */
PQQ_EXPORT pqq_status pqq_start_server(const pqq_server_options *options, pqq_server **server);

/** pqq_server_port returns the UDP port in host byte order, 0 if NULL. */
PQQ_EXPORT uint16_t pqq_server_port(const pqq_server *server);

/** pqq_server_driver borrows the driver under the server. */
PQQ_EXPORT pqq_driver *pqq_server_driver(pqq_server *server);

/** pqq_stop_server drains for up to `drain_ms`, ends the threads and frees.
 *  Blocks. Not from a handler. NULL is ignored. */
PQQ_EXPORT void pqq_stop_server(pqq_server *server, uint32_t drain_ms);

/** pqq_exchange_* read the request; views live as long as the exchange. A
 *  missing header gives {NULL, 0}. `name` is lower case. */
PQQ_EXPORT pqq_bytes pqq_exchange_method(const pqq_exchange *exchange);
PQQ_EXPORT pqq_bytes pqq_exchange_path(const pqq_exchange *exchange);
PQQ_EXPORT pqq_bytes pqq_exchange_authority(const pqq_exchange *exchange);
PQQ_EXPORT pqq_bytes pqq_exchange_header(const pqq_exchange *exchange, const char *name);
PQQ_EXPORT pqq_bytes pqq_exchange_body(const pqq_exchange *exchange);

/** pqq_exchange_connection_info is pqq_engine_connection_info of the
 *  exchange's connection. Errors: as there. */
PQQ_EXPORT pqq_status pqq_exchange_connection_info(const pqq_exchange *exchange,
                                                   pqq_connection_info *info);

/** pqq_respond answers an exchange, once, from its handler, with a final
 *  response (status 200-599). Headers and body are copied, unless flags has
 *  PQQ_WRITE_BORROW: then `body` must outlive the server. Other flags are
 *  ignored. `date` is added, and `content-length` is added unless `headers` has it or the status
 *  forbids it (RFC 9110 section 8.6). After an error the exchange still waits
 *  for its answer.
 *  Errors: as pqq_engine_respond. */
PQQ_EXPORT pqq_status pqq_respond(pqq_exchange *exchange, int32_t status, const pqq_header *headers,
                                  size_t header_count, const void *body, size_t body_bytes,
                                  uint32_t flags);

#ifdef __cplusplus
}
#endif

#endif
