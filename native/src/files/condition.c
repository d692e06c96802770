/* SPDX-License-Identifier: MIT */
#include "files/condition.h"

#include <stddef.h>

#include "files/http_date.h"
#include "files/text.h"

/* A file that changed within the second of its date may have changed again in
 * it: then the date is a weak validator (RFC 9110 section 8.8.2.2). */
#define STRONG_DATE_AGE_S 1

void pqq__file_request_read(const pqq_header *headers, size_t count, pqq__file_request *request) {
  static const struct {
    const char *name;
    size_t len, offset;
  } fields[] = {
#define FIELD(name, member) {name, sizeof(name) - 1, offsetof(pqq__file_request, member)}
      FIELD(":method", method),
      FIELD(":path", path),
      FIELD("accept", accept),
      FIELD("accept-encoding", accept_encoding),
      FIELD("range", range),
      FIELD("if-range", if_range),
      FIELD("if-match", if_match),
      FIELD("if-none-match", if_none_match),
      FIELD("if-modified-since", if_modified_since),
      FIELD("if-unmodified-since", if_unmodified_since),
#undef FIELD
  };

  *request = (pqq__file_request){0};
  for (size_t i = 0; i < count; i++) {
    pqq_bytes name = headers[i].name;

    for (size_t j = 0; j < sizeof fields / sizeof fields[0]; j++) {
      if (pqq__bytes_are(name, fields[j].name, fields[j].len)) {
        pqq_bytes *value = (pqq_bytes *)(void *)((char *)request + fields[j].offset);

        if (value->data == NULL) {
          *value = headers[i].value;
        }
        break;
      }
    }
  }
}

/* The next entity-tag of a list: its opaque part with quotes. -1: not one. */
static int take_tag(pqq__cursor *cursor, pqq_bytes *tag, int *is_weak) {
  const uint8_t *start;

  *is_weak = cursor->end - cursor->at >= 2 && cursor->at[0] == 'W' && cursor->at[1] == '/';
  cursor->at += *is_weak ? 2 : 0;
  start = cursor->at;
  if (!pqq__cursor_take(cursor, '"')) {
    return -1;
  }
  while (cursor->at < cursor->end && *cursor->at != '"') {
    cursor->at++;
  }
  if (!pqq__cursor_take(cursor, '"')) {
    return -1;
  }
  *tag = (pqq_bytes){start, (size_t)(cursor->at - start)};
  return 0;
}

/* Whether a list has the file's tag, or is "*". By the strong comparison a weak
 * tag is never the same (RFC 9110 section 8.8.3.2). */
static int list_has(pqq_bytes list, const pqq__validators *file, int is_strong) {
  pqq__cursor cursor = pqq__cursor_of(list);
  pqq_bytes tag;
  int is_weak;

  if (pqq__bytes_are(list, "*", 1)) {
    return 1;
  }
  while (pqq__cursor_next_item(&cursor)) {
    if (take_tag(&cursor, &tag, &is_weak) != 0 || !pqq__cursor_item_ends(&cursor)) {
      return 0;
    }
    if (pqq__bytes_are(tag, file->etag, file->etag_len) && !(is_strong && is_weak)) {
      return 1;
    }
  }
  return 0;
}

int pqq__condition_evaluate(const pqq__file_request *request, const pqq__validators *file,
                            int64_t now_s) {
  int64_t date;

  if (request->if_match.data != NULL) {
    if (!list_has(request->if_match, file, 1)) {
      return 412;
    }
  } else if (request->if_unmodified_since.data != NULL &&
             pqq__http_date_parse(request->if_unmodified_since, now_s, &date) == 0 &&
             file->modified_s > date) {
    return 412;
  }
  if (request->if_none_match.data != NULL) {
    return list_has(request->if_none_match, file, 0) ? 304 : 0;
  }
  if (request->if_modified_since.data != NULL &&
      pqq__http_date_parse(request->if_modified_since, now_s, &date) == 0 &&
      file->modified_s <= date) {
    return 304;
  }
  return 0;
}

int pqq__condition_allows_range(const pqq__file_request *request, const pqq__validators *file,
                                int64_t now_s) {
  int64_t date;

  if (request->if_range.data == NULL) {
    return 1;
  }
  if (pqq__bytes_are(request->if_range, file->etag, file->etag_len)) {
    return 1;
  }
  return pqq__http_date_parse(request->if_range, now_s, &date) == 0 && date == file->modified_s &&
         now_s - file->modified_s >= STRONG_DATE_AGE_S;
}
