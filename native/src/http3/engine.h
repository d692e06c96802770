/* SPDX-License-Identifier: MIT */
/* The inside of pqq_engine: the QUIC endpoint, the HTTP/3 streams of all its
 * connections, and the events they have made. */
#ifndef PQQ__HTTP3_ENGINE_H
#define PQQ__HTTP3_ENGINE_H

#include <nghttp3/nghttp3.h>

#include "core/date.h"
#include "http3/events.h"
#include "quic/endpoint.h"

struct pqq_engine {
  pqq_config *config;
  pqq__endpoint endpoint;
  pqq__slots streams;
  pqq__events events;
  /* The date field of responses, and the second that it is of; 0: not known. */
  uint64_t unix_s;
  char date[PQQ__DATE_BYTES + 1];
  void (*on_wake)(void *user_data);
  void *wake_user_data;
  /* The endpoint's memory. */
  nghttp3_mem mem;
};

#endif
