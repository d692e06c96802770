/* SPDX-License-Identifier: MIT */
/* Address validation tokens: good for whom they were made, for as long as they
 * were made, at every holder of the key, and not with one bit changed. */
#include "quic/token.h"

#include <string.h>

#include "core/units.h"
#include "harness.h"
#include "quic/path.h"

#define EPOCH_NS (PQQ__TOKEN_EPOCH_S * PQQ__NS_PER_S)
#define LIFETIME_NS (PQQ__TOKEN_LIFETIME_S * PQQ__NS_PER_S)
#define RETRY_LIFETIME_NS (PQQ__RETRY_TOKEN_LIFETIME_MS * PQQ__NS_PER_MS)
/* In the middle of an epoch. */
#define NOW (20000 * EPOCH_NS + EPOCH_NS / 2)

static const uint8_t key[PQQ_ENGINE_KEY_BYTES] = {1, 2, 3}, other_key[PQQ_ENGINE_KEY_BYTES] = {4};

typedef struct scene {
  pqq__token_keys keys;
  ngtcp2_path_storage path;
  ngtcp2_pkt_hd header;
  ngtcp2_cid retry_scid, original;
  uint8_t token[PQQ__OWN_TOKEN_BYTES + 1];
  size_t len;
} scene;

static void come_from(scene *s, uint16_t family, uint8_t host, uint16_t port) {
  pqq_address local = {.family = family, .port = 443};
  pqq_address remote = {.family = family, .port = port, .ip = {192, 0, 2, host}};

  pqq__path_set(&s->path, &local, &remote);
}

static void begin(scene *s) {
  *s = (scene){.header = {.version = NGTCP2_PROTO_VER_V1}};
  pqq__token_keys_init(&s->keys, key, 0);
  come_from(s, 4, 1, 5000);
  ngtcp2_cid_init(&s->header.dcid, (const uint8_t *)"original", 8);
  ngtcp2_cid_init(&s->retry_scid, (const uint8_t *)"ours-of-16-bytes", 16);
}

static void make_retry(scene *s, pqq_time_ns now) {
  s->len = pqq__token_make_retry(&s->keys, &s->path.path.remote, &s->header, &s->retry_scid, now,
                                 s->token);
  EXPECT(s->len > 0);
  s->header.dcid = s->retry_scid;
}

static void make_regular(scene *s, pqq_time_ns now) {
  s->len =
      pqq__token_make_regular(&s->keys, &s->path.path.remote, s->header.version, now, s->token);
  EXPECT(s->len > 0);
}

static int judge(scene *s, pqq_time_ns now) {
  s->header.token = s->token;
  s->header.tokenlen = s->len;
  return pqq__token_judge(&s->keys, &s->path.path.remote, &s->header, now, &s->original);
}

TEST("a Retry token brings back the first connection id, to its own client alone") {
  scene s;

  begin(&s);
  make_retry(&s, NOW);
  EXPECT_INT(judge(&s, NOW + 1), PQQ__TOKEN_RETRY);
  EXPECT_MEM(s.original.data, s.original.datalen, "original", 8);
  come_from(&s, 4, 1, 5001);
  EXPECT_INT(judge(&s, NOW + 1), PQQ__TOKEN_BAD_RETRY);
  come_from(&s, 4, 2, 5000);
  EXPECT_INT(judge(&s, NOW + 1), PQQ__TOKEN_BAD_RETRY);
  come_from(&s, 6, 1, 5000);
  EXPECT_INT(judge(&s, NOW + 1), PQQ__TOKEN_BAD_RETRY);
  come_from(&s, 4, 1, 5000);
  s.header.version ^= 1;
  EXPECT_INT(judge(&s, NOW + 1), PQQ__TOKEN_BAD_RETRY);
  s.header.version ^= 1;
  s.header.dcid.data[0] ^= 1;
  EXPECT_INT(judge(&s, NOW + 1), PQQ__TOKEN_BAD_RETRY);
  s.header.dcid.data[0] ^= 1;
  EXPECT_INT(judge(&s, NOW + 1), PQQ__TOKEN_RETRY);
}

TEST("a token of NEW_TOKEN is good at any port of its address, and at no other address") {
  scene s;

  for (uint16_t family = 4; family <= 6; family = (uint16_t)(family + 2)) {
    begin(&s);
    come_from(&s, family, 1, 5000);
    make_regular(&s, NOW);
    EXPECT_INT(judge(&s, NOW + 1), PQQ__TOKEN_REGULAR);
    come_from(&s, family, 1, 77);
    EXPECT_INT(judge(&s, NOW + 1), PQQ__TOKEN_REGULAR);
    s.header.version = NGTCP2_PROTO_VER_V2;
    EXPECT_INT(judge(&s, NOW + 1), PQQ__TOKEN_UNREADABLE); /* RFC 9369 section 5 */
    s.header.version = NGTCP2_PROTO_VER_V1;
    come_from(&s, family, 2, 5000);
    EXPECT_INT(judge(&s, NOW + 1), PQQ__TOKEN_UNREADABLE);
    come_from(&s, (uint16_t)(10 - family), 1, 5000);
    EXPECT_INT(judge(&s, NOW + 1), PQQ__TOKEN_UNREADABLE);
  }
}

