/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"
#include "fields.h"
#include "pattern.h"

/* One call of pqq_engine_write. */
#define PIECE_BYTES 65536u

static void on_event(sim_node *node, const pqq_event *event);

void sim_server_start(sim_server *server, sim *net, pqq_config *config, const pqq_address *address,
                      const pqq_engine_options *options) {
  pqq_engine_options with;

  (void)pqq_engine_options_init(&with, sizeof with);
  if (options) {
    with = *options;
  }
  with.is_server = 1;
  if (pqq_engine_new(config, &with, &server->node.engine) != PQQ_OK) {
    sim_fatal("server: %s", pqq_error_detail());
  }
  server->node.address = *address;
  server->node.on_event = on_event;
  sim_add(net, &server->node);
}

void sim_server_stop(sim_server *server) {
  sim_reply *reply;

  sim_remove(&server->node);
  pqq_engine_free(server->node.engine);
  server->node.engine = NULL;
  while ((reply = server->replies) != NULL) {
    server->replies = reply->next;
    free(reply);
  }
}

static sim_reply *reply_new(sim_server *server, const pqq_event *event) {
  sim_reply *reply = calloc(1, sizeof *reply);

  if (!reply) {
    sim_fatal("out of memory");
  }
  reply->conn = event->conn;
  reply->stream = event->stream;
  sim_field_copy(event, ":path", reply->path, sizeof reply->path);
  reply->next = server->replies;
  server->replies = reply;
  (void)pqq_engine_set_user_data(server->node.engine, event->stream, reply);
  return reply;
}

static void reply_free(sim_server *server, const sim_reply *reply) {
  for (sim_reply **at = &server->replies; *at; at = &(*at)->next) {
    if (*at == reply) {
      sim_reply *gone = *at;
      *at = gone->next;
      free(gone);
      return;
    }
  }
}

/* The stream may have ended while the event waited: then there is nobody to
 * tell. */
static int must(pqq_status status, const char *what) {
  if (status < 0 && status != PQQ_ERR_NOT_FOUND) {
    sim_fatal("%s: %s (%s)", what, pqq_err_name(status), pqq_error_detail());
  }
  return status == PQQ_OK;
}

static void respond(sim_server *server, const sim_reply *reply, int32_t status, const char *name,
                    const char *value, const char *text, uint32_t flags) {
  pqq_header header = name ? sim_field(name, value) : (pqq_header){.reserved = 0};
  pqq_body body = {.data = text ? sim_bytes(text) : (pqq_bytes){NULL, 0}};

  (void)must(pqq_engine_respond(server->node.engine, reply->stream, status, &header, name != NULL,
                                text ? &body : NULL, flags),
             "respond");
  server->node.is_touched = 1;
}

void sim_server_answer(sim_server *server, const sim_reply *reply) {
  respond(server, reply, 200, NULL, NULL, NULL, PQQ_WRITE_END);
}

void sim_server_write(sim_server *server, sim_reply *reply) {
  while (reply->written_bytes < reply->total_bytes) {
    uint64_t left = reply->total_bytes - reply->written_bytes;
    pqq_body body = {
        .data = {sim_pattern(reply->written_bytes), left < PIECE_BYTES ? left : PIECE_BYTES}};
    uint32_t flags = PQQ_WRITE_BORROW | (body.data.len == left ? PQQ_WRITE_END : 0);

    reply->written_bytes += body.data.len;
    if (!must(pqq_engine_write(server->node.engine, reply->stream, &body, flags), "write")) {
      return;
    }
  }
}

static void answer_bytes(sim_server *server, sim_reply *reply) {
  char length[24];

  reply->total_bytes = strtoull(reply->path + strlen("/bytes/"), NULL, 10);
  snprintf(length, sizeof length, "%" PRIu64, reply->total_bytes);
  respond(server, reply, 200, "content-length", length, NULL,
          reply->total_bytes ? 0 : PQQ_WRITE_END);
  sim_server_write(server, reply);
}

static void answer_upload(sim_server *server, const sim_reply *reply) {
  char text[48];

  snprintf(text, sizeof text, "%" PRIu64 " %s", reply->received_bytes,
           reply->is_damaged ? "damaged" : "intact");
  respond(server, reply, 200, "x-echo", text, NULL, PQQ_WRITE_END);
}

