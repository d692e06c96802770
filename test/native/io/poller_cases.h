/* SPDX-License-Identifier: MIT */
/* What every poller must do; included by one test program per implementation. */
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "io/clock.h"

typedef struct fixture {
  pqq__poller poller;
  int pairs[2][2];
} fixture;

static void set_up(fixture *f) {
  EXPECT_INT(pqq__poller_init(&f->poller), PQQ_OK);
  for (int i = 0; i < 2; i++) {
    EXPECT_INT(socketpair(AF_UNIX, SOCK_DGRAM, 0, f->pairs[i]), 0);
    EXPECT_INT(pqq__poller_add(&f->poller, f->pairs[i][0]), PQQ_OK);
  }
}

static void tear_down(fixture *f) {
  pqq__poller_deinit(&f->poller);
  for (int i = 0; i < 4; i++) {
    (void)close(f->pairs[i / 2][i % 2]);
  }
}

static uint32_t poll_until_ns(fixture *f, pqq_time_ns deadline) {
  uint32_t readable = 0xffffffff;

  EXPECT_INT(pqq__poller_wait(&f->poller, pqq__clock_ns(), deadline, &readable), PQQ_OK);
  return readable;
}

TEST(POLLER_NAME " says which sockets have data, and goes on saying so") {
  fixture f;

  set_up(&f);
  EXPECT_UINT(poll_until_ns(&f, 0), 0);
  EXPECT_INT(write(f.pairs[1][1], "x", 1), 1);
  EXPECT_UINT(poll_until_ns(&f, PQQ_TIME_NEVER), 2);
  EXPECT_UINT(poll_until_ns(&f, PQQ_TIME_NEVER), 2);
  EXPECT_INT(write(f.pairs[0][1], "x", 1), 1);
  EXPECT_UINT(poll_until_ns(&f, PQQ_TIME_NEVER), 3);
  tear_down(&f);
}

TEST(POLLER_NAME " returns at the deadline and not before") {
  fixture f;
  pqq_time_ns deadline;

  set_up(&f);
  for (pqq_time_ns wait = 1; wait <= 2 * PQQ__NS_PER_MS; wait *= 40) {
    deadline = pqq__clock_ns() + wait;
    EXPECT_UINT(poll_until_ns(&f, deadline), 0);
    EXPECT(pqq__clock_ns() >= deadline);
  }
  tear_down(&f);
}

TEST(POLLER_NAME " is woken before it waits, and each wake counts once") {
  fixture f;
  pqq_time_ns deadline;

  set_up(&f);
  pqq__poller_wake(&f.poller);
  pqq__poller_wake(&f.poller);
  EXPECT_UINT(poll_until_ns(&f, PQQ_TIME_NEVER), 0);
  deadline = pqq__clock_ns() + PQQ__NS_PER_MS;
  EXPECT_UINT(poll_until_ns(&f, deadline), 0);
  EXPECT(pqq__clock_ns() >= deadline);
  tear_down(&f);
}

static void *wake(void *argument) {
  pqq__poller_wake(argument);
  return NULL;
}

TEST(POLLER_NAME " is woken from another thread while it waits for ever") {
  fixture f;
  pthread_t thread;

  set_up(&f);
  for (int i = 0; i < 100; i++) {
    EXPECT_INT(pthread_create(&thread, NULL, wake, &f.poller), 0);
    EXPECT_UINT(poll_until_ns(&f, PQQ_TIME_NEVER), 0);
    EXPECT_INT(pthread_join(thread, NULL), 0);
  }
  tear_down(&f);
}

TEST(POLLER_NAME " waits for room only when asked to, and room is not data") {
  fixture f;
  pqq_time_ns deadline;

  set_up(&f);
  EXPECT_INT(pqq__poller_watch_writes(&f.poller, 0, 1), PQQ_OK);
  EXPECT_INT(pqq__poller_watch_writes(&f.poller, 0, 1), PQQ_OK);
  EXPECT_UINT(poll_until_ns(&f, PQQ_TIME_NEVER), 0); /* returns: there is room */
  EXPECT_INT(pqq__poller_watch_writes(&f.poller, 0, 0), PQQ_OK);
  deadline = pqq__clock_ns() + PQQ__NS_PER_MS;
  EXPECT_UINT(poll_until_ns(&f, deadline), 0);
  EXPECT(pqq__clock_ns() >= deadline);
  tear_down(&f);
}

TEST("waiting for one socket ends with data or at the deadline") {
  fixture f;
  pqq_time_ns now = pqq__clock_ns();

  set_up(&f);
  EXPECT_INT(pqq__wait_socket(f.pairs[0][0], 0, now, now), 0);
  EXPECT_INT(pqq__wait_socket(f.pairs[0][0], 1, now, PQQ_TIME_NEVER), 1);
  EXPECT_INT(write(f.pairs[0][1], "x", 1), 1);
  EXPECT_INT(pqq__wait_socket(f.pairs[0][0], 0, now, PQQ_TIME_NEVER), 1);
  tear_down(&f);
}
