// SPDX-License-Identifier: MIT
// Limits of a server's requests as its users meet them. When exactly what happens is tested in virtual time:
// test/sim/request_timeout_test.c, request_limits_test.c.
import { expect } from "chai";
import { Response } from "../../lib/index.js";
import { rejection, signal, startService } from "../helpers/service.js";

/** One piece, and then nothing until the test is over. */
function stalling(): { body: AsyncGenerator<Uint8Array>; end: () => void } {
  const over = signal();
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(1000);
    await over.promise;
  }
  return { body: pieces(), end: over.resolve };
}

describe("request: limits of a server", () => {
  for (const [name, server] of [
    ["bodyTimeoutMs", { bodyTimeoutMs: 150 }],
    ["requestTimeoutMs", { requestTimeoutMs: 150 }],
  ] as const) {
    it(`content that stops to come: 408 after ${name}, and the reader fails`, async () => {
      const read = signal<unknown>();
      await using service = await startService(
        async (request) => {
          const error = await rejection(request.bytes());
          expect(request.signal.aborted).to.equal(true);
          read.resolve(error);
          return new Response("too late");
        },
        { server },
      );
      const { body, end } = stalling();
      const response = await service.client.request(service.url, { method: "POST", body });
      expect(response.status).to.equal(408);
      expect(await response.text()).to.equal("");
      expect(await read.promise).to.have.property("code", "PQQ_ERR_REQUEST_TIMEOUT");
      end();
      expect(service.server.stats().requestsTimedOut).to.equal(1);
      expect(service.errors).to.deep.equal([]);
    });
  }

  it("a handler that lets the timeout through is no error", async () => {
    await using service = await startService(
      async (request) => new Response(await request.text()),
      {
        server: { bodyTimeoutMs: 150 },
      },
    );
    const { body, end } = stalling();
    const response = await service.client.request(service.url, { method: "POST", body });
    expect(response.status).to.equal(408);
    end();
    expect(service.errors).to.deep.equal([]);
  });

  it("a response that its client does not read is reset after sendTimeoutMs, and others go on", async () => {
    await using service = await startService(() => new Response(new Uint8Array(4_000_000)), {
      server: { sendTimeoutMs: 300 },
      client: { streamWindowBytes: 65_536, maxStreamWindowBytes: 65_536 },
    });
    const unread = await service.client.get(service.url);
    const closed = signal();
    const { body } = unread;
    const reader = body?.getReader();
    void (async () => {
      while (service.server.stats().responsesStalled === 0) {
        await (await service.client.get(service.url)).bytes();
      }
      closed.resolve();
    })();
    await closed.promise;
    const read = async (): Promise<void> => {
      while ((await reader?.read())?.done === false);
    };
    expect(await rejection(read())).to.have.property("code", "PQQ_ERR_STREAM_RESET");
    expect((await (await service.client.get(service.url)).bytes()).length).to.equal(4_000_000);
    expect(service.server.stats().responsesStalled).to.equal(1);
  });

  it("too many fields get 431, a target that is too long 414, and no handler", async () => {
    let calls = 0;
    await using service = await startService(
      () => {
        calls += 1;
        return new Response("ok");
      },
      { server: { maxHeaderFields: 20, maxTargetBytes: 300 } },
    );
    const headers = Array.from({ length: 25 }, (_, i): [string, string] => [`x-${i}`, "v"]);
    expect((await service.client.get(service.url, { headers })).status).to.equal(431);
    const path = "a".repeat(300);
    expect((await service.client.get(service.url + path)).status).to.equal(414);
    expect((await service.client.get(service.url + path.slice(1))).status).to.equal(200);
    expect(calls).to.equal(1);
    expect(service.server.stats().requestsRefused).to.equal(2);
  });
});
