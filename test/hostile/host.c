/* SPDX-License-Identifier: MIT */
/* See host.h. */
#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <pqq/pqq.h>

#define DATAGRAM_BYTES 65536
#define PSEUDO_FIELDS 4
/* Room for the answers of hundreds of connections in one burst. */
#define SOCKET_BUFFER_BYTES (4 * 1024 * 1024)

void host_fail(const char *what) {
  fprintf(stderr, "%s: %s (%s)\n", what, pqq_error_detail(), strerror(errno));
  exit(1);
}

pqq_time_ns host_now(void) {
  struct timespec time;

  clock_gettime(CLOCK_MONOTONIC, &time);
  return (pqq_time_ns)time.tv_sec * UINT64_C(1000000000) + (pqq_time_ns)time.tv_nsec;
}

pqq_config *host_config(const char *ca_file, uint32_t keep_alive_ms) {
  pqq_config_options options;
  pqq_config *config;

  if (pqq_init() != PQQ_OK) {
    host_fail("pqq_init");
  }
  (void)pqq_config_options_init(&options, sizeof options);
  options.ca_file = ca_file;
  options.keep_alive_ms = keep_alive_ms;
  if (pqq_config_new(&options, &config) != PQQ_OK) {
    host_fail("pqq_config_new");
  }
  return config;
}

void host_send_plain(host *self, const uint8_t *data, size_t len) {
  if (send(self->fd, data, len, 0) < 0 && errno != EAGAIN && errno != ENOBUFS &&
      errno != ECONNREFUSED) {
    host_fail("send");
  }
}

void host_open(host *self, pqq_config *config, uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t len = sizeof address;
  int buffer_bytes = SOCKET_BUFFER_BYTES;
  pqq_engine_options options;

  self->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (self->fd < 0 || bind(self->fd, (struct sockaddr *)&address, len) != 0 ||
      getsockname(self->fd, (struct sockaddr *)&address, &len) != 0) {
    host_fail("socket");
  }
  (void)setsockopt(self->fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
  (void)setsockopt(self->fd, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
  self->local = (pqq_address){.family = 4, .port = ntohs(address.sin_port), .ip = {127, 0, 0, 1}};
  self->server = (pqq_address){.family = 4, .port = port, .ip = {127, 0, 0, 1}};
  address.sin_port = htons(port);
  if (connect(self->fd, (struct sockaddr *)&address, sizeof address) != 0) {
    host_fail("connect");
  }
  self->send = self->send ? self->send : host_send_plain;
  (void)pqq_engine_options_init(&options, sizeof options);
  if (pqq_engine_new(config, &options, &self->engine) != PQQ_OK) {
    host_fail("pqq_engine_new");
  }
}

void host_close(host *self) {
  pqq_engine_free(self->engine);
  close(self->fd);
  self->engine = NULL;
}

static pqq_header field(const char *name, const char *value) {
  return (pqq_header){.name = {(const uint8_t *)name, strlen(name)},
                      .value = {(const uint8_t *)value, strlen(value)}};
}

pqq_status host_request(host *self, pqq_id conn, uint64_t token, const char *path,
                        const pqq_header *extra, size_t extra_count) {
  pqq_header headers[PSEUDO_FIELDS + HOST_MAX_EXTRA] = {
      field(":method", "GET"), field(":scheme", "https"), field(":authority", "localhost"),
      field(":path", path)};

  for (size_t i = 0; i < extra_count; i++) {
    headers[PSEUDO_FIELDS + i] = extra[i];
  }
  return pqq_engine_request(self->engine, conn, token, headers, PSEUDO_FIELDS + extra_count, NULL,
                            PQQ_WRITE_END);
}

pqq_id host_ask(host *self, uint64_t token, const char *path) {
  pqq_connect_options options = {.struct_size = sizeof options,
                                 .remote = self->server,
                                 .server_name = "localhost",
                                 .token = token};
  pqq_id conn;

  if (pqq_engine_connect(self->engine, &options, host_now(), &conn) != PQQ_OK ||
      host_request(self, conn, token, path, NULL, 0) != PQQ_OK) {
    host_fail("pqq_engine_connect");
  }
  return conn;
}

static void receive_all(host *self, int is_deaf) {
  uint8_t buffer[DATAGRAM_BYTES];
  ssize_t len;

  while ((len = recv(self->fd, buffer, sizeof buffer, 0)) >= 0 || errno == ECONNREFUSED) {
    pqq_datagram datagram = {.local = self->local,
                             .remote = self->server,
                             .data = {.data = buffer, .len = len < 0 ? 0 : (size_t)len}};
    uint32_t route;

    if (!is_deaf && len > 0) {
      (void)pqq_engine_recv(self->engine, &datagram, 0, host_now(), &route);
    }
  }
}

static void send_all(host *self) {
  static uint8_t buffer[PQQ_MIN_SEND_BUFFER_BYTES];
  pqq_transmit out;

  while (pqq_engine_send(self->engine, buffer, sizeof buffer, 1, host_now(), &out) == PQQ_OK) {
    self->send(self, buffer, out.len);
  }
}

void host_turn(host *self, int is_deaf) {
  pqq_event event;

  receive_all(self, is_deaf);
  (void)pqq_engine_expire(self->engine, host_now());
  while (pqq_engine_next_event(self->engine, &event) == PQQ_OK) {
    if (self->on_event) {
      self->on_event(self, &event);
    }
  }
  send_all(self);
}
