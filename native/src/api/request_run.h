/* SPDX-License-Identifier: MIT */
/* One run of pqq_request: an engine, a race of connections to a host's
 * addresses, and a request on the winner, until the response is whole or it is
 * clear that none comes. */
#ifndef PQQ__API_REQUEST_RUN_H
#define PQQ__API_REQUEST_RUN_H

#include "api/response.h"
#include "api/upload.h"

/* What is asked for, and until when. */
typedef struct pqq__request_plan {
  pqq_config *config;
  /* To verify, and for SNI. */
  const char *server_name;
  const pqq_header *headers;
  size_t header_count;
  pqq_bytes body;
  /* Callbacks instead of memory; see pqq_request_options. */
  pqq_body_reader read_body;
  pqq_response_begin on_response;
  pqq_body_writer on_body;
  void *user_data;
  uint32_t max_body_bytes;
  int is_head;
  /* PQQ_REQUIRE_* */
  int32_t require_key_exchange;
  int32_t require_authentication;
  /* When the whole request has to be done. */
  pqq_time_ns deadline;
} pqq__request_plan;

/* Runs until the response is whole (PQQ_OK). The first PQQ__MAX_ATTEMPTS of
 * `addresses` are tried in their order; see race.h. */
pqq_status pqq__request_run(const pqq__request_plan *plan, const pqq_address *addresses,
                            size_t count, pqq_response *response);

#endif
