/* SPDX-License-Identifier: MIT */
/* One lock for everything: it is held for tens of nanoseconds, and a signature
 * takes a hundred microseconds. See signing_pool.h. */
#include "io/signing_pool.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/resource.h>

struct pqq__signing_entry {
  pqq__signing_entry *next;
  pqq__signing_owner *owner;
  /* NULL: the entry is unused. */
  pqq_job *job;
};

/* --- How many threads ------------------------------------------------------------------------ */

/* Cores that this process may use: a container or taskset can leave it fewer
 * than the machine has. */
static uint32_t usable_cores(void) {
  long online;
#if defined(__linux__)
  cpu_set_t set;

  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    return (uint32_t)CPU_COUNT(&set);
  }
#endif
  online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (uint32_t)online : 1;
}

/* Without a core to spare one thread still helps: not to sign more, but to let
 * requests go before signatures. */
uint32_t pqq__signing_threads_default(uint32_t workers) {
  uint32_t cores = usable_cores();
  uint32_t spare = cores > workers ? cores - workers : 1;

  return spare < workers ? spare : workers;
}

/* --- Threads ---------------------------------------------------------------------------------- */

/* With the lock held; NULL when the pool is stopping. */
static pqq__signing_entry *next_waiting(pqq__signing_pool *pool) {
  pqq__signing_entry *entry;

  while (pool->first_waiting == NULL && !pool->is_stopping) {
    pool->idle_threads++;
    (void)pthread_cond_wait(&pool->has_work, &pool->lock);
    pool->idle_threads--;
  }
  entry = pool->is_stopping ? NULL : pool->first_waiting;
  if (entry != NULL) {
    pool->first_waiting = entry->next;
    if (pool->first_waiting == NULL) {
      pool->last_waiting = &pool->first_waiting;
    }
    pool->waiting--;
  }
  return entry;
}

#if defined(__linux__)
static int niceness(void) {
  return getpriority(PRIO_PROCESS, 0) + PQQ__SIGNING_NICENESS;
}
#endif

static void *run(void *argument) {
  pqq__signing_pool *pool = argument;
  pqq__signing_entry *entry;

#if defined(__linux__)
  (void)setpriority(PRIO_PROCESS, 0, niceness()); /* of this thread alone, here */
#endif
  (void)pthread_mutex_lock(&pool->lock);
  while ((entry = next_waiting(pool)) != NULL) {
    pqq__signing_owner *owner = entry->owner;

    (void)pthread_mutex_unlock(&pool->lock);
    pool->calls.run(entry->job);
    (void)pthread_mutex_lock(&pool->lock);
    entry->next = NULL;
    *owner->last_done = entry;
    owner->last_done = &entry->next;
    (void)pthread_mutex_unlock(&pool->lock);
    owner->on_done(owner->user_data); /* without the lock: who is woken wants it */
    (void)pthread_mutex_lock(&pool->lock);
  }
  (void)pthread_mutex_unlock(&pool->lock);
  return NULL;
}

static void name_thread(pthread_t thread, uint32_t index) {
  char name[16]; /* the kernel's limit */

  (void)snprintf(name, sizeof name, "pqq-sign-%u", index % 1000);
#if defined(__linux__)
  (void)pthread_setname_np(thread, name);
#else
  (void)thread;
#endif
}

/* With the lock held. A system that gives no thread now is not asked again:
 * signing in line works too. */
static void start_thread(pqq__signing_pool *pool) {
  pthread_t *thread = &pool->threads[pool->thread_count];
  sigset_t all, before;
  int code;

  /* Signals are the host program's business, on its own threads. */
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  code = pthread_create(thread, NULL, run, pool);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (code != 0) {
    pool->thread_limit = pool->thread_count;
    return;
  }
  name_thread(*thread, pool->thread_count++);
}

/* --- Life --------------------------------------------------------------------------------------
 */

