/* SPDX-License-Identifier: MIT */
#include "http3/capsule.h"

#include <stdlib.h>
#include <string.h>

#include <nghttp3/nghttp3.h>

/* Section 5.4. */
#define DATAGRAM_TYPE 0

/* 1 and type, length once `head` has both; 0: more is needed. */
static int parse_head(const pqq__capsule_reader *reader, uint64_t *type, uint64_t *len) {
  size_t type_len, length_len;

  if (reader->head_len == 0) {
    return 0;
  }
  type_len = nghttp3_get_uvarintlen(reader->head);
  if (reader->head_len <= type_len) {
    return 0;
  }
  length_len = nghttp3_get_uvarintlen(reader->head + type_len);
  if (reader->head_len < type_len + length_len) {
    return 0;
  }
  (void)nghttp3_get_uvarint(type, reader->head);
  (void)nghttp3_get_uvarint(len, reader->head + type_len);
  return 1;
}

/* Takes one byte of type and length. */
static int read_head(pqq__capsule_reader *reader, uint8_t byte, size_t max_bytes,
                     const pqq__capsule_sink *sink) {
  uint64_t type, len;

  reader->head[reader->head_len++] = byte;
  if (!parse_head(reader, &type, &len)) {
    return 0;
  }
  reader->head_len = 0;
  reader->left = len;
  reader->is_in_value = 1;
  reader->is_skipped = type != DATAGRAM_TYPE || len > max_bytes;
  return reader->is_skipped ? sink->on_skipped(sink->user_data, type, len) : 0;
}

/* Keeps a piece of a value. Memory follows what has come, not what was announced. */
static int keep(pqq__capsule_reader *reader, const uint8_t *data, size_t len) {
  size_t capacity = reader->value_capacity ? reader->value_capacity : 256;
  uint8_t *grown;

  while (capacity < reader->value_len + len) {
    capacity *= 2;
  }
  if (capacity != reader->value_capacity) {
    grown = realloc(reader->value, capacity);
    if (!grown) {
      return -1;
    }
    reader->value = grown;
    reader->value_capacity = capacity;
  }
  memcpy(reader->value + reader->value_len, data, len);
  reader->value_len += len;
  return 0;
}

/* The value's last bytes are there: without a copy if they are all of it. */
static int end_value(pqq__capsule_reader *reader, const uint8_t *data, size_t len,
                     const pqq__capsule_sink *sink) {
  int result;

  reader->is_in_value = 0;
  if (reader->is_skipped) {
    return 0;
  }
  if (reader->value_len == 0) {
    return sink->on_datagram(sink->user_data, data, len);
  }
  result = keep(reader, data, len) == 0
               ? sink->on_datagram(sink->user_data, reader->value, reader->value_len)
               : -1;
  pqq__capsule_reader_deinit(reader);
  return result;
}

/* Takes bytes of a value; how many is in *taken. */
static int read_value(pqq__capsule_reader *reader, const uint8_t *data, size_t len, size_t *taken,
                      const pqq__capsule_sink *sink) {
  *taken = len < reader->left ? len : (size_t)reader->left;
  reader->left -= *taken;
  if (reader->left == 0) {
    return end_value(reader, data, *taken, sink);
  }
  return reader->is_skipped || *taken == 0 ? 0 : keep(reader, data, *taken);
}

int pqq__capsules_read(pqq__capsule_reader *reader, const uint8_t *data, size_t len,
                       size_t max_bytes, const pqq__capsule_sink *sink) {
  size_t at = 0, taken;

  /* A value of no bytes ends without any. */
  while (at < len || (reader->is_in_value && reader->left == 0)) {
    if (!reader->is_in_value) {
      if (read_head(reader, data[at++], max_bytes, sink) != 0) {
        return -1;
      }
      continue;
    }
    if (read_value(reader, data + at, len - at, &taken, sink) != 0) {
      return -1;
    }
    at += taken;
  }
  return 0;
}

int pqq__capsules_are_whole(const pqq__capsule_reader *reader) {
  return !reader->is_in_value && reader->head_len == 0;
}

void pqq__capsule_reader_deinit(pqq__capsule_reader *reader) {
  free(reader->value);
  reader->value = NULL;
  reader->value_len = reader->value_capacity = 0;
}

size_t pqq__capsule_datagram_head(uint8_t head[PQQ__CAPSULE_HEAD_BYTES], size_t value_len) {
  uint8_t *at = nghttp3_put_uvarint(head, DATAGRAM_TYPE);

  return (size_t)(nghttp3_put_uvarint(at, value_len) - head);
}

int pqq__capsule_protocol_is_true(pqq_bytes value) {
  return value.len >= 2 && memcmp(value.data, "?1", 2) == 0 &&
         (value.len == 2 || value.data[2] == ';');
}
