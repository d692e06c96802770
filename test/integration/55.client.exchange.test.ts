// SPDX-License-Identifier: MIT
// Addresses, repetitions, uploads and content codings over the network.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { Client, ConnectError, Response, Server, type Handler } from "../../lib/index.js";
import { loadNative } from "../../lib/internal/load.js";
import {
  counted,
  rejection,
  serverOptions,
  signal,
  startService,
  testIdentity,
} from "../helpers/service.js";

const ca = (): string => testIdentity().caPem;

describe("client: addresses", () => {
  it("a silent address is overtaken by the next, and leaves no connection behind", async () => {
    await using service = await startService(() => new Response("ok"));
    const hole = createSocket("udp4").bind(service.server.port, "127.0.0.2");
    await once(hole, "listening");
    const arrived = once(hole, "message");
    await using client = new Client({
      ca: ca(),
      connectionAttemptDelayMs: 20,
      resolve: { [`localhost:${String(service.server.port)}`]: ["127.0.0.2", "127.0.0.1"] },
    });
    const response = await client.get(`https://localhost:${String(service.server.port)}/`);
    expect(response.connection.remoteAddress).to.equal("127.0.0.1");
    expect(await response.text()).to.equal("ok");
    await arrived;
    expect(client.stats().pool).to.include({ connections: 1, connecting: 0 });
    expect(await counted(client, "handshakesFailed", 1)).to.equal(1);
    hole.close();
  });

  it("`lookup` resolves, once for each family", async () => {
    await using service = await startService(() => new Response("ok"));
    const asked: [string, number][] = [];
    await using client = new Client({
      ca: ca(),
      lookup: (hostname, { family }, callback) => {
        asked.push([hostname, family]);
        callback(null, family === 4 ? "127.0.0.1" : []);
      },
    });
    const url = `https://localhost:${String(service.server.port)}/`;
    expect((await client.get(url)).connection.remoteAddress).to.equal("127.0.0.1");
    expect(asked).to.deep.equal([
      ["localhost", 6],
      ["localhost", 4],
    ]);
  });

  it("another address does not make up for a server that is refused", async () => {
    await using impostor = await startService(() => new Response("impostor"), {
      server: { host: "127.0.0.2", identity: foreignIdentity() },
    });
    const { port } = impostor.server;
    await using server = await Server.serve(serverOptions({ port }), () => new Response("ok"));
    const resolve = { [`localhost:${String(port)}`]: ["127.0.0.2", "127.0.0.1"] };
    await using client = new Client({ ca: ca(), resolve });
    const error = await rejection(client.get(`https://localhost:${String(port)}/`));
    expect(error).to.have.property("code", "PQQ_ERR_CERT_UNTRUSTED");
    expect(server.stats().requests).to.equal(0);
  });

  it("every address that failed is named", async () => {
    await using client = new Client({
      ca: ca(),
      handshakeTimeoutMs: 100,
      resolve: { "localhost:9": ["127.0.0.1", "127.0.0.2"] },
    });
    const error = await rejection(client.get("https://localhost:9/"));
    expect(error).to.be.instanceOf(ConnectError);
    const { attempts } = error as ConnectError;
    expect(attempts.map(({ address, port }) => `${address} ${String(port)}`).sort()).to.deep.equal([
      "127.0.0.1 9",
      "127.0.0.2 9",
    ]);
  });

  it("`localAddress` is where requests come from", async () => {
    await using service = await startService(() => new Response("ok"), {
      client: { localAddress: "127.0.0.3" },
    });
    const { connection } = await service.client.get(service.url);
    expect(connection.localAddress).to.equal("127.0.0.3");
  });

  it("`family` leaves the other one out", async () => {
    await using service = await startService(() => new Response("ok"), { client: { family: 6 } });
    expect(await rejection(service.client.get(service.url))).to.have.property(
      "code",
      "PQQ_ERR_RESOLVE",
    );
  });
});

/** Good for the same names, under roots that nobody trusts. */
function foreignIdentity(): { cert: string; key: string } {
  const made = loadNative().devIdentity(2, ["localhost"], 2);
  return { cert: made.pqCertPem, key: made.pqKeyPem };
}

