/* SPDX-License-Identifier: MIT */
/* The event loop of a blocking request, in the caller's thread; see request_run.h. */
#include "api/request_run.h"

#include <stdlib.h>

#include "api/race.h"
#include "core/error.h"
#include "io/address.h"
#include "io/clock.h"
#include "io/limits.h"
#include "io/poller.h"
#include "io/udp_recv.h"
#include "io/udp_send.h"
#include "tls/config.h"

typedef struct pqq__run_state {
  const pqq__request_plan *plan;
  pqq_response *response;
  pqq_engine *engine;
  pqq__race race;
  /* The request's, once it is open. */
  pqq_id stream;
  pqq__upload upload;
  pqq__udp_receiver receiver;
  pqq__udp_sender sender;
  pqq_time_ns now;
  /* Until when the present phase has time. */
  pqq_time_ns limit;
  int is_done;
  pqq_status status;
} run_state;

static void finish(run_state *state, pqq_status status) {
  if (!state->is_done) {
    state->is_done = 1;
    state->status = status;
  }
}

/* --- Events --------------------------------------------------------------------------------------
 */

/* A callback has said that it wants no more. */
static void finish_if_failed(run_state *state, pqq_status status) {
  if (status < 0) {
    finish(state, status);
  }
}

static void send_body(run_state *state) {
  if (!state->is_done) {
    finish_if_failed(state, pqq__upload_continue(&state->upload, state->engine, state->stream));
  }
}

static pqq_status too_large(const run_state *state) {
  return pqq__error_set(PQQ_ERR_BODY_TOO_LARGE, "the response body has more than %u bytes",
                        state->plan->max_body_bytes);
}

static void complete(run_state *state) {
  finish(state, pqq__response_set_info(state->response, state->engine, state->race.winner->conn));
}

