/* SPDX-License-Identifier: MIT */
#include "http3/fields.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <nghttp3/nghttp3.h>

#include "core/bytes.h"
#include "core/error.h"

static int reserve_bytes(pqq__fields *fields, size_t more) {
  size_t capacity = fields->bytes_capacity ? fields->bytes_capacity : 512;
  uint8_t *grown;

  if (fields->bytes && fields->bytes_len + more <= fields->bytes_capacity) {
    return 0;
  }
  while (capacity < fields->bytes_len + more) {
    capacity *= 2;
  }
  grown = realloc(fields->bytes, capacity);
  if (!grown) {
    return -1;
  }
  fields->bytes = grown;
  fields->bytes_capacity = capacity;
  return 0;
}

static int reserve_header(pqq__fields *fields) {
  size_t capacity = fields->capacity ? fields->capacity * 2 : 16;
  pqq_header *grown;

  if (fields->count < fields->capacity) {
    return 0;
  }
  grown = realloc(fields->headers, capacity * sizeof *grown);
  if (!grown) {
    return -1;
  }
  fields->headers = grown;
  fields->capacity = capacity;
  return 0;
}

int pqq__fields_add(pqq__fields *fields, pqq_bytes name, pqq_bytes value, uint32_t flags,
                    uint64_t max_list_bytes) {
  pqq_header *header;

  if (fields->is_too_large) {
    return 0;
  }
  fields->list_bytes += name.len + value.len + PQQ__FIELD_OVERHEAD_BYTES;
  if (fields->list_bytes > max_list_bytes) {
    fields->is_too_large = 1;
    return 0;
  }
  if (reserve_header(fields) != 0 || reserve_bytes(fields, name.len + value.len) != 0) {
    return -1;
  }
  header = &fields->headers[fields->count++];
  *header = (pqq_header){.name.len = name.len, .value.len = value.len, .flags = flags};
  if (name.len) {
    memcpy(fields->bytes + fields->bytes_len, name.data, name.len);
  }
  if (value.len) {
    memcpy(fields->bytes + fields->bytes_len + name.len, value.data, value.len);
  }
  fields->bytes_len += name.len + value.len;
  return 0;
}

/* Copies `bytes` to *at and lets them point there. */
static void move(pqq_bytes *bytes, uint8_t **at) {
  if (bytes->len) {
    memcpy(*at, bytes->data, bytes->len);
  }
  bytes->data = *at;
  *at += bytes->len;
}

/* The values of all cookie fields from `first` on, with "; " between. */
static void join_cookies(const pqq__fields *fields, size_t first, pqq_header *joined,
                         uint8_t **at) {
  const uint8_t *start = *at;

  for (size_t i = first; i < fields->count; i++) {
    pqq_bytes value = fields->headers[i].value;

    if (!pqq__bytes_equal(fields->headers[i].name, "cookie")) {
      continue;
    }
    if (*at != start) {
      memcpy(*at, "; ", 2);
      *at += 2;
    }
    move(&value, at);
    joined->flags |= fields->headers[i].flags;
  }
  joined->value = (pqq_bytes){start, (size_t)(*at - start)};
}

/* The views, whose bytes could still move while fields were added. */
static void point(pqq__fields *fields) {
  const uint8_t *at = fields->bytes;

  assert(at || fields->count == 0);
  for (size_t i = 0; i < fields->count; i++) {
    fields->headers[i].name.data = at;
    at += fields->headers[i].name.len;
    fields->headers[i].value.data = at;
    at += fields->headers[i].value.len;
  }
}

/* Copies the bytes behind the header array and lets the views point there. */
pqq__section *pqq__fields_finish(pqq__fields *fields) {
  size_t array_bytes = sizeof(pqq__section) + fields->count * sizeof(pqq_header);
  pqq__section *section = malloc(array_bytes + fields->bytes_len + 2 * fields->cookies + 1);
  int has_cookie = 0;
  uint8_t *at;

  if (!section) {
    return NULL;
  }
  at = (uint8_t *)section + array_bytes;
  section->count = 0;
  point(fields);
  for (size_t i = 0; i < fields->count; i++) {
    pqq_header header = fields->headers[i];
    int is_cookie = fields->cookies > 1 && pqq__bytes_equal(header.name, "cookie");

    if (is_cookie && has_cookie) {
      continue;
    }
    move(&header.name, &at);
    if (is_cookie) {
      join_cookies(fields, i, &header, &at);
      has_cookie = 1;
    } else {
      move(&header.value, &at);
    }
    section->headers[section->count++] = header;
  }
  pqq__fields_deinit(fields);
  return section;
}

pqq_bytes pqq__section_find(const pqq_header *headers, size_t count, const char *name) {
  size_t len = strlen(name);

  for (size_t i = 0; i < count; i++) {
    if (pqq__bytes_are(headers[i].name, name, len)) {
      return headers[i].value;
    }
  }
  return (pqq_bytes){NULL, 0};
}

