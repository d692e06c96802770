// SPDX-License-Identifier: MIT
import { ReadableStream } from "node:stream/web";
import { inspect } from "node:util";
import { expect } from "chai";
import { PqqError } from "../../lib/errors/index.js";
import type { BodySource } from "../../lib/internal/body.js";
import {
  createServerRequest,
  ServerRequest,
  webHandler,
  type RequestParts,
} from "../../lib/request.js";

function source(text: string): BodySource {
  return {
    stream: () => ReadableStream.from([Buffer.from(text)]),
    collect: () => Promise.resolve(Buffer.from(text)),
    cancel: () => undefined,
    trailers: Promise.resolve([["checksum", "1"]]),
  };
}

function make(parts: Partial<RequestParts> = {}): ServerRequest {
  const { signal } = new AbortController();
  return createServerRequest({
    method: "POST",
    scheme: "https",
    authority: "localhost:4433",
    path: "/a?b=c",
    protocol: "",
    headers: ["content-type", "text/plain", "x-a", "1", "x-a", "2"],
    body: source("hello"),
    signal: () => signal,
    ...parts,
  });
}

describe("ServerRequest", () => {
  it("is a Request that has every member of a real one itself", () => {
    const request = make();
    expect(request).to.be.instanceOf(Request);
    // A getter of Request.prototype throws for an object that the Request constructor has not made.
    const own = [...Reflect.ownKeys(ServerRequest.prototype), ...Reflect.ownKeys(request)];
    const notAnApi = new Set<string | symbol>(["attribute"]);
    const wanted = Reflect.ownKeys(Request.prototype).filter((key) => !notAnApi.has(key));
    expect(own).to.include.members(wanted);
  });

  it("has its own URL, whatever the request before had", () => {
    const urls = [
      { authority: "a.example", path: "/x" },
      { authority: "a.example", path: "/%2e%2e/y" },
      { authority: "b.example:8443", path: "/x/../y" },
      { authority: "a.example", path: "/x.html?q=/." },
      { authority: "a.example", path: "/a/./b" },
      { method: "CONNECT", scheme: "", authority: "a.example", path: "" },
      { authority: "a.example", path: "/z" },
    ];
    expect(urls.map((parts) => make(parts).url)).to.deep.equal([
      "https://a.example/x",
      "https://a.example/y",
      "https://b.example:8443/y",
      "https://a.example/x.html?q=/.",
      "https://a.example/a/b",
      "https://a.example/",
      "https://a.example/z",
    ]);
    expect(() => make({ authority: "", scheme: "" })).to.throw(PqqError);
  });

  it("says what a real Request says", () => {
    const real = new Request("https://localhost:4433/a?b=c", {
      method: "POST",
      body: "hello",
      duplex: "half",
    });
    const ours = make();
    const skipped = new Set(["constructor", "signal", "headers", "body", "attribute"]);
    for (const key of Object.getOwnPropertyNames(Request.prototype)) {
      if (skipped.has(key) || typeof Reflect.get(real, key) === "function") continue;
      expect(Reflect.get(ours, key), key).to.equal(Reflect.get(real, key));
    }
    expect(Object.prototype.toString.call(ours)).to.equal("[object Request]");
  });

  it("makes neither headers nor signal nor stream before they are asked for", () => {
    let asked = 0;
    const request = make({
      signal: () => {
        asked += 1;
        return AbortSignal.abort();
      },
    });
    expect(request.method).to.equal("POST");
    expect(asked).to.equal(0);
    expect(request.signal.aborted).to.equal(true);
    expect(asked).to.equal(1);
    expect(request.headers).to.equal(request.headers);
    expect(request.headers.get("x-a")).to.equal("1, 2");
    expect(request.body).to.equal(request.body);
  });

  it("reads its content in every way, once", async () => {
    expect(await make().text()).to.equal("hello");
    expect(Buffer.from(await make().bytes()).toString()).to.equal("hello");
    expect((await make().arrayBuffer()).byteLength).to.equal(5);
    expect((await make().blob()).type).to.equal("text/plain");
    expect(await make({ body: source("[1]") }).json()).to.deep.equal([1]);
    const request = make();
    await request.text();
    expect(request.bodyUsed).to.equal(true);
    expect(await request.text().catch((error: unknown) => error)).to.be.instanceOf(TypeError);
    expect((await request.trailers).get("checksum")).to.equal("1");
  });

  it("has no content without a source", async () => {
    const request = make({ method: "GET", body: null });
    expect(request.body).to.equal(null);
    expect(await request.text()).to.equal("");
    expect(request.bodyUsed).to.equal(false);
    expect([...(await request.trailers)]).to.deep.equal([]);
  });

  it("reads forms", async () => {
    const headers = ["content-type", "application/x-www-form-urlencoded"];
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- see Content.formData
    const form = await make({ headers, body: source("a=1&b=%20x") }).formData();
    expect([...form]).to.deep.equal([
      ["a", "1"],
      ["b", " x"],
    ]);
  });

  it("clones, before it is read", async () => {
    const request = make();
    const clone = request.clone();
    expect(clone).to.be.instanceOf(ServerRequest);
    expect(await Promise.all([request.text(), clone.text()])).to.deep.equal(["hello", "hello"]);
    expect(() => request.clone()).to.throw(TypeError, "unusable");
  });

  it("shows itself in a log without reading anything", () => {
    const request = make();
    const text = inspect(request);
    expect(text)
      .to.include("ServerRequest")
      .and.include("https://localhost:4433/a?b=c")
      .and.include("'x-a': '1, 2'");
    expect(request.bodyUsed).to.equal(false);
  });
});

