/* SPDX-License-Identifier: MIT */
/* One QUIC connection: an ngtcp2 connection with its TLS session, timers and
 * counters. Split by direction of data: conn_recv.c, conn_send.c, conn_timer.c,
 * conn_close.c. */
#ifndef PQQ__QUIC_CONN_H
#define PQQ__QUIC_CONN_H

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "quic/endpoint.h"
#include "quic/first_flight.h"
#include "quic/path.h"
#include "quic/versions.h"
#include "tls/tls.h"

typedef enum pqq__conn_state {
  PQQ__CONN_HANDSHAKE,
  PQQ__CONN_OPEN,
  /* We sent CONNECTION_CLOSE and answer with it until the timer ends (RFC 9000
   * section 10.2.1). */
  PQQ__CONN_CLOSING,
  /* The peer closed; silent until the timer ends (section 10.2.2). */
  PQQ__CONN_DRAINING
} pqq__conn_state;

/* When which datagram of the handshake passed, for the round trip count. */
typedef struct pqq__flight_log {
  size_t count;
  struct {
    pqq_time_ns at;
    uint32_t bytes;
    int is_sent;
  } datagrams[PQQ__MAX_TIMED_DATAGRAMS];
} pqq__flight_log;

/* Sizes that path MTU discovery tries; see conn_settings.c. */
#define PQQ__MTU_PROBES 5

/* Settings of ngtcp2 with what they point to. */
typedef struct pqq__conn_settings {
  ngtcp2_settings quic;
  uint16_t probes[PQQ__MTU_PROBES];
  uint32_t versions[PQQ_MAX_QUIC_VERSIONS];
} pqq__conn_settings;

/* What is known of the path's size beside ngtcp2; see conn_path.c. */
typedef struct pqq__mtu {
  /* The largest that passed, as ngtcp2 says. */
  size_t found_bytes;
  /* What datagrams are cut to; 0: nothing. Until when, and how long the next time. */
  size_t cap_bytes;
  pqq_time_ns cap_until, cap_for;
  /* When the first large datagram left since one was acknowledged; 0: none has. */
  pqq_time_ns waiting_since;
} pqq__mtu;

/* What a client has heard while it waits; see conn_quiet.c. */
typedef struct pqq__quiet {
  /* Since when nothing came, or the last PING was sent; 0: not yet known. */
  pqq_time_ns since;
  uint32_t open_requests;
  uint8_t pings;
  /* The next packet carries a PING. */
  uint8_t is_due;
} pqq__quiet;

