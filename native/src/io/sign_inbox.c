/* SPDX-License-Identifier: MIT */
/* See sign_inbox.h. */
#include "io/sign_inbox.h"

#include <pthread.h>
#include <stdlib.h>

/* A job that a signer has, then one that is done. */
typedef struct entry {
  struct entry *next;
  pqq__sign_inbox *inbox;
  pqq_job *job;
} entry;

struct pqq__sign_inbox {
  void (*on_job)(void *user_data);
  void *user_data;
  /* Started and not taken. Owner thread only. */
  size_t out;
  pthread_mutex_t lock;
  /* Under the lock: the owner's reference, and one for each that a signer has. */
  size_t refs;
  int is_closed;
  entry *first, **last;
};

pqq__sign_inbox *pqq__sign_inbox_new(void (*on_job)(void *user_data), void *user_data) {
  pqq__sign_inbox *inbox = calloc(1, sizeof *inbox);

  if (inbox != NULL) {
    inbox->on_job = on_job;
    inbox->user_data = user_data;
    inbox->refs = 1;
    inbox->last = &inbox->first;
    (void)pthread_mutex_init(&inbox->lock, NULL);
  }
  return inbox;
}

/* With the lock held, which it gives back. */
static void unref(pqq__sign_inbox *inbox) {
  int is_last = --inbox->refs == 0;

  (void)pthread_mutex_unlock(&inbox->lock);
  if (is_last) {
    (void)pthread_mutex_destroy(&inbox->lock);
    free(inbox);
  }
}

/* The worker is woken under the lock: it cannot end meanwhile. */
static void on_done(void *user_data, pqq_job *job) {
  entry *done = user_data;
  pqq__sign_inbox *inbox = done->inbox;

  (void)pthread_mutex_lock(&inbox->lock);
  if (inbox->is_closed) {
    pqq_job_free(job);
    free(done);
  } else {
    *inbox->last = done;
    inbox->last = &done->next;
    inbox->on_job(inbox->user_data);
  }
  unref(inbox);
}

pqq_status pqq__sign_inbox_start(pqq__sign_inbox *inbox, pqq_job *job) {
  entry *started = calloc(1, sizeof *started);

  if (started == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  started->inbox = inbox;
  started->job = job;
  inbox->out++;
  (void)pthread_mutex_lock(&inbox->lock);
  inbox->refs++;
  (void)pthread_mutex_unlock(&inbox->lock);
  return pqq_job_start(job, on_done, started);
}

pqq_job *pqq__sign_inbox_take(pqq__sign_inbox *inbox) {
  entry *done;
  pqq_job *job;

  if (inbox->out == 0) {
    return NULL; /* nearly always: a worker asks in every turn */
  }
  (void)pthread_mutex_lock(&inbox->lock);
  done = inbox->first;
  if (done != NULL) {
    inbox->first = done->next;
    inbox->last = inbox->first != NULL ? inbox->last : &inbox->first;
  }
  (void)pthread_mutex_unlock(&inbox->lock);
  if (done == NULL) {
    return NULL;
  }
  inbox->out--;
  job = done->job;
  free(done);
  return job;
}

void pqq__sign_inbox_close(pqq__sign_inbox *inbox) {
  if (inbox == NULL) {
    return;
  }
  (void)pthread_mutex_lock(&inbox->lock);
  inbox->is_closed = 1;
  for (entry *left = inbox->first; left != NULL;) {
    entry *next = left->next;

    pqq_job_free(left->job);
    free(left);
    left = next;
  }
  inbox->first = NULL;
  unref(inbox);
}
