/* SPDX-License-Identifier: MIT */
/* Compression in memory with zlib and brotli, for certificates (RFC 8879). The
 * input of the decoders comes from a peer: their output and their memory have
 * limits, and what is not exactly one stream of exactly the promised length is
 * refused. */
#ifndef PQQ__TLS_CODEC_H
#define PQQ__TLS_CODEC_H

#include <stddef.h>
#include <stdint.h>

/* IANA TLS Certificate Compression Algorithm IDs. */
enum { PQQ__CODEC_ZLIB = 1, PQQ__CODEC_BROTLI = 2 };

typedef struct pqq__codec {
  uint16_t id;
  const char *name;
  /* Compresses as well as it can: for what is compressed once and sent often.
   * Returns malloc'd bytes, or NULL. */
  uint8_t *(*compress)(const uint8_t *in, size_t in_len, size_t *out_len);
  /* Fills `out` with exactly `out_len` bytes and returns 1, or returns 0. */
  int (*decompress)(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len);
} pqq__codec;

#define PQQ__CODECS 2
/* In order of preference. */
extern const pqq__codec pqq__codecs[PQQ__CODECS];

#endif