TEST("tokens end with their lifetime, to the nanosecond, also in the epoch after their own") {
  scene s;

  begin(&s);
  make_regular(&s, NOW);
  EXPECT_INT(judge(&s, NOW + LIFETIME_NS - 1), PQQ__TOKEN_REGULAR);
  EXPECT_INT(judge(&s, NOW + LIFETIME_NS), PQQ__TOKEN_EXPIRED);
  EXPECT_INT(judge(&s, NOW + 3 * EPOCH_NS), PQQ__TOKEN_UNREADABLE); /* the secret is gone */
  make_retry(&s, NOW);
  EXPECT_INT(judge(&s, NOW + RETRY_LIFETIME_NS - 1), PQQ__TOKEN_RETRY);
  EXPECT_INT(judge(&s, NOW + RETRY_LIFETIME_NS), PQQ__TOKEN_BAD_RETRY);
}

TEST("secrets change with the epoch; the one before is still good, the one before that is not") {
  pqq_time_ns last = 20001 * EPOCH_NS - 1;
  uint8_t old[PQQ__TOKEN_SECRET_BYTES];
  scene s;

  begin(&s);
  make_retry(&s, last);
  memcpy(old, s.keys.secrets[0], sizeof old);
  EXPECT_INT(judge(&s, last + 1), PQQ__TOKEN_RETRY);
  EXPECT(memcmp(old, s.keys.secrets[0], sizeof old) != 0);
  EXPECT_MEM(s.keys.secrets[1], sizeof old, old, sizeof old);
  begin(&s);
  make_regular(&s, last);
  EXPECT_INT(judge(&s, last + 1), PQQ__TOKEN_REGULAR);
  EXPECT_INT(judge(&s, last + EPOCH_NS - 1), PQQ__TOKEN_REGULAR);
  EXPECT_INT(judge(&s, last + EPOCH_NS + 1), PQQ__TOKEN_UNREADABLE);
  /* A clock that is set back a little. */
  make_regular(&s, last + 1);
  EXPECT_INT(judge(&s, last), PQQ__TOKEN_UNREADABLE);
}

TEST("every holder of the key opens them, whatever its clock counts from; nobody else does") {
  scene s;

  begin(&s);
  make_regular(&s, NOW);
  pqq__token_keys_init(&s.keys, key, NOW - 5000);
  EXPECT_INT(judge(&s, 6000), PQQ__TOKEN_REGULAR);
  pqq__token_keys_init(&s.keys, other_key, 0);
  EXPECT_INT(judge(&s, NOW), PQQ__TOKEN_UNREADABLE);
  begin(&s);
  make_retry(&s, NOW);
  pqq__token_keys_init(&s.keys, other_key, 0);
  EXPECT_INT(judge(&s, NOW), PQQ__TOKEN_BAD_RETRY);
}

/* The first byte says what it is: a Retry token whose first byte is not a Retry token's is none. */
TEST("a token with any bit turned over is not valid") {
  scene s;

  begin(&s);
  make_regular(&s, NOW);
  for (size_t bit = 0; bit < s.len * 8; bit++) {
    s.token[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    EXPECT(judge(&s, NOW) == PQQ__TOKEN_UNREADABLE || judge(&s, NOW) == PQQ__TOKEN_BAD_RETRY);
    s.token[bit / 8] ^= (uint8_t)(1u << (bit % 8));
  }
  EXPECT_INT(judge(&s, NOW), PQQ__TOKEN_REGULAR);
  make_retry(&s, NOW);
  for (size_t bit = 0; bit < s.len * 8; bit++) {
    s.token[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    EXPECT_INT(judge(&s, NOW), bit < 8 ? PQQ__TOKEN_UNREADABLE : PQQ__TOKEN_BAD_RETRY);
    s.token[bit / 8] ^= (uint8_t)(1u << (bit % 8));
  }
  EXPECT_INT(judge(&s, NOW), PQQ__TOKEN_RETRY);
}

TEST("a token that is cut or longer is not valid, and an empty one is none") {
  size_t whole;
  scene s;

  begin(&s);
  make_regular(&s, NOW);
  whole = s.len;
  for (s.len = 1; s.len <= whole + 1; s.len++) {
    EXPECT_INT(judge(&s, NOW), s.len == whole ? PQQ__TOKEN_REGULAR : PQQ__TOKEN_UNREADABLE);
  }
  make_retry(&s, NOW);
  whole = s.len;
  for (s.len = 1; s.len <= whole + 1; s.len++) {
    EXPECT_INT(judge(&s, NOW), s.len == whole ? PQQ__TOKEN_RETRY : PQQ__TOKEN_BAD_RETRY);
  }
  s.len = 0;
  EXPECT_INT(judge(&s, NOW), PQQ__TOKEN_NONE);
}

TEST("the tokens of one client have nothing in common") {
  uint8_t first[PQQ__OWN_TOKEN_BYTES];
  scene s;

  begin(&s);
  make_regular(&s, NOW);
  memcpy(first, s.token, s.len);
  make_regular(&s, NOW);
  for (size_t i = 1; i + 8 <= s.len; i += 8) {
    EXPECT(memcmp(first + i, s.token + i, 8) != 0);
  }
}