int pqq__section_hosts_agree(const pqq__section *section) {
  pqq_bytes authority = pqq__section_find(section->headers, section->count, ":authority");
  pqq_bytes host = pqq__section_find(section->headers, section->count, "host");

  if (!authority.data || !host.data) {
    return 1;
  }
  for (size_t i = 0; authority.len == host.len && i < host.len; i++) {
    if (pqq__lower(authority.data[i]) != pqq__lower(host.data[i])) {
      return 0;
    }
  }
  return authority.len == host.len;
}

int pqq__parse_length(pqq_bytes text, uint64_t *bytes) {
  uint64_t value = 0;

  if (text.len == 0 || text.len > 18) { /* 18 digits always fit */
    return -1;
  }
  for (size_t i = 0; i < text.len; i++) {
    if (text.data[i] < '0' || text.data[i] > '9') {
      return -1;
    }
    value = value * 10 + (uint64_t)(text.data[i] - '0');
  }
  *bytes = value;
  return 1;
}

int pqq__section_length(const pqq_header *headers, size_t count, uint64_t *bytes) {
  int result = 0;

  for (size_t i = 0; i < count; i++) {
    if (pqq__bytes_equal(headers[i].name, "content-length")) {
      result = result == 0 ? pqq__parse_length(headers[i].value, bytes) : -1;
    }
  }
  return result;
}

void pqq__fields_deinit(pqq__fields *fields) {
  free(fields->bytes);
  free(fields->headers);
  *fields = (pqq__fields){0};
}

pqq__section *pqq__section_copy(const pqq_header *headers, size_t count) {
  pqq__fields fields = {0};

  for (size_t i = 0; i < count; i++) {
    if (pqq__fields_add(&fields, headers[i].name, headers[i].value, headers[i].flags, UINT64_MAX) !=
        0) {
      pqq__fields_deinit(&fields);
      return NULL;
    }
  }
  return pqq__fields_finish(&fields);
}

static int is_connection_specific(const pqq_header *header) {
  switch (header->name.len) {
  case 2:
    return pqq__bytes_equal(header->name, "te") && !pqq__bytes_equal(header->value, "trailers");
  case 7:
    return pqq__bytes_equal(header->name, "upgrade");
  case 10:
    return pqq__bytes_equal(header->name, "connection") ||
           pqq__bytes_equal(header->name, "keep-alive");
  case 16:
    return pqq__bytes_equal(header->name, "proxy-connection");
  case 17:
    return pqq__bytes_equal(header->name, "transfer-encoding");
  default:
    return 0;
  }
}

static pqq_status invalid(const pqq_header *header, const char *why) {
  return pqq__error_set(PQQ_ERR_HEADER_INVALID, "header field \"%.*s\": %s",
                        header->name.len < 64 ? (int)header->name.len : 64,
                        header->name.data ? (const char *)header->name.data : "", why);
}

pqq_status pqq__section_check(const pqq_header *headers, size_t count, int pseudo_ok) {
  int seen_regular = 0;

  if (count > PQQ__MAX_SENT_FIELDS) {
    return pqq__error_set(PQQ_ERR_HEADERS_TOO_LARGE, "%zu header fields, at most %d", count,
                          PQQ__MAX_SENT_FIELDS);
  }
  for (size_t i = 0; i < count; i++) {
    const pqq_header *header = &headers[i];
    pqq_bytes name = header->name;

    if ((name.len && !name.data) || (header->value.len && !header->value.data)) {
      return pqq__error_set(PQQ_ERR_NULL_ARG, "header field %zu has a length but no bytes", i);
    }
    if (name.len && name.data[0] == ':') {
      if (!pseudo_ok || seen_regular) {
        return invalid(header, "a pseudo-header field is not allowed here");
      }
    } else {
      seen_regular = 1;
    }
    /* A pseudo-header field's too, with its colon. */
    if (!nghttp3_check_header_name(name.data, name.len)) {
      return invalid(header, "names are lower-case tokens (RFC 9114 section 4.2)");
    }
    if (!nghttp3_check_header_value(header->value.data, header->value.len)) {
      return invalid(header, "the value has a control character or white space at an end");
    }
    if (header->name.len > PQQ__MAX_SENT_NAME_BYTES ||
        header->value.len > PQQ__MAX_SENT_VALUE_BYTES) {
      return pqq__error_set(PQQ_ERR_HEADERS_TOO_LARGE,
                            "header field %zu: a name has at most %d bytes, a value %d", i,
                            PQQ__MAX_SENT_NAME_BYTES, PQQ__MAX_SENT_VALUE_BYTES);
    }
    if (is_connection_specific(header)) {
      return invalid(header, "connection-specific fields do not exist in HTTP/3");
    }
  }
  return PQQ_OK;
}
