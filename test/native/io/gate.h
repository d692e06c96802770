/* SPDX-License-Identifier: MIT */
/* A gate that threads of a signing pool stop at until the test opens it. */
#ifndef PQQ_TEST_GATE_H
#define PQQ_TEST_GATE_H

#include <pthread.h>

typedef struct gate {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int is_open;
  /* Threads that have come by, waiting or not. */
  unsigned arrived;
} gate;

#define GATE_CLOSED                                                        \
  (gate) {                                                                 \
    .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER \
  }

static inline void gate_pass(gate *self) {
  (void)pthread_mutex_lock(&self->lock);
  self->arrived++;
  (void)pthread_cond_broadcast(&self->changed);
  while (!self->is_open) {
    (void)pthread_cond_wait(&self->changed, &self->lock);
  }
  (void)pthread_mutex_unlock(&self->lock);
}

static inline void gate_open(gate *self) {
  (void)pthread_mutex_lock(&self->lock);
  self->is_open = 1;
  (void)pthread_cond_broadcast(&self->changed);
  (void)pthread_mutex_unlock(&self->lock);
}

/* Waits until that many have come by; CTest's time limit is the judge. */
static inline void gate_wait_arrived(gate *self, unsigned count) {
  (void)pthread_mutex_lock(&self->lock);
  while (self->arrived < count) {
    (void)pthread_cond_wait(&self->changed, &self->lock);
  }
  (void)pthread_mutex_unlock(&self->lock);
}

#endif
