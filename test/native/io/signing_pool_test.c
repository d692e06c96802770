/* SPDX-License-Identifier: MIT */
/* io/signing_pool.c alone, with jobs that sign nothing: order, bounds, owners,
 * and its end. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "harness.h"
#include "io/gate.h"
#include "io/limits.h"
#include "io/signing_pool.h"

/* What is really behind the pqq_job pointers here. */
typedef struct fake {
  unsigned number;
  atomic_uint runs, frees;
} fake;

enum { MAX_ORDER = 16 };

static gate at_run;
static pqq__signing_pool pool;
/* Numbers in the order in which jobs were run; only read when one thread has run them all. */
static unsigned order[MAX_ORDER];
static atomic_uint ran, freed;

static pqq_job *job_of(fake *f) {
  return (pqq_job *)(void *)f;
}

static fake *fake_of(pqq_job *job) {
  return (fake *)(void *)job;
}

static void run_fake(pqq_job *job) {
  fake *f = fake_of(job);
  unsigned index;

  gate_pass(&at_run);
  index = atomic_fetch_add(&ran, 1);
  if (index < MAX_ORDER) {
    order[index] = f->number;
  }
  atomic_fetch_add(&f->runs, 1);
}

/* Does not end before somebody stops the pool. */
static void run_until_stop(pqq_job *job) {
  gate_pass(&at_run);
  (void)pthread_mutex_lock(&pool.lock);
  while (!pool.is_stopping) {
    (void)pthread_cond_wait(&pool.has_work, &pool.lock);
  }
  (void)pthread_mutex_unlock(&pool.lock);
  atomic_fetch_add(&fake_of(job)->runs, 1);
}

static void free_fake(pqq_job *job) {
  atomic_fetch_add(&fake_of(job)->frees, 1);
  atomic_fetch_add(&freed, 1);
}

/* --- An owner that can wait ----------------------------------------------------------------------
 */

typedef struct waiter {
  pqq__signing_owner owner;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  unsigned done;
} waiter;

static void on_done(void *user_data) {
  waiter *self = user_data;

  (void)pthread_mutex_lock(&self->lock);
  self->done++;
  (void)pthread_cond_signal(&self->changed);
  (void)pthread_mutex_unlock(&self->lock);
}

