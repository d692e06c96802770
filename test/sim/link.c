/* SPDX-License-Identifier: MIT */
/* The clock and the pipes. One step: the clock moves to the next thing that
 * happens, datagrams that are due arrive, then each engine that has something
 * to do is driven as <pqq/engine.h> tells its hosts to. */
#include "link.h"

#include <stdlib.h>
#include <string.h>

#include "fatal.h"

/* Steps without the clock moving that no scenario needs. */
#define MAX_STEPS_AT_ONCE 1000000

typedef enum { ARRIVAL, CALL } kind;

typedef struct packet {
  sim_item item;
  kind kind;
  pqq_address source, destination;
  uint32_t ecn;
  size_t len;
  uint8_t data[];
} packet;

typedef struct call {
  sim_item item;
  kind kind;
  void (*run)(void *arg);
  void *arg;
} call;

struct sim {
  pqq_time_ns now;
  sim_random random;
  sim_queue queue;
  sim_node *first;
  uint64_t steps_at_once;
  uint8_t buffer[PQQ_MIN_SEND_BUFFER_BYTES];
};

static void *allocate(size_t size) {
  void *memory = malloc(size);

  if (!memory) {
    sim_fatal("out of memory");
  }
  return memory;
}

sim *sim_new(uint64_t seed) {
  sim *net = allocate(sizeof *net);

  *net = (sim){.random = {seed}};
  /* An engine must not take time 0 for "no time". */
  net->now = SIM_SECOND;
  return net;
}

void sim_free(sim *net) {
  sim_item *item;

  if (!net) {
    return;
  }
  while ((item = sim_queue_take(&net->queue)) != NULL) {
    free(item);
  }
  sim_queue_deinit(&net->queue);
  free(net);
}

pqq_time_ns sim_now(const sim *net) {
  return net->now;
}

sim_random *sim_random_of(sim *net) {
  return &net->random;
}

void sim_add(sim *net, sim_node *node) {
  node->net = net;
  node->outside = node->address;
  node->is_touched = 1;
  node->next = net->first;
  net->first = node;
}

void sim_remove(sim_node *node) {
  for (sim_node **at = &node->net->first; *at; at = &(*at)->next) {
    if (*at == node) {
      *at = node->next;
      return;
    }
  }
}

pqq_address sim_address4(uint8_t host, uint16_t port) {
  return (pqq_address){.family = 4, .port = port, .ip = {192, 0, 2, host}};
}

pqq_address sim_address6(uint8_t host, uint16_t port) {
  return (pqq_address){.family = 6, .port = port, .ip = {0x20, 0x01, 0x0d, 0xb8, [15] = host}};
}

void sim_rebind(sim_node *node, uint16_t port) {
  node->outside.port = port;
}

void sim_at(sim *net, pqq_time_ns at, void (*run)(void *arg), void *arg) {
  call *c = allocate(sizeof *c);

  *c = (call){.item.at = at, .kind = CALL, .run = run, .arg = arg};
  sim_queue_put(&net->queue, &c->item);
}

void sim_inject(sim *net, const pqq_address *source, const pqq_address *destination,
                const uint8_t *data, size_t len, pqq_time_ns delay_ns) {
  packet *p = allocate(sizeof *p + len);

  *p = (packet){.item.at = net->now + delay_ns,
                .kind = ARRIVAL,
                .source = *source,
                .destination = *destination,
                .len = len};
  memcpy(p->data, data, len);
  sim_queue_put(&net->queue, &p->item);
}

void sim_answer_with_version(sim *net, const sim_datagram *datagram, uint32_t version) {
  const uint8_t *in = datagram->data;
  uint8_t out[64] = {0x80};
  size_t dcid_len = in[5], scid_len = in[6 + dcid_len], len = 5;

  out[len++] = (uint8_t)scid_len;
  memcpy(out + len, in + 7 + dcid_len, scid_len);
  len += scid_len;
  out[len++] = (uint8_t)dcid_len;
  memcpy(out + len, in + 6, dcid_len);
  len += dcid_len;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out[len++] = (uint8_t)(version >> shift);
  }
  sim_inject(net, &datagram->destination, &datagram->source, out, len, SIM_MS);
}

/* Pipes. */

