/* SPDX-License-Identifier: MIT */
/* A client of the scenarios: one connection, any number of exchanges. It sends
 * and checks pattern bytes (pattern.h), gives every received byte back at once
 * unless told not to, and remembers what happened for the test to judge. */
#ifndef PQQ_SIM_CLIENT_H
#define PQQ_SIM_CLIENT_H

#include "link.h"

typedef struct sim_exchange {
  /* What is asked. */
  const char *method;
  const char *path;
  /* Pattern bytes in the request's body. */
  uint64_t upload_bytes;
  /* End the request with a trailer section. */
  int sends_trailers;
  /* Do not give received bytes back. */
  int holds_credit;
  const pqq_header *extra;
  size_t extra_count;

  /* What came. */
  pqq_id stream;
  int is_opened, is_open_failed, is_reset, is_stopped, is_closed;
  int32_t http_status;
  uint32_t interim_count, response_count;
  uint64_t received_bytes;
  int is_damaged;
  /* The message ended (is_end). */
  int is_ended;
  uint32_t trailer_count;
  /* x-echo of the response and of its trailers, cut to fit. */
  char echo[64], trailer_echo[64];
  /* Of OPEN_FAILED, RESET, STOPPED and STREAM_CLOSED, the last of them. */
  pqq_status status;
  uint64_t wire_code;
  /* Body bytes handed to the engine so far. */
  uint64_t written_bytes;
  pqq_time_ns ended_at;
} sim_exchange;

typedef struct sim_client {
  sim_node node;
  pqq_id conn;
  /* For the next connection; see pqq_connect_options. */
  uint32_t expected_flight_bytes;
  /* Of requests; NULL: SIM_SERVER_NAME. */
  const char *authority;
  pqq_bytes address_token;
  /* The last one that a server gave, and how many came. */
  uint8_t new_token[PQQ_MAX_ADDRESS_TOKEN_BYTES];
  size_t new_token_len, new_tokens;
  int is_connected, is_closed, is_going_away;
  pqq_connection_info info;
  pqq_close_info close;
  char close_reason[160];
  /* Requests carry the index into these, plus one, as token. */
  sim_exchange *exchanges;
  size_t exchange_count;
  size_t opened, closed, failed;
  /* Sees every event before the client does; may be NULL. */
  void (*on_event)(struct sim_client *client, const pqq_event *event);
  void *user_data;
} sim_client;

/* Makes the engine at `address` and puts the node into `net`. Also starts a
 * connection to `server` unless that is NULL. */
void sim_client_start(sim_client *client, sim *net, pqq_config *config, const pqq_address *address,
                      const pqq_address *server);
void sim_client_connect(sim_client *client, const pqq_address *server, const char *name);
/* Takes the node out and frees the engine. */
void sim_client_stop(sim_client *client);

/* Asks for exchange `index`. */
pqq_status sim_client_request(sim_client *client, size_t index);
/* A request of `exchange`'s fields with other pseudo-header fields is not
 * possible: these are :method, https, :authority, :path. */

/* For sim_run: is_connected or is_closed; every exchange closed or failed. */
int sim_client_is_settled(void *client);
int sim_client_is_done(void *client);
int sim_client_is_closed(void *client);

/* The first datagram of a client of its own, which is gone when this returns; its length. */
size_t sim_first_datagram(pqq_config *config, const pqq_address *to,
                          uint8_t buffer[PQQ_MIN_SEND_BUFFER_BYTES]);

/* Its NAT gives it the next port: for sim_at, with the sim_client. */
void sim_client_rebind(void *client);

#endif
