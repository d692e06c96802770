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

/* Below this a round is less than what the two ends compute and wait for a processor, within one
 * machine or one room: a second batch of the same flight comes as late as the next one would.
 * What was lost is not seen there. */
#define SHORT_PATH_NS 10000000

/* RFC 9000 section 8.1. */
#define AMPLIFICATION_LIMIT 3

void pqq__flight_note(pqq__conn *conn, int is_sent, size_t bytes) {
  pqq__flight_log *log = conn->flight_log;

  if (log->count < PQQ__MAX_TIMED_DATAGRAMS) {
    log->datagrams[log->count].at = conn->endpoint->now;
    log->datagrams[log->count].bytes = (uint32_t)bytes;
    log->datagrams[log->count].is_sent = is_sent;
    log->count++;
  }
}

static uint32_t rounds_by_time(const pqq__flight_log *log, uint64_t min_rtt_ns) {
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

/* On a short path time cannot tell the rounds apart. Bytes can: what came beyond three
 * times what we had sent before the server's flight began was sent only after the
 * server had heard from us again. A HelloRetryRequest is one datagram and one round
 * before that. So is a Retry, after which there is no such limit. There is none either
 * where the server takes our token; whether it does shows in the time alone. */
static uint32_t client_rounds_by_bytes(const pqq__flight_log *log, const pqq__flight_kind *kind) {
  uint32_t has_hello_retry = kind->has_hello_retry != 0;
  uint64_t sent_first = 0, received = 0;
  uint32_t answers = 0;

  if (kind->address_validation == PQQ_ADDRESS_BY_RETRY) {
    return 2 + has_hello_retry;
  }
  for (size_t i = 0; i < log->count; i++) {
    if (!log->datagrams[i].is_sent) {
      received += log->datagrams[i].bytes;
      answers++;
    } else if (answers <= has_hello_retry) {
      sent_first += log->datagrams[i].bytes;
    }
  }
  return (received > AMPLIFICATION_LIMIT * sent_first ? 2 : 1) + has_hello_retry;
}

static uint32_t larger(uint32_t a, uint32_t b) {
  return a > b ? a : b;
}

uint32_t pqq__flight_round_trips(const pqq__flight_log *log, const pqq__flight_kind *kind,
                                 uint64_t min_rtt_ns) {
  uint32_t by_time = rounds_by_time(log, min_rtt_ns);
  int is_long_path = min_rtt_ns >= SHORT_PATH_NS;

  if (kind->is_server || (is_long_path && kind->address_validation == PQQ_ADDRESS_BY_TOKEN)) {
    return larger(by_time, 1);
  }
  return is_long_path ? larger(by_time, client_rounds_by_bytes(log, kind))
                      : client_rounds_by_bytes(log, kind);
}
