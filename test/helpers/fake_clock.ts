// SPDX-License-Identifier: MIT
// A clock that goes when a test says so.
import type { Clock, Timer } from "../../lib/internal/clock.js";

interface FakeTimer extends Timer {
  readonly ms: number;
  readonly callback: () => void;
  at: number;
}

/** See the file's head. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Set<FakeTimer>();

  get now(): number {
    return this.#now;
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#timers.size;
  }

  start(ms: number, callback: () => void): Timer {
    const timer: FakeTimer = {
      ms,
      callback,
      at: this.#now + ms,
      refresh: () => {
        timer.at = this.#now + ms;
        this.#timers.add(timer);
      },
    };
    this.#timers.add(timer);
    return timer;
  }

  stop(timer: Timer | undefined): void {
    this.#timers.delete(timer as FakeTimer);
  }

  /** Lets time pass, and fires what is due, in its order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.callback();
    }
    this.#now = end;
  }
}
