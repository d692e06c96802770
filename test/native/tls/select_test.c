/* SPDX-License-Identifier: MIT */
/* The selector, row by row: no TLS runs here. */
#include "tls/select.h"

#include <string.h>

#include "harness.h"
#include "tls/alert.h"

#define P256 0x0403
#define P384 0x0503
#define MLDSA65 0x0905
#define MLDSA87 0x0906
#define ED25519 0x0807
#define X25519 PQQ_GROUP_X25519
#define HYBRID PQQ_GROUP_X25519MLKEM768
#define SECP256 PQQ_GROUP_SECP256R1
#define AES128 0x1301
#define AES256 0x1302
#define CHACHA 0x1303
#define GREASE 0x3a3a

#define MAX_VALUES 8

/* A ClientHello in the making: lists that end at 0. */
struct offer {
  const char *alpn;
  uint16_t groups[MAX_VALUES];
  uint16_t shares[MAX_VALUES];
  uint16_t schemes[MAX_VALUES];
  uint16_t ciphers[MAX_VALUES];
};

struct wire {
  uint8_t groups[2 * MAX_VALUES], schemes[2 * MAX_VALUES], ciphers[2 * MAX_VALUES];
  uint8_t shares[5 * MAX_VALUES];
};

static void put_u16(uint8_t *out, uint16_t value) {
  out[0] = (uint8_t)(value >> 8);
  out[1] = (uint8_t)value;
}

static pqq__u16_list put_list(const uint16_t *values, uint8_t *out) {
  pqq__u16_list list = {out, 0};

  for (; list.count < MAX_VALUES && values[list.count] != 0; list.count++) {
    put_u16(out + 2 * list.count, values[list.count]);
  }
  return list;
}

static pqq__client_hello make_hello(const struct offer *offer, struct wire *wire) {
  pqq__client_hello hello = {.has_transport_parameters = 1};
  size_t at = 0;

  hello.groups = put_list(offer->groups, wire->groups);
  hello.schemes = put_list(offer->schemes, wire->schemes);
  hello.ciphers = put_list(offer->ciphers, wire->ciphers);
  for (size_t i = 0; i < MAX_VALUES && offer->shares[i] != 0; i++) {
    put_u16(wire->shares + at, offer->shares[i]);
    put_u16(wire->shares + at + 2, 1);
    wire->shares[at + 4] = 0;
    at += 5;
  }
  hello.key_shares = (pqq_bytes){wire->shares, at};
  if (offer->alpn != NULL) {
    hello.alpn = (pqq_bytes){(const uint8_t *)offer->alpn, strlen(offer->alpn)};
  }
  return hello;
}

static const uint16_t default_groups[] = {HYBRID, X25519};

/* Of the configuration that was made last. */
static pqq__select_site only_site;

static pqq__select_config make_config(uint16_t pq, uint16_t classical, int32_t pq_on_h3,
                                      int is_development) {
  pqq__select_config config = {.profile = pqq__profile_find(PQQ_PROFILE_BALANCED),
                               .sites = &only_site,
                               .pq_on_h3 = pq_on_h3,
                               .groups = default_groups,
                               .group_count = 2,
                               .ciphers = {AES128, AES256, CHACHA},
                               .cipher_count = 3};
  only_site = (pqq__select_site){.pq = pqq__signature_scheme_find(pq),
                                 .classical = pqq__signature_scheme_find(classical),
                                 .is_development = is_development};
  return config;
}

static const struct offer browser = {"\x02h3",
                                     {GREASE, HYBRID, X25519, SECP256},
                                     {HYBRID, X25519},
                                     {P256, P384},
                                     {AES256, AES128, CHACHA}};

static const struct offer modern = {
    "\x02h3", {HYBRID, X25519}, {HYBRID, X25519}, {MLDSA65, P256}, {AES128}};

static const struct offer pure = {"\x02h3", {HYBRID}, {HYBRID}, {MLDSA65}, {AES128}};

struct row {
  const char *name;
  const struct offer *offer;
  uint16_t pq, classical;
  int32_t policy;
  int is_development;
  uint16_t scheme;
  const char *reason;
};

