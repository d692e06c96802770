// SPDX-License-Identifier: MIT
// Content codings of responses (RFC 9110 section 8.4): which are asked for, and undoing them as the content is read.
import { pipeline, Readable, Transform, type TransformCallback } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
} from "node:zlib";
import * as zlib from "node:zlib";
import { errorFromStatus, isPqqError, PqqError } from "../errors/index.js";
import type { HeaderPair } from "../headers.js";
import type { BodySource } from "./body.js";
import { holdLoop, releaseLoop } from "./keep_alive.js";
import { STATUS_BODY_TOO_LARGE } from "./rows.js";

/** Codings on top of one another; nobody has use for more, and each costs a decoder of up to 16 MiB. */
const MAX_CODINGS = 4;

/**
 * Bytes out for each byte in, beyond MIN_CHECKED_BYTES. Texts that compress well stay below 50, and deflate reaches 1,032
 * with nothing but zeros; brotli and zstd know no such bound.
 */
const MAX_RATIO = 250;
/** Content that is smaller than this does no harm, however it was made. */
const MIN_CHECKED_BYTES = 16 * 1024 * 1024;

type Decoder = () => Transform;

/** As of Node.js 22.15 and 23.8; older ones do not ask for it. */
const createZstdDecompress = (zlib as { createZstdDecompress?: Decoder }).createZstdDecompress;

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ["gzip", () => createGunzip()],
  ["x-gzip", () => createGunzip()],
  ["deflate", () => new InflateEither()],
  [
    "br",
    // Output is given as it comes, so that a reader of a slow stream does not wait for a full block.
    () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH }),
  ],
  ...(createZstdDecompress === undefined ? [] : [["zstd", createZstdDecompress] as const]),
]);

const ACCEPTED = ["gzip", "deflate", "br", "zstd"].filter((name) => DECODERS.has(name)).join(", ");

/** The value of `accept-encoding` for a request; undefined: the caller has said it. */
export function acceptEncoding(headers: readonly HeaderPair[]): string | undefined {
  if (headers.some(([name]) => name === "accept-encoding")) return undefined;
  // A part of a compressed content cannot be decompressed: as in fetch.
  return headers.some(([name]) => name === "range") ? "identity" : ACCEPTED;
}

/** The codings of a response in the order of their undoing; undefined if one of them is not known, or there is none. */
export function codingsOf(field: string | undefined): readonly string[] | undefined {
  if (field === undefined) return undefined;
  const names = field
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity");
  const isKnown = names.length > 0 && names.every((name) => DECODERS.has(name));
  return isKnown ? names.reverse() : undefined;
}

/** What is let through. */
export interface DecodeLimits {
  /** 0: no limit but that of the ratio. */
  readonly maxDecompressedBytes: number;
}

/**
 * The content of `source` without its codings.
 *
 * @throws PqqError `PQQ_ERR_CONTENT_CODING`: there are too many.
 */
export function decoded(
  source: BodySource,
  codings: readonly string[],
  limits: DecodeLimits,
): BodySource {
  if (codings.length > MAX_CODINGS) {
    throw new PqqError("PQQ_ERR_CONTENT_CODING", {
      detail: `${codings.length} codings, at most ${MAX_CODINGS}`,
    });
  }
  return new DecodedBody(source, codings, limits);
}

/** See the file's head. */
class DecodedBody implements BodySource {
  readonly #source: BodySource;
  readonly #codings: readonly string[];
  readonly #limits: DecodeLimits;

  constructor(source: BodySource, codings: readonly string[], limits: DecodeLimits) {
    this.#source = source;
    this.#codings = codings;
    this.#limits = limits;
  }

  get trailers(): Promise<[string, string][]> {
    return this.#source.trailers;
  }

