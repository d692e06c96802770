// SPDX-License-Identifier: MIT
// Content on its way in. Bytes are copied out of the ring when their event comes, and given back to the peer's
// flow-control window when somebody has taken them: who does not read stops the sender.
import {
  ReadableStream,
  type ReadableByteStreamController,
  type UnderlyingByteSource,
} from "node:stream/web";
import { errorFromStatus } from "../errors/index.js";
import type { BodySource } from "./body.js";
import { holdLoop, releaseLoop } from "./keep_alive.js";
import { STATUS_BODY_TOO_LARGE, STATUS_CANCELLED } from "./rows.js";
import { splitText, toPairs } from "./text.js";

/**
 * Content that ends with this much outstanding is not given back by a command: its stream is about to close, and that
 * gives it back.
 */
const MAX_FORGOTTEN_BYTES = 16 * 1024;

/** The stream that content belongs to. */
export interface IncomingOwner {
  /** Whether a pending read keeps the event loop alive. */
  readonly keepsAlive: boolean;
  consume(bytes: number): void;
  /** Nobody wants the rest. */
  stopReading(): void;
  /** Somebody waits for bytes, from now on; or nobody does any more. */
  onAwaited?(isAwaited: boolean): void;
  /** Somebody waits for it, for the first time or again. */
  onTaken(): void;
}

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** See the file's head. */
export class IncomingBody implements BodySource {
  readonly #owner: IncomingOwner;
  #chunks: Uint8Array[] = [];
  #received = 0;
  #isEnded = false;
  #failure: { readonly error: unknown } | undefined;
  #trailerText = "";
  #collector: (Waiter<Uint8Array> & { readonly limit: number }) | undefined;
  #trailerWaiters: Waiter<[string, string][]>[] | undefined;
  #controller: ReadableByteStreamController | undefined;
  /** A reader of the stream waits for bytes. */
  #isPulled = false;
  #isHolding = false;

  constructor(owner: IncomingOwner) {
    this.#owner = owner;
  }

  /** Whether all of it has arrived, or the reader does not want more. */
  get isDone(): boolean {
    return this.#isEnded || this.#failure !== undefined;
  }

  /** Whether somebody reads it. */
  get isTaken(): boolean {
    return this.#collector !== undefined || this.#controller !== undefined;
  }

