/* SPDX-License-Identifier: MIT */
/* io/udp_send.c and io/udp_recv.c against each other over loopback, with and
 * without offload. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness.h"
#include "io/address.h"
#include "io/clock.h"
#include "io/poller.h"
#include "io/udp_recv.h"
#include "io/udp_send.h"

/* Loopback is quick; a lost datagram must fail the test and not hang it. */
#define PATIENCE_NS (5 * PQQ__NS_PER_S)

typedef struct pair {
  pqq__udp_socket from, to;
  pqq__udp_sender sender;
  pqq__udp_receiver receiver;
} pair;

static void open_end(pqq__udp_socket *sock, const char *ip, int use_offload) {
  pqq__udp_options options = {
      .use_offload = use_offload, .use_pktinfo = 1, .buffer_bytes = 1 << 20};

  if (ip != NULL) {
    EXPECT_INT(pqq__address_parse(&options.local, ip, 0), 0);
  }
  EXPECT_INT(pqq__udp_socket_open(sock, &options), PQQ_OK);
}

static void open_pair(pair *p, const char *ip, int send_offload, int receive_offload) {
  memset(p, 0, sizeof *p);
  open_end(&p->from, ip, send_offload);
  open_end(&p->to, ip, receive_offload);
  EXPECT_INT(pqq__udp_sender_init(&p->sender), PQQ_OK);
  EXPECT_INT(pqq__udp_receiver_init(&p->receiver), PQQ_OK);
}

static void close_pair(pair *p) {
  pqq__udp_sender_deinit(&p->sender);
  pqq__udp_receiver_deinit(&p->receiver);
  pqq__udp_socket_close(&p->from);
  pqq__udp_socket_close(&p->to);
}

/* Datagram `index` of a stream is filled with a pattern of its own. */
static void fill(uint8_t *data, size_t length, size_t index) {
  for (size_t i = 0; i < length; i++) {
    data[i] = (uint8_t)(index * 31 + i * 7);
  }
}

static void add(pair *p, const pqq_address *remote, size_t index, size_t length,
                uint32_t segment_bytes, uint32_t ecn) {
  pqq_transmit transmit = {
      .remote = *remote, .len = length, .segment_bytes = segment_bytes, .ecn = ecn};
  uint8_t *room = pqq__udp_sender_room(&p->sender);

  EXPECT(room != NULL);
  for (size_t at = 0; at < length; at += segment_bytes) {
    fill(room + at, length - at < segment_bytes ? length - at : segment_bytes, index++);
  }
  pqq__udp_sender_add(&p->sender, &p->from, &transmit);
}

static int wait_for_data(pair *p) {
  pqq_time_ns now = pqq__clock_ns();

  return pqq__wait_socket(p->to.fd, 0, now, now + PATIENCE_NS);
}

/* Receives datagrams until `count` have come, and checks them. */
static void expect_datagrams(pair *p, size_t count, size_t length, size_t last_length,
                             uint32_t ecn) {
  uint8_t expected[2048];

  for (size_t index = 0; index < count;) {
    size_t messages = 0;

    EXPECT(wait_for_data(p));
    EXPECT_INT(pqq__udp_recv(&p->receiver, &p->to, &messages), PQQ_OK);
    for (size_t i = 0; i < messages; i++) {
      const pqq_datagram *datagram = &p->receiver.datagrams[i];
      size_t segment = datagram->segment_bytes ? datagram->segment_bytes : datagram->data.len;

      EXPECT_UINT(datagram->remote.port, p->from.bound.port);
      EXPECT_UINT(datagram->local.port, p->to.bound.port);
      EXPECT_UINT(datagram->ecn, ecn);
      for (size_t at = 0; at < datagram->data.len; at += segment, index++) {
        size_t left = datagram->data.len - at;
        size_t wanted = index + 1 == count ? last_length : length;

        fill(expected, wanted, index);
        EXPECT_MEM(datagram->data.data + at, left < segment ? left : segment, expected, wanted);
      }
    }
  }
}

static void transfer(int send_offload, int receive_offload) {
  pair p;

  NOTE("GSO %d, GRO %d", send_offload, receive_offload);
  open_pair(&p, "127.0.0.1", send_offload, receive_offload);
  add(&p, &p.to.bound, 0, 9 * 1200 + 700, 1200, 2);
  EXPECT_INT(pqq__udp_sender_flush(&p.sender), PQQ_OK);
  EXPECT_UINT(p.sender.calls, 1);
  expect_datagrams(&p, 10, 1200, 700, 2);
  close_pair(&p);
}