describe("toRequest", () => {
  it("gives a real Request that frameworks can rebuild", async () => {
    const controller = new AbortController();
    const real = make({ signal: () => controller.signal }).toRequest();
    const rebuilt = new Request(real, { headers: { "x-b": "1" } });
    expect(rebuilt.headers.get("x-b")).to.equal("1");
    expect(await rebuilt.text()).to.equal("hello");
    controller.abort();
    expect(real.signal.aborted).to.equal(true);
  });

  it("leaves out content of GET", () => {
    expect(make({ method: "GET" }).toRequest().body).to.equal(null);
  });

  it("is what webHandler hands over, with the context", async () => {
    const handler = webHandler(async (request, context: { readonly a: number }) => {
      expect(request.constructor).to.equal(Request);
      return `${await request.text()} ${String(context.a)}`;
    });
    expect(await handler(make(), { a: 1 })).to.equal("hello 1");
  });
});

describe("a request's URL", () => {
  const urls: [authority: string, path: string, url: string][] = [
    ["localhost:4433", "/", "https://localhost:4433/"],
    ["example.com", "/a/b?c=d&e=%20", "https://example.com/a/b?c=d&e=%20"],
    ["example.com:443", "/", "https://example.com/"],
    ["EXAMPLE.com", "/A", "https://example.com/A"],
    ["[::1]:4433", "/", "https://[::1]:4433/"],
    ["127.0.0.1:9", "/", "https://127.0.0.1:9/"],
    ["127.1", "/", "https://127.0.0.1/"],
    ["example.com", "/a/../../b", "https://example.com/b"],
    ["example.com", "/%2e%2E/x/%2E./y", "https://example.com/y"],
    ["example.com", "//other.example/x", "https://example.com//other.example/x"],
    ["example.com", "/a b\u001b[0m", "https://example.com/a%20b%1B[0m"],
    ["example.com", "/a#b", "https://example.com/a"],
    ["example.com", "*", "https://example.com/"],
    ["example.com", "x", "https://example.com/x"],
  ];
  for (const [authority, path, url] of urls) {
    it(`is ${url} for ${JSON.stringify(authority + path)}`, () => {
      expect(make({ authority, path }).url).to.equal(url);
    });
  }

  it("is what a URL parser would have made of it, for any plain path", () => {
    const alphabet = "abZ09-._~!$&()*+,;=:@/%?";
    const seed = Math.floor(Math.random() * 2 ** 31);
    let state = seed;
    const next = (bound: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * bound);
    };
    for (let round = 0; round < 2000; round += 1) {
      const path = `/${Array.from({ length: next(12) }, () => alphabet[next(alphabet.length)]).join("")}`;
      const expected = new URL(`https://localhost:4433${path}`).href;
      expect(make({ path }).url, `seed ${String(seed)}, path ${path}`).to.equal(expected);
    }
  });

  for (const authority of [
    "",
    "evil.example/x",
    "user@host",
    "a?b",
    "a#b",
    "a\\b",
    "[::1",
    "a b",
    "host:99999",
  ]) {
    it(`does not exist for the authority ${JSON.stringify(authority)}`, () => {
      expect(() => make({ authority }))
        .to.throw(PqqError)
        .with.property("code", "PQQ_ERR_URL_INVALID");
    });
  }
});
