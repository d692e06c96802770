// SPDX-License-Identifier: MIT
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { devIdentity, Response, Server, type Handler } from "../../lib/index.js";
import { build, PQQ, Run, Sandbox } from "./support.js";

const LARGE = Buffer.alloc(3_000_000, "0123456789abcdef-");

/** A generator that never ends by itself. */
async function* endless(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  while (!signal.aborted) yield Promise.resolve(Buffer.alloc(65_536, "x"));
}

const handler: Handler = async (request) => {
  const { pathname } = new URL(request.url);
  switch (pathname) {
    case "/echo":
      return Response.json({
        method: request.method,
        accept: request.headers.get("accept"),
        type: request.headers.get("content-type"),
        body: await request.text(),
      });
    case "/large":
      return new Response(LARGE, { headers: { "content-length": LARGE.length } });
    case "/chunks":
      return new Response(endlessTimes(40));
    case "/endless":
      return new Response(endless(request.signal));
    case "/broken":
      return new Response(brokenBody());
    case "/redirect":
      return new Response(null, { status: 302, headers: { location: "/hello" } });
    case "/nothing":
      return new Response(null, { status: 204 });
    case "/binary":
      return new Response(Uint8Array.of(0xff, 0, 1));
    case "/hello":
      return new Response("hello\n", { headers: { "x-a": "1" } });
    default:
      return new Response("not here\n", { status: 404 });
  }
};

async function* endlessTimes(count: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i += 1) yield Promise.resolve(Buffer.alloc(65_536, "x"));
}

async function* brokenBody(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.alloc(100_000));
  throw new Error("the source broke");
}