static void answer_trailers(sim_server *server, const sim_reply *reply) {
  pqq_header trailer = sim_field("x-echo", "response trailer");

  respond(server, reply, 200, "x-echo", reply->trailer_echo[0] ? reply->trailer_echo : "none",
          (const char *)"", 0);
  (void)must(pqq_engine_trailers(server->node.engine, reply->stream, &trailer, 1), "trailers");
}

static int starts_with(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* A request's header section has come. */
static void begin(sim_server *server, sim_reply *reply) {
  if (starts_with(reply->path, "/bytes/")) {
    answer_bytes(server, reply);
  } else if (starts_with(reply->path, "/status/")) {
    respond(server, reply, atoi(reply->path + strlen("/status/")), NULL, NULL, "a short body",
            PQQ_WRITE_END);
  } else if (strcmp(reply->path, "/interim") == 0) {
    respond(server, reply, 103, "link", "</style.css>; rel=preload", NULL, 0);
    respond(server, reply, 103, NULL, NULL, NULL, 0);
    sim_server_answer(server, reply);
  }
}

/* The whole request has come. */
static void finish(sim_server *server, const sim_reply *reply) {
  if (strcmp(reply->path, "/upload") == 0) {
    answer_upload(server, reply);
  } else if (strcmp(reply->path, "/trailers") == 0) {
    answer_trailers(server, reply);
  }
}

static void on_data(sim_server *server, sim_reply *reply, const pqq_event *event) {
  if (!sim_pattern_is(reply->received_bytes, event->data.data, event->data.len)) {
    reply->is_damaged = 1;
  }
  reply->received_bytes += event->data.len;
  server->received_bytes += event->data.len;
  if (!server->holds_credit && event->data.len) {
    (void)must(pqq_engine_consume(server->node.engine, event->stream, event->data.len), "consume");
  }
}

static void on_stream_closed(sim_server *server, const sim_reply *reply, const pqq_event *event) {
  server->streams_closed++;
  server->stream_status = event->status;
  reply_free(server, reply);
}

static void on_request(sim_server *server, const pqq_event *event) {
  sim_reply *reply = reply_new(server, event);

  server->requests++;
  if (server->on_request && server->on_request(server, reply, event)) {
    return;
  }
  begin(server, reply);
  if (event->is_end) {
    finish(server, reply);
  }
}

static void on_reply(sim_server *server, sim_reply *reply, const pqq_event *event) {
  switch (event->type) {
  case PQQ_EVENT_DATA:
    on_data(server, reply, event);
    break;
  case PQQ_EVENT_TRAILERS:
    sim_field_copy(event, "x-echo", reply->trailer_echo, sizeof reply->trailer_echo);
    break;
  case PQQ_EVENT_WRITABLE:
    sim_server_write(server, reply);
    break;
  case PQQ_EVENT_RESET:
    server->resets++;
    server->wire_code = event->wire_code;
    break;
  case PQQ_EVENT_STOPPED:
    server->stops++;
    server->wire_code = event->wire_code;
    break;
  case PQQ_EVENT_STREAM_CLOSED:
    on_stream_closed(server, reply, event);
    return;
  default:
    break;
  }
  if (event->is_end) {
    finish(server, reply);
  }
}

static void on_event(sim_node *node, const pqq_event *event) {
  sim_server *server = (sim_server *)(void *)node;
  sim_reply *reply;

  if (server->on_event) {
    server->on_event(server, event);
  }
  switch (event->type) {
  case PQQ_EVENT_CONNECTED:
    server->connected++;
    server->conn = event->conn;
    server->info.struct_size = sizeof server->info;
    (void)pqq_engine_connection_info(node->engine, event->conn, &server->info);
    break;
  case PQQ_EVENT_CLOSED:
    server->closed++;
    server->close = *event->close;
    server->close.reason = (pqq_bytes){NULL, 0};
    break;
  case PQQ_EVENT_REQUEST:
    on_request(server, event);
    break;
  default:
    reply = event->stream ? pqq_engine_user_data(node->engine, event->stream) : NULL;
    if (reply) {
      on_reply(server, reply, event);
    }
    break;
  }
}
