/* SPDX-License-Identifier: MIT */
/* Datagrams between processes that share a port: what arrives is what was sent, and what anybody
 * else puts into the socket, or a process that does not read, harms nobody. */
#include "io/handover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "io/handover_folder.h"
#include "io/handover_frame.h"

#if PQQ__HAS_HANDOVER

enum { OLD = 0x0102, NEW = 0xa0b0 };

static char folder[64];
static pqq__handover ends[2];

static void open_ends(void) {
  (void)snprintf(folder, sizeof folder, "/tmp/pqq-handover-XXXXXX");
  EXPECT(mkdtemp(folder) != NULL);
  EXPECT_INT(pqq__handover_prepare(folder), PQQ_OK);
  EXPECT_INT(pqq__handover_open(&ends[0], folder, OLD, 0), PQQ_OK);
  EXPECT_INT(pqq__handover_open(&ends[1], folder, NEW, 3), PQQ_OK);
}

static void close_ends(void) {
  pqq__handover_close(&ends[0]);
  pqq__handover_close(&ends[1]);
  EXPECT_INT(rmdir(folder), 0);
}

static const uint32_t to_new = PQQ_ROUTE_OTHER | (uint32_t)NEW << 8 | 3;

static pqq_datagram datagram_of(const uint8_t *data, size_t len) {
  return (pqq_datagram){
      .local = {.family = 6, .port = 443, .scope_id = 0x01020304, .ip = {0x20, 1, [15] = 9}},
      .remote = {.family = 4, .port = 65535, .ip = {192, 0, 2, 7}},
      .data = {data, len},
      .segment_bytes = 1200,
      .ecn = 2};
}

static int is_same_address(const pqq_address *a, const pqq_address *b) {
  return a->family == b->family && a->port == b->port && a->scope_id == b->scope_id &&
         memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

TEST("a datagram arrives with both addresses, its marks and its segments") {
  static uint8_t data[PQQ__RECV_MESSAGE_BYTES];
  static const size_t sizes[] = {1200, 1201, 65507, PQQ__RECV_MESSAGE_BYTES};
  pqq_datagram got;
  int is_empty;

  open_ends();
  for (size_t i = 0; i < sizeof data; i++) {
    data[i] = (uint8_t)(i * 7);
  }
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    pqq_datagram sent = datagram_of(data, sizes[i]);

    EXPECT_INT(pqq__handover_send(&ends[0], to_new, &sent, 1), PQQ_OK);
    EXPECT_INT(pqq__handover_recv(&ends[1], &got, &is_empty), PQQ_OK);
    EXPECT(is_same_address(&got.local, &sent.local));
    EXPECT(is_same_address(&got.remote, &sent.remote));
    EXPECT_UINT(got.ecn, 2);
    EXPECT_UINT(got.segment_bytes, 1200);
    EXPECT_MEM(got.data.data, got.data.len, data, sizes[i]);
  }
  EXPECT_INT(pqq__handover_recv(&ends[1], &got, &is_empty), PQQ_AGAIN);
  EXPECT(is_empty);
  EXPECT_UINT(ends[1].received, 4);
  EXPECT_UINT(ends[1].rejected, 0);
  close_ends();
}

/* --- What is no datagram ------------------------------------------------------------------------
 */

static int raw_socket(void) {
  int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

  EXPECT(fd >= 0);
  return fd;
}

static void put(int fd, const uint8_t *data, size_t len) {
  EXPECT(sendto(fd, data, len, 0, (const struct sockaddr *)(const void *)&ends[1].own,
                sizeof ends[1].own) == (ssize_t)len);
}

static void expect_rejected(const char *what) {
  uint64_t before = ends[1].rejected;
  pqq_datagram got;
  int is_empty;

  NOTE("%s", what);
  EXPECT_INT(pqq__handover_recv(&ends[1], &got, &is_empty), PQQ_AGAIN);
  EXPECT(!is_empty);
  EXPECT_UINT(ends[1].rejected, before + 1);
}