void pqq__signing_pool_init(pqq__signing_pool *pool, uint32_t threads,
                            const pqq__signing_calls *calls) {
  *pool = (pqq__signing_pool){.calls = *calls, .thread_limit = threads};
  pool->last_waiting = &pool->first_waiting;
  (void)pthread_mutex_init(&pool->lock, NULL);
  (void)pthread_cond_init(&pool->has_work, NULL);
}

void pqq__signing_pool_stop(pqq__signing_pool *pool) {
  (void)pthread_mutex_lock(&pool->lock);
  pool->is_stopping = 1;
  (void)pthread_cond_broadcast(&pool->has_work);
  (void)pthread_mutex_unlock(&pool->lock);
  for (uint32_t i = 0; i < pool->thread_count; i++) {
    (void)pthread_join(pool->threads[i], NULL);
  }
  for (size_t i = 0; pool->entries != NULL && i < PQQ__SIGNING_POOL_JOBS; i++) {
    if (pool->entries[i].job != NULL) {
      pool->calls.free(pool->entries[i].job);
    }
  }
  free(pool->entries);
  (void)pthread_cond_destroy(&pool->has_work);
  (void)pthread_mutex_destroy(&pool->lock);
}

void pqq__signing_owner_init(pqq__signing_owner *owner, void (*on_done)(void *user_data),
                             void *user_data) {
  *owner = (pqq__signing_owner){.on_done = on_done, .user_data = user_data};
  owner->last_done = &owner->first_done;
}

/* --- Jobs --------------------------------------------------------------------------------------
 */

static int make_entries(pqq__signing_pool *pool) {
  if (pool->entries != NULL) {
    return 1;
  }
  pool->entries = calloc(PQQ__SIGNING_POOL_JOBS, sizeof *pool->entries);
  for (size_t i = 0; pool->entries != NULL && i < PQQ__SIGNING_POOL_JOBS; i++) {
    pool->entries[i].next = pool->unused;
    pool->unused = &pool->entries[i];
  }
  return pool->entries != NULL;
}

/* With the lock held; NULL if the job cannot be taken. Makes the first thread,
 * and another as long as more jobs wait than threads do. */
static pqq__signing_entry *unused_entry(pqq__signing_pool *pool) {
  pqq__signing_entry *entry;

  if (pool->thread_limit == 0 || !make_entries(pool)) {
    return NULL;
  }
  if (pool->waiting >= pool->idle_threads && pool->thread_count < pool->thread_limit) {
    start_thread(pool);
  }
  entry = pool->thread_count > 0 ? pool->unused : NULL;
  if (entry != NULL) {
    pool->unused = entry->next;
  }
  return entry;
}

pqq_status pqq__signing_pool_push(pqq__signing_pool *pool, pqq__signing_owner *owner,
                                  pqq_job *job) {
  pqq__signing_entry *entry;

  (void)pthread_mutex_lock(&pool->lock);
  entry = unused_entry(pool);
  if (entry != NULL) {
    *entry = (pqq__signing_entry){.owner = owner, .job = job};
    *pool->last_waiting = entry;
    pool->last_waiting = &entry->next;
    pool->waiting++;
    if (pool->idle_threads > 0) {
      (void)pthread_cond_signal(&pool->has_work);
    }
  }
  (void)pthread_mutex_unlock(&pool->lock);
  if (entry == NULL) {
    return PQQ_AGAIN;
  }
  owner->in_pool++;
  return PQQ_OK;
}

pqq_job *pqq__signing_pool_take(pqq__signing_pool *pool, pqq__signing_owner *owner) {
  pqq__signing_entry *entry;
  pqq_job *job = NULL;

  if (owner->in_pool == 0) {
    return NULL; /* nearly always: a worker asks in every turn */
  }
  (void)pthread_mutex_lock(&pool->lock);
  entry = owner->first_done;
  if (entry != NULL) {
    owner->first_done = entry->next;
    if (owner->first_done == NULL) {
      owner->last_done = &owner->first_done;
    }
    job = entry->job;
    *entry = (pqq__signing_entry){.next = pool->unused};
    pool->unused = entry;
    owner->in_pool--;
  }
  (void)pthread_mutex_unlock(&pool->lock);
  return job;
}
