/* SPDX-License-Identifier: MIT */
/* Whether pqq_init has succeeded, for the functions that need it. */
#ifndef PQQ__API_INIT_H
#define PQQ__API_INIT_H

#include <pqq/error.h>

/* PQQ_OK, or PQQ_ERR_NOT_INITIALIZED with a detail. */
pqq_status pqq__check_initialized(void);

#endif
