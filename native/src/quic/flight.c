/* SPDX-License-Identifier: MIT */
/* Round trips of a handshake, counted by cause: a round begins with a datagram
 * we send and ends with the first one that can be an answer to it, which is
 * one minimum RTT later. Datagrams of the same flight do not count twice, and
 * a flight that was cut by the three-times limit (RFC 9000 section 8.1) or
 * lost counts again. */
#include "quic/conn.h"

/* The minimum RTT known at the end of a handshake comes from one or two samples, which have the
 * peer's computing and reordering in them. So one round is taken as done at 3/4 of it. */
#define SLACK_SHIFT 2

void pqq__flight_note(pqq__conn *conn, int is_sent) {
  pqq__flight_log *log = conn->flight_log;

  if (log->count < PQQ__MAX_TIMED_DATAGRAMS) {
    log->datagrams[log->count].at = conn->endpoint->now;
    log->datagrams[log->count].is_sent = is_sent;
    log->count++;
  }
}

uint32_t pqq__flight_round_trips(const pqq__flight_log *log, uint64_t min_rtt_ns) {
  uint64_t round_ns = min_rtt_ns - (min_rtt_ns >> SLACK_SHIFT);
  uint32_t rounds = 0;
  int is_waiting = 0;
  pqq_time_ns began = 0;

  for (size_t i = 0; i < log->count; i++) {
    pqq_time_ns at = log->datagrams[i].at;

    if (log->datagrams[i].is_sent) {
      if (!is_waiting) {
        is_waiting = 1;
        began = at;
      }
    } else if (is_waiting && at - began >= round_ns) {
      rounds++;
      is_waiting = 0;
    }
  }
  return rounds;
}
