// SPDX-License-Identifier: MIT
import { ReadableStream } from "node:stream/web";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import * as zlib from "node:zlib";
import { expect } from "chai";
import type { BodySource } from "../../../lib/internal/body.js";
import { acceptEncoding, codingsOf, decoded } from "../../../lib/internal/decode.js";
import { rejection } from "../../helpers/service.js";

const TEXT = "what a server sends, again and again. ".repeat(1000);
const NO_LIMITS = { maxDecompressedBytes: 0 };
const MIB = 1024 * 1024;

class Source implements BodySource {
  readonly trailers = Promise.resolve<[string, string][]>([["a", "b"]]);
  cancelled: unknown;
  readonly #chunks: readonly Uint8Array[];

  constructor(bytes: Uint8Array, chunkBytes = 1000) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      chunks.push(bytes.subarray(at, at + chunkBytes));
    }
    this.#chunks = chunks;
  }

  stream(): ReadableStream<Uint8Array> {
    return ReadableStream.from(this.#chunks);
  }

  collect(): Promise<Uint8Array> {
    return Promise.reject(new Error("not this way"));
  }

  cancel(reason?: unknown): void {
    this.cancelled = reason;
  }
}

const zstd = (zlib as { zstdCompressSync?: (bytes: string) => Buffer }).zstdCompressSync;

const CODINGS: [field: string, bytes: Buffer][] = [
  ["gzip", gzipSync(TEXT)],
  ["x-gzip", gzipSync(TEXT)],
  ["GZIP", gzipSync(TEXT)],
  ["deflate", deflateSync(TEXT)],
  ["deflate", deflateRawSync(TEXT)],
  ["br", brotliCompressSync(TEXT)],
  ["identity, gzip", gzipSync(TEXT)],
  ["gzip, br", brotliCompressSync(gzipSync(TEXT))],
  ["br, deflate, gzip", gzipSync(deflateSync(brotliCompressSync(TEXT)))],
  ...(zstd === undefined ? [] : [["zstd", zstd(TEXT)] as [string, Buffer]]),
];

function decode(field: string, source: BodySource, limits = NO_LIMITS): BodySource {
  return decoded(source, codingsOf(field) ?? [], limits);
}

describe("content codings", () => {
  CODINGS.forEach(([field, bytes], index) => {
    it(`${field} (${index}) is undone, collected and as a stream, however it is cut`, async () => {
      for (const chunkBytes of [1, 7, 100_000]) {
        const whole = await decode(field, new Source(bytes, chunkBytes)).collect();
        expect(Buffer.from(whole).toString()).to.equal(TEXT);
      }
      const chunks: Uint8Array[] = [];
      for await (const chunk of decode(field, new Source(bytes)).stream()) chunks.push(chunk);
      expect(Buffer.concat(chunks).toString()).to.equal(TEXT);
    });

    it(`${field} (${index}) that ends too early is an error`, async () => {
      const source = new Source(bytes.subarray(0, -5));
      const error = await rejection(decode(field, source).collect());
      expect(error).to.have.property("code", "PQQ_ERR_CONTENT_CODING");
    });
  });

  it("no content at all is fine", async () => {
    for (const field of ["gzip", "deflate", "br"]) {
      expect(await decode(field, new Source(Buffer.alloc(0))).collect(), field).to.have.length(0);
    }
  });

  it("something else is an error, and the sender is told", async () => {
    for (const field of ["gzip", "deflate", "br"]) {
      const source = new Source(Buffer.alloc(10_000, "\xff", "latin1"));
      const error = await rejection(decode(field, source).collect());
      expect(error, field).to.have.property("code", "PQQ_ERR_CONTENT_CODING");
      expect(source.cancelled, field).to.be.instanceOf(Error);
    }
  });

  it("a bomb is stopped by its ratio", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * MIB));
    const error = await rejection(decode("gzip", new Source(bomb)).collect());
    expect(error).to.have.property("code", "PQQ_ERR_DECOMPRESSION_LIMIT");
    const nested = gzipSync(bomb);
    const second = await rejection(decode("gzip, gzip", new Source(nested)).collect());
    expect(second).to.have.property("code", "PQQ_ERR_DECOMPRESSION_LIMIT");
  });

  it("maxDecompressedBytes is to the byte", async () => {
    const limits = (maxDecompressedBytes: number) => ({ maxDecompressedBytes });
    const bytes = gzipSync(TEXT);
    const all = await decode("gzip", new Source(bytes), limits(TEXT.length)).collect();
    expect(all).to.have.length(TEXT.length);
    const body = decode("gzip", new Source(bytes), limits(TEXT.length - 1));
    expect(await rejection(body.collect())).to.have.property("code", "PQQ_ERR_DECOMPRESSION_LIMIT");
  });

  it("more than four on top of one another are refused", () => {
    expect(() => decode("gzip,gzip,gzip,gzip,gzip", new Source(Buffer.alloc(1))))
      .to.throw()
      .with.property("code", "PQQ_ERR_CONTENT_CODING");
  });

  it("what is not known is left alone", () => {
    for (const field of [undefined, "", "identity", "compress", "gzip, compress"]) {
      expect(codingsOf(field), String(field)).to.equal(undefined);
    }
  });

  it("trailers are those of the content", async () => {
    const source = new Source(gzipSync(TEXT));
    expect(await decode("gzip", source).trailers).to.deep.equal([["a", "b"]]);
  });

  it("are asked for unless the request says something itself", () => {
    expect(acceptEncoding([])).to.match(/^gzip, deflate, br/);
    expect(acceptEncoding([["accept-encoding", "br"]])).to.equal(undefined);
    expect(acceptEncoding([["range", "bytes=0-1"]])).to.equal("identity");
  });
});
