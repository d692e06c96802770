/* SPDX-License-Identifier: MIT */
/* From REQUEST event to pqq_respond; see exchange.h. A request without a body
 * lives on the stack for the time of its event; one with a body is copied and
 * hangs at its stream until the body is whole. */
#include "api/exchange.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/bytes.h"
#include "core/error.h"

/* RFC 9114 section 8.1. */
#define H3_NO_ERROR 0x100
#define H3_REQUEST_CANCELLED 0x10c

static void free_exchange(pqq_exchange *exchange) {
  pqq__list_remove(&exchange->node);
  free(exchange->section);
  free(exchange->body.data);
  free(exchange);
}

void pqq__exchange_free_all(pqq__node *waiting) {
  for (pqq__node *node; (node = pqq__list_first(waiting)) != NULL;) {
    free_exchange(PQQ__OWNER(node, pqq_exchange, node));
  }
}

/* Takes the exchange off its stream and frees it. */
static void finish(pqq_exchange *exchange) {
  (void)pqq_engine_set_user_data(exchange->engine, exchange->stream, NULL);
  free_exchange(exchange);
}

static void answer_empty(pqq_engine *engine, pqq_id stream, int32_t status) {
  static const pqq_header length = {.name = {(const uint8_t *)"content-length", 14},
                                    .value = {(const uint8_t *)"0", 1}};

  (void)pqq_engine_respond(engine, stream, status, &length, 1, NULL, PQQ_WRITE_END);
}

static void run_handler(const pqq__exchange_rules *rules, pqq_exchange *exchange) {
  if (rules->handler == NULL) {
    answer_empty(exchange->engine, exchange->stream, 404);
    return;
  }
  rules->handler(exchange, rules->user_data);
  if (!exchange->is_answered) {
    answer_empty(exchange->engine, exchange->stream, 500);
  }
}

/* The rest of the body is not wanted (RFC 9114 section 4.1). */
static void refuse_body(pqq_engine *engine, pqq_id stream) {
  answer_empty(engine, stream, 413);
  (void)pqq_engine_stop_reading(engine, stream, H3_NO_ERROR);
}

static pqq_exchange *keep(pqq__node *waiting, const pqq_exchange *exchange) {
  pqq_exchange *kept = malloc(sizeof *kept);

  if (kept == NULL) {
    return NULL;
  }
  *kept = *exchange;
  kept->section = pqq__section_copy(exchange->headers, exchange->header_count);
  if (kept->section == NULL ||
      pqq_engine_set_user_data(exchange->engine, exchange->stream, kept) != PQQ_OK) {
    free(kept->section);
    free(kept);
    return NULL;
  }
  kept->headers = kept->section->headers;
  pqq__list_append(waiting, &kept->node);
  return kept;
}

static void on_request(const pqq__exchange_rules *rules, pqq__node *waiting, pqq_engine *engine,
                       const pqq_event *event) {
  pqq_exchange exchange = {.engine = engine,
                           .stream = event->stream,
                           .conn = event->conn,
                           .headers = event->headers,
                           .header_count = event->header_count};
  uint64_t announced;

  if (event->is_end) {
    run_handler(rules, &exchange);
    return;
  }
  if (pqq__section_length(event->headers, event->header_count, &announced) > 0 &&
      announced > rules->max_body_bytes) {
    refuse_body(engine, event->stream);
    return;
  }
  if (pqq__bytes_equal(pqq__section_find(event->headers, event->header_count, "expect"),
                       "100-continue")) {
    (void)pqq_engine_respond(engine, event->stream, 100, NULL, 0, NULL, 0);
  }
  if (keep(waiting, &exchange) == NULL) {
    (void)pqq_engine_reset(engine, event->stream, H3_REQUEST_CANCELLED);
  }
}

static void on_data(const pqq__exchange_rules *rules, pqq_exchange *exchange,
                    const pqq_event *event) {
  if (event->data.len > rules->max_body_bytes - exchange->body.len) {
    refuse_body(exchange->engine, exchange->stream);
    finish(exchange);
    return;
  }
  if (pqq__gather(&exchange->body, event->data, rules->max_body_bytes) != 0) {
    (void)pqq_engine_reset(exchange->engine, exchange->stream, H3_REQUEST_CANCELLED);
    finish(exchange);
    return;
  }
  (void)pqq_engine_consume(exchange->engine, exchange->stream, event->data.len);
  if (event->is_end) {
    run_handler(rules, exchange);
    finish(exchange);
  }
}

void pqq__exchange_on_event(const pqq__exchange_rules *rules, pqq__node *waiting,
                            pqq_engine *engine, const pqq_event *event) {
  pqq_exchange *exchange;

  if (event->type == PQQ_EVENT_REQUEST) {
    on_request(rules, waiting, engine, event);
    return;
  }
  exchange = event->stream == 0 ? NULL : pqq_engine_user_data(engine, event->stream);
  if (exchange == NULL) {
    return; /* answered already */
  }
  switch (event->type) {
  case PQQ_EVENT_DATA:
    on_data(rules, exchange, event);
    break;
  case PQQ_EVENT_TRAILERS:
    run_handler(rules, exchange);
    finish(exchange);
    break;
  case PQQ_EVENT_RESET:
    /* Half a request is none; one over a limit is answered. */
    if (event->status == PQQ_ERR_BODY_TOO_LARGE) {
      (void)pqq_engine_respond(engine, event->stream, 413, NULL, 0, NULL, PQQ_WRITE_END);
    } else if (event->status == PQQ_OK) {
      (void)pqq_engine_reset(engine, event->stream, H3_REQUEST_CANCELLED);
    }
    finish(exchange);
    break;
  case PQQ_EVENT_STREAM_CLOSED:
    finish(exchange);
    break;
  default:
    break;
  }
}

