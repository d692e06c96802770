// SPDX-License-Identifier: MIT
// Folders over the network: the same requests of `Server.serve({ files })`, which JavaScript does not see, and of a handler
// with `staticFiles`. What the C side decides in detail is tested in test/native/files.
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { expect } from "chai";
import { ConfigError, Response, Server, staticFiles, type FileRequest } from "../../lib/index.js";
import type { ClientResponse } from "../../lib/index.js";
import {
  rejection,
  serverOptions,
  signal,
  startService,
  type Service,
} from "../helpers/service.js";

const LARGE = Buffer.alloc(300_000, "0123456789abcdef-");
const SCRIPT = "export const answer = 42;\n".repeat(50);
const MTIME = new Date("2026-01-02T03:04:05.678Z");
const MTIME_TEXT = "Fri, 02 Jan 2026 03:04:05 GMT";

function makeSite(): string {
  const parent = mkdtempSync(join(tmpdir(), "pqq-files-"));
  const root = join(parent, "root");
  mkdirSync(join(root, "sub", "empty"), { recursive: true });
  mkdirSync(join(root, ".well-known"));
  mkdirSync(join(parent, "root-too"));
  writeFileSync(join(parent, "secret.txt"), "secret");
  writeFileSync(join(parent, "root-too", "secret.txt"), "secret");
  writeFileSync(join(root, "index.html"), "<h1>root</h1>");
  writeFileSync(join(root, "sub", "index.html"), "<h1>sub</h1>");
  writeFileSync(join(root, "a b ü.txt"), "spaced");
  writeFileSync(join(root, "data.bin"), "0123456789");
  writeFileSync(join(root, "empty.css"), "");
  writeFileSync(join(root, "large.bin"), LARGE);
  writeFileSync(join(root, "code.js"), SCRIPT);
  writeFileSync(join(root, "code.js.br"), brotliCompressSync(SCRIPT));
  writeFileSync(join(root, "code.js.gz"), gzipSync(SCRIPT));
  writeFileSync(join(root, ".env"), "secret");
  writeFileSync(join(root, ".well-known", "x.json"), "{}");
  symlinkSync("../secret.txt", join(root, "link-out.txt"));
  symlinkSync(join(parent, "secret.txt"), join(root, "link-absolute.txt"));
  symlinkSync("../root-too", join(root, "folder-out"));
  symlinkSync("data.bin", join(root, "link-in.bin"));
  for (const file of ["data.bin", "large.bin"]) utimesSync(join(root, file), MTIME, MTIME);
  return root;
}

const DOORS: readonly [name: string, start: (root: string) => Promise<Service>][] = [
  ["Server.serve({ files })", (root) => startFiles({ files: { root, fallThrough: false } })],
  ["a handler with staticFiles", (root) => startService(staticFiles(root))],
];

/** A server whose handler must not be called. */
function startFiles(server: Parameters<typeof serverOptions>[0]): Promise<Service> {
  return startService(
    () => {
      throw new Error("the handler was called");
    },
    { server: server ?? {} },
  );
}

