/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "handshake.h"

void handshake_print_cost(const char *name, const handshake_cost *cost, uint32_t count) {
  printf(",\"%s\":{\"finishedMicros\":%.2f,\"wholeMicros\":%.2f,\"bytesSent\":%.0f,"
         "\"bytesReceived\":%.0f,\"datagramsSent\":%.1f,\"datagramsReceived\":%.1f}",
         name, (double)cost->finished_ns / 1e3 / count, (double)cost->whole_ns / 1e3 / count,
         (double)cost->bytes_sent / count, (double)cost->bytes_received / count,
         (double)cost->datagrams_sent / count, (double)cost->datagrams_received / count);
}
