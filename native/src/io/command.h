/* SPDX-License-Identifier: MIT */
/* Commands and calls on their way from any thread to a worker. Batches are
 * single allocations that hold deep copies. */
#ifndef PQQ__IO_COMMAND_H
#define PQQ__IO_COMMAND_H

#include <pthread.h>

#include <pqq/driver.h>

typedef struct pqq__command_batch {
  struct pqq__command_batch *next;
  size_t bytes;
  size_t count;
  /* Commands before this one have run. */
  size_t done;
  pqq_command commands[];
} pqq__command_batch;

/* A pqq_driver_call that waits; lives on its caller's stack. */
typedef struct pqq__call {
  struct pqq__call *next;
  void (*fn)(pqq_engine *engine, void *user_data);
  void *user_data;
  int is_done;
  pqq_status status;
} pqq__call;

/* One worker's queue. Thread-safe. */
typedef struct pqq__command_queue {
  pthread_mutex_t lock;
  pthread_cond_t call_done;
  pqq__command_batch *first, **last;
  size_t bytes;
  pqq__call *first_call, **last_call;
  /* The worker has ended and takes nothing more. */
  int is_closed;
} pqq__command_queue;

void pqq__command_queue_init(pqq__command_queue *queue);
/* The queue must be closed. */
void pqq__command_queue_deinit(pqq__command_queue *queue);

/* Checks a command and says which worker it goes to. Errors: as
 * pqq_driver_submit. */
pqq_status pqq__command_check(const pqq_command *command, uint32_t worker_count, uint32_t *worker);

/* Copies those of checked `commands` that go to `worker`; *batch is NULL if
 * there is none. Errors: PQQ_ERR_NO_MEMORY. */
pqq_status pqq__command_batch_new(const pqq_command *commands, size_t count, uint32_t worker_count,
                                  uint32_t worker, pqq__command_batch **batch);

/* Frees copies; borrowed bodies are the business of whoever ran them. */
void pqq__command_batch_free(pqq__command_batch *batch);

/* With the queue's lock held: whether the batch can be added, and adding it.
 * PQQ_ERR_STATE (closed), PQQ_ERR_LIMIT (too many bytes wait). */
pqq_status pqq__command_queue_check(const pqq__command_queue *queue,
                                    const pqq__command_batch *batch);
void pqq__command_queue_add(pqq__command_queue *queue, pqq__command_batch *batch);

/* The oldest batch, NULL if there is none; the owner counts `done` up as it
 * runs the commands, then pops and so frees the batch. Owner thread only. */
pqq__command_batch *pqq__command_queue_peek(pqq__command_queue *queue);
void pqq__command_queue_pop(pqq__command_queue *queue);

/* Adds a call and waits until it has run. Errors: PQQ_ERR_STATE (closed). */
pqq_status pqq__command_queue_call(pqq__command_queue *queue, pqq__call *call,
                                   void (*wake)(void *user_data), void *wake_data);

/* Runs the calls that wait. Owner thread only. */
void pqq__command_queue_run_calls(pqq__command_queue *queue, pqq_engine *engine);

/* From here on nothing can be added; calls that wait end with PQQ_ERR_STATE.
 * Batches that are left can still be peeked and popped. */
void pqq__command_queue_close(pqq__command_queue *queue);

/* Runs one command on its engine. Negative: it failed. A borrowed body that
 * the engine has not taken is released. */
pqq_status pqq__command_run(pqq_engine *engine, const pqq_command *command, pqq_time_ns now);

/* Gives a borrowed body back without running the command. */
void pqq__command_release(const pqq_command *command);

/* 1 if the submitter must hear of this failure: ids that are gone are news
 * only for a REQUEST, all others get their closing event. */
int pqq__command_is_reported(const pqq_command *command, pqq_status status);

#endif
