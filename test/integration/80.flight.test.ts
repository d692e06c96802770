// SPDX-License-Identifier: MIT
// The flight budget as programs see it: repeats of the first flight, compression, the warning of a server.
import { once } from "node:events";
import { expect } from "chai";
import {
  Client,
  Response,
  Server,
  predictFlightOf,
  type Connection,
  type ServerOptions,
} from "../../lib/index.js";
import { serverOptions, startService, testIdentity } from "../helpers/service.js";

const ok = (): Response => new Response("ok");

/** A server whose chain has its root in it: a usual mistake that costs 5 kB. */
function withRoot(): Partial<ServerOptions> {
  const { pqCertPem, pqKeyPem, caPem } = testIdentity();
  const root = caPem.slice(0, caPem.indexOf("-----END CERTIFICATE-----") + 26);
  return { identity: { cert: `${pqCertPem.trimEnd()}\n${root}`, key: pqKeyPem } };
}

/** Connects, with a server of its own that is closed behind it, always on the same port. */
async function visit(client: Client, port: number): Promise<{ port: number; seen: Connection }> {
  const server = await Server.serve(serverOptions({ port, velocity: false }), ok);
  const { connection } = await client.get(`https://127.0.0.1:${server.port}/`);
  const visited = { port: server.port, seen: connection };
  await server.close({ drainMs: 0 });
  return visited;
}

describe("flight budget", () => {
  it("a client of velocity/1 repeats its first flight and has all verified in one round trip", async () => {
    await using service = await startService(ok);
    const { connection } = await service.client.get(service.url);
    expect(connection.security.alpn).to.equal("velocity/1");
    expect(connection.handshake).to.include({ firstFlightRepeats: 2, roundTrips: 1 });
    expect(service.client.stats().firstFlightRepeats).to.equal(2);
  });

  it("a client that is told not to does not, and takes two", async () => {
    await using service = await startService(ok, { client: { firstFlightRepeat: false } });
    const { handshake } = (await service.client.get(service.url)).connection;
    expect(handshake).to.include({ firstFlightRepeats: 0, roundTrips: 2 });
  });

  it("a client remembers the flight of an h3 origin, and repeats from the second connection on", async () => {
    await using client = new Client({ ca: testIdentity().caPem, velocity: false });
    const first = await visit(client, 0);
    const second = await visit(client, first.port);
    expect(first.seen.handshake).to.include({ firstFlightRepeats: 0, tlsRoundTrips: 2 });
    expect(second.seen.handshake).to.include({ firstFlightRepeats: 2, tlsRoundTrips: 1 });
  });

  it("expectedFlightBytes makes the first connection do so too", async () => {
    const options = { velocity: false, expectedFlightBytes: 11_000 };
    await using service = await startService(ok, { client: options });
    const { handshake } = (await service.client.get(service.url)).connection;
    expect(handshake).to.include({ firstFlightRepeats: 2, tlsRoundTrips: 1 });
  });

  it("certificates come compressed where that is smaller, unless one end does not want it", async () => {
    for (const [server, client] of [
      [true, true],
      [false, true],
      [true, false],
    ] as const) {
      await using service = await startService(ok, {
        server: { certificateCompression: server },
        client: { certificateCompression: client },
      });
      const { handshake } = (await service.client.get(service.url)).connection;
      expect(handshake.certificateCompression !== null).to.equal(server && client);
      expect(handshake.certificateWireBytes).to.be.at.most(handshake.certificateBytes);
    }
  });

  it("a server and its client count the same flight", async () => {
    await using service = await startService(ok);
    const { connection } = await service.client.get(service.url);
    expect(predictFlightOf(connection)).to.deep.equal(service.server.flight());
  });

  it("a server whose chain costs a round trip says what would save it", async () => {
    const server = await Server.serve(serverOptions(withRoot()), ok);
    const [message] = (await once(server, "warning")) as [string];
    expect(message).to.match(/take 2 round trips.*would save 5,?\d{3} bytes/);
    expect(server.flight().advice?.kind).to.equal("root-direct");
    await server.close();
  });

  it("a server whose leaves are directly under their roots says nothing", async () => {
    await using service = await startService(ok);
    const warnings: string[] = [];
    service.server.on("warning", (message) => warnings.push(message));
    await service.client.get(service.url);
    expect(warnings).to.deep.equal([]);
  });
});
