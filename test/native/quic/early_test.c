/* SPDX-License-Identifier: MIT */
#include "quic/early.h"

#include <stdlib.h>

#include "harness.h"

static const pqq_address alice = {.family = 4, .port = 1, .ip = {192, 0, 2, 1}},
                         bob = {.family = 4, .port = 2, .ip = {192, 0, 2, 1}};
static const uint8_t dcid[8] = "dcid-of", other_dcid[8] = "another";

TEST("a datagram that was kept is given to its own connection, once") {
  pqq__early early = {.next = 0};
  pqq__early_datagram *taken;

  pqq__early_keep(&early, &alice, 3, dcid, 8, (const uint8_t *)"first", 5);
  pqq__early_keep(&early, &alice, 0, dcid, 8, (const uint8_t *)"second", 6);
  EXPECT(pqq__early_take(&early, &bob, dcid, 8) == NULL);
  EXPECT(pqq__early_take(&early, &alice, other_dcid, 8) == NULL);
  EXPECT(pqq__early_take(&early, &alice, dcid, 7) == NULL);
  taken = pqq__early_take(&early, &alice, dcid, 8);
  EXPECT(taken != NULL);
  EXPECT_MEM(taken->data, taken->len, "first", 5);
  EXPECT_UINT(taken->ecn, 3);
  free(taken);
  taken = pqq__early_take(&early, &alice, dcid, 8);
  EXPECT_MEM(taken->data, taken->len, "second", 6);
  free(taken);
  EXPECT(pqq__early_take(&early, &alice, dcid, 8) == NULL);
  pqq__early_deinit(&early);
}

TEST("a flood pushes the oldest out, and what is too large is not kept") {
  static const uint8_t large[PQQ__MAX_EARLY_BYTES + 1];
  pqq__early early = {.next = 0};
  pqq__early_datagram *taken;

  pqq__early_keep(&early, &alice, 0, dcid, 8, large, sizeof large);
  EXPECT(pqq__early_take(&early, &alice, dcid, 8) == NULL);
  pqq__early_keep(&early, &alice, 0, dcid, 8, large, sizeof large - 1);
  for (int i = 0; i < PQQ__MAX_EARLY_DATAGRAMS; i++) {
    pqq__early_keep(&early, &bob, 0, other_dcid, 8, large, 100);
  }
  EXPECT(pqq__early_take(&early, &alice, dcid, 8) == NULL);
  for (int i = 0; i < PQQ__MAX_EARLY_DATAGRAMS; i++) {
    taken = pqq__early_take(&early, &bob, other_dcid, 8);
    EXPECT(taken != NULL);
    free(taken);
  }
  pqq__early_keep(&early, &bob, 0, other_dcid, 8, large, 100);
  pqq__early_deinit(&early);
}
