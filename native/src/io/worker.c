/* SPDX-License-Identifier: MIT */
/* The worker's loop; see worker.h. */
#include "io/worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "io/address.h"
#include "io/clock.h"
#include "io/driver.h"
#include "io/udp_error.h"

static _Thread_local int is_worker_thread;

int pqq__worker_is_current_thread(void) {
  return is_worker_thread;
}

void pqq__worker_wake(pqq__worker *worker) {
  if (atomic_exchange(&worker->attention, PQQ__WORKER_NOTIFIED) == PQQ__WORKER_ASLEEP) {
    pqq__poller_wake(&worker->poller);
  }
}

/* --- Receiving ------------------------------------------------------------------------------ */

/* `is_routed`: it has been handed over once, and is not again. */
static void take_in(pqq__worker *worker, const pqq_datagram *datagram, int is_routed) {
  uint32_t route = 0;

  if (pqq_engine_recv(worker->engine, datagram, is_routed, worker->now, &route) == PQQ_ROUTE) {
    pqq__worker_route(worker, datagram, route);
  }
}

/* Reports about peers that cannot be reached; only clients have any. */
static void receive_errors(pqq__worker *worker, const pqq__udp_socket *sock) {
  pqq_address remote;

  while (pqq__udp_take_error(sock, &remote) == PQQ_OK) {
    if (remote.family != 0) {
      (void)pqq_engine_unreachable(worker->engine, &remote, worker->now);
    }
  }
}

/* One batch: more waits until what these need has been sent; the poller says
 * again that it is there. */
static pqq_status receive_from(pqq__worker *worker, const pqq__udp_socket *sock) {
  size_t count = 0;
  pqq_status status = pqq__udp_recv(&worker->receiver, sock, &count);

  if (status != PQQ_OK) {
    receive_errors(worker, sock);
  }
  if (status == PQQ_ERR_IO) {
    return ++worker->socket_failures > PQQ__MAX_SOCKET_FAILURES ? status : PQQ_OK;
  }
  worker->socket_failures = 0;
  for (size_t i = 0; i < count; i++) {
    take_in(worker, &worker->receiver.datagrams[i], 0);
  }
  return PQQ_OK;
}

static pqq_status receive(pqq__worker *worker, uint32_t readable) {
  pqq_status status = PQQ_OK;

  for (size_t i = 0; i < worker->socket_count && status == PQQ_OK; i++) {
    if ((readable >> i & 1u) != 0) {
      status = receive_from(worker, &worker->sockets[i]);
    }
  }
  return status;
}

static void receive_routed(pqq__worker *worker) {
  for (size_t i = 0; i < PQQ__TURN_ROUTED; i++) {
    pqq__routed *routed = pqq__route_ring_take(&worker->routed);

    if (routed == NULL) {
      return;
    }
    take_in(worker, &routed->datagram, 1);
    free(routed);
  }
  worker->has_more = 1;
}

/* --- Commands ------------------------------------------------------------------------------- */

/* A client's connection keeps one local address whatever interface its
 * datagrams take, so that a change of network is not a change of path. */
static void set_local(const pqq__worker *worker, pqq_command *command) {
  /* The options are a copy of ours, in a batch. */
  pqq_connect_options *options = (pqq_connect_options *)(uintptr_t)command->connect;

  if (options->local.family == 0 && worker->socket_count > 0) {
    options->local = pqq__udp_socket_local(&worker->sockets[0], &options->remote);
  }
}

static void run_command(pqq__worker *worker, pqq_command *command) {
  const pqq_driver_events *events = &worker->driver->events;
  pqq_status status;

  if (command->type == PQQ_COMMAND_CONNECT) {
    set_local(worker, command);
  }
  status = command->type == PQQ_COMMAND_FILE
               ? pqq__worker_answer_file(worker, command)
               : pqq__command_run(worker->engine, command, worker->now);
  if (pqq__command_is_reported(command, status) && events->on_command_failed != NULL) {
    events->on_command_failed(worker->engine, worker->index, command->tag, status,
                              worker->driver->user_data);
  }
}

static void run_commands(pqq__worker *worker) {
  pqq__command_batch *batch;
  size_t budget = PQQ__TURN_COMMANDS;

  while ((batch = pqq__command_queue_peek(&worker->commands)) != NULL) {
    while (batch->done < batch->count) {
      if (budget-- == 0) {
        worker->has_more = 1;
        return;
      }
      run_command(worker, &batch->commands[batch->done++]);
    }
    pqq__command_queue_pop(&worker->commands);
  }
  pqq__command_queue_run_calls(&worker->commands, worker->engine);
}

/* --- Events --------------------------------------------------------------------------------- */

