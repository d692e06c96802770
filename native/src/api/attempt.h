/* SPDX-License-Identifier: MIT */
/* One try of pqq_request: a socket, an engine and a request to one address,
 * until the response is whole or it is clear that none comes. */
#ifndef PQQ__API_ATTEMPT_H
#define PQQ__API_ATTEMPT_H

#include "api/response.h"
#include "api/upload.h"

/* What all attempts of a request have in common. */
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

/* Runs until the response is whole (PQQ_OK). Other addresses are worth a try
 * only after PQQ_ERR_UNREACHABLE: until `connect_by` nobody has completed a
 * handshake, or ICMP says that nobody is there. Else the status is the
 * request's. */
pqq_status pqq__attempt(const pqq__request_plan *plan, const pqq_address *remote,
                        pqq_time_ns connect_by, pqq_response *response);

#endif
