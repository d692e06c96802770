/* SPDX-License-Identifier: MIT */
/* See burst_flood.h. */
#include "burst_flood.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "bench.h"

/* As many as keep their buffers from running over: what a server may send to
 * 16 unanswered clients is 16 x 7,200 bytes. */
#define HANDSHAKES_PER_SOCKET 16
#define MAX_SOCKETS 256
#define DATAGRAM_BYTES 65536
#define LOWEST_PRIORITY 19
#define NS_PER_MS UINT64_C(1000000)
#define MAX_POLL_MS 1000
#define PATIENCE_NS (30 * 1000 * NS_PER_MS)

typedef struct datagram {
  int fd;
  size_t len;
  uint8_t data[1500];
} datagram;

struct flood {
  pqq_engine *engine;
  pqq_address server;
  uint32_t count, connected;
  struct pollfd sockets[MAX_SOCKETS];
  pqq_address locals[MAX_SOCKETS];
  uint32_t socket_count;
  datagram *first_flights;
  size_t datagram_count, datagram_capacity;
  uint64_t began_ns;
  uint64_t *times_ns;
  pthread_t thread;
  int has_thread;
  atomic_int is_over;
  uint8_t buffer[DATAGRAM_BYTES];
};

/* --- Sockets ------------------------------------------------------------------------------------
 */

