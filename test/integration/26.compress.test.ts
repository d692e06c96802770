// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { ReadableStream } from "node:stream/web";
import * as zlib from "node:zlib";
import { expect } from "chai";
import {
  compress,
  Response,
  staticFiles,
  type ClientResponse,
  type CompressOptions,
  type ContentCoding,
  type Handler,
} from "../../lib/index.js";
import { chooseCoding, hasCoding } from "../../lib/internal/coding.js";
import { rejection, signal, startService, type Service } from "../helpers/service.js";

const TEXT = "The quick brown fox jumps over the lazy dog. ".repeat(200);
/** The same in each run, and nothing to compress. */
const RANDOM = createHash("shake256", { outputLength: 2000 }).update("compress").digest();
const CODINGS = (["br", "zstd", "gzip"] as const).filter(hasCoding);

function start(handler: Handler, options?: CompressOptions): Promise<Service> {
  return startService(compress(handler, options));
}

function get(
  { client, url }: Service,
  accept: string,
  init: { method?: string; path?: string } = {},
): Promise<ClientResponse> {
  const { method = "GET", path = "" } = init;
  return client.request(url + path, {
    method,
    headers: { "accept-encoding": accept },
    decompress: false,
  });
}

function expand(coding: string | null, bytes: Uint8Array): string {
  if (coding === "br") return zlib.brotliDecompressSync(bytes).toString();
  if (coding === "gzip") return zlib.gunzipSync(bytes).toString();
  if (coding === null) return Buffer.from(bytes).toString();
  const { zstdDecompressSync } = zlib as unknown as {
    zstdDecompressSync: (bytes: Uint8Array) => Buffer;
  };
  return zstdDecompressSync(bytes).toString();
}

async function textOf(response: ClientResponse): Promise<string> {
  return expand(response.headers.get("content-encoding"), await response.bytes());
}

async function* slowly(pieces: readonly string[], wait: Promise<void>): AsyncGenerator<Uint8Array> {
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await wait;
    yield Buffer.from(piece);
  }
}

