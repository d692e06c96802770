/* SPDX-License-Identifier: MIT */
/* The event loop of a blocking request, in the caller's thread; see attempt.h. */
#include "api/attempt.h"

#include <stdlib.h>

#include "core/error.h"
#include "io/address.h"
#include "io/clock.h"
#include "io/limits.h"
#include "io/poller.h"
#include "io/udp_recv.h"
#include "io/udp_send.h"

typedef struct pqq__attempt_state {
  const pqq__request_plan *plan;
  const pqq_address *remote;
  pqq_response *response;
  pqq_engine *engine;
  pqq_id conn;
  /* The request's, once it is open. */
  pqq_id stream;
  pqq__upload upload;
  pqq__udp_socket sock;
  pqq__udp_receiver receiver;
  pqq__udp_sender sender;
  pqq_time_ns now;
  /* Until when the present phase has time. */
  pqq_time_ns limit;
  int is_connected;
  /* Something came back, so somebody is there. */
  int is_answered;
  /* A final response has begun. */
  int has_response;
  int is_done;
  pqq_status status;
} attempt_state;

static void finish(attempt_state *state, pqq_status status) {
  if (!state->is_done) {
    state->is_done = 1;
    state->status = status;
  }
}

/* --- Events --------------------------------------------------------------------------------------
 */

/* A callback has said that it wants no more. */
static void finish_if_failed(attempt_state *state, pqq_status status) {
  if (status < 0) {
    finish(state, status);
  }
}

static void send_body(attempt_state *state) {
  if (!state->is_done) {
    finish_if_failed(state, pqq__upload_continue(&state->upload, state->engine, state->stream));
  }
}

static pqq_status too_large(const attempt_state *state) {
  return pqq__error_set(PQQ_ERR_BODY_TOO_LARGE, "the response body has more than %u bytes",
                        state->plan->max_body_bytes);
}

static void complete(attempt_state *state) {
  finish(state, pqq__response_set_info(state->response, state->engine, state->conn));
}

static void on_response(attempt_state *state, const pqq_event *event) {
  uint64_t announced;

  if (event->http_status < 200) {
    return;
  }
  if (pqq__response_set_headers(state->response, event) != 0) {
    finish(state, PQQ_ERR_NO_MEMORY);
    return;
  }
  state->has_response = 1;
  if (state->plan->on_response != NULL) {
    finish_if_failed(state, state->plan->on_response(state->plan->user_data, state->response));
  }
  if (state->plan->on_body == NULL && !state->plan->is_head &&
      pqq__section_length(event->headers, event->header_count, &announced) > 0 &&
      announced > state->plan->max_body_bytes) {
    finish(state, too_large(state));
  } else if (event->is_end) {
    complete(state);
  }
}

static pqq_status take_data(attempt_state *state, pqq_bytes data) {
  pqq__gathered *body = &state->response->body;

  if (state->plan->on_body != NULL) {
    return data.len > 0 ? state->plan->on_body(state->plan->user_data, data) : PQQ_OK;
  }
  if (data.len > state->plan->max_body_bytes - body->len) {
    return too_large(state);
  }
  return pqq__gather(body, data, state->plan->max_body_bytes) != 0 ? PQQ_ERR_NO_MEMORY : PQQ_OK;
}

static void on_data(attempt_state *state, const pqq_event *event) {
  if (state->is_done) {
    return; /* a callback wants no more */
  }
  finish_if_failed(state, take_data(state, event->data));
  if (state->is_done) {
    return;
  }
  (void)pqq_engine_consume(state->engine, event->stream, event->data.len);
  if (event->is_end) {
    complete(state);
  }
}

/* A handshake that nobody has answered is the same as an address that nobody
 * has. */
static void on_closed(attempt_state *state, const pqq_close_info *close) {
  pqq_status status = close->status == PQQ_OK ? PQQ_ERR_CONNECTION_CLOSED : close->status;

  if (!state->is_answered && status == PQQ_ERR_HANDSHAKE_TIMEOUT) {
    status = PQQ_ERR_UNREACHABLE;
  }
  if (!state->is_done) {
    finish(state, pqq__error_set(status, "%.*s", (int)close->reason.len,
                                 close->reason.len > 0 ? (const char *)close->reason.data : ""));
  }
}

