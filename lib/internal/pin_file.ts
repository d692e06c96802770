// SPDX-License-Identifier: MIT
// The file of a PinStore: read when it has changed, replaced as a whole, by one process at a time. What is in it is
// {"version":1,"pins":{ORIGIN:EXPIRY}}; anything else is an error and stays as it is.
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ConfigError } from "../errors/index.js";

const VERSION = 1;
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** Far more than MAX_PINS entries take; a larger file is not ours, and reading it would stop the program for long. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** Writing takes milliseconds: a lock of this age belongs to a process that has died. */
const STALE_LOCK_MS = 10_000;
/** Longer than any lock can be alive. */
const LOCK_TIMEOUT_MS = 2 * STALE_LOCK_MS;
/** Between two attempts to get a lock: some of the writes of others. */
const LOCK_RETRY_MS = 5;

type Pins = Map<string, number>;

/** See the file's head. */
export class PinFile {
  readonly path: string;
  #seen = "";
  #pins: ReadonlyMap<string, number> = new Map();

  constructor(path: string) {
    this.path = resolve(path);
  }

  /**
   * Expiries by origin, also of pins that have expired.
   *
   * @throws ConfigError `PQQ_ERR_PIN_STORE`
   */
  read(): ReadonlyMap<string, number> {
    const stats = this.#attempt("read", () => statSync(this.path, { throwIfNoEntry: false }));
    if (stats === undefined) {
      this.#seen = "";
      this.#pins = new Map();
      return this.#pins;
    }
    // Files are replaced, never written to: another content is another inode or another time.
    const now = `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeMs}`;
    if (now !== this.#seen) {
      if (stats.size > MAX_FILE_BYTES) throw this.#error(`it has ${stats.size} bytes`);
      this.#pins = this.#parse(this.#attempt("read", () => readFileSync(this.path, "utf8")));
      this.#seen = now;
    }
    return this.#pins;
  }

  /** Changes what is in the file. Rejects with a ConfigError `PQQ_ERR_PIN_STORE`. */
  async update(change: (pins: Pins) => void): Promise<void> {
    const release = await this.#lock();
    try {
      const pins = new Map([...this.read()].filter(([, expires]) => expires > Date.now()));
      change(pins);
      this.#attempt("written", () => {
        this.#replace(pins);
      });
    } finally {
      release();
    }
  }

  #replace(pins: Pins): void {
    const entries = [...pins].sort(([a], [b]) => (a < b ? -1 : 1));
    const dates = entries.map(([origin, expires]) => [origin, new Date(expires).toISOString()]);
    const content = { version: VERSION, pins: Object.fromEntries(dates) as object };
    const fresh = `${this.path}.${process.pid}.${randomBytes(6).toString("hex")}`;
    try {
      writeWhole(fresh, `${JSON.stringify(content, undefined, 2)}\n`);
      renameSync(fresh, this.path);
    } catch (error) {
      rmSync(fresh, { force: true });
      throw error;
    }
  }

  #parse(text: string): ReadonlyMap<string, number> {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw this.#error(`it is no JSON text: ${(cause as Error).message}`, cause);
    }
    const { version, pins } = (value ?? {}) as { version?: unknown; pins?: unknown };
    if (version !== VERSION) throw this.#error(`it has version ${String(version)}, not ${VERSION}`);
    if (typeof pins !== "object" || pins === null || Array.isArray(pins)) {
      throw this.#error("it has no pins");
    }
    const parsed: Pins = new Map();
    for (const [origin, date] of Object.entries(pins)) {
      const expires = typeof date === "string" ? Date.parse(date) : Number.NaN;
      if (Number.isNaN(expires)) throw this.#error(`the date of ${origin} is none`);
      parsed.set(origin, expires);
    }
    return parsed;
  }

  /** Waits for the lock: a file beside ours that only one process can make. Returns what gives it up. */
  async #lock(): Promise<() => void> {
    const lock = `${this.path}.lock`;
    const until = performance.now() + LOCK_TIMEOUT_MS;
    this.#attempt("written", () =>
      mkdirSync(dirname(this.path), { recursive: true, mode: FOLDER_MODE }),
    );
    while (!this.#attempt("written", () => makeLock(lock))) {
      removeStaleLock(lock);
      if (performance.now() > until) throw this.#error(`another process holds ${lock}`);
      await delay(LOCK_RETRY_MS);
    }
    return () => {
      rmSync(lock, { force: true });
    };
  }

  #attempt<T>(what: string, call: () => T): T {
    try {
      return call();
    } catch (cause) {
      throw this.#error(`it cannot be ${what}: ${(cause as Error).message}`, cause);
    }
  }

  #error(why: string, cause?: unknown): ConfigError {
    const issue = {
      path: "pins",
      expected: "a pin file that can be read and written",
      received: `${JSON.stringify(this.path)}: ${why}`,
      hint: "it was left as it is; repair it, or move it away to begin without pins",
    };
    return new ConfigError([issue], "PQQ_ERR_PIN_STORE", cause);
  }
}

function writeWhole(path: string, text: string): void {
  const file = openSync(path, "wx", FILE_MODE);
  try {
    writeFileSync(file, text);
    // Before it takes the old one's place: after a power failure either is there as a whole.
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function makeLock(lock: string): boolean {
  try {
    closeSync(openSync(lock, "wx", FILE_MODE));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Takes away the lock of a process that has died. */
function removeStaleLock(lock: string): void {
  const seen = statSync(lock, { throwIfNoEntry: false });
  if (seen === undefined || Date.now() - seen.mtimeMs < STALE_LOCK_MS) return;
  const aside = `${lock}.${process.pid}.${randomBytes(6).toString("hex")}`;
  try {
    renameSync(lock, aside);
    // Another process may have done the same and hold a new lock by now, which is put back.
    if (statSync(aside).ino !== seen.ino) linkSync(aside, lock);
  } catch {
    // Somebody else was faster; the next attempt will tell.
  }
  rmSync(aside, { force: true });
}
