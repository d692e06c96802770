/* SPDX-License-Identifier: MIT */
/* An engine of clients with a socket of its own, towards one server on 127.0.0.1. */
#ifndef HOSTILE_HOST_H
#define HOSTILE_HOST_H

#include <stddef.h>

#include <pqq/engine.h>

#define HOST_MAX_EXTRA 8

typedef struct host host;

/* What a host does with the datagrams that its engine wants to send. */
typedef void (*host_send_fn)(host *self, const uint8_t *data, size_t len);

struct host {
  pqq_engine *engine;
  int fd;
  pqq_address local, server;
  host_send_fn send;
  void (*on_event)(host *self, const pqq_event *event);
  void *user_data;
};

/* Ends the program with a sentence. */
_Noreturn void host_fail(const char *what);

pqq_time_ns host_now(void);

/* A configuration of a client that trusts the roots of a file. */
pqq_config *host_config(const char *ca_file, uint32_t keep_alive_ms);

void host_open(host *self, pqq_config *config, uint16_t port);
void host_close(host *self);

/* A connection with one request on it, whose token is `token`. */
pqq_id host_ask(host *self, uint64_t token, const char *path);

/* One more request, with up to HOST_MAX_EXTRA fields of the caller's. */
pqq_status host_request(host *self, pqq_id conn, uint64_t token, const char *path,
                        const pqq_header *extra, size_t extra_count);

/* Sends as it is. A full socket loses a datagram, as networks do. */
void host_send_plain(host *self, const uint8_t *data, size_t len);

/* Datagrams in, timers, events, datagrams out. `is_deaf`: what comes in is thrown away. */
void host_turn(host *self, int is_deaf);

#endif