static int is_dropped(sim_node *node, uint64_t number, size_t len) {
  const sim_pipe *pipe = &node->out;

  if (pipe->mtu_bytes && len > pipe->mtu_bytes) {
    node->too_large++;
    return 1;
  }
  for (size_t i = 0; i < pipe->drop_count; i++) {
    if (pipe->drop[i] == number) {
      node->lost++;
      return 1;
    }
  }
  if (sim_random_chance(&node->net->random, pipe->loss_ppm)) {
    node->lost++;
    return 1;
  }
  return 0;
}

/* When the last byte is through the pipe's narrow end; 0 if the queue before it
 * is full. */
static pqq_time_ns pass_queue(sim_node *node, size_t len) {
  const sim_pipe *pipe = &node->out;
  pqq_time_ns now = node->net->now;
  pqq_time_ns begin = node->pipe_free_at > now ? node->pipe_free_at : now;

  if (pipe->rate_bytes_per_s == 0) {
    return now;
  }
  if (pipe->queue_bytes &&
      (begin - now) * pipe->rate_bytes_per_s / SIM_SECOND + len > pipe->queue_bytes) {
    node->overflowed++;
    return 0;
  }
  node->pipe_free_at = begin + len * SIM_SECOND / pipe->rate_bytes_per_s;
  return node->pipe_free_at;
}

