/* SPDX-License-Identifier: MIT */
/* zlib and brotli as decoders of what a peer sends: exact length or nothing,
 * and no more memory than is allowed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "harness.h"
#include "tls/codec.h"

#define TEXT_BYTES 5000

static void fill_text(uint8_t text[TEXT_BYTES]) {
  for (size_t i = 0; i < TEXT_BYTES; i++) {
    text[i] = (uint8_t)"certificate "[i % 12];
  }
}

TEST("every codec gives back what it was given") {
  uint8_t text[TEXT_BYTES], back[TEXT_BYTES];

  fill_text(text);
  for (size_t i = 0; i < PQQ__CODECS; i++) {
    size_t len;
    uint8_t *packed = pqq__codecs[i].compress(text, sizeof text, &len);

    NOTE("%s", pqq__codecs[i].name);
    EXPECT(packed != NULL && len < sizeof text);
    EXPECT(pqq__codecs[i].decompress(packed, len, back, sizeof back));
    EXPECT_MEM(back, sizeof back, text, sizeof text);
    free(packed);
  }
}

TEST("a length that is not the true one, a cut end and bytes behind the end are refused") {
  uint8_t text[TEXT_BYTES], back[TEXT_BYTES + 1];

  fill_text(text);
  for (size_t i = 0; i < PQQ__CODECS; i++) {
    size_t len;
    uint8_t *packed = pqq__codecs[i].compress(text, sizeof text, &len);
    uint8_t *longer;

    NOTE("%s", pqq__codecs[i].name);
    EXPECT(packed != NULL);
    longer = calloc(1, len + 1);
    EXPECT(longer != NULL);
    memcpy(longer, packed, len);
    EXPECT(!pqq__codecs[i].decompress(packed, len, back, sizeof text - 1));
    EXPECT(!pqq__codecs[i].decompress(packed, len, back, sizeof text + 1));
    EXPECT(!pqq__codecs[i].decompress(packed, len, back, 0));
    EXPECT(!pqq__codecs[i].decompress(longer, len + 1, back, sizeof text));
    for (size_t cut = 0; cut < len; cut++) {
      EXPECT(!pqq__codecs[i].decompress(packed, cut, back, sizeof text));
    }
    free(longer);
    free(packed);
  }
}

TEST("damaged bytes are refused or give something else of the same length, and nothing worse") {
  uint8_t text[TEXT_BYTES], back[TEXT_BYTES];

  fill_text(text);
  for (size_t i = 0; i < PQQ__CODECS; i++) {
    size_t len;
    uint8_t *packed = pqq__codecs[i].compress(text, sizeof text, &len);

    EXPECT(packed != NULL);
    for (size_t bit = 0; bit < 8 * len; bit++) {
      packed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
      (void)pqq__codecs[i].decompress(packed, len, back, sizeof back);
      packed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    free(packed);
  }
}

TEST("a bomb is not unpacked beyond the length that it says") {
  enum { BOMB_BYTES = 64 * 1024 * 1024 };
  uint8_t *zeros = calloc(1, BOMB_BYTES), *back = malloc(PQQ__MAX_CERTIFICATE_MESSAGE_BYTES);

  EXPECT(zeros != NULL && back != NULL);
  for (size_t i = 0; i < PQQ__CODECS; i++) {
    size_t len;
    uint8_t *packed = pqq__codecs[i].compress(zeros, BOMB_BYTES, &len);

    EXPECT(packed != NULL);
    printf("# %s: %zu bytes for %d\n", pqq__codecs[i].name, len, BOMB_BYTES);
    EXPECT(!pqq__codecs[i].decompress(packed, len, back, PQQ__MAX_CERTIFICATE_MESSAGE_BYTES));
    free(packed);
  }
  free(zeros);
  free(back);
}

TEST("brotli that claims 16 MiB in ten bytes is refused") {
  /* RFC 7932 section 9: a window of 24 bits, then a stored meta-block of 2^24 bytes. */
  static const uint8_t greedy[40] = {0xcf, 0xff, 0xff, 0xff};
  uint8_t back[16];

  EXPECT(pqq__codecs[0].id == PQQ__CODEC_BROTLI);
  EXPECT(!pqq__codecs[0].decompress(greedy, sizeof greedy, back, sizeof back));
}
