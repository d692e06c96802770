/* SPDX-License-Identifier: MIT */
/* Threads that make signatures (pqq_job) for all workers of a driver. Which
 * jobs go there is decided in worker_sign.c.
 *
 * First in, first out. A job is in the pool from push to take; how many can be
 * is bounded, so a pool that cannot keep up makes its users sign themselves.
 * Nothing exists before the first push: an idle server has neither the threads
 * nor the table. */
#ifndef PQQ__IO_SIGNING_POOL_H
#define PQQ__IO_SIGNING_POOL_H

#include <pthread.h>

#include <pqq/engine.h>

#include "io/limits.h"

typedef struct pqq__signing_entry pqq__signing_entry;

/* Where a worker's results go. Must not move or end before the pool is stopped. */
typedef struct pqq__signing_owner {
  /* Called on a thread of the pool whenever a result has come. */
  void (*on_done)(void *user_data);
  void *user_data;
  /* Jobs pushed and not taken back. Owner thread only. */
  size_t in_pool;
  /* Under the pool's lock. */
  pqq__signing_entry *first_done, **last_done;
} pqq__signing_owner;

/* What is done with a job: pqq_job_run and pqq_job_free but for tests. */
typedef struct pqq__signing_calls {
  void (*run)(pqq_job *job);
  void (*free)(pqq_job *job);
} pqq__signing_calls;

typedef struct pqq__signing_pool {
  pqq__signing_calls calls;
  pthread_mutex_t lock;
  pthread_cond_t has_work;
  pqq__signing_entry *entries, *unused;
  pqq__signing_entry *first_waiting, **last_waiting;
  size_t waiting;
  pthread_t threads[PQQ__MAX_SIGNING_THREADS];
  uint32_t thread_limit, thread_count, idle_threads;
  int is_stopping;
} pqq__signing_pool;

/* How many threads are worth having beside `workers` workers; at least 1. */
uint32_t pqq__signing_threads_default(uint32_t workers);

/* A pool of at most `threads` threads (0: push refuses everything). */
void pqq__signing_pool_init(pqq__signing_pool *pool, uint32_t threads,
                            const pqq__signing_calls *calls);

/* Waits for the jobs that are being run, ends the threads and frees every job
 * that was not taken back. Nobody may push or take any more. */
void pqq__signing_pool_stop(pqq__signing_pool *pool);

void pqq__signing_owner_init(pqq__signing_owner *owner, void (*on_done)(void *user_data),
                             void *user_data);

/* Gives a job away. PQQ_OK, or PQQ_AGAIN: the job stays the caller's (pool full,
 * without threads, or no memory). Owner thread. */
pqq_status pqq__signing_pool_push(pqq__signing_pool *pool, pqq__signing_owner *owner, pqq_job *job);

/* The owner's oldest result, NULL if there is none (yet). Owner thread. */
pqq_job *pqq__signing_pool_take(pqq__signing_pool *pool, pqq__signing_owner *owner);

#endif