describe("pqq get", () => {
  let sandbox: Sandbox;
  let server: Server;
  let url: (path: string) => string;
  let ca: string;

  before(build);
  before(async () => {
    sandbox = new Sandbox();
    // Where `pqq` looks for development roots.
    const dev = devIdentity({ dir: sandbox.path("data", "velo-pqq", "dev", "balanced") });
    ca = dev.caFile;
    server = await Server.serve(
      { port: 0, host: ["127.0.0.1", "::1"], identity: dev.identity },
      handler,
    );
    server.on("error", () => undefined);
    url = (path) => `https://localhost:${String(server.port)}${path}`;
  });
  after(async () => {
    await server.close({ drainMs: 0 });
    sandbox.remove();
  });

  it("prints the body, and says on stderr what it trusts", async () => {
    const { status, stdout, stderr } = await sandbox.run("get", url("/hello"));
    expect(stdout).to.equal("hello\n");
    expect(stderr).to.match(
      /^pqq: also trusting the development roots in .*velo-pqq, because localhost is this machine\n$/,
    );
    expect(status).to.equal(0);
  });

  it("trusts --ca and nothing else", async () => {
    expect(await sandbox.run("get", url("/hello"), "--ca", ca)).to.deep.equal({
      status: 0,
      stdout: "hello\n",
      stderr: "",
    });
    const other = devIdentity({ dir: sandbox.path("other") });
    const { status, stdout, stderr } = await sandbox.run(
      "get",
      url("/hello"),
      "--ca",
      other.caFile,
    );
    expect(status).to.equal(3);
    expect(stdout).to.equal("");
    expect(stderr)
      .to.include("trust anchor")
      .and.include("hint: name the root that issued it with --ca FILE");
  });

  it("exits with 1 for a status of 400 or above, and prints the body", async () => {
    const { status, stdout } = await sandbox.run("get", url("/absent"), "--ca", ca);
    expect({ status, stdout }).to.deep.equal({ status: 1, stdout: "not here\n" });
  });

  it("sends header fields, a method and a body", async () => {
    const echo = async (...args: string[]): Promise<object> =>
      JSON.parse((await sandbox.run("get", url("/echo"), "--ca", ca, ...args)).stdout) as object;
    writeFileSync(sandbox.path("body.txt"), "from a file");
    expect(await echo()).to.include({ method: "GET", body: "" });
    expect(
      await echo("-X", "PUT", "-H", "Accept: a/b", "--header", "Content-Type: c/d"),
    ).to.include({
      method: "PUT",
      accept: "a/b",
      type: "c/d",
    });
    expect(await echo("-d", "text")).to.include({ method: "POST", body: "text" });
    expect(await echo("--data", "@body.txt")).to.include({ method: "POST", body: "from a file" });
    const piped = sandbox.spawn("get", url("/echo"), "--ca", ca, "-d", "@-");
    piped.child.stdin.end("from a pipe");
    expect(JSON.parse((await piped.ended).stdout)).to.include({ body: "from a pipe" });
  });

  it("saves the body under its name only when it is complete", async () => {
    const { status, stdout } = await sandbox.run(
      "get",
      url("/large"),
      "-o",
      "large.bin",
      "--ca",
      ca,
    );
    expect({ status, stdout }).to.deep.equal({ status: 0, stdout: "" });
    expect(readFileSync(sandbox.path("large.bin")).equals(LARGE)).to.equal(true);
    const broken = await sandbox.run("get", url("/broken"), "-o", "broken.bin", "--ca", ca);
    expect(broken.status).to.equal(3);
    expect(broken.stderr).to.match(/^pqq: .+/);
    expect(readdirSync(sandbox.folder).filter((name) => name.startsWith("broken"))).to.deep.equal(
      [],
    );
  });

  it("does not replace a file with an error page", async () => {
    writeFileSync(sandbox.path("kept.txt"), "good");
    const { status, stderr } = await sandbox.run(
      "get",
      url("/absent"),
      "-o",
      "kept.txt",
      "--ca",
      ca,
    );
    expect(status).to.equal(1);
    expect(stderr).to.include("HTTP 404: not saved to kept.txt");
    expect(readFileSync(sandbox.path("kept.txt"), "utf8")).to.equal("good");
  });

  it("saves an empty body, into a folder that exists", async () => {
    mkdirSync(sandbox.path("sub"));
    expect(
      (await sandbox.run("get", url("/nothing"), "-o", "sub/empty", "--ca", ca)).status,
    ).to.equal(0);
    expect(readFileSync(sandbox.path("sub", "empty"))).to.have.length(0);
    const { status, stderr } = await sandbox.run("get", url("/hello"), "-o", "none/x", "--ca", ca);
    expect(status).to.equal(2);
    expect(stderr).to.include("none");
  });

  it("follows redirects only with -L", async () => {
    const plain = await sandbox.run("get", url("/redirect"), "-i", "--ca", ca);
    expect(plain.stdout).to.match(/^HTTP\/3 302\n[^]*location: \/hello\n[^]*\n$/);
    expect((await sandbox.run("get", url("/redirect"), "-L", "--ca", ca)).stdout).to.equal(
      "hello\n",
    );
  });

  it("prints the response as one JSON value", async () => {
    const json = async (path: string, ...args: string[]): Promise<Record<string, unknown>> =>
      JSON.parse(
        (await sandbox.run("get", url(path), "--json", "--ca", ca, ...args)).stdout,
      ) as Record<string, unknown>;
    const hello = await json("/hello");
    expect(hello).to.include({ url: url("/hello"), status: 200, bytes: 6, body: "hello\n" });
    expect(hello["headers"]).to.deep.include.members([["x-a", "1"]]);
    expect(hello["connection"]).to.include({ group: "X25519MLKEM768", signature: "ML-DSA-65" });
    expect(await json("/binary")).to.include({ bytes: 3, bodyBase64: "/wAB" });
    expect(await json("/large", "-o", "json.bin")).to.include({
      bytes: LARGE.length,
      file: "json.bin",
    });
  });

  it("is quiet when its reader goes away", async () => {
    const run = sandbox.spawn("get", url("/endless"), "--ca", ca);
    await new Promise((resolve) => run.child.stdout?.once("data", resolve));
    run.child.stdout?.destroy();
    const { status, stderr } = await run.ended;
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: "" });
  });

  for (const [signal, number] of [
    ["SIGINT", 2],
    ["SIGTERM", 15],
  ] as const) {
    it(`leaves no half file behind after ${signal}`, async () => {
      const run = sandbox.spawn("get", url("/endless"), "-o", "endless.bin", "--ca", ca);
      const partial = (): string[] =>
        readdirSync(sandbox.folder).filter((name) => name.startsWith("endless"));
      while (partial().length === 0) await new Promise((resolve) => setImmediate(resolve));
      run.child.kill(signal);
      expect((await run.ended).status).to.equal(128 + number);
      expect(partial()).to.deep.equal([]);
    });
  }

  it("shows a progress bar on a terminal, and only there", async function () {
    if (spawnSync("script", ["--version"]).error !== undefined) this.skip();
    const command = `'${process.execPath}' '${PQQ}' get ${url("/large")} -o bar.bin --ca '${ca}'`;
    const child = spawn("script", ["-qec", command, "/dev/null"], {
      cwd: sandbox.folder,
      env: sandbox.env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const { status, stdout } = await new Run(child).ended;
    expect(status, stdout).to.equal(0);
    expect(stdout).to.include("100%").and.include("saved 3.0 MB to bar.bin");
  });

  it("gives up after --timeout", async () => {
    const { status, stderr } = await sandbox.run(
      "get",
      url("/endless"),
      "-o",
      "x",
      "--timeout",
      "300",
      "--ca",
      ca,
    );
    expect(status).to.equal(3);
    expect(stderr).to.include("hint: allow more with --timeout");
  });

  it("exits with 3 when nobody answers", async () => {
    const unused = await Server.serve(
      {
        port: 0,
        host: "127.0.0.1",
        identity: devIdentity({ dir: sandbox.path("unused") }).identity,
      },
      handler,
    );
    const { port } = unused;
    await unused.close({ drainMs: 0 });
    const { status, stderr } = await sandbox.run(
      "get",
      `https://127.0.0.1:${String(port)}/`,
      "--timeout",
      "500",
      "--ca",
      ca,
    );
    expect(status).to.equal(3);
    expect(stderr).to.include("hint: ");
  });

  it("exits with 4 when the two ends have no group in common", async () => {
    const { identity } = devIdentity({ dir: sandbox.path("data", "velo-pqq", "dev", "balanced") });
    const groups = ["SecP384r1MLKEM1024"] as const;
    await using strict = await Server.serve({ port: 0, identity, groups }, handler);
    const { status, stderr } = await sandbox.run("get", strict.url, "--ca", ca);
    expect(status, stderr).to.equal(4);
    expect(stderr).to.match(/^pqq: .+\n/);
  });
});
