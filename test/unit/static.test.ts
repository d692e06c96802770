// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ConfigError } from "../../lib/errors/index.js";
import type { Response } from "../../lib/response.js";
import { staticFiles } from "../../lib/static.js";

const LARGE_BYTES = 300_000;
const MTIME = new Date("2026-01-02T03:04:05.678Z");

describe("staticFiles", () => {
  let parent: string;
  let get: (path: string, headers?: Record<string, string>, method?: string) => Promise<Response>;
  const large = Buffer.alloc(LARGE_BYTES, "0123456789abcdef-");

  before(() => {
    parent = mkdtempSync(join(tmpdir(), "pqq-static-"));
    const root = join(parent, "root");
    mkdirSync(join(root, "sub", "empty"), { recursive: true });
    mkdirSync(join(root, ".well-known"));
    writeFileSync(join(parent, "secret.txt"), "secret");
    mkdirSync(join(parent, "root-too"));
    writeFileSync(join(parent, "root-too", "secret.txt"), "secret");
    writeFileSync(join(root, "index.html"), "<h1>root</h1>");
    writeFileSync(join(root, "sub", "index.html"), "<h1>sub</h1>");
    writeFileSync(join(root, "a b ü.txt"), "spaced");
    writeFileSync(join(root, "data.bin"), "0123456789");
    writeFileSync(join(root, "empty.css"), "");
    writeFileSync(join(root, "large.js"), large);
    writeFileSync(join(root, ".env"), "secret");
    writeFileSync(join(root, ".well-known", "x.json"), "{}");
    symlinkSync(join(parent, "secret.txt"), join(root, "link-out.txt"));
    symlinkSync(join(parent, "root-too"), join(root, "folder-out"));
    symlinkSync(join(root, "data.bin"), join(root, "link-in.bin"));
    for (const file of ["data.bin", "large.js"]) utimesSync(join(root, file), MTIME, MTIME);
    const handler = staticFiles(root);
    get = (path, headers = {}, method = "GET") =>
      handler({ method, url: `https://localhost${path}`, headers: new Headers(headers) });
  });

  after(() => {
    rmSync(parent, { recursive: true });
  });

  const files: [path: string, type: string, text: string][] = [
    ["/", "text/html;charset=utf-8", "<h1>root</h1>"],
    ["/index.html?x=1", "text/html;charset=utf-8", "<h1>root</h1>"],
    ["/sub/", "text/html;charset=utf-8", "<h1>sub</h1>"],
    ["/a%20b%20%C3%BC.txt", "text/plain;charset=utf-8", "spaced"],
    ["/data.bin", "application/octet-stream", "0123456789"],
    ["/link-in.bin", "application/octet-stream", "0123456789"],
    ["/empty.css", "text/css;charset=utf-8", ""],
    ["/.well-known/x.json", "application/json", "{}"],
    ["/large.js", "text/javascript;charset=utf-8", large.toString()],
  ];
  for (const [path, type, text] of files) {
    it(`serves ${path}`, async () => {
      const response = await get(path);
      expect(response.status).to.equal(200);
      expect(response.headers.get("content-type")).to.equal(type);
      expect(response.headers.get("content-length")).to.equal(String(Buffer.byteLength(text)));
      expect(response.headers.get("x-content-type-options")).to.equal("nosniff");
      expect((await response.text()) === text).to.equal(true);
    });
  }

  const hidden = [
    "/absent.txt",
    "/sub/empty/",
    "/data.bin/",
    "/data.bin/x",
    "/.env",
    "/%2eenv",
    "/..%2fsecret.txt",
    "/..%5csecret.txt",
    "/%2e%2e/secret.txt",
    "/sub/..%2f..%2f..%2fsecret.txt",
    "/.%00/x",
    "/data.bin%00.html",
    "/%ff",
    "/link-out.txt",
    "/folder-out/secret.txt",
    "/folder-out/",
    `/${"x".repeat(300)}`,
    `/${"x/".repeat(3000)}`,
  ];
  for (const path of hidden) {
    it(`hides ${path.slice(0, 40)}`, async () => {
      const response = await get(path);
      expect(response.status).to.equal(404);
      const text = await response.text();
      expect(text).to.include("404 Not Found").and.not.include("secret");
    });
  }

  it("adds the slash behind a folder, and never points to another host", async () => {
    const response = await get("/sub?a=b");
    expect(response.status).to.equal(308);
    expect(response.headers.get("location")).to.equal("/sub/?a=b");
    expect((await get("//sub")).headers.get("location")).to.equal("/sub/");
  });

  it("answers HEAD with the fields of GET and no content", async () => {
    const [head, whole] = [await get("/large.js", {}, "HEAD"), await get("/large.js")];
    expect(head.body).to.equal(null);
    expect([...head.headers]).to.deep.equal([...whole.headers]);
  });

  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "get"]) {
    it(`does not allow ${method}`, async () => {
      const response = await get("/", {}, method);
      expect(response.status).to.equal(405);
      expect(response.headers.get("allow")).to.equal("GET, HEAD");
    });
  }

  it("answers 304 to a client that has the file", async () => {
    const { headers } = await get("/data.bin");
    const etag = headers.get("etag") ?? "";
    expect(headers.get("last-modified")).to.equal("Fri, 02 Jan 2026 03:04:05 GMT");
    const unchanged = [
      { "if-none-match": etag },
      { "if-none-match": `"x", W/${etag}` },
      { "if-none-match": "*" },
      { "if-modified-since": "Fri, 02 Jan 2026 03:04:05 GMT" },
    ];
    for (const condition of unchanged) {
      const response = await get("/data.bin", condition);
      expect(response.status, JSON.stringify(condition)).to.equal(304);
      expect(response.headers.get("etag")).to.equal(etag);
      expect(response.body).to.equal(null);
    }
    const changed = [
      { "if-none-match": '"x"' },
      { "if-none-match": '"x"', "if-modified-since": "Fri, 02 Jan 2026 03:04:05 GMT" },
      { "if-modified-since": "Fri, 02 Jan 2026 03:04:04 GMT" },
      { "if-modified-since": "yesterday" },
    ];
    for (const condition of changed) {
      expect((await get("/data.bin", condition)).status, JSON.stringify(condition)).to.equal(200);
    }
  });

  const ranges: [range: string, status: number, contentRange: string | null, text: string][] = [
    ["bytes=2-4", 206, "bytes 2-4/10", "234"],
    ["bytes=7-", 206, "bytes 7-9/10", "789"],
    ["bytes=-3", 206, "bytes 7-9/10", "789"],
    ["bytes=-99", 206, "bytes 0-9/10", "0123456789"],
    ["bytes=0-99", 206, "bytes 0-9/10", "0123456789"],
    ["bytes=4-2", 200, null, "0123456789"],
    ["bytes=0-1,3-4", 200, null, "0123456789"],
    ["bytes=-", 200, null, "0123456789"],
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
    for (const range of ["bytes=10-", "bytes=-0"]) {
      const response = await get("/data.bin", { range });
      expect(response.status).to.equal(416);
      expect(response.headers.get("content-range")).to.equal("bytes */10");
    }
  });

  it("gives a range only of the file that If-Range means", async () => {
    const { headers } = await get("/large.js");
    const range = "bytes=150000-290000";
    const same = await get("/large.js", { range, "if-range": headers.get("etag") ?? "" });
    expect(same.status).to.equal(206);
    expect(Buffer.from(await same.bytes()).equals(large.subarray(150_000, 290_001))).to.equal(true);
    expect((await get("/large.js", { range, "if-range": '"old"' })).status).to.equal(200);
  });

  it("fails the transfer of a file that changes meanwhile", async () => {
    const file = join(parent, "root", "moving.bin");
    writeFileSync(file, large);
    const response = await get("/moving.bin");
    writeFileSync(file, "short");
    expect(await response.bytes().catch((error: unknown) => String(error))).to.match(/has changed/);
  });

  it("needs a folder", () => {
    expect(() => staticFiles(join(parent, "absent"))).to.throw(
      ConfigError,
      /root: expected a folder .*ENOENT/,
    );
    expect(() => staticFiles(join(parent, "secret.txt"))).to.throw(ConfigError, "not a folder");
  });
});
