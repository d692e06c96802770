/* SPDX-License-Identifier: MIT */
/* Conditional requests (RFC 9110 section 13) and the header fields of a request
 * that the file server looks at. */
#ifndef PQQ__FILES_CONDITION_H
#define PQQ__FILES_CONDITION_H

#include <pqq/types.h>

/* Views of a request's fields; {NULL, 0} for those that are not there. Of a field
 * that comes twice the first counts. */
typedef struct pqq__file_request {
  pqq_bytes method, path;
  pqq_bytes accept, accept_encoding;
  pqq_bytes range, if_range;
  pqq_bytes if_match, if_none_match, if_modified_since, if_unmodified_since;
} pqq__file_request;

void pqq__file_request_read(const pqq_header *headers, size_t count, pqq__file_request *request);

/* What is known of the file that would be sent. */
typedef struct pqq__validators {
  /* A strong entity tag with its quotes. */
  const char *etag;
  size_t etag_len;
  int64_t modified_s;
} pqq__validators;

/* 0: go on; 304 or 412, in the order of RFC 9110 section 13.2.2. */
int pqq__condition_evaluate(const pqq__file_request *request, const pqq__validators *file,
                            int64_t now_s);

/* Whether a Range field counts: no If-Range, or one that means this file by a
 * strong validator (RFC 9110 section 13.1.5). */
int pqq__condition_allows_range(const pqq__file_request *request, const pqq__validators *file,
                                int64_t now_s);

#endif