static const struct row identity_rows[] = {
    {"browser, both, auto", &browser, MLDSA65, P256, PQQ_PQ_ON_H3_AUTO, 0, P256, "does not offer"},
    {"browser, both, always", &browser, MLDSA65, P256, PQQ_PQ_ON_H3_ALWAYS, 0, P256,
     "does not offer"},
    {"browser, classical only", &browser, 0, P384, PQQ_PQ_ON_H3_AUTO, 0, P384, "the only one"},
    {"modern, both, auto", &modern, MLDSA65, P256, PQQ_PQ_ON_H3_AUTO, 0, P256, "auto"},
    {"modern, both, auto, dev", &modern, MLDSA65, P256, PQQ_PQ_ON_H3_AUTO, 1, MLDSA65,
     "development"},
    {"modern, both, never, dev", &modern, MLDSA65, P256, PQQ_PQ_ON_H3_NEVER, 1, P256, "never"},
    {"modern, both, always", &modern, MLDSA65, P256, PQQ_PQ_ON_H3_ALWAYS, 0, MLDSA65, "always"},
    {"modern, ML-DSA only, auto", &modern, MLDSA65, 0, PQQ_PQ_ON_H3_AUTO, 0, MLDSA65,
     "the only one"},
    {"modern, ML-DSA only, never", &modern, MLDSA65, 0, PQQ_PQ_ON_H3_NEVER, 0, MLDSA65,
     "the only one"},
    {"modern, other ML-DSA", &modern, MLDSA87, P256, PQQ_PQ_ON_H3_ALWAYS, 0, P256,
     "does not offer"},
    {"pure, both, never", &pure, MLDSA65, P256, PQQ_PQ_ON_H3_NEVER, 0, MLDSA65,
     "no scheme of the classical"},
    {"pure, both, auto", &pure, MLDSA65, P256, PQQ_PQ_ON_H3_AUTO, 0, MLDSA65,
     "no scheme of the classical"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

TEST("the identity follows the client's schemes and the policy, with a reason") {
  for (size_t i = 0; i < COUNT(identity_rows); i++) {
    const struct row *row = &identity_rows[i];
    pqq__select_config config =
        make_config(row->pq, row->classical, row->policy, row->is_development);
    struct wire wire;
    pqq__client_hello hello = make_hello(row->offer, &wire);
    pqq__selection selection;

    NOTE("%s", row->name);
    pqq__select(&hello, &config, &selection);
    EXPECT_INT(selection.status, PQQ_OK);
    EXPECT_UINT(selection.scheme->id, row->scheme);
    EXPECT_MEM(selection.alpn.data, selection.alpn.len, "h3", 2);
    EXPECT_INT(selection.profile->id, PQQ_PROFILE_BALANCED);
    if (strstr(selection.reason, row->reason) == NULL) {
      FAIL("\"%s\" does not say \"%s\"", selection.reason, row->reason);
    }
  }
}

struct group_row {
  uint16_t groups[MAX_VALUES], shares[MAX_VALUES];
  uint16_t group;
  int needs_retry;
};

static const struct group_row group_rows[] = {
    {{HYBRID, X25519}, {HYBRID, X25519}, HYBRID, 0},
    {{X25519, HYBRID}, {X25519, HYBRID}, HYBRID, 0},
    {{X25519, HYBRID}, {X25519}, HYBRID, 1},
    {{X25519, SECP256}, {X25519}, X25519, 0},
    {{SECP256, X25519}, {SECP256}, X25519, 1},
    {{GREASE, X25519}, {GREASE}, X25519, 1},
    {{HYBRID}, {0}, HYBRID, 1},
};

TEST("X25519MLKEM768 is taken whenever the client supports it") {
  pqq__select_config config = make_config(0, P256, PQQ_PQ_ON_H3_AUTO, 0);

  for (size_t i = 0; i < COUNT(group_rows); i++) {
    struct offer offer = browser;
    struct wire wire;
    pqq__client_hello hello;
    pqq__selection selection;

    NOTE("row %zu", i);
    memcpy(offer.groups, group_rows[i].groups, sizeof offer.groups);
    memcpy(offer.shares, group_rows[i].shares, sizeof offer.shares);
    hello = make_hello(&offer, &wire);
    pqq__select(&hello, &config, &selection);
    EXPECT_INT(selection.status, PQQ_OK);
    EXPECT_UINT(selection.group, group_rows[i].group);
    EXPECT_INT(selection.needs_retry, group_rows[i].needs_retry);
  }
}

TEST("the cipher follows the server's order") {
  static const struct {
    uint16_t offered[MAX_VALUES];
    uint16_t taken;
  } rows[] = {
      {{AES256, CHACHA, AES128}, AES128}, {{CHACHA, AES256}, AES256}, {{GREASE, CHACHA}, CHACHA}};
  pqq__select_config config = make_config(0, P256, PQQ_PQ_ON_H3_AUTO, 0);

  for (size_t i = 0; i < COUNT(rows); i++) {
    struct offer offer = browser;
    struct wire wire;
    pqq__client_hello hello;
    pqq__selection selection;

    memcpy(offer.ciphers, rows[i].offered, sizeof offer.ciphers);
    hello = make_hello(&offer, &wire);
    pqq__select(&hello, &config, &selection);
    EXPECT_UINT(selection.cipher, rows[i].taken);
  }
}

struct failure_row {
  struct offer offer;
  pqq_status status;
  int alert;
  /* Both must stand in the explanation. */
  const char *offered, *accepted;
};

static const struct failure_row failure_rows[] = {
    {{"\x02h2\x08http/1.1", {HYBRID}, {HYBRID}, {P256}, {AES128}},
     PQQ_ERR_NO_SHARED_ALPN,
     120,
     "h2, http/1.1",
     "accepted: velocity/1, h3"},
    {{NULL, {HYBRID}, {HYBRID}, {P256}, {AES128}},
     PQQ_ERR_NO_SHARED_ALPN,
     120,
     "none",
     "accepted: velocity/1, h3"},
    {{"\x03\x01\x02\xff", {HYBRID}, {HYBRID}, {P256}, {AES128}},
     PQQ_ERR_NO_SHARED_ALPN,
     120,
     "???",
     "accepted: velocity/1, h3"},
    {{"\x02h3", {GREASE, SECP256, 0x0102}, {0}, {P256}, {AES128}},
     PQQ_ERR_NO_SHARED_GROUP,
     40,
     "secp256r1, 0x0102",
     "accepted: X25519MLKEM768, X25519"},
    {{"\x02h3", {0}, {0}, {P256}, {AES128}},
     PQQ_ERR_NO_SHARED_GROUP,
     109,
     "none",
     "X25519MLKEM768"},
    {{"\x02h3", {HYBRID}, {HYBRID}, {ED25519, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501}, {AES128}},
     PQQ_ERR_NO_SHARED_SIGNATURE,
     40,
     "ed25519, rsa_pss_rsae_sha256",
     "and 2 more"},
    {{"\x02h3", {HYBRID}, {HYBRID}, {0}, {AES128}},
     PQQ_ERR_NO_SHARED_SIGNATURE,
     109,
     "none",
     "accepted: ML-DSA-65, ecdsa_secp256r1_sha256"},
    {{"\x02h3", {HYBRID}, {HYBRID}, {P256}, {0x1304}},
     PQQ_ERR_TLS_ALERT,
     40,
     "0x1304",
     "TLS_AES_128_GCM_SHA256"},
};

TEST("a client with nothing acceptable gets the right alert and a sentence that names its offer") {
  pqq__select_config config = make_config(MLDSA65, P256, PQQ_PQ_ON_H3_AUTO, 0);

  for (size_t i = 0; i < COUNT(failure_rows); i++) {
    const struct failure_row *row = &failure_rows[i];
    struct wire wire;
    pqq__client_hello hello = make_hello(&row->offer, &wire);
    pqq__selection selection;
    char text[256];

    NOTE("row %zu", i);
    pqq__select(&hello, &config, &selection);
    EXPECT_INT(selection.status, row->status);
    EXPECT_INT(selection.alert, row->alert);
    EXPECT(selection.scheme == NULL);
    pqq__select_explain(&hello, &config, &selection, text, sizeof text);
    if (strstr(text, row->offered) == NULL || strstr(text, row->accepted) == NULL) {
      FAIL("\"%s\" does not say \"%s\" and \"%s\"", text, row->offered, row->accepted);
    }
  }
}

TEST("a client without transport parameters is not QUIC") {
  pqq__select_config config = make_config(MLDSA65, P256, PQQ_PQ_ON_H3_AUTO, 0);
  struct wire wire;
  pqq__client_hello hello = make_hello(&modern, &wire);
  pqq__selection selection;
  char text[256];

  hello.has_transport_parameters = 0;
  pqq__select(&hello, &config, &selection);
  EXPECT_INT(selection.status, PQQ_ERR_TLS_ALERT);
  EXPECT_INT(selection.alert, PQQ__ALERT_MISSING_EXTENSION);
  pqq__select_explain(&hello, &config, &selection, text, sizeof text);
  EXPECT(strstr(text, "quic_transport_parameters") != NULL);
}

TEST("an explanation is cut, never longer than its buffer") {
  pqq__select_config config = make_config(MLDSA65, P256, PQQ_PQ_ON_H3_AUTO, 0);
  struct wire wire;
  pqq__client_hello hello = make_hello(&failure_rows[5].offer, &wire);
  pqq__selection selection;
  char text[64];

  pqq__select(&hello, &config, &selection);
  for (size_t size = 1; size < sizeof text; size++) {
    memset(text, '#', sizeof text);
    pqq__select_explain(&hello, &config, &selection, text, size);
    EXPECT_UINT(strlen(text), size - 1);
    EXPECT(text[size] == '#');
  }
}

/* --- velocity/1 -------------------------------------------------------------- */

#define ID 0xc0, 0, 0, 0, 'V', 'E', 'L', 'O'

static const uint8_t balanced[] = {ID, 2, 1, PQQ_PROFILE_BALANCED};
static const uint8_t light[] = {ID, 2, 1, PQQ_PROFILE_LIGHT};
static const uint8_t broken[] = {ID, 2, 9, PQQ_PROFILE_BALANCED};

#define BOTH "\x0avelocity/1\x02h3"

struct velocity_row {
  const char *name;
  struct offer offer;
  const uint8_t *commitment;
  /* What the server is like: a bit each. */
  int has_one, is_disabled;
  int32_t require_key_exchange, require_authentication;
  int requires_client;
  /* What comes. */
  pqq_status status;
  int alert;
  int is_velocity;
  uint16_t downgrade;
};

#define GOOD_GROUPS   \
  {HYBRID, X25519}, { \
    HYBRID, X25519    \
  }
#define GOOD_SCHEMES {MLDSA65, P256}

static const struct velocity_row velocity_rows[] = {
    {.name = "all is there",
     .offer = {BOTH, GOOD_GROUPS, GOOD_SCHEMES, {AES128}},
     .commitment = balanced,
     .is_velocity = 1},
    {.name = "not offered", .offer = {"\x02h3", GOOD_GROUPS, GOOD_SCHEMES, {AES128}}},
    {.name = "no commitment",
     .offer = {BOTH, GOOD_GROUPS, GOOD_SCHEMES, {AES128}},
     .status = PQQ_ERR_COMMITMENT_INVALID,
     .alert = PQQ__ALERT_ILLEGAL_PARAMETER},
    {.name = "a malformed commitment",
     .offer = {BOTH, GOOD_GROUPS, GOOD_SCHEMES, {AES128}},
     .commitment = broken,
     .status = PQQ_ERR_COMMITMENT_INVALID,
     .alert = PQQ__ALERT_ILLEGAL_PARAMETER},
    {.name = "disabled",
     .offer = {BOTH, GOOD_GROUPS, GOOD_SCHEMES, {AES128}},
     .commitment = balanced,
     .is_disabled = 1,
     .downgrade = PQQ_DOWNGRADE_POLICY_DISABLED},
    {.name = "one identity",
     .offer = {BOTH, GOOD_GROUPS, GOOD_SCHEMES, {AES128}},
     .commitment = balanced,
     .has_one = 1,
     .downgrade = PQQ_DOWNGRADE_NO_HYBRID_CERT},
    {.name = "another profile",
     .offer = {BOTH, GOOD_GROUPS, GOOD_SCHEMES, {AES128}},
     .commitment = light,
     .downgrade = PQQ_DOWNGRADE_CLIENT_PROFILE_UNSUPPORTED},
    {.name = "a classical group",
     .offer = {BOTH, {X25519}, {X25519}, GOOD_SCHEMES, {AES128}},
     .commitment = balanced,
     .downgrade = PQQ_DOWNGRADE_CLASSICAL_GROUP},
    {.name = "no classical scheme",
     .offer = {BOTH, GOOD_GROUPS, {MLDSA65}, {AES128}},
     .commitment = balanced,
     .downgrade = PQQ_DOWNGRADE_CLASSICAL_CERTIFICATE},
    {.name = "no ML-DSA scheme",
     .offer = {BOTH, GOOD_GROUPS, {P256}, {AES128}},
     .commitment = balanced,
     .downgrade = PQQ_DOWNGRADE_CLASSICAL_CERTIFICATE},
    {.name = "velocity/1 alone and one identity",
     .offer = {"\x0avelocity/1", GOOD_GROUPS, GOOD_SCHEMES, {AES128}},
     .commitment = balanced,
     .has_one = 1,
     .status = PQQ_ERR_NO_SHARED_ALPN,
     .alert = PQQ__ALERT_NO_APPLICATION_PROTOCOL},
    {.name = "hybrid is required and there",
     .offer = {BOTH, GOOD_GROUPS, GOOD_SCHEMES, {AES128}},
     .commitment = balanced,
     .require_authentication = PQQ_REQUIRE_HYBRID,
     .is_velocity = 1},
    {.name = "hybrid is required, h3 is offered",
     .offer = {"\x02h3", GOOD_GROUPS, GOOD_SCHEMES, {AES128}},
     .require_authentication = PQQ_REQUIRE_HYBRID,
     .status = PQQ_ERR_POLICY_AUTHENTICATION,
     .alert = PQQ__ALERT_NO_APPLICATION_PROTOCOL},
    {.name = "hybrid is required, another profile",
     .offer = {BOTH, GOOD_GROUPS, GOOD_SCHEMES, {AES128}},
     .commitment = light,
     .require_authentication = PQQ_REQUIRE_HYBRID,
     .status = PQQ_ERR_POLICY_AUTHENTICATION,
     .alert = PQQ__ALERT_INSUFFICIENT_SECURITY},
    {.name = "clients have to prove themselves, h3 is offered",
     .offer = {"\x02h3", GOOD_GROUPS, GOOD_SCHEMES, {AES128}},
     .requires_client = 1,
     .status = PQQ_ERR_POLICY_AUTHENTICATION,
     .alert = PQQ__ALERT_NO_APPLICATION_PROTOCOL},
    {.name = "pq is required of h3, not offered",
     .offer = {"\x02h3", GOOD_GROUPS, {P256}, {AES128}},
     .require_authentication = PQQ_REQUIRE_PQ,
     .status = PQQ_ERR_POLICY_AUTHENTICATION,
     .alert = PQQ__ALERT_INSUFFICIENT_SECURITY},
    {.name = "a classical client of a server that refuses those",
     .offer = {"\x02h3", {X25519, SECP256}, {X25519}, GOOD_SCHEMES, {AES128}},
     .require_key_exchange = PQQ_REQUIRE_PQ,
     .status = PQQ_ERR_POLICY_KEY_EXCHANGE,
     .alert = PQQ__ALERT_INSUFFICIENT_SECURITY},
};

static pqq__select_config velocity_config(const struct velocity_row *row) {
  static const uint16_t hybrid_only[] = {HYBRID};
  pqq__select_config config = make_config(MLDSA65, row->has_one ? 0 : P256, 0, 0);

  only_site.can_prove_both = !row->has_one;
  config.is_velocity_disabled = row->is_disabled;
  config.require_key_exchange = row->require_key_exchange;
  config.require_authentication = row->require_authentication;
  config.requires_client = row->requires_client;
  if (row->require_key_exchange == PQQ_REQUIRE_PQ) {
    config.groups = hybrid_only;
    config.group_count = 1;
  }
  return config;
}

/* spec: OV-6, HS-9, HS-11, HS-12, HS-15, FS-2, FS-4, FS-5, FS-6, FS-8, FS-12, FS-13, FS-14, PC-5 */
/* spec: PC-8, FS-16, FS-17, FS-18, FS-19, FS-20 */
TEST("velocity/1 is taken if and only if all its promises can be kept, else h3 with the reason") {
  for (size_t i = 0; i < COUNT(velocity_rows); i++) {
    const struct velocity_row *row = &velocity_rows[i];
    pqq__select_config config = velocity_config(row);
    struct wire wire;
    pqq__client_hello hello = make_hello(&row->offer, &wire);
    pqq__selection selection;
    char text[384];

    NOTE("%s", row->name);
    if (row->commitment != NULL) {
      hello.transport_parameters = (pqq_bytes){row->commitment, sizeof balanced};
    }
    pqq__select(&hello, &config, &selection);
    EXPECT_STR(pqq_err_name(selection.status), pqq_err_name(row->status));
    if (row->status != PQQ_OK) {
      EXPECT_INT(selection.alert, row->alert);
      pqq__select_explain(&hello, &config, &selection, text, sizeof text);
      EXPECT(strlen(text) > 20);
      continue;
    }
    EXPECT_INT(selection.is_velocity, row->is_velocity);
    EXPECT_UINT(selection.downgrade, row->downgrade);
    EXPECT_INT(selection.has_commitment, row->commitment != NULL);
    EXPECT_UINT(selection.alpn.len, row->is_velocity ? 10 : 2);
    if (row->is_velocity) {
      EXPECT_UINT(selection.scheme->id, MLDSA65);
      EXPECT_UINT(selection.group, HYBRID);
    }
  }
}
