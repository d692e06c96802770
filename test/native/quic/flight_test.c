/* SPDX-License-Identifier: MIT */
#include "harness.h"
#include "quic/conn.h"

#define MS 1000000u
#define RTT (20 * MS)
#define DATAGRAM_BYTES 1200

/* Positive: a datagram sent at that time, negative: received, in milliseconds. Ends with 0. */
static uint32_t round_trips(const int *times, int is_server) {
  pqq__flight_log log = {0};

  for (; *times != 0; times++) {
    int is_sent = *times > 0;
    log.datagrams[log.count].at = (pqq_time_ns)(is_sent ? *times : -*times) * MS;
    log.datagrams[log.count].bytes = DATAGRAM_BYTES;
    log.datagrams[log.count++].is_sent = is_sent;
  }
  return pqq__flight_round_trips(&log, &(pqq__flight_kind){.is_server = is_server}, RTT);
}

TEST("flights that answer each other count, whatever number of datagrams they have") {
  static const struct {
    const char *what;
    uint32_t expected;
    int is_server;
    int times[16];
  } rows[] = {
      {"nothing is taken as one", 1, 0, {0}},
      {"one round", 1, 0, {1, 1, -21, -21, -22, 0}},
      {"acknowledgements within a flight", 1, 0, {1, 1, -21, 21, -22, 22, -23, 0}},
      {"two rounds", 2, 0, {1, 1, -21, -21, 21, -41, -41, 0}},
      {"a retransmission counts by its time", 2, 0, {1, 1, -21, 21, 100, -120, 0}},
      {"a little less than the minimum is a round", 2, 0, {1, -20, 20, -38, 0}},
      {"what comes at once was caused by something else", 1, 0, {1, -21, 21, -25, 0}},
      {"a server's view: its flight and the answer", 1, 1, {-1, 2, 2, -22, 0}},
      {"a server's view of two", 2, 1, {-1, 2, 2, -22, 22, 22, -42, 0}},
  };

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    NOTE("%s", rows[i].what);
    EXPECT_UINT(round_trips(rows[i].times, rows[i].is_server), rows[i].expected);
  }
}

TEST("more than three times what was sent before the first answer takes a client two rounds, "
     "however "
     "short they are") {
  static const int three_times[] = {100, -101, -101, -101, 102, 0},
                   more[] = {100, -101, -101, -101, 102, -103, 0},
                   more_for_two[] = {100, 100, -101, -101, -101, 102, -103, 0};

  EXPECT_UINT(round_trips(three_times, 0), 1);
  EXPECT_UINT(round_trips(more, 0), 2);
  EXPECT_UINT(round_trips(more_for_two, 0), 1);
  /* A server may get what it likes. */
  EXPECT_UINT(round_trips(more, 1), 1);
}

TEST("copies of the first flight count as sent, so that what they made room for is one round") {
  static const int with_copies[] = {100,  100,  100,  100,  -101, -101, -101,
                                    -101, -101, -101, -101, 102,  0},
                   late_copies[] = {100,  100,  -101, -101, -101, -101,
                                    -101, -101, 102,  102,  -103, 0};

  EXPECT_UINT(round_trips(with_copies, 0), 1);
  EXPECT_UINT(round_trips(late_copies, 0), 2);
}

static uint32_t round_trips_within(const int *times, pqq__flight_kind kind, uint64_t rtt_ns) {
  pqq__flight_log log = {0};

  for (; *times != 0; times++) {
    log.datagrams[log.count].at = (pqq_time_ns)(*times > 0 ? *times : -*times) * 1000;
    log.datagrams[log.count].bytes = DATAGRAM_BYTES;
    log.datagrams[log.count++].is_sent = *times > 0;
  }
  return pqq__flight_round_trips(&log, &kind, rtt_ns);
}

TEST("within a machine a client goes by bytes: batches of one flight are one round") {
  /* Microseconds, at a minimum RTT of 100. */
  static const int batches[] = {1, 1, 2, 2, -300, -301, 302, 303, -900, -901, -902, 903, -1500, 0};
  static const int beyond[] = {1, -300, -301, -302, 303, -304, 0};
  static const int retried[] = {1, 1, -200, 201, 201, -700, -701, 0};
  static const int retried_beyond[] = {1,    -200, 201,  -700, -701, -702,
                                       -703, -704, -705, 706,  -900, 0};
  static const pqq__flight_kind direct = {0}, asked_again = {.has_hello_retry = 1};

  EXPECT_UINT(round_trips_within(batches, direct, 100000), 1);
  EXPECT_UINT(round_trips_within(beyond, direct, 100000), 2);
  EXPECT_UINT(round_trips_within(retried, asked_again, 100000), 2);
  EXPECT_UINT(round_trips_within(retried_beyond, asked_again, 100000), 3);
}

TEST("after a Retry there is no such limit; a token that was sent says nothing of it") {
  static const int beyond[] = {1, -300, -301, -302, -303, 304, 0};
  static const int within[] = {1, -300, -301, 304, 0};
  static const struct {
    int32_t address_validation;
    uint32_t within, beyond;
  } rows[] = {
      {PQQ_ADDRESS_BY_HANDSHAKE, 1, 2}, {PQQ_ADDRESS_BY_TOKEN, 1, 2}, {PQQ_ADDRESS_BY_RETRY, 2, 2}};

  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    pqq__flight_kind kind = {.address_validation = rows[i].address_validation};

    EXPECT_UINT(round_trips_within(within, kind, 100000), rows[i].within);
    EXPECT_UINT(round_trips_within(beyond, kind, 100000), rows[i].beyond);
  }
}

TEST("a log that is full is not written past its end") {
  pqq__endpoint endpoint = {.now = 1};
  pqq__flight_log log = {0};
  pqq__conn conn = {.endpoint = &endpoint, .flight_log = &log};

  for (int i = 0; i < PQQ__MAX_TIMED_DATAGRAMS + 10; i++) {
    endpoint.now++;
    pqq__flight_note(&conn, i % 2, DATAGRAM_BYTES);
  }
  EXPECT_UINT(log.count, PQQ__MAX_TIMED_DATAGRAMS);
  EXPECT_UINT(log.datagrams[PQQ__MAX_TIMED_DATAGRAMS - 1].at, PQQ__MAX_TIMED_DATAGRAMS + 1);
}
