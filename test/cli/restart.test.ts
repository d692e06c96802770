// SPDX-License-Identifier: MIT
// Two processes of one server, one after the other or beside each other.
import { chmodSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { Client } from "../../lib/index.js";
import { build, Sandbox } from "./support.js";

/** Larger than every flow-control window together, so that a reader who waits keeps the request open. */
const HUGE_BYTES = 32 * 1024 * 1024;
const CLIENTS = 10;
const REQUESTS = 20;

describe("pqq serve, restarted", () => {
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

  it("loses no request when a new process takes the port over", async function () {
    if (process.platform !== "linux") this.skip();
    const shared = ["--stateless-key", "handover.key", "--handover", "handover"];
    const old = await sandbox.serveAt(0, "www", ...shared);
    const trust = { caFile: old.ca ?? "" };
    const clients = Array.from({ length: CLIENTS }, () => new Client(trust));
    const ask = async (): Promise<void> => {
      const responses = clients.flatMap((client) =>
        Array.from({ length: REQUESTS }, async () => (await client.get(old.url)).text()),
      );
      expect(new Set(await Promise.all(responses))).to.deep.equal(new Set(["<h1>hello</h1>\n"]));
    };
    await ask();
    const downloads = await Promise.all(
      clients.slice(0, 2).map((client) => client.get(`${old.url}huge.bin`)),
    );
    const young = await sandbox.serveAt(old.port, "www", ...shared);
    expect(young.port).to.equal(old.port);
    await ask();
    const draining = old.run.stderrHas("finishing the requests under way");
    old.run.child.kill("SIGTERM");
    await draining;
    await ask();
    for (const response of downloads) {
      let bytes = 0;
      for await (const chunk of response.body ?? []) bytes += chunk.length;
      expect(bytes).to.equal(HUGE_BYTES);
    }
    expect((await old.run.ended).status).to.equal(0);
    await ask();
    await Promise.all(clients.map(async (client) => client.close()));
    young.run.child.kill("SIGTERM");
    expect((await young.run.ended).status).to.equal(0);
  });

  it("tells the clients of a process that was killed, with the key that it leaves", async () => {
    const killed = await sandbox.serveAt(0, "www", "--stateless-key", "reset.key");
    expect(readFileSync(sandbox.path("reset.key"))).to.have.length(32);
    expect(statSync(sandbox.path("reset.key")).mode & 0o777).to.equal(0o600);
    await using client = new Client({ caFile: killed.ca ?? "" });
    const response = await client.get(`${killed.url}huge.bin`);
    killed.run.child.kill("SIGKILL");
    await killed.run.ended;
    const next = await sandbox.serveAt(killed.port, "www", "--stateless-key", "reset.key");
    const error = await response.bytes().catch((reason: unknown) => reason);
    expect((error as { code: string }).code).to.equal("PQQ_ERR_STATELESS_RESET");
    next.run.child.kill("SIGTERM");
    await next.run.ended;
  });

  it("refuses a key that others may read, one of another size, and a hand-over without a key", async () => {
    writeFileSync(sandbox.path("open.key"), new Uint8Array(32).fill(1));
    chmodSync(sandbox.path("open.key"), 0o644);
    writeFileSync(sandbox.path("short.key"), "short", { mode: 0o600 });
    const wrong: [string[], string][] = [
      [["--stateless-key", "open.key"], "may be read by others (mode 644)"],
      [["--stateless-key", "short.key"], "has 5 bytes, not 32"],
      [["--handover", "handover"], "--handover needs --stateless-key"],
    ];
    for (const [args, text] of wrong) {
      const { status, stderr } = await sandbox.run("serve", "www", "--port", "0", ...args);
      expect(status).to.equal(2);
      expect(stderr).to.include(text).and.include("hint: ");
    }
  });
});
