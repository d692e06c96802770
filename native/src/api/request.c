/* SPDX-License-Identifier: MIT */
/* pqq_request: options, headers, name resolution, and one attempt after the
 * other; the attempt itself is attempt.c. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pqq/request.h>

#include "api/attempt.h"
#include "api/url.h"
#include "core/bytes.h"
#include "core/error.h"
#include "core/struct_size.h"
#include "io/address.h"
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

/* --- Addresses ----------------------------------------------------------------------------------
 */

/* localhost and the names below it (RFC 6761 section 6.3). */
static int is_localhost(const char *host) {
  static const char name[] = "localhost";
  size_t len = strlen(host), own = sizeof name - 1;

  len -= len > 0 && host[len - 1] == '.';
  return len >= own && strncmp(host + len - own, name, own) == 0 &&
         (len == own || host[len - own - 1] == '.');
}

/* Nobody is asked: who passes the name on lets somebody else answer for it. */
static void use_loopback(const pqq__url *url, pqq_address *addresses, size_t *count) {
  static const uint8_t v4[] = {127, 0, 0, 1};

  addresses[0] = (pqq_address){.family = 6, .port = url->port};
  addresses[0].ip[15] = 1;
  addresses[1] = (pqq_address){.family = 4, .port = url->port};
  memcpy(addresses[1].ip, v4, sizeof v4);
  *count = 2;
}

/* The system's resolver, with its own timeouts. */
static pqq_status ask_resolver(const pqq__url *url, pqq_address *addresses, size_t *count) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
  struct addrinfo *found = NULL;
  int code = getaddrinfo(url->host, NULL, &hints, &found);

  if (code != 0) {
    return pqq__error_set(PQQ_ERR_RESOLVE, "%s: %s", url->host,
                          code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
  }
  *count = 0;
  for (struct addrinfo *info = found; info != NULL && *count < PQQ__MAX_RESOLVED;
       info = info->ai_next) {
    struct sockaddr_storage name = {0};

    memcpy(&name, info->ai_addr, info->ai_addrlen);
    pqq__address_from_sockaddr(&addresses[*count], &name);
    addresses[*count].port = url->port;
    *count += addresses[*count].family != 0;
  }
  freeaddrinfo(found);
  pqq__address_take_turns(addresses, *count);
  *count = *count > PQQ__MAX_ATTEMPTS ? PQQ__MAX_ATTEMPTS : *count;
  return *count > 0 ? PQQ_OK : pqq__error_set(PQQ_ERR_RESOLVE, "%s: no address", url->host);
}

static pqq_status resolve(const pqq__url *url, pqq_address *addresses, size_t *count) {
  if (is_localhost(url->host)) {
    use_loopback(url, addresses, count);
    return PQQ_OK;
  }
  return ask_resolver(url, addresses, count);
}

/* Each address gets an equal share of the time that is left to connect. */
static pqq_time_ns connect_deadline(pqq_time_ns deadline, size_t addresses_left) {
  pqq_time_ns now = pqq__clock_ns();
  pqq_time_ns left = deadline > now ? deadline - now : 0;
  pqq_time_ns share = left / addresses_left;

  if (share < PQQ__MIN_ATTEMPT_MS * PQQ__NS_PER_MS) {
    share = PQQ__MIN_ATTEMPT_MS * PQQ__NS_PER_MS;
  }
  return now + (share < left ? share : left);
}

static pqq_status try_addresses(const pqq__request_plan *plan, const pqq__url *url,
                                pqq_response *response) {
  pqq_address addresses[PQQ__MAX_RESOLVED];
  size_t count = 0;
  pqq_status status = resolve(url, addresses, &count);

  if (status != PQQ_OK) {
    return status;
  }
  for (size_t i = 0; i < count; i++) {
    pqq__response_clear(response);
    status =
        pqq__attempt(plan, &addresses[i], connect_deadline(plan->deadline, count - i), response);
    if (status != PQQ_ERR_UNREACHABLE || pqq__clock_ns() >= plan->deadline) {
      break;
    }
  }
  return status;
}

/* --- pqq_request --------------------------------------------------------------------------------
 */

static pqq_status run(const pqq_request_options *options, pqq_config *config, const pqq__url *url,
                      pqq_time_ns deadline, pqq_response *response) {
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
  pqq_status status;

  if (headers == NULL) {
    return PQQ_ERR_NO_MEMORY;
  }
  (void)snprintf(length, sizeof length, "%zu", options->body.len);
  plan.header_count = fill_headers(options, url, length, headers);
  status = try_addresses(&plan, url, response);
  free(headers);
  return status;
}

pqq_status pqq_request(const pqq_request_options *options, pqq_response **response) {
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
                          : run(&own, config, &url, begun + own.timeout_ms * PQQ__NS_PER_MS, made);
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
