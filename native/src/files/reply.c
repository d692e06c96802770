/* SPDX-License-Identifier: MIT */
/* Putting responses together. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/error.h"
#include "files/server.h"
#include "files/text.h"

/* Fields of an answer beside those of the file and those that a command brings. */
#define OWN_HEADERS 8

/* What a section is for: it decides which of a command's fields go along. */
typedef enum section_kind {
  OF_FILE,
  /* Some of its ranges, each with its own type: that of the whole is multipart/byteranges. */
  OF_PARTS,
  /* Something else in its place. */
  OF_PAGE
} section_kind;

/* Boundary of a multipart answer: random bytes in hexadecimal. */
#define BOUNDARY_BYTES 16
#define BOUNDARY_TEXT_BYTES (4 + 2 * BOUNDARY_BYTES + 1)
/* Longest media type that fits into the text before a part (pqq__part). */
#define PART_TYPE_BYTES 100

static void add(pqq__file_server *server, const char *name, const char *value) {
  server->headers[server->header_count++] = pqq__header_of(name, value);
}

/* What says something about the bytes is the file server's alone. */
static int is_ours(pqq_bytes name) {
  static const char *const names[] = {"accept-ranges",  "content-encoding",
                                      "content-length", "content-range",
                                      "etag",           "last-modified"};

  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (pqq__bytes_are(name, names[i], strlen(names[i]))) {
      return 1;
    }
  }
  return 0;
}

/* 1 if the command's fields have one of this name that goes in its place. */
static int is_replaced(const pqq__asked *asked, pqq_bytes name) {
  for (size_t i = 0; i < asked->extra_count; i++) {
    pqq_bytes other = asked->extra[i].name;

    if (pqq__bytes_are(other, (const char *)name.data, name.len) && !is_ours(name)) {
      return 1;
    }
  }
  return 0;
}

/* What a command's fields say about its file does not hold for a page. */
static int is_of_file(pqq_bytes name) {
  return pqq__bytes_are(name, "content-type", 12) || pqq__bytes_are(name, "cache-control", 13) ||
         pqq__bytes_are(name, "x-content-type-options", 22);
}

/* Whether a command's field goes along; it is replaced where not. */
static int goes_along(pqq_bytes name, section_kind kind) {
  return !is_ours(name) && !(kind == OF_PAGE && is_of_file(name)) &&
         !(kind == OF_PARTS && pqq__bytes_are(name, "content-type", 12));
}

/* Begins a section with the command's fields. The engine adds the date. -1: no memory. */
static int begin(pqq__asked *asked, section_kind kind) {
  pqq__file_server *server = asked->server;
  size_t needed = asked->extra_count + PQQ__FILE_HEADERS + OWN_HEADERS;

  if (needed > server->header_capacity) {
    pqq_header *grown = realloc(server->headers, needed * sizeof *grown);

    if (grown == NULL) {
      return -1;
    }
    server->headers = grown;
    server->header_capacity = needed;
  }
  server->header_count = 0;
  for (size_t i = 0; i < asked->extra_count; i++) {
    if (goes_along(asked->extra[i].name, kind)) {
      server->headers[server->header_count++] = asked->extra[i];
    }
  }
  return 0;
}

static pqq_status respond(pqq__asked *asked, int32_t status, const pqq_body *body, uint32_t flags) {
  pqq__file_server *server = asked->server;

  server->report.http_status = status;
  return pqq_engine_respond(asked->engine, asked->stream, status, server->headers,
                            server->header_count, body, flags);
}

static const char *reason_of(int32_t status) {
  switch (status) {
  case 308:
    return "308 Permanent Redirect";
  case 400:
    return "400 Bad Request";
  case 404:
    return "404 Not Found";
  case 405:
    return "405 Method Not Allowed";
  case 412:
    return "412 Precondition Failed";
  case 414:
    return "414 URI Too Long";
  case 416:
    return "416 Range Not Satisfiable";
  default:
    return "503 Service Unavailable";
  }
}

/* Announces `len` bytes of text, and sends them unless the request is a HEAD. */
static pqq_status send_text(pqq__asked *asked, int32_t status, const char *media_type,
                            const char *text, size_t len) {
  pqq_body body = {.data = {(const uint8_t *)text, len}};
  char digits[24];

  (void)snprintf(digits, sizeof digits, "%zu", len);
  add(asked->server, "content-type", media_type);
  add(asked->server, "content-length", digits);
  add(asked->server, "x-content-type-options", "nosniff");
  asked->server->report.bytes = len;
  return respond(asked, status, asked->is_head ? NULL : &body, PQQ_WRITE_END);
}