struct pqq__conn {
  pqq__endpoint *endpoint;
  /* With which it began; the endpoint may have another one by now. Until it sheds. */
  pqq_config *config;
  ngtcp2_conn *quic;
  pqq__tls_session *tls;
  ngtcp2_crypto_conn_ref ref;
  void *app;
  pqq_id id;
  pqq__node all_node, sending_node, job_node;
  pqq__timer timer;
  pqq_time_ns app_timer;
  /* When the external signer that has our job is given up; PQQ_TIME_NEVER without one. */
  pqq_time_ns sign_timer;
  pqq__conn_state state;
  int is_server;
  int is_handshake_done;
  int is_app_writable;
  /* Request streams that the client may open, in all: of a server what it has allowed, of a client
   * any number. */
  uint64_t request_limit;
  /* A client's that does not care which address of ours the peer's datagrams come to. */
  int has_any_local;
  /* A stream was reset before the flight that ends a client's handshake; see conn_send.c. */
  int has_early_reset;
  /* The peer sent a stateless reset (RFC 9000 section 10.3). */
  int was_reset;
  /* Set once a fatal error was chosen; conn_close.c sends it. */
  int has_failure;
  ngtcp2_ccerr failure;
  /* What it is reported as, with the text of the TLS session; PQQ_OK: as the wire
   * code says. */
  pqq_status failure_status;
  const char *failure_reason;
  int has_failed_proof;
  pqq_job *job;
  /* The peer's, under which endpoint.reset_tokens has this connection. */
  uint8_t reset_tokens[PQQ__MAX_RESET_TOKENS][PQQ__RESET_TOKEN_BYTES];
  size_t reset_token_count;
  /* First Destination Connection ID of a client, which we must know until the
   * client uses ours. */
  ngtcp2_cid first_dcid;
  /* CONNECTION_CLOSE to repeat while closing, and its way. */
  uint8_t *close_packet;
  size_t close_packet_len;
  pqq_address close_local, close_remote;
  /* PQQ_EVENT_CLOSED is still to be taken: what may be asked about until then stays. */
  int is_close_waiting;
  /* Our ids, once the connection has shed all that is not needed to be closed. */
  ngtcp2_cid *scids;
  size_t scid_count;
  uint32_t closing_datagrams;
  pqq_time_ns began;
  pqq__flight_log *flight_log;
  /* A client's, until its copies are out or it has had an answer. */
  pqq__first_flight *first_flight;
  uint32_t first_flight_repeats;
  /* See pqq_connect_options. */
  uint32_t expected_flight_bytes;
  /* What a peer may still do with its address; see conn_path.c. */
  pqq__allowance path_changes;
  pqq_address validated_remote;
  pqq__mtu mtu;
  pqq__quiet quiet;
  /* A client's that has met a Version Negotiation packet: the version it tries next, and the one it
   * has begun with. */
  uint32_t next_version, first_version;
  /* PQQ_ADDRESS_*. */
  int32_t address_validation;
  /* datagrams_sent with which the peer's id is renewed; see conn_id.c. */
  uint64_t renew_id_at;
  /* NEW_TOKEN frames that a client has reported. */
  uint32_t new_tokens;
  uint64_t handshake_ns;
  uint32_t tls_round_trips;
  uint32_t handshake_round_trips;
  uint64_t bytes_sent, bytes_received, datagrams_sent, datagrams_received;
  uint64_t handshake_bytes_sent, handshake_bytes_received;
  uint64_t handshake_datagrams_sent, handshake_datagrams_received;
};

/* How a client is let in: the header of its Initial, PQQ_ADDRESS_*, and after a Retry the
 * Destination Connection ID that it had chosen before. */
typedef struct pqq__welcome {
  const ngtcp2_pkt_hd *header;
  int32_t address_validation;
  ngtcp2_cid original_dcid;
} pqq__welcome;

/* conn.c: birth, death, facts. */
pqq__conn *pqq__conn_accept(pqq__endpoint *endpoint, const pqq__welcome *welcome,
                            const ngtcp2_path *path);
pqq_status pqq__conn_connect(pqq__endpoint *endpoint, const pqq_connect_options *options, void *app,
                             pqq__conn **result);
void pqq__conn_free(pqq__conn *conn);
/* Frees what a connection that is closing or draining has no more use for: about 50 KiB, nearly
 * all of it. Not inside callbacks. */
void pqq__conn_shed(pqq__conn *conn);
pqq_status pqq__conn_info(const pqq__conn *conn, pqq_connection_info *info);
pqq_status pqq__conn_update_keys(pqq__conn *conn);
/* Begins a client's handshake anew with conn->next_version, after a Version Negotiation packet. -1:
 * no memory, nothing has changed. */
int pqq__conn_begin_again(pqq__conn *conn);

/* conn_settings.c */
void pqq__conn_fill_settings(const pqq__conn *conn, pqq__conn_settings *own);
void pqq__conn_fill_params(const pqq__conn *conn, ngtcp2_transport_params *params);

/* conn_callbacks.c */
/* All that the peer has to prove is proven: the handshake counts as done. */
void pqq__conn_established(pqq__conn *conn);
extern const ngtcp2_callbacks pqq__conn_server_callbacks;
extern const ngtcp2_callbacks pqq__conn_client_callbacks;