static void waiter_init(waiter *self) {
  *self = (waiter){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
  pqq__signing_owner_init(&self->owner, on_done, self);
}

static void wait_done(waiter *self, unsigned count) {
  (void)pthread_mutex_lock(&self->lock);
  while (self->done < count) {
    (void)pthread_cond_wait(&self->changed, &self->lock);
  }
  (void)pthread_mutex_unlock(&self->lock);
}

static void set_up(uint32_t threads, void (*run)(pqq_job *job)) {
  pqq__signing_calls calls = {.run = run, .free = free_fake};

  at_run = GATE_CLOSED;
  atomic_store(&ran, 0);
  atomic_store(&freed, 0);
  pqq__signing_pool_init(&pool, threads, &calls);
}

/* --- Tests ---------------------------------------------------------------------------------------
 */

TEST("jobs are run once, oldest first, and come back to their owners in that order") {
  fake jobs[6] = {{0}};
  waiter a, b;

  set_up(1, run_fake);
  waiter_init(&a);
  waiter_init(&b);
  EXPECT(pqq__signing_pool_take(&pool, &a.owner) == NULL);
  for (unsigned i = 0; i < 6; i++) {
    jobs[i].number = i;
    EXPECT_INT(pqq__signing_pool_push(&pool, i % 2 ? &b.owner : &a.owner, job_of(&jobs[i])),
               PQQ_OK);
  }
  EXPECT(pqq__signing_pool_take(&pool, &a.owner) == NULL); /* none has passed the gate */
  gate_open(&at_run);
  wait_done(&a, 3);
  wait_done(&b, 3);
  for (unsigned i = 0; i < 6; i++) {
    EXPECT(pqq__signing_pool_take(&pool, i % 2 ? &b.owner : &a.owner) == job_of(&jobs[i]));
    EXPECT_UINT(order[i], i);
    EXPECT_UINT(atomic_load(&jobs[i].runs), 1);
  }
  EXPECT_UINT(a.owner.in_pool + b.owner.in_pool, 0);
  EXPECT(pqq__signing_pool_take(&pool, &b.owner) == NULL);
  pqq__signing_pool_stop(&pool);
  EXPECT_UINT(atomic_load(&freed), 0); /* all were taken back */
}

TEST("threads start when jobs wait for them, and no more than allowed") {
  fake jobs[5] = {{0}};
  waiter a;

  set_up(3, run_fake);
  waiter_init(&a);
  EXPECT_UINT(pool.thread_count, 0);
  for (unsigned i = 0; i < 5; i++) {
    EXPECT_INT(pqq__signing_pool_push(&pool, &a.owner, job_of(&jobs[i])), PQQ_OK);
  }
  gate_wait_arrived(&at_run, 3);
  EXPECT_UINT(pool.thread_count, 3);
  gate_open(&at_run);
  wait_done(&a, 5);
  pqq__signing_pool_stop(&pool);
  EXPECT_UINT(atomic_load(&freed), 5); /* nobody took the results */
}

TEST("a full pool refuses, and has room again when a result is taken") {
  fake *jobs = calloc(PQQ__SIGNING_POOL_JOBS + 1, sizeof *jobs);
  waiter a;

  set_up(2, run_fake);
  waiter_init(&a);
  for (size_t i = 0; i < PQQ__SIGNING_POOL_JOBS; i++) {
    EXPECT_INT(pqq__signing_pool_push(&pool, &a.owner, job_of(&jobs[i])), PQQ_OK);
  }
  EXPECT_INT(pqq__signing_pool_push(&pool, &a.owner, job_of(&jobs[PQQ__SIGNING_POOL_JOBS])),
             PQQ_AGAIN);
  gate_open(&at_run);
  wait_done(&a, PQQ__SIGNING_POOL_JOBS);
  EXPECT_INT(pqq__signing_pool_push(&pool, &a.owner, job_of(&jobs[PQQ__SIGNING_POOL_JOBS])),
             PQQ_AGAIN); /* results that nobody takes count too */
  EXPECT(pqq__signing_pool_take(&pool, &a.owner) != NULL);
  EXPECT_INT(pqq__signing_pool_push(&pool, &a.owner, job_of(&jobs[PQQ__SIGNING_POOL_JOBS])),
             PQQ_OK);
  pqq__signing_pool_stop(&pool);
  EXPECT_UINT(atomic_load(&freed), PQQ__SIGNING_POOL_JOBS);
  free(jobs);
}

TEST("stop waits for the job that is being run, runs no other, and frees all") {
  fake jobs[5] = {{0}};
  waiter a;

  set_up(1, run_until_stop);
  waiter_init(&a);
  gate_open(&at_run);
  for (unsigned i = 0; i < 5; i++) {
    EXPECT_INT(pqq__signing_pool_push(&pool, &a.owner, job_of(&jobs[i])), PQQ_OK);
  }
  gate_wait_arrived(&at_run, 1);
  pqq__signing_pool_stop(&pool);
  for (unsigned i = 0; i < 5; i++) {
    EXPECT_UINT(atomic_load(&jobs[i].runs), i == 0);
    EXPECT_UINT(atomic_load(&jobs[i].frees), 1);
  }
}

TEST("a pool without threads takes nothing, and an unused one has nothing to stop") {
  fake job = {0};
  waiter a;

  set_up(0, run_fake);
  waiter_init(&a);
  EXPECT_INT(pqq__signing_pool_push(&pool, &a.owner, job_of(&job)), PQQ_AGAIN);
  pqq__signing_pool_stop(&pool);
  set_up(2, run_fake);
  pqq__signing_pool_stop(&pool);
  EXPECT_UINT(atomic_load(&freed), 0);
}

TEST("by default there is a thread for each worker, as far as cores go, but one at least") {
  EXPECT_UINT(pqq__signing_threads_default(1), 1);
  for (uint32_t workers = 1; workers <= PQQ__MAX_WORKERS; workers++) {
    uint32_t threads = pqq__signing_threads_default(workers);

    NOTE("%u workers, %u threads", workers, threads);
    EXPECT(threads >= 1 && threads <= workers && threads <= PQQ__MAX_SIGNING_THREADS);
  }
}

enum { OWNERS = 4, PER_OWNER = 2000 };

typedef struct user {
  waiter waiter;
  fake jobs[PER_OWNER];
} user;

/* As a worker does: pushes, takes what there is, and sleeps only when nothing is. */
static void *push_and_take(void *argument) {
  user *u = argument;
  size_t pushed = 0, taken = 0;

  while (taken < PER_OWNER) {
    pqq_job *job;

    while (pushed < PER_OWNER &&
           pqq__signing_pool_push(&pool, &u->waiter.owner, job_of(&u->jobs[pushed])) == PQQ_OK) {
      pushed++;
    }
    while ((job = pqq__signing_pool_take(&pool, &u->waiter.owner)) != NULL) {
      taken++;
      free_fake(job);
    }
    if (u->waiter.owner.in_pool > 0) {
      wait_done(&u->waiter, (unsigned)taken + 1);
    }
  }
  return NULL;
}

TEST("several owners and threads lose and mix up nothing") {
  user *users = calloc(OWNERS, sizeof *users);
  pthread_t threads[OWNERS];

  set_up(3, run_fake);
  gate_open(&at_run);
  for (size_t i = 0; i < OWNERS; i++) {
    waiter_init(&users[i].waiter);
    EXPECT_INT(pthread_create(&threads[i], NULL, push_and_take, &users[i]), 0);
  }
  for (size_t i = 0; i < OWNERS; i++) {
    EXPECT_INT(pthread_join(threads[i], NULL), 0);
  }
  pqq__signing_pool_stop(&pool);
  for (size_t i = 0; i < OWNERS * PER_OWNER; i++) {
    fake *job = &users[i / PER_OWNER].jobs[i % PER_OWNER];

    EXPECT_UINT(atomic_load(&job->runs), 1);
    EXPECT_UINT(atomic_load(&job->frees), 1);
  }
  free(users);
}
