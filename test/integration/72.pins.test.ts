// SPDX-License-Identifier: MIT
// Pins: a server that has proven both identities is believed with nothing less for as long as it has asked for.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Client, PinStore, Response, Server, type ServerOptions } from "../../lib/index.js";
import {
  counted,
  handshakeFailure,
  rejection,
  serverOptions,
  testIdentity,
} from "../helpers/service.js";

const DAY_S = 86_400;
const ca = testIdentity().caPem;

function start(options: Partial<ServerOptions> = {}): Promise<Server> {
  return Server.serve(serverOptions({ pinLifetimeS: DAY_S, ...options }), () => new Response("ok"));
}

function originOf(server: Server): string {
  return `https://127.0.0.1:${server.port}`;
}

/** The server's successor on its port, which does without velocity/1. */
async function downgraded(server: Server): Promise<Server> {
  const { port } = server;
  await server.close({ drainMs: 0 });
  return start({ port, velocity: false, pinLifetimeS: 0 });
}

describe("pins", () => {
  // spec: FS-24, FS-25
  it("are kept for as long as the server asks", async () => {
    await using server = await start();
    const pins = new PinStore();
    await using client = new Client({ ca, pins });
    const before = Date.now();
    const { security } = (await client.get(originOf(server))).connection;
    expect(security.pinLifetimeS).to.equal(DAY_S);
    const pin = pins.get(originOf(server));
    expect(pin?.expires.getTime()).to.be.within(before + DAY_S * 1000, Date.now() + DAY_S * 1000);
  });

  for (const require of [undefined, "any", "pq"] as const) {
    // spec: FS-27, OV-18, OV-20, SC-2
    it(`refuse the same origin with less, though the request requires ${require ?? "nothing"}`, async () => {
      const server = await start();
      await using client = new Client({ ca });
      const url = originOf(server);
      await client.get(url);
      await using successor = await downgraded(server);
      const error = await handshakeFailure(client.get(url, { require }));
      expect(error.required).to.include({ authentication: "hybrid" });
      expect(error.required?.pinnedUntil).to.be.instanceOf(Date);
      expect(error.message).to.include(`${url} is pinned to hybrid authentication until 2`);
      expect(successor.stats().requests).to.equal(0);
    });
  }

  it("are not minded with pins: false", async () => {
    const server = await start();
    await using client = new Client({ ca, pins: false });
    const url = originOf(server);
    await client.get(url);
    await using successor = await downgraded(server);
    expect((await client.get(url)).connection.security.alpn).to.equal("h3");
    expect(await counted(successor, "requests", 1)).to.equal(1);
  });

  // spec: FS-26
  it("end when a server that has proven itself asks for none", async () => {
    const server = await start();
    const pins = new PinStore();
    await using client = new Client({ ca, pins });
    const url = originOf(server);
    await client.get(url);
    const { port } = server;
    await server.close({ drainMs: 0 });
    const second = await start({ port, pinLifetimeS: 0 });
    await client.get(url);
    expect(pins.list()).to.deep.equal([]);
    await using third = await downgraded(second);
    expect((await client.get(url)).connection.security.alpn).to.equal("h3");
    expect(await counted(third, "requests", 1)).to.equal(1);
  });

  // spec: FS-24, FS-28
  it("cannot be asked for over h3", async () => {
    await using server = await start();
    const pins = new PinStore();
    await using client = new Client({ ca, pins, profile: "light" });
    const { security } = (await client.get(originOf(server))).connection;
    expect(security).to.deep.include({ alpn: "h3", pinLifetimeS: 0 });
    expect(security.downgrade).to.include({ reason: "client_profile_unsupported" });
    expect(pins.list()).to.deep.equal([]);
  });

  // spec: FS-24
  it("are of a port and not of its neighbour", async () => {
    await using pinned = await start();
    await using other = await start({ velocity: false, pinLifetimeS: 0 });
    await using client = new Client({ ca });
    await client.get(originOf(pinned));
    expect((await client.get(originOf(other))).connection.security.alpn).to.equal("h3");
  });

  it("that appear while a connection is open are minded by its next request", async () => {
    await using server = await start({ velocity: false, pinLifetimeS: 0 });
    const pins = new PinStore();
    await using client = new Client({ ca, pins });
    const url = originOf(server);
    await client.get(url);
    await pins.set(url, DAY_S);
    await handshakeFailure(client.get(url));
    await pins.forget(url);
    expect((await client.get(url)).status).to.equal(200);
  });

  describe("in a file", () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "pqq-pins-"));
    });
    afterEach(() => {
      rmSync(folder, { recursive: true, force: true });
    });

    it("outlive their client, and others mind them", async () => {
      const server = await start();
      const file = join(folder, "pins.json");
      const url = originOf(server);
      const first = new Client({ ca, pins: file });
      await first.get(url);
      await first.close();
      await using successor = await downgraded(server);
      await using second = new Client({ ca, pins: file });
      expect(await rejection(second.get(url))).to.have.property("required");
      expect(successor.stats().requests).to.equal(0);
    });

    it("that is damaged fail requests before anything is sent", async () => {
      await using server = await start();
      const file = join(folder, "pins.json");
      writeFileSync(file, "{");
      await using client = new Client({ ca, pins: file });
      expect(await rejection(client.get(originOf(server)))).to.include({
        name: "ConfigError",
        code: "PQQ_ERR_PIN_STORE",
        path: "pins",
      });
      expect(client.stats().connectionsOpened).to.equal(0);
      expect(readFileSync(file, "utf8")).to.equal("{");
    });
  });
});
