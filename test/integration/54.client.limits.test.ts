// SPDX-License-Identifier: MIT
// The pool: how many connections, how many requests on each, who waits, and what is left when all is done.
import { expect } from "chai";
import { Client, Response, Server, type Handler } from "../../lib/index.js";
import {
  counted,
  rejection,
  serverOptions,
  signal,
  startService,
  testIdentity,
} from "../helpers/service.js";

/** Answers when it is told to. */
function gate(): { handler: Handler; arrived: () => number; open: () => void } {
  const opened = signal();
  let count = 0;
  return {
    handler: async () => {
      count += 1;
      await opened.promise;
      return new Response("ok");
    },
    arrived: () => count,
    open: opened.resolve,
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

describe("client: limits of connections and requests", () => {
  it("a full connection makes the next one, up to maxConnectionsPerOrigin; then requests wait", async () => {
    const { handler, arrived, open } = gate();
    await using service = await startService(handler, {
      client: { maxConcurrentRequests: 3, maxConnectionsPerOrigin: 2 },
    });
    const responses = times(10, () => service.client.get(service.url));
    await until(() => arrived() === 6);
    expect(service.client.stats().pool).to.include({
      origins: 1,
      connections: 2,
      connecting: 0,
      running: 6,
      queued: 4,
    });
    open();
    const bodies = await Promise.all(responses.map(async (response) => (await response).text()));
    expect(bodies).to.have.length(10);
    expect(await counted(service.server, "connectionsAccepted", 2)).to.equal(2);
    await until(() => service.client.stats().pool.running === 0);
    expect(service.client.stats().pool).to.include({ queued: 0, connections: 2 });
  });

  it("what the server takes at once counts too", async () => {
    const { handler, arrived, open } = gate();
    await using service = await startService(handler, {
      server: { maxConcurrentRequests: 2 },
      client: { maxConnectionsPerOrigin: 2 },
    });
    const responses = times(6, () => service.client.get(service.url));
    await until(() => arrived() === 4);
    expect(service.client.stats().pool).to.include({ connections: 2, running: 4, queued: 2 });
    open();
    for (const response of await Promise.all(responses)) await response.text();
  });

  it("a second connection is not made while the first has room", async () => {
    await using service = await startService(() => new Response("ok"), {
      client: { maxConnectionsPerOrigin: 8 },
    });
    await Promise.all(times(50, async () => (await service.client.get(service.url)).text()));
    expect(await counted(service.server, "connectionsAccepted", 1)).to.equal(1);
  });

  it("maxRequestsPerConnection replaces a connection that has served its number", async () => {
    await using service = await startService(() => new Response("ok"), {
      client: { maxRequestsPerConnection: 2 },
    });
    for (let i = 0; i < 6; i++) await (await service.client.get(service.url)).text();
    expect(await counted(service.server, "connectionsAccepted", 3)).to.equal(3);
    await until(() => service.client.stats().pool.connections === 0);
    expect(await counted(service.server, "connectionsClosed", 3)).to.equal(3);
  });

  it("keepAliveTimeoutMs closes a connection without requests", async () => {
    await using service = await startService(() => new Response("ok"), {
      client: { keepAliveTimeoutMs: 20 },
    });
    await (await service.client.get(service.url)).text();
    expect(service.client.stats().pool.connections).to.equal(1);
    expect(await counted(service.server, "connectionsClosed", 1)).to.equal(1);
    await until(() => service.client.stats().pool.origins === 0);
  });

  it("maxConnections: an idle connection to another origin makes room", async () => {
    await using first = await startService(() => new Response("first"));
    await using second = await startService(() => new Response("second"));
    await using client = new Client({ ca: testIdentity().caPem, maxConnections: 1 });
    for (let i = 0; i < 3; i++) {
      expect(await (await client.get(first.url)).text()).to.equal("first");
      expect(await (await client.get(second.url)).text()).to.equal("second");
    }
    expect(client.stats().pool.connections).to.equal(1);
    expect(await counted(first.server, "connectionsAccepted", 3)).to.equal(3);
  });

  it("maxConnections: a busy connection to another origin is waited for", async () => {
    const { handler, arrived, open } = gate();
    await using first = await startService(handler);
    await using second = await startService(() => new Response("second"));
    await using client = new Client({ ca: testIdentity().caPem, maxConnections: 1 });
    const busy = client.get(first.url);
    await until(() => arrived() === 1);
    const waiting = client.get(second.url);
    expect(client.stats().pool).to.include({ connections: 1, connecting: 0, queued: 1 });
    open();
    await (await busy).text();
    await client.get(first.url).then((response) => response.text());
    expect(client.stats().pool.connections).to.be.at.most(1);
    expect(await (await waiting).text()).to.equal("second");
  });

  it("maxQueuedRequests: more fail at once, and an aborted one makes room", async () => {
    const { handler, arrived, open } = gate();
    await using service = await startService(handler, {
      client: { maxConcurrentRequests: 1, maxQueuedRequests: 1 },
    });
    const running = service.client.get(service.url);
    await until(() => arrived() === 1);
    const controller = new AbortController();
    const queued = rejection(service.client.get(service.url, { signal: controller.signal }));
    expect(await rejection(service.client.get(service.url))).to.include({
      code: "PQQ_ERR_QUEUE_FULL",
      retryable: true,
    });
    controller.abort();
    expect(await queued).to.equal(controller.signal.reason);
    const next = service.client.get(service.url);
    open();
    for (const response of await Promise.all([running, next])) await response.text();
    expect(arrived()).to.equal(2);
  });

  it("different requirements have connections of their own", async () => {
    const { caPem, classicalCertPem, classicalKeyPem } = testIdentity();
    await using service = await startService(() => new Response("ok"), {
      server: { identity: { cert: classicalCertPem, key: classicalKeyPem } },
      client: { ca: caPem },
    });
    await (await service.client.get(service.url)).text();
    expect(
      await rejection(service.client.get(service.url, { require: "hybrid" })),
    ).to.have.property("name", "HandshakeError");
    await (await service.client.get(service.url)).text();
    expect(service.client.stats().pool).to.include({ connections: 1, queued: 0 });
  });

  it("connections that are going away are drained and replaced", async () => {
    const { handler, arrived, open } = gate();
    await using client = new Client({ ca: testIdentity().caPem });
    const first = await Server.serve(serverOptions(), handler);
    const url = `https://127.0.0.1:${String(first.port)}/`;
    const slow = client.get(url);
    await until(() => arrived() === 1);
    const closed = first.close({ drainMs: 60_000 });
    await until(() => client.stats().pool.connections === 1);
    open();
    expect(await (await slow).text()).to.equal("ok");
    await closed;
    await until(() => client.stats().pool.connections === 0);
    expect(client.stats().pool.origins).to.equal(0);
  });

  it("close({ graceful }) lets requests that run and that wait finish, and takes no more", async () => {
    const { handler, arrived, open } = gate();
    await using service = await startService(handler, { client: { maxConcurrentRequests: 1 } });
    const responses = times(3, () => service.client.get(service.url));
    await until(() => arrived() === 1);
    const closed = service.client.close({ graceful: true });
    expect(await rejection(service.client.get(service.url))).to.have.property(
      "code",
      "PQQ_ERR_CANCELLED",
    );
    open();
    for (const response of responses) expect(await (await response).text()).to.equal("ok");
    await closed;
    expect(arrived()).to.equal(3);
  });

  it("destroy fails everything with its reason", async () => {
    const { handler, arrived } = gate();
    await using service = await startService(handler, { client: { maxConcurrentRequests: 1 } });
    const failures = times(3, () => rejection(service.client.get(service.url)));
    await until(() => arrived() === 1);
    const reason = new Error("enough");
    await service.client.destroy(reason);
    expect(await Promise.all(failures)).to.deep.equal([reason, reason, reason]);
    expect(service.client.stats().pool).to.include({ running: 0, queued: 0, connecting: 0 });
  });

  it("after a thousand requests that end in every way, nothing is left over", async () => {
    await using service = await startService(
      (request) => {
        const { pathname } = new URL(request.url);
        if (pathname === "/large") return new Response(Buffer.alloc(200_000));
        if (pathname === "/fail") return new Response(failing());
        return new Response("ok");
      },
      { client: { maxConcurrentRequests: 10, maxConnectionsPerOrigin: 3 } },
    );
    service.server.on("error", () => undefined);
    const one = async (index: number): Promise<void> => {
      const path = ["", "large", "fail", ""][index % 4] ?? "";
      const controller = new AbortController();
      const request = service.client.get(service.url + path, { signal: controller.signal });
      if (index % 7 === 0) controller.abort();
      const response = await request;
      if (index % 5 === 0) await response.body?.cancel();
      else await response.bytes();
    };
    await Promise.allSettled(times(1000, () => 0).map((_, index) => one(index)));
    await until(() => service.client.stats().pool.running === 0);
    expect(service.client.stats().pool).to.include({ connecting: 0, queued: 0, origins: 1 });
    expect(service.client.stats().pool.connections).to.be.at.most(3);
    await until(() => service.client.stats().requestsNow === 0);
  });
});

async function* failing(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from("half"));
  throw new Error("the source broke");
}
