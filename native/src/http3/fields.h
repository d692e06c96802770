/* SPDX-License-Identifier: MIT */
/* Field sections (RFC 9114 section 4.2): gathered field by field as they are
 * decoded, or copied from a caller; and the check of what a caller gives. */
#ifndef PQQ__HTTP3_FIELDS_H
#define PQQ__HTTP3_FIELDS_H

#include <pqq/error.h>
#include <pqq/types.h>

/* What a field counts for beside its name and value (RFC 9114 section 4.2.2). */
#define PQQ__FIELD_OVERHEAD_BYTES 32

/* A finished section: one allocation, freed with free(). */
typedef struct pqq__section {
  size_t count;
  pqq_header headers[];
} pqq__section;

/* A section that is being gathered. */
typedef struct pqq__fields {
  uint8_t *bytes;
  size_t bytes_len, bytes_capacity;
  pqq_header *headers; /* without data pointers until the end */
  size_t count, capacity;
  uint64_t list_bytes;
  /* Fields called cookie, which become one. */
  size_t cookies;
  int has_host;
  int is_too_large;
} pqq__fields;

/* Adds a copy of one field; over `max_list_bytes` it only notes is_too_large.
 * 0, or -1 on lack of memory. */
int pqq__fields_add(pqq__fields *fields, pqq_bytes name, pqq_bytes value, uint32_t flags,
                    uint64_t max_list_bytes);

/* Makes the section and empties `fields`. Cookies that came in several fields, which compress
 * better, are joined in the place of the first (RFC 9114 section 4.2.1). NULL on lack of memory. */
pqq__section *pqq__fields_finish(pqq__fields *fields);
void pqq__fields_deinit(pqq__fields *fields);

/* Value of the first field called `name`, else {NULL, 0}. */
pqq_bytes pqq__section_find(const pqq_header *headers, size_t count, const char *name);

/* 1 if :authority and host say the same or one is missing (RFC 9114 section 4.3.1), else 0. */
int pqq__section_hosts_agree(const pqq__section *section);

/* What content-length says: 1, 0 if it is absent, -1 if it is no number (RFC 9110 section 8.6) or
 * there are several. */
int pqq__section_length(const pqq_header *headers, size_t count, uint64_t *bytes);

/* One such value: 1 or -1. */
int pqq__parse_length(pqq_bytes text, uint64_t *bytes);

/* A section with copies of `headers`. NULL on lack of memory. */
pqq__section *pqq__section_copy(const pqq_header *headers, size_t count);

/* Most fields a caller may send in one section: what a peer with the default
 * limit of 64 KiB takes. */
#define PQQ__MAX_SENT_FIELDS 2048

/* Longest name and value a caller may send. A peer with nghttp3 closes the connection for more than
 * 256 and 65,536 bytes, which it estimates from the Huffman code as 8/5 of its length. */
#define PQQ__MAX_SENT_NAME_BYTES 160
#define PQQ__MAX_SENT_VALUE_BYTES 40960

/* Checks a section to be sent: names are lower-case tokens, values have no CR,
 * LF or NUL, nothing connection-specific (RFC 9114 section 4.2), pseudo-header
 * fields only if `pseudo_ok` and then first. PQQ_OK, PQQ_ERR_HEADER_INVALID or
 * PQQ_ERR_HEADERS_TOO_LARGE with a detail. */
pqq_status pqq__section_check(const pqq_header *headers, size_t count, int pseudo_ok);

#endif
