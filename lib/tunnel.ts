// SPDX-License-Identifier: MIT
// What CONNECT opens (RFC 9110 section 9.3.6, RFC 9220): bytes both ways, and datagrams.
import type { ReadableStream, WritableStream } from "node:stream/web";
import type { Connection } from "./connection.js";
import type { Datagrams } from "./datagrams.js";
import { H3_REQUEST_CANCELLED } from "./internal/rows.js";

/** What a tunnel is made of. @internal */
export interface TunnelParts {
  readonly protocol: string | null;
  readonly headers: Headers;
  readonly connection: Connection;
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly datagrams: Datagrams;
  readonly closed: Promise<void>;
  readonly abort: (wireCode: number) => void;
}

const MAX_WIRE_CODE = 2 ** 32 - 1;

/**
 * An accepted CONNECT request, on either side.
 *
 * Each half ends by itself: closing `writable` ends ours, and `readable` ends when the peer has closed its own. Both are
 * flow-controlled: a reader that does not read stops the peer's writer.
 */
export class Tunnel {
  /** What is spoken, such as `"websocket"`; null for plain CONNECT. */
  readonly protocol: string | null;
  /** Of the other side: those of the response on a client, those of the request on a server. */
  readonly headers: Headers;
  readonly connection: Connection;
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly datagrams: Datagrams;
  /** Resolves when both halves have ended, rejects when the tunnel was aborted by either side. */
  readonly closed: Promise<void>;
  readonly #abort: (wireCode: number) => void;

  /** @internal */
  constructor(parts: TunnelParts) {
    this.protocol = parts.protocol;
    this.headers = parts.headers;
    this.connection = parts.connection;
    this.readable = parts.readable;
    this.writable = parts.writable;
    this.datagrams = parts.datagrams;
    this.closed = parts.closed;
    this.#abort = parts.abort;
  }

  /**
   * Gives up both halves: RESET_STREAM and STOP_SENDING.
   *
   * @param wireCode - An HTTP/3 error code (RFC 9114 section 8.1). @defaultValue H3_REQUEST_CANCELLED, 0x10c
   * @throws RangeError for what is no code.
   */
  abort(wireCode = H3_REQUEST_CANCELLED): void {
    if (!Number.isInteger(wireCode) || wireCode < 0 || wireCode > MAX_WIRE_CODE) {
      throw new RangeError(`wireCode: expected 0–${MAX_WIRE_CODE}, received ${wireCode}`);
    }
    this.#abort(wireCode);
  }
}
