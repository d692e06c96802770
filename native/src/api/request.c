/* SPDX-License-Identifier: MIT */
/* pqq_request: options and header fields; then resolve.c and request_run.c. */
#include "api/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/request_run.h"
#include "api/resolve.h"
#include "core/bytes.h"
#include "core/error.h"
#include "core/struct_size.h"
#include "io/clock.h"
#include "io/limits.h"
#include "tls/config.h"

static const pqq_request_options default_options = {
    .struct_size = sizeof default_options,
    .method = "GET",
    .timeout_ms = PQQ__REQUEST_TIMEOUT_MS,
    .max_body_bytes = PQQ__RESPONSE_BODY_BYTES,
};

/* :method, :scheme, :authority, :path and content-length. */
#define OWN_HEADERS 5

pqq_status pqq_request_options_init(pqq_request_options *options, size_t size) {
  return pqq__struct_init("pqq_request_options", options, size, &default_options,
                          sizeof default_options);
}

/* --- Options ------------------------------------------------------------------------------------
 */

/* A token (RFC 9110 section 5.6.2), and not CONNECT, which has no path. */
static int is_valid_method(const char *method) {
  size_t length = strspn(method, "!#$%&'*+-.^_`|~0123456789"
                                 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

  return length > 0 && method[length] == '\0' && strcmp(method, "CONNECT") != 0;
}

static pqq_status check_pointers(const pqq_request_options *options) {
  if (options->url == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "pqq_request_options.url");
  }
  if (options->headers == NULL && options->header_count > 0) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "pqq_request_options.headers");
  }
  if (options->body.data == NULL && options->body.len > 0) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "pqq_request_options.body");
  }
  if (options->read_body != NULL && options->body.len > 0) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "body and read_body: one of them");
  }
  if (options->config == NULL && options->ca_file == NULL) {
    return pqq__error_set(PQQ_ERR_NO_ROOTS, "neither config nor ca_file");
  }
  return PQQ_OK;
}

static pqq_status check_options(pqq_request_options *options) {
  pqq_status status = check_pointers(options);

  if (status != PQQ_OK) {
    return status;
  }
  if (options->method == NULL) {
    options->method = default_options.method;
  }
  if (!is_valid_method(options->method)) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "method: \"%.100s\"", options->method);
  }
  if (options->timeout_ms < 1 || options->timeout_ms > PQQ__MAX_REQUEST_TIMEOUT_MS) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "timeout_ms: %u, allowed 1 to %u",
                          options->timeout_ms, PQQ__MAX_REQUEST_TIMEOUT_MS);
  }
  return PQQ_OK;
}

static pqq_status take_config(const pqq_request_options *options, pqq_config **config) {
  pqq_config_options config_options;
  pqq_status status;

  if (options->config != NULL && pqq__tls_config_has_signer(options->config->tls)) {
    return pqq__error_set(
        PQQ_ERR_UNSUPPORTED,
        "config has an identity with a signer, which pqq_request cannot wait for: "
        "use the driver");
  }
  if (options->config != NULL) {
    *config = pqq_config_ref(options->config);
    return PQQ_OK;
  }
  status = pqq_config_options_init(&config_options, sizeof config_options);
  if (status != PQQ_OK) {
    return status;
  }
  config_options.ca_file = options->ca_file;
  return pqq_config_new(&config_options, config);
}

/* --- Headers ------------------------------------------------------------------------------------
 */

/* RFC 9110 section 8.6: with a body, and where the method makes one expected. */
static int wants_length(const pqq_request_options *options) {
  if (options->read_body != NULL ||
      pqq__section_find(options->headers, options->header_count, "content-length").data != NULL) {
    return 0;
  }
  return options->body.len > 0 || strcmp(options->method, "POST") == 0 ||
         strcmp(options->method, "PUT") == 0 || strcmp(options->method, "PATCH") == 0;
}

