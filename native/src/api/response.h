/* SPDX-License-Identifier: MIT */
/* The response object of pqq_request. */
#ifndef PQQ__API_RESPONSE_H
#define PQQ__API_RESPONSE_H

#include <pqq/request.h>

#include "api/headers.h"
#include "http3/fields.h"

struct pqq_response {
  int32_t status;
  pqq__section *section;
  pqq__gathered body;
  pqq_connection_info info;
  /* What the views of `info` point to. */
  uint8_t *info_bytes;
};

/* Copies the header section of a final response (:status first). 0, or -1 on
 * lack of memory. */
int pqq__response_set_headers(pqq_response *response, const pqq_event *event);

/* Copies what the engine says about the connection. Errors: as
 * pqq_engine_connection_info, PQQ_ERR_NO_MEMORY. */
pqq_status pqq__response_set_info(pqq_response *response, pqq_engine *engine, pqq_id conn);

#endif
