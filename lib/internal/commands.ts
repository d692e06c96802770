// SPDX-License-Identifier: MIT
// Collects commands for the network threads and submits those of one turn of the event loop together: one crossing
// into native code, however many requests were answered.
import { errorFromStatus } from "../errors/index.js";
import type { NativeBuffers, NativeEndpoint } from "./native.js";
import type { Level } from "./policy.js";
import {
  BODY_ARRAY,
  BODY_BLOB,
  COMMAND_A,
  COMMAND_ABANDON,
  COMMAND_BODY_BYTES,
  COMMAND_BODY_OFFSET,
  COMMAND_CLOSE,
  COMMAND_CONNECT,
  COMMAND_CONSUME,
  COMMAND_FILE,
  COMMAND_FLIGHT_BYTES,
  COMMAND_HEADER_COUNT,
  COMMAND_ID_HIGH,
  COMMAND_ID_LOW,
  COMMAND_REQUEST,
  COMMAND_REQUIRE_AUTHENTICATION,
  COMMAND_REQUIRE_KEY_EXCHANGE,
  COMMAND_RESET,
  COMMAND_RESPOND,
  COMMAND_STATUS,
  COMMAND_STOP_READING,
  COMMAND_STOP_WRITING,
  COMMAND_SEND_DATAGRAM,
  COMMAND_SET_PRIORITY,
  COMMAND_TEXT_BYTES,
  COMMAND_TEXT_OFFSET,
  COMMAND_TRAILERS,
  COMMAND_TYPE,
  COMMAND_WORDS,
  COMMAND_WRITE,
  STATUS_HEADERS_TOO_LARGE,
  STATUS_OK,
  STATUS_STATE,
} from "./rows.js";

/** Commands of one submit. Enough for the answers to all events of a turn. */
const COMMAND_ROWS = 1024;
/** Texts and small bodies of one submit; also the largest header section that can be sent. */
const BLOB_BYTES = 256 * 1024;
/** Bytes outside of the blob after which a submit does not wait for the end of the turn; they are copied then. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Larger bodies are not copied into the blob but by native code, straight from where they are. */
const MAX_INLINE_BYTES = 4096;
/** UTF-8 bytes of one UTF-16 unit, at most. */
const MAX_UTF8_PER_UNIT = 3;

/** Content that can be sent as it is. */
export type WholeBody = string | Uint8Array | null;

/** Memory of a queue, for `NativeBuffers`. */
export function commandBuffers(): Pick<NativeBuffers, "commands" | "blob"> {
  return {
    commands: new Uint32Array(COMMAND_ROWS * COMMAND_WORDS),
    blob: new Uint8Array(new ArrayBuffer(BLOB_BYTES)),
  };
}

/** See the file's head. */
export class CommandQueue {
  readonly #native: NativeEndpoint;
  readonly #rows: Uint32Array;
  readonly #blob: Buffer;
  #count = 0;
  #used = 0;
  #bodies: Uint8Array[] | undefined;
  #bodyBytes = 0;
  #isScheduled = false;
  #isHeld = false;

