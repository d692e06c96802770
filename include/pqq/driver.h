/* SPDX-License-Identifier: MIT */
/* The built-in UDP driver: worker threads, each with its own socket and
 * engine. Events arrive on the worker's thread; commands may come from any
 * thread, in batches. */
#ifndef PQQ_DRIVER_H
#define PQQ_DRIVER_H

#include <pqq/engine.h>
#include <pqq/files.h>

#ifdef __cplusplus
extern "C" {
#endif

/** pqq_driver owns its threads. Thread-safe, but for pqq_driver_free, which is
 *  the last call. */
typedef struct pqq_driver pqq_driver;

/** pqq_driver_events is how a driver talks; called on the worker's thread. */
typedef struct pqq_driver_events {
  uint32_t struct_size;
  uint32_t reserved;
  /** Required. `engine` is the worker's engine: owner-thread calls are allowed
   *  inside. Return PQQ_OK to take the event; PQQ_AGAIN to leave it: the worker
   *  stops delivering until pqq_driver_wake(driver, worker). */
  pqq_status (*on_event)(pqq_engine *engine, uint32_t worker, const pqq_event *event,
                         void *user_data);
  /** After the last event of a round, if there was any. May be NULL. */
  void (*on_batch_end)(pqq_engine *engine, uint32_t worker, void *user_data);
  /** A command of pqq_driver_submit has failed; `tag` as given with the
   *  command. It is the only report: no event follows for its token. PQQ_ERR_STATE:
   *  the worker ended before it came to a CONNECT or REQUEST. May be NULL. */
  void (*on_command_failed)(pqq_engine *engine, uint32_t worker, uint64_t tag, pqq_status status,
                            void *user_data);
  /** A worker has ended, on its thread, as its last word; its engine is gone.
   *  PQQ_OK after stop, or an I/O error that made it give up. May be NULL. */
  void (*on_worker_end)(uint32_t worker, pqq_status status, void *user_data);
} pqq_driver_events;

/** pqq_driver_options: see pqq_driver_options_init. */
typedef struct pqq_driver_options {
  uint32_t struct_size;
  /** Nonzero: listen and accept. */
  int32_t is_server;
  /** Addresses to bind to: IP literals. NULL: one dual-stack socket on `::`, or
   *  on 0.0.0.0 where there is no IPv6. A literal `::` is dual-stack too, unless
   *  an IPv4 address is in the list. Each worker has a socket on each. At most
   *  PQQ_MAX_LISTEN_HOSTS. */
  const char *const *hosts;
  size_t host_count;
  /** 0 picks a free one (the same for all hosts, and all workers of a server). */
  uint16_t port;
  uint16_t reserved;
  /** Threads, 1-64; default 1, which 0 stands for. A server has one where the system does not
   *  spread the datagrams of a port over sockets by peer (all but Linux). */
  uint32_t workers;
  /** SO_RCVBUF and SO_SNDBUF in bytes; default 2 MiB (the kernel may give less). */
  uint32_t socket_buffer_bytes;
  /** Nonzero: do not use UDP GSO or GRO even if the kernel has them. */
  int32_t disable_offload;
  /** Threads that a server's workers share for ML-DSA signatures when handshakes
   *  come in bursts, 1-64, or PQQ_SIGNING_THREADS_NONE: workers sign everything
   *  themselves. Default 0: one per worker, but no more than there are cores
   *  beside those of the workers, and at least one. They are started when the
   *  first burst comes. */
  uint32_t signing_threads;
  /** Folders that a server's workers answer from by themselves, at most
   *  PQQ_MAX_FILES, each prefix once; on_event sees neither those requests nor
   *  anything else of their streams. The driver takes references. */
  pqq_files *const *files;
  size_t file_count;
  /** Nonzero: PQQ_EVENT_FILE after each request that a folder has answered. */
  int32_t report_files;
  int32_t reserved2;
  /** The secret from which a server's connection ids and stateless reset tokens
   *  are made. Default all zero: a new one at each start. A server that keeps it
   *  can tell clients of its former self that their connections are gone (RFC
   *  9000 section 10.3), which else wait for their idle timeout, and
   *  takes the address validation tokens that its former self has given. */
  uint8_t key[PQQ_ENGINE_KEY_BYTES];
  /** A folder by which processes of one server hand datagrams over to each other,
   *  at most 94 bytes; made with mode 0700 if it is missing. With it the port may
   *  be one that another process of the same user has: a new one starts beside
   *  the old one, the old one is stopped and finishes its connections, and
   *  whichever socket the kernel gives a datagram to, it reaches the process that
   *  has its connection. New connections that come to one that has been stopped
   *  go to the one that was started last. Needs `key`, the same for all. The
   *  string is copied. Default NULL: a port has one process. Linux only. */
  const char *handover_path;
} pqq_driver_options;

/** No signing pool; see pqq_driver_options. */
#define PQQ_SIGNING_THREADS_NONE UINT32_MAX

/** Most hosts of pqq_driver_options. */
#define PQQ_MAX_LISTEN_HOSTS 8

/** pqq_driver_options_init and pqq_driver_events_init write defaults and
 *  struct_size. Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE. */
PQQ_EXPORT pqq_status pqq_driver_options_init(pqq_driver_options *options, size_t size);
PQQ_EXPORT pqq_status pqq_driver_events_init(pqq_driver_events *events, size_t size);

/** pqq_driver_start binds the sockets and starts the threads; the driver keeps
 *  a reference to `config` and a copy of `options` and `events`. A port that
 *  anybody else has is in use, even one shared by SO_REUSEPORT, but for processes
 *  with handover_path.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE, PQQ_ERR_INVALID_ARG (hosts,
 *  workers, signing_threads, files, handover_path), PQQ_ERR_NO_IDENTITY,
 *  PQQ_ERR_ADDRESS_IN_USE,
 *  PQQ_ERR_ADDRESS_UNAVAILABLE, PQQ_ERR_PERMISSION, PQQ_ERR_IO,
 *  PQQ_ERR_NO_MEMORY. */
PQQ_EXPORT pqq_status pqq_driver_start(pqq_config *config, const pqq_driver_options *options,
                                       const pqq_driver_events *events, void *user_data,
                                       pqq_driver **driver);

/** pqq_driver_addresses writes up to `capacity` bound addresses and their
 *  number. Errors: PQQ_ERR_NULL_ARG. */
PQQ_EXPORT pqq_status pqq_driver_addresses(const pqq_driver *driver, pqq_address *addresses,
                                           size_t capacity, size_t *count);

/** Command types; each is the engine call of the same name. */
enum {
  PQQ_COMMAND_CONNECT = 1,
  PQQ_COMMAND_REQUEST = 2,
  PQQ_COMMAND_RESPOND = 3,
  PQQ_COMMAND_WRITE = 4,
  PQQ_COMMAND_TRAILERS = 5,
  PQQ_COMMAND_CONSUME = 6,
  PQQ_COMMAND_RESET = 7,
  PQQ_COMMAND_STOP_READING = 8,
  PQQ_COMMAND_CLOSE = 9,
  PQQ_COMMAND_ABANDON = 10,
  /** Answers a request from `files`, as pqq_driver_options.files would. The first
   *  `token` of `headers` are the request's (:method, :path, and what of Accept,
   *  Accept-Encoding, Range and If-* it had); those behind them are added to the
   *  answer, or go in the place of the file's, but for what says something of its
   *  bytes. Fails as RESPOND does, and with PQQ_ERR_LIMIT for a 257th folder. */
  PQQ_COMMAND_FILE = 11,
  PQQ_COMMAND_STOP_WRITING = 12,
  PQQ_COMMAND_SET_PRIORITY = 13,
  /** Its payload is `body->data`; one that is dropped is no failure. */
  PQQ_COMMAND_SEND_DATAGRAM = 14
};

/** pqq_command is one engine call to be made on the owner thread. Fields that
 *  its type does not use are ignored. */
typedef struct pqq_command {
  int32_t type;
  /** PQQ_WRITE_* */
  uint32_t flags;
  /** The stream, or the connection (REQUEST, CLOSE). CONNECT and ABANDON go to
   *  worker 0. */
  pqq_id id;
  /** Token of CONNECT, ABANDON and REQUEST. */
  uint64_t token;
  /** Given to on_command_failed. */
  uint64_t tag;
  int32_t http_status;
  int32_t reserved;
  /** RESET, STOP_READING, STOP_WRITING, CLOSE. */
  uint64_t wire_code;
  /** CONSUME. */
  uint64_t bytes;
  const pqq_header *headers;
  size_t header_count;
  const pqq_body *body;
  const pqq_connect_options *connect;
  /** FILE. Borrowed: keep a reference until the driver is freed. */
  pqq_files *files;
  /** SET_PRIORITY. */
  pqq_priority priority;
} pqq_command;

/** pqq_driver_submit copies `count` commands (with headers and bodies, unless
 *  PQQ_WRITE_BORROW) to their workers and wakes those. All or nothing; those of
 *  one worker run in their order.
 *
 *  What becomes of an accepted command: it is done, or it fails at its engine
 *  and on_command_failed is called once with its tag, whatever its type. Only
 *  where its stream or connection is gone (PQQ_ERR_NOT_FOUND) it is dropped
 *  silently, because the id's closing event says so; a REQUEST is reported then
 *  too. A borrowed body is released exactly once, on the worker's thread, also
 *  if its command fails.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE (connect), PQQ_ERR_INVALID_ARG
 *  (type, worker), PQQ_ERR_STATE (the worker has ended), PQQ_ERR_LIMIT (256 MiB
 *  of commands wait for one worker), PQQ_ERR_NO_MEMORY; borrowed bodies are then
 *  still the caller's. */
PQQ_EXPORT pqq_status pqq_driver_submit(pqq_driver *driver, const pqq_command *commands,
                                        size_t count);

/** pqq_driver_wake makes a worker deliver events again.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_INVALID_ARG (worker). */
PQQ_EXPORT pqq_status pqq_driver_wake(pqq_driver *driver, uint32_t worker);

/** pqq_driver_update_config swaps the configuration of all workers and waits until each has
 *  it: a handshake that begins after the return has the new one. See
 *  pqq_engine_set_config for what connections keep; the options of the driver itself
 *  (addresses, workers, threads) stay. The driver takes references of its own, the
 *  caller still unrefs `config`. Two calls at once take effect one after the other.
 *  Any thread but a worker's.
 *  After an error the old one is in force. Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_NO_IDENTITY and
 *  PQQ_ERR_POLICY_CONFIG (the configuration of a server), PQQ_ERR_STATE (a worker's thread; the
 *  driver is ending). */
PQQ_EXPORT pqq_status pqq_driver_update_config(pqq_driver *driver, pqq_config *config);

/** pqq_driver_call runs `fn` on a worker's thread, after the commands submitted
 *  before, and waits for it. Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_INVALID_ARG
 *  (worker), PQQ_ERR_STATE (the worker has ended, or this is a worker's thread,
 *  which would wait for itself). */
PQQ_EXPORT pqq_status pqq_driver_call(pqq_driver *driver, uint32_t worker,
                                      void (*fn)(pqq_engine *engine, void *user_data),
                                      void *user_data);

/** pqq_driver_block blocks `prefix` at all workers for `for_ms`, or for good if
 *  that is 0; see pqq_engine_block. When it returns, nothing from there gets in any
 *  more. Waits for each worker's turn, as pqq_driver_call does.
 *  Errors: those of pqq_engine_block, PQQ_ERR_STATE as pqq_driver_call. After
 *  PQQ_ERR_NO_MEMORY some workers may have it. */
PQQ_EXPORT pqq_status pqq_driver_block(pqq_driver *driver, const pqq_prefix *prefix,
                                       uint64_t for_ms);

/** pqq_driver_unblock takes exactly that prefix off the list of all workers.
 *  Errors: those of pqq_engine_unblock, PQQ_ERR_STATE as pqq_driver_call. */
PQQ_EXPORT pqq_status pqq_driver_unblock(pqq_driver *driver, const pqq_prefix *prefix);

/** pqq_driver_stop begins the end: GOAWAY, then up to `drain_ms` for requests
 *  to finish, then CONNECTION_CLOSE, then the threads end, at the latest one
 *  second after that if on_event keeps returning PQQ_AGAIN. Returns at once; a
 *  second call can only shorten the time. Errors: PQQ_ERR_NULL_ARG. */
PQQ_EXPORT pqq_status pqq_driver_stop(pqq_driver *driver, uint32_t drain_ms);

/** pqq_driver_free stops with drain_ms 0 if that was not done, waits for the
 *  threads and frees. Events that on_event still refuses are lost. Not from a
 *  worker's thread. NULL is ignored. */
PQQ_EXPORT void pqq_driver_free(pqq_driver *driver);

/** pqq_driver_stats sums the counters of all workers, as each had them when it
 *  last sent or slept.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE. */
PQQ_EXPORT pqq_status pqq_driver_stats(const pqq_driver *driver, pqq_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
