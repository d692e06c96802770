// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Response } from "../../lib/index.js";
import { rejection, startService } from "../helpers/service.js";

describe("request: basics", () => {
  it("a GET gets status, fields and text", async () => {
    await using service = await startService(
      (request) => new Response(`you asked for ${new URL(request.url).pathname}`, { status: 203 }),
    );
    const response = await service.client.get(`${service.url}a/b?c=d`);
    expect(response.status).to.equal(203);
    expect(response.ok).to.equal(true);
    expect(response.headers.get("content-type")).to.equal("text/plain;charset=UTF-8");
    expect(response.headers.get("content-length")).to.equal("18");
    expect(Date.parse(response.headers.get("date") ?? "")).to.be.a("number").and.not.NaN;
    expect(response.url).to.equal(`${service.url}a/b?c=d`);
    expect(await response.text()).to.equal("you asked for /a/b");
  });

  it("the handler sees method, URL, fields and content", async () => {
    await using service = await startService(async (request) =>
      Response.json({
        method: request.method,
        url: request.url,
        token: request.headers.get("x-token"),
        type: request.headers.get("content-type"),
        length: request.headers.get("content-length"),
        text: await request.text(),
      }),
    );
    const response = await service.client.request(`${service.url}p?q=1`, {
      method: "put",
      headers: { "X-Token": "t", host: "elsewhere" },
      body: "grüße",
    });
    expect(await response.json()).to.deep.equal({
      method: "PUT",
      url: `${service.url}p?q=1`,
      token: "t",
      type: "text/plain;charset=UTF-8",
      length: "7",
      text: "grüße",
    });
  });

  it("both ends know the same facts of the connection", async () => {
    await using service = await startService((_request, { connection }) =>
      Response.json({ ...connection.security, remotePort: connection.remotePort }),
    );
    const response = await service.client.get(service.url);
    const { security, remotePort, localPort, handshake, quicVersion } = response.connection;
    const seen = (await response.json()) as typeof security & { remotePort: number };
    expect(security.group).to.equal("X25519MLKEM768");
    expect(security.signature).to.equal("ML-DSA-65");
    expect(security.hybrid).to.equal(true);
    expect(security.authentication).to.equal("hybrid");
    expect(security.alpn).to.equal("velocity/1");
    expect(security.certificates[0]?.chain[0]?.signedWith).to.equal("ML-DSA-65");
    expect(seen.certificates).to.deep.equal(security.certificates);
    expect(seen.cipher).to.equal(security.cipher);
    expect(seen.remotePort).to.equal(localPort);
    expect(remotePort).to.equal(service.server.port);
    expect(quicVersion).to.equal(1);
    expect(handshake.roundTrips).to.be.at.least(1);
    expect(handshake.datagramsReceived).to.be.greaterThan(3);
    expect((await response.connection.stats())?.bytesReceived).to.be.greaterThan(5_000);
  });

  it("HEAD gets the fields of GET without the content", async () => {
    await using service = await startService(() => new Response("twelve bytes"));
    const response = await service.client.request(service.url, { method: "HEAD" });
    expect(response.headers.get("content-length")).to.equal("12");
    expect(response.body).to.equal(null);
    expect(await response.text()).to.equal("");
  });

  it("HEAD ends the source of the content", async () => {
    let isReturned = false;
    await using service = await startService(() => {
      const chunks = {
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.resolve({ done: false as const, value: new Uint8Array(1) }),
          return: () => {
            isReturned = true;
            return Promise.resolve({ done: true as const, value: undefined });
          },
        }),
      };
      return new Response(chunks);
    });
    await service.client.request(service.url, { method: "HEAD" });
    expect(isReturned).to.equal(true);
  });

  for (const status of [204, 205, 304]) {
    it(`${String(status)} has no content`, async () => {
      await using service = await startService(() => new Response(null, { status }));
      const response = await service.client.get(service.url);
      expect(response.status).to.equal(status);
      expect(response.body).to.equal(null);
    });
  }

  it("an error status resolves", async () => {
    await using service = await startService(() => new Response("no\n", { status: 503 }));
    const response = await service.client.get(service.url);
    expect(response.status).to.equal(503);
    expect(response.ok).to.equal(false);
  });

  it("a global Response is sent like ours", async () => {
    await using service = await startService(
      () => new globalThis.Response("from fetch", { status: 201, headers: { "x-a": "b" } }),
    );
    const response = await service.client.get(service.url);
    expect([response.status, response.headers.get("x-a"), await response.text()]).to.deep.equal([
      201,
      "b",
      "from fetch",
    ]);
  });

  it("fetch takes a global Request", async () => {
    await using service = await startService(
      async (request) => new Response(`${request.method} ${await request.text()}`),
    );
    const request = new Request(service.url, { method: "POST", body: "content" });
    expect(await (await service.client.fetch(request)).text()).to.equal("POST content");
  });

  it("a body is read once", async () => {
    await using service = await startService(() => new Response("once"));
    const response = await service.client.get(service.url);
    expect(response.bodyUsed).to.equal(false);
    await response.text();
    expect(response.bodyUsed).to.equal(true);
    expect(await rejection(response.text())).to.be.instanceOf(TypeError);
  });
});
