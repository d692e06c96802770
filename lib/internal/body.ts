// SPDX-License-Identifier: MIT
// What the readable half of a stream is to the rest of the package.
import type { ReadableStream } from "node:stream/web";

/** Message content that arrives from a peer. One of `stream` and `collect` is called, once. */
export interface BodySource {
  stream(): ReadableStream<Uint8Array>;
  /** The whole content. Rejects with `PQQ_ERR_BODY_TOO_LARGE` above `limitBytes`. */
  collect(limitBytes?: number): Promise<Uint8Array>;
  /** Gives up: the peer is told to stop sending. */
  cancel(reason?: unknown): void;
  /** Names and values; resolves at the end of the content. */
  readonly trailers: Promise<[string, string][]>;
}