static void on_event(attempt_state *state, const pqq_event *event) {
  switch (event->type) {
  case PQQ_EVENT_CONNECTED:
    state->is_connected = 1;
    state->limit = state->plan->deadline;
    break;
  case PQQ_EVENT_OPENED:
    state->stream = event->stream;
    send_body(state);
    break;
  case PQQ_EVENT_WRITABLE:
    send_body(state);
    break;
  case PQQ_EVENT_STOPPED:
    state->upload.is_done = 1;
    break;
  case PQQ_EVENT_RESPONSE:
    on_response(state, event);
    break;
  case PQQ_EVENT_DATA:
    on_data(state, event);
    break;
  case PQQ_EVENT_TRAILERS:
    complete(state);
    break;
  case PQQ_EVENT_CLOSED:
    on_closed(state, event->close);
    break;
  default:
    break;
  }
}

/* Of the request's stream. One that ends with its connection has the better
 * cause in PQQ_EVENT_CLOSED, which follows. */
static void on_stream_end(attempt_state *state, const pqq_event *event) {
  if (event->status != PQQ_ERR_CONNECTION_CLOSED) {
    finish(state, event->status == PQQ_OK ? PQQ_ERR_STREAM_RESET : event->status);
  }
}

static void take_events(attempt_state *state) {
  pqq_event event;

  while (pqq_engine_next_event(state->engine, &event) == PQQ_OK) {
    if (event.type == PQQ_EVENT_STREAM_CLOSED || event.type == PQQ_EVENT_OPEN_FAILED) {
      on_stream_end(state, &event);
    } else {
      on_event(state, &event);
    }
  }
}

/* --- Datagrams -----------------------------------------------------------------------------------
 */

static void receive(attempt_state *state) {
  size_t count = 0;
  uint32_t route;
  pqq_status status = pqq__udp_recv(&state->receiver, &state->sock, &count);

  if (status < 0 && !state->is_connected) {
    char text[PQQ__ADDRESS_TEXT_BYTES];

    finish(state, pqq__error_set(PQQ_ERR_UNREACHABLE, "%s: %s",
                                 pqq__address_text(state->remote, text), pqq_strerror(status)));
  }
  for (size_t i = 0; i < count; i++) {
    state->is_answered = 1;
    (void)pqq_engine_recv(state->engine, &state->receiver.datagrams[i], 0, state->now, &route);
  }
}

/* Fills batches and sends them until the engine or the socket has enough; one
 * connection's congestion window bounds the former. 1 if it was the socket. */
static int send_datagrams(attempt_state *state) {
  while (pqq__udp_sender_flush(&state->sender) == PQQ_OK) {
    pqq_transmit transmit = {0};
    uint8_t *room;

    while ((room = pqq__udp_sender_room(&state->sender)) != NULL &&
           pqq_engine_send(state->engine, room, PQQ_MIN_SEND_BUFFER_BYTES, PQQ__GSO_MAX_SEGMENTS,
                           state->now, &transmit) == PQQ_OK) {
      pqq__udp_sender_add(&state->sender, &state->sock, &transmit);
    }
    if (pqq__udp_sender_is_empty(&state->sender)) {
      return 0;
    }
  }
  return 1;
}

/* --- The loop ------------------------------------------------------------------------------------
 */

static void time_out(attempt_state *state) {
  char text[PQQ__ADDRESS_TEXT_BYTES];

  (void)pqq__address_text(state->remote, text);
  if (state->is_connected || (state->is_answered && state->now >= state->plan->deadline)) {
    finish(state, pqq__error_set(PQQ_ERR_REQUEST_TIMEOUT, "%s", text));
  } else {
    finish(state, pqq__error_set(PQQ_ERR_UNREACHABLE, "%s", text));
  }
}

