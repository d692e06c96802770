/* SPDX-License-Identifier: MIT */
/* Status codes and their texts. The rows are in error_codes.def. */
#ifndef PQQ_ERROR_H
#define PQQ_ERROR_H

#include <stdint.h>

#include <pqq/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** pqq_status is the result of every fallible function: PQQ_OK (0), a positive
 *  progress state, or a negative PQQ_ERR_* code. */
typedef int32_t pqq_status;

enum {
  PQQ_OK = 0,
  /** Nothing more to do now; call again after the next input. */
  PQQ_AGAIN = 1,
  /** A datagram was understood but belongs to no connection and was dropped. */
  PQQ_DROPPED = 2,
  /** A datagram belongs to another worker's engine (see pqq_engine_recv). */
  PQQ_ROUTE = 3,
#define PQQ_E(name, number, retryable, message) PQQ_ERR_##name = (number),
#include <pqq/error_codes.def>
#undef PQQ_E
};

/** pqq_strerror returns the English sentence of `status`; static memory, never
 *  NULL. Thread-safe. */
PQQ_EXPORT const char *pqq_strerror(pqq_status status);

/** pqq_err_name returns the name of `status`, such as "PQQ_ERR_KEY_MISMATCH";
 *  static memory, never NULL. Thread-safe. */
PQQ_EXPORT const char *pqq_err_name(pqq_status status);

/** pqq_err_is_retryable returns 1 if the same call may succeed later without a
 *  change by the caller, else 0. Thread-safe. */
PQQ_EXPORT int32_t pqq_err_is_retryable(pqq_status status);

/** pqq_err_is_fatal returns 1 if the object that reported `status` must be
 *  freed, else 0. Thread-safe. */
PQQ_EXPORT int32_t pqq_err_is_fatal(pqq_status status);

/** pqq_error_detail returns what exactly was wrong in the last call on this
 *  thread that returned a negative status: the file, the option, the value.
 *  Empty string if that call had nothing to add. Valid until the next libpqq
 *  call on this thread. */
PQQ_EXPORT const char *pqq_error_detail(void);

#ifdef __cplusplus
}
#endif

#endif
