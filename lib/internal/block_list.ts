// SPDX-License-Identifier: MIT
// What a server has blocked, as the program sees it. The lists that decide are the workers'; this one remembers what
// was asked for, so that it can be told without asking them.
import { isPqqError } from "../errors/index.js";

/** Options of `Server.block`. */
export interface BlockOptions {
  /** Milliseconds, 1–8,640,000,000 (a hundred days). @defaultValue for good */
  readonly forMs?: number | undefined;
}

/** An entry of `Server.blocked`. */
export interface BlockedPrefix {
  /** As libpqq writes it, such as `"192.0.2.0/24"`. */
  readonly prefix: string;
  /** Null: for good. */
  readonly until: Date | null;
}

/** Whose list it is. */
export interface Blocker {
  block(prefix: string, forMs: number): Promise<string>;
  unblock(prefix: string): Promise<string>;
}

const MAX_FOR_MS = 100 * 24 * 60 * 60 * 1000;
const FOR_GOOD = 0;

/** See the file's head. */
export class BlockList {
  readonly #blocker: Blocker;
  readonly #now: () => number;
  readonly #entries = new Map<string, number>();

  constructor(blocker: Blocker, now: () => number = Date.now) {
    this.#blocker = blocker;
    this.#now = now;
  }

  async add(prefix: string, forMs: number | undefined): Promise<void> {
    if (typeof prefix !== "string") throw new TypeError("block: the prefix has to be a string");
    if (forMs !== undefined && !(Number.isInteger(forMs) && forMs >= 1 && forMs <= MAX_FOR_MS)) {
      throw new RangeError(`block: forMs has to be an integer 1–${MAX_FOR_MS}, or left out`);
    }
    const until = forMs === undefined ? Infinity : this.#now() + forMs;
    const written = await this.#blocker.block(prefix, forMs ?? FOR_GOOD);
    this.#forgetOver();
    // One that is there already keeps its place.
    this.#entries.set(written, until);
  }

  async remove(prefix: string): Promise<boolean> {
    if (typeof prefix !== "string") throw new TypeError("unblock: the prefix has to be a string");
    try {
      this.#entries.delete(await this.#blocker.unblock(prefix));
      return true;
    } catch (error) {
      if (isPqqError(error) && error.code === "PQQ_ERR_NOT_FOUND") return false;
      throw error;
    }
  }

  list(): readonly BlockedPrefix[] {
    this.#forgetOver();
    return Object.freeze(
      Array.from(this.#entries, ([prefix, until]) =>
        Object.freeze({ prefix, until: until === Infinity ? null : new Date(until) }),
      ),
    );
  }

  #forgetOver(): void {
    const now = this.#now();
    for (const [prefix, until] of this.#entries) if (until <= now) this.#entries.delete(prefix);
  }
}