pqq_status pqq__reply_page(pqq__asked *asked, int32_t status, const char *name, const char *value) {
  const char *reason = reason_of(status);
  char page[512];

  if (begin(asked, OF_PAGE) != 0) {
    return PQQ_ERR_NO_MEMORY;
  }
  if (name != NULL) {
    add(asked->server, name, value);
  }
  (void)snprintf(page, sizeof page,
                 "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>%s</title>"
                 "<body style=\"font:1.1rem system-ui;margin:15vh auto;max-width:30rem;"
                 "text-align:center\"><h1>%s</h1></body></html>\n",
                 reason, reason);
  return send_text(asked, status, "text/html;charset=utf-8", page, strlen(page));
}

pqq_status pqq__reply_empty(pqq__asked *asked, int32_t status, const char *name,
                            const char *value) {
  if (begin(asked, OF_PAGE) != 0) {
    return PQQ_ERR_NO_MEMORY;
  }
  add(asked->server, name, value);
  asked->server->report.bytes = 0;
  return respond(asked, status, NULL, PQQ_WRITE_END);
}

pqq_status pqq__reply_text(pqq__asked *asked, const char *media_type, const char *text,
                           size_t len) {
  if (begin(asked, OF_PAGE) != 0) {
    return PQQ_ERR_NO_MEMORY;
  }
  add(asked->server, "cache-control", "no-store");
  add(asked->server, "vary", "accept");
  return send_text(asked, 200, media_type, text, len);
}

/* --- Files ---------------------------------------------------------------------------------- */

/* The file's fields from `first` on, behind those that are there. */
static void add_headers_of(pqq__asked *asked, const pqq__file *file, size_t first) {
  pqq__file_server *server = asked->server;

  if (asked->extra_count == 0) {
    memcpy(server->headers + server->header_count, file->headers + first,
           (file->header_count - first) * sizeof file->headers[0]);
    server->header_count += file->header_count - first;
    return;
  }
  for (size_t i = first; i < file->header_count; i++) {
    if (!is_replaced(asked, file->headers[i].name)) {
      server->headers[server->header_count++] = file->headers[i];
    }
  }
}

/* Sends the section that is made and the parts behind it. */
static pqq_status send_parts(pqq__asked *asked, int32_t status, pqq__file *file,
                             const pqq__part *parts, size_t count) {
  int is_whole_write = count == 1 && file->bytes != NULL;
  const pqq__range *range = &parts[0].range;
  pqq_status result;

  if (asked->is_head || range->first == range->end) {
    return respond(asked, status, NULL, PQQ_WRITE_END);
  }
  if (is_whole_write) {
    pqq_body body = pqq__file_body(file, range);

    result = respond(asked, status, &body, PQQ_WRITE_END | PQQ_WRITE_BORROW);
    if (result < 0) {
      pqq__file_unref(file);
    }
    return result;
  }
  result = respond(asked, status, NULL, 0);
  return result < 0 ? result : pqq__transfer_begin(asked, file, parts, count);
}

static pqq_status reply_whole(pqq__asked *asked, pqq__file *file) {
  pqq__part part;

  part.text_len = 0;
  part.range = (pqq__range){0, file->size};
  add_headers_of(asked, file, 0);
  asked->server->report.bytes = file->size;
  return send_parts(asked, 200, file, &part, 1);
}

/* The file's type, or the one that a command gives it. */
static pqq_bytes media_type_of(const pqq__asked *asked, const pqq__file *file) {
  for (size_t i = 0; i < asked->extra_count; i++) {
    if (pqq__bytes_are(asked->extra[i].name, "content-type", 12)) {
      return asked->extra[i].value;
    }
  }
  return file->headers[0].value;
}

static pqq_status reply_range(pqq__asked *asked, pqq__file *file, const pqq__range *range) {
  char length[24], content_range[80];
  pqq__part part;

  part.text_len = 0;
  part.range = *range;
  asked->server->report.bytes = range->end - range->first;
  (void)snprintf(length, sizeof length, "%" PRIu64, range->end - range->first);
  (void)snprintf(content_range, sizeof content_range, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
                 range->first, range->end - 1, file->size);
  if (!is_replaced(asked, pqq__text("content-type"))) {
    add(asked->server, "content-type", (const char *)file->headers[0].value.data);
  }
  add(asked->server, "content-length", length);
  add(asked->server, "content-range", content_range);
  add_headers_of(asked, file, 2);
  return send_parts(asked, 206, file, &part, 1);
}

