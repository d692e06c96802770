/* SPDX-License-Identifier: MIT */
/* zlib and brotli behind one table. */
#include "tls/codec.h"

#include <limits.h>
#include <stdlib.h>

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <zlib.h>

#include "core/limits.h"

static uint8_t *zlib_compress(const uint8_t *in, size_t in_len, size_t *out_len) {
  uLongf len = compressBound((uLong)in_len);
  uint8_t *out = malloc(len);

  if (out == NULL || compress2(out, &len, in, (uLong)in_len, Z_BEST_COMPRESSION) != Z_OK) {
    free(out);
    return NULL;
  }
  *out_len = len;
  return out;
}

/* inflate needs 7 KiB of state and a window of at most 32 KiB, whatever comes. */
static int zlib_decompress(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len) {
  uLongf len = (uLongf)out_len;
  uLong taken = (uLong)in_len;

  return uncompress2(out, &len, in, &taken) == Z_OK && len == out_len && taken == in_len;
}

static uint8_t *brotli_compress(const uint8_t *in, size_t in_len, size_t *out_len) {
  size_t len = BrotliEncoderMaxCompressedSize(in_len);
  uint8_t *out = malloc(len);

  if (out == NULL || BrotliEncoderCompress(BROTLI_MAX_QUALITY, BROTLI_DEFAULT_WINDOW,
                                           BROTLI_MODE_GENERIC, in_len, in, &len, out) != 1) {
    free(out);
    return NULL;
  }
  *out_len = len;
  return out;
}

/* What a decoder has allocated. A few bytes of brotli can ask for a window of 16 MiB. */
typedef struct budget {
  size_t left;
} budget;

/* In front of each block, aligned as malloc does it. */
typedef union block {
  size_t bytes;
  max_align_t alignment;
} block;

static void *take(void *opaque, size_t bytes) {
  budget *all = opaque;
  block *made;

  if (bytes > all->left) {
    return NULL;
  }
  made = malloc(sizeof *made + bytes);
  if (made == NULL) {
    return NULL;
  }
  all->left -= bytes;
  made->bytes = bytes;
  return made + 1;
}

static void give_back(void *opaque, void *memory) {
  budget *all = opaque;

  if (memory != NULL) {
    block *made = (block *)memory - 1;

    all->left += made->bytes;
    free(made);
  }
}

static int brotli_decompress(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len) {
  budget all = {PQQ__MAX_DECOMPRESSOR_BYTES};
  BrotliDecoderState *decoder = BrotliDecoderCreateInstance(take, give_back, &all);
  BrotliDecoderResult result;
  size_t total = 0;

  if (decoder == NULL) {
    return 0;
  }
  result = BrotliDecoderDecompressStream(decoder, &in_len, &in, &out_len, &out, &total);
  BrotliDecoderDestroyInstance(decoder);
  return result == BROTLI_DECODER_RESULT_SUCCESS && in_len == 0 && out_len == 0;
}

const pqq__codec pqq__codecs[PQQ__CODECS] = {
    {PQQ__CODEC_BROTLI, "brotli", brotli_compress, brotli_decompress},
    {PQQ__CODEC_ZLIB, "zlib", zlib_compress, zlib_decompress},
};