static void damage(sim_node *node, packet *p) {
  sim_random *random = &node->net->random;

  if (sim_random_chance(random, node->out.flip_ppm)) {
    for (uint64_t bits = 1 + sim_random_below(random, 8); bits > 0; bits--) {
      uint64_t bit = sim_random_below(random, p->len * 8);
      p->data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
  }
  if (sim_random_chance(random, node->out.truncate_ppm)) {
    p->len = sim_random_below(random, p->len);
  }
}

static void put_on_way(sim_node *node, const sim_datagram *datagram, pqq_time_ns through) {
  const sim_pipe *pipe = &node->out;
  packet *p = allocate(sizeof *p + datagram->len);

  *p = (packet){.item.at = through + pipe->delay_ns,
                .kind = ARRIVAL,
                .source = datagram->source,
                .destination = datagram->destination,
                .ecn = datagram->ecn,
                .len = datagram->len};
  memcpy(p->data, datagram->data, datagram->len);
  if (sim_random_chance(&node->net->random, pipe->reorder_ppm)) {
    p->item.at += pipe->reorder_ns;
  }
  damage(node, p);
  sim_queue_put(&node->net->queue, &p->item);
}

static void send_one(sim_node *node, const pqq_transmit *out, uint8_t *data, size_t len) {
  sim_datagram datagram = {.from = node,
                           .number = node->sent++,
                           .source = node->outside,
                           .destination = out->remote,
                           .ecn = out->ecn,
                           .len = len,
                           .data = data};
  pqq_time_ns through;

  node->sent_bytes += len;
  if (len > node->largest_sent_bytes) {
    node->largest_sent_bytes = len;
  }
  if (node->on_send && !node->on_send(node, &datagram)) {
    node->lost++;
    return;
  }
  if (is_dropped(node, datagram.number, len)) {
    return;
  }
  through = pass_queue(node, datagram.len);
  if (through == 0) {
    return;
  }
  put_on_way(node, &datagram, through);
  if (sim_random_chance(&node->net->random, node->out.duplicate_ppm)) {
    put_on_way(node, &datagram, through);
  }
}

/* Engines. */

static void transmit(sim_node *node) {
  sim *net = node->net;
  uint32_t max_segments = node->max_segments ? node->max_segments : 64;
  pqq_transmit out;

  while (pqq_engine_send(node->engine, net->buffer, sizeof net->buffer, max_segments, net->now,
                         &out) == PQQ_OK) {
    if (out.len == 0 || out.segment_bytes == 0 ||
        (out.len + out.segment_bytes - 1) / out.segment_bytes > max_segments) {
      sim_fatal("the engine sends %zu bytes as datagrams of %u", out.len, out.segment_bytes);
    }
    for (size_t at = 0; at < out.len; at += out.segment_bytes) {
      size_t left = out.len - at;
      send_one(node, &out, net->buffer + at, left < out.segment_bytes ? left : out.segment_bytes);
    }
  }
}

static void read_events(sim_node *node) {
  pqq_event event;

  while (!node->is_paused && pqq_engine_peek_event(node->engine, &event) == PQQ_OK) {
    if (node->on_event) {
      node->on_event(node, &event);
    }
    pqq_engine_pop_event(node->engine);
  }
}

static void drive(sim_node *node) {
  sim *net = node->net;

  node->is_touched = 0;
  if (pqq_engine_deadline(node->engine) <= net->now) {
    (void)pqq_engine_expire(node->engine, net->now);
  }
  read_events(node);
  if (node->on_step) {
    node->on_step(node);
  }
  transmit(node);
}

static sim_node *find_node(const sim *net, const pqq_address *address) {
  sim_node *found = NULL;

  for (sim_node *node = net->first; node; node = node->next) {
    if (node->outside.port == address->port && node->outside.family == address->family &&
        memcmp(node->outside.ip, address->ip, sizeof address->ip) == 0) {
      /* Workers share one; the first that was added is their front. */
      found = node;
    }
  }
  return found;
}

static void arrive(sim *net, const packet *p) {
  sim_node *front = find_node(net, &p->destination);
  sim_node *node = front;
  pqq_datagram datagram = {.remote = p->source, .data = {p->data, p->len}, .ecn = p->ecn};
  uint32_t route = 0;

  if (!front) {
    return;
  }
  datagram.local = front->address;
  if (front->worker_count && front->steer) {
    node = front->workers[front->steer(front, &datagram)];
  }
  node->arrived++;
  node->arrived_bytes += p->len;
  node->is_touched = 1;
  if (pqq_engine_recv(node->engine, &datagram, 0, net->now, &route) != PQQ_ROUTE) {
    return;
  }
  if (route >= front->worker_count) {
    sim_fatal("a datagram is routed to worker %u of %u", route, front->worker_count);
  }
  node->routed++;
  front->workers[route]->is_touched = 1;
  if (pqq_engine_recv(front->workers[route]->engine, &datagram, 1, net->now, &route) == PQQ_ROUTE) {
    sim_fatal("a datagram is routed twice");
  }
}

static void happen(sim *net, sim_item *item) {
  if (((const packet *)(const void *)item)->kind == ARRIVAL) {
    arrive(net, (const packet *)(const void *)item);
  } else {
    const call *c = (const call *)(const void *)item;
    c->run(c->arg);
  }
  free(item);
}

/* The clock. */

static pqq_time_ns next_time(const sim *net) {
  const sim_item *first = sim_queue_first(&net->queue);
  pqq_time_ns at = first ? first->at : PQQ_TIME_NEVER;

  for (const sim_node *node = net->first; node; node = node->next) {
    pqq_time_ns deadline = node->is_touched ? net->now : pqq_engine_deadline(node->engine);
    if (deadline < at) {
      at = deadline;
    }
  }
  return at;
}

static void move_clock(sim *net, pqq_time_ns at) {
  if (at > net->now) {
    net->now = at;
    net->steps_at_once = 0;
  } else if (++net->steps_at_once > MAX_STEPS_AT_ONCE) {
    sim_fatal("the clock stands still at %llu ns", (unsigned long long)net->now);
  }
}

/* 0 if nothing happens up to `limit`. */
static int step(sim *net, pqq_time_ns limit) {
  pqq_time_ns at = next_time(net);
  sim_item *item;

  if (at == PQQ_TIME_NEVER || at > limit) {
    return 0;
  }
  move_clock(net, at);
  while ((item = sim_queue_first(&net->queue)) != NULL && item->at <= net->now) {
    happen(net, sim_queue_take(&net->queue));
  }
  for (sim_node *node = net->first; node; node = node->next) {
    if (node->is_touched || pqq_engine_deadline(node->engine) <= net->now) {
      drive(node);
    }
  }
  return 1;
}

int sim_run(sim *net, pqq_time_ns limit, int (*is_done)(void *arg), void *arg) {
  /* The caller may have called the engines since the last run. */
  for (sim_node *node = net->first; node; node = node->next) {
    node->is_touched = 1;
  }
  for (;;) {
    if (is_done && is_done(arg)) {
      return 1;
    }
    if (!step(net, limit)) {
      return 0;
    }
  }
}

void sim_run_for(sim *net, pqq_time_ns duration_ns) {
  pqq_time_ns end = net->now + duration_ns;

  (void)sim_run(net, end, NULL, NULL);
  if (net->now < end) {
    net->now = end;
  }
}

int sim_lose(sim_node *node, sim_datagram *datagram) {
  (void)node;
  (void)datagram;
  return 0;
}
