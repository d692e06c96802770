// SPDX-License-Identifier: MIT
import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Client } from "../../lib/index.js";
import { build, Sandbox, SITE, type Served } from "./support.js";

/** Larger than every flow-control window together, so that a reader who waits keeps the request open. */
const HUGE_BYTES = 48 * 1024 * 1024;

describe("pqq serve", () => {
  let sandbox: Sandbox;
  before(build);
  before(() => {
    sandbox = new Sandbox();
    mkdirSync(sandbox.path("www"));
    writeFileSync(sandbox.path("www", "index.html"), "<h1>hello</h1>\n");
    writeFileSync(sandbox.path("www", "huge.bin"), "");
    truncateSync(sandbox.path("www", "huge.bin"), HUGE_BYTES);
  });
  after(() => {
    sandbox.remove();
  });

  async function stop({ run }: Served): Promise<void> {
    run.child.kill("SIGTERM");
    await run.ended;
  }

  it("says first where it listens, in exactly these words", async () => {
    const served = await sandbox.serve(SITE);
    const { run, ...line } = served;
    expect(line).to.deep.equal({
      event: "listening",
      url: `https://localhost:${String(line.port)}/`,
      port: line.port,
      profile: "balanced",
      ca: sandbox.path("data", "velo-pqq", "dev", "balanced", "ca.pem"),
      pid: run.child.pid,
    });
    expect(readFileSync(line.ca ?? "", "utf8").match(/BEGIN CERTIFICATE/g)).to.have.length(2);
    await stop(served);
  });

  it("takes the limits of requests from the command line", async () => {
    const limits = ["--headers-timeout", "0", "--send-timeout", "1000", "--min-rate", "1"];
    const sizes = ["--max-header-fields", "20", "--max-target", "256"];
    const served = await sandbox.serve("www", ...limits, ...sizes);
    await using client = new Client({ caFile: served.ca ?? "" });
    const headers = Array.from({ length: 25 }, (_, i): [string, string] => [`x-${i}`, "v"]);
    const target = `${served.url}?${"a".repeat(256)}`;
    expect((await client.get(served.url)).status).to.equal(200);
    expect((await client.get(served.url, { headers })).status).to.equal(431);
    expect((await client.get(target)).status).to.equal(414);
    await stop(served);
  });

  it("serves both loopback addresses", async () => {
    const served = await sandbox.serve("www");
    await using client = new Client({ caFile: served.ca ?? "" });
    for (const host of ["127.0.0.1", "[::1]"]) {
      const response = await client.get(`https://${host}:${String(served.port)}/`);
      expect(await response.text()).to.equal("<h1>hello</h1>\n");
    }
    await stop(served);
  });

  it("reads its certificates again on SIGHUP, and keeps the old ones if the new ones are not good", async () => {
    for (const name of ["old", "new"]) {
      await sandbox.run("cert", "dev", "--name", "127.0.0.1", "--out", sandbox.path(name));
    }
    const copy = (from: string): void => {
      for (const file of ["pq-cert.pem", "pq-key.pem"]) {
        copyFileSync(sandbox.path(from, file), sandbox.path(file));
      }
    };
    copy("old");
    const served = await sandbox.serve(
      "www",
      ...["--cert", sandbox.path("pq-cert.pem"), "--key", sandbox.path("pq-key.pem")],
    );
    const url = `https://127.0.0.1:${String(served.port)}/`;
    const hangUp = async (): Promise<Record<string, unknown>> => {
      served.run.child.kill("SIGHUP");
      return JSON.parse(await served.run.nextLine()) as Record<string, unknown>;
    };
    const read = async (root: string): Promise<number> => {
      await using client = new Client({ caFile: sandbox.path(root, "ca.pem") });
      return (await client.get(url)).status;
    };
    expect(await read("old")).to.equal(200);
    copy("new");
    expect(await hangUp()).to.have.property("event", "reloaded");
    expect(await read("new")).to.equal(200);
    writeFileSync(sandbox.path("pq-key.pem"), "no key");
    expect(await hangUp()).to.include({ event: "reloadFailed", code: "PQQ_ERR_KEY_UNREADABLE" });
    expect(await read("new")).to.equal(200);
    await stop(served);
  });

  it("serves several sites, each with its own certificates", async () => {
    for (const name of ["first", "second"]) {
      const host = name === "first" ? "127.0.0.1" : "localhost";
      await sandbox.run("cert", "dev", "--name", host, "--out", sandbox.path(name));
    }
    const files = (site: string, ...names: string[]): string[] =>
      names.map((name) => sandbox.path(site, `${name}.pem`));
    const [cert = "", key = ""] = files("first", "pq-cert", "pq-key");
    const second = files("second", "pq-cert", "pq-key", "classical-cert", "classical-key");
    const served = await sandbox.serve(
      "www",
      "--cert",
      cert,
      "--key",
      key,
      "--site",
      second.join(","),
    );
    const ca = ["first", "second"].map((site) => readFileSync(sandbox.path(site, "ca.pem")));
    await using client = new Client({ ca });
    for (const [host, authentication] of [
      ["127.0.0.1", "pq"],
      ["localhost", "hybrid"],
    ] as const) {
      const response = await client.get(`https://${host}:${String(served.port)}/`);
      expect(response.connection.security.authentication).to.equal(authentication);
    }
    await stop(served);
    const { status, stderr } = await sandbox.run("serve", "--site", "one.pem");
    expect(status).to.equal(2);
    expect(stderr).to.contain("--site one.pem: expected CERT,KEY or");
  });

  it("takes the groups that it is told, in that order, and knows no others", async () => {
    const served = await sandbox.serve("www", "--groups", "SecP384r1MLKEM1024,SecP256r1MLKEM768");
    for (const group of ["SecP256r1MLKEM768", "SecP384r1MLKEM1024"]) {
      const { stdout, stderr } = await sandbox.run(
        "probe",
        served.url,
        "--groups",
        group,
        "--json",
      );
      expect(stderr).to.not.contain("error");
      expect(JSON.parse(stdout)).to.include({ group, hybrid: true });
    }
    await stop(served);
    const { status, stderr } = await sandbox.run("serve", "--groups", "P-256");
    expect(status).to.equal(2);
    expect(stderr).to.contain("SecP256r1MLKEM768");
  });

  it("serves the files of examples/site as they are", async () => {
    const served = await sandbox.serve(SITE);
    await using client = new Client({ caFile: served.ca ?? "" });
    for (const path of ["style.css", "lattice.svg", "data/field-3329.json"]) {
      const response = await client.get(served.url + path);
      expect(response.status).to.equal(200);
      expect(Buffer.from(await response.bytes()).equals(readFileSync(join(SITE, path)))).to.equal(
        true,
      );
    }
    await stop(served);
  });

  it("logs requests only with --log", async () => {
    const [quiet, logging] = [await sandbox.serve("www"), await sandbox.serve("www", "--log")];
    for (const { url, ca } of [quiet, logging]) {
      await using client = new Client({ caFile: ca ?? "" });
      await client.get(`${url}?a=%1b`);
      await client.get(`${url}absent`);
    }
    const lines = [await logging.run.nextLine(), await logging.run.nextLine()];
    const [found, absent] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(found).to.include({
      event: "request",
      method: "GET",
      path: "/?a=%1b",
      status: 200,
      bytes: 15,
    });
    expect(absent).to.include({ path: "/absent", status: 404 });
    expect(found).to.have.keys("event", "time", "remote", "method", "path", "status", "bytes");
    await Promise.all([stop(quiet), stop(logging)]);
    expect((await quiet.run.ended).stdout.split("\n")).to.have.length(2);
  });

  it("lists folders only with --listing", async () => {
    mkdirSync(sandbox.path("www", "bare"));
    writeFileSync(sandbox.path("www", "bare", "a<b.txt"), "");
    const [plain, listing] = [await sandbox.serve("www"), await sandbox.serve("www", "--listing")];
    const ca = { caFile: plain.ca ?? "" };
    await using client = new Client(ca);
    expect((await client.get(`${plain.url}bare/`)).status).to.equal(404);
    const text = await (await client.get(`${listing.url}bare/`)).text();
    expect(text).to.include('<a href="./a%3Cb.txt">a&lt;b.txt</a>');
    await Promise.all([stop(plain), stop(listing)]);
  });

  it("says which folder it cannot serve", async () => {
    const { status, stderr } = await sandbox.run("serve", "absent", "--port", "0");
    expect(status).to.not.equal(0);
    expect(stderr).to.include("absent").and.include("No such file");
  });

  it("tells people what it does", async () => {
    const run = sandbox.spawn("serve", "www", "--port", "0", "--profile", "light");
    let text = "";
    while (!text.includes("Ctrl+C")) text += `${await run.nextLine()}\n`;
    expect(text).to.match(/^Serving https:\/\/localhost:\d+\/ over HTTP\/3$/m);
    expect(text)
      .to.include(sandbox.path("www"))
      .and.include("profile    light")
      .and.include("[::1]:");
    run.child.kill("SIGINT");
    expect((await run.ended).status).to.equal(0);
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`finishes a download under way after ${signal}, and takes no new connection`, async () => {
      const { run, url, ca } = await sandbox.serve("www");
      await using client = new Client({ caFile: ca ?? "" });
      const response = await client.get(`${url}huge.bin`);
      const draining = run.stderrHas("finishing the requests under way");
      run.child.kill(signal);
      await draining;
      await using late = new Client({ caFile: ca ?? "", handshakeTimeoutMs: 500 });
      expect(await late.get(url).catch((error: unknown) => error)).to.be.instanceOf(Error);
      expect(run.child.exitCode).to.equal(null);
      let bytes = 0;
      for await (const chunk of response.body ?? []) bytes += chunk.length;
      expect(bytes).to.equal(HUGE_BYTES);
      expect((await run.ended).status).to.equal(0);
    });
  }

  it("stops at once after a second signal", async () => {
    const { run, url, ca } = await sandbox.serve("www");
    await using client = new Client({ caFile: ca ?? "" });
    await client.get(`${url}huge.bin`);
    const draining = run.stderrHas("finishing the requests under way");
    run.child.kill("SIGTERM");
    await draining;
    run.child.kill("SIGTERM");
    expect((await run.ended).status).to.equal(128 + 15);
  });

  it("says which port is in use", async () => {
    const served = await sandbox.serve("www");
    const { status, stderr } = await sandbox.run("serve", "www", "--port", String(served.port));
    expect(status).to.equal(3);
    expect(stderr)
      .to.include("in use")
      .and.include(String(served.port))
      .and.include("hint: choose another port");
    await stop(served);
  });

  it("makes its certificate for the address that it is told", async () => {
    const served = await sandbox.serve("www", "--host", "127.0.0.2");
    expect(served.url).to.match(/^https:\/\/(?:localhost|127\.0\.0\.2):/);
    await using client = new Client({ caFile: served.ca ?? "" });
    const response = await client.get(`https://127.0.0.2:${String(served.port)}/`);
    expect(response.status).to.equal(200);
    await stop(served);
  });
});
