/* SPDX-License-Identifier: MIT */
/* The selector between velocity/1 and h3 where several things come together; select_test.c has
 * each by itself. No TLS runs here. */
#include <string.h>

#include "harness.h"
#include "tls/commitment.h"
#include "tls/select.h"
#include "tls/velocity.h"

#define P256 PQQ_SCHEME_ECDSA_SECP256R1_SHA256
#define MLDSA65 PQQ_SCHEME_MLDSA65
#define X25519 PQQ_GROUP_X25519
#define HYBRID PQQ_GROUP_X25519MLKEM768
#define AES128 PQQ_CIPHER_AES_128_GCM_SHA256
#define CHACHA PQQ_CIPHER_CHACHA20_POLY1305_SHA256
#define BALANCED PQQ_PROFILE_BALANCED

#define BOTH "\x0avelocity/1\x02h3"
#define H3_FIRST "\x02h3\x0avelocity/1"
#define VELOCITY "\x0avelocity/1"
#define H3 "\x02h3"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_VALUES 4

/* What a client sends; lists end at 0. `commitment` is the parameter's value. */
typedef struct offer {
  const char *alpn;
  uint16_t groups[MAX_VALUES];
  uint16_t share;
  uint16_t schemes[MAX_VALUES];
  uint16_t ciphers[MAX_VALUES];
  const char *commitment;
} offer;

static const offer whole = {BOTH, {HYBRID, X25519}, HYBRID, {MLDSA65, P256}, {AES128}, "\x01\x02"};

typedef struct wire {
  uint8_t bytes[128];
  size_t len;
  pqq__client_hello hello;
} wire;

static pqq__u16_list put_list(wire *to, const uint16_t *values) {
  pqq__u16_list list = {to->bytes + to->len, 0};

  for (; list.count < MAX_VALUES && values[list.count] != 0; list.count++) {
    to->bytes[to->len++] = (uint8_t)(values[list.count] >> 8);
    to->bytes[to->len++] = (uint8_t)values[list.count];
  }
  return list;
}

static pqq_bytes put(wire *to, const void *data, size_t len) {
  uint8_t *at = to->bytes + to->len;

  memcpy(at, data, len);
  to->len += len;
  return (pqq_bytes){at, len};
}

static pqq_bytes put_commitment(wire *to, const char *value) {
  size_t begin = to->len;
  uint8_t len;

  if (value != NULL) {
    len = (uint8_t)strlen(value);
    (void)put(to, "\xc0\0\0\0\x56\x45\x4c\x4f", 8);
    (void)put(to, &len, 1);
    (void)put(to, value, len);
  }
  return (pqq_bytes){to->bytes + begin, to->len - begin};
}

static const pqq__client_hello *make_hello(const offer *from, wire *to) {
  uint8_t share[5] = {(uint8_t)(from->share >> 8), (uint8_t)from->share, 0, 1, 0};

  memset(to, 0, sizeof *to);
  to->hello.has_transport_parameters = 1;
  to->hello.groups = put_list(to, from->groups);
  to->hello.schemes = put_list(to, from->schemes);
  to->hello.ciphers = put_list(to, from->ciphers);
  to->hello.key_shares = put(to, share, sizeof share);
  to->hello.transport_parameters = put_commitment(to, from->commitment);
  to->hello.alpn = (pqq_bytes){(const uint8_t *)from->alpn, strlen(from->alpn)};
  return &to->hello;
}

static const uint16_t server_groups[] = {HYBRID, X25519};

/* Of the configuration that was made last. */
static pqq__select_site only_site;

/* A server that can do everything. */
static pqq__select_config make_config(void) {
  only_site = (pqq__select_site){.pq = pqq__signature_scheme_find(MLDSA65),
                                 .classical = pqq__signature_scheme_find(P256),
                                 .can_prove_both = 1};
  return (pqq__select_config){
      .profile = pqq__profile_find(BALANCED),
      .sites = &only_site,
      .require_key_exchange = PQQ_REQUIRE_ANY,
      .require_authentication = PQQ_REQUIRE_ANY,
      .groups = server_groups,
      .group_count = COUNT(server_groups),
      .ciphers = {AES128, CHACHA},
      .cipher_count = 2,
  };
}

static pqq__selection select_with(const offer *from, const pqq__select_config *config) {
  pqq__selection selection;
  wire made;

  pqq__select(make_hello(from, &made), config, &selection);
  return selection;
}