for (const [name, start] of DOORS) {
  describe(`files: ${name}`, () => {
    let root: string;
    let service: Service;

    before(async () => {
      root = makeSite();
      service = await start(root);
    });
    after(async () => {
      await service[Symbol.asyncDispose]();
      expect(service.errors).to.deep.equal([]);
      rmSync(join(root, ".."), { recursive: true });
    });

    function get(
      path: string,
      headers: Record<string, string> = {},
      method = "GET",
    ): Promise<ClientResponse> {
      const url = service.url + path.slice(1);
      return service.client.request(url, {
        method,
        headers,
        redirect: "manual",
        decompress: false,
      });
    }

    const found: [path: string, type: string, content: string | Buffer][] = [
      ["/", "text/html;charset=utf-8", "<h1>root</h1>"],
      ["/index.html?x=1", "text/html;charset=utf-8", "<h1>root</h1>"],
      ["/sub/", "text/html;charset=utf-8", "<h1>sub</h1>"],
      ["/a%20b%20%C3%BC.txt", "text/plain;charset=utf-8", "spaced"],
      ["/data.bin", "application/octet-stream", "0123456789"],
      ["/link-in.bin", "application/octet-stream", "0123456789"],
      ["/empty.css", "text/css;charset=utf-8", ""],
      ["/.well-known/x.json", "application/json", "{}"],
      ["/large.bin", "application/octet-stream", LARGE],
    ];
    for (const [path, type, content] of found) {
      it(`serves ${path}`, async () => {
        const response = await get(path);
        expect(response.status).to.equal(200);
        expect(response.headers.get("content-type")).to.equal(type);
        expect(response.headers.get("content-length")).to.equal(String(content.length));
        expect(response.headers.get("x-content-type-options")).to.equal("nosniff");
        expect(response.headers.get("cache-control")).to.equal("no-cache");
        expect(Buffer.from(await response.bytes()).equals(Buffer.from(content))).to.equal(true);
      });
    }

    const hidden = [
      "/absent.txt",
      "/sub/empty/",
      "/data.bin/",
      "/data.bin/x",
      "/.env",
      "/%2eenv",
      "/link-out.txt",
      "/link-absolute.txt",
      "/folder-out/secret.txt",
      "/..%2fsecret.txt",
      "/sub%2findex.html",
      "/sub%5cindex.html",
    ];
    for (const path of hidden) {
      it(`does not serve ${path}`, async () => {
        const response = await get(path);
        expect(response.status).to.equal(404);
        expect(await response.text()).to.include("404 Not Found");
      });
    }

    it("answers 400 to what is no path", async () => {
      for (const path of ["/a%00", "/a%", "/a%zz"]) expect((await get(path)).status).to.equal(400);
    });

    it("redirects to the slash of a folder, with the query", async () => {
      const response = await get("/sub?a=b&c");
      expect(response.status).to.equal(308);
      expect(response.headers.get("location")).to.equal("/sub/?a=b&c");
    });

    it("answers HEAD like GET, without the content", async () => {
      const head = await get("/large.bin", {}, "HEAD");
      const whole = await get("/large.bin");
      await whole.bytes();
      const fields = (response: ClientResponse): [string, string][] =>
        [...response.headers].filter(([field]) => field !== "date");
      expect(fields(head)).to.deep.equal(fields(whole));
      expect(await head.text()).to.equal("");
    });

    it("says which methods are allowed", async () => {
      const refused = await get("/", {}, "DELETE");
      const options = await get("/", {}, "OPTIONS");
      expect([refused.status, options.status]).to.deep.equal([405, 204]);
      for (const { headers } of [refused, options])
        expect(headers.get("allow")).to.equal("GET, HEAD, OPTIONS");
    });

    const conditions: [headers: (etag: string) => Record<string, string>, status: number][] = [
      [(etag) => ({ "if-none-match": etag }), 304],
      [(etag) => ({ "if-none-match": `"x", W/${etag}` }), 304],
      [() => ({ "if-none-match": "*" }), 304],
      [() => ({ "if-modified-since": MTIME_TEXT }), 304],
      [() => ({ "if-none-match": '"x"' }), 200],
      [() => ({ "if-none-match": '"x"', "if-modified-since": MTIME_TEXT }), 200],
      [() => ({ "if-modified-since": "yesterday" }), 200],
      [(etag) => ({ "if-match": etag }), 200],
      [(etag) => ({ "if-match": `W/${etag}` }), 412],
      [() => ({ "if-match": '"x"' }), 412],
      [() => ({ "if-unmodified-since": MTIME_TEXT }), 200],
      [() => ({ "if-unmodified-since": "Fri, 02 Jan 2026 03:04:04 GMT" }), 412],
      [(etag) => ({ "if-match": etag, "if-none-match": etag }), 304],
    ];
    it("judges conditions", async () => {
      const etag = (await get("/data.bin")).headers.get("etag") ?? "";
      expect(etag).to.match(/^"[^"]+"$/);
      for (const [condition, status] of conditions) {
        const response = await get("/data.bin", condition(etag));
        expect(response.status, JSON.stringify(condition(etag))).to.equal(status);
        if (status === 304) {
          expect(response.headers.get("etag")).to.equal(etag);
          expect(await response.text()).to.equal("");
        }
      }
    });

    const ranges: [range: string, status: number, contentRange: string | null, text: string][] = [
      ["bytes=2-4", 206, "bytes 2-4/10", "234"],
      ["bytes=7-", 206, "bytes 7-9/10", "789"],
      ["bytes=-3", 206, "bytes 7-9/10", "789"],
      ["bytes=0-99", 206, "bytes 0-9/10", "0123456789"],
      ["bytes=4-2", 200, null, "0123456789"],
      ["bytes=0-5,4-8", 200, null, "0123456789"],
      ["lines=0-1", 200, null, "0123456789"],
    ];
    for (const [range, status, contentRange, text] of ranges) {
      it(`answers ${String(status)} to ${range}`, async () => {
        const response = await get("/data.bin", { range });
        expect(response.status).to.equal(status);
        expect(response.headers.get("content-range")).to.equal(contentRange);
        expect(response.headers.get("content-length")).to.equal(String(text.length));
        expect(await response.text()).to.equal(text);
      });
    }

    it("answers 416 to a range behind the end", async () => {
      const response = await get("/data.bin", { range: "bytes=10-" });
      expect(response.status).to.equal(416);
      expect(response.headers.get("content-range")).to.equal("bytes */10");
    });

    it("answers several ranges of a large file in parts", async () => {
      const response = await get("/large.bin", { range: "bytes=0-99999,200000-299999" });
      expect(response.status).to.equal(206);
      const type = response.headers.get("content-type") ?? "";
      const boundary = /^multipart\/byteranges; boundary=(.+)$/.exec(type)?.[1] ?? "";
      const content = Buffer.from(await response.bytes());
      expect(response.headers.get("content-length")).to.equal(String(content.length));
      const parts = content.toString("latin1").split(`--${boundary}`);
      expect(parts).to.have.length(4);
      expect(parts[1]).to.include("content-range: bytes 0-99999/300000\r\n\r\n");
      expect(parts[2]?.endsWith(`${LARGE.toString("latin1", 200_000)}\r\n`)).to.equal(true);
      expect(parts[3]).to.equal("--\r\n");
    });

    it("gives a range only of the file that If-Range means", async () => {
      const { headers } = await get("/large.bin", {}, "HEAD");
      const range = "bytes=150000-290000";
      const same = await get("/large.bin", { range, "if-range": headers.get("etag") ?? "" });
      expect(same.status).to.equal(206);
      expect(Buffer.from(await same.bytes()).equals(LARGE.subarray(150_000, 290_001))).to.equal(
        true,
      );
      expect((await get("/large.bin", { range, "if-range": '"old"' })).status).to.equal(200);
    });

    const codings: [accept: string, coding: string | null][] = [
      ["gzip, br", "br"],
      ["gzip, br;q=0.5", "gzip"],
      ["identity, br;q=0.5", null],
      ["deflate", null],
    ];
    it("sends the compressed variant that the client likes best", async () => {
      const tags = new Set<string | null>();
      for (const [accept, coding] of codings) {
        const response = await get("/code.js", { "accept-encoding": accept });
        expect(response.headers.get("vary"), accept).to.equal("accept-encoding");
        expect(response.headers.get("content-type")).to.equal("text/javascript;charset=utf-8");
        const size = Number(response.headers.get("content-length"));
        expect(size < SCRIPT.length, accept).to.equal(coding !== null);
        tags.add(response.headers.get("etag"));
        await response.bytes().catch(() => undefined);
      }
      expect(tags.size).to.equal(3);
    });

    it("serves what replaces a file, whole", async () => {
      const [first, second] = [Buffer.alloc(500_000, "1"), Buffer.alloc(600_000, "2")];
      writeFileSync(join(root, "swap.bin"), first);
      const response = await get("/swap.bin");
      writeFileSync(join(root, "next.bin"), second);
      renameSync(join(root, "next.bin"), join(root, "swap.bin"));
      expect(Buffer.from(await response.bytes()).equals(first)).to.equal(true);
    });
  });
}