TEST("frames that are cut, foreign or out of range are dropped and counted") {
  static const struct {
    const char *what;
    size_t at;
    uint8_t value;
  } wrong[] = {{"magic", 0, 'p'},       {"version", 3, 2},   {"ECN", 4, 4},
               {"reserved", 5, 1},      {"segments", 10, 1}, {"no local family", 12, 0},
               {"local family", 12, 5}, {"reserved", 13, 1}, {"remote family", 36, 7},
               {"reserved", 37, 1}};
  uint8_t frame[PQQ__HANDOVER_HEADER_BYTES + 1300] = {0}, bad[sizeof frame];
  pqq_datagram good = datagram_of(frame + PQQ__HANDOVER_HEADER_BYTES, 1300);
  pqq_datagram got;
  int fd, is_empty;

  open_ends();
  fd = raw_socket();
  pqq__handover_frame_write(frame, &good);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    memcpy(bad, frame, sizeof bad);
    bad[wrong[i].at] = wrong[i].value;
    put(fd, bad, sizeof bad);
    expect_rejected(wrong[i].what);
  }
  memcpy(bad, frame, sizeof bad);
  memset(bad + 14, 0, 2);
  put(fd, bad, sizeof bad);
  expect_rejected("port 0");
  for (size_t len = 0; len <= PQQ__HANDOVER_HEADER_BYTES; len++) {
    put(fd, frame, len);
    expect_rejected("cut");
  }
  /* A whole one by the same way is taken. */
  put(fd, frame, sizeof frame);
  EXPECT_INT(pqq__handover_recv(&ends[1], &got, &is_empty), PQQ_OK);
  (void)close(fd);
  close_ends();
}

TEST("random bytes never make a datagram that is not well formed") {
  uint8_t frame[256];
  uint64_t random = harness_seed() | 1;

  for (int round = 0; round < 200000; round++) {
    size_t len = (size_t)(random % sizeof frame);
    pqq_datagram datagram;

    for (size_t i = 0; i < len; i++) {
      random ^= random << 13;
      random ^= random >> 7;
      random ^= random << 17;
      frame[i] = (uint8_t)random;
    }
    if (round % 2 && len > PQQ__HANDOVER_HEADER_BYTES) {
      pqq_datagram good = datagram_of(frame, len - PQQ__HANDOVER_HEADER_BYTES);

      good.segment_bytes = 0;
      pqq__handover_frame_write(frame, &good);
      frame[random % PQQ__HANDOVER_HEADER_BYTES] ^= (uint8_t)(random >> 20);
    }
    if (pqq__handover_frame_read(frame, len, &datagram) == 0) {
      EXPECT(datagram.data.data + datagram.data.len == frame + len);
      EXPECT(datagram.segment_bytes <= datagram.data.len && datagram.ecn <= 3);
    }
  }
}

TEST("another user's frames are dropped, even in a folder that has been opened") {
  uint8_t frame[PQQ__HANDOVER_HEADER_BYTES + 1300] = {0};
  pqq_datagram good = datagram_of(frame + PQQ__HANDOVER_HEADER_BYTES, 1300);
  int status = 1;
  pid_t child;

  if (geteuid() != 0) {
    SKIP("only root can become another user");
  }
  open_ends();
  EXPECT_INT(chmod(folder, 0777), 0);
  EXPECT_INT(chmod(ends[1].own.sun_path, 0777), 0);
  pqq__handover_frame_write(frame, &good);
  child = fork();
  if (child == 0) {
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    _exit(setuid(65534) == 0 && sendto(fd, frame, sizeof frame, 0,
                                       (const struct sockaddr *)(const void *)&ends[1].own,
                                       sizeof ends[1].own) == (ssize_t)sizeof frame
              ? 0
              : 1);
  }
  EXPECT(child > 0 && waitpid(child, &status, 0) == child);
  EXPECT_INT(status, 0);
  expect_rejected("another user");
  close_ends();
}

/* --- Who does not read, or is not there ---------------------------------------------------------
 */

