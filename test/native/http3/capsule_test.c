/* SPDX-License-Identifier: MIT */
/* The reader of capsules, cut at every byte. */
#include "http3/capsule.h"

#include <stdio.h>
#include <string.h>

#include "harness.h"

#define MAX_BYTES 300

/* What was read, as text: "d5" for a DATAGRAM of 5 bytes, "s33:9" for a skipped capsule. */
typedef struct seen {
  char text[2000];
  size_t bytes;
  uint32_t sum;
  int fails;
} seen;

static int on_datagram(void *user_data, const uint8_t *value, size_t len) {
  seen *s = user_data;
  char text[32];

  snprintf(text, sizeof text, "d%zu ", len);
  strcat(s->text, text);
  s->bytes += len;
  for (size_t i = 0; i < len; i++) {
    s->sum = s->sum * 31 + value[i];
  }
  return s->fails ? -1 : 0;
}

static int on_skipped(void *user_data, uint64_t type, uint64_t len) {
  seen *s = user_data;
  char text[64];

  snprintf(text, sizeof text, "s%llu:%llu ", (unsigned long long)type, (unsigned long long)len);
  strcat(s->text, text);
  return 0;
}

static int read(pqq__capsule_reader *reader, seen *s, const uint8_t *data, size_t len) {
  const pqq__capsule_sink sink = {on_datagram, on_skipped, s};

  return pqq__capsules_read(reader, data, len, MAX_BYTES, &sink);
}

/* A DATAGRAM of five bytes, an empty one, one with a length that is longer than it has to be, an
 * unknown type in two bytes with a value, an unknown one without, a DATAGRAM of 270 bytes. */
static size_t make_stream(uint8_t *to) {
  static const uint8_t first[] = {0, 5,    'h', 'e', 'l',  'l', 'o',  0,    0,
                                  0, 0x80, 0,   0,   2,    'h', 'i',  0x7f, 0x01,
                                  3, 'x',  'y', 'z', 0x21, 0,   0x00, 0x41, 0x0e};
  size_t len = sizeof first;

  memcpy(to, first, len);
  for (size_t i = 0; i < 270; i++) {
    to[len++] = (uint8_t)(i * 7);
  }
  return len;
}

#define EXPECTED "d5 d0 d2 s16129:3 s33:0 d270 "

TEST("capsules are read, and unknown ones skipped, wherever the stream is cut") {
  uint8_t bytes[400];
  size_t len = make_stream(bytes);
  seen whole = {.fails = 0};
  pqq__capsule_reader reader = {.head_len = 0};

  EXPECT_INT(read(&reader, &whole, bytes, len), 0);
  EXPECT_STR(whole.text, EXPECTED);
  EXPECT(pqq__capsules_are_whole(&reader));
  for (size_t cut = 0; cut <= len; cut++) {
    seen s = {.fails = 0};

    NOTE("cut at %zu", cut);
    reader = (pqq__capsule_reader){.head_len = 0};
    EXPECT_INT(read(&reader, &s, bytes, cut), 0);
    EXPECT_INT(read(&reader, &s, bytes + cut, len - cut), 0);
    EXPECT_STR(s.text, EXPECTED);
    EXPECT_UINT(s.sum, whole.sum);
    EXPECT(pqq__capsules_are_whole(&reader));
    EXPECT(reader.value == NULL);
  }
}

TEST("byte by byte it is the same, and the end of a stream is judged after each") {
  uint8_t bytes[400];
  size_t len = make_stream(bytes), whole = 0;
  seen s = {.fails = 0};
  pqq__capsule_reader reader = {.head_len = 0};

  for (size_t i = 0; i < len; i++) {
    EXPECT_INT(read(&reader, &s, bytes + i, 1), 0);
    whole += (size_t)pqq__capsules_are_whole(&reader);
  }
  EXPECT_STR(s.text, EXPECTED);
  EXPECT_UINT(whole, 6);
}

