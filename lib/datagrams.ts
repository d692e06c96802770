// SPDX-License-Identifier: MIT
// HTTP datagrams (RFC 9297) of one tunnel: small, fast, in any order, and lost where there is no room.
import { errorFromStatus } from "./errors/index.js";
import {
  STATUS_CONNECTION_CLOSED,
  STATUS_DATAGRAM_TOO_LARGE,
  STATUS_DATAGRAM_UNSUPPORTED,
} from "./internal/rows.js";

/** Datagrams that wait for their reader; the oldest are dropped first, because they are worth the least. */
const MAX_WAITING = 64;

/** The stream that datagrams belong to. @internal */
export interface DatagramOwner {
  /** Whether the stream can still be used. */
  readonly isOpen: boolean;
  sendDatagram(bytes: Uint8Array): void;
}

/**
 * The datagrams of a {@link Tunnel}. Iterating takes those that have come, and waits for more until the tunnel ends.
 *
 * @example
 * ```ts
 * tunnel.datagrams.send(bytes);
 * for await (const datagram of tunnel.datagrams) console.log(datagram.length);
 * ```
 */
export class Datagrams implements AsyncIterable<Uint8Array> {
  #maxBytes: number;
  readonly #owner: DatagramOwner;
  readonly #waiting: Uint8Array[] = [];
  #dropped = 0;
  #isEnded = false;
  #wake: (() => void) | undefined;

  /** @internal */
  constructor(owner: DatagramOwner, maxBytes: number) {
    this.#owner = owner;
    this.#maxBytes = maxBytes;
  }

  /**
   * The largest that can be sent, in bytes, when the tunnel was opened; 0: the peer takes none. 65,535 where both ends have
   * said `capsule-protocol: ?1`: what does not fit a QUIC datagram then goes in a DATAGRAM capsule (RFC 9297 section 3).
   */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** @internal */
  set maxBytes(bytes: number) {
    this.#maxBytes = bytes;
  }

  /** Datagrams that came and found the queue of 64 full, or could not be sent after all. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Sends a datagram. That it was sent does not mean that it arrives; nothing says so if it does not.
   *
   * @throws PqqError `PQQ_ERR_DATAGRAM_UNSUPPORTED`, `PQQ_ERR_DATAGRAM_TOO_LARGE`, `PQQ_ERR_CONNECTION_CLOSED`
   */
  send(bytes: Uint8Array): void {
    if (!(bytes instanceof Uint8Array)) throw new TypeError("datagram: a Uint8Array was expected");
    if (this.maxBytes === 0) throw errorFromStatus(STATUS_DATAGRAM_UNSUPPORTED);
    if (bytes.length > this.maxBytes) {
      const detail = `${bytes.length} bytes, at most ${this.maxBytes}`;
      throw errorFromStatus(STATUS_DATAGRAM_TOO_LARGE, detail);
    }
    if (!this.#owner.isOpen)
      throw errorFromStatus(STATUS_CONNECTION_CLOSED, "the tunnel has ended");
    this.#owner.sendDatagram(bytes);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const first = this.#waiting.shift();
      if (first !== undefined) {
        yield first;
      } else if (this.#isEnded) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  /** @internal */
  push(bytes: Uint8Array): void {
    if (this.#waiting.length === MAX_WAITING) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
    this.#waiting.push(bytes);
    this.#wake?.();
  }

  /** One of ours was not sent. @internal */
  noteDropped(): void {
    this.#dropped += 1;
  }

  /** @internal */
  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }
}