static void deliver_events(pqq__worker *worker) {
  const pqq_driver_events *events = &worker->driver->events;
  void *user_data = worker->driver->user_data;
  pqq_event event;
  size_t taken = 0;

  if (atomic_exchange(&worker->is_resumed, 0)) {
    worker->is_paused = 0;
  }
  while (!worker->is_paused && taken < PQQ__TURN_EVENTS &&
         pqq_engine_peek_event(worker->engine, &event) == PQQ_OK) {
    if (pqq__worker_deliver(worker, &event) == PQQ_AGAIN) {
      worker->is_paused = 1;
      break;
    }
    pqq_engine_pop_event(worker->engine);
    taken++;
  }
  if (taken > 0 && events->on_batch_end != NULL) {
    events->on_batch_end(worker->engine, worker->index, user_data);
  }
}

int pqq__worker_has_event(const pqq__worker *worker) {
  pqq_event event;

  return pqq_engine_peek_event(worker->engine, &event) == PQQ_OK;
}

/* --- Sending -------------------------------------------------------------------------------- */

static pqq__udp_socket *socket_for(pqq__worker *worker, const pqq_address *local) {
  pqq__udp_socket *best = &worker->sockets[0];
  int best_fit = 0;

  for (size_t i = 0; i < worker->socket_count; i++) {
    int fit = pqq__udp_socket_fits(&worker->sockets[i], local);

    if (fit > best_fit) {
      best = &worker->sockets[i];
      best_fit = fit;
    }
  }
  return best;
}

/* Counters are published first, so that whoever sees an answer sees it
 * counted. */
static pqq_status flush(pqq__worker *worker) {
  pqq__udp_sender *sender = &worker->sender;
  pqq_status status;

  pqq__worker_publish(worker);
  status = pqq__udp_sender_flush(sender);
  if (status < 0) {
    return status;
  }
  if (sender->unreachable.family != 0) {
    (void)pqq_engine_unreachable(worker->engine, &sender->unreachable, worker->now);
    sender->unreachable.family = 0;
  }
  worker->is_blocked = status == PQQ_AGAIN;
  for (size_t i = 0; i < worker->socket_count; i++) {
    int is_full = worker->is_blocked && sender->items[sender->first].sock == &worker->sockets[i];
    pqq_status watched = pqq__poller_watch_writes(&worker->poller, i, is_full);

    if (watched < 0) {
      return watched;
    }
  }
  return PQQ_OK;
}

static pqq_status send_datagrams(pqq__worker *worker) {
  size_t bytes = 0;
  pqq_status status = PQQ_OK;

  if (worker->is_blocked) {
    status = flush(worker);
  }
  /* Not the time of the turn's begin: handshakes take long, and a late
   * timestamp on a sent packet would count as round trip time. */
  worker->now = pqq__clock_ns();
  while (status == PQQ_OK && !worker->is_blocked) {
    pqq_transmit transmit = {0};
    uint8_t *room = pqq__udp_sender_room(&worker->sender);

    if (room == NULL) {
      status = flush(worker);
      continue;
    }
    if (bytes >= PQQ__TURN_SEND_BYTES) {
      worker->has_more = 1;
      break;
    }
    if (pqq_engine_send(worker->engine, room, PQQ_MIN_SEND_BUFFER_BYTES, PQQ__GSO_MAX_SEGMENTS,
                        worker->now, &transmit) != PQQ_OK) {
      break;
    }
    pqq__udp_sender_add(&worker->sender, socket_for(worker, &transmit.local), &transmit);
    bytes += transmit.len;
  }
  return status == PQQ_OK && !worker->is_blocked ? flush(worker) : status;
}

/* --- The loop ------------------------------------------------------------------------------- */

static pqq_time_ns next_deadline(pqq__worker *worker) {
  pqq_time_ns deadline = pqq_engine_deadline(worker->engine);
  pqq_time_ns stop = pqq__worker_stop_deadline(worker);
  pqq_time_ns tick = worker->now + PQQ__BLOCKED_TICK_MS * PQQ__NS_PER_MS;

  if (worker->has_more || (!worker->is_paused && pqq__worker_has_event(worker))) {
    return 0;
  }
  deadline = pqq__earlier(deadline, stop);
  if (worker->handover.waiting > 0) {
    deadline = pqq__earlier(deadline, tick);
  }
  /* The engine's wish to send now cannot be met: do not spin on it. */
  if (worker->is_blocked && deadline < tick) {
    deadline = tick;
  }
  return deadline;
}

static pqq_status wait_for_work(pqq__worker *worker, uint32_t *readable) {
  pqq_time_ns deadline = next_deadline(worker);
  int running = PQQ__WORKER_RUNNING;
  pqq_status status;

  /* Whoever has queued something since then has left NOTIFIED here. */
  if (!atomic_compare_exchange_strong(&worker->attention, &running, PQQ__WORKER_ASLEEP)) {
    deadline = 0;
  }
  /* Not the time of the turn: sending takes longer than the pacing of what was sent, and a wait for
   * what has passed already would still sleep for the slack of the timer, 50 us on Linux. */
  status = pqq__poller_wait(&worker->poller, pqq__clock_ns(), deadline, readable);
  atomic_store(&worker->attention, PQQ__WORKER_RUNNING);
  worker->wakeups++;
  return status;
}

