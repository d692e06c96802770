// SPDX-License-Identifier: MIT
// One driver with its threads: takes their events out of the rings and hands them to a Server's or Client's listener.
import { errorFromStatus } from "../errors/index.js";
import { CommandQueue, commandBuffers } from "./commands.js";
import { loadNative } from "./load.js";
import type {
  NativeAddress,
  NativeBuffers,
  NativeEndpoint,
  NativeError,
  NativeFlightQuery,
  NativeFlightReport,
  NativeOptions,
} from "./native.js";
import {
  CALL_CANCEL,
  CALL_KEY_LOG,
  CALL_RELEASE,
  CALL_SIGN,
  CALL_WORDS,
  EVENT_A_HIGH,
  EVENT_A_LOW,
  EVENT_CLOSED,
  EVENT_CONNECTED,
  EVENT_DATA,
  EVENT_DATA_BYTES,
  EVENT_DATA_OFFSET,
  EVENT_END,
  EVENT_FILE,
  EVENT_GOING_AWAY,
  EVENT_ID_HIGH,
  EVENT_ID_LOW,
  EVENT_NEW_TOKEN,
  EVENT_OPENED,
  EVENT_OPEN_FAILED,
  EVENT_REQUEST,
  EVENT_RESET,
  EVENT_RESPONSE,
  EVENT_STATUS,
  EVENT_STOPPED,
  EVENT_STREAM_CLOSED,
  EVENT_DATAGRAM,
  EVENT_TRAILERS,
  EVENT_TYPE,
  EVENT_WORDS,
  EVENT_WRITABLE,
  POLL_CALLS,
  POLL_ENDED,
  POLL_FAILURES,
  POLL_ROWS,
} from "./rows.js";
import type { Signers } from "./signers.js";
import { SlotTable } from "./slots.js";
import type { Stream } from "./stream.js";

/** Rows of one worker's ring: a power of two; a worker that finds it full waits. */
const RING_ROWS = 1024;
/** Least data bytes of one worker's ring. */
const RING_BYTES = 512 * 1024;
/** The largest piece of body in one event (native/src/core/limits.h). */
const MAX_DATA_EVENT_BYTES = 64 * 1024;
/** Events handled in one turn of the event loop; then timers and other I/O have theirs. */
const EVENTS_PER_TURN = 2048;

/** What a Server or a Client does with events that are not for a known stream. */
export interface EndpointListener {
  onConnected(idLow: number, idHigh: number, token: number, facts: string): void;
  onClosed(idLow: number, idHigh: number, token: number, status: number, facts: string): void;
  onGoingAway(idLow: number, idHigh: number): void;
  /** An address validation token for the next connection, in hexadecimal digits. */
  onNewToken(idLow: number, idHigh: number, addressToken: string): void;
  onRequest(
    idLow: number,
    idHigh: number,
    connLow: number,
    connHigh: number,
    text: string,
    isEnd: boolean,
    datagramBytes: number,
  ): void;
  /** A folder has answered a request; `text` as of onRequest. */
  onFile(connLow: number, connHigh: number, status: number, bytes: number, text: string): void;
  onOpened(idLow: number, idHigh: number, token: number): void;
  onOpenFailed(token: number, status: number): void;
  /** A command failed; for CONNECT and REQUEST `idHigh` is the token. */
  onCommandFailed(type: number, idLow: number, idHigh: number, status: number): void;
  /** A line of the key log, without its end. */
  onKeyLog(line: string): void;
  /** All workers have ended: 0, or the status with which the first gave up. Nothing comes after. */
  onEnd(status: number): void;
}

const live = new Set<Endpoint>();
let rearmed: NodeJS.Immediate | undefined;

/** The addon's wake-up: one for all endpoints of this environment. */
function drainAll(): void {
  clearImmediate(rearmed);
  let hasMore = false;
  let isDone = false;
  try {
    for (const endpoint of live) hasMore = endpoint.drain() || hasMore;
    isDone = true;
  } finally {
    // Also behind an exception of somebody's listener: the rest has to be heard of.
    rearmed = hasMore || !isDone ? setImmediate(drainAll) : undefined;
  }
}

/** See the file's head. */
export class Endpoint {
  readonly commands: CommandQueue;
  readonly streams = new SlotTable<Stream>();
  readonly addresses: readonly NativeAddress[];
  readonly #listener: EndpointListener;
  readonly #native: NativeEndpoint;
  readonly #rings: Ring[];
  readonly #signers: Signers;