/* reset_token.c: which connection a peer's stateless reset is for. */
void pqq__conn_add_reset_token(pqq__conn *conn, const uint8_t *token);
void pqq__conn_remove_reset_token(pqq__conn *conn, const uint8_t *token);
void pqq__conn_forget_reset_tokens(pqq__conn *conn);
pqq__conn *pqq__conn_find_by_reset_token(const pqq__endpoint *endpoint, const uint8_t *data,
                                         size_t len);

/* flight.c: the handshake's round trips. */
typedef struct pqq__flight_kind {
  int is_server;
  /* There was a HelloRetryRequest. */
  int has_hello_retry;
  /* PQQ_ADDRESS_*. */
  int32_t address_validation;
} pqq__flight_kind;
void pqq__flight_note(pqq__conn *conn, int is_sent, size_t bytes);
uint32_t pqq__flight_round_trips(const pqq__flight_log *log, const pqq__flight_kind *kind,
                                 uint64_t min_rtt_ns);

/* conn_recv.c: takes in one datagram; the connection may be gone after. Returns 0 or the error of
 * ngtcp2 that was dealt with. */
int pqq__conn_recv(pqq__conn *conn, const ngtcp2_path *path, uint32_t ecn, const uint8_t *data,
                   size_t len);
/* Continues a handshake, or a proof, whose job is done; the connection may be gone after. */
void pqq__conn_complete(pqq__conn *conn, const pqq_job *job);
/* The same without the job: its signer has taken too long. */
void pqq__conn_sign_late(pqq__conn *conn);
/* conn_close.c: the connection ends, and nobody waits for its job any more. */
void pqq__conn_drop_job(pqq__conn *conn);

/* conn_path.c: the peer's address, and what datagrams the way there takes. */
/* Whether a datagram from there may be taken in. */
int pqq__conn_may_recv_from(const pqq__conn *conn, const ngtcp2_path *path);
/* ngtcp2 begins to validate that path. */
void pqq__conn_note_validation(pqq__conn *conn, const ngtcp2_path *path);
/* Datagrams of that size were sent; what was in them was acknowledged; a timer has run. */
/* What is left of a datagram of that size after a black hole. */
size_t pqq__mtu_room(const pqq__conn *conn, size_t datagram_bytes);
void pqq__mtu_note_sent(pqq__conn *conn, size_t datagram_bytes);
void pqq__mtu_note_acked(pqq__conn *conn);
void pqq__mtu_check(pqq__conn *conn);

/* conn_id.c: the peer's connection id does not stay. */
/* The handshake is done, or an id was taken into use: how long this one stays. */
void pqq__conn_begin_id(pqq__conn *conn);
/* Before packets are written: renews an id whose time is over, if that can be. The connection may
 * be closing after. */
void pqq__conn_renew_id(pqq__conn *conn);

/* conn_quiet.c: a client that waits for answers and hears nothing. */
void pqq__conn_set_keep_alive(pqq__conn *conn);
/* A request was opened, or is over; bytes of an answer have come; a datagram has. */
void pqq__quiet_note_open(pqq__conn *conn);
void pqq__quiet_note_closed(pqq__conn *conn, int64_t stream_id);
void pqq__quiet_note_data(pqq__conn *conn);
void pqq__quiet_note_received(pqq__conn *conn);
/* A packet was written. */
void pqq__quiet_note_sent(pqq__conn *conn);
pqq_time_ns pqq__quiet_deadline(const pqq__conn *conn);
void pqq__quiet_check(pqq__conn *conn);

/* conn_send.c */
void pqq__conn_want_send(pqq__conn *conn);
/* Bytes written, 0 for nothing now. */
size_t pqq__conn_send(pqq__conn *conn, uint8_t *buffer, size_t buffer_bytes, uint32_t max_segments,
                      pqq_transmit *out);

/* conn_datagram.c */
/* Payload of the largest DATAGRAM frame that the peer and the path take; 0: none. */
size_t pqq__conn_max_datagram_bytes(const pqq__conn *conn);
/* Puts the datagrams that HTTP/3 offers into a packet. Sets *is_done if that packet is complete or
 * cannot be written; the result is then that of ngtcp2. */
