/* SPDX-License-Identifier: MIT */
#include "core/block_list.h"

#include "core/limits.h"
#include "harness.h"

static const uint8_t key[16] = {1, 2, 3};

static pqq_address v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  return (pqq_address){.family = 4, .port = 1234, .ip = {a, b, c, d}};
}

static pqq_address v6(uint8_t site, uint8_t host) {
  return (pqq_address){
      .family = 6, .port = 99, .scope_id = 3, .ip = {0x20, 1, 0xd, 0xb8, [5] = site, [15] = host}};
}

static pqq_address mapped(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  return (pqq_address){.family = 6,
                       .ip = {[10] = 0xff, [11] = 0xff, [12] = a, [13] = b, [14] = c, [15] = d}};
}

static pqq_prefix prefix(pqq_address address, uint32_t bits) {
  return (pqq_prefix){.address = address, .bits = bits};
}

static pqq_status add(pqq__block_list *list, pqq_address address, uint32_t bits,
                      pqq_time_ns until) {
  pqq_prefix wanted = prefix(address, bits);

  return pqq__block_list_add(list, &wanted, until, 0);
}

static int has(pqq__block_list *list, pqq_address address, pqq_time_ns now) {
  return pqq__block_list_has(list, &address, now);
}

TEST("an address is blocked by itself and by every prefix that holds it, at any port") {
  pqq__block_list list;

  EXPECT_INT(pqq__block_list_init(&list, key), 0);
  EXPECT(!has(&list, v4(192, 0, 2, 7), 0));
  EXPECT_INT(add(&list, v4(192, 0, 2, 0), 24, PQQ_TIME_NEVER), PQQ_OK);
  EXPECT_INT(add(&list, v4(198, 51, 100, 128), 25, PQQ_TIME_NEVER), PQQ_OK);
  EXPECT_INT(add(&list, v4(203, 0, 113, 9), 32, PQQ_TIME_NEVER), PQQ_OK);
  EXPECT_INT(add(&list, v6(1, 0), 48, PQQ_TIME_NEVER), PQQ_OK);
  EXPECT(has(&list, v4(192, 0, 2, 7), 0) && has(&list, v4(192, 0, 2, 255), 0));
  EXPECT(!has(&list, v4(192, 0, 3, 7), 0));
  EXPECT(has(&list, v4(198, 51, 100, 200), 0) && !has(&list, v4(198, 51, 100, 127), 0));
  EXPECT(has(&list, v4(203, 0, 113, 9), 0) && !has(&list, v4(203, 0, 113, 8), 0));
  EXPECT(has(&list, v6(1, 200), 0) && !has(&list, v6(2, 200), 0));
  pqq__block_list_deinit(&list);
}

TEST("IPv4 and IPv4 mapped into IPv6 are one network, and all of IPv6 is not IPv4") {
  pqq__block_list list;

  EXPECT_INT(pqq__block_list_init(&list, key), 0);
  EXPECT_INT(add(&list, v4(192, 0, 2, 0), 24, PQQ_TIME_NEVER), PQQ_OK);
  EXPECT(has(&list, mapped(192, 0, 2, 7), 0) && !has(&list, mapped(192, 0, 3, 7), 0));
  EXPECT_INT(add(&list, mapped(198, 51, 100, 0), 96 + 24, PQQ_TIME_NEVER), PQQ_OK);
  EXPECT(has(&list, v4(198, 51, 100, 7), 0));
  EXPECT_INT(add(&list, v6(0, 0), 32, PQQ_TIME_NEVER), PQQ_OK);
  EXPECT_INT(add(&list, (pqq_address){.family = 6}, 0, PQQ_TIME_NEVER), PQQ_OK);
  EXPECT(has(&list, v6(77, 1), 0));
  EXPECT(!has(&list, v4(203, 0, 113, 1), 0) && !has(&list, mapped(203, 0, 113, 1), 0));
  EXPECT_INT(add(&list, (pqq_address){.family = 4}, 0, PQQ_TIME_NEVER), PQQ_OK);
  EXPECT(has(&list, v4(203, 0, 113, 1), 0) && has(&list, mapped(203, 0, 113, 1), 0));
  pqq__block_list_deinit(&list);
}

