/* SPDX-License-Identifier: MIT */
/* The engine in an event loop of the program's own: one socket, poll, no thread of libpqq's. The
 * server here answers one request, which a second engine in the same loop makes, and ends.
 *
 *   cmake -S . -B build -G Ninja -DPQQ_BUILD_EXAMPLES=ON && cmake --build build
 *   build/examples/loop
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <pqq/pqq.h>

/* An engine with its socket, connected to nobody, on a port of 127.0.0.1. */
typedef struct host {
  pqq_engine *engine;
  int fd;
  pqq_address local;
  int is_done;
} host;

static void fail(const char *what) {
  fprintf(stderr, "%s: %s %s\n", what, pqq_error_detail(), errno ? strerror(errno) : "");
  exit(1);
}

static pqq_time_ns now(void) {
  struct timespec time;

  clock_gettime(CLOCK_MONOTONIC, &time);
  return (pqq_time_ns)time.tv_sec * 1000000000u + (pqq_time_ns)time.tv_nsec;
}

/* Rounded up, or the loop would come back too early again and again. */
static int milliseconds_until(pqq_time_ns deadline) {
  pqq_time_ns at = now();

  if (deadline == PQQ_TIME_NEVER) {
    return -1;
  }
  return deadline <= at ? 0 : (int)((deadline - at + 999999u) / 1000000u);
}

static pqq_address address_of(const struct sockaddr_in *from) {
  pqq_address address = {.family = 4, .port = ntohs(from->sin_port)};

  memcpy(address.ip, &from->sin_addr, 4);
  return address;
}

/* --- Datagrams -----------------------------------------------------------------------------------
 */

static void receive_all(host *self) {
  uint8_t buffer[65536];
  struct sockaddr_in from;
  socklen_t from_length = sizeof from;
  ssize_t length;

  while ((length = recvfrom(self->fd, buffer, sizeof buffer, 0, (struct sockaddr *)&from,
                            &from_length)) >= 0) {
    pqq_datagram datagram = {.local = self->local,
                             .remote = address_of(&from),
                             .data = {.data = buffer, .len = (size_t)length}};
    uint32_t route;

    (void)pqq_engine_recv(self->engine, &datagram, 0, now(), &route);
    from_length = sizeof from;
  }
}

/* One datagram at a time: max_segments is 1. A datagram that a full socket refuses is lost, as it
 * may be on any network; a program that sends much keeps it and waits until the socket is writable.
 */
static void send_all(host *self) {
  static uint8_t buffer[PQQ_MIN_SEND_BUFFER_BYTES];
  pqq_transmit out;

  while (pqq_engine_send(self->engine, buffer, sizeof buffer, 1, now(), &out) == PQQ_OK) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(out.remote.port)};

    memcpy(&to.sin_addr, out.remote.ip, 4);
    (void)sendto(self->fd, buffer, out.len, 0, (struct sockaddr *)&to, sizeof to);
  }
}

/* --- Events --------------------------------------------------------------------------------------
 */

static void answer(pqq_engine *engine, pqq_id stream) {
  static const char text[] = "hello from a loop of my own\n";
  const pqq_body body = {.data = {.data = (const uint8_t *)text, .len = sizeof text - 1}};

  if (pqq_engine_respond(engine, stream, 200, NULL, 0, &body, PQQ_WRITE_END) != PQQ_OK) {
    fail("pqq_engine_respond");
  }
}

static void on_event(host *self, const pqq_event *event) {
  switch (event->type) {
  case PQQ_EVENT_REQUEST:
    answer(self->engine, event->stream);
    break;
  case PQQ_EVENT_RESPONSE:
    printf("status %d\n", event->http_status);
    break;
  case PQQ_EVENT_DATA:
    printf("%.*s", (int)event->data.len, (const char *)event->data.data);
    (void)pqq_engine_consume(self->engine, event->stream, event->data.len);
    break;
  case PQQ_EVENT_STREAM_CLOSED:
  case PQQ_EVENT_CLOSED:
    self->is_done = 1;
    break;
  default: /* what this program has no use for */
    break;
  }
}

