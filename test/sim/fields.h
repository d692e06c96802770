/* SPDX-License-Identifier: MIT */
/* Header fields of the scenarios. */
#ifndef PQQ_SIM_FIELDS_H
#define PQQ_SIM_FIELDS_H

#include <string.h>

#include <pqq/events.h>

static inline pqq_bytes sim_bytes(const char *text) {
  return (pqq_bytes){(const uint8_t *)text, strlen(text)};
}

static inline pqq_header sim_field(const char *name, const char *value) {
  return (pqq_header){.name = sim_bytes(name), .value = sim_bytes(value)};
}

/* The value of the event's first field `name`, or an empty view. */
static inline pqq_bytes sim_field_of(const pqq_event *event, const char *name) {
  for (size_t i = 0; i < event->header_count; i++) {
    pqq_bytes has = event->headers[i].name;
    if (has.len == strlen(name) && memcmp(has.data, name, has.len) == 0) {
      return event->headers[i].value;
    }
  }
  return (pqq_bytes){NULL, 0};
}

static inline void sim_field_copy(const pqq_event *event, const char *name, char *out,
                                  size_t size) {
  pqq_bytes value = sim_field_of(event, name);
  size_t len = value.len < size ? value.len : size - 1;

  if (len) {
    memcpy(out, value.data, len);
  }
  out[len] = '\0';
}

static inline int sim_bytes_are(pqq_bytes bytes, const char *text) {
  return bytes.len == strlen(text) && (bytes.len == 0 || memcmp(bytes.data, text, bytes.len) == 0);
}

#endif
