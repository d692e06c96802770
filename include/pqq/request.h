/* SPDX-License-Identifier: MIT */
/* The simple door for clients: one blocking request. */
#ifndef PQQ_REQUEST_H
#define PQQ_REQUEST_H

#include <pqq/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/** pqq_response is a response: a whole one, or what has come of it. Owned by the caller of
 *  pqq_request: pqq_response_free. */
typedef struct pqq_response pqq_response;

/** pqq_body_reader brings the next piece of a request's body: up to `capacity` bytes into `buffer`,
 *  and their number into `*len`; 0 ends the body. It may block, but nothing else of the request
 *  goes on meanwhile: shorter than the connection's idle timeout. A negative status ends the
 *  request, which returns it; PQQ_ERR_CANCELLED says that it was the program's wish. */
typedef pqq_status (*pqq_body_reader)(void *user_data, uint8_t *buffer, size_t capacity,
                                      size_t *len);

/** pqq_response_begin is called once, when the final response's status and header fields are
 *  known: pqq_response_status, _header and _headers work on `response`, which is pqq_request's
 *  and lives as long as the call. A negative status ends the request, as for pqq_body_reader. */
typedef pqq_status (*pqq_response_begin)(void *user_data, const pqq_response *response);

/** pqq_body_writer takes a piece of the response's body, which lives as long as the call. Until it
 *  returns the server gets no more room to send: who is slow slows it down. A negative status ends
 *  the request, as for pqq_body_reader. */
typedef pqq_status (*pqq_body_writer)(void *user_data, pqq_bytes data);

/** pqq_request_options: see pqq_request_options_init. */
typedef struct pqq_request_options {
  uint32_t struct_size;
  uint32_t reserved;
  /** Absolute https URL. Required. */
  const char *url;
  /** Default "GET". A token (RFC 9110 section 5.6.2), not CONNECT. */
  const char *method;
  /** Either a config of the caller's, or NULL and ca_file. Not one whose identities have external
   *  signers: those need a driver. */
  pqq_config *config;
  const char *ca_file;
  const pqq_header *headers;
  size_t header_count;
  pqq_bytes body;
  /** Whole request, milliseconds, 1-3,600,000; default 30,000. */
  uint32_t timeout_ms;
  /** Largest response body in bytes, 0-2^32-1; pqq_request_options_init sets 64 MiB. */
  uint32_t max_body_bytes;
  /** PQQ_REQUIRE_*; DEFAULT: those of `config`, with ca_file ANY. */
  int32_t require_key_exchange;
  int32_t require_authentication;
  /** Callbacks for bodies that are not to be in memory as a whole; NULL for none. All are called by
   *  the thread that is in pqq_request, and only there; they may make requests of their own.
   *  `read_body` takes the place of `body`, and is not called before there is a connection, so that
   *  it is read once. Without `content-length` among `headers` none is sent then (RFC 9114 section
   *  4.1.2); with it the body has to have that length. */
  pqq_body_reader read_body;
  pqq_response_begin on_response;
  /** With it `max_body_bytes` is of no meaning, and pqq_response_body is empty. */
  pqq_body_writer on_body;
  void *user_data;
} pqq_request_options;

/** pqq_request_options_init writes defaults and struct_size.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE. */
PQQ_EXPORT pqq_status pqq_request_options_init(pqq_request_options *options, size_t size);

/** pqq_request makes one request over a connection of its own and blocks until
 *  the whole response is here. No thread is started. Thread-safe.
 *
 *  The addresses of the host race (Happy Eyeballs version 2, RFC 8305): families in turn, at most
 *  8, each with a head start of 250 ms on the next, which begins at once if it fails (ICMP says
 *  that nobody is there, or the handshake ends). The first connection that is verified, with all
 *  that is required, gets the request, and no other gets a byte of it; the others are closed.
 *  A server that is refused, for its certificate or by a policy (-3xx), ends the race with that
 *  error: no other address is tried in its place. Else, if none is any good, the error is that of
 *  the address that got furthest. handshake_timeout_ms of `config` is for all of them together.
 *  Resolving the name takes as long as the system's resolver likes, beside
 *  timeout_ms. `content-length` is added where the method or the body wants it.
 *  Interim responses and trailers are skipped, redirects are not followed. localhost and names
 *  below it are ::1 and 127.0.0.1 (RFC 6761 section 6.3). A response that is whole before the body
 *  has been read ends the request.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE, PQQ_ERR_INVALID_ARG (method,
 *  timeout_ms, body and read_body, more bytes than read_body had room for), that of a callback,
 *  PQQ_ERR_CONTENT_LENGTH (read_body brings more or less than content-length says),
 * PQQ_ERR_NO_ROOTS (neither config nor ca_file), PQQ_ERR_URL_INVALID, PQQ_ERR_RESOLVE,
 * PQQ_ERR_UNREACHABLE (no answer from any address), PQQ_ERR_HANDSHAKE_TIMEOUT (an answer, but no
 * connection within handshake_timeout_ms), PQQ_ERR_REQUEST_TIMEOUT,
 * PQQ_ERR_BODY_TOO_LARGE, PQQ_ERR_IO, PQQ_ERR_UNSUPPORTED (a signer), those of pqq_config_new and
 * pqq_engine_request, and the status of the stream's or connection's end. */
PQQ_EXPORT pqq_status pqq_request(const pqq_request_options *options, pqq_response **response);

/** pqq_response_* read a response; views live until pqq_response_free. */
PQQ_EXPORT int32_t pqq_response_status(const pqq_response *response);
PQQ_EXPORT pqq_bytes pqq_response_body(const pqq_response *response);
PQQ_EXPORT pqq_bytes pqq_response_header(const pqq_response *response, const char *name);
/** pqq_response_headers gives all fields without `:status`;
 *  pqq_response_connection_info what was negotiated. */
PQQ_EXPORT const pqq_header *pqq_response_headers(const pqq_response *response, size_t *count);
PQQ_EXPORT const pqq_connection_info *pqq_response_connection_info(const pqq_response *response);

/** pqq_response_free frees. NULL is ignored. */
PQQ_EXPORT void pqq_response_free(pqq_response *response);

#ifdef __cplusplus
}
#endif

#endif
