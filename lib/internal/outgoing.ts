// SPDX-License-Identifier: MIT
// Content on its way out, when it is not whole: read from its source at the pace of the network.
import type { ReadableStream } from "node:stream/web";
import type { HeaderPair } from "../headers.js";
import type { CommandQueue } from "./commands.js";
import { holdLoop, releaseLoop } from "./keep_alive.js";
import { WRITE_END, WRITE_NOTIFY } from "./rows.js";
import { headerText } from "./text.js";

/** Larger content is sent in pieces: one response must not fill the network thread's memory. */
export const MAX_WHOLE_BYTES = 64 * 1024;

/**
 * Bytes that are written before the network has to say that it has sent most of them. As much as libpqq's high-water
 * mark (native/src/core/limits.h): more would only wait there.
 */
const MAX_WINDOW_BYTES = 256 * 1024;
/** What a stream may write however many there are. */
const MIN_WINDOW_BYTES = 16 * 1024;
/** All windows together. Far below what may wait for a network thread (native/src/io/limits.h). */
const TOTAL_WINDOW_BYTES = 64 * 1024 * 1024;

let pumps = 0;

function windowBytes(): number {
  return Math.max(
    MIN_WINDOW_BYTES,
    Math.min(MAX_WINDOW_BYTES, Math.floor(TOTAL_WINDOW_BYTES / pumps)),
  );
}

/** Content that comes in pieces. */
export type ChunkedBody = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** The stream that content is sent on. */
export interface OutgoingOwner {
  readonly idLow: number;
  readonly idHigh: number;
  /** Whether waiting for the network keeps the event loop alive. */
  readonly keepsAlive: boolean;
  readonly commands: CommandQueue;
  /** The source has failed, or gave something that is not bytes. */
  onSourceFailed(error: unknown): void;
  /** The message has ended. */
  onSent(): void;
  /** The network takes nothing more, from now on; or it does again. */
  onAwaited?(isAwaited: boolean): void;
}

/** Content that is asked for a piece at a time. */
export interface Source {
  next(): Promise<IteratorResult<unknown>>;
  cancel(reason: unknown): Promise<unknown> | undefined;
}

/** See the file's head. */
export class BodyPump {
  readonly #owner: OutgoingOwner;
  readonly #source: Source;
  /** Bytes that may still be written before the network has to say something. */
  #window = 0;
  #isStopped = false;
  #resume: (() => void) | undefined;

  constructor(owner: OutgoingOwner, body: ChunkedBody) {
    this.#owner = owner;
    this.#source = toSource(body);
  }

  /**
   * Sends all of it and ends the message. Never rejects.
   *
   * @param trailers - Called at the end of the content.
   */
  async run(trailers: (() => Promise<readonly HeaderPair[]>) | null): Promise<void> {
    pumps += 1;
    this.#window = windowBytes();
    try {
      while (!this.#isStopped) {
        const result = await this.#source.next();
        if (result.done === true) break;
        await this.#write(toBytes(result.value));
      }
      const fields = trailers === null ? [] : await trailers();
      if (!this.#isStopped) this.#finish(fields);
    } catch (error) {
      if (this.#isStopped) return;
      this.stop(error);
      this.#owner.onSourceFailed(error);
    } finally {
      pumps -= 1;
    }
  }

  /** The peer has taken enough of what was written. */
  onWritable(): void {
    this.#resume?.();
  }

  /** Nobody wants the rest. */
  stop(reason: unknown): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#resume?.();
    // A source that fails while it is told to end has nobody left to tell.
    Promise.resolve(this.#source.cancel(reason)).catch(() => undefined);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const { commands, idLow, idHigh } = this.#owner;
    for (let at = 0; at < bytes.length && !this.#isStopped;) {
      const piece = bytes.subarray(at, at + this.#window);
      at += piece.length;
      this.#window -= piece.length;
      const isFull = this.#window === 0;
      commands.write(idLow, idHigh, piece, isFull ? WRITE_NOTIFY : 0);
      if (isFull) await this.#writable();
    }
  }

  async #writable(): Promise<void> {
    const { keepsAlive } = this.#owner;
    if (keepsAlive) holdLoop();
    this.#owner.onAwaited?.(true);
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
    this.#owner.onAwaited?.(false);
    if (keepsAlive) releaseLoop();
    this.#resume = undefined;
    this.#window = windowBytes();
  }

  #finish(fields: readonly HeaderPair[]): void {
    const { commands, idLow, idHigh } = this.#owner;
    this.#isStopped = true;
    if (fields.length === 0) commands.finish(idLow, idHigh, WRITE_END);
    else commands.trailers(idLow, idHigh, headerText(fields), fields.length);
    this.#owner.onSent();
  }
}

/** Whole content in one piece, for what is too large to be sent with its headers. */
export function wholeSource(body: string | Uint8Array): AsyncIterable<Uint8Array> {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return {
    [Symbol.asyncIterator]: () => {
      let isGiven = false;
      return {
        next: () => {
          const result = isGiven
            ? { done: true as const, value: undefined }
            : { done: false as const, value: bytes };
          isGiven = true;
          return Promise.resolve(result);
        },
      };
    },
  };
}

/** Tells a source of content that nobody will read it. */
export function cancelContent(
  body: string | Uint8Array | ChunkedBody | null,
  reason?: unknown,
): void {
  if (body === null || typeof body === "string" || body instanceof Uint8Array) return;
  const cancelled =
    "getReader" in body ? body.cancel(reason) : body[Symbol.asyncIterator]().return?.();
  Promise.resolve(cancelled).catch(() => undefined);
}

/** A stream is read with a reader: unlike its iterator, that can be cancelled while a read is pending. */
export function toSource(body: ChunkedBody): Source {
  if ("getReader" in body) {
    const reader = body.getReader();
    return {
      next: () => reader.read() as Promise<IteratorResult<unknown>>,
      cancel: (reason) => reader.cancel(reason),
    };
  }
  const iterator = body[Symbol.asyncIterator]();
  return { next: () => iterator.next(), cancel: () => iterator.return?.() };
}

/** @throws TypeError */
export function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError(`body: a stream of Uint8Array was expected, it gave ${typeof chunk}`);
}
