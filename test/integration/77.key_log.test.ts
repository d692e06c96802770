// SPDX-License-Identifier: MIT
// The key log opens what was on the wire: a relay records the datagrams of a handshake, and the independent key
// schedule of test/transcripts decrypts a packet of each end with each secret.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { expect } from "chai";
import { Client, ConfigError, Response, Server } from "../../lib/index.js";
import { rejection, serverOptions, testIdentity } from "../helpers/service.js";
import { fromHex } from "../transcripts/annotate/bytes.js";
import { suites } from "../transcripts/annotate/keys.js";
import { allKeys, readDatagrams } from "../transcripts/annotate/packets.js";
import type { Recording, Side } from "../transcripts/annotate/recording.js";

type Sent = Recording["datagrams"][number];

/** Passes datagrams on between one client and a server, and keeps a copy of each. */
class Relay {
  readonly sent: Sent[] = [];
  readonly #front: Socket = createSocket("udp4");
  readonly #back: Socket = createSocket("udp4");
  #client = 0;

  async start(serverPort: number): Promise<number> {
    this.#front.on("message", (data, { port }) => {
      this.#client = port;
      this.#keep("client", data);
      this.#back.send(data, serverPort, "127.0.0.1");
    });
    this.#back.on("message", (data) => {
      this.#keep("server", data);
      this.#front.send(data, this.#client, "127.0.0.1");
    });
    for (const socket of [this.#front, this.#back]) {
      socket.bind(0, "127.0.0.1");
      await once(socket, "listening");
    }
    return this.#front.address().port;
  }

  close(): void {
    this.#front.close();
    this.#back.close();
  }

  #keep(from: Side, data: Uint8Array): void {
    this.sent.push({ from, atNs: 0, ecn: 0, hex: Buffer.from(data).toString("hex") });
  }
}

describe("keyLog", () => {
  it("gets the same five secrets at both ends, and its lines are a function's own", async () => {
    const seen: Record<"server" | "client", string[]> = { server: [], client: [] };
    const warnings: string[] = [];
    const server = await Server.serve(
      { ...serverOptions(), keyLog: (line) => seen.server.push(line) },
      () => new Response("ok"),
    );
    server.on("warning", (message) => warnings.push(message));
    const client = new Client({
      ca: testIdentity().caPem,
      keyLog: (line) => seen.client.push(line),
    });
    expect((await client.get(`https://127.0.0.1:${server.port}/`)).status).to.equal(200);
    await client.close();
    await server.close({ drainMs: 0 });
    expect(seen.client).to.have.length(5);
    expect(seen.client.map((line) => line.split(" ")[0]).sort()).to.deep.equal([
      "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
      "CLIENT_TRAFFIC_SECRET_0",
      "EXPORTER_SECRET",
      "SERVER_HANDSHAKE_TRAFFIC_SECRET",
      "SERVER_TRAFFIC_SECRET_0",
    ]);
    expect([...seen.server].sort()).to.deep.equal([...seen.client].sort());
    expect(warnings).to.include("keyLog is on: whoever gets its lines can read all traffic");
  });

  it("opens every packet that was on the wire, and what is in them", async () => {
    const lines: string[] = [];
    const relay = new Relay();
    const text = "nobody should read this";
    const server = await Server.serve(serverOptions(), () => new Response(text));
    const port = await relay.start(server.port);
    const client = new Client({
      ca: testIdentity().caPem,
      quicVersions: [1],
      keyLog: (line) => lines.push(line),
    });
    const response = await client.get(`https://127.0.0.1:${port}/`);
    expect(await response.text()).to.equal(text);
    const suite = suites[response.connection.security.cipher];
    await client.close();
    await server.close({ drainMs: 0 });
    relay.close();
    if (suite === undefined) throw new Error(response.connection.security.cipher);
    const secrets = new Map(lines.map((line) => [line.split(" ")[0], line.split(" ")[2] ?? ""]));
    const recording = {
      datagrams: relay.sent,
      secret: (label: string) => fromHex(secrets.get(label) ?? ""),
    } as unknown as Recording;
    const packets = readDatagrams(recording, allKeys(recording, suite)).flatMap(
      (datagram) => datagram.packets,
    );
    for (const level of ["Initial", "Handshake", "1-RTT"] as const) {
      for (const from of ["client", "server"] as const) {
        expect(packets.some((packet) => packet.level === level && packet.from === from)).to.equal(
          true,
          `${level} ${from}`,
        );
      }
    }
    const hasText = packets.some(({ payload }) => Buffer.from(payload).includes(text));
    expect(hasText).to.equal(true);
    expect(relay.sent.some(({ hex }) => Buffer.from(hex, "hex").includes(text))).to.equal(false);
  });

  it("stays when the server's identity is renewed", async () => {
    const lines: string[] = [];
    const options = serverOptions();
    const server = await Server.serve(
      { ...options, keyLog: (line) => lines.push(line) },
      () => new Response("ok"),
    );
    server.on("warning", () => undefined);
    if (options.identity === undefined) throw new Error("no identity");
    await server.updateIdentity({ identity: options.identity });
    await using client = new Client({ ca: testIdentity().caPem });
    expect((await client.get(`https://127.0.0.1:${server.port}/`)).status).to.equal(200);
    await server.close({ drainMs: 0 });
    expect(lines).to.have.length(5);
  });

  it("of a listener that throws harms no connection", async () => {
    const errors: unknown[] = [];
    const server = await Server.serve(
      {
        ...serverOptions(),
        keyLog: () => {
          throw new Error("disk full");
        },
      },
      () => new Response("ok"),
    );
    server.on("error", (error) => errors.push(error)).on("warning", () => undefined);
    await using client = new Client({ ca: testIdentity().caPem });
    expect((await client.get(`https://127.0.0.1:${server.port}/`)).status).to.equal(200);
    await server.close({ drainMs: 0 });
    expect(errors).to.have.length(5);
  });

  it("has to be a function", async () => {
    const start = async (): Promise<unknown> =>
      Server.serve({ ...serverOptions(), keyLog: "keys.log" as never }, () => new Response(""));
    expect(await rejection(start())).to.be.instanceOf(ConfigError);
  });
});
