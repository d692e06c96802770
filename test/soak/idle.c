/* SPDX-License-Identifier: MIT */
/* Many connections of one engine that do nothing for a while, and are all still there afterwards.
 *
 *   idle PORT CA_FILE CONNECTIONS HOLD_SECONDS
 *
 * Each makes a request, lies idle with keep-alives, and makes another. A line when all are open,
 * and one with what was lost at the end. */
#include "host.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define NS_PER_S UINT64_C(1000000000)
#define KEEP_ALIVE_MS 10000
/* So many handshakes are under way at once: a burst that a server's socket buffer holds. */
#define AT_ONCE 64
#define PATIENCE_S 120

typedef struct crowd {
  uint64_t wanted, begun, answered, lost;
  pqq_id *conns;
} crowd;

static void on_event(host *self, const pqq_event *event) {
  crowd *all = self->user_data;

  if (event->type == PQQ_EVENT_DATA) {
    (void)pqq_engine_consume(self->engine, event->stream, event->data.len);
  } else if (event->type == PQQ_EVENT_STREAM_CLOSED) {
    all->answered += event->status == PQQ_OK;
    all->lost += event->status != PQQ_OK;
  } else if (event->type == PQQ_EVENT_CLOSED || event->type == PQQ_EVENT_OPEN_FAILED) {
    all->lost++;
  }
}

static void turn(host *self) {
  struct pollfd waiting = {.fd = self->fd, .events = POLLIN};

  (void)poll(&waiting, 1, 1);
  host_turn(self, 0);
}

/* Until every connection has had its answer, `begin` at a time. Returns whether that came about. */
static int answer_all(host *self, crowd *all, void (*begin)(host *self, crowd *all, uint64_t at)) {
  pqq_time_ns patience = host_now() + PATIENCE_S * NS_PER_S;

  all->begun = all->answered = 0;
  while (all->answered + all->lost < all->wanted && host_now() < patience) {
    while (all->begun < all->wanted && all->begun - all->answered - all->lost < AT_ONCE) {
      begin(self, all, all->begun++);
    }
    turn(self);
  }
  all->lost += all->wanted - all->answered - all->lost; /* whoever has not come by now */
  return all->lost == 0;
}

static void open_one(host *self, crowd *all, uint64_t at) {
  all->conns[at] = host_ask(self, at, "/");
}

static void ask_again(host *self, crowd *all, uint64_t at) {
  all->lost += host_request(self, all->conns[at], at, "/", NULL, 0) != PQQ_OK;
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: idle PORT CA_FILE CONNECTIONS HOLD_SECONDS\n");
    return 2;
  }
  crowd all = {.wanted = strtoull(argv[3], NULL, 10)};
  host self = {.on_event = on_event, .user_data = &all};
  pqq_config *config = host_config(argv[2], KEEP_ALIVE_MS);

  all.conns = calloc(all.wanted, sizeof *all.conns);
  if (!all.conns) {
    host_fail("calloc");
  }
  host_open(&self, config, (uint16_t)strtoul(argv[1], NULL, 10));
  int is_good = answer_all(&self, &all, open_one);
  pqq_time_ns end = host_now() + strtoull(argv[4], NULL, 10) * NS_PER_S;

  printf("{\"open\":%llu}\n", (unsigned long long)all.answered);
  (void)fflush(stdout);
  while (host_now() < end) {
    turn(&self);
  }
  is_good = is_good && answer_all(&self, &all, ask_again);
  printf("{\"answered\":%llu,\"lost\":%llu}\n", (unsigned long long)all.answered,
         (unsigned long long)all.lost);
  (void)pqq_engine_close_all(self.engine); /* from here on connections end because they should */
  turn(&self);
  host_close(&self);
  pqq_config_unref(config);
  free(all.conns);
  return is_good ? 0 : 1;
}
