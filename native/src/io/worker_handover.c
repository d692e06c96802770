/* SPDX-License-Identifier: MIT */
/* Datagrams that belong to somebody else: another worker of this driver, or another process that
 * shares the port; see handover.h. */
#include "io/driver.h"
#include "io/worker.h"

static void push(pqq__worker *other, const pqq_datagram *datagram) {
  if (pqq__route_ring_push(&other->routed, datagram) == PQQ_OK) {
    pqq__worker_wake(other);
  }
}

void pqq__worker_route(pqq__worker *worker, const pqq_datagram *datagram, uint32_t route) {
  if ((route & PQQ_ROUTE_OTHER) == 0) {
    if (route < worker->driver->worker_count && route != worker->index) {
      push(&worker->driver->workers[route], datagram);
    }
    return;
  }
  /* Its process is gone: the peer gets the reset or the refusal that it would have sent. */
  if (pqq__handover_send(&worker->handover, route, datagram, worker->now) == PQQ_ERR_NOT_FOUND) {
    (void)pqq_engine_recv(worker->engine, datagram, 1, worker->now, &route);
  }
}

void pqq__worker_take_handed_over(pqq__worker *worker, int is_readable) {
  int is_empty = !is_readable || worker->handover.fd < 0;

  for (size_t i = 0; i < PQQ__TURN_ROUTED && !is_empty; i++) {
    pqq_datagram datagram;
    uint32_t route;

    if (pqq__handover_recv(&worker->handover, &datagram, &is_empty) == PQQ_OK) {
      (void)pqq_engine_recv(worker->engine, &datagram, 1, worker->now, &route);
    }
  }
  (void)pqq__handover_flush(&worker->handover);
}
