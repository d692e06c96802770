/* SPDX-License-Identifier: MIT */
/* Keeps and repeats a client's first datagrams; see first_flight.h. */
#include <stdlib.h>
#include <string.h>

#include "quic/conn.h"

/* RFC 9000 section 8.1. */
#define AMPLIFICATION_LIMIT 3

/* Only velocity/1 promises a flight that is known to be large. A server of plain h3 most often has
 * a classical certificate: repeating would be waste. */
static uint32_t expected_by_offer(const pqq__conn *conn) {
  size_t datagram_bytes = ngtcp2_conn_get_path_max_tx_udp_payload_size2(conn->quic);

  return pqq__tls_session_expected_flight(conn->tls, (uint32_t)datagram_bytes);
}

void pqq__first_flight_begin(pqq__conn *conn) {
  uint32_t expected = conn->expected_flight_bytes;

  /* A token makes no difference: whether the server still takes it, nobody can know. */
  if (conn->config->values.disable_first_flight_repeat) {
    return;
  }
  if (expected == 0) {
    expected = expected_by_offer(conn);
  }
  if (expected == 0) {
    return;
  }
  /* Without memory the handshake takes a round trip more, that is all. */
  conn->first_flight = calloc(1, sizeof *conn->first_flight);
  if (conn->first_flight) {
    conn->first_flight->expected_bytes = expected;
  }
}

void pqq__first_flight_end(pqq__conn *conn) {
  pqq__first_flight *flight = conn->first_flight;

  if (!flight) {
    return;
  }
  for (size_t i = 0; i < flight->count; i++) {
    free(flight->datagrams[i].data);
  }
  free(flight);
  conn->first_flight = NULL;
}

/* A datagram that is not kept counts all the same. */
static void keep(pqq__first_flight *flight, const uint8_t *data, size_t len) {
  uint8_t *copy;

  flight->sent_bytes += len;
  flight->sent_count++;
  if (flight->count == PQQ__MAX_FIRST_FLIGHT_DATAGRAMS || !pqq__is_initial(data, len)) {
    return;
  }
  copy = malloc(len);
  if (copy) {
    memcpy(copy, data, len);
    flight->datagrams[flight->count].data = copy;
    flight->datagrams[flight->count++].len = len;
  }
}

void pqq__first_flight_keep(pqq__conn *conn, const uint8_t *data, const pqq_transmit *sent) {
  pqq__first_flight *flight = conn->first_flight;
  size_t at = 0;

  if (!flight) {
    return;
  }
  flight->local = sent->local;
  flight->remote = sent->remote;
  while (at < sent->len) {
    size_t left = sent->len - at;
    size_t len = left < sent->segment_bytes ? left : sent->segment_bytes;

    keep(flight, data + at, len);
    at += len;
  }
}

/* Whether the server's limit is still below what it is expected to send, and one more datagram is
 * allowed: by number, and by the congestion window, of which ngtcp2 knows only the originals. */
static int wants_more(const pqq__conn *conn, uint64_t window) {
  const pqq__first_flight *flight = conn->first_flight;

  return flight->count > 0 && flight->sent_count < PQQ__MAX_FIRST_FLIGHT_DATAGRAMS &&
         AMPLIFICATION_LIMIT * flight->sent_bytes < flight->expected_bytes &&
         flight->sent_bytes + flight->datagrams[flight->next].len <= window;
}

/* The datagrams of one call have one size. */
static size_t append_copies(pqq__conn *conn, uint8_t *buffer, size_t buffer_bytes,
                            uint32_t max_segments, size_t *segment_bytes) {
  pqq__first_flight *flight = conn->first_flight;
  ngtcp2_conn_info info;
  size_t total = 0;

  ngtcp2_conn_get_conn_info2(conn->quic, &info);
  for (uint32_t i = 0; i < max_segments && wants_more(conn, info.cwnd); i++) {
    size_t len = flight->datagrams[flight->next].len;

    if (i == 0) {
      *segment_bytes = len;
    }
    if (len != *segment_bytes || len > buffer_bytes - total) {
      break;
    }
    memcpy(buffer + total, flight->datagrams[flight->next].data, len);
    total += len;
    flight->sent_bytes += len;
    flight->sent_count++;
    flight->next = (flight->next + 1) % flight->count;
    conn->first_flight_repeats++;
    conn->endpoint->stats.first_flight_repeats++;
  }
  return total;
}

size_t pqq__first_flight_repeat(pqq__conn *conn, uint8_t *buffer, size_t buffer_bytes,
                                uint32_t max_segments, pqq_transmit *out) {
  pqq__first_flight *flight = conn->first_flight;
  size_t segment_bytes = 0, total;

  if (!flight || flight->sent_count == 0) {
    return 0;
  }
  total = append_copies(conn, buffer, buffer_bytes, max_segments, &segment_bytes);
  if (total == 0) {
    pqq__first_flight_end(conn);
    return 0;
  }
  out->local = flight->local;
  out->remote = flight->remote;
  out->len = total;
  out->segment_bytes = (uint32_t)segment_bytes;
  /* Without ECN: a peer that counted the marks of copies would tell of more than ngtcp2 has sent,
   * which ends ECN (RFC 9000 section 13.4.2.1). */
  out->ecn = 0;
  return total;
}
