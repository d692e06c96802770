/* SPDX-License-Identifier: MIT */
#include "files/coding.h"

#include "files/text.h"

/* q-values in thousandths. Identity that nobody names is the last resort. */
#define UNNAMED (-1)

static const struct {
  const char *name, *suffix;
} codings[PQQ__CODINGS] = {{"identity", ""}, {"br", ".br"}, {"zstd", ".zst"}, {"gzip", ".gz"}};

const char *pqq__coding_name(pqq__coding coding) {
  return codings[coding].name;
}

const char *pqq__coding_suffix(pqq__coding coding) {
  return codings[coding].suffix;
}

static int is_token_end(const pqq__cursor *cursor) {
  return cursor->at == cursor->end || strchr(" \t;,", (char)*cursor->at) != NULL;
}

/* The coding at the cursor, PQQ__CODINGS for "*", -1 for others. */
static int take_coding(pqq__cursor *cursor) {
  pqq__cursor start = *cursor;

  for (int i = 0; i < PQQ__CODINGS; i++) {
    if (pqq__cursor_take_word(cursor, codings[i].name) && is_token_end(cursor)) {
      return i;
    }
    *cursor = start;
  }
  if (pqq__cursor_take_word(cursor, "x-gzip") && is_token_end(cursor)) {
    return PQQ__CODING_GZIP; /* RFC 9110 section 8.4.1.3 */
  }
  *cursor = start;
  return pqq__cursor_take(cursor, '*') && is_token_end(cursor) ? PQQ__CODINGS : -1;
}

/* ";q=0.25" in thousandths; 1000 without one, 0 for what is none. */
static int take_weight(pqq__cursor *cursor) {
  int value, digit_value = 100;

  pqq__cursor_skip_space(cursor);
  if (!pqq__cursor_take(cursor, ';')) {
    return 1000;
  }
  pqq__cursor_skip_space(cursor);
  if (!pqq__cursor_take_word(cursor, "q=") || cursor->at == cursor->end ||
      (*cursor->at != '0' && *cursor->at != '1')) {
    return 0;
  }
  value = (*cursor->at++ - '0') * 1000;
  if (pqq__cursor_take(cursor, '.')) {
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
      value += (*cursor->at - '0') * digit_value;
      digit_value /= 10;
    }
  }
  return value > 1000 ? 1000 : value;
}

static void read_weights(pqq_bytes accept_encoding, int weights[PQQ__CODINGS + 1]) {
  pqq__cursor cursor = pqq__cursor_of(accept_encoding);

  for (int i = 0; i <= PQQ__CODINGS; i++) {
    weights[i] = UNNAMED;
  }
  while (pqq__cursor_next_item(&cursor)) {
    int coding = take_coding(&cursor);
    int weight = coding < 0 ? 0 : take_weight(&cursor);

    if (coding >= 0) {
      weights[coding] = weight;
    }
    while (cursor.at < cursor.end && *cursor.at != ',') {
      cursor.at++;
    }
  }
  for (int i = 0; i < PQQ__CODINGS; i++) {
    if (weights[i] == UNNAMED) {
      weights[i] = weights[PQQ__CODINGS];
    }
  }
}

pqq__coding pqq__coding_choose(pqq_bytes accept_encoding, unsigned there) {
  int weights[PQQ__CODINGS + 1], best_weight;
  pqq__coding best = PQQ__CODING_IDENTITY;

  if (accept_encoding.data == NULL || (there & ~1u) == 0) {
    return best;
  }
  read_weights(accept_encoding, weights);
  best_weight = weights[PQQ__CODING_IDENTITY];
  for (int i = 1; i < PQQ__CODINGS; i++) {
    /* Before identity at the same weight, behind others that came first. */
    int is_better =
        best == PQQ__CODING_IDENTITY ? weights[i] >= best_weight : weights[i] > best_weight;

    if ((there >> i & 1u) != 0 && weights[i] > 0 && is_better) {
      best = (pqq__coding)i;
      best_weight = weights[i];
    }
  }
  return best;
}