static pqq_status turn(pqq__worker *worker) {
  uint32_t readable = 0;
  pqq_status status = wait_for_work(worker, &readable);

  if (status < 0) {
    return status;
  }
  worker->has_more = 0;
  worker->now = pqq__clock_ns();
  worker->unix_s = pqq__clock_unix_s();
  (void)pqq_engine_set_unix_time(worker->engine, worker->unix_s);
  status = receive(worker, readable);
  if (status < 0) {
    return status;
  }
  receive_routed(worker);
  pqq__worker_take_handed_over(worker, (readable >> worker->socket_count & 1u) != 0);
  if (pqq_engine_deadline(worker->engine) <= worker->now) {
    (void)pqq_engine_expire(worker->engine, worker->now);
  }
  run_commands(worker);
  pqq__worker_stop_step(worker);
  pqq__worker_sign(worker);
  deliver_events(worker);
  if (worker->files != NULL && pqq__file_server_step(worker->files, worker->engine)) {
    worker->has_more = 1;
  }
  return send_datagrams(worker);
}

static void *run(void *argument) {
  pqq__worker *worker = argument;
  pqq_status status = PQQ_OK;

  is_worker_thread = 1;
  worker->now = pqq__clock_ns();
  while (status >= 0 && !pqq__worker_is_done(worker)) {
    status = turn(worker);
  }
  pqq__worker_end(worker, status < 0 ? status : PQQ_OK);
  return NULL;
}

/* --- Setting up ------------------------------------------------------------------------------ */

static void wake(void *user_data) {
  pqq__worker_wake(user_data);
}

/* Not the thread's CPU clock, which is a system call: ten of them, at 0.2 to 0.8 us, are up
 * to 4 % of what a handshake costs. */
static uint64_t work_clock(void *user_data) {
  (void)user_data;
  return pqq__clock_ns();
}

static pqq_status new_engine(pqq__worker *worker) {
  pqq_engine_options options;
  pqq_status status = pqq_engine_options_init(&options, sizeof options);

  if (status != PQQ_OK) {
    return status;
  }
  options.is_server = worker->driver->options.is_server;
  options.worker = worker->index;
  options.worker_count = worker->driver->worker_count;
  memcpy(options.key, worker->driver->options.key, sizeof options.key);
  options.generation = worker->driver->generation;
  options.has_other_generations = worker->driver->handover_path[0] != '\0';
  options.work_clock = work_clock;
  options.clock_offset_ns = pqq__clock_offset_ns();
  options.on_wake = wake;
  options.user_data = worker;
  if (worker->driver->options.signing_threads != PQQ_SIGNING_THREADS_NONE) {
    options.sign_as_jobs = PQQ_SIGN_JOBS_MLDSA;
  }
  return pqq_engine_new(worker->driver->config, &options, &worker->engine);
}

pqq_status pqq__worker_init(pqq__worker *worker, pqq_driver *driver, uint32_t index) {
  pqq_status status;

  worker->driver = driver;
  worker->index = index;
  pqq__route_ring_init(&worker->routed);
  pqq__handover_init(&worker->handover);
  pqq__command_queue_init(&worker->commands);
  pqq__signing_owner_init(&worker->signing, wake, worker);
  worker->inbox = pqq__sign_inbox_new(wake, worker);
  status = pqq__poller_init(&worker->poller);
  if (status == PQQ_OK && worker->inbox == NULL) {
    status = PQQ_ERR_NO_MEMORY;
  }
  if (status == PQQ_OK) {
    status = pqq__udp_receiver_init(&worker->receiver);
  }
  if (status == PQQ_OK) {
    status = pqq__udp_sender_init(&worker->sender);
  }
  if (status == PQQ_OK && driver->options.file_count > 0) {
    status = pqq__file_server_new(driver->files, driver->options.file_count, &worker->files);
  }
  return status == PQQ_OK ? new_engine(worker) : status;
}

pqq_status pqq__worker_add_socket(pqq__worker *worker, const pqq__udp_socket *sock) {
  worker->sockets[worker->socket_count++] = *sock;
  return pqq__poller_add(&worker->poller, sock->fd);
}

pqq_status pqq__worker_open_handover(pqq__worker *worker) {
  pqq_status status = pqq__handover_open(&worker->handover, worker->driver->handover_path,
                                         worker->driver->generation, worker->index);

  return status == PQQ_OK ? pqq__poller_add(&worker->poller, worker->handover.fd) : status;
}

static void name_thread(const pqq__worker *worker) {
  char name[16]; /* the kernel's limit */

  (void)snprintf(name, sizeof name, "pqq-worker-%u", worker->index % 1000);
#if defined(__linux__)
  (void)pthread_setname_np(worker->thread, name);
#endif
}

pqq_status pqq__worker_start(pqq__worker *worker) {
  sigset_t all, before;
  int code;

  /* Signals are the host program's business, on its own threads. */
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  code = pthread_create(&worker->thread, NULL, run, worker);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (code != 0) {
    return pqq__error_set(PQQ_ERR_IO, "pthread_create: %s", strerror(code));
  }
  worker->has_thread = 1;
  name_thread(worker);
  return PQQ_OK;
}
