/* SPDX-License-Identifier: MIT */
/* Where a worker's signatures are made: by the external signer of their identity, and else, as far
 * as they are ML-DSA, on its own thread, or by the driver's pool when handshakes come in bursts.
 *
 * Handing a job over costs a wake of another thread and one back, more than it
 * is worth when one handshake comes now and then. But a signature is a third of
 * what a handshake costs the server, and a request that came behind a burst
 * waits for all of it. So the worker looks at its backlog, once in a turn, after
 * it has taken in what the sockets had: at most PQQ__IN_LINE_SIGNATURES
 * handshakes that want a signature are nothing to speak of, and are signed here
 * and now. More are a burst, and go to the pool; so does all that comes before
 * the pool has given everything back. What the pool does not take (it is
 * full) is signed here, which slows the intake down: that is the push-back.
 *
 * Of the keys that we have the engine hands out only ML-DSA signatures as jobs; ECDSA, which takes
 * less than the handing over, never comes here. */
#include "io/clock.h"
#include "io/driver.h"
#include "io/worker.h"

static void complete(pqq__worker *worker, pqq_job *job) {
  (void)pqq_engine_complete(worker->engine, job, worker->now);
}

static pqq_job *take_result(pqq__worker *worker) {
  pqq_job *job = pqq__signing_pool_take(&worker->driver->signing, &worker->signing);

  if (job != NULL) {
    worker->signed_pooled++;
    return job;
  }
  return pqq__sign_inbox_take(worker->inbox);
}

/* Results of handshakes that have ended meanwhile are dropped by the engine. */
static void take_results(pqq__worker *worker) {
  pqq_job *job;

  for (size_t i = 0; i < PQQ__TURN_SIGNATURES; i++) {
    if ((job = take_result(worker)) == NULL) {
      return;
    }
    complete(worker, job);
  }
  worker->has_more = 1;
}

/* The next job that is ours to do. Those of signers are started on the way, which takes no time to
 * speak of; one that cannot be fails its handshake. */
static int next_job(pqq__worker *worker, pqq_job **job) {
  while (pqq_engine_next_job(worker->engine, job) == PQQ_OK) {
    if (!pqq_job_has_signer(*job)) {
      return 1;
    }
    if (pqq__sign_inbox_start(worker->inbox, *job) != PQQ_OK) {
      complete(worker, *job);
    }
  }
  return 0;
}

/* It is part of what handshakes take from this thread (handshake_cpu_ms). */
static void sign_here(pqq__worker *worker, pqq_job *job) {
  uint64_t began = pqq__clock_ns();

  pqq_job_run(job);
  (void)pqq_engine_spend(worker->engine, pqq__clock_ns() - began, worker->now);
  worker->signed_in_line++;
  complete(worker, job);
}

static void sign(pqq__worker *worker, pqq_job *job, int is_burst) {
  if (!is_burst ||
      pqq__signing_pool_push(&worker->driver->signing, &worker->signing, job) != PQQ_OK) {
    sign_here(worker, job);
  }
}

void pqq__worker_sign(pqq__worker *worker) {
  pqq_job *first[PQQ__IN_LINE_SIGNATURES + 1];
  pqq_job *job;
  size_t count = 0;
  int is_burst;

  take_results(worker);
  while (count <= PQQ__IN_LINE_SIGNATURES && next_job(worker, &first[count])) {
    count++;
  }
  is_burst = count > PQQ__IN_LINE_SIGNATURES || worker->signing.in_pool > 0;
  for (size_t i = 0; i < count; i++) {
    sign(worker, first[i], is_burst);
  }
  while (count > PQQ__IN_LINE_SIGNATURES && next_job(worker, &job)) {
    sign(worker, job, is_burst);
  }
}