TEST("random bytes in random pieces read as they do in one") {
  uint64_t state = harness_seed() | 1;

  for (int round = 0; round < 2000; round++) {
    uint8_t bytes[200];
    seen whole = {.fails = 0}, pieces = {.fails = 0};
    pqq__capsule_reader one = {.head_len = 0}, other = {.head_len = 0};

    for (size_t i = 0; i < sizeof bytes; i++) {
      state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
      /* Mostly small numbers: types and lengths that mean something. */
      bytes[i] = (uint8_t)(state >> 60 ? state >> 40 & 7 : state >> 40);
    }
    EXPECT_INT(read(&one, &whole, bytes, sizeof bytes), 0);
    for (size_t at = 0, len; at < sizeof bytes; at += len) {
      state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
      len = 1 + (state >> 33) % 40;
      len = len < sizeof bytes - at ? len : sizeof bytes - at;
      EXPECT_INT(read(&other, &pieces, bytes + at, len), 0);
    }
    EXPECT_STR(pieces.text, whole.text);
    EXPECT_UINT(pieces.sum, whole.sum);
    EXPECT_INT(pqq__capsules_are_whole(&other), pqq__capsules_are_whole(&one));
    pqq__capsule_reader_deinit(&one);
    pqq__capsule_reader_deinit(&other);
  }
}

TEST("a DATAGRAM that is too long is skipped, and takes no memory") {
  static const uint8_t head[] = {0, 0xbf, 0xff, 0xff, 0xff};
  static const uint8_t zeros[1000];
  seen s = {.fails = 0};
  pqq__capsule_reader reader = {.head_len = 0};

  EXPECT_INT(read(&reader, &s, head, sizeof head), 0);
  for (int i = 0; i < 1000; i++) {
    EXPECT_INT(read(&reader, &s, zeros, sizeof zeros), 0);
  }
  EXPECT_STR(s.text, "s0:1073741823 ");
  EXPECT(reader.value == NULL);
  EXPECT(!pqq__capsules_are_whole(&reader));
}

TEST("memory follows what has come of a value, not what it announces") {
  static const uint8_t head[] = {0, 0x41, 0x2c, 'x'};
  seen s = {.fails = 0};
  pqq__capsule_reader reader = {.head_len = 0};

  EXPECT_INT(read(&reader, &s, head, sizeof head), 0);
  EXPECT(reader.value_capacity <= 256);
  pqq__capsule_reader_deinit(&reader);
}

TEST("a sink that fails ends the reading") {
  static const uint8_t two[] = {0, 1, 'a', 0, 1, 'b'};
  seen s = {.fails = 1};
  pqq__capsule_reader reader = {.head_len = 0};

  EXPECT_INT(read(&reader, &s, two, sizeof two), -1);
  EXPECT_STR(s.text, "d1 ");
}

TEST("a head that is written is read again, for every size") {
  static const size_t sizes[] = {0, 1, 63, 64, 300};
  static const uint8_t value[300];

  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    uint8_t head[PQQ__CAPSULE_HEAD_BYTES];
    size_t len = pqq__capsule_datagram_head(head, sizes[i]);
    seen s = {.fails = 0};
    pqq__capsule_reader reader = {.head_len = 0};

    EXPECT_INT(read(&reader, &s, head, len), 0);
    EXPECT_INT(read(&reader, &s, value, sizes[i]), 0);
    EXPECT_UINT(s.bytes, sizes[i]);
    EXPECT(pqq__capsules_are_whole(&reader) && s.text[0] == 'd');
  }
}

TEST("capsule-protocol is a boolean of Structured Fields") {
  static const struct {
    const char *text;
    int is_true;
  } rows[] = {{"?1", 1}, {"?1;a=b", 1}, {"?0", 0}, {"?1x", 0}, {"1", 0}, {"", 0}, {"true", 0}};

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const char *text = rows[i].text;
    pqq_bytes value = {(const uint8_t *)text, strlen(text)};

    NOTE("%s", text);
    EXPECT_INT(pqq__capsule_protocol_is_true(value), rows[i].is_true);
  }
}
