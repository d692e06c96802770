/* SPDX-License-Identifier: MIT */
/* A server of the scenarios. What it does depends on the path:
 *
 *   /bytes/N    200 with N pattern bytes, written as the engine takes them
 *   /upload     200 when the body has come; x-echo: "N intact" or "N damaged"
 *   /status/N   status N with a short body
 *   /interim    two interim responses (103), then 200
 *   /trailers   200, a short body, a trailer section; x-echo repeats the
 *               request's trailer field
 *   /hang       nothing
 *
 * A test that needs more sets on_request. */
#ifndef PQQ_SIM_SERVER_H
#define PQQ_SIM_SERVER_H

#include "link.h"

/* One request; lives until its stream has closed. */
typedef struct sim_reply {
  struct sim_reply *next;
  pqq_id conn, stream;
  char path[64];
  uint64_t total_bytes, written_bytes, received_bytes;
  int is_damaged, has_trailers;
  char trailer_echo[64];
} sim_reply;

typedef struct sim_server {
  sim_node node;
  size_t connected, closed, requests, streams_closed;
  /* Events RESET and STOPPED. */
  size_t resets, stops;
  uint64_t wire_code;
  pqq_status stream_status;
  pqq_id conn;
  pqq_connection_info info;
  pqq_close_info close;
  /* Do not give received bytes back. */
  int holds_credit;
  uint64_t received_bytes;
  sim_reply *replies;
  /* Returns 1 if it has dealt with the request; `reply` stays the stream's. */
  int (*on_request)(struct sim_server *server, sim_reply *reply, const pqq_event *event);
  /* Sees every event before the server does; may be NULL. */
  void (*on_event)(struct sim_server *server, const pqq_event *event);
  void *user_data;
} sim_server;

/* Makes the engine at `address` and puts the node into `net`. `options` may be NULL;
 * is_server is set here. */
void sim_server_start(sim_server *server, sim *net, pqq_config *config, const pqq_address *address,
                      const pqq_engine_options *options);
void sim_server_stop(sim_server *server);

/* Ends what `reply` waits for, with 200 and no body. */
void sim_server_answer(sim_server *server, const sim_reply *reply);
/* Writes what is missing of a body of `reply->total_bytes`. */
void sim_server_write(sim_server *server, sim_reply *reply);

#endif