/* --- What the handler calls ------------------------------------------------------------------- */

pqq_bytes pqq_exchange_header(const pqq_exchange *exchange, const char *name) {
  if (exchange == NULL || name == NULL) {
    return (pqq_bytes){0};
  }
  return pqq__section_find(exchange->headers, exchange->header_count, name);
}

pqq_bytes pqq_exchange_method(const pqq_exchange *exchange) {
  return pqq_exchange_header(exchange, ":method");
}

pqq_bytes pqq_exchange_path(const pqq_exchange *exchange) {
  return pqq_exchange_header(exchange, ":path");
}

/* RFC 9114 section 4.3.1: a request may have Host instead. */
pqq_bytes pqq_exchange_authority(const pqq_exchange *exchange) {
  pqq_bytes authority = pqq_exchange_header(exchange, ":authority");

  return authority.data != NULL ? authority : pqq_exchange_header(exchange, "host");
}

pqq_bytes pqq_exchange_body(const pqq_exchange *exchange) {
  if (exchange == NULL) {
    return (pqq_bytes){0};
  }
  return (pqq_bytes){.data = exchange->body.data, .len = exchange->body.len};
}

pqq_status pqq_exchange_connection_info(const pqq_exchange *exchange, pqq_connection_info *info) {
  pqq__error_clear();
  if (exchange == NULL || info == NULL) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "%s", exchange == NULL ? "exchange" : "info");
  }
  return pqq_engine_connection_info(exchange->engine, exchange->conn, info);
}

/* --- pqq_respond -------------------------------------------------------------------------------
 */

static pqq_status check_response(const pqq_exchange *exchange, int32_t status,
                                 const pqq_header *headers, size_t header_count, const void *body,
                                 size_t body_bytes) {
  if (exchange == NULL || (headers == NULL && header_count > 0) ||
      (body == NULL && body_bytes > 0)) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "%s",
                          exchange == NULL ? "exchange"
                          : body_bytes > 0 ? "headers or body"
                                           : "headers");
  }
  if (exchange->is_answered) {
    return pqq__error_set(PQQ_ERR_STATE, "the exchange is answered");
  }
  if (status < 200 || status > 599) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "status: %d, allowed 200 to 599", status);
  }
  return PQQ_OK;
}

/* RFC 9110 section 8.6: never with 204; with 304 it would have to be the
 * length of a 200 answer, which is not known here; 205 has no content. */
static int wants_length(int32_t status, const pqq_header *headers, size_t header_count) {
  return status != 204 && status != 304 &&
         pqq__section_find(headers, header_count, "content-length").data == NULL;
}

/* Calls the engine with `headers` and, if wanted, content-length behind them. */
static pqq_status respond_with_length(const pqq_exchange *exchange, int32_t status,
                                      const pqq_header *headers, size_t header_count,
                                      const pqq_body *body, uint32_t flags) {
  pqq_header few[16], *all = few;
  char digits[24];
  pqq_status result;
  int length = snprintf(digits, sizeof digits, "%zu", status == 205 ? 0 : body->data.len);

  if (header_count >= sizeof few / sizeof few[0]) {
    all = malloc((header_count + 1) * sizeof *all);
    if (all == NULL) {
      return PQQ_ERR_NO_MEMORY;
    }
  }
  for (size_t i = 0; i < header_count; i++) {
    all[i] = headers[i];
  }
  all[header_count] =
      (pqq_header){.name = pqq__text("content-length"),
                   .value = {.data = (const uint8_t *)digits, .len = (size_t)length}};
  result = pqq_engine_respond(exchange->engine, exchange->stream, status, all, header_count + 1,
                              body, flags);
  if (all != few) {
    free(all);
  }
  return result;
}

pqq_status pqq_respond(pqq_exchange *exchange, int32_t status, const pqq_header *headers,
                       size_t header_count, const void *body, size_t body_bytes, uint32_t flags) {
  pqq_body whole = {.data = {.data = body, .len = body_bytes}};
  uint32_t engine_flags = PQQ_WRITE_END | (flags & PQQ_WRITE_BORROW);
  pqq_status result;

  pqq__error_clear();
  result = check_response(exchange, status, headers, header_count, body, body_bytes);
  if (result != PQQ_OK) {
    return result;
  }
  if (wants_length(status, headers, header_count)) {
    result = respond_with_length(exchange, status, headers, header_count, &whole, engine_flags);
  } else {
    result = pqq_engine_respond(exchange->engine, exchange->stream, status, headers, header_count,
                                &whole, engine_flags);
  }
  if (result >= 0) {
    exchange->is_answered = 1;
  }
  return result < 0 ? result : PQQ_OK;
}