  /** @throws PqqError of the failed call: an unreadable key, a port in use. */
  constructor(options: NativeOptions, signers: Signers, listener: EndpointListener) {
    const native = loadNative();
    const buffers = allocate(options);
    this.#listener = listener;
    this.#signers = signers;
    this.#rings = buffers.rows.map((rows, worker) => new Ring(rows, buffers.data[worker]));
    // Setting it again changes nothing: the addon keeps the first.
    native.onWake(drainAll);
    try {
      this.#native = new native.Endpoint(options, buffers);
    } catch (error) {
      throw typedError(error, options.isServer);
    }
    this.commands = new CommandQueue(this.#native, buffers);
    this.addresses = this.#native.addresses();
    live.add(this);
  }

  /** Counters in the order of include/pqq/stats.def. */
  stats(): Float64Array {
    return this.#native.stats();
  }

  /** The first flight of a server with this endpoint's configuration. */
  flight(query: NativeFlightQuery): NativeFlightReport {
    return this.#native.flight(query);
  }

  /**
   * Swaps the configuration of all workers.
   *
   * @throws PqqError of what the new one is refused for, as a rejection; the old one is then in force.
   */
  async updateConfig(options: NativeOptions): Promise<void> {
    await typed(() => this.#native.updateConfig(options), options.isServer);
  }

  connectionStats(idLow: number, idHigh: number): Promise<Float64Array | undefined> {
    return this.#native.connectionStats(idLow, idHigh);
  }

  /**
   * Blocks a prefix at all workers, for good if `forMs` is 0. Resolves with the prefix as libpqq writes it.
   *
   * Rejects with a PqqError: `PQQ_ERR_INVALID_ARG`, `PQQ_ERR_LIMIT`, `PQQ_ERR_STATE` once the server has ended.
   */
  block(prefix: string, forMs: number): Promise<string> {
    return typed(() => this.#native.block(prefix, forMs));
  }

  /** Rejects with a PqqError: as `block`, and `PQQ_ERR_NOT_FOUND`. */
  unblock(prefix: string): Promise<string> {
    return typed(() => this.#native.unblock(prefix));
  }

  /** GOAWAY, then up to `drainMs` for requests to finish; the end comes as `onEnd`. */
  stop(drainMs: number): void {
    this.commands.flush();
    this.#native.stop(drainMs);
  }

  /** Handles events, at most EVENTS_PER_TURN. True: there are more. */
  drain(): boolean {
    this.commands.hold();
    try {
      return this.#drain();
    } finally {
      this.commands.release();
    }
  }

  #drain(): boolean {
    let budget = EVENTS_PER_TURN;
    let hasMore = false;
    let isEnded = true;
    for (let worker = 0; worker < this.#rings.length; worker++) {
      const ring = this.#rings[worker];
      if (ring === undefined) break;
      let polled = this.#poll(ring, worker);
      while ((polled & POLL_ROWS) > 0 && budget > 0) {
        budget -= this.#dispatchRows(ring, Math.min(polled & POLL_ROWS, budget));
        polled = this.#poll(ring, worker);
      }
      if ((polled & POLL_ROWS) > 0) hasMore = true;
      if (!(polled & POLL_ENDED)) isEnded = false;
    }
    if (isEnded && !hasMore) this.#finish();
    return hasMore;
  }

  #poll(ring: Ring, worker: number): number {
    const polled = this.#native.poll(worker, ring.consumed);
    ring.consumed = 0;
    if (polled & POLL_FAILURES) this.#reportFailures();
    if (polled & POLL_CALLS) this.#takeCalls();
    return polled;
  }

  #finish(): void {
    if (!live.delete(this)) return;
    const status = this.#native.endStatus();
    // The last lines of the key log come with the end of the connections.
    this.#takeCalls();
    this.#native.free();
    this.#signers.end();
    this.#listener.onEnd(status);
  }

  #takeCalls(): void {
    const calls = this.#native.calls();
    for (let i = 0; i + CALL_WORDS <= calls.length; i += CALL_WORDS) {
      const [kind, number, id, text, message] = calls.slice(i, i + CALL_WORDS) as NativeCallWords;
      if (kind === CALL_SIGN) this.#signers.sign(this.#native, number, id, text, message);
      else if (kind === CALL_CANCEL) this.#signers.cancel(id);
      else if (kind === CALL_RELEASE) this.#signers.release(number);
      else if (kind === CALL_KEY_LOG) this.#listener.onKeyLog(text);
    }
  }

