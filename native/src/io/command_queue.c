/* SPDX-License-Identifier: MIT */
/* The queue between submitters and one worker; see command.h. */
#include "io/command.h"

#include "core/error.h"
#include "io/limits.h"

void pqq__command_queue_init(pqq__command_queue *queue) {
  *queue = (pqq__command_queue){.first = NULL};
  queue->last = &queue->first;
  queue->last_call = &queue->first_call;
  (void)pthread_mutex_init(&queue->lock, NULL);
  (void)pthread_cond_init(&queue->call_done, NULL);
}

void pqq__command_queue_deinit(pqq__command_queue *queue) {
  while (queue->first != NULL) {
    pqq__command_batch *batch = queue->first;

    queue->first = batch->next;
    pqq__command_batch_free(batch);
  }
  (void)pthread_cond_destroy(&queue->call_done);
  (void)pthread_mutex_destroy(&queue->lock);
}

pqq_status pqq__command_queue_check(const pqq__command_queue *queue,
                                    const pqq__command_batch *batch) {
  if (queue->is_closed) {
    return pqq__error_set(PQQ_ERR_STATE, "the driver is stopped");
  }
  if (batch->bytes > PQQ__COMMAND_QUEUE_BYTES - queue->bytes) {
    return pqq__error_set(PQQ_ERR_LIMIT, "%zu bytes of commands wait, %u may", queue->bytes,
                          PQQ__COMMAND_QUEUE_BYTES);
  }
  return PQQ_OK;
}

void pqq__command_queue_add(pqq__command_queue *queue, pqq__command_batch *batch) {
  *queue->last = batch;
  queue->last = &batch->next;
  queue->bytes += batch->bytes;
}

pqq__command_batch *pqq__command_queue_peek(pqq__command_queue *queue) {
  pqq__command_batch *batch;

  (void)pthread_mutex_lock(&queue->lock);
  batch = queue->first;
  (void)pthread_mutex_unlock(&queue->lock);
  return batch; /* only the owner removes batches, so it stays */
}

void pqq__command_queue_pop(pqq__command_queue *queue) {
  pqq__command_batch *batch;

  (void)pthread_mutex_lock(&queue->lock);
  batch = queue->first;
  queue->first = batch->next;
  if (queue->first == NULL) {
    queue->last = &queue->first;
  }
  queue->bytes -= batch->bytes;
  (void)pthread_mutex_unlock(&queue->lock);
  pqq__command_batch_free(batch);
}

pqq_status pqq__command_queue_call(pqq__command_queue *queue, pqq__call *call,
                                   void (*wake)(void *user_data), void *wake_data) {
  (void)pthread_mutex_lock(&queue->lock);
  if (queue->is_closed) {
    (void)pthread_mutex_unlock(&queue->lock);
    return pqq__error_set(PQQ_ERR_STATE, "the worker has ended");
  }
  *queue->last_call = call;
  queue->last_call = &call->next;
  (void)pthread_mutex_unlock(&queue->lock);
  wake(wake_data);
  (void)pthread_mutex_lock(&queue->lock);
  while (!call->is_done) {
    (void)pthread_cond_wait(&queue->call_done, &queue->lock);
  }
  (void)pthread_mutex_unlock(&queue->lock);
  return call->status;
}

static pqq__call *take_calls(pqq__command_queue *queue) {
  pqq__call *calls;

  (void)pthread_mutex_lock(&queue->lock);
  calls = queue->first_call;
  queue->first_call = NULL;
  queue->last_call = &queue->first_call;
  (void)pthread_mutex_unlock(&queue->lock);
  return calls;
}

/* The call is its caller's again, and gone, as soon as the lock is released. */
static void finish_call(pqq__command_queue *queue, pqq__call *call, pqq_status status) {
  (void)pthread_mutex_lock(&queue->lock);
  call->status = status;
  call->is_done = 1;
  (void)pthread_cond_broadcast(&queue->call_done);
  (void)pthread_mutex_unlock(&queue->lock);
}

void pqq__command_queue_run_calls(pqq__command_queue *queue, pqq_engine *engine) {
  for (pqq__call *call = take_calls(queue), *next; call != NULL; call = next) {
    next = call->next;
    call->fn(engine, call->user_data);
    finish_call(queue, call, PQQ_OK);
  }
}

void pqq__command_queue_close(pqq__command_queue *queue) {
  (void)pthread_mutex_lock(&queue->lock);
  queue->is_closed = 1;
  (void)pthread_mutex_unlock(&queue->lock);
  for (pqq__call *call = take_calls(queue), *next; call != NULL; call = next) {
    next = call->next;
    finish_call(queue, call, PQQ_ERR_STATE);
  }
}
