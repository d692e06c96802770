// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Client, Response, Server } from "../../lib/index.js";
import {
  counted,
  rejection,
  serverOptions,
  signal,
  startService,
  testIdentity,
} from "../helpers/service.js";

describe("client: connections", () => {
  it("requests after one another use one connection", async () => {
    await using service = await startService(() => new Response("ok"));
    const first = await service.client.get(service.url);
    const second = await service.client.get(service.url);
    expect(second.connection).to.equal(first.connection);
    expect(await counted(service.server, "connectionsAccepted", 1)).to.equal(1);
  });

  it("requests at the same time wait for one connection", async () => {
    await using service = await startService(() => new Response("ok"));
    await Promise.all(Array.from({ length: 20 }, () => service.client.get(service.url)));
    expect(await counted(service.server, "connectionsAccepted", 1)).to.equal(1);
  });

  it("a connection that has ended is made again", async () => {
    await using client = new Client({ ca: testIdentity().caPem });
    const first = await Server.serve(serverOptions(), () => new Response("first"));
    const { port } = first;
    const url = `https://127.0.0.1:${String(port)}/`;
    expect(await (await client.get(url)).text()).to.equal("first");
    await first.close();
    await using second = await Server.serve(serverOptions({ port }), () => new Response("second"));
    expect(await (await client.get(url)).text()).to.equal("second");
    expect(await counted(second, "connectionsAccepted", 1)).to.equal(1);
  });

  it("a connection that was idle for too long is made again, and even POST does not notice", async () => {
    await using service = await startService(() => new Response("ok"), {
      server: { idleTimeoutMs: 1000 },
    });
    const post = { method: "POST", body: "x" };
    const first = await service.client.request(service.url, post);
    expect(await first.text()).to.equal("ok");
    await counted(service.client, "connectionsClosed", 1);
    const second = await service.client.request(service.url, post);
    expect([await second.text(), second.attempts]).to.deep.equal(["ok", 1]);
    expect(second.connection).to.not.equal(first.connection);
  });

  it("requests that a closing server has not taken go to its successor", async () => {
    await using client = new Client({ ca: testIdentity().caPem });
    const arrived = signal();
    const release = signal();
    const first = await Server.serve(serverOptions(), async () => {
      arrived.resolve();
      await release.promise;
      return new Response("first");
    });
    const url = `https://127.0.0.1:${String(first.port)}/`;
    const taken = client.get(url);
    await arrived.promise;
    const closed = first.close({ drainMs: 60_000 });
    release.resolve();
    expect(await (await taken).text()).to.equal("first");
    await closed;
    await using second = await Server.serve(
      serverOptions({ port: first.port }),
      () => new Response("second"),
    );
    expect(await (await client.get(url)).text()).to.equal("second");
    expect(await counted(second, "requests", 1)).to.equal(1);
  });

  it("clients with the same options share connections through the static methods", async () => {
    await using service = await startService((request) => new Response(request.method));
    const ca = testIdentity().caPem;
    expect(await (await Client.get(service.url, { ca })).text()).to.equal("GET");
    expect(await (await Client.request(service.url, { ca, method: "PUT" })).text()).to.equal("PUT");
    expect(await (await Client.fetch(service.url, { ca: Buffer.from(ca) })).text()).to.equal("GET");
    expect(await counted(service.server, "connectionsAccepted", 1)).to.equal(1);
    await Client.get(service.url, { ca, idleTimeoutMs: 5_000 });
    expect(await counted(service.server, "connectionsAccepted", 2)).to.equal(2);
  });

  it("the static methods take everything that a request may say", async () => {
    const seen: [status: number, link: string | null][] = [];
    await using service = await startService((request, context) => {
      context.sendInterim(103, { link: "</a.css>" });
      return new Response(request.headers.get("priority"));
    });
    const response = await Client.get(service.url, {
      ca: testIdentity().caPem,
      priority: { urgency: 1 },
      onInterim: (status, headers) => seen.push([status, headers.get("link")]),
    });
    expect(await response.text()).to.equal("u=1");
    expect(seen).to.deep.equal([[103, "</a.css>"]]);
  });

  it("a failed attempt is not remembered", async () => {
    await using client = new Client({ ca: testIdentity().caPem, handshakeTimeoutMs: 150 });
    const first = await Server.serve(serverOptions(), () => new Response("ok"));
    const { port } = first;
    const url = `https://127.0.0.1:${String(port)}/`;
    await first.close();
    expect(await rejection(client.get(url))).to.have.property("code");
    await using second = await Server.serve(serverOptions({ port }), () => new Response("ok"));
    expect((await client.get(url)).status).to.equal(200);
    expect(await counted(second, "requests", 1)).to.equal(1);
  });

  it("an address that refuses does not hold up the next one of the name", async () => {
    await using service = await startService(() => new Response("ok"));
    // `localhost` may be ::1 first, where nobody listens.
    const url = `https://localhost:${String(service.server.port)}/`;
    const response = await service.client.get(url);
    expect(response.connection.remoteAddress).to.equal("127.0.0.1");
  });
});
