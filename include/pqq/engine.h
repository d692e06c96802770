/* SPDX-License-Identifier: MIT */
/* The sans-I/O engine: datagrams and the time go in, datagrams, events and the
 * next deadline come out. The built-in driver (driver.h) is a user of these
 * calls; so are hosts with an event loop of their own.
 *
 *   for each datagram        pqq_engine_recv
 *   when deadline has come   pqq_engine_expire
 *   then                     pqq_engine_next_event until PQQ_AGAIN, answering
 *   then                     pqq_engine_send until PQQ_AGAIN
 *   then wait until          pqq_engine_deadline, a datagram, or a wake
 *
 * Thread: owner thread only, but for pqq_engine_wake. */
#ifndef PQQ_ENGINE_H
#define PQQ_ENGINE_H

#include <pqq/config.h>
#include <pqq/events.h>
#include <pqq/stats.h>

#ifdef __cplusplus
extern "C" {
#endif

/** pqq_engine owns connections, their streams and its event queue. Owner
 *  thread only. */
typedef struct pqq_engine pqq_engine;

/** Bytes of pqq_engine_options.key. */
#define PQQ_ENGINE_KEY_BYTES 32

/** Values of pqq_engine_options.sign_as_jobs: no signatures, all, or those of
 *  ML-DSA alone (an ECDSA signature takes less than handing it over). */
enum { PQQ_SIGN_JOBS_NONE = 0, PQQ_SIGN_JOBS_ALL = 1, PQQ_SIGN_JOBS_MLDSA = 2 };

/** pqq_engine_options: see pqq_engine_options_init. */
typedef struct pqq_engine_options {
  uint32_t struct_size;
  /** Nonzero: accept connections (the config needs an identity). Any engine
   *  whose config has anchors can also connect. */
  int32_t is_server;
  /** This engine among those that share a port: 0-254, and how many. */
  uint32_t worker;
  uint32_t worker_count;
  /** The secret from which connection ids, stateless reset tokens and address
   *  validation tokens are made; the same for all workers of a server. All
   *  zero: random. */
  uint8_t key[PQQ_ENGINE_KEY_BYTES];
  /** Called from pqq_engine_wake on the calling thread; must make the owner
   *  thread call the engine again. May be NULL. */
  void (*on_wake)(void *user_data);
  void *user_data;
  /** Which CertificateVerify signatures are not made in line but handed out as
   *  jobs (pqq_engine_next_job): PQQ_SIGN_JOBS_*, default none. Those of external
   *  signers always are. */
  int32_t sign_as_jobs;
  /** Tells engines that share a key and are not one server's workers apart: the
   *  processes of a cluster, a server before and after its restart. 0-65,535;
   *  default 0. Workers of one server have the same. */
  uint32_t generation;
  /** Nonzero: engines of other generations may be alive on this port, and the
   *  host can hand datagrams over to them; see pqq_engine_recv. */
  int32_t has_other_generations;
  int32_t reserved;
  /** A clock in ns that goes on while the calling thread works, for
   *  handshake_cpu_ms: the thread's CPU clock, or a monotonic one, which counts
   *  what others take of the core meanwhile and is often cheaper to read. Called
   *  twice per datagram of a handshake, with user_data. NULL: that budget is not
   *  kept. */
  uint64_t (*work_clock)(void *user_data);
  /** What has to be added to this engine's clock so that all processes that
   *  share `key` have the same one, such as the time since 1970: address
   *  validation tokens are dated by that. 0: the engine's clock as it is. */
  pqq_time_ns clock_offset_ns;
} pqq_engine_options;

/** What pqq_engine_recv says in `*route` besides the worker, in its low 8 bits:
 *  that the worker is one of another generation, whose number is in the 16 bits
 *  of PQQ_ROUTE_GENERATION; or that any worker of another generation will do,
 *  because this engine shuts down and takes no new connections. */
#define PQQ_ROUTE_WORKER 0x000000ffu
#define PQQ_ROUTE_GENERATION 0x00ffff00u
#define PQQ_ROUTE_OTHER 0x80000000u
#define PQQ_ROUTE_ANY_OTHER 0xc0000000u

/** pqq_engine_options_init writes defaults and struct_size.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE. */
PQQ_EXPORT pqq_status pqq_engine_options_init(pqq_engine_options *options, size_t size);

/** pqq_engine_new makes an engine that keeps a reference to `config`.
 *  Ownership: the caller calls pqq_engine_free on the owner thread.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE, PQQ_ERR_INVALID_ARG
 *  (worker, generation), PQQ_ERR_NO_IDENTITY (is_server), PQQ_ERR_NO_MEMORY. */
PQQ_EXPORT pqq_status pqq_engine_new(pqq_config *config, const pqq_engine_options *options,
                                     pqq_engine **engine);

/** pqq_engine_set_config swaps the configuration. Connections that begin from here on
 *  have the new one, all of it: identities and sites, trust, policy, groups, limits.
 *  Those that are there, also in the middle of their handshake, keep the one they
 *  began with until they end; only max_connections counts for both at once. The engine
 *  takes a reference to `config` and drops its own of the old one, which is freed, with
 *  its keys, when its last connection has ended. Owner thread.
 *  After an error the old one is in force. Errors: PQQ_ERR_NULL_ARG; of a server
 *  PQQ_ERR_NO_IDENTITY and PQQ_ERR_POLICY_CONFIG. */
PQQ_EXPORT pqq_status pqq_engine_set_config(pqq_engine *engine, pqq_config *config);

/** pqq_engine_free drops all connections without a word to their peers (use
 *  pqq_engine_shutdown first) and frees. NULL is ignored. */
PQQ_EXPORT void pqq_engine_free(pqq_engine *engine);

/** pqq_datagram is one received UDP payload, or several of equal size when
 *  the kernel merged them (GRO). */
typedef struct pqq_datagram {
  pqq_address local;
  pqq_address remote;
  pqq_bytes data;
  /** Size of each datagram in `data` but the last; 0: data is one. */
  uint32_t segment_bytes;
  /** The two ECN bits of the IP header (RFC 3168). */
  uint32_t ecn;
} pqq_datagram;

/** pqq_engine_recv takes in a datagram. `data` is borrowed for the call.
 *  Returns PQQ_OK, PQQ_DROPPED (counted, nothing to do), or PQQ_ROUTE: the
 *  datagram belongs to worker `*route`, hand it over at most once (a datagram
 *  handed over comes in with `is_routed` = 1 and is never routed again). With
 *  has_other_generations `*route` may have PQQ_ROUTE_OTHER: nobody there to hand
 *  it over to? Then give it to this engine again, with `is_routed` = 1, and its
 *  sender is told that the connection is gone (RFC 9000 section 10.3). With GRO
 *  all segments share the answer of the first.
 *  Errors: PQQ_ERR_NULL_ARG. What a peer sends is never an error here. */
PQQ_EXPORT pqq_status pqq_engine_recv(pqq_engine *engine, const pqq_datagram *datagram,
                                      int32_t is_routed, pqq_time_ns now, uint32_t *route);

/** pqq_transmit is what to send: `len` bytes of the caller's buffer to one
 *  address, as datagrams of `segment_bytes` (the last may be shorter). */
typedef struct pqq_transmit {
  pqq_address local;
  pqq_address remote;
  size_t len;
  uint32_t segment_bytes;
  uint32_t ecn;
  /** Earliest time to send (pacing); never later than the next deadline. 0: now. */
  pqq_time_ns not_before;
} pqq_transmit;

/** Smallest buffer for pqq_engine_send. */
#define PQQ_MIN_SEND_BUFFER_BYTES 65536

/** pqq_engine_send writes the next datagrams into `buffer` (at least
 *  PQQ_MIN_SEND_BUFFER_BYTES; all datagrams of one call have one address and
 *  size, as UDP GSO wants it) and describes them in `*out`. `max_segments`,
 *  1-64, is how many datagrams one call may hold.
 *  Returns PQQ_OK (something to send) or PQQ_AGAIN (nothing until the next
 *  input or deadline).
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_INVALID_ARG (buffer too small). */
PQQ_EXPORT pqq_status pqq_engine_send(pqq_engine *engine, uint8_t *buffer, size_t buffer_bytes,
                                      uint32_t max_segments, pqq_time_ns now, pqq_transmit *out);

/** pqq_engine_set_unix_time says what second it is, since 1970-01-01 00:00 UTC.
 *  From then on final responses get a `date` field (RFC 9110 section 6.6.1)
 *  unless they have one or pqq_config_options.disable_date is set; 0 ends that.
 *  Costs nothing while the second stays the same. The driver calls it.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_INVALID_ARG (beyond the year 9999). */
PQQ_EXPORT pqq_status pqq_engine_set_unix_time(pqq_engine *engine, uint64_t unix_s);

/** pqq_engine_deadline returns when pqq_engine_expire must be called at the
 *  latest, or PQQ_TIME_NEVER. */
PQQ_EXPORT pqq_time_ns pqq_engine_deadline(const pqq_engine *engine);

/** pqq_engine_expire runs all timers that are due at `now`.
 *  Errors: PQQ_ERR_NULL_ARG. */
PQQ_EXPORT pqq_status pqq_engine_expire(pqq_engine *engine, pqq_time_ns now);

/** pqq_engine_unreachable says that the system has reported `remote` as not
 *  reachable (ICMP, no route). Client connections to it that have never had an
 *  answer end with PQQ_ERR_UNREACHABLE; all others ignore it. Errors:
 *  PQQ_ERR_NULL_ARG. */
PQQ_EXPORT pqq_status pqq_engine_unreachable(pqq_engine *engine, const pqq_address *remote,
                                             pqq_time_ns now);

/** pqq_engine_peek_event shows the next event without taking it. The view is
 *  valid until pqq_engine_pop_event. PQQ_OK or PQQ_AGAIN (none). Leaving events where they
 *  are is how a reader pushes back: flow control stops the peers.
 *  Errors: PQQ_ERR_NULL_ARG. */
PQQ_EXPORT pqq_status pqq_engine_peek_event(pqq_engine *engine, pqq_event *event);

/** pqq_engine_pop_event takes the event that pqq_engine_peek_event showed. No-op when none. */
PQQ_EXPORT void pqq_engine_pop_event(pqq_engine *engine);

/** pqq_engine_next_event pops the event taken before, then peeks the next: the
 *  loop `while (pqq_engine_next_event(e, &ev) == PQQ_OK)` sees each once.
 *  Errors: PQQ_ERR_NULL_ARG. */
PQQ_EXPORT pqq_status pqq_engine_next_event(pqq_engine *engine, pqq_event *event);

/** pqq_job is work that may wait: the signature of a CertificateVerify, in a
 *  handshake or in an exported authenticator of velocity/1. It owns copies of its
 *  input and a reference to its key and knows no connection pointer, so it
 *  outlives both connection and engine. One thread at a time. */
typedef struct pqq_job pqq_job;

/** pqq_engine_next_job hands out the next job: what sign_as_jobs says, and every
 *  signature of an identity with a signer, whatever it says. PQQ_OK or PQQ_AGAIN
 *  (none). A connection has at most one job at a time.
 *  Ownership: the caller runs or starts it and gives it to pqq_engine_complete, or
 *  pqq_job_free if the engine is gone. Errors: PQQ_ERR_NULL_ARG. */
PQQ_EXPORT pqq_status pqq_engine_next_job(pqq_engine *engine, pqq_job **job);

/** pqq_job_has_signer returns 1 if the job is for an external signer
 *  (pqq_identity_source.signer): pqq_job_start, not pqq_job_run. Else 0, also for NULL. */
PQQ_EXPORT int32_t pqq_job_has_signer(const pqq_job *job);

/** pqq_job_run does the work, on any thread. One that has a signer fails. */
PQQ_EXPORT void pqq_job_run(pqq_job *job);

/** pqq_job_done_fn is told that a started job is done and the host's again. Runs on the thread that
 *  ended it: anyone's with a signer, and possibly before pqq_job_start returns. */
typedef void (*pqq_job_done_fn)(void *user_data, pqq_job *job);

/** pqq_job_start begins the work without waiting for it, and calls `on_done` once when it is done.
 * A job without a signer is run at once. One with a signer is the signer's until then, and must not
 * be freed; start it on the engine's owner thread, so that the signer hears of it before it hears
 * that nobody waits any more. Errors: PQQ_ERR_NULL_ARG. */
PQQ_EXPORT pqq_status pqq_job_start(pqq_job *job, pqq_job_done_fn on_done, void *user_data);

/** pqq_job_free frees a job that will not be completed. NULL is ignored. */
PQQ_EXPORT void pqq_job_free(pqq_job *job);

/** pqq_engine_complete takes a job back, resumes its connection's handshake if
 *  that still exists, and frees the job. Owner thread.
 *  Errors: PQQ_ERR_NULL_ARG. */
PQQ_EXPORT pqq_status pqq_engine_complete(pqq_engine *engine, pqq_job *job, pqq_time_ns now);

/** pqq_engine_spend adds `cpu_ns` to what handshakes have cost in this second
 *  (handshake_cpu_ms): CPU time that the owner thread has spent on a job. The
 *  engine counts its own with work_clock. Errors: PQQ_ERR_NULL_ARG. */
PQQ_EXPORT pqq_status pqq_engine_spend(pqq_engine *engine, uint64_t cpu_ns, pqq_time_ns now);

/** pqq_prefix_parse reads "192.0.2.0/24", "2001:db8::/32", or an address alone,
 *  which stands for itself. Thread-safe.
 *  Errors: PQQ_ERR_NULL_ARG; PQQ_ERR_INVALID_ARG: neither, or bits are set below
 *  the prefix ("192.0.2.1/24"): pqq_error_detail says which. */
PQQ_EXPORT pqq_status pqq_prefix_parse(const char *text, pqq_prefix *prefix);

/** Most entries of a block list. */
#define PQQ_MAX_BLOCKED 4096

/** pqq_engine_block drops all datagrams from `prefix` before any work is done,
 *  until `until` by the engine's clock (PQQ_TIME_NEVER: for good), and counts
 *  them (datagrams_blocked). Connections from there get no farewell: they time
 *  out. A prefix that is there already gets the new time.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_INVALID_ARG (not a prefix, or bits are set
 *  below it), PQQ_ERR_LIMIT (PQQ_MAX_BLOCKED of them), PQQ_ERR_NO_MEMORY. */
PQQ_EXPORT pqq_status pqq_engine_block(pqq_engine *engine, const pqq_prefix *prefix,
                                       pqq_time_ns until, pqq_time_ns now);

/** pqq_engine_unblock takes exactly that prefix off the list.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_INVALID_ARG, PQQ_ERR_NOT_FOUND. */
PQQ_EXPORT pqq_status pqq_engine_unblock(pqq_engine *engine, const pqq_prefix *prefix);

/** pqq_engine_blocked copies up to `capacity` entries that are in force, oldest
 *  first, and says in `*count` how many there are. Errors: PQQ_ERR_NULL_ARG. */
PQQ_EXPORT pqq_status pqq_engine_blocked(const pqq_engine *engine, pqq_time_ns now,
                                         pqq_block *blocks, size_t capacity, size_t *count);

/** pqq_engine_wake calls on_wake. Thread-safe. */
PQQ_EXPORT void pqq_engine_wake(pqq_engine *engine);

/** pqq_connect_options: see pqq_engine_connect. */
typedef struct pqq_connect_options {
  uint32_t struct_size;
  uint32_t reserved;
  pqq_address remote;
  /** family 0: any. */
  pqq_address local;
  /** DNS name or IP address literal to verify and send as SNI; copied. */
  const char *server_name;
  /** Comes back in PQQ_EVENT_CONNECTED and PQQ_EVENT_CLOSED. */
  uint64_t token;
  /** PQQ_REQUIRE_* for this connection; DEFAULT: those of the configuration. */
  int32_t require_key_exchange;
  int32_t require_authentication;
  /** Bytes that this origin's handshake flight had the last time, for how often
   *  the first flight is repeated; 0: not known. */
  uint32_t expected_flight_bytes;
  uint32_t reserved2;
  /** What a PQQ_EVENT_NEW_TOKEN of this server has brought, or empty; copied, at
   *  most PQQ_MAX_ADDRESS_TOKEN_BYTES. With it the first flight is not repeated. A
   *  server that does not know it ignores it. */
  pqq_bytes address_token;
} pqq_connect_options;

/** Longest pqq_connect_options.address_token; longer ones are not reported either. */
#define PQQ_MAX_ADDRESS_TOKEN_BYTES 512

/** pqq_engine_connect begins a client connection. Success or failure comes as
 *  PQQ_EVENT_CONNECTED or PQQ_EVENT_CLOSED; requests may be made at once, they wait.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE, PQQ_ERR_INVALID_ARG (address,
 *  server_name, require_*, address_token), PQQ_ERR_NO_ROOTS, PQQ_ERR_POLICY_CONFIG (the
 *  anchors or groups of the configuration cannot satisfy what is required),
 *  PQQ_ERR_TOO_MANY_CONNECTIONS, PQQ_ERR_NO_MEMORY. */
PQQ_EXPORT pqq_status pqq_engine_connect(pqq_engine *engine, const pqq_connect_options *options,
                                         pqq_time_ns now, pqq_id *conn);

/** Flags of pqq_engine_request, _respond, _write and _trailers. */
enum {
  /** Nothing follows: the message ends with this call. */
  PQQ_WRITE_END = 0x1,
  /** Report PQQ_EVENT_WRITABLE once the buffer is below its low-water mark,
   *  even if it never was full. */
  PQQ_WRITE_NOTIFY = 0x2,
  /** `data` stays valid and unchanged until pqq_release_fn is called for it;
   *  it is not copied. */
  PQQ_WRITE_BORROW = 0x4
};

/** pqq_release_fn gives borrowed body bytes back. Owner thread. Must not call
 *  the engine. */
typedef void (*pqq_release_fn)(void *user_data);

/** pqq_body is body bytes with how they are owned. */
typedef struct pqq_body {
  pqq_bytes data;
  /** Only with PQQ_WRITE_BORROW; may be NULL for memory that outlives the engine. */
  pqq_release_fn release;
  void *user_data;
} pqq_body;

/** pqq_engine_request sends a request on `conn` (connected or not yet). The
 *  stream comes with PQQ_EVENT_OPENED, or PQQ_EVENT_OPEN_FAILED, both with
 *  `token`. `headers` begins with :method, :scheme, :authority, :path, all
 *  copied; those of CONNECT with :method and :authority, or, with a protocol
 *  (RFC 9220), with all four and :protocol. The latter waits for the server's
 *  SETTINGS, and fails with PQQ_ERR_CONNECT_UNSUPPORTED if they do not allow it. `body` may be
 * NULL. Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_NOT_FOUND, PQQ_ERR_HEADER_INVALID,
 *  PQQ_ERR_HEADERS_TOO_LARGE, PQQ_ERR_CONTENT_LENGTH (`body` is longer than
 *  content-length says, or ends before), PQQ_ERR_TOO_MANY_REQUESTS,
 *  PQQ_ERR_GOING_AWAY, PQQ_ERR_NO_MEMORY. After an error no event comes and a borrowed body is
 *  still the caller's. */
PQQ_EXPORT pqq_status pqq_engine_request(pqq_engine *engine, pqq_id conn, uint64_t token,
                                         const pqq_header *headers, size_t header_count,
                                         const pqq_body *body, uint32_t flags);

/** pqq_engine_respond sends a response: interim (status 100-199, any number,
 *  not 101; 103 are Early Hints, RFC 8297, and 100 asks a client that has sent
 *  `expect: 100-continue` for its body) or final (200-599, once), with optional
 *  first body bytes. For HEAD
 *  requests and 204, 205 and 304 the body is dropped (RFC 9110 section 6.4.1).
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_NOT_FOUND, PQQ_ERR_STATE (a final
 *  response was sent, or not a server's stream), PQQ_ERR_INVALID_ARG (status),
 *  PQQ_ERR_HEADER_INVALID (also content-length with 1xx or 204, RFC 9110
 *  section 8.6), PQQ_ERR_CONTENT_LENGTH (as pqq_engine_request),
 *  PQQ_ERR_NO_MEMORY; a borrowed body is then still the caller's. */
PQQ_EXPORT pqq_status pqq_engine_respond(pqq_engine *engine, pqq_id stream, int32_t status,
                                         const pqq_header *headers, size_t header_count,
                                         const pqq_body *body, uint32_t flags);

/** pqq_engine_write sends body bytes. Everything is taken; PQQ_AGAIN instead
 *  of PQQ_OK says that the stream's buffer is over its high-water mark
 *  (256 KiB unsent): write on after PQQ_EVENT_WRITABLE.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_NOT_FOUND, PQQ_ERR_STATE (headers not
 *  sent, or message ended), PQQ_ERR_CONTENT_LENGTH (more than content-length
 *  says, or PQQ_WRITE_END before that), PQQ_ERR_LIMIT (more than 16 MiB
 *  unsent), PQQ_ERR_NO_MEMORY; a borrowed body is then still the caller's. */
PQQ_EXPORT pqq_status pqq_engine_write(pqq_engine *engine, pqq_id stream, const pqq_body *body,
                                       uint32_t flags);

/** pqq_engine_trailers ends the message with a trailer section (RFC 9114
 *  section 4.1). Errors: as pqq_engine_write, and PQQ_ERR_HEADER_INVALID. */
PQQ_EXPORT pqq_status pqq_engine_trailers(pqq_engine *engine, pqq_id stream,
                                          const pqq_header *headers, size_t header_count);

/** pqq_priority is how urgent a response is (RFC 9218): 0 the most, 7 the least,
 *  3 if nothing is said. Of those that are equally urgent, incremental ones are
 *  sent in turns, the others one after the other. */
typedef struct pqq_priority {
  uint32_t urgency;
  int32_t is_incremental;
} pqq_priority;

/** pqq_engine_set_priority changes the priority of a response. A client asks the
 *  server for it with PRIORITY_UPDATE (before that, a `priority` field of the
 *  request does); a server's word, here or in a `priority` field of the
 *  response, goes before what the client asks for.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_INVALID_ARG (urgency above 7),
 *  PQQ_ERR_NOT_FOUND (also a request that has no stream yet), PQQ_ERR_NO_MEMORY. */
PQQ_EXPORT pqq_status pqq_engine_set_priority(pqq_engine *engine, pqq_id stream,
                                              const pqq_priority *priority);

/** pqq_engine_send_datagram sends an HTTP datagram (RFC 9297) of a stream; the
 *  payload is copied. It may be lost, and comes in any order. It goes in a QUIC
 *  DATAGRAM frame; where the peer takes none, or the payload does not fit one,
 *  in a DATAGRAM capsule, if request and 2xx response of a CONNECT with :protocol
 *  both have `capsule-protocol: ?1` and both ends have enable_datagrams. The
 *  stream's bytes are capsules then: those that come are no PQQ_EVENT_DATA, but
 *  PQQ_EVENT_DATAGRAM or, of other types, skipped; what pqq_engine_write is given
 *  has to be whole capsules each time. Returns PQQ_OK, or
 *  PQQ_DROPPED (counted in http_datagrams_dropped): 128 wait already, or the
 *  stream's send buffer is over its high-water mark.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_NOT_FOUND (also a request that has no
 *  stream yet), PQQ_ERR_DATAGRAM_UNSUPPORTED (one end has not enabled them),
 *  PQQ_ERR_DATAGRAM_TOO_LARGE (see pqq_engine_max_datagram_bytes),
 *  PQQ_ERR_NO_MEMORY. */
PQQ_EXPORT pqq_status pqq_engine_send_datagram(pqq_engine *engine, pqq_id stream,
                                               pqq_bytes payload);

/** pqq_engine_max_datagram_bytes says how large a payload may be at present: 65,535
 *  where capsules can be sent, else it changes with the path. 0: the peer takes none. The events
 * REQUEST and RESPONSE have it too. Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_NOT_FOUND. */
PQQ_EXPORT pqq_status pqq_engine_max_datagram_bytes(pqq_engine *engine, pqq_id stream,
                                                    size_t *bytes);

/** pqq_engine_consume gives `bytes` of received body back to the flow control
 *  windows. Bytes of a stream that closes are given back by themselves.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_NOT_FOUND, PQQ_ERR_INVALID_ARG (more than
 *  is outstanding). */
PQQ_EXPORT pqq_status pqq_engine_consume(pqq_engine *engine, pqq_id stream, uint64_t bytes);

/** pqq_engine_reset gives up both halves of a stream: RESET_STREAM and
 *  STOP_SENDING with `wire_code` (an HTTP/3 code, RFC 9114 section 8.1).
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_INVALID_ARG (wire_code above 2^62 - 1),
 *  PQQ_ERR_NOT_FOUND. */
PQQ_EXPORT pqq_status pqq_engine_reset(pqq_engine *engine, pqq_id stream, uint64_t wire_code);

/** pqq_engine_stop_reading sends STOP_SENDING and drops what still comes; our half goes on.
 *  Errors: as pqq_engine_reset. */
PQQ_EXPORT pqq_status pqq_engine_stop_reading(pqq_engine *engine, pqq_id stream,
                                              uint64_t wire_code);

/** pqq_engine_stop_writing gives up our half of a stream with RESET_STREAM and
 *  drops what was not sent; the peer's half goes on. Errors: as pqq_engine_reset. */
PQQ_EXPORT pqq_status pqq_engine_stop_writing(pqq_engine *engine, pqq_id stream,
                                              uint64_t wire_code);

/** pqq_engine_close closes a connection at once with an HTTP/3 code.
 *  Errors: as pqq_engine_reset. */
PQQ_EXPORT pqq_status pqq_engine_close(pqq_engine *engine, pqq_id conn, uint64_t wire_code);

/** pqq_engine_abandon gives up the connections that are still being made for
 *  `token` (of pqq_connect_options): nobody waits for them any more, because
 *  another address was faster (RFC 8305 section 5). The server is told; the end
 *  comes as PQQ_EVENT_CLOSED. What is connected already stays. It looks at every
 *  connection of the engine.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_NOT_FOUND (none is being made). */
PQQ_EXPORT pqq_status pqq_engine_abandon(pqq_engine *engine, uint64_t token);

/** pqq_engine_shutdown begins a graceful end: no new connections, GOAWAY on
 *  all, each closes when its last request is done (RFC 9114 section 5.2).
 *  The engine is idle when pqq_engine_is_idle returns 1.
 *  Errors: PQQ_ERR_NULL_ARG. */
PQQ_EXPORT pqq_status pqq_engine_shutdown(pqq_engine *engine);

/** pqq_engine_close_all closes all connections now with H3_NO_ERROR; the CONNECTION_CLOSE packets
 *  come out of pqq_engine_send. Errors: PQQ_ERR_NULL_ARG. */
PQQ_EXPORT pqq_status pqq_engine_close_all(pqq_engine *engine);

/** pqq_engine_is_idle returns 1 when no connection is left that still has
 *  something to do (closing and draining ones do not count), else 0. */
PQQ_EXPORT int32_t pqq_engine_is_idle(const pqq_engine *engine);

/** pqq_engine_update_keys begins a key update (RFC 9001 section 6).
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_NOT_FOUND, PQQ_ERR_STATE (handshake not confirmed, or an
 *  update is under way). */
PQQ_EXPORT pqq_status pqq_engine_update_keys(pqq_engine *engine, pqq_id conn, pqq_time_ns now);

/** pqq_engine_connection_info fills `*info` (struct_size set by the caller)
 *  for a connection whose handshake is done.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE, PQQ_ERR_NOT_FOUND,
 *  PQQ_ERR_STATE. */
PQQ_EXPORT pqq_status pqq_engine_connection_info(pqq_engine *engine, pqq_id conn,
                                                 pqq_connection_info *info);

/** pqq_engine_set_user_data and pqq_engine_user_data keep one pointer with a
 *  request stream. user_data returns NULL if the stream is gone.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_NOT_FOUND. */
PQQ_EXPORT pqq_status pqq_engine_set_user_data(pqq_engine *engine, pqq_id stream, void *user_data);
PQQ_EXPORT void *pqq_engine_user_data(pqq_engine *engine, pqq_id stream);

/** pqq_engine_stats fills `*stats` (struct_size set by the caller).
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE. */
PQQ_EXPORT pqq_status pqq_engine_stats(const pqq_engine *engine, pqq_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
