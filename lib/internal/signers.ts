// SPDX-License-Identifier: MIT
// External signers of an endpoint: libpqq asks for a signature, a promise answers, or is told that nobody waits.
import type { SchemeName, Signer } from "../config/index.js";
import { errorFromStatus, statusOfCode, type PqqError } from "../errors/index.js";

const SIGN_FAILED = statusOfCode("PQQ_ERR_SIGN_FAILED");
const NOT_FOUND = statusOfCode("PQQ_ERR_NOT_FOUND");
const CANCELLED = statusOfCode("PQQ_ERR_CANCELLED");

/** Where signatures go: NativeEndpoint.completeSignature. */
export interface SignatureSink {
  completeSignature(id: number, signature: Uint8Array | undefined, reason: string): number;
}

/** The signers of one endpoint, by the numbers that libpqq knows them by. */
export class Signers {
  readonly #signers = new Map<number, Signer>();
  #lastNumber = 0;
  readonly #pending = new Map<number, AbortController>();
  readonly #report: (error: PqqError, scheme: string) => void;

  /** @param report - Is told of what a signer did wrong; what nobody waited for is not wrong. */
  constructor(report: (error: PqqError, scheme: string) => void) {
    this.#report = report;
  }

  /** How many there are: those of configurations that connections still have. */
  get size(): number {
    return this.#signers.size;
  }

  /** Gives a signer of one identity of one configuration its number. */
  add(signer: Signer): number {
    this.#signers.set(++this.#lastNumber, signer);
    return this.#lastNumber;
  }

  /** That configuration is gone. */
  release(number: number): void {
    this.#signers.delete(number);
  }

  /** Begins a signature. */
  sign(sink: SignatureSink, number: number, id: number, scheme: string, message: Uint8Array): void {
    const controller = new AbortController();
    const signer = this.#signers.get(number);
    this.#pending.set(id, controller);
    void (async () => {
      try {
        const given: unknown = await signer?.sign(scheme as SchemeName, message, {
          signal: controller.signal,
        });
        this.#finish(sink, id, scheme, given);
      } catch (error) {
        this.#fail(sink, id, scheme, error);
      }
    })();
  }

  /** Nobody waits for that signature any more. */
  cancel(id: number): void {
    const controller = this.#pending.get(id);
    this.#pending.delete(id);
    controller?.abort(errorFromStatus(CANCELLED, "the handshake has ended without the signature"));
  }

  /** The endpoint has ended. */
  end(): void {
    for (const id of [...this.#pending.keys()]) this.cancel(id);
    this.#signers.clear();
  }

  #finish(sink: SignatureSink, id: number, scheme: string, given: unknown): void {
    if (!(given instanceof Uint8Array)) {
      throw new TypeError(`sign() has to resolve with a Uint8Array, not ${describe(given)}`);
    }
    if (!this.#pending.delete(id)) return;
    const status = sink.completeSignature(id, given, "");
    if (status === 0 || status === NOT_FOUND) return;
    this.#report(errorFromStatus(status, `${scheme}, ${given.length} bytes`), scheme);
  }

  #fail(sink: SignatureSink, id: number, scheme: string, error: unknown): void {
    if (!this.#pending.delete(id)) return;
    const reason = error instanceof Error ? error.message : String(error);
    sink.completeSignature(id, undefined, reason);
    this.#report(errorFromStatus(SIGN_FAILED, `the signer: ${reason}`, { cause: error }), scheme);
  }
}

function describe(value: unknown): string {
  return value === null
    ? "null"
    : typeof value === "object"
      ? value.constructor.name
      : typeof value;
}