  stream(): ReadableStream<Uint8Array> {
    return Readable.toWeb(this.#decode()) as ReadableStream<Uint8Array>;
  }

  async collect(limitBytes = Infinity): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    // Between the network's event and the decoder's callback nothing else keeps the process alive.
    holdLoop();
    try {
      for await (const chunk of this.#decode() as AsyncIterable<Uint8Array>) {
        bytes += chunk.length;
        if (bytes > limitBytes) throw errorFromStatus(STATUS_BODY_TOO_LARGE);
        chunks.push(chunk);
      }
    } finally {
      releaseLoop();
    }
    const [first] = chunks;
    return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, bytes);
  }

  cancel(reason?: unknown): void {
    this.#source.cancel(reason);
  }

  #decode(): Readable {
    const output = Readable.from(this.#chunks());
    // However it ends, the sender must not go on; behind the end of the content this does nothing.
    output.once("close", () => {
      this.#source.cancel(output.errored ?? undefined);
    });
    return output;
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    const source = this.#source.stream()[Symbol.asyncIterator]();
    const first = await source.next();
    // No content has no coding either: HEAD-like answers of servers that always name one.
    if (first.done === true) return;
    yield* this.#chain(startingWith(first.value, source));
  }

  #chain(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    const input = new Counter();
    const stages = this.#codings.map((name) => DECODERS.get(name)?.() ?? new Counter());
    const output = new Guard(input, this.#limits);
    const streams = [Readable.from(source), input, ...stages, output];
    // Errors come out of the last one.
    pipeline(streams as never, () => undefined);
    return output as AsyncIterable<Uint8Array>;
  }
}

async function* startingWith(
  first: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/** Counts what passes. */
class Counter extends Transform {
  bytes = 0;

  override _transform(chunk: Uint8Array, _: BufferEncoding, callback: TransformCallback): void {
    this.bytes += chunk.length;
    callback(null, chunk);
  }
}

/** The end of the chain: stops what grows beyond its limits, and names what a decoder complains about. */
class Guard extends Transform {
  readonly #input: Counter;
  readonly #limits: DecodeLimits;
  #bytes = 0;

  constructor(input: Counter, limits: DecodeLimits) {
    super();
    this.#input = input;
    this.#limits = limits;
  }

  override _transform(chunk: Uint8Array, _: BufferEncoding, callback: TransformCallback): void {
    this.#bytes += chunk.length;
    callback(this.#excess(), chunk);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    callback(error === null ? null : codingError(error));
  }

  #excess(): Error | null {
    const { maxDecompressedBytes } = this.#limits;
    if (maxDecompressedBytes > 0 && this.#bytes > maxDecompressedBytes) {
      return limitError(`more than ${maxDecompressedBytes} bytes`);
    }
    if (this.#bytes > MIN_CHECKED_BYTES && this.#bytes > this.#input.bytes * MAX_RATIO) {
      return limitError(`more than ${MAX_RATIO} times what was received`);
    }
    return null;
  }
}

function limitError(detail: string): Error {
  return new PqqError("PQQ_ERR_DECOMPRESSION_LIMIT", { detail });
}

/** zlib's errors have codes of their own; everything else comes from the network or from the reader. */
function codingError(error: Error): Error {
  const { code } = error as NodeJS.ErrnoException;
  const isZlib = !isPqqError(error) && code !== undefined && /^(?:Z_|ERR_|ZSTD_)/.test(code);
  if (!isZlib || code.startsWith("ERR_STREAM")) return error;
  return new PqqError("PQQ_ERR_CONTENT_CODING", { detail: error.message, cause: error });
}

/** Method 8 in a zlib header (RFC 1950 section 2.2). */
const ZLIB_METHOD = 8;

/** `deflate` is zlib by the letter (RFC 9110 section 8.4.1.2), and without its wrapper from some servers: the first byte tells. */
class InflateEither extends Transform {
  #inner: Transform | undefined;

  override _transform(chunk: Uint8Array, _: BufferEncoding, callback: TransformCallback): void {
    if (chunk.length === 0) {
      callback();
      return;
    }
    this.#inner ??= this.#choose(chunk[0] ?? 0);
    this.#inner.write(chunk, callback as () => void);
  }

  override _flush(callback: TransformCallback): void {
    if (this.#inner === undefined) {
      callback();
      return;
    }
    this.#inner.once("end", callback).end();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#inner?.destroy();
    callback(error);
  }

  #choose(first: number): Transform {
    const inner = (first & 0x0f) === ZLIB_METHOD ? createInflate() : createInflateRaw();
    inner.on("data", (chunk: Uint8Array) => {
      if (!this.push(chunk)) inner.pause();
    });
    inner.on("error", (error: Error) => this.destroy(error));
    return inner;
  }

  override _read(size: number): void {
    this.#inner?.resume();
    super._read(size);
  }
}
