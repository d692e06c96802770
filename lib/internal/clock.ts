// SPDX-License-Identifier: MIT
// Timers of a client. Its parts get them from here, so that a test can be the clock.

/** A timer that has been started. */
export interface Timer {
  /** Starts it again from now, also if it has fired. */
  refresh(): unknown;
}

/** Where timers come from. None of them keeps the process alive: whoever waits does that. */
export interface Clock {
  /** Calls `callback` once, after `ms`. */
  start(ms: number, callback: () => void): Timer;
  /** Undefined and timers that have fired are ignored. */
  stop(timer: Timer | undefined): void;
}

/** That of the system. */
export const systemClock: Clock = {
  start: (ms, callback) => setTimeout(callback, ms).unref(),
  stop: (timer) => {
    clearTimeout(timer as NodeJS.Timeout | undefined);
  },
};
