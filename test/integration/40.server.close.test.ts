// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Client, Response, Server, type StatName } from "../../lib/index.js";
import {
  counted,
  rejection,
  serverOptions,
  signal,
  startService,
  testIdentity,
} from "../helpers/service.js";

describe("server: life", () => {
  it("close lets requests finish that are under way", async () => {
    const arrived = signal();
    const release = signal();
    await using service = await startService(async () => {
      arrived.resolve();
      await release.promise;
      return new Response("finished");
    });
    const response = service.client.get(service.url);
    await arrived.promise;
    const closed = service.server.close({ drainMs: 10_000 });
    release.resolve();
    expect(await (await response).text()).to.equal("finished");
    await closed;
  });

  it("close with drainMs 0 ends them", async () => {
    const arrived = signal();
    await using service = await startService(() => {
      arrived.resolve();
      return new Promise(() => undefined);
    });
    const response = service.client.get(service.url);
    await arrived.promise;
    await service.server.close({ drainMs: 0 });
    expect(await rejection(response))
      .to.have.property("code")
      .that.matches(/^PQQ_ERR_/);
  });

  it("close waits for work that handlers left behind", async () => {
    const release = signal();
    let isDone = false;
    await using service = await startService((_request, { waitUntil }) => {
      waitUntil(
        release.promise.then(() => {
          isDone = true;
        }),
      );
      return new Response("ok");
    });
    await service.client.get(service.url);
    await service.client.close();
    const closed = service.server.close();
    release.resolve();
    await closed;
    expect(isDone).to.equal(true);
  });

  it("close can be called again, and shortens the time", async () => {
    const arrived = signal();
    await using service = await startService(() => {
      arrived.resolve();
      return new Promise(() => undefined);
    });
    const response = rejection(service.client.get(service.url));
    await arrived.promise;
    const first = service.server.close({ drainMs: 600_000 });
    await service.server.close({ drainMs: 0 });
    await first;
    await response;
  });

  it("a port can be used again when close has resolved", async () => {
    const first = await Server.serve(serverOptions(), () => new Response("first"));
    const { port } = first;
    await first.close();
    await using second = await Server.serve(serverOptions({ port }), () => new Response("second"));
    expect(second.port).to.equal(port);
  });

  it("a port in use is refused", async () => {
    await using service = await startService(() => new Response("ok"));
    const { port } = service.server;
    const error = await rejection(Server.serve(serverOptions({ port }), () => new Response("no")));
    expect(error).to.have.property("code", "PQQ_ERR_ADDRESS_IN_USE");
    expect((await service.client.get(service.url)).status).to.equal(200);
  });

  it("an address of another machine is refused", async () => {
    const options = serverOptions({ host: "192.0.2.1" });
    const error = await rejection(Server.serve(options, () => new Response("no")));
    expect(error).to.have.property("code", "PQQ_ERR_ADDRESS_UNAVAILABLE");
  });

  it("a key of another certificate is refused, and named", async () => {
    const { pqCertPem } = testIdentity();
    const { classicalKeyPem } = testIdentity();
    const identity = { cert: pqCertPem, key: classicalKeyPem };
    const error = await rejection(
      Server.serve(serverOptions({ identity }), () => new Response("no")),
    );
    expect(error).to.have.property("name", "ConfigError");
    expect(error).to.have.property("path", "identity.key");
  });

  it("options that are not allowed are thrown at once", () => {
    const options = { ...serverOptions(), prot: 1 };
    expect(() => void Server.serve(options, () => new Response(""))).to.throw(/prot/);
    const noHandler = undefined as unknown as () => Response;
    expect(() => void Server.serve(serverOptions(), noHandler)).to.throw(TypeError);
  });

  it("three servers in one process do not mix", async () => {
    const names = ["a", "b", "c"];
    const services = await Promise.all(names.map((name) => startService(() => new Response(name))));
    const answers = services.map(async ({ client, url }) => (await client.get(url)).text());
    expect(await Promise.all(answers)).to.deep.equal(names);
    for (const service of services) await service[Symbol.asyncDispose]();
  });

  it("listens on every address by default, IPv4 and IPv6", async () => {
    await using server = await Server.serve(
      serverOptions({ host: undefined }),
      () => new Response("ok"),
    );
    await using client = new Client({ ca: testIdentity().caPem });
    expect(server.url).to.equal(`https://localhost:${String(server.port)}/`);
    const hosts = ["127.0.0.1", "localhost"];
    if (server.addresses.some(({ family }) => family === 6)) hosts.push("[::1]");
    for (const host of hosts) {
      const response = await client.get(`https://${host}:${String(server.port)}/`);
      expect(response.status).to.equal(200);
    }
  });

  it("stats count what happened", async () => {
    await using service = await startService(() => new Response("12345"));
    await (await service.client.get(service.url)).text();
    for (const [name, value] of Object.entries({
      handshakesCompleted: 1,
      handshakesHybrid: 1,
      requests: 1,
      bodyBytesSent: 5,
    })) {
      expect(await counted(service.server, name as StatName, value), name).to.equal(value);
    }
    expect(await counted(service.client, "bodyBytesReceived", 5)).to.equal(5);
    expect(Object.isFrozen(service.server.stats())).to.equal(true);
  });
});
