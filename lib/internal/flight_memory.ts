// SPDX-License-Identifier: MIT
// What the handshakes of origins took the last time: so many bytes the next one's first flight makes room for.
import type { HandshakeSummary } from "../connection.js";

/** Origins that are remembered: more than a program talks to in turn, at some 100 bytes each. */
const MAX_FLIGHTS = 1024;

/** See the file's head. */
export class FlightMemory {
  /** By origin, the one seen last at the end. */
  readonly #bytes = new Map<string, number>();

  /** Undefined: nothing is known of it. */
  bytesOf(origin: string): number | undefined {
    return this.#bytes.get(origin);
  }

  note(origin: string, handshake: HandshakeSummary): void {
    // Copies of the first flight that saved no round trip are not worth sending again.
    const wasInVain = handshake.firstFlightRepeats > 0 && handshake.tlsRoundTrips > 1;
    this.#bytes.delete(origin);
    this.#bytes.set(origin, wasInVain ? 0 : handshake.bytesReceived);
    const [oldest] = this.#bytes.keys();
    if (this.#bytes.size > MAX_FLIGHTS && oldest !== undefined) this.#bytes.delete(oldest);
  }
}