  #reportFailures(): void {
    const failures = this.#native.failures();
    for (let i = 0; i + 3 < failures.length; i += 4) {
      const [type = 0, low = 0, high = 0, status = 0] = failures.slice(i, i + 4);
      this.#listener.onCommandFailed(type, low, high, status);
    }
  }

  #dispatchRows(ring: Ring, count: number): number {
    for (let i = 0; i < count; i++) {
      const row = ring.next;
      // Counted first: should a handler of ours throw, its event does not come again.
      ring.next = (row + EVENT_WORDS) & ring.mask;
      ring.consumed += 1;
      this.#dispatch(ring, row);
    }
    return count;
  }

  #dispatch(ring: Ring, row: number): void {
    const { rows } = ring;
    // Each index is within the array: the `?? 0` are for the type checker and cost nothing measurable.
    const word = rows[row + EVENT_TYPE] ?? 0;
    const low = rows[row + EVENT_ID_LOW] ?? 0;
    const high = rows[row + EVENT_ID_HIGH] ?? 0;
    const aLow = rows[row + EVENT_A_LOW] ?? 0;
    const aHigh = rows[row + EVENT_A_HIGH] ?? 0;
    const status = (rows[row + EVENT_STATUS] ?? 0) | 0;
    const offset = rows[row + EVENT_DATA_OFFSET] ?? 0;
    const bytes = rows[row + EVENT_DATA_BYTES] ?? 0;
    const isEnd = (word & EVENT_END) !== 0;
    switch (word & 0xff) {
      case EVENT_REQUEST:
        this.#listener.onRequest(low, high, aLow, aHigh, ring.text(offset, bytes), isEnd, status);
        break;
      case EVENT_RESPONSE:
        this.streams.get(low, high)?.onResponse(status, ring.text(offset, bytes), isEnd, aLow);
        break;
      case EVENT_DATAGRAM:
        this.streams.get(low, high)?.onDatagram(ring.bytes.slice(offset, offset + bytes));
        break;
      case EVENT_DATA:
        this.streams.get(low, high)?.onData(ring.bytes, offset, bytes, isEnd);
        break;
      case EVENT_TRAILERS:
        this.streams.get(low, high)?.onTrailers(ring.text(offset, bytes));
        break;
      case EVENT_RESET:
        this.streams.get(low, high)?.onReset(wireCode(aLow, aHigh), status);
        break;
      case EVENT_STOPPED:
        this.streams.get(low, high)?.onStopped(wireCode(aLow, aHigh));
        break;
      case EVENT_WRITABLE:
        this.streams.get(low, high)?.onWritable();
        break;
      case EVENT_STREAM_CLOSED:
        this.#closeStream(low, high, status, wireCode(aLow, aHigh));
        break;
      case EVENT_OPENED:
        this.#listener.onOpened(low, high, aLow);
        break;
      case EVENT_OPEN_FAILED:
        this.#listener.onOpenFailed(aLow, status);
        break;
      case EVENT_CONNECTED:
        this.#listener.onConnected(low, high, aLow, ring.text(offset, bytes));
        break;
      case EVENT_CLOSED:
        this.#listener.onClosed(low, high, aLow, status, ring.text(offset, bytes));
        break;
      case EVENT_FILE:
        this.#listener.onFile(low, high, status, wireCode(aLow, aHigh), ring.text(offset, bytes));
        break;
      case EVENT_GOING_AWAY:
        this.#listener.onGoingAway(low, high);
        break;
      case EVENT_NEW_TOKEN:
        this.#listener.onNewToken(low, high, ring.hex(offset, bytes));
        break;
      default:
        // A newer libpqq may have more to say.
        break;
    }
  }

  #closeStream(low: number, high: number, status: number, code: number): void {
    const stream = this.streams.get(low, high);
    if (stream === undefined) return;
    this.streams.remove(stream);
    stream.onClosed(status, code);
  }
}

type NativeCallWords = [
  kind: number,
  number: number,
  id: number,
  text: string,
  message: Uint8Array,
];

/** One worker's events as JavaScript sees them. */
class Ring {
  readonly rows: Uint32Array;
  readonly bytes: Uint8Array;
  readonly mask: number;
  /** The first word of the next row. */
  next = 0;
  /** Rows handled but not yet given back. */
  consumed = 0;
  readonly #buffer: Buffer;

  constructor(rows: Uint32Array, bytes: Uint8Array = new Uint8Array()) {
    this.rows = rows;
    this.bytes = bytes;
    this.mask = rows.length - 1;
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  hex(offset: number, bytes: number): string {
    return this.#buffer.toString("hex", offset, offset + bytes);
  }

  /** Field values are bytes; Latin-1 keeps each as one character, as fetch does. */
  text(offset: number, bytes: number): string {
    return bytes === 0 ? "" : this.#buffer.toString("latin1", offset, offset + bytes);
  }
}

function allocate(options: NativeOptions): NativeBuffers {
  const largest = Math.max(MAX_DATA_EVENT_BYTES, options.maxHeaderListBytes ?? 0);
  const dataBytes = Math.max(RING_BYTES, 2 * largest);
  const workers = Array.from({ length: options.workers ?? 1 });
  return {
    rows: workers.map(() => new Uint32Array(RING_ROWS * EVENT_WORDS)),
    data: workers.map(() => new Uint8Array(dataBytes)),
    ...commandBuffers(),
  };
}

/** HTTP/3 codes have 62 bits; those in use are small. */
function wireCode(low: number, high: number): number {
  return high * 2 ** 32 + low;
}

/** What the addon promises, its errors as PqqError; those that it throws are rejections too. */
async function typed<T>(call: () => Promise<T>, isServer?: boolean): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw typedError(error, isServer);
  }
}

/** @param isServer - Of an error at the start: of what. */
export function typedError(error: unknown, isServer?: boolean): unknown {
  if (!(error instanceof Error) || !("status" in error)) return error;
  const { status, detail } = error as NativeError;
  if (isServer === undefined) return errorFromStatus(status, detail);
  return errorFromStatus(status, detail, { startOf: isServer ? "server" : "client" });
}
