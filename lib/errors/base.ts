// SPDX-License-Identifier: MIT
// The base of every error that this package throws, and the brand that survives two copies of it.
import { isRetryable, messageOfCode, type PqqErrorCode } from "./codes.js";

const BRAND = Symbol.for("pqq.error");

/** What a `PqqError` can be made with, beside its code. */
export interface PqqErrorOptions {
  /** Particulars, added behind the code's sentence: a file, an address, the peer's words. */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The base class of all errors of this package. Misuse is thrown synchronously; everything later rejects the promise
 * of the operation that failed. Aborts are not `PqqError`s: they reject with `signal.reason`, as everywhere.
 *
 * @example
 * ```ts
 * try {
 *   await Client.get("https://localhost:4433/");
 * } catch (error) {
 *   if (isPqqError(error) && error.code === "PQQ_ERR_CERT_UNTRUSTED") console.error("pass the root as `ca`");
 *   else throw error;
 * }
 * ```
 */
export class PqqError extends Error {
  override name = "PqqError";
  /** Stable name of the cause, such as `"PQQ_ERR_CERT_UNTRUSTED"`. */
  readonly code: PqqErrorCode;
  /** Whether the same operation may succeed if it is tried again later. */
  readonly retryable: boolean;

  constructor(code: PqqErrorCode, options: PqqErrorOptions = {}) {
    const sentence = messageOfCode(code);
    super(
      options.detail ? `${sentence}: ${options.detail}` : sentence,
      "cause" in options ? { cause: options.cause } : {},
    );
    this.code = code;
    this.retryable = isRetryable(code);
  }

  static {
    // On the prototype and not enumerable: an error that is logged shows its facts only.
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }
}

/** Whether `value` is an error of this package, also of another copy or realm of it. */
export function isPqqError(value: unknown): value is PqqError {
  return value instanceof Error && (value as { [BRAND]?: unknown })[BRAND] === true;
}