describe("compress", () => {
  for (const coding of CODINGS) {
    it(`whole content with ${coding}`, async () => {
      await using service = await start(
        () => new Response(TEXT, { headers: { etag: '"a"', "content-length": TEXT.length } }),
      );
      const response = await get(service, coding);
      expect(response.headers.get("content-encoding")).to.equal(coding);
      expect(response.headers.get("vary")).to.equal("accept-encoding");
      expect(response.headers.get("etag")).to.equal('W/"a"');
      expect(Number(response.headers.get("content-length"))).to.be.lessThan(TEXT.length / 10);
      expect(await textOf(response)).to.equal(TEXT);
    });

    it(`a stream with ${coding}, in chunks of any size`, async () => {
      const pieces = [TEXT, "", "x", TEXT.repeat(20), "end"];
      await using service = await start(
        () =>
          new Response(slowly(pieces, Promise.resolve()), {
            headers: { "content-type": "text/plain" },
            trailers: { "x-after": "1" },
          }),
      );
      const response = await get(service, coding);
      expect(response.headers.get("content-encoding")).to.equal(coding);
      expect(response.headers.get("content-length")).to.equal(null);
      expect(await textOf(response)).to.equal(pieces.join(""));
      expect((await response.trailers).get("x-after")).to.equal("1");
    });

    it(`an event arrives through ${coding} before the next is made`, async () => {
      const { promise: gate, resolve: open } = signal();
      await using service = await start(
        () =>
          new Response(slowly(["data: one\n\n", "data: two\n\n"], gate), {
            headers: { "content-type": "text/event-stream" },
          }),
      );
      const response = await get(service, coding);
      const reader = response.body?.getReader();
      const first = await reader?.read();
      expect(first?.value?.length).to.be.greaterThan(0);
      open();
      const rest: Uint8Array[] = [first?.value ?? new Uint8Array()];
      for (;;) {
        const next = await reader?.read();
        if (next?.value === undefined) break;
        rest.push(next.value);
      }
      expect(expand(coding, Buffer.concat(rest))).to.equal("data: one\n\ndata: two\n\n");
    });
  }

  const json = { "content-type": "application/json" };
  const untouched: [name: string, make: () => Response, vary: string | null][] = [
    ["small content", () => new Response("small"), "accept-encoding"],
    ["an image", () => new Response(TEXT, { headers: { "content-type": "image/png" } }), null],
    ["content of no type", () => new Response(Buffer.from(TEXT)), null],
    [
      "content that is encoded",
      () => new Response(TEXT, { headers: { ...json, "content-encoding": "aes128gcm" } }),
      null,
    ],
    [
      "no-transform",
      () => new Response(TEXT, { headers: { "cache-control": "max-age=1, no-transform" } }),
      null,
    ],
    [
      "a part",
      () => new Response(TEXT, { status: 206, headers: { "content-range": "bytes 0-8999/9001" } }),
      null,
    ],
    [
      "what cannot be made smaller",
      () => new Response(RANDOM, { headers: { "content-type": "text/x-random" } }),
      "accept-encoding",
    ],
  ];
  for (const [name, make, vary] of untouched) {
    it(`leaves ${name} alone`, async () => {
      await using service = await start(make);
      const response = await get(service, "br, gzip");
      const before = make().headers;
      expect(response.headers.get("content-encoding")).to.equal(before.get("content-encoding"));
      expect(response.headers.get("vary")).to.equal(vary);
      expect(
        Buffer.from(await response.bytes()).equals(Buffer.from(await make().bytes())),
      ).to.equal(true);
    });
  }

  it("a client that takes nothing gets the plain content, and vary", async () => {
    await using service = await start(() => new Response(TEXT, { headers: { vary: "origin" } }));
    for (const accept of ["identity", "deflate", "br;q=0", ""]) {
      const response = await get(service, accept);
      expect(response.headers.get("content-encoding")).to.equal(null);
      expect(response.headers.get("vary")).to.equal("origin, accept-encoding");
      expect(await response.text()).to.equal(TEXT);
    }
  });

  it("HEAD and 304 have no content", async () => {
    await using service = await start((request) =>
      request.url.endsWith("304") ? new Response(null, { status: 304 }) : new Response(TEXT),
    );
    const head = await get(service, "br", { method: "HEAD" });
    expect(head.headers.get("content-encoding")).to.equal("br");
    expect(head.headers.get("content-length")).to.equal(null);
    expect(await head.text()).to.equal("");
    const unchanged = await get(service, "br", { path: "304" });
    expect([unchanged.status, unchanged.headers.get("content-encoding")]).to.deep.equal([
      304,
      null,
    ]);
  });

  it("a global Response, and a handler that rejects", async () => {
    await using service = await start(async (request) => {
      await Promise.resolve();
      if (request.url.endsWith("fail")) throw new Error("no");
      return new globalThis.Response(TEXT);
    });
    expect(await textOf(await get(service, "gzip"))).to.equal(TEXT);
    expect((await get(service, "gzip", { path: "fail" })).status).to.equal(500);
    expect(service.errors).to.have.length(1);
  });

  it("files are left to their variants", async () => {
    await using service = await start(staticFiles("examples/site"));
    const response = await get(service, "br", { path: "style.css" });
    expect(response.status).to.equal(200);
    expect(response.headers.get("content-encoding")).to.equal(null);
    await response.bytes();
  });

  it("no more at once than maxConcurrent, and a cancelled stream makes room again", async () => {
    const ended = signal();
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          yield Buffer.from("tick ");
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        ended.resolve();
      }
    }
    await using service = await start(
      (request) =>
        request.url.endsWith("endless")
          ? new Response(endless(), { headers: { "content-type": "text/plain" } })
          : new Response(TEXT),
      { maxConcurrent: 1 },
    );
    const stream = await get(service, "gzip", { path: "endless" });
    expect(stream.headers.get("content-encoding")).to.equal("gzip");
    const second = await get(service, "gzip");
    expect(second.headers.get("content-encoding")).to.equal(null);
    expect(await second.text()).to.equal(TEXT);
    await stream.body?.cancel();
    await ended.promise;
    expect((await get(service, "gzip")).headers.get("content-encoding")).to.equal("gzip");
  });

  it("a client that leaves ends a source that says nothing any more", async () => {
    const ended = signal();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(Buffer.from("only this"));
      },
      cancel: ended.resolve,
    });
    await using service = await start(
      () => new Response(body, { headers: { "content-type": "text/plain" } }),
      { maxConcurrent: 1 },
    );
    const response = await get(service, "gzip");
    await response.body?.cancel();
    await ended.promise;
  });

  it("a source that fails resets the response", async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(TEXT);
      await Promise.resolve();
      throw new Error("source");
    }
    await using service = await start(
      () => new Response(failing(), { headers: { "content-type": "text/plain" } }),
    );
    const response = get(service, "gzip").then((given) => given.bytes());
    expect(await rejection(response)).to.have.property("code", "PQQ_ERR_STREAM_RESET");
    expect(service.errors.map(String)).to.deep.equal(["Error: source"]);
  });

  const choices: [accept: string | null, coding: ContentCoding | null][] = [
    [null, null],
    ["", null],
    ["gzip, deflate, br", "br"],
    ["gzip;q=1.0, br;q=0.9", "gzip"],
    ["GZIP", "gzip"],
    ["x-gzip", "gzip"],
    ["*", "br"],
    ["br;q=0, *", "gzip"],
    ["*;q=0", null],
    ["identity, gzip;q=0.5", null],
    ["identity;q=0.5, gzip;q=0.5", "gzip"],
    ["gzip;q=2", null],
    ["gzip;q=x, br", "br"],
    [",,gzip,,", "gzip"],
  ];
  for (const [accept, coding] of choices) {
    it(`chooses ${String(coding)} for ${JSON.stringify(accept)}`, () => {
      expect(chooseCoding(accept, ["br", "gzip"])).to.equal(coding);
    });
  }

  it("refuses options that are not allowed", () => {
    const handler: Handler = () => new Response("");
    const bad: [CompressOptions, RegExp][] = [
      [{ codings: ["deflate" as "gzip"] }, /codings: deflate/],
      [{ quality: { br: 12 } }, /quality.br: expected an integer 0–11/],
      [{ quality: { gzip: 0 } }, /quality.gzip/],
      [{ minBytes: -1 }, /minBytes/],
      [{ maxConcurrent: 0 }, /maxConcurrent/],
    ];
    for (const [options, text] of bad)
      expect(() => compress(handler, options)).to.throw(RangeError, text);
  });
});
