/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <string.h>

#include "fatal.h"
#include "fields.h"
#include "pattern.h"
#include "world.h"

/* One call of pqq_engine_write. */
#define PIECE_BYTES 65536u

static void on_event(sim_node *node, const pqq_event *event);

void sim_client_start(sim_client *client, sim *net, pqq_config *config, const pqq_address *address,
                      const pqq_address *server) {
  pqq_engine_options options;

  (void)pqq_engine_options_init(&options, sizeof options);
  if (pqq_engine_new(config, &options, &client->node.engine) != PQQ_OK) {
    sim_fatal("client: %s", pqq_error_detail());
  }
  client->node.address = *address;
  client->node.on_event = on_event;
  sim_add(net, &client->node);
  if (server) {
    sim_client_connect(client, server, SIM_SERVER_NAME);
  }
}

void sim_client_connect(sim_client *client, const pqq_address *server, const char *name) {
  pqq_connect_options options = {.struct_size = sizeof options,
                                 .remote = *server,
                                 .local = client->node.address,
                                 .server_name = name,
                                 .expected_flight_bytes = client->expected_flight_bytes,
                                 .address_token = client->address_token};

  if (pqq_engine_connect(client->node.engine, &options, sim_now(client->node.net), &client->conn) !=
      PQQ_OK) {
    sim_fatal("connect: %s", pqq_error_detail());
  }
  client->node.is_touched = 1;
}

void sim_client_stop(sim_client *client) {
  sim_remove(&client->node);
  pqq_engine_free(client->node.engine);
  client->node.engine = NULL;
}

pqq_status sim_client_request(sim_client *client, size_t index) {
  const sim_exchange *exchange = &client->exchanges[index];
  pqq_header headers[32] = {
      sim_field(":method", exchange->method ? exchange->method : "GET"),
      sim_field(":scheme", "https"),
      sim_field(":authority", client->authority ? client->authority : SIM_SERVER_NAME),
      sim_field(":path", exchange->path),
  };
  int has_more = exchange->upload_bytes || exchange->sends_trailers;

  if (exchange->extra_count > 28) {
    sim_fatal("too many fields");
  }
  if (exchange->extra_count) {
    memcpy(headers + 4, exchange->extra, exchange->extra_count * sizeof *headers);
  }
  client->node.is_touched = 1;
  return pqq_engine_request(client->node.engine, client->conn, index + 1, headers,
                            4 + exchange->extra_count, NULL, has_more ? 0 : PQQ_WRITE_END);
}

static void write_trailers(sim_client *client, const sim_exchange *exchange) {
  pqq_header trailer = sim_field("x-echo", "request trailer");

  pqq_status status = pqq_engine_trailers(client->node.engine, exchange->stream, &trailer, 1);

  if (status != PQQ_OK && status != PQQ_ERR_NOT_FOUND) {
    sim_fatal("request trailers: %s", pqq_err_name(status));
  }
}

static void write_body(sim_client *client, sim_exchange *exchange) {
  while (exchange->written_bytes < exchange->upload_bytes) {
    uint64_t left = exchange->upload_bytes - exchange->written_bytes;
    pqq_body body = {
        .data = {sim_pattern(exchange->written_bytes), left < PIECE_BYTES ? left : PIECE_BYTES}};
    int is_last = body.data.len == left && !exchange->sends_trailers;
    pqq_status status = pqq_engine_write(client->node.engine, exchange->stream, &body,
                                         PQQ_WRITE_BORROW | (is_last ? PQQ_WRITE_END : 0));

    /* The stream may have ended while the event waited. */
    if (status == PQQ_ERR_NOT_FOUND) {
      return;
    }
    if (status < 0) {
      sim_fatal("write: %s", pqq_err_name(status));
    }
    exchange->written_bytes += body.data.len;
    if (status == PQQ_AGAIN) {
      return;
    }
  }
}

static void go_on_writing(sim_client *client, sim_exchange *exchange) {
  if (exchange->upload_bytes == 0 && !exchange->sends_trailers) {
    return;
  }
  write_body(client, exchange);
  if (exchange->written_bytes == exchange->upload_bytes && exchange->sends_trailers &&
      !exchange->is_stopped) {
    write_trailers(client, exchange);
    exchange->sends_trailers = 0;
  }
}

static void on_data(sim_client *client, sim_exchange *exchange, const pqq_event *event) {
  if (!sim_pattern_is(exchange->received_bytes, event->data.data, event->data.len)) {
    exchange->is_damaged = 1;
  }
  exchange->received_bytes += event->data.len;
  if (!exchange->holds_credit && event->data.len) {
    if (pqq_engine_consume(client->node.engine, event->stream, event->data.len) != PQQ_OK &&
        !client->is_closed) {
      sim_fatal("consume: %s", pqq_error_detail());
    }
  }
}

static void on_response(sim_exchange *exchange, const pqq_event *event) {
  exchange->http_status = event->http_status;
  if (event->http_status < 200) {
    exchange->interim_count++;
  } else {
    exchange->response_count++;
    sim_field_copy(event, "x-echo", exchange->echo, sizeof exchange->echo);
  }
}