  stream(): ReadableStream<Uint8Array> {
    const source: UnderlyingByteSource = {
      type: "bytes",
      start: (controller) => {
        this.#controller = controller;
        if (this.#failure !== undefined) controller.error(this.#failure.error);
        else this.#closeIfDrained();
      },
      pull: () => {
        this.#pull();
      },
      cancel: (reason) => {
        this.cancel(reason);
      },
    };
    return new ReadableStream(source, { highWaterMark: 0 });
  }

  collect(limitBytes = Infinity): Promise<Uint8Array> {
    if (this.#failure !== undefined) return Promise.reject(asError(this.#failure.error));
    if (this.#received > limitBytes) {
      this.cancel();
      return Promise.reject(errorFromStatus(STATUS_BODY_TOO_LARGE));
    }
    if (this.#isEnded) return Promise.resolve(this.#concatenate());
    const outstanding = this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (outstanding > 0) this.#owner.consume(outstanding);
    this.#owner.onTaken();
    return new Promise((resolve, reject) => {
      this.#collector = { resolve, reject, limit: limitBytes };
      this.#hold();
      this.#owner.onAwaited?.(true);
    });
  }

  cancel(reason?: unknown): void {
    if (this.isDone) return;
    this.fail(reason ?? errorFromStatus(STATUS_CANCELLED));
    this.#owner.stopReading();
  }

  get trailers(): Promise<[string, string][]> {
    if (this.#isEnded) return Promise.resolve(toPairs(splitText(this.#trailerText)));
    if (this.#failure !== undefined) return Promise.reject(asError(this.#failure.error));
    const promise = new Promise<[string, string][]>((resolve, reject) => {
      (this.#trailerWaiters ??= []).push({ resolve, reject });
    });
    // Who only looks at the content hears of its failure there.
    promise.catch(() => undefined);
    return promise;
  }

  /** Bytes of the ring; they are gone when this returns. */
  push(ring: Uint8Array, offset: number, bytes: number, isEnd: boolean): void {
    if (this.#failure !== undefined) {
      if (bytes > 0) this.#owner.consume(bytes);
      return;
    }
    this.#received += bytes;
    if (this.#received > (this.#collector?.limit ?? Infinity)) {
      this.fail(errorFromStatus(STATUS_BODY_TOO_LARGE));
      this.#owner.stopReading();
      return;
    }
    if (bytes > 0) this.#deliver(ring.slice(offset, offset + bytes), isEnd);
    if (isEnd) this.#end();
    else this.#owner.onAwaited?.(this.#isPulled || this.#collector !== undefined);
  }

  /** The trailer section; it ends the content. */
  pushTrailers(text: string): void {
    this.#trailerText = text;
    this.#end();
  }

  /** No more will come. Bytes that nobody has taken are dropped. */
  fail(error: unknown): void {
    if (this.isDone) return;
    this.#failure = { error };
    this.#chunks = [];
    this.#controller?.error(error);
    this.#settle(error);
  }

  #deliver(chunk: Uint8Array, isEnd: boolean): void {
    if (this.#isPulled) {
      this.#isPulled = false;
      this.#release();
      this.#enqueue(chunk, isEnd);
      return;
    }
    this.#chunks.push(chunk);
    if (this.#collector !== undefined) this.#consume(chunk.length, isEnd);
  }

  #enqueue(chunk: Uint8Array, isEnd: boolean): void {
    // First: a byte stream takes the memory away, and the length with it.
    this.#consume(chunk.length, isEnd);
    this.#controller?.enqueue(chunk);
  }

  #consume(bytes: number, isEnd: boolean): void {
    if (!isEnd || bytes > MAX_FORGOTTEN_BYTES) this.#owner.consume(bytes);
  }

  #end(): void {
    if (this.isDone) return;
    this.#isEnded = true;
    this.#release();
    this.#owner.onAwaited?.(false);
    this.#closeIfDrained();
    this.#collector?.resolve(this.#concatenate());
    if (this.#trailerWaiters === undefined) return;
    const trailers = toPairs(splitText(this.#trailerText));
    for (const waiter of this.#trailerWaiters) waiter.resolve(trailers);
  }

  #pull(): void {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) {
      if (this.isDone) return;
      this.#isPulled = true;
      this.#owner.onTaken();
      this.#hold();
      this.#owner.onAwaited?.(true);
      return;
    }
    this.#enqueue(chunk, this.#isEnded);
    this.#closeIfDrained();
  }

  #closeIfDrained(): void {
    const controller = this.#controller;
    if (!this.#isEnded || this.#chunks.length > 0 || controller === undefined) return;
    controller.close();
    // A reader with a buffer of its own waits until it is told that nothing comes.
    controller.byobRequest?.respond(0);
  }

  #settle(error: unknown): void {
    this.#release();
    this.#owner.onAwaited?.(false);
    this.#collector?.reject(error);
    for (const waiter of this.#trailerWaiters ?? []) waiter.reject(error);
  }

  #concatenate(): Uint8Array {
    const chunks = this.#chunks;
    this.#chunks = [];
    const [first] = chunks;
    if (chunks.length === 1 && first !== undefined) return first;
    const whole = new Uint8Array(this.#received);
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }

  #hold(): void {
    if (this.#isHolding || !this.#owner.keepsAlive) return;
    this.#isHolding = true;
    holdLoop();
  }

  #release(): void {
    if (!this.#isHolding) return;
    this.#isHolding = false;
    releaseLoop();
  }
}

/** Abort reasons can be anything; they are passed on as they are. */
function asError(reason: unknown): Error {
  return reason as Error;
}
