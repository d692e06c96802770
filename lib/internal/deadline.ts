// SPDX-License-Identifier: MIT
// The limit in time of a whole request, whatever it consists of, and waiting that can be given up.
import { timeoutError } from "../errors/index.js";
import type { Clock, Timer } from "./clock.js";
import { holdLoop, releaseLoop } from "./keep_alive.js";
import type { ParsedRequest } from "./wire_request.js";

/** See the file's head. */
export class Deadline {
  /** With a signal that the limit aborts too. */
  readonly request: ParsedRequest;
  readonly #clock: Clock;
  #timer: Timer | undefined;

  constructor(request: ParsedRequest, clock: Clock) {
    this.#clock = clock;
    this.request = request;
    const { timeoutMs, signal, url } = request;
    if (timeoutMs === 0) return;
    const controller = new AbortController();
    const signals = signal === undefined ? [] : [signal];
    this.request = { ...request, signal: AbortSignal.any([controller.signal, ...signals]) };
    this.#timer = clock.start(timeoutMs, () => {
      controller.abort(timeoutError("request", timeoutMs, url.origin));
    });
  }

  /** The request has ended. */
  end(): void {
    this.#clock.stop(this.#timer);
  }
}

/** Resolves after `ms`, or rejects with the reason of `signal`. */
export async function pause(
  ms: number,
  signal: AbortSignal | undefined,
  clock: Clock,
): Promise<void> {
  signal?.throwIfAborted();
  holdLoop();
  let onAbort: () => void = () => undefined;
  let timer: Timer | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      onAbort = () => {
        reject(signal?.reason as Error);
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      timer = clock.start(ms, resolve);
    });
  } finally {
    clock.stop(timer);
    signal?.removeEventListener("abort", onAbort);
    releaseLoop();
  }
}
