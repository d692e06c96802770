/* SPDX-License-Identifier: MIT */
/* The exported engine calls about who may come: the block list, prefixes as
 * text, CPU time that the host has spent. */
#include <pqq/engine.h>

#include <arpa/inet.h>
#include <string.h>

#include "core/error.h"
#include "core/limits.h"
#include "http3/session.h"

_Static_assert(PQQ_MAX_BLOCKED == PQQ__MAX_BLOCKED &&
                   PQQ_MAX_ADDRESS_TOKEN_BYTES == PQQ__MAX_TOKEN_BYTES,
               "engine.h says what core/limits.h has");

/* Room for the longest address and a NUL. */
#define TEXT_BYTES INET6_ADDRSTRLEN

static int parse_address(const char *text, pqq_address *address) {
  *address = (pqq_address){.family = 4};
  if (inet_pton(AF_INET, text, address->ip) == 1) {
    return 0;
  }
  *address = (pqq_address){.family = 6};
  return inet_pton(AF_INET6, text, address->ip) == 1 ? 0 : -1;
}

/* One to three digits without a leading zero, not more than `most`. */
static int parse_bits(const char *text, uint32_t most, uint32_t *bits) {
  size_t len = strlen(text);
  uint32_t value = 0;

  if (len < 1 || len > 3 || (len > 1 && text[0] == '0')) {
    return -1;
  }
  for (size_t i = 0; i < len; i++) {
    if (text[i] < '0' || text[i] > '9') {
      return -1;
    }
    value = 10 * value + (uint32_t)(text[i] - '0');
  }
  *bits = value;
  return value <= most ? 0 : -1;
}

pqq_status pqq_prefix_parse(const char *text, pqq_prefix *prefix) {
  char address[TEXT_BYTES] = {0};
  pqq_prefix read = {.bits = 0};
  const char *slash;
  size_t len;

  pqq__error_clear();
  if (!text || !prefix) {
    return pqq__error_set(PQQ_ERR_NULL_ARG, "%s", text ? "prefix" : "text");
  }
  slash = strchr(text, '/');
  len = slash ? (size_t)(slash - text) : strlen(text);
  if (len < sizeof address) {
    memcpy(address, text, len);
  }
  if (len >= sizeof address || parse_address(address, &read.address) != 0 ||
      (slash && parse_bits(slash + 1, pqq__address_bits(&read.address), &read.bits) != 0)) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG,
                          "\"%.64s\" is neither an IP address nor a prefix such as 192.0.2.0/24",
                          text);
  }
  if (!slash) {
    read.bits = pqq__address_bits(&read.address);
  }
  if (pqq__prefix_plain(&read, &read) != 0) {
    return pqq__error_set(PQQ_ERR_INVALID_ARG, "\"%.64s\" has bits set below its prefix length",
                          text);
  }
  *prefix = read;
  return PQQ_OK;
}

pqq_status pqq_engine_block(pqq_engine *engine, const pqq_prefix *prefix, pqq_time_ns until,
                            pqq_time_ns now) {
  if (!engine || !prefix) {
    return PQQ_ERR_NULL_ARG;
  }
  pqq__endpoint_set_time(&engine->endpoint, now);
  return pqq__block_list_add(&engine->endpoint.blocked, prefix, until, engine->endpoint.now);
}

pqq_status pqq_engine_unblock(pqq_engine *engine, const pqq_prefix *prefix) {
  if (!engine || !prefix) {
    return PQQ_ERR_NULL_ARG;
  }
  return pqq__block_list_remove(&engine->endpoint.blocked, prefix);
}

pqq_status pqq_engine_blocked(const pqq_engine *engine, pqq_time_ns now, pqq_block *blocks,
                              size_t capacity, size_t *count) {
  if (!engine || !count || (!blocks && capacity > 0)) {
    return PQQ_ERR_NULL_ARG;
  }
  *count = pqq__block_list_copy(&engine->endpoint.blocked, now, blocks, capacity);
  return PQQ_OK;
}

pqq_status pqq_engine_spend(pqq_engine *engine, uint64_t cpu_ns, pqq_time_ns now) {
  if (!engine) {
    return PQQ_ERR_NULL_ARG;
  }
  pqq__endpoint_set_time(&engine->endpoint, now);
  pqq__admission_spend(&engine->endpoint.admission, cpu_ns, engine->endpoint.now);
  return PQQ_OK;
}