static void open_socket(flood *self) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t len = sizeof address;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  pqq_address *local = &self->locals[self->socket_count];

  if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
    bench_fail("socket: %s", strerror(errno));
  }
  *local = (pqq_address){.family = 4, .port = ntohs(address.sin_port), .ip = {127, 0, 0, 1}};
  address.sin_port = htons(self->server.port);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    bench_fail("connect: %s", strerror(errno));
  }
  self->sockets[self->socket_count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static int socket_of(const flood *self, const pqq_address *local) {
  for (uint32_t i = 0; i < self->socket_count; i++) {
    if (self->locals[i].port == local->port) {
      return self->sockets[i].fd;
    }
  }
  bench_fail("a datagram from nowhere");
}

/* A full socket loses it, as networks do. */
static void send_one(int fd, const uint8_t *data, size_t len) {
  if (send(fd, data, len, 0) < 0 && errno != EAGAIN && errno != ENOBUFS) {
    bench_fail("send: %s", strerror(errno));
  }
}

/* --- First flights ------------------------------------------------------------------------------
 */

static void keep(flood *self, int fd, const uint8_t *data, size_t len) {
  datagram *kept;

  if (self->datagram_count == self->datagram_capacity || len > sizeof kept->data) {
    bench_fail("first flights are larger than expected");
  }
  kept = &self->first_flights[self->datagram_count++];
  kept->fd = fd;
  kept->len = len;
  memcpy(kept->data, data, len);
}

/* Everything that the engine has to send, kept or sent. */
static void drain(flood *self, void (*use)(flood *self, int fd, const uint8_t *data, size_t len)) {
  pqq_transmit out;

  while (pqq_engine_send(self->engine, self->buffer, sizeof self->buffer, 64, bench_wall_ns(),
                         &out) == PQQ_OK) {
    int fd = socket_of(self, &out.local);

    for (size_t at = 0; at < out.len; at += out.segment_bytes) {
      size_t left = out.len - at;

      use(self, fd, self->buffer + at, left < out.segment_bytes ? left : out.segment_bytes);
    }
  }
}

static void send_now(flood *self, int fd, const uint8_t *data, size_t len) {
  (void)self;
  send_one(fd, data, len);
}

static void connect_all(flood *self) {
  for (uint32_t i = 0; i < self->count; i++) {
    pqq_connect_options options = {.struct_size = sizeof options,
                                   .local = self->locals[i / HANDSHAKES_PER_SOCKET],
                                   .remote = self->server,
                                   .server_name = "localhost"};
    pqq_id conn;

    bench_check(pqq_engine_connect(self->engine, &options, bench_wall_ns(), &conn), "connect");
  }
  drain(self, keep);
}

/* --- The thread ---------------------------------------------------------------------------------
 */

static void receive(flood *self, uint32_t index) {
  ssize_t len;

  while ((len = recv(self->sockets[index].fd, self->buffer, sizeof self->buffer, 0)) >= 0) {
    pqq_datagram in = {
        .local = self->locals[index], .remote = self->server, .data = {self->buffer, (size_t)len}};
    uint32_t route;

    (void)pqq_engine_recv(self->engine, &in, 0, bench_wall_ns(), &route);
  }
}

static void take_events(flood *self) {
  pqq_event event;

  while (pqq_engine_next_event(self->engine, &event) == PQQ_OK) {
    if (event.type == PQQ_EVENT_CONNECTED) {
      self->times_ns[self->connected++] = bench_wall_ns() - self->began_ns;
    } else if (event.type == PQQ_EVENT_CLOSED) {
      bench_fail("a handshake of the burst: %s", pqq_strerror(event.status));
    }
  }
}

static int poll_ms(const flood *self) {
  pqq_time_ns now = bench_wall_ns(), deadline = pqq_engine_deadline(self->engine);
  uint64_t ms = deadline > now ? (deadline - now) / NS_PER_MS + 1 : 0;

  return ms < MAX_POLL_MS ? (int)ms : MAX_POLL_MS;
}

static void turn(flood *self) {
  if (poll(self->sockets, self->socket_count, poll_ms(self)) < 0 && errno != EINTR) {
    bench_fail("poll: %s", strerror(errno));
  }
  for (uint32_t i = 0; i < self->socket_count; i++) {
    if (self->sockets[i].revents != 0) {
      receive(self, i);
    }
  }
  if (pqq_engine_deadline(self->engine) <= bench_wall_ns()) {
    bench_check(pqq_engine_expire(self->engine, bench_wall_ns()), "expire");
  }
  take_events(self);
  drain(self, send_now);
}

static void *run(void *argument) {
  flood *self = argument;

#if defined(__linux__)
  (void)setpriority(PRIO_PROCESS, 0, LOWEST_PRIORITY); /* of this thread alone, here */
#endif
  while (self->connected < self->count) {
    if (bench_wall_ns() - self->began_ns > PATIENCE_NS) {
      bench_fail("%u of %u handshakes in 30 s", self->connected, self->count);
    }
    turn(self);
  }
  atomic_store(&self->is_over, 1);
  return NULL;
}

/* --- What burst.c calls --------------------------------------------------------------------------
 */

flood *flood_new(pqq_config *config, const pqq_address *server, uint32_t count) {
  flood *self = calloc(1, sizeof *self);
  pqq_engine_options options;

  if (count == 0 || count > MAX_SOCKETS * HANDSHAKES_PER_SOCKET) {
    bench_fail("--handshakes: 1 to %d", MAX_SOCKETS * HANDSHAKES_PER_SOCKET);
  }
  self->server = *server;
  self->count = count;
  self->datagram_capacity = (size_t)count * 4;
  self->first_flights = calloc(self->datagram_capacity, sizeof *self->first_flights);
  self->times_ns = calloc(count, sizeof *self->times_ns);
  bench_check(pqq_engine_options_init(&options, sizeof options), "engine options");
  bench_check(pqq_engine_new(config, &options, &self->engine), "engine");
  for (uint32_t i = 0; i < count; i += HANDSHAKES_PER_SOCKET) {
    open_socket(self);
  }
  return self;
}

void flood_begin(flood *self) {
  connect_all(self);
  self->began_ns = bench_wall_ns();
  for (size_t i = 0; i < self->datagram_count; i++) {
    send_one(self->first_flights[i].fd, self->first_flights[i].data, self->first_flights[i].len);
  }
  if (pthread_create(&self->thread, NULL, run, self) != 0) {
    bench_fail("no thread");
  }
  self->has_thread = 1;
}

int flood_is_over(const flood *self) {
  return atomic_load(&self->is_over);
}

uint32_t flood_count(const flood *self) {
  return self->count;
}

const uint64_t *flood_times_ns(const flood *self) {
  return self->times_ns;
}

/* The server hears of the end, or it would keep the connections. */
void flood_free(flood *self) {
  if (self->has_thread) {
    (void)pthread_join(self->thread, NULL);
  }
  (void)pqq_engine_close_all(self->engine);
  drain(self, send_now);
  for (uint32_t i = 0; i < self->socket_count; i++) {
    (void)close(self->sockets[i].fd);
  }
  pqq_engine_free(self->engine);
  free(self->first_flights);
  free(self->times_ns);
  free(self);
}
