// SPDX-License-Identifier: MIT
// Origin pins: which servers have asked, over a connection with both identities verified, to be believed with nothing
// less for a while. In memory, or in a file that processes share.
import { ConfigError, errorFromStatus, statusOfCode } from "./errors/index.js";
import { PinFile } from "./internal/pin_file.js";

/**
 * Most pins of a store. A pin takes about 80 bytes, so a file has 330 kB, which is read in a few milliseconds; a program
 * talks to fewer origins. A full store takes no new ones instead of giving up old ones: else a site with many names
 * could push out the pin of another.
 */
export const MAX_PINS = 4096;

/** Longest lifetime, as PQQ_ERR_INVALID_ARG has it for `pinLifetimeS`: a year. */
const MAX_LIFETIME_S = 365 * 24 * 60 * 60;

/** A pin younger than this part of its lifetime is not written again: a busy client would write with each connection. */
const RENEWAL_PART = 0.01;

/** One origin's pin. */
export interface Pin {
  /** Scheme, host and port as in a URL's `origin`, such as `"https://localhost:4433"`. */
  readonly origin: string;
  /** Until then nothing but hybrid authentication is accepted. */
  readonly expires: Date;
}

/**
 * Where a client keeps pins. `Client` fills it from connections whose server has proven both identities and asks for it
 * (`pinLifetimeS`), and looks into it before each connection.
 *
 * @example
 * ```ts
 * const pins = new PinStore("pins.json"); // several processes may share the file
 * await using client = new Client({ ca, pins });
 * console.log(pins.list());
 * ```
 */
export class PinStore {
  readonly #file: PinFile | undefined;
  /** All pins of a store in memory; of one with a file, those that could not be written. */
  readonly #memory = new Map<string, number>();

  /** @param file - Its path; it is made when it is needed, with mode 0600. Without it pins live in memory. */
  constructor(file?: string) {
    this.#file = file === undefined ? undefined : new PinFile(file);
  }

  /** The path of the file; undefined for a store in memory. */
  get file(): string | undefined {
    return this.#file?.path;
  }

  /**
   * The pin of an origin, undefined if it has none.
   *
   * @throws ConfigError `PQQ_ERR_PIN_STORE` if there is a file that cannot be read or is damaged. It is left as it is.
   */
  get(origin: string | URL): Pin | undefined {
    // Of all requests, most come here, and most clients never see a pin.
    if (this.#file === undefined && this.#memory.size === 0) return undefined;
    const key = originKey(origin);
    const expires = Math.max(this.#memory.get(key) ?? 0, this.#file?.read().get(key) ?? 0);
    return expires > Date.now() ? toPin(key, expires) : undefined;
  }

  /**
   * All pins, by origin.
   *
   * @throws ConfigError `PQQ_ERR_PIN_STORE`
   */
  list(): readonly Pin[] {
    const origins = new Set([...(this.#file?.read().keys() ?? []), ...this.#memory.keys()]);
    const pins = [...origins].sort().map((origin) => this.get(origin));
    return pins.filter((pin) => pin !== undefined);
  }

  /**
   * Pins an origin from now on, or removes its pin.
   *
   * Rejects with a ConfigError `PQQ_ERR_PIN_STORE` if the file cannot be written; the pin then holds for this store's
   * life. Rejects with a PqqError `PQQ_ERR_LIMIT` if the store is full.
   *
   * @param lifetimeS - Seconds, 0–31,536,000; 0 removes.
   */
  async set(origin: string | URL, lifetimeS: number): Promise<void> {
    const key = originKey(origin);
    if (!(lifetimeS >= 0 && lifetimeS <= MAX_LIFETIME_S)) {
      throw new RangeError(`lifetimeS: expected 0–${MAX_LIFETIME_S}, received ${lifetimeS}`);
    }
    if (lifetimeS === 0) {
      await this.forget(key);
      return;
    }
    const lifetimeMs = lifetimeS * 1000;
    const expires = Date.now() + lifetimeMs;
    const gainMs = expires - (this.get(key)?.expires.getTime() ?? 0);
    if (gainMs >= 0 && gainMs < lifetimeMs * RENEWAL_PART) return;
    try {
      await this.#change((pins) => {
        if (!pins.has(key) && pins.size >= MAX_PINS) throw fullError(key);
        pins.set(key, expires);
      });
    } catch (error) {
      if (error instanceof ConfigError) this.#memory.set(key, expires);
      throw error;
    }
  }

  /** Removes pins and returns how many there were. Rejects as {@link PinStore.set}. */
  async forget(...origins: readonly (string | URL)[]): Promise<number> {
    const keys = origins.map(originKey);
    if (!keys.some((key) => this.get(key) !== undefined)) return 0;
    let removed = 0;
    await this.#change((pins) => {
      removed = keys.filter((key) => pins.delete(key)).length;
    });
    for (const key of keys) this.#memory.delete(key);
    return removed;
  }

  /** Removes all pins and returns how many there were. Rejects as {@link PinStore.set}. */
  async clear(): Promise<number> {
    return this.forget(...this.list().map(({ origin }) => origin));
  }

  /** Changes the pins where they are kept; those that have expired go. */
  async #change(change: (pins: Map<string, number>) => void): Promise<void> {
    if (this.#file !== undefined) {
      await this.#file.update(change);
      return;
    }
    for (const [key, expires] of this.#memory) if (expires <= Date.now()) this.#memory.delete(key);
    change(this.#memory);
  }
}

function toPin(origin: string, expires: number): Pin {
  return Object.freeze({ origin, expires: new Date(expires) });
}

function originKey(origin: string | URL): string {
  const url = URL.canParse(String(origin)) ? new URL(origin) : undefined;
  if (url?.protocol === "https:") return url.origin;
  throw errorFromStatus(statusOfCode("PQQ_ERR_URL_INVALID"), String(origin));
}

function fullError(key: string): Error {
  const detail = `${MAX_PINS} origins are pinned; that of ${key} is not kept`;
  return errorFromStatus(statusOfCode("PQQ_ERR_LIMIT"), detail);
}
