// SPDX-License-Identifier: MIT
// Content through node:zlib: whole, or in chunks that are flushed when nothing more is there.
import { promisify } from "node:util";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as zlib from "node:zlib";
import type { ContentCoding } from "./coding.js";
import { toBytes, toSource, type ChunkedBody, type Source } from "./outgoing.js";

/** 512 KiB: with zlib's default of 4 MiB, 64 streams would take a quarter of a gigabyte. */
const BROTLI_WINDOW_BITS = 19;

/** The part of zlib's streams that is used. */
interface Encoder {
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  write(bytes: Uint8Array, done: (error?: Error | null) => void): boolean;
  end(): unknown;
  flush(kind: number, done: () => void): void;
  destroy(): unknown;
}

/** What types of Node.js 20 do not have yet. */
interface WithZstd {
  readonly createZstdCompress: (options: object) => Encoder;
  readonly zstdCompress: (
    bytes: Uint8Array,
    options: object,
    done: (error: Error | null, result: Buffer) => void,
  ) => void;
}

interface ZstdConstants {
  readonly ZSTD_c_compressionLevel: number;
  readonly ZSTD_e_flush: number;
}

const { constants } = zlib;
const zstd = zlib as unknown as WithZstd;
const zstdConstants = constants as unknown as ZstdConstants;

function brotliOptions(quality: number, bytes = 0): zlib.BrotliOptions {
  return {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: quality,
      [constants.BROTLI_PARAM_LGWIN]: BROTLI_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes,
    },
  };
}

function zstdOptions(quality: number): object {
  return { params: { [zstdConstants.ZSTD_c_compressionLevel]: quality } };
}

/** Compresses on libuv's threads. */
export function compressWhole(
  coding: ContentCoding,
  quality: number,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  switch (coding) {
    case "br":
      return promisify(zlib.brotliCompress)(bytes, brotliOptions(quality, bytes.length));
    case "gzip":
      return promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gzip)(bytes, { level: quality });
    case "zstd":
      return promisify<Uint8Array, object, Buffer>(zstd.zstdCompress)(bytes, zstdOptions(quality));
  }
}

function makeEncoder(coding: ContentCoding, quality: number): Encoder {
  switch (coding) {
    case "br":
      return zlib.createBrotliCompress(brotliOptions(quality));
    case "gzip":
      return zlib.createGzip({ level: quality });
    case "zstd":
      return zstd.createZstdCompress(zstdOptions(quality));
  }
}

function flushKind(coding: ContentCoding): number {
  if (coding === "br") return constants.BROTLI_OPERATION_FLUSH;
  return coding === "gzip" ? constants.Z_SYNC_FLUSH : zstdConstants.ZSTD_e_flush;
}

/** An encoder as promises; what it has made waits to be taken. */
class Compressor {
  readonly #encoder: Encoder;
  readonly #flushKind: number;
  #made: Uint8Array[] = [];
  #fail: (error: Error) => void = () => undefined;
  readonly #failed: Promise<never>;

  constructor(coding: ContentCoding, quality: number) {
    this.#encoder = makeEncoder(coding, quality);
    this.#flushKind = flushKind(coding);
    this.#failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // Whoever waits is told; if nobody does, it is no unhandled rejection.
    this.#failed.catch(() => undefined);
    this.#encoder.on("data", (bytes) => this.#made.push(bytes));
    this.#encoder.on("error", (error) => {
      this.#fail(error);
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#step((done) => this.#encoder.write(bytes, done));
  }

  flush(): Promise<void> {
    return this.#step((done) => {
      this.#encoder.flush(this.#flushKind, done);
    });
  }

  end(): Promise<void> {
    return this.#step((done) => {
      this.#encoder.on("end", done);
      this.#encoder.end();
    });
  }

  /** What has been made since the last call. */
  take(): Uint8Array[] {
    const made = this.#made;
    this.#made = [];
    return made;
  }

  free(): void {
    this.#encoder.destroy();
  }

  #step(start: (done: () => void) => void): Promise<void> {
    return Promise.race([
      new Promise<void>((resolve) => {
        start(resolve);
      }),
      this.#failed,
    ]);
  }
}

/** Bytes after which what has been made is flushed although the source goes on: it may trickle for ever. */
const MAX_UNFLUSHED_BYTES = 32 * 1024;

/**
 * The chunks of a body, compressed at the pace of the reader. What has been written is flushed when the source has nothing
 * more within a turn of the event loop, so that small chunks at once cost no flush each and none waits for the next.
 *
 * @param done - Called once, when it ends in whatever way.
 */
export function compressChunks(
  coding: ContentCoding,
  quality: number,
  body: ChunkedBody,
  done: () => void,
): AsyncIterable<Uint8Array> {
  const source = toSource(body);
  let stop: () => void = () => undefined;
  const stopped = new Promise<undefined>((resolve) => {
    stop = () => {
      resolve(undefined);
    };
  });
  let isDone = false;
  const finish = (): void => {
    if (!isDone) done();
    isDone = true;
  };
  const chunks = generate(new Compressor(coding, quality), source, stopped, finish);
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => chunks.next(),
      // Not only the generator's: that would wait for a source that may never say anything again.
      return: async () => {
        stop();
        finish();
        await Promise.all([source.cancel(undefined), chunks.return(undefined)]);
        return { done: true, value: undefined };
      },
    }),
  };
}

async function* generate(
  compressor: Compressor,
  source: Source,
  stopped: Promise<undefined>,
  finish: () => void,
): AsyncGenerator<Uint8Array, undefined, undefined> {
  let unflushed = 0;
  try {
    for (let next = source.next(); ;) {
      const result = await Promise.race([next, stopped]);
      if (result === undefined) return;
      if (result.done === true) break;
      const bytes = toBytes(result.value);
      await compressor.write(bytes);
      yield* compressor.take();
      unflushed += bytes.length;
      next = source.next();
      if (unflushed >= MAX_UNFLUSHED_BYTES || (await isLate(next))) {
        await compressor.flush();
        yield* compressor.take();
        unflushed = 0;
      }
    }
    await compressor.end();
    yield* compressor.take();
  } finally {
    finish();
    compressor.free();
  }
}

/** Whether nothing comes within this turn of the event loop. Failures are for whoever awaits `next`. */
function isLate(next: Promise<unknown>): Promise<boolean> {
  const arrived = next.then(
    () => false,
    () => false,
  );
  return Promise.race([arrived, nextTurn(true)]);
}