ngtcp2_ssize pqq__conn_write_datagrams(pqq__conn *conn, ngtcp2_path *path, ngtcp2_pkt_info *info,
                                       uint8_t *data, size_t len, ngtcp2_tstamp now, int *is_done);

/* conn_stream.c: what HTTP/3 does with streams. All are no-ops on a connection that is
 * closing. */
int pqq__conn_open_bidi(pqq__conn *conn, int64_t *stream_id);
int pqq__conn_open_uni(pqq__conn *conn, int64_t *stream_id);
uint64_t pqq__conn_bidi_left(const pqq__conn *conn);
/* Keeps a pointer with a stream. */
void pqq__conn_set_stream_data(pqq__conn *conn, int64_t stream_id, void *stream);
void *pqq__conn_stream_data(const pqq__conn *conn, int64_t stream_id);
/* RESET_STREAM, STOP_SENDING, or both. */
void pqq__conn_reset_stream(pqq__conn *conn, int64_t stream_id, uint64_t wire_code);
void pqq__conn_stop_stream(pqq__conn *conn, int64_t stream_id, uint64_t wire_code);
void pqq__conn_abort_stream(pqq__conn *conn, int64_t stream_id, uint64_t wire_code);
/* Gives received bytes back to the stream's and the connection's window; only
 * to the latter if the stream is gone (stream_id -1). */
void pqq__conn_consume(pqq__conn *conn, int64_t stream_id, uint64_t bytes);
/* Lets the peer open one more request stream. */
void pqq__conn_allow_request(pqq__conn *conn);
void pqq__conn_allow_uni(pqq__conn *conn);
/* Bytes that the peer takes more on this stream, whatever it takes on the connection. */
uint64_t pqq__conn_stream_room(const pqq__conn *conn, int64_t stream_id);
/* Request streams that the client may have opened so far, in all. */
uint64_t pqq__conn_request_limit(const pqq__conn *conn);
pqq_time_ns pqq__conn_pto(const pqq__conn *conn);
/* The TLS handshake is complete on this side. */
int pqq__conn_is_tls_done(const pqq__conn *conn);
int pqq__conn_is_live(const pqq__conn *conn);

/* conn_timer.c */
void pqq__conn_update_timer(pqq__conn *conn);
void pqq__conn_set_app_timer(pqq__conn *conn, pqq_time_ns at);
void pqq__conn_expire(pqq__conn *conn);

/* conn_close.c */
/* Ends the connection with an HTTP/3 code; reports PQQ_EVENT_CLOSED. */
void pqq__conn_close(pqq__conn *conn, uint64_t wire_code);
/* Starts the timer of the closing or draining period, once. */
void pqq__conn_begin_period(pqq__conn *conn);
/* PQQ_EVENT_CLOSED has been taken. */
void pqq__conn_close_taken(pqq__conn *conn);
/* Remembers, inside a callback, the application error the connection is to be closed with. `reason`
 * is not copied: it is static, or the TLS session's. */
void pqq__conn_fail_application(pqq__conn *conn, uint64_t wire_code, const char *reason);
/* The same for a finished TLS handshake that is not what was asked for: closes
 * with TRANSPORT_PARAMETER_ERROR. */
void pqq__conn_fail_commitment(pqq__conn *conn);
/* The same for a proof that the TLS session has found wrong; it says status and reason. */
void pqq__conn_fail_proof(pqq__conn *conn);
/* Closes with that error, or an internal one, outside of callbacks. */
void pqq__conn_close_failed(pqq__conn *conn);
/* Handles a negative result of ngtcp2; the connection may be gone after. */
void pqq__conn_fail(pqq__conn *conn, int error);
/* See pqq_engine_unreachable. */
void pqq__conn_unreachable(pqq__endpoint *endpoint, const pqq_address *remote);

#endif