static void on_stream_end(sim_client *client, sim_exchange *exchange, const pqq_event *event) {
  exchange->status = event->status;
  exchange->wire_code = event->wire_code;
  if (event->type == PQQ_EVENT_OPEN_FAILED) {
    exchange->is_open_failed = 1;
    client->failed++;
  } else {
    exchange->is_closed = 1;
    client->closed++;
  }
}

static void on_exchange(sim_client *client, sim_exchange *exchange, const pqq_event *event) {
  switch (event->type) {
  case PQQ_EVENT_OPENED:
    exchange->is_opened = 1;
    exchange->stream = event->stream;
    client->opened++;
    go_on_writing(client, exchange);
    break;
  case PQQ_EVENT_RESPONSE:
    on_response(exchange, event);
    break;
  case PQQ_EVENT_DATA:
    on_data(client, exchange, event);
    break;
  case PQQ_EVENT_TRAILERS:
    exchange->trailer_count++;
    sim_field_copy(event, "x-echo", exchange->trailer_echo, sizeof exchange->trailer_echo);
    break;
  case PQQ_EVENT_RESET:
    exchange->is_reset = 1;
    exchange->wire_code = event->wire_code;
    break;
  case PQQ_EVENT_STOPPED:
    exchange->is_stopped = 1;
    exchange->wire_code = event->wire_code;
    break;
  case PQQ_EVENT_WRITABLE:
    go_on_writing(client, exchange);
    break;
  case PQQ_EVENT_OPEN_FAILED:
  case PQQ_EVENT_STREAM_CLOSED:
    on_stream_end(client, exchange, event);
    break;
  default:
    break;
  }
  if (event->is_end) {
    exchange->is_ended = 1;
    exchange->ended_at = sim_now(client->node.net);
  }
}

static void on_connected(sim_client *client) {
  client->is_connected = 1;
  client->info.struct_size = sizeof client->info;
  if (pqq_engine_connection_info(client->node.engine, client->conn, &client->info) != PQQ_OK) {
    sim_fatal("no connection info at CONNECTED");
  }
}

static void on_closed(sim_client *client, const pqq_event *event) {
  if (client->is_closed) {
    sim_fatal("a connection closes twice");
  }
  client->is_closed = 1;
  client->close = *event->close;
  client->close.reason.data = (const uint8_t *)client->close_reason;
  if (client->close.reason.len >= sizeof client->close_reason) {
    client->close.reason.len = sizeof client->close_reason - 1;
  }
  if (client->close.reason.len) {
    memcpy(client->close_reason, event->close->reason.data, client->close.reason.len);
  }
  client->close_reason[client->close.reason.len] = '\0';
}

static void on_event(sim_node *node, const pqq_event *event) {
  sim_client *client = (sim_client *)(void *)node;

  if (event->conn != client->conn) {
    return; /* of an earlier sim_client_connect */
  }
  if (client->on_event) {
    client->on_event(client, event);
  }
  switch (event->type) {
  case PQQ_EVENT_CONNECTED:
    on_connected(client);
    break;
  case PQQ_EVENT_CLOSED:
    on_closed(client, event);
    break;
  case PQQ_EVENT_GOING_AWAY:
    client->is_going_away = 1;
    break;
  case PQQ_EVENT_NEW_TOKEN:
    client->new_tokens++;
    client->new_token_len = event->data.len;
    memcpy(client->new_token, event->data.data, event->data.len);
    break;
  default:
    if (event->token >= 1 && event->token <= client->exchange_count) {
      on_exchange(client, &client->exchanges[event->token - 1], event);
    }
    break;
  }
}

int sim_client_is_settled(void *arg) {
  const sim_client *client = arg;

  return client->is_connected || client->is_closed;
}

int sim_client_is_done(void *arg) {
  const sim_client *client = arg;

  return client->closed + client->failed == client->exchange_count;
}

int sim_client_is_closed(void *arg) {
  const sim_client *client = arg;

  return client->is_closed;
}

size_t sim_first_datagram(pqq_config *config, const pqq_address *to,
                          uint8_t buffer[PQQ_MIN_SEND_BUFFER_BYTES]) {
  pqq_connect_options connect = {
      .struct_size = sizeof connect, .remote = *to, .server_name = SIM_SERVER_NAME};
  pqq_engine_options options;
  pqq_engine *engine = NULL;
  pqq_transmit out;
  pqq_id conn;

  if (pqq_engine_options_init(&options, sizeof options) != PQQ_OK ||
      pqq_engine_new(config, &options, &engine) != PQQ_OK ||
      pqq_engine_connect(engine, &connect, SIM_SECOND, &conn) != PQQ_OK ||
      pqq_engine_send(engine, buffer, PQQ_MIN_SEND_BUFFER_BYTES, 1, SIM_SECOND, &out) != PQQ_OK) {
    sim_fatal("first datagram: %s", pqq_error_detail());
  }
  pqq_engine_free(engine);
  return out.len;
}

void sim_client_rebind(void *client) {
  sim_node *node = &((sim_client *)client)->node;

  sim_rebind(node, (uint16_t)(node->outside.port + 1));
}
