/* SPDX-License-Identifier: MIT */
/* What pqq_request is behind its door. */
#ifndef PQQ__API_REQUEST_H
#define PQQ__API_REQUEST_H

#include <pqq/request.h>

/* pqq_request with `count` addresses, at least one, in place of what the host's
 * name resolves to; NULL: resolve it. */
pqq_status pqq__request_to(const pqq_request_options *options, const pqq_address *addresses,
                           size_t count, pqq_response **response);

/* What pqq_engine_request would refuse (engine_stream.c), known before there is
 * a connection. Errors, with detail: PQQ_ERR_HEADER_*, PQQ_ERR_CONTENT_LENGTH. */
pqq_status pqq__request_check(const pqq_header *headers, size_t count, const pqq_body *body,
                              uint32_t flags);

#endif
