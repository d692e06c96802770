/* SPDX-License-Identifier: MIT */
/* The Capsule Protocol (RFC 9297 section 3): a stream's bytes as capsules, of which DATAGRAM is the
 * one that is known here. Those of other types are skipped, however long they are (section 3.2).
 * The bytes may be cut anywhere. */
#ifndef PQQ__HTTP3_CAPSULE_H
#define PQQ__HTTP3_CAPSULE_H

#include <stddef.h>
#include <stdint.h>

#include <pqq/types.h>

/* Longest type and length: two varints (RFC 9000 section 16). */
#define PQQ__CAPSULE_HEAD_BYTES 16

/* Reads one stream. Zeroed before the first byte. */
typedef struct pqq__capsule_reader {
  /* Type and length, as far as they have come. */
  uint8_t head[PQQ__CAPSULE_HEAD_BYTES];
  size_t head_len;
  /* Of the value that is being read or skipped. */
  uint64_t left;
  int is_in_value, is_skipped;
  /* A DATAGRAM's value, if it comes in pieces: as many bytes as have come. */
  uint8_t *value;
  size_t value_len, value_capacity;
} pqq__capsule_reader;

/* What becomes of what is read. Each returns 0, or -1, which ends the reading. */
typedef struct pqq__capsule_sink {
  /* The value of a DATAGRAM capsule; borrowed. */
  int (*on_datagram)(void *user_data, const uint8_t *value, size_t len);
  /* A capsule that is skipped: of another type, or too long. */
  int (*on_skipped)(void *user_data, uint64_t type, uint64_t len);
  void *user_data;
} pqq__capsule_sink;

/* Reads all `len` bytes; values of DATAGRAM capsules up to `max_bytes`. 0, or -1: no memory, or the
 * sink said so. */
int pqq__capsules_read(pqq__capsule_reader *reader, const uint8_t *data, size_t len,
                       size_t max_bytes, const pqq__capsule_sink *sink);

/* 1 between two capsules: where a stream may end (RFC 9297 section 3.3). */
int pqq__capsules_are_whole(const pqq__capsule_reader *reader);

void pqq__capsule_reader_deinit(pqq__capsule_reader *reader);

/* Writes type and length of a DATAGRAM capsule; returns how many bytes. */
size_t pqq__capsule_datagram_head(uint8_t head[PQQ__CAPSULE_HEAD_BYTES], size_t value_len);

/* 1 if a Capsule-Protocol field says true (section 3.4); parameters do not matter. */
int pqq__capsule_protocol_is_true(pqq_bytes value);

#endif
