/* SPDX-License-Identifier: MIT */
/* Stream bytes that no HTTP/3 of ours would send: put into packets of a pair's ends past nghttp3.
 */
#ifndef PQQ_SIM_RAW_H
#define PQQ_SIM_RAW_H

#include "http3/session.h"
#include "pair.h"

/* Streams of the client that exist already: control, QPACK encoder, decoder. */
enum { SIM_CONTROL = 2, SIM_ENCODER = 6, SIM_DECODER = 10 };

/* The two ends' connections, from their inside. */
pqq__conn *sim_client_conn(const sim_pair *pair);
pqq__conn *sim_server_conn(const sim_pair *pair);

/* A new stream of the client's. */
int64_t sim_open_raw(const sim_pair *pair, int is_bidi);

/* Sends bytes of a stream in packets of their own, which arrive after SIM_DELAY_NS. */
void sim_send_raw(sim_pair *pair, int64_t stream_id, const void *data, size_t len, int fin);
void sim_send_raw_as(sim_pair *pair, int is_server, int64_t stream_id, const void *data, size_t len,
                     int fin);

/* From here on the client's HTTP/3 hears nothing: a flood must not make it close first. What comes
 * is given back to the windows, or not. */
void sim_deafen(const sim_pair *pair, int gives_credit);

/* Asks for exchange `index` and takes the bytes of its stream out of the client, which believes
 * them sent. Returns how many, all of which fit; *stream_id is their stream. */
size_t sim_take_request(sim_pair *pair, size_t index, int64_t *stream_id, uint8_t *buffer,
                        size_t capacity);

#endif
