// SPDX-License-Identifier: MIT
// What a client does with pins: looks them up before it connects, and keeps what servers ask for, provided that they have
// proven both identities.
import type { Security } from "../connection.js";
import type { Pin, PinStore } from "../pins.js";

/** See the file's head. */
export class PinKeeper {
  readonly #store: PinStore | undefined;
  readonly #writing = new Set<Promise<void>>();

  /** @param store - Undefined: pins are neither kept nor minded. */
  constructor(store: PinStore | undefined) {
    this.#store = store;
  }

  /** @throws ConfigError `PQQ_ERR_PIN_STORE`: without knowing the pins, nothing less than hybrid may be accepted. */
  get(origin: string): Pin | undefined {
    return this.#store?.get(origin);
  }

  /** A connection was made. A server that has proven less may neither set nor remove a pin. */
  note(origin: string, { authentication, pinLifetimeS }: Security): void {
    if (this.#store === undefined || authentication !== "hybrid") return;
    const written = this.#store
      .set(origin, pinLifetimeS)
      .catch((error: unknown) => {
        // The connection is fine, and the request should not fail for what concerns later ones.
        process.emitWarning(error instanceof Error ? error : String(error));
      })
      .finally(() => this.#writing.delete(written));
    this.#writing.add(written);
  }

  /** Resolves when everything that was seen is in the store. */
  async written(): Promise<void> {
    await Promise.all(this.#writing);
  }
}