describe("client: repetitions", () => {
  it("GET is sent again when its connection is lost, POST is not", async () => {
    let isFirst = true;
    const handler: Handler = () => {
      if (!isFirst) return new Response("ok");
      isFirst = false;
      return new Promise(() => undefined);
    };
    for (const method of ["GET", "POST"]) {
      isFirst = true;
      const first = await Server.serve(serverOptions(), handler);
      const { port } = first;
      await using client = new Client({ ca: ca() });
      const answer = client.request(`https://127.0.0.1:${String(port)}/`, { method });
      answer.catch(() => undefined);
      await counted(first, "requests", 1);
      const closed = first.close({ drainMs: 0 });
      await closed;
      await using second = await Server.serve(serverOptions({ port }), handler);
      if (method === "GET") {
        const response = await answer;
        expect([await response.text(), response.attempts]).to.deep.equal(["ok", 2]);
        expect(client.stats().pool.retries).to.equal(1);
      } else {
        expect(await rejection(answer)).to.have.property("code");
        expect(second.stats().requests).to.equal(0);
      }
    }
  });

  it("an address where nobody listens is a try, but has not been sent to", async () => {
    const first = await Server.serve(serverOptions(), () => new Promise(() => undefined));
    const { port } = first;
    let second: Server | undefined;
    let questions = 0;
    await using client = new Client({
      ca: ca(),
      family: 4,
      lookup: (_hostname, _options, callback) => {
        questions += 1;
        if (questions !== 3) {
          callback(null, questions === 1 ? "127.0.0.1" : "127.0.0.3");
          return;
        }
        void Server.serve(serverOptions({ port }), () => new Response("ok")).then((server) => {
          second = server;
          callback(null, "127.0.0.1");
        });
      },
    });
    const answer = client.get(`https://localhost:${String(port)}/`);
    answer.catch(() => undefined);
    await counted(first, "requests", 1);
    await first.close({ drainMs: 0 });
    try {
      const response = await answer;
      expect([await response.text(), response.attempts, questions]).to.deep.equal(["ok", 2, 3]);
      expect(client.stats().pool.retries).to.equal(1);
    } finally {
      await second?.close({ drainMs: 0 });
    }
  });

  it("retries: 0 sends nothing again", async () => {
    await using client = new Client({ ca: ca(), retries: 0 });
    const first = await Server.serve(serverOptions(), () => new Promise(() => undefined));
    const answer = rejection(client.get(`https://127.0.0.1:${String(first.port)}/`));
    await counted(first, "requests", 1);
    await first.close({ drainMs: 0 });
    expect(await answer).to.have.property("code", "PQQ_ERR_CONNECTION_CLOSED");
    expect(client.stats().pool.retries).to.equal(0);
  });

  it("retry-after is followed if that is wanted, and only then", async () => {
    let requests = 0;
    const handler: Handler = () =>
      ++requests % 2 === 1
        ? new Response("busy", { status: 503, headers: { "retry-after": "0" } })
        : new Response("ok");
    await using service = await startService(handler, { client: { retryAfter: true } });
    const response = await service.client.get(service.url);
    expect([response.status, response.attempts]).to.deep.equal([200, 2]);
    const post = await service.client.request(service.url, { method: "POST" });
    expect([post.status, post.attempts]).to.deep.equal([503, 1]);
    await using plain = new Client({ ca: ca() });
    requests = 0;
    expect((await plain.get(service.url)).status).to.equal(503);
  });
});