TEST("ten datagrams arrive in order and whole, with any mix of GSO and GRO") {
  for (int i = 0; i < 4; i++) {
    transfer(i & 1, i >> 1);
  }
}

TEST("a full send buffer is cut where the kernel's limits are") {
  pair p;
  size_t count = PQQ_MIN_SEND_BUFFER_BYTES / 1260; /* 52 of 1260 are more than 65,400 bytes */

  for (int offload = 0; offload < 2; offload++) {
    NOTE("GSO %d", offload);
    open_pair(&p, "127.0.0.1", offload, offload);
    add(&p, &p.to.bound, 0, count * 1260, 1260, 0);
    EXPECT_INT(pqq__udp_sender_flush(&p.sender), PQQ_OK);
    EXPECT_UINT(p.sender.refused, 0);
    expect_datagrams(&p, count, 1260, 1260, 0);
    close_pair(&p);
  }
}

TEST("the local address of a wildcard socket is known and answers come from it") {
  static const char *const targets[] = {"127.0.0.5", "::1"};
  pair p;

  for (size_t i = 0; i < 2; i++) {
    pqq_address target;
    pqq_transmit answer = {.len = 4, .segment_bytes = 4};
    size_t count = 0;
    uint8_t *room;

    NOTE("%s", targets[i]);
    open_pair(&p, NULL, 0, 0);
    if (i == 1 && p.to.family != AF_INET6) {
      close_pair(&p);
      SKIP("no IPv6");
    }
    EXPECT_INT(pqq__address_parse(&target, targets[i], p.to.bound.port), 0);
    add(&p, &target, 0, 4, 4, 1);
    EXPECT_INT(pqq__udp_sender_flush(&p.sender), PQQ_OK);
    EXPECT(wait_for_data(&p));
    EXPECT_INT(pqq__udp_recv(&p.receiver, &p.to, &count), PQQ_OK);
    EXPECT_UINT(count, 1);
    EXPECT_MEM(&p.receiver.datagrams[0].local, sizeof target, &target, sizeof target);
    EXPECT_UINT(p.receiver.datagrams[0].ecn, 1);

    answer.local = p.receiver.datagrams[0].local;
    answer.remote = p.receiver.datagrams[0].remote;
    room = pqq__udp_sender_room(&p.sender);
    memset(room, 0, 4);
    pqq__udp_sender_add(&p.sender, &p.to, &answer);
    EXPECT_INT(pqq__udp_sender_flush(&p.sender), PQQ_OK);
    EXPECT(pqq__wait_socket(p.from.fd, 0, pqq__clock_ns(), pqq__clock_ns() + PATIENCE_NS));
    EXPECT_INT(pqq__udp_recv(&p.receiver, &p.from, &count), PQQ_OK);
    EXPECT_MEM(&p.receiver.datagrams[0].remote, sizeof target, &target, sizeof target);
    close_pair(&p);
  }
}

TEST("a datagram that the kernel refuses is dropped and the others leave") {
  pair p;
  pqq_address nowhere = {.family = 6, .port = 1};

  open_pair(&p, "127.0.0.1", 1, 1);
  add(&p, &p.to.bound, 0, 100, 100, 0);
  add(&p, &nowhere, 0, 100, 100, 0); /* IPv6 on an IPv4 socket */
  add(&p, &p.to.bound, 1, 100, 100, 0);
  nowhere = (pqq_address){.family = 4, .port = 9, .ip = {255, 255, 255, 255}};
  add(&p, &nowhere, 0, 100, 100, 0); /* broadcast: EACCES */
  EXPECT_INT(pqq__udp_sender_flush(&p.sender), PQQ_OK);
  EXPECT(pqq__udp_sender_is_empty(&p.sender));
  EXPECT(p.sender.refused >= 1);
  expect_datagrams(&p, 2, 100, 100, 0);
  close_pair(&p);
}

