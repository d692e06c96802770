// SPDX-License-Identifier: MIT
// The layout of the rows that native code and JavaScript exchange; native/addon/rows.h and include/pqq/ are the other
// copy, and a unit test compares the two. Plain constants: the optimiser folds them.

/** PQQ_EVENT_*. */
export const EVENT_CONNECTED = 1;
export const EVENT_CLOSED = 2;
export const EVENT_GOING_AWAY = 3;
export const EVENT_REQUEST = 4;
export const EVENT_OPENED = 5;
export const EVENT_OPEN_FAILED = 6;
export const EVENT_RESPONSE = 7;
export const EVENT_DATA = 8;
export const EVENT_TRAILERS = 9;
export const EVENT_RESET = 10;
export const EVENT_STOPPED = 11;
export const EVENT_WRITABLE = 12;
export const EVENT_STREAM_CLOSED = 13;
export const EVENT_FILE = 14;
export const EVENT_DATAGRAM = 15;
export const EVENT_NEW_TOKEN = 16;

/** An event row: its words, and the bit of the first word that says `is_end`. */
export const EVENT_WORDS = 8;
export const EVENT_TYPE = 0;
export const EVENT_ID_LOW = 1;
export const EVENT_ID_HIGH = 2;
export const EVENT_A_LOW = 3;
export const EVENT_A_HIGH = 4;
export const EVENT_STATUS = 5;
export const EVENT_DATA_OFFSET = 6;
export const EVENT_DATA_BYTES = 7;
export const EVENT_END = 0x100;

/** PQQ_COMMAND_*. */
export const COMMAND_CONNECT = 1;
export const COMMAND_REQUEST = 2;
export const COMMAND_RESPOND = 3;
export const COMMAND_WRITE = 4;
export const COMMAND_TRAILERS = 5;
export const COMMAND_CONSUME = 6;
export const COMMAND_RESET = 7;
export const COMMAND_STOP_READING = 8;
export const COMMAND_CLOSE = 9;
export const COMMAND_ABANDON = 10;
export const COMMAND_FILE = 11;
export const COMMAND_STOP_WRITING = 12;
export const COMMAND_SET_PRIORITY = 13;
export const COMMAND_SEND_DATAGRAM = 14;

/** A command row. */
export const COMMAND_WORDS = 10;
export const COMMAND_TYPE = 0;
export const COMMAND_ID_LOW = 1;
export const COMMAND_ID_HIGH = 2;
export const COMMAND_A = 3;
export const COMMAND_STATUS = 4;
export const COMMAND_TEXT_OFFSET = 5;
export const COMMAND_TEXT_BYTES = 6;
export const COMMAND_HEADER_COUNT = 7;
export const COMMAND_BODY_OFFSET = 8;
export const COMMAND_BODY_BYTES = 9;
/** Words of a CONNECT, which has neither a status nor a body. */
export const COMMAND_REQUIRE_KEY_EXCHANGE = 4;
export const COMMAND_REQUIRE_AUTHENTICATION = 8;
export const COMMAND_FLIGHT_BYTES = 9;

/** PQQ_WRITE_*, as bits of a command's first word. */
export const WRITE_END = 0x1 << 8;
export const WRITE_NOTIFY = 0x2 << 8;

/** Where a command's body is, in its first word: in the blob, or in the array of Uint8Arrays. */
export const BODY_BLOB = 1 << 16;
export const BODY_ARRAY = 2 << 16;

/** Bits of what `NativeEndpoint.poll` returns beside the number of rows. */
export const POLL_FAILURES = 1 << 30;
export const POLL_ENDED = 1 << 29;
export const POLL_CALLS = 1 << 28;
export const POLL_ROWS = POLL_CALLS - 1;

/** What `calls()` returns of each: kind, number, id, text, message. */
export const CALL_WORDS = 5;
export const CALL_SIGN = 0;
export const CALL_CANCEL = 1;
export const CALL_KEY_LOG = 2;
export const CALL_RELEASE = 3;

/** The bits of an id's lower half: slot below, worker above. */
export const ID_WORKER_SHIFT = 24;
export const ID_SLOT_MASK = 0xffffff;

/** Status numbers that the transport itself has to know (include/pqq/error_codes.def). */
export const STATUS_OK = 0;
export const STATUS_STATE = -104;
export const STATUS_NOT_FOUND = -105;
export const STATUS_URL_INVALID = -109;
export const STATUS_BODY_TOO_LARGE = -203;
export const STATUS_HEADERS_TOO_LARGE = -204;
export const STATUS_DATAGRAM_TOO_LARGE = -211;
export const STATUS_POLICY_KEY_EXCHANGE = -319;
export const STATUS_POLICY_AUTHENTICATION = -320;
export const STATUS_CONNECTION_CLOSED = -403;
export const STATUS_STREAM_RESET = -501;
export const STATUS_STREAM_REFUSED = -502;
export const STATUS_GOING_AWAY = -504;
export const STATUS_CANCELLED = -505;
export const STATUS_DATAGRAM_UNSUPPORTED = -511;
export const STATUS_RESOLVE = -605;

/** HTTP/3 error codes (RFC 9114 section 8.1). */
export const H3_NO_ERROR = 0x100;
export const H3_INTERNAL_ERROR = 0x102;
export const H3_REQUEST_REJECTED = 0x10b;
export const H3_REQUEST_CANCELLED = 0x10c;
