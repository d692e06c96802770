// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Response } from "../../lib/index.js";
import { counted, signal, startService } from "../helpers/service.js";

describe("request: concurrency", () => {
  it("1,000 requests at once share one connection, and each gets its own answer", async () => {
    await using service = await startService((request) => new Response(request.url));
    const urls = Array.from({ length: 1000 }, (_, i) => `${service.url}${String(i)}`);
    const answers = await Promise.all(
      urls.map(async (url) => (await service.client.get(url)).text()),
    );
    expect(answers).to.deep.equal(urls);
    expect(await counted(service.server, "connectionsAccepted", 1)).to.equal(1);
    expect(await counted(service.server, "requests", 1000)).to.equal(1000);
  });

  it("a slow answer holds up nobody", async () => {
    const release = signal();
    await using service = await startService(async (request) => {
      if (request.url.endsWith("slow")) await release.promise;
      return new Response(request.url);
    });
    const slow = service.client.get(`${service.url}slow`);
    const fast = await service.client.get(`${service.url}fast`);
    expect(await fast.text()).to.match(/fast$/);
    release.resolve();
    expect(await (await slow).text()).to.match(/slow$/);
  });

  it("no more requests than maxConcurrentRequests are open at once", async () => {
    let open = 0;
    let most = 0;
    await using service = await startService(
      async () => {
        most = Math.max(most, ++open);
        // One turn of the event loop: long enough for others to come in.
        await new Promise((resolve) => setImmediate(resolve));
        open -= 1;
        return new Response("ok");
      },
      { server: { maxConcurrentRequests: 7 } },
    );
    const requests = Array.from({ length: 100 }, () => service.client.get(service.url));
    await Promise.all(requests.map(async (request) => (await request).text()));
    expect(most).to.be.within(2, 7);
  });

  it("signatures are counted, with a signing pool and without one", async () => {
    for (const signingThreads of [undefined, 0, 1]) {
      await using service = await startService(() => new Response("ok"), {
        server: { signingThreads },
      });
      expect((await service.client.get(service.url)).status).to.equal(200);
      // One handshake is not a burst.
      expect(await counted(service.server, "signaturesInLine", 1)).to.be.at.least(1);
      expect(service.server.stats().signaturesPooled).to.equal(0);
    }
  });

  it("several workers share the work of one port", async () => {
    await using service = await startService(() => new Response("ok"), { server: { workers: 3 } });
    const clients = Array.from({ length: 12 }, () => startService(() => new Response("unused")));
    for (const other of await Promise.all(clients)) {
      // A client of its own each: a connection of its own, and so a chance of another worker.
      expect((await other.client.get(service.url)).status).to.equal(200);
      await other[Symbol.asyncDispose]();
    }
    expect(await counted(service.server, "connectionsAccepted", 12)).to.equal(12);
  });
});