TEST("an entry is over at its time, and a wider one goes on") {
  pqq__block_list list;
  pqq_block blocks[4];

  EXPECT_INT(pqq__block_list_init(&list, key), 0);
  EXPECT_INT(add(&list, v4(192, 0, 2, 7), 32, 100), PQQ_OK);
  EXPECT_INT(add(&list, v4(192, 0, 2, 0), 24, 200), PQQ_OK);
  EXPECT(has(&list, v4(192, 0, 2, 7), 99));
  EXPECT_UINT(pqq__block_list_copy(&list, 100, blocks, 4), 1);
  EXPECT_UINT(blocks[0].prefix.bits, 24);
  EXPECT(has(&list, v4(192, 0, 2, 7), 100));
  EXPECT_UINT(list.map.count, 1); /* forgotten by the look-up that found it over */
  EXPECT(!has(&list, v4(192, 0, 2, 7), 200));
  EXPECT_UINT(list.map.count, 0);
  EXPECT_INT(add(&list, v4(192, 0, 2, 7), 32, 100), PQQ_OK);
  EXPECT_INT(add(&list, v4(192, 0, 2, 7), 32, 300), PQQ_OK);
  EXPECT_UINT(list.map.count, 1);
  EXPECT(has(&list, v4(192, 0, 2, 7), 299));
  pqq__block_list_deinit(&list);
}

TEST("only exactly the same prefix is taken off, however it is written") {
  pqq_prefix host = prefix(v4(192, 0, 2, 7), 32), site = prefix(mapped(192, 0, 2, 0), 120);
  pqq__block_list list;

  EXPECT_INT(pqq__block_list_init(&list, key), 0);
  EXPECT_INT(add(&list, v4(192, 0, 2, 0), 24, PQQ_TIME_NEVER), PQQ_OK);
  EXPECT_INT(pqq__block_list_remove(&list, &host), PQQ_ERR_NOT_FOUND);
  EXPECT(has(&list, v4(192, 0, 2, 7), 0));
  EXPECT_INT(pqq__block_list_remove(&list, &site), PQQ_OK);
  EXPECT(!has(&list, v4(192, 0, 2, 7), 0));
  EXPECT_INT(pqq__block_list_remove(&list, &site), PQQ_ERR_NOT_FOUND);
  pqq__block_list_deinit(&list);
}

TEST("what is not a prefix is refused") {
  pqq__block_list list;

  EXPECT_INT(pqq__block_list_init(&list, key), 0);
  EXPECT_INT(add(&list, v4(192, 0, 2, 1), 24, PQQ_TIME_NEVER), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(add(&list, v4(192, 0, 2, 0), 33, PQQ_TIME_NEVER), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(add(&list, v6(1, 1), 127, PQQ_TIME_NEVER), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(add(&list, v6(1, 1), 129, PQQ_TIME_NEVER), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(add(&list, (pqq_address){.family = 0}, 0, PQQ_TIME_NEVER), PQQ_ERR_INVALID_ARG);
  EXPECT_INT(add(&list, v6(1, 1), 128, PQQ_TIME_NEVER), PQQ_OK);
  EXPECT_UINT(list.map.count, 1);
  pqq__block_list_deinit(&list);
}

TEST("a full list takes no more until something in it is over") {
  pqq__block_list list;

  EXPECT_INT(pqq__block_list_init(&list, key), 0);
  for (uint32_t i = 0; i < PQQ__MAX_BLOCKED; i++) {
    EXPECT_INT(add(&list, v4(10, 0, (uint8_t)(i >> 8), (uint8_t)i), 32, i == 5 ? 50 : 1000),
               PQQ_OK);
  }
  EXPECT_INT(add(&list, v4(192, 0, 2, 1), 32, 1000), PQQ_ERR_LIMIT);
  EXPECT_INT(add(&list, v4(10, 0, 0, 9), 32, 2000), PQQ_OK); /* is there already */
  EXPECT_INT(
      pqq__block_list_add(&list, &(pqq_prefix){.address = v4(192, 0, 2, 1), .bits = 32}, 1000, 60),
      PQQ_OK);
  EXPECT(has(&list, v4(192, 0, 2, 1), 60) && !has(&list, v4(10, 0, 0, 5), 60));
  EXPECT(has(&list, v4(10, 0, 15, 255), 60));
  pqq__block_list_deinit(&list);
}
