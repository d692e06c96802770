// SPDX-License-Identifier: MIT
import { ReadableStream } from "node:stream/web";
import { Readable } from "node:stream";
import { expect } from "chai";
import { WireHeaders } from "../../lib/headers.js";
import type { BodySource } from "../../lib/internal/body.js";
import { Response, responseParts } from "../../lib/response.js";

const TEXT_TYPE = ["content-type", "text/plain;charset=UTF-8"];

function source(text: string, trailers: [string, string][] = []): BodySource {
  return {
    stream: () => ReadableStream.from([Buffer.from(text)]),
    collect: () => Promise.resolve(Buffer.from(text)),
    cancel: () => undefined,
    trailers: Promise.resolve(trailers),
  };
}

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Promise.resolve(Buffer.from(text));
}

describe("Response", () => {
  it("has fetch's defaults", () => {
    const response = new Response();
    expect(response).to.deep.include({ status: 200, ok: true, body: null, bodyUsed: false });
    expect([...response.headers]).to.deep.equal([]);
  });

  it("is not ok above 299", () => {
    expect(new Response("", { status: 299 }).ok).to.equal(true);
    expect(new Response("", { status: 404 }).ok).to.equal(false);
  });

  const bodies: [
    what: string,
    make: () => ConstructorParameters<typeof Response>[0] | BodySource,
  ][] = [
    ["a string", () => "hello"],
    ["bytes", () => Buffer.from("hello")],
    ["a part of a larger buffer", () => Buffer.from("<<hello>>").subarray(2, 7)],
    ["an ArrayBuffer", () => new Uint8Array(Buffer.from("hello")).buffer],
    [
      "a web stream",
      () =>
        ReadableStream.from([Buffer.from("hel"), Buffer.from("lo")]) as ReadableStream<Uint8Array>,
    ],
    ["a generator", () => pieces("he", "l", "lo")],
    ["a Node.js stream", () => Readable.from([Buffer.from("hello")])],
    ["what a peer sends", () => source("hello")],
  ];
  for (const [what, make] of bodies) {
    it(`reads ${what} in every way, once`, async () => {
      const fresh = () => new Response(make() as string);
      expect(await fresh().text()).to.equal("hello");
      expect(Buffer.from(await fresh().bytes()).toString()).to.equal("hello");
      expect((await fresh().arrayBuffer()).byteLength).to.equal(5);
      expect(await (await fresh().blob()).text()).to.equal("hello");
      const streamed = fresh();
      const chunks: Uint8Array[] = [];
      for await (const chunk of streamed.body ?? []) chunks.push(chunk);
      expect(Buffer.concat(chunks).toString()).to.equal("hello");
      expect(streamed.bodyUsed).to.equal(true);
      const twice = fresh();
      await twice.text();
      expect(twice.bodyUsed).to.equal(true);
      expect(await twice.text().catch((error: unknown) => error)).to.be.instanceOf(TypeError);
    });
  }

  it("has the same stream each time, locked after the content was read", async () => {
    const response = new Response("x");
    expect(response.body).to.equal(response.body);
    const read = new Response("x");
    await read.text();
    expect(read.body?.locked).to.equal(true);
  });

  it("parses JSON and rejects what is none", async () => {
    expect(await new Response('{"a":1}').json()).to.deep.equal({ a: 1 });
    expect(await new Response("{").json().catch((error: unknown) => error)).to.be.instanceOf(
      SyntaxError,
    );
  });

  it("makes JSON", async () => {
    const response = Response.json({ a: [1] }, { status: 201, headers: { "x-a": "1" } });
    expect(response.status).to.equal(201);
    expect(response.headers.get("content-type")).to.equal("application/json");
    expect(response.headers.get("x-a")).to.equal("1");
    expect(await response.text()).to.equal('{"a":[1]}');
    expect(
      Response.json(1, { headers: { "Content-Type": "a/b" } }).headers.get("content-type"),
    ).to.equal("a/b");
    expect(() => Response.json(() => 1)).to.throw(TypeError, "no JSON form");
  });

  for (const status of [0, 199, 600, 200.5, Number.NaN]) {
    it(`refuses status ${String(status)}`, () => {
      expect(() => new Response(null, { status })).to.throw(RangeError, "200–599");
    });
  }

  it("refuses content where there is none, and content of no kind", () => {
    expect(() => new Response("x", { status: 204 })).to.throw(TypeError, "no content");
    expect(new Response(null, { status: 304 }).status).to.equal(304);
    for (const body of [5, {}, true, []]) {
      expect(() => new Response(body as never)).to.throw(TypeError, "body: expected a string");
    }
  });

  it("gives the trailers of a peer", async () => {
    const response = new Response(source("x", [["checksum", "1"]]) as never);
    expect((await response.trailers).get("checksum")).to.equal("1");
    expect([...(await new Response("x").trailers)]).to.deep.equal([]);
  });
});

describe("responseParts", () => {
  it("adds a content type to text only", () => {
    expect(responseParts(new Response("x")).headers).to.deep.equal([TEXT_TYPE]);
    expect(responseParts(new Response("x", { headers: { a: "b" } })).headers).to.deep.equal([
      ["a", "b"],
      TEXT_TYPE,
    ]);
    expect(responseParts(new Response(Buffer.from("x"))).headers).to.deep.equal([]);
  });

  it("sees changes of headers", () => {
    const response = new Response("x", { headers: { a: "b" } });
    response.headers.set("a", "c");
    response.headers.append("set-cookie", "1");
    response.headers.append("set-cookie", "2");
    expect(responseParts(response).headers).to.deep.include.members([
      ["a", "c"],
      ["set-cookie", "1"],
      ["set-cookie", "2"],
    ]);
  });

  it("takes text and bytes as often as wanted, streams once", () => {
    const text = new Response("x");
    expect(responseParts(text).body).to.equal(responseParts(text).body);
    const stream = new Response(pieces("x"));
    responseParts(stream);
    expect(() => responseParts(stream)).to.throw(TypeError, "Body is unusable");
  });

  it("passes a peer's response on", async () => {
    const response = new Response(source("hello") as never, {
      status: 203,
      headers: new WireHeaders(["x-a", "1", "connection", "close"]),
    });
    const parts = responseParts(response);
    expect(parts).to.deep.include({ status: 203, headers: [["x-a", "1"]] });
    expect(await new globalThis.Response(parts.body as never).text()).to.equal("hello");
  });

  it("takes a global Response", async () => {
    const parts = responseParts(
      new globalThis.Response("hello", { status: 404, headers: { a: "b" } }),
    );
    expect(parts.status).to.equal(404);
    expect(parts.headers).to.deep.include.members([["a", "b"]]);
    expect(await new globalThis.Response(parts.body as never).text()).to.equal("hello");
  });

  it("refuses what is no response, or one that was read", async () => {
    for (const value of [undefined, null, "x", {}]) {
      expect(() => responseParts(value as never)).to.throw(TypeError, "instead of a Response");
    }
    const read = new globalThis.Response("x");
    await read.text();
    expect(() => responseParts(read)).to.throw(TypeError, "has been read");
  });

  it("calls for trailers when they are due", async () => {
    let sum = 0;
    const response = new Response(pieces("x"), { trailers: () => ({ "x-sum": sum }) });
    const { trailers } = responseParts(response);
    sum = 5;
    expect(await trailers?.()).to.deep.equal([["x-sum", "5"]]);
    expect(responseParts(new Response("x")).trailers).to.equal(null);
  });
});
