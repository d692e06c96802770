// SPDX-License-Identifier: MIT
// `pqq get`: what it sends, where it connects to, how long it tries.
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect } from "chai";
import { devIdentity, Response, Server, type Handler } from "../../lib/index.js";
import { build, Sandbox } from "./support.js";

const TEXT = "again and again ".repeat(20_000);
let busy = 0;

const handler: Handler = async (request) => {
  const { pathname } = new URL(request.url);
  switch (pathname) {
    case "/text":
      return request.headers.get("accept-encoding")?.includes("gzip") === true
        ? new Response(gzipSync(TEXT), { headers: { "content-encoding": "gzip" } })
        : new Response(TEXT);
    case "/echo":
      return Response.json({
        method: request.method,
        length: request.headers.get("content-length"),
        bytes: (await request.bytes()).length,
      });
    case "/moved":
      return new Response(null, { status: 308, headers: { location: "/echo" } });
    case "/busy":
      return ++busy % 2 === 1
        ? new Response("busy", { status: 503, headers: { "retry-after": "0" } })
        : new Response("ok");
    default:
      return new Response("hello\n", { headers: { "x-a": "1" } });
  }
};

describe("pqq get: requests", () => {
  let sandbox: Sandbox;
  let server: Server;
  let url: (path: string) => string;

  before(build);
  before(async () => {
    sandbox = new Sandbox();
    const dev = devIdentity({ dir: sandbox.path("data", "velo-pqq", "dev", "balanced") });
    server = await Server.serve(
      { port: 0, host: ["127.0.0.1", "::1"], identity: dev.identity },
      handler,
    );
    url = (path) => `https://localhost:${String(server.port)}${path}`;
  });
  after(async () => {
    await server.close({ drainMs: 0 });
    sandbox.remove();
  });

  it("--compressed asks for compressed content and saves it decompressed; without it nothing is asked for", async () => {
    const file = sandbox.path("text");
    expect((await sandbox.run("get", url("/text"), "--compressed", "-o", file)).status).to.equal(0);
    expect(readFileSync(file, "utf8")).to.equal(TEXT);
    const { stdout } = await sandbox.run("get", url("/text"), "-i");
    expect(stdout).not.to.include("content-encoding");
  });

  it("a file is sent with its size, also behind a redirect that wants it again", async () => {
    const file = sandbox.path("upload");
    writeFileSync(file, Buffer.alloc(300_000));
    const { stdout, status } = await sandbox.run("get", url("/moved"), "-L", "-d", `@${file}`);
    expect(status).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.equal({ method: "POST", length: "300000", bytes: 300_000 });
  });

  it("-I prints the header section of a HEAD request", async () => {
    const { stdout, status } = await sandbox.run("get", url("/"), "-I");
    expect(status).to.equal(0);
    expect(stdout)
      .to.match(/^HTTP\/3 200\n/)
      .and.include("x-a: 1")
      .and.not.include("hello");
    const mistake = await sandbox.run("get", url("/"), "-I", "-d", "body");
    expect(mistake.status).to.equal(2);
  });

  it("--resolve connects elsewhere, and the certificate still has to be for the host", async () => {
    const { port } = server;
    const other = `https://example.localhost:${String(port)}/`;
    const entry = `example.localhost:${String(port)}:127.0.0.1`;
    const refused = await sandbox.run("get", other, "--resolve", entry);
    expect(refused.status).to.equal(3);
    expect(refused.stderr).to.include("another name");
    const to = `localhost:${String(port)}:[::1]`;
    const { stdout } = await sandbox.run("get", url("/"), "--resolve", to);
    expect(stdout).to.equal("hello\n");
    const mistake = await sandbox.run("get", url("/"), "--resolve", "localhost:example.com");
    expect(mistake.status).to.equal(2);
    expect(mistake.stderr).to.include("HOST:PORT:ADDRESS");
  });

  it("-4 and -6 connect over one family, and not both", async () => {
    expect((await sandbox.run("get", url("/"), "-4")).stdout).to.equal("hello\n");
    const both = ["--resolve", `localhost:${String(server.port)}:127.0.0.1,[::1]`];
    expect((await sandbox.run("get", url("/"), "-6", ...both)).stdout).to.equal("hello\n");
    const literal = `https://127.0.0.1:${String(server.port)}/`;
    expect((await sandbox.run("get", literal, "-6")).status).to.equal(3);
    expect((await sandbox.run("get", url("/"), "-4", "-6")).status).to.equal(2);
  });

  it("--max-redirects refuses more", async () => {
    const { status, stderr } = await sandbox.run(
      "get",
      url("/moved"),
      "-L",
      "--max-redirects",
      "0",
    );
    expect(status).to.equal(3);
    expect(stderr).to.include("more than 0 redirects");
  });

  it("--retry follows retry-after", async () => {
    expect((await sandbox.run("get", url("/busy"))).status).to.equal(1);
    busy = 0;
    const { stdout, status } = await sandbox.run("get", url("/busy"), "--retry", "1");
    expect([status, stdout]).to.deep.equal([0, "ok"]);
  });

  it("--connect-timeout gives up on a port where nobody answers, and says so", async () => {
    const hole = createSocket("udp4").bind(0, "127.0.0.1");
    await once(hole, "listening");
    const silent = `https://127.0.0.1:${String(hole.address().port)}/`;
    const run = await sandbox.run("get", silent, "--connect-timeout", "80", "--json");
    hole.close();
    expect(run.status).to.equal(3);
    expect(JSON.parse(run.stdout)).to.include({ event: "error", code: "PQQ_ERR_CONNECT_TIMEOUT" });
  });
});