static void turn(attempt_state *state) {
  int is_blocked = send_datagrams(state);
  pqq_time_ns deadline = pqq_engine_deadline(state->engine);

  if (is_blocked && deadline < state->now + PQQ__BLOCKED_TICK_MS * PQQ__NS_PER_MS) {
    deadline = state->now + PQQ__BLOCKED_TICK_MS * PQQ__NS_PER_MS;
  }
  if (deadline > state->limit) {
    deadline = state->limit;
  }
  (void)pqq__wait_socket(state->sock.fd, is_blocked, state->now, deadline);
  state->now = pqq__clock_ns();
  receive(state);
  if (pqq_engine_deadline(state->engine) <= state->now) {
    (void)pqq_engine_expire(state->engine, state->now);
  }
  take_events(state);
  if (!state->is_done && state->now >= state->limit) {
    time_out(state);
  }
}

static pqq_status begin(attempt_state *state) {
  const pqq__request_plan *plan = state->plan;
  pqq_connect_options options = {.struct_size = sizeof options,
                                 .remote = *state->remote,
                                 .local = state->sock.bound,
                                 .server_name = plan->server_name,
                                 .require_key_exchange = plan->require_key_exchange,
                                 .require_authentication = plan->require_authentication};
  pqq_body body = {.data = plan->body};
  pqq_status status = pqq_engine_connect(state->engine, &options, state->now, &state->conn);

  if (status != PQQ_OK) {
    return status;
  }
  return pqq_engine_request(state->engine, state->conn, 0, plan->headers, plan->header_count,
                            plan->body.len > 0 ? &body : NULL,
                            plan->read_body == NULL ? PQQ_WRITE_END : 0);
}

static pqq_status open_socket(attempt_state *state) {
  pqq__udp_options options = {.local = pqq__address_any(state->remote->family, 0),
                              .buffer_bytes = PQQ__SOCKET_BUFFER_BYTES,
                              .use_offload = 1};
  pqq_status status = pqq__udp_socket_open(&state->sock, &options);

  /* No such family here: as good as no route. */
  if (status == PQQ_ERR_ADDRESS_UNAVAILABLE) {
    return PQQ_ERR_UNREACHABLE;
  }
  return status == PQQ_OK ? pqq__udp_socket_connect(&state->sock, state->remote) : status;
}

static pqq_status set_up(attempt_state *state) {
  pqq_engine_options options;
  pqq_status status = pqq_engine_options_init(&options, sizeof options);

  if (status == PQQ_OK) {
    status = pqq_engine_new(state->plan->config, &options, &state->engine);
  }
  if (status == PQQ_OK) {
    status = pqq__udp_receiver_init(&state->receiver);
  }
  if (status == PQQ_OK) {
    status = pqq__udp_sender_init(&state->sender);
  }
  return status == PQQ_OK ? open_socket(state) : status;
}

static void tear_down(attempt_state *state) {
  pqq_engine_free(state->engine);
  pqq__udp_receiver_deinit(&state->receiver);
  pqq__udp_sender_deinit(&state->sender);
  pqq__udp_socket_close(&state->sock);
}

pqq_status pqq__attempt(const pqq__request_plan *plan, const pqq_address *remote,
                        pqq_time_ns connect_by, pqq_response *response) {
  attempt_state *state = calloc(1, sizeof *state);
  pqq_status status;

  if (state == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  state->plan = plan;
  state->remote = remote;
  state->response = response;
  state->upload = (pqq__upload){.read = plan->read_body, .user_data = plan->user_data};
  state->sock.fd = -1;
  state->now = pqq__clock_ns();
  state->limit = connect_by;
  status = set_up(state);
  if (status == PQQ_OK) {
    status = begin(state);
  }
  if (status == PQQ_OK) {
    while (!state->is_done) {
      turn(state);
    }
    status = state->status;
    /* Say goodbye, so that the server need not wait for its idle timeout. */
    (void)pqq_engine_close_all(state->engine);
    (void)send_datagrams(state);
  }
  tear_down(state);
  free(state);
  return status;
}
