/* SPDX-License-Identifier: MIT */
#include "files/range.h"

#include "files/text.h"

/* Digits as a number. More than 2^64 - 1 is that: behind every end. -1: none. */
static int take_number(pqq__cursor *cursor, uint64_t *value) {
  size_t digits = 0;

  *value = 0;
  for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++) {
    uint64_t digit = (uint64_t)(*cursor->at - '0');

    *value = *value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *value * 10 + digit;
    digits++;
  }
  return digits > 0 ? 0 : -1;
}

static uint64_t least(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

/* One range-spec: 1 with a range, 0 for one behind the end, -1 for none. */
static int take_range(pqq__cursor *cursor, uint64_t size, pqq__range *range) {
  uint64_t first, last;
  int has_first = take_number(cursor, &first) == 0;
  int has_last;

  if (!pqq__cursor_take(cursor, '-')) {
    return -1;
  }
  has_last = take_number(cursor, &last) == 0;
  if (!has_first) {
    *range = (pqq__range){size - least(last, size), size};
    return !has_last ? -1 : range->first < size;
  }
  if (has_last && last < first) {
    return -1;
  }
  *range = (pqq__range){first, has_last && last < size ? last + 1 : size};
  return first < size;
}

static int overlaps(const pqq__ranges *ranges, const pqq__range *range) {
  for (size_t i = 0; i < ranges->count; i++) {
    if (range->first < ranges->list[i].end && ranges->list[i].first < range->end) {
      return 1;
    }
  }
  return 0;
}

pqq__range_result pqq__ranges_parse(pqq_bytes value, uint64_t size, pqq__ranges *ranges) {
  pqq__cursor cursor = pqq__cursor_of(value);
  size_t seen = 0;

  ranges->count = 0;
  if (!pqq__cursor_take_word(&cursor, "bytes") || !pqq__cursor_take(&cursor, '=')) {
    return PQQ__RANGE_IGNORED;
  }
  while (pqq__cursor_next_item(&cursor)) {
    pqq__range range;
    int found = take_range(&cursor, size, &range);

    if (found < 0 || !pqq__cursor_item_ends(&cursor) || ++seen > PQQ__FILES_MAX_RANGES ||
        (found && overlaps(ranges, &range))) {
      return PQQ__RANGE_IGNORED;
    }
    if (found) {
      ranges->list[ranges->count++] = range;
    }
  }
  if (seen == 0) {
    return PQQ__RANGE_IGNORED;
  }
  return ranges->count > 0 ? PQQ__RANGE_OK : PQQ__RANGE_UNSATISFIABLE;
}