static void on_response(run_state *state, const pqq_event *event) {
  uint64_t announced;

  if (event->http_status < 200) {
    return;
  }
  if (pqq__response_set_headers(state->response, event) != 0) {
    finish(state, PQQ_ERR_NO_MEMORY);
    return;
  }
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

static pqq_status take_data(run_state *state, pqq_bytes data) {
  pqq__gathered *body = &state->response->body;

  if (state->plan->on_body != NULL) {
    return data.len > 0 ? state->plan->on_body(state->plan->user_data, data) : PQQ_OK;
  }
  if (data.len > state->plan->max_body_bytes - body->len) {
    return too_large(state);
  }
  return pqq__gather(body, data, state->plan->max_body_bytes) != 0 ? PQQ_ERR_NO_MEMORY : PQQ_OK;
}

static void on_data(run_state *state, const pqq_event *event) {
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

/* The request goes to the winner only, and leaves with the end of its handshake. */
static void on_connected(run_state *state, const pqq_event *event) {
  const pqq__request_plan *plan = state->plan;
  pqq_body body = {.data = plan->body};

  if (!pqq__race_connected(&state->race, event->conn)) {
    return;
  }
  state->limit = plan->deadline;
  finish_if_failed(state, pqq_engine_request(state->engine, event->conn, 0, plan->headers,
                                             plan->header_count, plan->body.len > 0 ? &body : NULL,
                                             plan->read_body == NULL ? PQQ_WRITE_END : 0));
}

static void on_closed(run_state *state, const pqq_event *event) {
  const pqq_close_info *close = event->close;
  const pqq__attempt *winner = state->race.winner;

  if (winner == NULL || winner->conn != event->conn) {
    pqq__race_closed(&state->race, event->conn, close);
  } else if (!state->is_done) {
    finish(state,
           pqq__error_set(close->status == PQQ_OK ? PQQ_ERR_CONNECTION_CLOSED : close->status,
                          "%.*s", (int)close->reason.len,
                          close->reason.len > 0 ? (const char *)close->reason.data : ""));
  }
}

static void on_event(run_state *state, const pqq_event *event) {
  switch (event->type) {
  case PQQ_EVENT_CONNECTED:
    on_connected(state, event);
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
    on_closed(state, event);
    break;
  default:
    break;
  }
}

/* Of the request's stream. One that ends with its connection has the better
 * cause in PQQ_EVENT_CLOSED, which follows. */
static void on_stream_end(run_state *state, const pqq_event *event) {
  if (event->status != PQQ_ERR_CONNECTION_CLOSED) {
    finish(state, event->status == PQQ_OK ? PQQ_ERR_STREAM_RESET : event->status);
  }
}

static void take_events(run_state *state) {
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

static void receive(run_state *state, pqq__attempt *attempt) {
  size_t count = 0;
  uint32_t route;
  pqq_status status = pqq__udp_recv(&state->receiver, &attempt->sock, &count);

  if (status < 0) {
    (void)pqq_engine_unreachable(state->engine, attempt->remote, state->now);
  }
  for (size_t i = 0; i < count; i++) {
    attempt->is_answered = 1;
    (void)pqq_engine_recv(state->engine, &state->receiver.datagrams[i], 0, state->now, &route);
  }
}

static void receive_all(run_state *state) {
  for (size_t i = 0; i < state->race.begun; i++) {
    if (state->race.attempts[i].sock.fd >= 0) {
      receive(state, &state->race.attempts[i]);
    }
  }
}

/* What the system has refused for want of a way. */
static void report_unreachable(run_state *state) {
  if (state->sender.unreachable.family != 0) {
    (void)pqq_engine_unreachable(state->engine, &state->sender.unreachable, state->now);
    state->sender.unreachable.family = 0;
  }
}

static void add_datagrams(run_state *state, const pqq_transmit *transmit) {
  pqq__attempt *attempt = pqq__race_sender(&state->race, &transmit->local);

  if (attempt != NULL) {
    pqq__udp_sender_add(&state->sender, &attempt->sock, transmit);
  }
}

/* Fills batches and sends them until the engine or the socket has enough; the
 * congestion windows bound the former. 1 if it was the socket. */
static int send_datagrams(run_state *state) {
  while (pqq__udp_sender_flush(&state->sender) == PQQ_OK) {
    pqq_transmit transmit = {0};
    uint8_t *room;

    while ((room = pqq__udp_sender_room(&state->sender)) != NULL &&
           pqq_engine_send(state->engine, room, PQQ_MIN_SEND_BUFFER_BYTES, PQQ__GSO_MAX_SEGMENTS,
                           state->now, &transmit) == PQQ_OK) {
      add_datagrams(state, &transmit);
    }
    if (pqq__udp_sender_is_empty(&state->sender)) {
      return 0;
    }
  }
  return 1;
}

/* --- The loop ------------------------------------------------------------------------------------
 */

static void time_out(run_state *state) {
  char text[PQQ__ADDRESS_TEXT_BYTES];

  if (state->race.winner != NULL) {
    finish(state, pqq__error_set(PQQ_ERR_REQUEST_TIMEOUT, "%s",
                                 pqq__address_text(state->race.winner->remote, text)));
  } else {
    pqq__race_time_out(&state->race, state->now >= state->plan->deadline
                                         ? PQQ_ERR_REQUEST_TIMEOUT
                                         : PQQ_ERR_HANDSHAKE_TIMEOUT);
  }
}

/* Until a datagram comes, there is room for one that waits, or something is due. */
static void wait(run_state *state, int is_blocked) {
  const pqq__race *race = &state->race;
  pqq_time_ns deadline = pqq_engine_deadline(state->engine);
  int fds[PQQ__MAX_ATTEMPTS], full = -1;

  if (is_blocked) {
    pqq_time_ns tick = state->now + PQQ__BLOCKED_TICK_MS * PQQ__NS_PER_MS;

    deadline = deadline < tick ? tick : deadline;
    full = state->sender.items[state->sender.first].sock->fd;
  }
  for (size_t i = 0; i < race->begun; i++) {
    fds[i] = race->attempts[i].sock.fd;
  }
  deadline = pqq__earlier(pqq__earlier(deadline, pqq__race_deadline(race)), state->limit);
  (void)pqq__wait_sockets(fds, race->begun, full, state->now, deadline);
  state->now = pqq__clock_ns();
}

static void turn(run_state *state) {
  int is_blocked = send_datagrams(state);

  if (!is_blocked) {
    pqq__race_tidy(&state->race);
  }
  wait(state, is_blocked);
  receive_all(state);
  report_unreachable(state);
  if (pqq_engine_deadline(state->engine) <= state->now) {
    (void)pqq_engine_expire(state->engine, state->now);
  }
  take_events(state);
  if (!state->is_done && !state->race.is_over && state->now >= state->limit) {
    time_out(state);
  }
}

static void run(run_state *state) {
  while (!state->is_done) {
    pqq__race_step(&state->race, state->now);
    if (state->race.is_over) {
      finish(state, pqq__race_verdict(&state->race));
    } else {
      turn(state);
    }
  }
  /* Say goodbye, so that the server need not wait for its idle timeout. */
  (void)pqq_engine_close_all(state->engine);
  (void)send_datagrams(state);
}

static pqq_status set_up(run_state *state) {
  pqq_engine_options options;
  pqq_status status = pqq_engine_options_init(&options, sizeof options);

  if (status == PQQ_OK) {
    status = pqq_engine_new(state->plan->config, &options, &state->engine);
  }
  if (status == PQQ_OK) {
    status = pqq__udp_receiver_init(&state->receiver);
  }
  return status == PQQ_OK ? pqq__udp_sender_init(&state->sender) : status;
}

static void tear_down(run_state *state) {
  pqq_engine_free(state->engine);
  pqq__udp_receiver_deinit(&state->receiver);
  pqq__udp_sender_deinit(&state->sender);
  pqq__race_deinit(&state->race);
}

/* All attempts together have as long as one handshake. */
static pqq_time_ns connect_by(const pqq__request_plan *plan, pqq_time_ns now) {
  pqq_time_ns handshake_ms = plan->config->values.handshake_timeout_ms;

  return pqq__earlier(plan->deadline, now + handshake_ms * PQQ__NS_PER_MS);
}

pqq_status pqq__request_run(const pqq__request_plan *plan, const pqq_address *addresses,
                            size_t count, pqq_response *response) {
  pqq_connect_options options = {.struct_size = sizeof options,
                                 .server_name = plan->server_name,
                                 .require_key_exchange = plan->require_key_exchange,
                                 .require_authentication = plan->require_authentication};
  run_state *state = calloc(1, sizeof *state);
  pqq_status status;

  if (state == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  state->plan = plan;
  state->response = response;
  state->upload = (pqq__upload){.read = plan->read_body, .user_data = plan->user_data};
  state->now = pqq__clock_ns();
  state->limit = connect_by(plan, state->now);
  status = set_up(state);
  if (status == PQQ_OK) {
    pqq__race_init(&state->race, state->engine, &options, addresses, count);
    run(state);
    status = state->status;
  }
  tear_down(state);
  free(state);
  return status;
}
