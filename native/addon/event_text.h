/* SPDX-License-Identifier: MIT */
/* How the variable part of an event is written into a ring's data area. Runs
 * on worker threads. */
#ifndef PQQ_ADDON_EVENT_TEXT_H
#define PQQ_ADDON_EVENT_TEXT_H

#include <cstddef>
#include <cstdint>

#include <pqq/pqq.h>

namespace velo {

// Enough for every CloseText, and for every ConnectionText but for its client
// certificates: four chains of at most 8 certificates take 50 bytes each.
constexpr size_t kMaxFactsBytes = 4096;

// Request: method, scheme, authority, path, then name, value, … of the rest.
size_t RequestTextBytes(const pqq_event &event);
size_t WriteRequestText(const pqq_event &event, uint8_t *to, size_t capacity);

// Response and trailers: name, value, … without pseudo-header fields.
size_t HeaderTextBytes(const pqq_event &event);
size_t WriteHeaderText(const pqq_event &event, uint8_t *to, size_t capacity);

// What was negotiated, in the order that lib/connection.ts reads. On a server
// the leaves that the client has proven are in it, in Base64.
size_t ConnectionTextBytes(const pqq_connection_info &info);
size_t WriteConnectionText(const pqq_connection_info &info, uint8_t *to, size_t capacity);

// is_remote, is_application, TLS alert (empty: none), wire code; group and
// signature scheme as IANA numbers (0: it did not come to that), PQQ_AUTH_*;
// the peer's address and port; groups and signature schemes that a refused client
// offered, with spaces in between, and its protocols with commas (three empty
// fields if there is no such client); reason.
size_t WriteCloseText(const pqq_close_info &close, uint8_t *to, size_t capacity);

} // namespace velo

#endif
