// SPDX-License-Identifier: MIT
// CONNECT with a protocol (RFC 9220): streams of bytes, datagrams (RFC 9297), and what is refused. Priorities.
import { expect } from "chai";
import { TunnelError, isPqqError, Response, type Handler, type Tunnel } from "../../lib/index.js";
import { rejection, signal, startService, type Service } from "../helpers/service.js";

const ECHO = { connectProtocols: ["echo"] };

/** Sends back what comes. */
const echo: Handler = (_request, { accept, waitUntil }) => {
  const tunnel = accept({ headers: { "x-accepted": "yes" } });
  waitUntil(tunnel.readable.pipeTo(tunnel.writable).catch(() => undefined));
  const datagrams = async (): Promise<void> => {
    for await (const datagram of tunnel.datagrams) tunnel.datagrams.send(datagram);
  };
  waitUntil(datagrams());
  return tunnel;
};

async function open(service: Service): Promise<Tunnel> {
  return await service.client.connect(service.url, { protocol: "echo" });
}

async function textOf(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe("connect", () => {
  it("bytes go both ways until each side has closed its half", async () => {
    await using service = await startService(echo, { server: ECHO });
    const tunnel = await open(service);
    expect(tunnel.protocol).to.equal("echo");
    expect(tunnel.headers.get("x-accepted")).to.equal("yes");
    const writer = tunnel.writable.getWriter();
    const text = textOf(tunnel.readable);
    await writer.write(Buffer.from("hello "));
    await writer.write(Buffer.from("world"));
    await writer.close();
    expect(await text).to.equal("hello world");
    await tunnel.closed;
    expect(service.errors).to.deep.equal([]);
  });

  it("ten megabytes come back whole, and a reader that waits stops the writer", async () => {
    await using service = await startService(echo, { server: ECHO });
    const tunnel = await open(service);
    const piece = Buffer.alloc(64 * 1024, "x");
    const pieces = 160;
    let written = 0;
    const write = async (): Promise<void> => {
      const writer = tunnel.writable.getWriter();
      for (let i = 0; i < pieces; i++) {
        await writer.ready;
        void writer.write(piece);
        written += piece.length;
      }
      await writer.close();
    };
    const writing = write();
    // Nobody reads what comes back. Windows and buffers of both directions together are far below that.
    for (let seen = -1; seen !== written;) {
      seen = written;
      for (let i = 0; i < 20; i++) await tunnel.connection.stats();
    }
    expect(written).to.be.below(pieces * piece.length);
    let received = 0;
    for await (const chunk of tunnel.readable) received += chunk.length;
    await writing;
    expect(received).to.equal(pieces * piece.length);
  });

  it("datagrams come back, and too large ones are an error with a code", async () => {
    await using service = await startService(echo, { server: ECHO });
    const { datagrams } = await open(service);
    expect(datagrams.maxBytes).to.be.above(1000);
    datagrams.send(Buffer.from("one"));
    const first = await datagrams[Symbol.asyncIterator]().next();
    expect(Buffer.from(first.value as Uint8Array).toString()).to.equal("one");
    let error: unknown;
    try {
      datagrams.send(new Uint8Array(datagrams.maxBytes + 1));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).to.have.property("code", "PQQ_ERR_DATAGRAM_TOO_LARGE");
    expect(service.client.stats().httpDatagramsReceived).to.equal(1);
  });

  it("with capsules on both sides large datagrams go on the stream", async () => {
    const headers = { "capsule-protocol": "?1" };
    await using service = await startService(
      (_request, { accept, waitUntil }) => {
        const tunnel = accept({ headers });
        expect(tunnel.datagrams.maxBytes).to.equal(65_535);
        waitUntil(
          (async () => {
            for await (const datagram of tunnel.datagrams) tunnel.datagrams.send(datagram);
          })(),
        );
        return tunnel;
      },
      { server: ECHO },
    );
    const tunnel = await service.client.connect(service.url, { protocol: "echo", headers });
    expect(tunnel.headers.get("capsule-protocol")).to.equal("?1");
    expect(tunnel.datagrams.maxBytes).to.equal(65_535);
    const incoming = tunnel.datagrams[Symbol.asyncIterator]();
    for (const bytes of [65_535, 10_000, 100, 0]) {
      const sent = Buffer.alloc(bytes, "abcdefg");
      tunnel.datagrams.send(sent);
      expect(Buffer.from((await incoming.next()).value as Uint8Array).equals(sent)).to.equal(true);
    }
    const { capsulesSent, capsulesReceived, httpDatagramsSent } = service.server.stats();
    expect([capsulesSent, capsulesReceived, httpDatagramsSent]).to.deep.equal([2, 2, 4]);
    tunnel.abort();
  });

  it("capsules that only one side speaks are bytes", async () => {
    await using service = await startService(echo, { server: ECHO });
    const headers = { "capsule-protocol": "?1" };
    const tunnel = await service.client.connect(service.url, { protocol: "echo", headers });
    expect(tunnel.datagrams.maxBytes).to.be.within(1000, 2000);
    const writer = tunnel.writable.getWriter();
    await writer.write(Uint8Array.of(0, 1, 7));
    void writer.close();
    const chunks: number[] = [];
    for await (const chunk of tunnel.readable) chunks.push(...chunk);
    expect(chunks).to.deep.equal([0, 1, 7]);
  });

  it("without datagrams on one side, none can be sent", async () => {
    await using service = await startService(echo, { server: { ...ECHO, datagrams: false } });
    const tunnel = await open(service);
    expect(tunnel.datagrams.maxBytes).to.equal(0);
    expect(() => {
      tunnel.datagrams.send(Buffer.from("x"));
    })
      .to.throw()
      .with.property("code", "PQQ_ERR_DATAGRAM_UNSUPPORTED");
  });

  it("abort reaches the other side with its code", async () => {
    const accepted = signal<Tunnel>();
    await using service = await startService(
      (_request, { accept }) => {
        const tunnel = accept();
        accepted.resolve(tunnel);
        return tunnel;
      },
      { server: ECHO },
    );
    const tunnel = await open(service);
    const peer = await accepted.promise;
    tunnel.abort(0x10f);
    const error = await rejection(peer.closed);
    expect(isPqqError(error)).to.equal(true);
    expect(error).to.have.property("wireCode", 0x10fn);
    expect(await rejection(tunnel.closed)).to.have.property("code", "PQQ_ERR_CANCELLED");
  });

  it("a writer that gives up leaves the other half as it is", async () => {
    const done = signal<unknown>();
    await using service = await startService(
      (_request, { accept, waitUntil }) => {
        const tunnel = accept();
        waitUntil(
          (async () => {
            // Not before the response has gone: RESET_STREAM takes with it what was not sent.
            const reader = tunnel.readable.getReader();
            const { value } = await reader.read();
            await tunnel.writable.abort(new Error("enough"));
            reader.releaseLock();
            done.resolve(Buffer.from(value ?? []).toString() + (await textOf(tunnel.readable)));
          })(),
        );
        return tunnel;
      },
      { server: ECHO },
    );
    const tunnel = await open(service);
    const writer = tunnel.writable.getWriter();
    await writer.write(Buffer.from("still "));
    expect(await rejection(textOf(tunnel.readable))).to.have.property("code");
    await writer.write(Buffer.from("here"));
    await writer.close();
    expect(await done.promise).to.equal("still here");
  });

  it("a protocol that is not in the list gets 501, and a handler may refuse with any status", async () => {
    await using service = await startService(
      () => new Response("no", { status: 403, headers: { "x-why": "policy" } }),
      { server: ECHO },
    );
    const unknown = await rejection(service.client.connect(service.url, { protocol: "other" }));
    expect(unknown).to.be.instanceOf(TunnelError).with.property("status", 501);
    const refused = await rejection(open(service));
    expect(refused).to.be.instanceOf(TunnelError).with.property("status", 403);
    expect((refused as TunnelError).headers.get("x-why")).to.equal("policy");
    expect((await service.client.get(service.url)).status).to.equal(403);
  });

  it("a server that takes no protocols is not asked", async () => {
    await using service = await startService(() => new Response("ok"));
    const error = await rejection(open(service));
    expect(error).to.have.property("code", "PQQ_ERR_CONNECT_UNSUPPORTED");
    expect(service.server.stats().requests).to.equal(0);
  });

  it("plain CONNECT gets 501, unless the server takes it", async () => {
    await using closed = await startService(echo, { server: ECHO });
    const refused = await rejection(closed.client.connect(closed.url));
    expect(refused).to.be.instanceOf(TunnelError).with.property("status", 501);
    await using service = await startService(echo, { server: { connectPlain: true } });
    const tunnel = await service.client.connect(service.url);
    expect(tunnel.protocol).to.equal(null);
    const writer = tunnel.writable.getWriter();
    await writer.write(Buffer.from("through"));
    await writer.close();
    expect(await textOf(tunnel.readable)).to.equal("through");
  });

  it("accept is for CONNECT alone", async () => {
    await using service = await startService((_request, { accept }) => accept());
    expect((await service.client.get(service.url)).status).to.equal(500);
    expect(service.errors[0]).to.be.instanceOf(TypeError);
  });
});

describe("priority", () => {
  it("is sent as a field, and can be changed while the content comes", async () => {
    await using service = await startService(
      (request) => new Response(request.headers.get("priority") ?? "none"),
    );
    const get = async (priority?: { urgency?: number; incremental?: boolean }): Promise<string> => {
      const response = await service.client.get(service.url, { priority });
      response.setPriority({ urgency: 1 });
      return await response.text();
    };
    expect(await get()).to.equal("none");
    expect(await get({ urgency: 0 })).to.equal("u=0");
    expect(await get({ incremental: true })).to.equal("u=3, i");
    expect(() => service.client.get(service.url, { priority: { urgency: 8 } })).to.throw(
      RangeError,
    );
  });
});
