/* SPDX-License-Identifier: MIT */
/* io/route_ring.c: order, copies, bounds, and several pushers at once. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "io/limits.h"
#include "io/route_ring.h"

static pqq_datagram datagram_of(const uint8_t *data, size_t length) {
  return (pqq_datagram){.local = {.family = 4, .port = 443, .ip = {127, 0, 0, 1}},
                        .remote = {.family = 6, .port = 5, .scope_id = 9, .ip = {0xfe, 0x80}},
                        .data = {.data = data, .len = length},
                        .segment_bytes = 3,
                        .ecn = 2};
}

TEST("a datagram comes out as it went in, oldest first, and as a copy") {
  pqq__route_ring ring;
  uint8_t data[2] = {1, 2};
  pqq_datagram first = datagram_of(data, 2), second = datagram_of(data, 1);
  pqq__routed *routed;

  pqq__route_ring_init(&ring);
  EXPECT(pqq__route_ring_take(&ring) == NULL);
  EXPECT_INT(pqq__route_ring_push(&ring, &first), PQQ_OK);
  EXPECT_INT(pqq__route_ring_push(&ring, &second), PQQ_OK);
  data[0] = data[1] = 0xff;
  routed = pqq__route_ring_take(&ring);
  EXPECT_MEM(routed->datagram.data.data, routed->datagram.data.len, "\1\2", 2);
  EXPECT_MEM(&routed->datagram.local, sizeof first.local, &first.local, sizeof first.local);
  EXPECT_MEM(&routed->datagram.remote, sizeof first.remote, &first.remote, sizeof first.remote);
  EXPECT_UINT(routed->datagram.segment_bytes, 3);
  EXPECT_UINT(routed->datagram.ecn, 2);
  free(routed);
  routed = pqq__route_ring_take(&ring);
  EXPECT_UINT(routed->datagram.data.len, 1);
  free(routed);
  EXPECT(pqq__route_ring_take(&ring) == NULL);
  pqq__route_ring_deinit(&ring);
}

TEST("the number of datagrams is bounded, and room comes back") {
  pqq__route_ring ring;
  uint8_t byte = 0;
  pqq_datagram datagram = datagram_of(&byte, 1);

  pqq__route_ring_init(&ring);
  for (size_t i = 0; i < PQQ__ROUTE_RING_DATAGRAMS; i++) {
    EXPECT_INT(pqq__route_ring_push(&ring, &datagram), PQQ_OK);
  }
  EXPECT_INT(pqq__route_ring_push(&ring, &datagram), PQQ_DROPPED);
  EXPECT_UINT(pqq__route_ring_drops(&ring), 1);
  free(pqq__route_ring_take(&ring));
  EXPECT_INT(pqq__route_ring_push(&ring, &datagram), PQQ_OK);
  pqq__route_ring_deinit(&ring);
}

TEST("the bytes are bounded, and room comes back") {
  static uint8_t data[65536];
  pqq__route_ring ring;
  pqq_datagram datagram = datagram_of(data, sizeof data);

  pqq__route_ring_init(&ring);
  for (size_t i = 0; i < PQQ__ROUTE_RING_BYTES / sizeof data; i++) {
    EXPECT_INT(pqq__route_ring_push(&ring, &datagram), PQQ_OK);
  }
  datagram.data.len = 1;
  EXPECT_INT(pqq__route_ring_push(&ring, &datagram), PQQ_DROPPED);
  free(pqq__route_ring_take(&ring));
  EXPECT_INT(pqq__route_ring_push(&ring, &datagram), PQQ_OK);
  pqq__route_ring_deinit(&ring);
}

enum { PUSHERS = 4, PER_PUSHER = 20000 };

static void *push_many(void *argument) {
  pqq__route_ring *ring = argument;

  for (uint32_t i = 0; i < PER_PUSHER; i++) {
    pqq_datagram datagram = datagram_of((const uint8_t *)&i, sizeof i);

    (void)pqq__route_ring_push(ring, &datagram);
  }
  return NULL;
}

TEST("several workers push at once: what is taken and what is dropped is everything") {
  pqq__route_ring ring;
  pthread_t pushers[PUSHERS];
  uint64_t taken = 0;

  pqq__route_ring_init(&ring);
  for (size_t i = 0; i < PUSHERS; i++) {
    EXPECT_INT(pthread_create(&pushers[i], NULL, push_many, &ring), 0);
  }
  for (size_t i = 0; i < PER_PUSHER; i++) {
    pqq__routed *routed = pqq__route_ring_take(&ring);

    taken += routed != NULL;
    free(routed);
  }
  for (size_t i = 0; i < PUSHERS; i++) {
    EXPECT_INT(pthread_join(pushers[i], NULL), 0);
  }
  for (pqq__routed *routed; (routed = pqq__route_ring_take(&ring)) != NULL; taken++) {
    free(routed);
  }
  EXPECT_UINT(taken + pqq__route_ring_drops(&ring), PUSHERS * PER_PUSHER);
  pqq__route_ring_deinit(&ring);
}
