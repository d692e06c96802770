/* SPDX-License-Identifier: MIT */
/* The simple door for clients: one blocking request. */
#ifndef PQQ_REQUEST_H
#define PQQ_REQUEST_H

#include <pqq/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

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
} pqq_request_options;

/** pqq_response is a whole response. Owned by the caller: pqq_response_free. */
typedef struct pqq_response pqq_response;

/** pqq_request_options_init writes defaults and struct_size.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE. */
PQQ_EXPORT pqq_status pqq_request_options_init(pqq_request_options *options, size_t size);

/** pqq_request makes one request over a connection of its own and blocks until
 *  the whole response is here. No thread is started. Thread-safe.
 *
 *  The addresses of the host are tried one after the other, IPv6 and IPv4 in
 *  turn and at most 8, each with an equal share of the time that is left; one that ICMP reports as
 * closed ends at once. Resolving the name takes as long as the system's resolver likes, beside
 *  timeout_ms. `content-length` is added where the method or the body wants it.
 *  Interim responses and trailers are skipped, redirects are not followed.
 *  Errors: PQQ_ERR_NULL_ARG, PQQ_ERR_STRUCT_SIZE, PQQ_ERR_INVALID_ARG (method,
 *  timeout_ms), PQQ_ERR_NO_ROOTS (neither config nor ca_file), PQQ_ERR_URL_INVALID,
 *  PQQ_ERR_RESOLVE, PQQ_ERR_UNREACHABLE (no answer from any address),
 *  PQQ_ERR_REQUEST_TIMEOUT, PQQ_ERR_BODY_TOO_LARGE, PQQ_ERR_IO,
 *  PQQ_ERR_UNSUPPORTED (a signer), those of
 *  pqq_config_new and pqq_engine_request, and the status of the stream's or
 *  connection's end. */
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