describe("files: options", () => {
  let root: string;
  beforeEach(() => {
    root = makeSite();
  });
  afterEach(() => {
    rmSync(join(root, ".."), { recursive: true });
  });

  it("resets the response of a file that is cut while it is sent", async () => {
    await using service = await startFiles({ files: { root, fallThrough: false } });
    const size = 64 * 1024 * 1024;
    writeFileSync(join(root, "huge.bin"), "");
    truncateSync(join(root, "huge.bin"), size);
    const response = await service.client.get(`${service.url}huge.bin`);
    expect(response.headers.get("content-length")).to.equal(String(size));
    // Nobody has read: more than the windows hold is still on the disk.
    truncateSync(join(root, "huge.bin"), 1000);
    expect(await rejection(response.bytes())).to.have.property("code", "PQQ_ERR_STREAM_RESET");
    expect(service.server.stats().fileFailures).to.equal(1);
  });

  it("lets what is not there through to the handler, by default", async () => {
    await using service = await startService(
      (request) => new Response(`${request.method} ${new URL(request.url).pathname}`),
      { server: { files: [root, { root: join(root, "sub"), prefix: "/s", fallThrough: false }] } },
    );
    const text = async (path: string, method = "GET"): Promise<string> =>
      (await service.client.request(service.url + path, { method })).text();
    expect(await text("data.bin")).to.equal("0123456789");
    expect(await text("absent")).to.equal("GET /absent");
    expect(await text("data.bin", "PUT")).to.equal("PUT /data.bin");
    expect(await text("s/")).to.equal("<h1>sub</h1>");
    expect(await text("s/absent")).to.include("404");
    expect(service.server.stats().fileRequests).to.equal(3);
  });

  it("a type of the handler's own is that of the parts, and the whole is multipart/byteranges", async () => {
    const files = staticFiles(root);
    const types = ["text/x-own", `text/x-${"long".repeat(50)}`];
    await using service = await startService((request) => {
      const response = files(request);
      response.headers.set(
        "content-type",
        types[Number(new URL(request.url).search.slice(1))] ?? "",
      );
      return response;
    });
    const get = (query: number, range: string): Promise<ClientResponse> =>
      service.client.get(`${service.url}data.bin?${String(query)}`, { headers: { range } });
    const parts = await get(0, "bytes=0-1,8-9");
    expect(parts.status).to.equal(206);
    expect(parts.headers.get("content-type")).to.match(/^multipart\/byteranges; boundary=/);
    const text = await parts.text();
    expect(text.match(/content-type: [^\r]*/g)).to.deep.equal(
      Array(2).fill("content-type: text/x-own"),
    );
    expect(text).to.include("content-range: bytes 8-9/10\r\n\r\n89");
    const one = await get(0, "bytes=2-4");
    expect([one.status, one.headers.get("content-type")]).to.deep.equal([206, "text/x-own"]);
    // It does not fit into a part: the whole file is an answer, too.
    const long = await get(1, "bytes=0-1,8-9");
    expect([long.status, long.headers.get("content-type")]).to.deep.equal([200, types[1]]);
    expect(await long.text()).to.equal("0123456789");
  });

  it("one date, and none with dateHeader: false", async () => {
    for (const dateHeader of [true, false]) {
      await using service = await startFiles({ dateHeader, files: { root, fallThrough: false } });
      for (const path of ["data.bin", "absent"]) {
        const { headers } = await service.client.get(service.url + path);
        expect([...headers].filter(([name]) => name === "date").length).to.equal(
          dateHeader ? 1 : 0,
        );
        expect(headers.get("date") ?? "").to.match(dateHeader ? /^\w{3}, \d\d .* GMT$/ : /^$/);
      }
    }
  });

  it("needs no handler, and tells of its requests if asked to", async () => {
    const seen = signal<FileRequest>();
    await using service = await startService(undefined, {
      server: { files: root, reportFiles: true },
    });
    service.server.on("file", seen.resolve);
    await (await service.client.get(`${service.url}data.bin?a`)).text();
    const { connection, ...request } = await seen.promise;
    expect(request).to.deep.equal({ method: "GET", path: "/data.bin?a", status: 200, bytes: 10 });
    expect(connection.remoteAddress).to.equal("127.0.0.1");
    expect((await service.client.get(`${service.url}absent`)).status).to.equal(404);
  });

  it("tells of every request even when JavaScript is slow", async () => {
    const count = 3000;
    await using service = await startService(undefined, {
      server: { files: root, reportFiles: true },
    });
    let reported = 0;
    service.server.on("file", () => (reported += 1));
    const get = async (): Promise<string> =>
      (await service.client.get(`${service.url}data.bin`)).text();
    for (let done = 0; done < count; done += 100)
      await Promise.all(Array.from({ length: 100 }, get));
    await service.server.close({ drainMs: 1000 });
    expect(reported).to.equal(count);
  });

  it("lists names, hides, sends headers as the options say", async () => {
    await using service = await startService(undefined, {
      server: {
        files: { root, listing: true, index: "", cacheControl: "max-age=60", nosniff: false },
      },
    });
    const list = await service.client.get(service.url, { headers: { accept: "application/json" } });
    expect(((await list.json()) as { names: string[] }).names).to.include.members([
      ".well-known/",
      "data.bin",
      "sub/",
    ]);
    const html = await (await service.client.get(service.url)).text();
    expect(html).to.include('<a href="./a%20b%20%C3%BC.txt">a b ü.txt</a>').and.not.include(".env");
    const { headers } = await service.client.get(`${service.url}data.bin`);
    expect(headers.get("cache-control")).to.equal("max-age=60");
    expect(headers.get("x-content-type-options")).to.equal(null);
  });

  it("a handler's own fields go with a file, and not the wrong ones with an error", async () => {
    const files = staticFiles(root);
    await using service = await startService((request) => {
      const response = files(request);
      response.headers.set("cache-control", "max-age=9");
      response.headers.set("content-type", "text/x-own");
      response.headers.set("content-length", "1");
      response.headers.set("x-frame-options", "DENY");
      return response;
    });
    const found = await service.client.get(`${service.url}data.bin`);
    expect(found.headers.get("cache-control")).to.equal("max-age=9");
    expect(found.headers.get("content-type")).to.equal("text/x-own");
    expect(found.headers.get("x-frame-options")).to.equal("DENY");
    expect(await found.text()).to.equal("0123456789");
    const absent = await service.client.get(`${service.url}absent`);
    expect(absent.headers.get("cache-control")).to.equal(null);
    expect(absent.headers.get("content-type")).to.equal("text/html;charset=utf-8");
    expect(absent.headers.get("x-frame-options")).to.equal("DENY");
  });

  it("a response that is a file has no content to read", async () => {
    const response = staticFiles(root)(new Request("https://localhost/"));
    expect(await rejection(Promise.resolve().then(() => response.text()))).to.be.instanceOf(
      TypeError,
    );
  });

  const bad: [files: unknown, text: RegExp][] = [
    ["absent-folder", /files\[0\].*absent-folder.*No such file/],
    [{ root: ".", prefix: "assets" }, /prefix/],
    [{ root: ".", index: "../x" }, /index/],
    [{ root: ".", cacheControl: "a\nb" }, /cache_control/],
    [{ root: ".", links: "everywhere" }, /files/],
    [{ root: ".", listings: true }, /files/],
    [[".", "."], /both under/],
    ["", /files/],
  ];
  for (const [files, text] of bad) {
    it(`refuses ${JSON.stringify(files)}`, async () => {
      const start = Promise.resolve().then(() =>
        Server.serve(serverOptions({ files: files as string }), () => new Response("")),
      );
      const error = await rejection(start);
      expect(String(error)).to.match(text);
      expect(error).to.have.property("code", "PQQ_ERR_INVALID_ARG");
    });
  }

  it("staticFiles needs a folder", () => {
    expect(() => staticFiles(join(root, "absent"))).to.throw(ConfigError, /root: .*absent/);
    expect(() => staticFiles(join(root, "data.bin"))).to.throw(ConfigError, /Not a directory/);
  });

  it("a server without files needs a handler", async () => {
    const start = Promise.resolve().then(() => Server.serve(serverOptions()));
    expect(await rejection(start)).to.be.instanceOf(TypeError);
  });
});
