/* SPDX-License-Identifier: MIT */
/* The layout of the two row formats that native code and JavaScript exchange.
 * lib/internal/rows.ts is the other copy; a unit test compares them. Texts in
 * the data areas are sequences of fields, each but the last followed by a NUL
 * (no HTTP field may hold one, RFC 9110 section 5.5). */
#ifndef PQQ_ADDON_ROWS_H
#define PQQ_ADDON_ROWS_H

#include <cstdint>

namespace velo {

// An event, worker to JavaScript. `kEventType` is PQQ_EVENT_*, with kEventEnd
// set if `is_end`. `kEventA*` is the token (CONNECTED, CLOSED, OPENED,
// OPEN_FAILED), the connection (REQUEST), the wire code (RESET, STOPPED,
// STREAM_CLOSED) or the size of datagrams (RESPONSE; REQUEST has it as its status).
// FILE has the connection for its id and the bytes of content in `kEventA*`.
constexpr uint32_t kEventWords = 8;
enum EventWord : uint32_t {
  kEventType = 0,
  kEventIdLow = 1,
  kEventIdHigh = 2,
  kEventALow = 3,
  kEventAHigh = 4,
  kEventStatus = 5,
  kEventDataOffset = 6,
  kEventDataBytes = 7,
};
constexpr uint32_t kEventEnd = 0x100;

// A command, JavaScript to worker. `kCommandType` is PQQ_COMMAND_* with the
// PQQ_WRITE_* flags shifted by 8 and the place of the body shifted by 16.
// `kCommandA` is the token, the wire code or the number of bytes. FILE: how many
// of its fields are the request's, and the folder's number in `kCommandStatus`.
constexpr uint32_t kCommandWords = 10;
enum CommandWord : uint32_t {
  kCommandType = 0,
  kCommandIdLow = 1,
  kCommandIdHigh = 2,
  kCommandA = 3,
  kCommandStatus = 4,
  kCommandTextOffset = 5,
  kCommandTextBytes = 6,
  kCommandHeaderCount = 7,
  kCommandBodyOffset = 8,
  kCommandBodyBytes = 9,
};
// Words of a CONNECT, which has neither a status nor a body: PQQ_REQUIRE_* and
// expected_flight_bytes.
enum ConnectWord : uint32_t {
  kCommandRequireKeyExchange = 4,
  kCommandRequireAuthentication = 8,
  kCommandFlightBytes = 9,
};
enum BodyPlace : uint32_t {
  kBodyNone = 0,
  // kCommandBodyOffset is a position in the blob.
  kBodyBlob = 1,
  // kCommandBodyOffset is an index of the array of Uint8Arrays.
  kBodyArray = 2,
};

// What Endpoint.poll returns: the number of rows that can be read, and these.
constexpr uint32_t kPollFailures = 1u << 30;
constexpr uint32_t kPollEnded = 1u << 29;
constexpr uint32_t kPollCalls = 1u << 28;

// What Endpoint.calls returns: kind, number, id, text, message of each.
constexpr uint32_t kCallWords = 5;
enum CallKind : uint32_t {
  // Signer `number` is to sign `message` with the scheme `text`.
  kCallSign = 0,
  // Nobody waits for the signature `id` any more.
  kCallCancel = 1,
  // `text` is a line of the key log.
  kCallKeyLog = 2,
  // Nothing will ask signer `number` any more.
  kCallRelease = 3,
};

} // namespace velo

#endif