TEST("datagrams wait for a process that does not read, up to a bound, and arrive in order") {
  uint8_t data[32] = {0};
  pqq_datagram datagram = datagram_of(data, sizeof data), got;
  uint32_t count = 0, taken = 0;
  int is_empty = 0;

  open_ends();
  datagram.segment_bytes = 0;
  for (;;) {
    memcpy(data, &count, sizeof count);
    if (pqq__handover_send(&ends[0], to_new, &datagram, 1) != PQQ_OK) {
      break;
    }
    count++;
    EXPECT(count < 100000);
  }
  EXPECT_UINT(ends[0].drops, 1);
  EXPECT_UINT(ends[0].waiting, PQQ__ROUTE_RING_DATAGRAMS);
  EXPECT(count >= PQQ__ROUTE_RING_DATAGRAMS);
  while (taken < count) {
    uint32_t number;

    (void)pqq__handover_flush(&ends[0]);
    EXPECT_INT(pqq__handover_recv(&ends[1], &got, &is_empty), PQQ_OK);
    memcpy(&number, got.data.data, sizeof number);
    EXPECT_UINT(number, taken);
    taken++;
  }
  EXPECT_UINT(ends[0].waiting, 0);
  EXPECT_UINT(ends[0].waiting_bytes, 0);
  close_ends();
}

TEST("what is for a process that is gone comes back, and its socket is removed at the next start") {
  uint8_t data[1200] = {0};
  pqq_datagram datagram = datagram_of(data, sizeof data);
  struct sockaddr_un left;

  open_ends();
  EXPECT_INT(pqq__handover_send(&ends[0], PQQ_ROUTE_OTHER | 0x123400, &datagram, 1),
             PQQ_ERR_NOT_FOUND);
  /* As a crash leaves it. */
  left = ends[1].own;
  (void)close(ends[1].fd);
  EXPECT_INT(pqq__handover_send(&ends[0], to_new, &datagram, 1), PQQ_ERR_NOT_FOUND);
  EXPECT_INT(access(left.sun_path, F_OK), 0);
  EXPECT(pqq__handover_is_taken(folder, NEW) && pqq__handover_is_taken(folder, OLD));
  EXPECT_INT(pqq__handover_prepare(folder), PQQ_OK);
  EXPECT(access(left.sun_path, F_OK) != 0);
  EXPECT(!pqq__handover_is_taken(folder, NEW) && pqq__handover_is_taken(folder, OLD));
  ends[1].fd = -1;
  close_ends();
}

TEST("first datagrams go to the youngest of the others, those of one peer to one worker") {
  pqq__handover youngest[2];
  uint8_t data[1200] = {0};
  pqq_datagram datagram = datagram_of(data, sizeof data), got;
  int is_empty;

  open_ends();
  EXPECT_INT(pqq__handover_open(&youngest[0], folder, 0x0042, 0), PQQ_OK);
  EXPECT_INT(pqq__handover_open(&youngest[1], folder, 0x0042, 1), PQQ_OK);
  for (int i = 0; i < 2; i++) {
    struct timespec later[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 2000000000}};

    EXPECT_INT(utimensat(-1, youngest[i].own.sun_path, later, 0), 0);
  }
  for (uint16_t port = 1; port <= 40; port++) {
    uint64_t before[2] = {youngest[0].received, youngest[1].received};

    datagram.remote.port = port;
    for (int part = 0; part < 2; part++) {
      EXPECT_INT(pqq__handover_send(&ends[0], PQQ_ROUTE_ANY_OTHER, &datagram, 1), PQQ_OK);
      for (int i = 0; i < 2; i++) {
        (void)pqq__handover_recv(&youngest[i], &got, &is_empty);
      }
    }
    EXPECT((youngest[0].received - before[0]) * (youngest[1].received - before[1]) == 0);
  }
  EXPECT_UINT(youngest[0].received + youngest[1].received, 80);
  EXPECT(youngest[0].received > 0 && youngest[1].received > 0);
  pqq__handover_close(&youngest[0]);
  pqq__handover_close(&youngest[1]);
  close_ends();
}

#else

TEST("there is no hand-over on this system, and it says so") {
  EXPECT_INT(pqq__handover_prepare("/tmp"), PQQ_ERR_INVALID_ARG);
}

#endif
