/* SPDX-License-Identifier: MIT */
/* A network in one process with a clock of its own: engines, reached only by
 * <pqq/engine.h>, joined by links that delay, limit, lose, repeat, reorder and
 * damage datagrams. Time jumps from one thing that happens to the next, and
 * every decision of the network comes from one seed. The engines draw their
 * own randomness (connection ids, keys), so a seed brings back the dice of the
 * network and not a run to the byte.
 *
 * A node is an engine at an address. What it sends goes through its own pipe
 * (`out`) and arrives at the node with that address, if there is one. */
#ifndef PQQ_SIM_LINK_H
#define PQQ_SIM_LINK_H

#include <pqq/engine.h>

#include "queue.h"
#include "random.h"

#define SIM_MS UINT64_C(1000000)
#define SIM_SECOND (1000 * SIM_MS)

/* Most engines behind one address. */
#define SIM_MAX_WORKERS 8

typedef struct sim sim;
typedef struct sim_node sim_node;

/* One direction of a link. Zero means: no delay, no limit, never. Shares are in
 * millionths of the datagrams. */
typedef struct sim_pipe {
  pqq_time_ns delay_ns;
  /* UDP payload per second, and how much of it may wait before more is lost. */
  uint64_t rate_bytes_per_s;
  uint64_t queue_bytes;
  /* Larger datagrams vanish, as on a path that does not fragment. */
  size_t mtu_bytes;
  uint32_t loss_ppm;
  uint32_t duplicate_ppm;
  /* How many come `reorder_ns` later than they should. */
  uint32_t reorder_ppm;
  pqq_time_ns reorder_ns;
  /* One to eight bits turned over; the end cut off. */
  uint32_t flip_ppm;
  uint32_t truncate_ppm;
  /* Datagrams to lose, by number in this direction from 0. */
  const uint64_t *drop;
  size_t drop_count;
} sim_pipe;

/* A datagram that was sent and has not entered the pipe. The hook may change
 * `data` within `len` and shorten it. */
typedef struct sim_datagram {
  sim_node *from;
  /* Number in this direction, from 0. */
  uint64_t number;
  pqq_address source, destination;
  uint32_t ecn;
  size_t len;
  uint8_t *data;
} sim_datagram;

typedef struct sim_node {
  /* Set before sim_add. `address` is what the engine believes. */
  pqq_engine *engine;
  pqq_address address;
  sim_pipe out;
  /* Each may be NULL. on_event sees every event; on_step runs after the events of a step; on_send
   * returns 0 to lose the datagram. None of them may free an engine. */
  void (*on_event)(sim_node *node, const pqq_event *event);
  void (*on_step)(sim_node *node);
  int (*on_send)(sim_node *node, sim_datagram *datagram);
  void *user_data;
  /* Nonzero: events stay in the engine, as with a reader that does not come. */
  int is_paused;
  /* Datagrams per call of pqq_engine_send, 1-64; 0: 64. */
  uint32_t max_segments;
  /* The node with the shared address has all of them, itself first. `steer`
   * says which one an arriving datagram goes to first. */
  sim_node *workers[SIM_MAX_WORKERS];
  uint32_t worker_count;
  uint32_t (*steer)(sim_node *front, const pqq_datagram *datagram);

  /* What others see: another port after sim_rebind. */
  pqq_address outside;
  uint64_t sent, sent_bytes, arrived, arrived_bytes, lost, too_large, overflowed, routed;
  size_t largest_sent_bytes;

  /* Private. */
  sim *net;
  sim_node *next;
  int is_touched;
  pqq_time_ns pipe_free_at;
} sim_node;

sim *sim_new(uint64_t seed);
/* Frees what is on its way; nodes and engines are their owners'. NULL is ignored. */
void sim_free(sim *net);

pqq_time_ns sim_now(const sim *net);
sim_random *sim_random_of(sim *net);

/* `node` is the caller's and must outlive `net`. */
void sim_add(sim *net, sim_node *node);
void sim_remove(sim_node *node);

/* Runs until `is_done` says so (returns 1), or until `limit` or nothing is left
 * to happen (returns 0). `is_done` may be NULL. */
int sim_run(sim *net, pqq_time_ns limit, int (*is_done)(void *arg), void *arg);
/* Runs for a while, and moves the clock to its end. */
void sim_run_for(sim *net, pqq_time_ns duration_ns);

/* Calls `call(arg)` at that time. */
void sim_at(sim *net, pqq_time_ns at, void (*call)(void *arg), void *arg);

/* Puts a datagram of anybody's on its way, to arrive `delay_ns` from now. */
void sim_inject(sim *net, const pqq_address *source, const pqq_address *destination,
                const uint8_t *data, size_t len, pqq_time_ns delay_ns);

/* Forges the answer to a datagram with a long header: a Version Negotiation packet that lists
 * `version` alone and reaches the sender after a millisecond. */
void sim_answer_with_version(sim *net, const sim_datagram *datagram, uint32_t version);

/* The node is seen under another port from now on; what comes for the old one
 * is lost (a NAT that has forgotten). */
void sim_rebind(sim_node *node, uint16_t port);

/* An on_send that loses everything. */
int sim_lose(sim_node *node, sim_datagram *datagram);

/* 192.0.2.`host` port `port`, or 2001:db8::`host`. */
pqq_address sim_address4(uint8_t host, uint16_t port);
pqq_address sim_address6(uint8_t host, uint16_t port);

#endif
