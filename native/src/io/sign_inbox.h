/* SPDX-License-Identifier: MIT */
/* Jobs that external signers have, and their way back to the worker that started them. Signers
 * answer on threads of their own, and may do so when the driver has long been gone: so the inbox is
 * counted, and closed by its worker. */
#ifndef PQQ__IO_SIGN_INBOX_H
#define PQQ__IO_SIGN_INBOX_H

#include <pqq/engine.h>

typedef struct pqq__sign_inbox pqq__sign_inbox;

/* `on_job` is called on any thread when a job has come; never after the inbox is closed. NULL on
 * lack of memory. */
pqq__sign_inbox *pqq__sign_inbox_new(void (*on_job)(void *user_data), void *user_data);

/* Starts a job. PQQ_ERR_NO_MEMORY: it stays the caller's. Owner thread. */
pqq_status pqq__sign_inbox_start(pqq__sign_inbox *inbox, pqq_job *job);

/* The oldest job that is done, NULL if there is none. Owner thread. */
pqq_job *pqq__sign_inbox_take(pqq__sign_inbox *inbox);

/* Jobs that are there, and those that still come, are freed. NULL is ignored. */
void pqq__sign_inbox_close(pqq__sign_inbox *inbox);

#endif