/* `headers` has room for OWN_HEADERS more than the caller gave. */
static size_t fill_headers(const pqq_request_options *options, const pqq__url *url,
                           const char *length, pqq_header *headers) {
  size_t count = 0;

  headers[count++] =
      (pqq_header){.name = pqq__text(":method"), .value = pqq__text(options->method)};
  headers[count++] = (pqq_header){.name = pqq__text(":scheme"), .value = pqq__text("https")};
  headers[count++] =
      (pqq_header){.name = pqq__text(":authority"), .value = pqq__text(url->authority)};
  headers[count++] = (pqq_header){.name = pqq__text(":path"), .value = pqq__text(url->path)};
  for (size_t i = 0; i < options->header_count; i++) {
    headers[count++] = options->headers[i];
  }
  if (wants_length(options)) {
    headers[count++] =
        (pqq_header){.name = pqq__text("content-length"), .value = pqq__text(length)};
  }
  return count;
}

/* --- pqq_request --------------------------------------------------------------------------------
 */

/* Without addresses of its own: those that the host's name has. */
static pqq_status resolve_and_run(const pqq__request_plan *plan, const pqq__url *url,
                                  const pqq_address *addresses, size_t count,
                                  pqq_response *response) {
  pqq_address found[PQQ__MAX_RESOLVED];
  pqq_status status = PQQ_OK;

  if (addresses == NULL) {
    addresses = found;
    status = pqq__resolve(url, found, &count);
  }
  return status == PQQ_OK ? pqq__request_run(plan, addresses, count, response) : status;
}

static pqq_status run(const pqq_request_options *options, pqq_config *config, const pqq__url *url,
                      const pqq_address *addresses, size_t count, pqq_time_ns deadline,
                      pqq_response *response) {
  pqq_header *headers = calloc(options->header_count + OWN_HEADERS, sizeof *headers);
  char length[24];
  pqq__request_plan plan = {.config = config,
                            .server_name = url->host,
                            .headers = headers,
                            .body = options->body,
                            .read_body = options->read_body,
                            .on_response = options->on_response,
                            .on_body = options->on_body,
                            .user_data = options->user_data,
                            .max_body_bytes = options->max_body_bytes,
                            .is_head = strcmp(options->method, "HEAD") == 0,
                            .require_key_exchange = options->require_key_exchange,
                            .require_authentication = options->require_authentication,
                            .deadline = deadline};
  pqq_body body = {.data = options->body};
  pqq_status status;

  if (headers == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  (void)snprintf(length, sizeof length, "%zu", options->body.len);
  plan.header_count = fill_headers(options, url, length, headers);
  status = pqq__request_check(headers, plan.header_count, &body,
                              options->read_body == NULL ? PQQ_WRITE_END : 0);
  if (status == PQQ_OK) {
    status = resolve_and_run(&plan, url, addresses, count, response);
  }
  free(headers);
  return status;
}

pqq_status pqq__request_to(const pqq_request_options *options, const pqq_address *addresses,
                           size_t count, pqq_response **response) {
  pqq_time_ns begun = pqq__clock_ns();
  pqq_request_options own = default_options;
  pqq_config *config = NULL;
  pqq__url url = {.path = NULL};
  pqq_response *made = NULL;
  pqq_status status;

  pqq__error_clear();
  if (response == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "response");
  }
  status = pqq__struct_read("pqq_request_options", &own, sizeof own, options);
  if (status == PQQ_OK) {
    status = check_options(&own);
  }
  if (status == PQQ_OK) {
    status = pqq__url_parse(&url, own.url);
  }
  if (status == PQQ_OK) {
    status = take_config(&own, &config);
  }
  if (status == PQQ_OK) {
    made = calloc(1, sizeof *made);
    status = made == NULL ? PQQ_ERR_NO_MEMORY
                          : run(&own, config, &url, addresses, count,
                                begun + own.timeout_ms * PQQ__NS_PER_MS, made);
  }
  if (status == PQQ_OK) {
    *response = made;
  } else {
    pqq_response_free(made);
  }
  pqq_config_unref(config);
  pqq__url_deinit(&url);
  return status;
}

pqq_status pqq_request(const pqq_request_options *options, pqq_response **response) {
  return pqq__request_to(options, NULL, 0, response);
}