/* Nobody can know it before, so that nobody can put it into a file. */
static pqq_status make_boundary(char text[BOUNDARY_TEXT_BYTES]) {
  uint8_t random[BOUNDARY_BYTES];

  if (getentropy(random, sizeof random) != 0) {
    return pqq__error_set(PQQ_ERR_INTERNAL, "no random numbers");
  }
  memcpy(text, "pqq-", 5);
  for (size_t i = 0; i < sizeof random; i++) {
    (void)snprintf(text + 4 + 2 * i, 3, "%02x", random[i]);
  }
  return PQQ_OK;
}

/* The delimiter before a range, with the fields of its part. */
static void begin_part(pqq__part *part, const char *boundary, pqq_bytes type,
                       const pqq__range *range, uint64_t size) {
  part->range = *range;
  (void)snprintf(part->text, sizeof part->text,
                 "\r\n--%s\r\ncontent-type: %.*s\r\ncontent-range: bytes %" PRIu64 "-%" PRIu64
                 "/%" PRIu64 "\r\n\r\n",
                 boundary, (int)type.len, (const char *)type.data, range->first, range->end - 1,
                 size);
  part->text_len = strlen(part->text);
}

/* RFC 9110 section 14.6. */
static pqq_status reply_multipart(pqq__asked *asked, pqq__file *file, const pqq__ranges *ranges) {
  pqq__part parts[PQQ__FILES_MAX_RANGES + 1] = {0};
  char boundary[BOUNDARY_TEXT_BYTES], media_type[80], length[24];
  pqq_bytes part_type = media_type_of(asked, file);
  pqq_status status = make_boundary(boundary);
  pqq__part *last = &parts[ranges->count];
  uint64_t total;

  if (status != PQQ_OK) {
    return status;
  }
  (void)snprintf(last->text, sizeof last->text, "\r\n--%s--\r\n", boundary);
  total = last->text_len = strlen(last->text);
  for (size_t i = 0; i < ranges->count; i++) {
    begin_part(&parts[i], boundary, part_type, &ranges->list[i], file->size);
    total += parts[i].text_len + (ranges->list[i].end - ranges->list[i].first);
  }
  (void)snprintf(media_type, sizeof media_type, "multipart/byteranges; boundary=%s", boundary);
  (void)snprintf(length, sizeof length, "%" PRIu64, total);
  add(asked->server, "content-type", media_type);
  add(asked->server, "content-length", length);
  add_headers_of(asked, file, 2);
  asked->server->report.bytes = total;
  return send_parts(asked, 206, file, parts, ranges->count + 1);
}

static pqq_status reply_unsatisfiable(pqq__asked *asked, const pqq__file *file) {
  char range[40];

  (void)snprintf(range, sizeof range, "bytes */%" PRIu64, file->size);
  return pqq__reply_page(asked, 416, "content-range", range);
}

pqq_status pqq__reply_file(pqq__asked *asked, pqq__file *file) {
  const pqq__file_request *request = &asked->request;
  pqq__range_result result = PQQ__RANGE_IGNORED;
  pqq__ranges ranges;
  int status = pqq__condition_evaluate(request, &file->validators, asked->now.wall_s);
  int is_multipart;

  if (status == 412) {
    return pqq__reply_page(asked, 412, NULL, NULL);
  }
  if (status == 0 && !asked->is_head && request->range.data != NULL &&
      pqq__condition_allows_range(request, &file->validators, asked->now.wall_s)) {
    result = pqq__ranges_parse(request->range, file->size, &ranges);
  }
  if (result == PQQ__RANGE_UNSATISFIABLE) {
    return reply_unsatisfiable(asked, file);
  }
  /* With a type too long for a part the whole file will do (RFC 9110 section 14.2). */
  is_multipart = result == PQQ__RANGE_OK && ranges.count > 1;
  if (is_multipart && media_type_of(asked, file).len > PART_TYPE_BYTES) {
    result = PQQ__RANGE_IGNORED;
    is_multipart = 0;
  }
  if (begin(asked, is_multipart ? OF_PARTS : OF_FILE) != 0) {
    return PQQ_ERR_NO_MEMORY;
  }
  if (status == 304) {
    add_headers_of(asked, file, file->lasting);
    asked->server->report.bytes = 0;
    return respond(asked, 304, NULL, PQQ_WRITE_END);
  }
  if (result == PQQ__RANGE_IGNORED) {
    return reply_whole(asked, file);
  }
  return is_multipart ? reply_multipart(asked, file, &ranges)
                      : reply_range(asked, file, &ranges.list[0]);
}