static void expect_velocity(const pqq__selection *selection) {
  EXPECT_INT(selection->status, PQQ_OK);
  EXPECT_MEM(selection->alpn.data, selection->alpn.len, "velocity/1", 10);
  EXPECT(selection->is_velocity && selection->has_commitment);
  EXPECT_UINT(selection->downgrade, PQQ_DOWNGRADE_NONE);
  EXPECT_UINT(selection->scheme->id, MLDSA65);
}

static void expect_h3(const pqq__selection *selection, uint16_t downgrade) {
  EXPECT_INT(selection->status, PQQ_OK);
  EXPECT_MEM(selection->alpn.data, selection->alpn.len, "h3", 2);
  EXPECT(!selection->is_velocity);
  EXPECT_UINT(selection->downgrade, downgrade);
}

/* spec: HS-9, HS-15, HS-16, CP-1 */
TEST("velocity/1 is taken when all its promises can be kept, in whatever order it is offered") {
  static const char *const lists[] = {BOTH, H3_FIRST, VELOCITY};
  pqq__select_config config = make_config();

  for (size_t i = 0; i < COUNT(lists); i++) {
    offer from = whole;
    pqq__selection first, second;

    NOTE("%s", lists[i]);
    from.alpn = lists[i];
    first = select_with(&from, &config);
    second = select_with(&from, &config);
    expect_velocity(&first);
    expect_velocity(&second);
    EXPECT_UINT(first.group, second.group);
    EXPECT_UINT(first.cipher, second.cipher);
  }
}

/* spec: HS-13, HS-14, OV-3 */
TEST("on velocity/1 the group has ML-KEM, whatever the client and the server prefer") {
  static const uint16_t classical_first[] = {X25519, HYBRID};
  pqq__select_config config = make_config();
  offer from = whole;
  pqq__selection selection;

  config.groups = classical_first;
  from.share = X25519;
  from.groups[0] = X25519;
  from.groups[1] = HYBRID;
  from.ciphers[0] = CHACHA;
  from.ciphers[1] = AES128;
  selection = select_with(&from, &config);
  expect_velocity(&selection);
  EXPECT_UINT(selection.group, HYBRID);
  EXPECT(selection.needs_retry);
  EXPECT_UINT(selection.cipher, AES128);
}

/* spec: FS-1 */
TEST("what is missing is the reason for h3; of several, the first of the list") {
  pqq__select_config config = make_config();
  offer from = whole;
  pqq__selection selection;

  /* From the last reason to the first, and each stays when the next is added. */
  from.schemes[0] = P256;
  from.schemes[1] = 0;
  selection = select_with(&from, &config);
  expect_h3(&selection, PQQ_DOWNGRADE_CLASSICAL_CERTIFICATE);
  EXPECT(selection.has_commitment);
  from.groups[0] = X25519;
  from.groups[1] = 0;
  selection = select_with(&from, &config);
  expect_h3(&selection, PQQ_DOWNGRADE_CLASSICAL_GROUP);
  from.commitment = "\x01\x03";
  selection = select_with(&from, &config);
  expect_h3(&selection, PQQ_DOWNGRADE_CLIENT_PROFILE_UNSUPPORTED);
  only_site.can_prove_both = 0;
  selection = select_with(&from, &config);
  expect_h3(&selection, PQQ_DOWNGRADE_NO_HYBRID_CERT);
  config.is_velocity_disabled = 1;
  selection = select_with(&from, &config);
  expect_h3(&selection, PQQ_DOWNGRADE_POLICY_DISABLED);
  EXPECT(selection.has_commitment);
}

/* spec: PC-9 */
TEST("the commitment of a client that does not offer velocity/1 is an unknown parameter") {
  pqq__select_config config = make_config();
  offer from = whole;
  pqq__selection selection;

  from.alpn = H3;
  from.commitment = "\x09\x09\x09";
  selection = select_with(&from, &config);
  expect_h3(&selection, PQQ_DOWNGRADE_NONE);
  EXPECT(!selection.has_commitment);
}

/* spec: FS-14 */
TEST("a server that requires pq proves itself with ML-DSA on h3, whatever pq_on_h3 says") {
  pqq__select_config config = make_config();
  offer from = whole;
  pqq__selection selection;

  config.require_authentication = PQQ_REQUIRE_PQ;
  config.pq_on_h3 = PQQ_PQ_ON_H3_NEVER;
  from.alpn = H3;
  selection = select_with(&from, &config);
  expect_h3(&selection, PQQ_DOWNGRADE_NONE);
  EXPECT_UINT(selection.scheme->id, MLDSA65);
}
