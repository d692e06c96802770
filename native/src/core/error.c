/* SPDX-License-Identifier: MIT */
/* Status texts from error_codes.def and the per-thread error detail. */
#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local char detail[PQQ__ERROR_DETAIL_BYTES];

pqq_status pqq__error_set(pqq_status status, const char *format, ...) {
  va_list args;

  va_start(args, format);
  (void)vsnprintf(detail, sizeof detail, format, args);
  va_end(args);
  return status;
}

void pqq__error_clear(void) {
  detail[0] = '\0';
}

const char *pqq_error_detail(void) {
  return detail;
}

const char *pqq_strerror(pqq_status status) {
  switch (status) {
  case PQQ_OK:
    return "ok";
  case PQQ_AGAIN:
    return "nothing more to do now";
  case PQQ_DROPPED:
    return "the datagram was dropped";
  case PQQ_ROUTE:
    return "the datagram belongs to another worker";
#define PQQ_E(name, number, retryable, message) \
  case PQQ_ERR_##name:                          \
    return message;
#include <pqq/error_codes.def>
#undef PQQ_E
  default:
    return "unknown status";
  }
}

const char *pqq_err_name(pqq_status status) {
  switch (status) {
  case PQQ_OK:
    return "PQQ_OK";
  case PQQ_AGAIN:
    return "PQQ_AGAIN";
  case PQQ_DROPPED:
    return "PQQ_DROPPED";
  case PQQ_ROUTE:
    return "PQQ_ROUTE";
#define PQQ_E(name, number, retryable, message) \
  case PQQ_ERR_##name:                          \
    return "PQQ_ERR_" #name;
#include <pqq/error_codes.def>
#undef PQQ_E
  default:
    return "PQQ_UNKNOWN";
  }
}

int32_t pqq_err_is_retryable(pqq_status status) {
  switch (status) {
#define PQQ_E(name, number, retryable, message) \
  case PQQ_ERR_##name:                          \
    return retryable;
#include <pqq/error_codes.def>
#undef PQQ_E
  default:
    return 0;
  }
}

int32_t pqq_err_is_fatal(pqq_status status) {
  return status <= -900;
}
