// SPDX-License-Identifier: MIT
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Client, Response, Server, type ServerOptions } from "../../lib/index.js";
import { rejection, serverOptions, testIdentity } from "../helpers/service.js";

const CLIENTS = 8;
/** Content of a slow response, in pieces that its server sends when the test wants it. */
const PIECE = new Uint8Array(20_000).fill(0x78);
const WHOLE = "x".repeat(2 * PIECE.length);

/** Of the error that such a server fails with. */
async function codeOf(options: ServerOptions): Promise<string> {
  const error = await rejection((async () => Server.serve(options, () => new Response("")))());
  return (error as { code: string }).code;
}

describe("handoverPath", function () {
  if (process.platform !== "linux") {
    before(function () {
      this.skip();
    });
  }
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pqq-handover-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function options(more: Partial<ServerOptions> = {}): ServerOptions {
    return serverOptions({
      handoverPath: folder,
      statelessKey: new Uint8Array(32).fill(7),
      ...more,
    });
  }

  it("lets a new server take the port of an old one, and no request fails", async () => {
    const release: (() => void)[] = [];
    const answer = (name: string) => (request: { url: string }) => {
      if (!request.url.endsWith("/slow")) return new Response(name);
      async function* pieces(): AsyncGenerator<Uint8Array> {
        yield PIECE;
        await new Promise<void>((done) => release.push(done));
        yield PIECE;
      }
      return new Response(pieces(), { headers: { "x-server": name } });
    };
    const old = await Server.serve(options({ workers: 2 }), answer("old"));
    const url = `https://127.0.0.1:${String(old.port)}/`;
    const clients = Array.from(
      { length: CLIENTS },
      () => new Client({ ca: testIdentity().caPem, pingIntervalMs: 1000 }),
    );
    const ask = async (count: number): Promise<string[]> =>
      Promise.all(
        clients.flatMap((client) =>
          Array.from({ length: count }, async () => (await client.get(url)).text()),
        ),
      );

    expect(new Set(await ask(10))).to.deep.equal(new Set(["old"]));
    const slow = await Promise.all(clients.map((client) => client.get(`${url}slow`)));
    const young = await Server.serve(options({ port: old.port, workers: 3 }), answer("new"));
    expect(young.port).to.equal(old.port);
    // Whichever socket the kernel chooses, each datagram reaches the server that has its connection.
    expect(new Set(await ask(20))).to.deep.equal(new Set(["old"]));
    const closed = old.close({ drainMs: 30_000 });
    // What the old one still has under way goes on beside new connections, all of which are the new one's.
    const others = Array.from({ length: 32 }, () => new Client({ ca: testIdentity().caPem }));
    const fresh = await Promise.all(others.map(async (client) => (await client.get(url)).text()));
    expect(new Set(fresh)).to.deep.equal(new Set(["new"]));
    for (const done of release) done();
    const texts = await Promise.all(slow.map(async (response) => response.text()));
    expect(new Set(texts)).to.deep.equal(new Set([WHOLE]));
    expect(slow[0]?.headers.get("x-server")).to.equal("old");
    expect(new Set(await ask(20))).to.deep.equal(new Set(["new"]));
    await closed;
    // Whatever the kernel has spread wrongly was handed over, and nothing of it was lost.
    const [before, after] = [old.stats(), young.stats()];
    expect(before.handoverReceived + after.handoverReceived).to.be.greaterThan(0);
    expect(before.handoverDrops + after.handoverDrops).to.equal(0);
    expect(before.handoverRejected + after.handoverRejected).to.equal(0);
    await Promise.all([...clients, ...others].map(async (client) => client.close()));
    await young.close({ drainMs: 0 });
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it("is refused without a key, in a folder that is open to others, and where it is no folder", async () => {
    const refused = async (more: Partial<ServerOptions>): Promise<string> => codeOf(options(more));
    expect(await refused({ statelessKey: undefined })).to.equal("PQQ_ERR_INVALID_ARG");
    expect(await refused({ handoverPath: "x".repeat(95) })).to.equal("PQQ_ERR_INVALID_ARG");
    const open = join(folder, "open");
    mkdirSync(open);
    chmodSync(open, 0o755);
    expect(await refused({ handoverPath: open })).to.equal("PQQ_ERR_PERMISSION");
    writeFileSync(join(folder, "file"), "");
    expect(await refused({ handoverPath: join(folder, "file") })).to.equal("PQQ_ERR_PERMISSION");
  });

  it("leaves the port of a server without it alone", async () => {
    const plain = await Server.serve(
      serverOptions({ statelessKey: randomBytes(32) }),
      () => new Response(""),
    );
    expect(await codeOf(options({ port: plain.port }))).to.equal("PQQ_ERR_ADDRESS_IN_USE");
    await plain.close({ drainMs: 0 });
  });
});