describe("client: content of requests", () => {
  const echo: Handler = async (request) =>
    Response.json({
      type: request.headers.get("content-type"),
      length: request.headers.get("content-length"),
      text: await request.text(),
    });

  it("each kind has its type and length", async () => {
    await using service = await startService(echo);
    const send = async (body: unknown): Promise<unknown> =>
      (await service.client.request(service.url, { method: "PUT", body: body as string })).json();
    expect(await send(new URLSearchParams({ a: "b c" }))).to.deep.equal({
      type: "application/x-www-form-urlencoded;charset=UTF-8",
      length: "5",
      text: "a=b+c",
    });
    expect(await send(new Blob(["blob"], { type: "text/x" }))).to.deep.equal({
      type: "text/x",
      length: "4",
      text: "blob",
    });
    expect(await send(new Uint16Array([0x6161, 0x6262]))).to.deep.equal({
      type: null,
      length: "4",
      text: "aabb",
    });
    const large = "x".repeat(300_000);
    expect(await send(large)).to.include({ length: "300000", text: large });
    const form = new FormData();
    form.set("field", "value");
    form.set("file", new Blob(["content"]), "name.txt");
    const sent = (await send(form)) as { type: string; text: string };
    expect(sent.type).to.match(/^multipart\/form-data; boundary=/);
    expect(sent.text).to.include("value").and.include('filename="name.txt"').and.include("content");
  });

  it("content that is not as long as announced fails, either way", async () => {
    await using service = await startService(echo);
    service.server.on("error", () => undefined);
    async function* body(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.from("12345"));
    }
    for (const length of ["4", "6"]) {
      const headers = { "content-length": length };
      const request = service.client.request(service.url, { method: "PUT", headers, body: body() });
      expect(await rejection(request), length).to.have.property("code", "PQQ_ERR_CONTENT_LENGTH");
    }
    const headers = { "content-length": "5" };
    const response = await service.client.request(service.url, {
      method: "PUT",
      headers,
      body: body(),
    });
    expect(await response.json()).to.include({ text: "12345", length: "5" });
  });

  it("an early answer ends the upload, and arrives whole", async () => {
    const ended = signal();
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield await Promise.resolve(Buffer.alloc(16_384));
      } finally {
        ended.resolve();
      }
    }
    const answer = "no, thank you. ".repeat(10_000);
    await using service = await startService(() => new Response(answer, { status: 413 }));
    const request = { method: "PUT", body: endless() };
    const response = await service.client.request(service.url, request);
    expect([response.status, await response.text()]).to.deep.equal([413, answer]);
    await ended.promise;
    expect((await service.client.get(service.url)).status).to.equal(413);
    expect(await counted(service.server, "connectionsAccepted", 1)).to.equal(1);
  });

  it("a large upload is read at the pace of the network: little of it is in memory", async () => {
    const CHUNK = 64 * 1024;
    const CHUNKS = 4096;
    let given = 0;
    let taken = 0;
    let most = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      const chunk = Buffer.alloc(CHUNK);
      for (; given < CHUNKS; given++) {
        most = Math.max(most, given * CHUNK - taken);
        yield await Promise.resolve(chunk);
      }
    }
    await using service = await startService(async (request) => {
      for await (const chunk of request.body!) taken += chunk.length;
      return new Response(String(taken));
    });
    const response = await service.client.request(service.url, { method: "PUT", body: source() });
    expect(await response.text()).to.equal(String(CHUNK * CHUNKS));
    // The window of the sender, that of the stream, and what lies in rings between the two.
    expect(most).to.be.below(16 * 1024 * 1024);
  }).timeout(60_000);
});

describe("client: content codings", () => {
  const text = "again and again ".repeat(5000);

  it("are asked for and undone; `decompress: false` gives what came", async () => {
    await using service = await startService((request) => {
      const isWanted = request.headers.get("accept-encoding")?.includes("gzip") === true;
      const headers = isWanted ? { "content-encoding": "gzip" } : {};
      return new Response(isWanted ? gzipSync(text) : text, { headers });
    });
    const response = await service.client.get(service.url);
    expect(response.headers.get("content-encoding")).to.equal("gzip");
    expect(await response.text()).to.equal(text);
    const plain = await service.client.get(service.url, { decompress: false });
    expect(plain.headers.has("content-encoding")).to.equal(false);
    const raw = await service.client.get(service.url, {
      decompress: false,
      headers: { "accept-encoding": "gzip" },
    });
    expect(Buffer.from(await raw.bytes())).to.deep.equal(gzipSync(text));
  });

  it("content that is cut off is an error, and HEAD has none", async () => {
    const cut = gzipSync(text).subarray(0, -20);
    await using service = await startService(
      () => new Response(cut, { headers: { "content-encoding": "gzip" } }),
    );
    const response = await service.client.get(service.url);
    expect(await rejection(response.text())).to.have.property("code", "PQQ_ERR_CONTENT_CODING");
    const head = await service.client.request(service.url, { method: "HEAD" });
    expect(await head.text()).to.equal("");
  });

  it("a reader that stops stops the server", async () => {
    const ended = signal();
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        const block = gzipSync(Buffer.alloc(100_000, "abc"));
        for (;;) yield await Promise.resolve(block);
      } finally {
        ended.resolve();
      }
    }
    await using service = await startService(
      () => new Response(endless(), { headers: { "content-encoding": "gzip" } }),
    );
    const response = await service.client.get(service.url);
    const reader = response.body!.getReader();
    expect((await reader.read()).value!.length).to.be.above(0);
    await reader.cancel();
    await ended.promise;
  });
});