  constructor(native: NativeEndpoint, buffers: Pick<NativeBuffers, "commands" | "blob">) {
    this.#native = native;
    this.#rows = buffers.commands;
    const { blob } = buffers;
    this.#blob = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  }

  /**
   * @param token - Comes back with CONNECTED or CLOSED.
   * @param flightBytes - What this origin's handshake took the last time, 0 if that is not known.
   * @param addressToken - What a NEW_TOKEN frame of this server has brought, in hexadecimal digits, or empty.
   */
  connect(
    token: number,
    address: string,
    port: number,
    serverName: string,
    required: Level,
    flightBytes: number,
    addressToken: string,
  ): void {
    const text = `${address}\0${port}\0${serverName}\0${addressToken}`;
    const row = this.#begin(COMMAND_CONNECT, 0, 0, token, text.length * MAX_UTF8_PER_UNIT);
    this.#rows[row + COMMAND_REQUIRE_KEY_EXCHANGE] = required.keyExchange;
    this.#rows[row + COMMAND_REQUIRE_AUTHENTICATION] = required.authentication;
    this.#rows[row + COMMAND_FLIGHT_BYTES] = flightBytes;
    this.#putText(row, text, 1);
    this.#end();
  }

  /**
   * A request's header section, and its content if it is whole.
   *
   * @param flags - WRITE_* bits.
   * @throws PqqError `PQQ_ERR_HEADERS_TOO_LARGE`
   */
  request(
    connLow: number,
    connHigh: number,
    token: number,
    headers: string,
    count: number,
    body: WholeBody,
    flags: number,
  ): void {
    checkText(headers);
    const row = this.#begin(COMMAND_REQUEST | flags, connLow, connHigh, token, headers.length);
    this.#putText(row, headers, count);
    this.#putBody(row, body);
    this.#end();
  }

  /**
   * An interim response, without content, or the final one. For whole content, `content-length` is added.
   *
   * @param headers - Text without `content-length` if `body` is whole content.
   * @throws PqqError `PQQ_ERR_HEADERS_TOO_LARGE`
   */
  respond(
    low: number,
    high: number,
    status: number,
    headers: string,
    count: number,
    body: WholeBody,
    flags: number,
  ): void {
    checkText(headers);
    const row = this.#begin(COMMAND_RESPOND | flags, low, high, 0, headers.length + 32);
    this.#rows[row + COMMAND_STATUS] = status;
    if (body === null) {
      this.#putText(row, headers, count);
    } else {
      const bytes = this.#putBody(row, body);
      const field = `content-length\0${bytes}`;
      this.#putText(row, count === 0 ? field : `${headers}\0${field}`, count + 1);
    }
    this.#end();
  }

  /**
   * A response from a folder.
   *
   * @param headers - Text: the first `requestCount` fields are the request's, those behind them go to the answer.
   * @throws PqqError `PQQ_ERR_HEADERS_TOO_LARGE`
   */
  file(
    low: number,
    high: number,
    folder: number,
    headers: string,
    count: number,
    requestCount: number,
  ): void {
    checkText(headers);
    const row = this.#begin(COMMAND_FILE, low, high, requestCount, headers.length);
    this.#rows[row + COMMAND_STATUS] = folder;
    this.#putText(row, headers, count);
    this.#end();
  }

  /** Body bytes; native code copies them when the turn ends, at the latest. */
  write(low: number, high: number, bytes: Uint8Array, flags: number): void {
    const row = this.#begin(COMMAND_WRITE | flags, low, high, 0, 0);
    this.#putBody(row, bytes);
    this.#end();
  }

  /** Ends a message whose content has been written. */
  finish(low: number, high: number, flags: number): void {
    const row = this.#begin(COMMAND_WRITE | flags, low, high, 0, 0);
    this.#putPlace(row, BODY_BLOB, this.#used, 0);
    this.#end();
  }

  /** Ends a message with a trailer section. */
  trailers(low: number, high: number, headers: string, count: number): void {
    checkText(headers);
    const row = this.#begin(COMMAND_TRAILERS, low, high, 0, headers.length);
    this.#putText(row, headers, count);
    this.#end();
  }

  /** An HTTP datagram. */
  sendDatagram(low: number, high: number, bytes: Uint8Array): void {
    const row = this.#begin(COMMAND_SEND_DATAGRAM, low, high, 0, 0);
    this.#putBody(row, bytes);
    this.#end();
  }

  /** Asks for another place among responses (RFC 9218). */
  setPriority(low: number, high: number, urgency: number, isIncremental: boolean): void {
    const row = this.#begin(COMMAND_SET_PRIORITY, low, high, urgency, 0);
    this.#rows[row + COMMAND_STATUS] = isIncremental ? 1 : 0;
    this.#end();
  }

  /** Gives received bytes back to the flow-control windows. */
  consume(low: number, high: number, bytes: number): void {
    this.#begin(COMMAND_CONSUME, low, high, bytes, 0);
    this.#end();
  }

  /** Gives up both halves of a stream. */
  reset(low: number, high: number, wireCode: number): void {
    this.#begin(COMMAND_RESET, low, high, wireCode, 0);
    this.#end();
  }

  /** Tells the peer to send no more on a stream. */
  stopReading(low: number, high: number, wireCode: number): void {
    this.#begin(COMMAND_STOP_READING, low, high, wireCode, 0);
    this.#end();
  }

  /** Gives up a connection that is being made. */
  abandon(token: number): void {
    this.#begin(COMMAND_ABANDON, 0, 0, token, 0);
    this.#end();
  }

  /** Gives up our half of a stream. */
  stopWriting(low: number, high: number, wireCode: number): void {
    this.#begin(COMMAND_STOP_WRITING, low, high, wireCode, 0);
    this.#end();
  }

  /** Closes a connection. */
  close(low: number, high: number, wireCode: number): void {
    this.#begin(COMMAND_CLOSE, low, high, wireCode, 0);
    this.#end();
  }

  /** Until `release`, which flushes, nothing schedules that: for whoever handles many events and then flushes anyway. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.flush();
  }

  /** Submits what has been collected. */
  flush(): void {
    if (this.#count === 0) return;
    const status = this.#native.submit(this.#count, this.#bodies);
    this.#count = 0;
    this.#used = 0;
    this.#bodies = undefined;
    this.#bodyBytes = 0;
    // A driver that is stopping reports the end of its streams itself.
    if (status !== STATUS_OK && status !== STATUS_STATE) throw errorFromStatus(status, "submit");
  }

  /** Begins a row for which `textBytes` of text fit into the blob. Returns its first word. */
  #begin(type: number, low: number, high: number, a: number, textBytes: number): number {
    if (this.#count === COMMAND_ROWS || textBytes + MAX_INLINE_BYTES > BLOB_BYTES - this.#used) {
      this.flush();
    }
    const rows = this.#rows;
    const row = this.#count * COMMAND_WORDS;
    rows[row + COMMAND_TYPE] = type;
    rows[row + COMMAND_ID_LOW] = low;
    rows[row + COMMAND_ID_HIGH] = high;
    rows[row + COMMAND_A] = a;
    rows[row + COMMAND_TEXT_BYTES] = 0;
    rows[row + COMMAND_TEXT_OFFSET] = 0;
    rows[row + COMMAND_HEADER_COUNT] = 0;
    return row;
  }

  #end(): void {
    this.#count += 1;
    if (this.#bodyBytes > MAX_BODY_BYTES) this.flush();
    if (this.#isScheduled || this.#isHeld) return;
    this.#isScheduled = true;
    queueMicrotask(this.#deferFlush);
  }

  /** Behind the microtasks of this turn: what asynchronous handlers answer goes with the rest. */
  readonly #deferFlush = (): void => {
    process.nextTick(this.#scheduledFlush);
  };

  readonly #scheduledFlush = (): void => {
    this.#isScheduled = false;
    this.flush();
  };

  #putText(row: number, text: string, count: number): void {
    const used = this.#used;
    const bytes = this.#blob.write(text, used, "latin1");
    this.#rows[row + COMMAND_TEXT_OFFSET] = used;
    this.#rows[row + COMMAND_TEXT_BYTES] = bytes;
    this.#rows[row + COMMAND_HEADER_COUNT] = count;
    this.#used = used + bytes;
  }

  /** Returns the number of bytes. */
  #putBody(row: number, body: WholeBody): number {
    if (body === null) return 0;
    if (typeof body === "string") {
      if (body.length * MAX_UTF8_PER_UNIT <= MAX_INLINE_BYTES) {
        return this.#putPlace(row, BODY_BLOB, this.#used, this.#blob.write(body, this.#used));
      }
      body = Buffer.from(body);
    }
    if (body.length <= MAX_INLINE_BYTES) {
      this.#blob.set(body, this.#used);
      return this.#putPlace(row, BODY_BLOB, this.#used, body.length);
    }
    this.#bodies ??= [];
    this.#bodyBytes += body.length;
    return this.#putPlace(row, BODY_ARRAY, this.#bodies.push(body) - 1, body.length);
  }

  #putPlace(row: number, place: number, offset: number, bytes: number): number {
    const rows = this.#rows;
    rows[row + COMMAND_TYPE] = (rows[row + COMMAND_TYPE] ?? 0) | place;
    rows[row + COMMAND_BODY_OFFSET] = offset;
    rows[row + COMMAND_BODY_BYTES] = bytes;
    if (place === BODY_BLOB) this.#used += bytes;
    return bytes;
  }
}

/** A header section has to fit into the blob, with a small body behind it. */
function checkText(text: string): void {
  if (text.length > BLOB_BYTES / 2) throw errorFromStatus(STATUS_HEADERS_TOO_LARGE);
}
