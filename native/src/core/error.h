/* SPDX-License-Identifier: MIT */
/* The thread's error detail, behind pqq_error_detail. */
#ifndef PQQ__CORE_ERROR_H
#define PQQ__CORE_ERROR_H

#include <pqq/error.h>

/* Longest detail text, with its NUL: a path (4 KiB at most on the systems we
 * know) is cut rather than dropped. */
#define PQQ__ERROR_DETAIL_BYTES 512

/* Remembers a printf-style detail for this thread and returns `status`, so
 * that callers write `return pqq__error_set(PQQ_ERR_X, "...", ...)`. */
pqq_status pqq__error_set(pqq_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Forgets the detail; every public function that sets one calls this first. */
void pqq__error_clear(void);

#endif