static void turn(host *self) {
  pqq_event event;

  receive_all(self);
  (void)pqq_engine_expire(self->engine, now());
  while (pqq_engine_next_event(self->engine, &event) == PQQ_OK) {
    on_event(self, &event);
  }
  send_all(self);
}

/* --- The loop ------------------------------------------------------------------------------------
 */

static void run_until_answered(host *server, host *client) {
  struct pollfd waiting[] = {{.fd = server->fd, .events = POLLIN},
                             {.fd = client->fd, .events = POLLIN}};

  while (!client->is_done) {
    pqq_time_ns first = pqq_engine_deadline(server->engine);
    pqq_time_ns second = pqq_engine_deadline(client->engine);

    (void)poll(waiting, 2, milliseconds_until(first < second ? first : second));
    turn(server);
    turn(client);
  }
}

static void host_open(host *self, pqq_config *config, int is_server) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  pqq_engine_options options;

  memset(self, 0, sizeof *self);
  self->fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (self->fd < 0 || fcntl(self->fd, F_SETFL, O_NONBLOCK) != 0 ||
      bind(self->fd, (struct sockaddr *)&address, sizeof address) != 0 ||
      getsockname(self->fd, (struct sockaddr *)&address, &length) != 0) {
    fail("socket");
  }
  self->local = address_of(&address);
  (void)pqq_engine_options_init(&options, sizeof options);
  options.is_server = is_server;
  if (pqq_engine_new(config, &options, &self->engine) != PQQ_OK) {
    fail("pqq_engine_new");
  }
}

static void host_close(host *self) {
  (void)pqq_engine_close_all(self->engine);
  send_all(self); /* CONNECTION_CLOSE */
  pqq_engine_free(self->engine);
  close(self->fd);
}

static pqq_header field(const char *name, const char *value) {
  pqq_header header = {.name = {(const uint8_t *)name, strlen(name)},
                       .value = {(const uint8_t *)value, strlen(value)}};
  return header;
}

static void ask(host *client, const host *server) {
  pqq_header headers[] = {field(":method", "GET"), field(":scheme", "https"),
                          field(":authority", "localhost"), field(":path", "/")};
  pqq_connect_options options = {
      .struct_size = sizeof options, .remote = server->local, .server_name = "localhost"};
  pqq_id connection;

  if (pqq_engine_connect(client->engine, &options, now(), &connection) != PQQ_OK ||
      pqq_engine_request(client->engine, connection, 0, headers, 4, NULL, PQQ_WRITE_END) !=
          PQQ_OK) {
    fail("pqq_engine_connect");
  }
}

static pqq_config *make_config(void) {
  const char *names[] = {"localhost"};
  pqq_dev_identity *identity;
  pqq_config *config;
  pqq_config_options options;

  if (pqq_init() != PQQ_OK ||
      pqq_dev_identity_new(PQQ_PROFILE_BALANCED, names, 1, 1, &identity) != PQQ_OK) {
    fail("pqq_dev_identity_new");
  }
  pqq_identity_source source = {.cert_pem = identity->pq_cert_pem, .key_pem = identity->pq_key_pem};

  (void)pqq_config_options_init(&options, sizeof options);
  options.identities = &source;
  options.identity_count = 1;
  options.ca_pem = identity->ca_pem;
  if (pqq_config_new(&options, &config) != PQQ_OK) {
    fail("pqq_config_new");
  }
  pqq_dev_identity_free(identity);
  return config;
}

int main(void) {
  pqq_config *config = make_config();
  host server, client;

  host_open(&server, config, 1);
  host_open(&client, config, 0);
  pqq_config_unref(config); /* the engines hold it */
  ask(&client, &server);
  send_all(&client);
  run_until_answered(&server, &client);
  host_close(&client);
  host_close(&server);
  return 0;
}