TEST("when GSO turns out not to work, the batch leaves without it") {
  pair p;

  open_pair(&p, "127.0.0.1", 1, 0);
  if (!p.from.has_gso) {
    close_pair(&p);
    SKIP("no GSO here");
  }
  /* Without checksums the kernel refuses UDP_SEGMENT, as it does for a device
   * that cannot make them. */
  int one = 1;
  EXPECT_INT(setsockopt(p.from.fd, SOL_SOCKET, SO_NO_CHECK, &one, sizeof one), 0);
  add(&p, &p.to.bound, 0, 5 * 1200, 1200, 0);
  EXPECT_INT(pqq__udp_sender_flush(&p.sender), PQQ_OK);
  EXPECT_INT(p.from.has_gso, 0);
  EXPECT_UINT(p.sender.refused, 0);
  expect_datagrams(&p, 5, 1200, 1200, 0);
  close_pair(&p);
}

TEST("ICMP comes back on a connected socket, for senders and receivers") {
  pair p;
  size_t count = 0;
  pqq_time_ns now = pqq__clock_ns();
  pqq_address gone;

  open_pair(&p, "127.0.0.1", 1, 1);
  gone = p.to.bound;
  pqq__udp_socket_close(&p.to);
  EXPECT_INT(pqq__udp_socket_connect(&p.from, &gone), PQQ_OK);
  add(&p, &gone, 0, 100, 100, 0);
  EXPECT_INT(pqq__udp_sender_flush(&p.sender), PQQ_OK);
  EXPECT(pqq__wait_socket(p.from.fd, 0, now, now + PATIENCE_NS));
  EXPECT_INT(pqq__udp_recv(&p.receiver, &p.from, &count), PQQ_ERR_CONNECTION_REFUSED);
  EXPECT_INT(pqq__udp_recv(&p.receiver, &p.from, &count), PQQ_AGAIN);
  close_pair(&p);
}

TEST("the batch is full after 64 results or 256 KiB") {
  pair p;
  size_t count = 0;

  open_pair(&p, "127.0.0.1", 1, 1);
  while (pqq__udp_sender_room(&p.sender) != NULL) {
    add(&p, &p.to.bound, count++, 50, 50, 0);
  }
  EXPECT_UINT(count, PQQ__SEND_MESSAGES);
  EXPECT_INT(pqq__udp_sender_flush(&p.sender), PQQ_OK);
  EXPECT_UINT(p.sender.calls, 1);
  expect_datagrams(&p, count, 50, 50, 0);
  for (count = 0; pqq__udp_sender_room(&p.sender) != NULL; count++) {
    add(&p, &p.to.bound, 0, 65000, 1000, 0);
  }
  EXPECT_UINT(count, 4);
  close_pair(&p);
}

TEST("what a full socket does not take stays and leaves later, in order") {
  enum { BYTES = 1200, COUNT = 2000 };
  pqq__udp_sender sender;
  /* A UNIX datagram socket is full as soon as its reader has some messages
   * waiting; loopback UDP never is. */
  int ends[2];
  size_t added = 0, received = 0, times_full = 0;
  uint8_t expected[BYTES], data[2 * BYTES];

  EXPECT_INT(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
  pqq__udp_socket sock = {.fd = ends[0], .family = AF_INET, .is_connected = 1};
  EXPECT_INT(pqq__udp_sender_init(&sender), PQQ_OK);
  while (received < COUNT) {
    pqq_transmit transmit = {.remote = {.family = 4, .port = 1}, .segment_bytes = BYTES};

    for (uint8_t *room;
         added < COUNT && (room = pqq__udp_sender_room(&sender)) != NULL && !times_full;) {
      for (transmit.len = 0; transmit.len < 4 * BYTES; transmit.len += BYTES) {
        fill(room + transmit.len, BYTES, added++);
      }
      pqq__udp_sender_add(&sender, &sock, &transmit);
    }
    times_full = 0;
    if (pqq__udp_sender_flush(&sender) == PQQ_AGAIN) {
      times_full++;
      EXPECT(!pqq__udp_sender_is_empty(&sender));
    } else {
      EXPECT(pqq__udp_sender_is_empty(&sender));
    }
    for (ssize_t got; (got = recv(ends[1], data, sizeof data, MSG_DONTWAIT)) > 0; received++) {
      fill(expected, BYTES, received);
      EXPECT_MEM(data, (size_t)got, expected, BYTES);
    }
  }
  EXPECT_UINT(received, COUNT);
  EXPECT_UINT(sender.refused, 0);
  EXPECT(sender.calls > COUNT / PQQ__SEND_MESSAGES + 1); /* it was full */
  pqq__udp_sender_deinit(&sender);
  EXPECT_INT(close(ends[0]), 0);
  EXPECT_INT(close(ends[1]), 0);
}
