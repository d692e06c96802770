/* SPDX-License-Identifier: MIT */
/* Reading lists in field values (RFC 9110 section 5.6.1). */
#ifndef PQQ__FILES_TEXT_H
#define PQQ__FILES_TEXT_H

#include "core/bytes.h"

typedef struct pqq__cursor {
  const uint8_t *at, *end;
} pqq__cursor;

static inline pqq__cursor pqq__cursor_of(pqq_bytes value) {
  /* No arithmetic with NULL, not even plus 0. */
  return value.data == NULL ? (pqq__cursor){0} : (pqq__cursor){value.data, value.data + value.len};
}

static inline int pqq__cursor_take(pqq__cursor *cursor, char c) {
  if (cursor->at == cursor->end || *cursor->at != (uint8_t)c) {
    return 0;
  }
  cursor->at++;
  return 1;
}

/* `word` is lower case; the text may have any. */
static inline int pqq__cursor_take_word(pqq__cursor *cursor, const char *word) {
  size_t len = strlen(word);

  if ((size_t)(cursor->end - cursor->at) < len) {
    return 0;
  }
  for (size_t i = 0; i < len; i++) {
    if (pqq__lower(cursor->at[i]) != (uint8_t)word[i]) {
      return 0;
    }
  }
  cursor->at += len;
  return 1;
}

static inline void pqq__cursor_skip_space(pqq__cursor *cursor) {
  while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t')) {
    cursor->at++;
  }
}

/* Moves to the next item of a list; empty ones are left out. 0: none is left. */
static inline int pqq__cursor_next_item(pqq__cursor *cursor) {
  do {
    pqq__cursor_skip_space(cursor);
  } while (pqq__cursor_take(cursor, ','));
  return cursor->at < cursor->end;
}

/* Whether an item ends here: at a comma, which stays, or at the end. */
static inline int pqq__cursor_item_ends(pqq__cursor *cursor) {
  pqq__cursor_skip_space(cursor);
  return cursor->at == cursor->end || *cursor->at == ',';
}

#endif
