/* SPDX-License-Identifier: MIT */
/* The profile commitment on the wire, byte by byte. */
#include "tls/commitment.h"

#include <string.h>

#include <pqq/types.h>

#include "harness.h"

#define ID 0xc0, 0, 0, 0, 'V', 'E', 'L', 'O'
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* spec: PC-1, PC-2, PC-3, CP-2 */
TEST("a client's commitment is its identifier, length, version and profiles") {
  static const uint8_t want[] = {ID, 3, 1, 2, 3};
  pqq__client_commitment out = {{2, 3}, 2}, in;
  uint8_t bytes[PQQ__COMMITMENT_BYTES];
  size_t len = pqq__commitment_write_client(&out, bytes);

  EXPECT_MEM(bytes, len, want, sizeof want);
  EXPECT_INT(pqq__commitment_read_client(bytes, len, &in), PQQ__COMMITMENT_READ);
  EXPECT_UINT(in.count, 2);
  EXPECT_INT(pqq__client_commitment_has(&in, 2), 1);
  EXPECT_INT(pqq__client_commitment_has(&in, 3), 1);
  EXPECT_INT(pqq__client_commitment_has(&in, 1), 0);
}

/* spec: PC-3 */
TEST("sixteen profiles fit, and are the most") {
  pqq__client_commitment out = {.count = PQQ__MAX_COMMITTED_PROFILES}, in;
  uint8_t bytes[PQQ__COMMITMENT_BYTES];
  size_t len;

  for (size_t i = 0; i < out.count; i++) {
    out.profiles[i] = (uint8_t)(i + 1);
  }
  len = pqq__commitment_write_client(&out, bytes);
  EXPECT_UINT(len, PQQ__COMMITMENT_BYTES);
  EXPECT_INT(pqq__commitment_read_client(bytes, len, &in), PQQ__COMMITMENT_READ);
  EXPECT_UINT(in.count, 16);
}

/* spec: PC-6, PC-7 */
TEST("a server's commitment has profile, reason and the lifetime of the pin") {
  static const uint8_t want[] = {ID, 7, 1, 2, 0, 0x01, 0xe1, 0x33, 0x80};
  pqq__server_commitment out = {.profile = 2, .pin_lifetime_s = 31536000}, in;
  uint8_t bytes[PQQ__COMMITMENT_BYTES];
  size_t len = pqq__commitment_write_server(&out, bytes);

  EXPECT_MEM(bytes, len, want, sizeof want);
  EXPECT_INT(pqq__commitment_read_server(bytes, len, &in), PQQ__COMMITMENT_READ);
  EXPECT_UINT(in.profile, 2);
  EXPECT_UINT(in.reason, 0);
  EXPECT_UINT(in.pin_lifetime_s, 31536000);
}

struct row {
  const char *name;
  size_t len;
  uint8_t bytes[40];
};

#define ROW(name, ...)                        \
  {                                           \
    name, sizeof((uint8_t[]){__VA_ARGS__}), { \
      __VA_ARGS__                             \
    }                                         \
  }

static const struct row bad_clients[] = {
    ROW("no version", ID, 0),
    ROW("no profile", ID, 1, 1),
    ROW("another version", ID, 2, 2, 2),
    ROW("profile 0", ID, 3, 1, 2, 0),
    ROW("one twice", ID, 4, 1, 2, 3, 2),
    ROW("seventeen", ID, 18, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17),
    ROW("the parameter twice", ID, 2, 1, 2, ID, 2, 1, 2),
};

static const struct row bad_servers[] = {
    ROW("too short", ID, 6, 1, 2, 0, 0, 0, 0),
    ROW("too long", ID, 8, 1, 2, 0, 0, 0, 0, 0, 0),
    ROW("another version", ID, 7, 2, 2, 0, 0, 0, 0, 0),
    ROW("profile and reason", ID, 7, 1, 2, 1, 0, 0, 0, 0),
    ROW("neither", ID, 7, 1, 0, 0, 0, 0, 0, 0),
    ROW("a pin without a profile", ID, 7, 1, 0, 1, 0, 0, 0, 1),
    ROW("the parameter twice", ID, 7, 1, 2, 0, 0, 0, 0, 0, ID, 7, 1, 2, 0, 0, 0, 0, 0),
};

/* Of a later version may be the profiles and the reason, and nothing else. spec: PC-10, PC-13 */
TEST("profiles and reasons that nobody knows are read") {
  static const uint8_t profiles[] = {ID, 3, 1, 200, 2};
  static const uint8_t reason[] = {ID, 7, 1, 0, 200, 0, 0, 0, 0};
  pqq__client_commitment client;
  pqq__server_commitment server;

  EXPECT_INT(pqq__commitment_read_client(profiles, sizeof profiles, &client), PQQ__COMMITMENT_READ);
  EXPECT_INT(pqq__client_commitment_has(&client, 2), 1);
  EXPECT_INT(pqq__commitment_read_server(reason, sizeof reason, &server), PQQ__COMMITMENT_READ);
  EXPECT_UINT(server.reason, 200);
}

/* spec: PC-2, PC-3, PC-8, PC-11, PC-13 */
TEST("other forms are malformed") {
  pqq__client_commitment client;
  pqq__server_commitment server;

  for (size_t i = 0; i < COUNT(bad_clients); i++) {
    NOTE("client: %s", bad_clients[i].name);
    EXPECT_INT(pqq__commitment_read_client(bad_clients[i].bytes, bad_clients[i].len, &client),
               PQQ__COMMITMENT_MALFORMED);
  }
  for (size_t i = 0; i < COUNT(bad_servers); i++) {
    NOTE("server: %s", bad_servers[i].name);
    EXPECT_INT(pqq__commitment_read_server(bad_servers[i].bytes, bad_servers[i].len, &server),
               PQQ__COMMITMENT_MALFORMED);
  }
}

TEST("it is found between others, and absent where it is not or the list is broken") {
  static const uint8_t between[] = {0x01, 0x02, 0x40, 0x50, ID, 2, 1, 2, 0x40, 0x54, 0x00};
  static const uint8_t absent[] = {0x01, 0x02, 0x40, 0x50};
  static const uint8_t cut[] = {ID, 3, 1, 2};
  pqq__client_commitment in;

  EXPECT_INT(pqq__commitment_read_client(between, sizeof between, &in), PQQ__COMMITMENT_READ);
  EXPECT_UINT(in.count, 1);
  EXPECT_INT(pqq__commitment_read_client(absent, sizeof absent, &in), PQQ__COMMITMENT_ABSENT);
  EXPECT_INT(pqq__commitment_read_client(cut, sizeof cut, &in), PQQ__COMMITMENT_ABSENT);
  EXPECT_INT(pqq__commitment_read_client(NULL, 0, &in), PQQ__COMMITMENT_ABSENT);
}

TEST("every reason has a name") {
  EXPECT_STR(pqq__downgrade_name(PQQ_DOWNGRADE_NONE), "");
  EXPECT_STR(pqq__downgrade_name(PQQ_DOWNGRADE_NO_HYBRID_CERT), "no_hybrid_cert");
  EXPECT_STR(pqq__downgrade_name(PQQ_DOWNGRADE_CIPHER), "cipher");
  EXPECT_STR(pqq__downgrade_name(200), "unknown");
}
