// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Response } from "../../lib/index.js";
import { counted, rejection, signal, startService } from "../helpers/service.js";

/** Never ends by itself; tells when it was ended. */
function endless(): { body: AsyncGenerator<Uint8Array>; ended: Promise<void> } {
  const end = signal();
  async function* generate(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield await Promise.resolve(new Uint8Array(10_000));
    } finally {
      end.resolve();
    }
  }
  return { body: generate(), ended: end.promise };
}

describe("cancellation by the client", () => {
  it("an abort before the response rejects with the reason and aborts request.signal", async () => {
    const arrived = signal();
    const aborted = signal<unknown>();
    await using service = await startService((request) => {
      arrived.resolve();
      return new Promise((_, reject) => {
        request.signal.addEventListener("abort", () => {
          aborted.resolve(request.signal.reason);
          reject(request.signal.reason as Error);
        });
      });
    });
    const controller = new AbortController();
    const response = service.client.get(service.url, { signal: controller.signal });
    await arrived.promise;
    const reason = new Error("changed my mind");
    controller.abort(reason);
    expect(await rejection(response)).to.equal(reason);
    expect(await aborted.promise).to.have.property("remote", true);
    // What a handler does with its own cancellation is no error of the server.
    expect(service.errors).to.deep.equal([]);
  });

  it("an abort while the response is read fails the reader and ends the server's source", async () => {
    const { body, ended } = endless();
    await using service = await startService(() => new Response(body));
    const controller = new AbortController();
    const response = await service.client.get(service.url, { signal: controller.signal });
    const reader = response.body!.getReader();
    await reader.read();
    controller.abort();
    expect(await rejection(readOn(reader))).to.equal(controller.signal.reason);
    await ended;
  });

  it("cancelling the response's stream ends the server's source", async () => {
    const { body, ended } = endless();
    await using service = await startService(() => new Response(body));
    const response = await service.client.get(service.url);
    await response.body!.cancel();
    await ended;
    expect(service.errors).to.deep.equal([]);
  });

  it("an abort ends the client's own source, and the handler's reader fails", async () => {
    const { body, ended } = endless();
    const failed = signal<unknown>();
    const arrived = signal();
    await using service = await startService(async (request) => {
      arrived.resolve();
      failed.resolve(await rejection(request.bytes()));
      return new Response("too late");
    });
    const controller = new AbortController();
    const response = service.client.request(service.url, {
      method: "POST",
      body,
      signal: controller.signal,
    });
    await arrived.promise;
    controller.abort();
    expect(await rejection(response)).to.equal(controller.signal.reason);
    await ended;
    expect(await failed.promise).to.have.property("code", "PQQ_ERR_STREAM_RESET");
  });

  it("a signal that is aborted already sends nothing", async () => {
    await using service = await startService(() => new Response("ok"));
    const error = await rejection(service.client.get(service.url, { signal: AbortSignal.abort() }));
    expect(error).to.have.property("name", "AbortError");
    expect(service.server.stats().requests).to.equal(0);
  });

  it("an abort while the connection is being made fails only its own request", async () => {
    await using service = await startService(() => new Response("ok"));
    const controller = new AbortController();
    const first = service.client.get(service.url, { signal: controller.signal });
    const second = service.client.get(service.url);
    controller.abort();
    expect(await rejection(first)).to.have.property("name", "AbortError");
    expect((await second).status).to.equal(200);
  });

  it("an abort while the name is resolved waits for no resolver", async () => {
    const asked = signal();
    await using service = await startService(() => new Response("ok"), {
      client: {
        lookup: () => {
          asked.resolve();
        },
      },
    });
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const url = `https://localhost:${String(service.server.port)}/`;
    const error = rejection(service.client.get(url, options));
    await asked.promise;
    controller.abort();
    expect(await error).to.equal(controller.signal.reason);
    expect(service.client.stats().pool).to.include({ connecting: 0, queued: 0, running: 0 });
  });

  it("an abort while Retry-After is waited for ends the wait", async () => {
    const controller = new AbortController();
    await using service = await startService(
      () => new Response("busy", { status: 503, headers: { "retry-after": "60" } }),
      { client: { retryAfter: true } },
    );
    const error = rejection(service.client.get(service.url, { signal: controller.signal }));
    await counted(service.server, "bodyBytesSent", 4);
    controller.abort();
    expect(await error).to.equal(controller.signal.reason);
    expect(service.server.stats().requests).to.equal(1);
  });

  it("an abort behind a redirect ends the request that follows", async () => {
    const followed = signal();
    const controller = new AbortController();
    await using service = await startService((request) => {
      if (!request.url.endsWith("/end"))
        return new Response(null, { status: 307, headers: { location: "/end" } });
      followed.resolve();
      return new Promise(() => undefined);
    });
    const error = rejection(service.client.get(service.url, { signal: controller.signal }));
    await followed.promise;
    controller.abort();
    expect(await error).to.equal(controller.signal.reason);
  });

  it("timeoutMs ends a request without an answer", async () => {
    await using service = await startService(
      (request) =>
        new Promise((_, reject) => {
          request.signal.addEventListener("abort", () => {
            reject(request.signal.reason as Error);
          });
        }),
    );
    const error = await rejection(service.client.get(service.url, { timeoutMs: 50 }));
    expect(error).to.have.property("name", "TimeoutError");
    expect(error).to.have.property("code", "PQQ_ERR_REQUEST_TIMEOUT");
  });

  it("the connection is as good as before", async () => {
    await using service = await startService((request) =>
      request.url.endsWith("endless") ? new Response(endless().body) : new Response("ok"),
    );
    for (let i = 0; i < 50; i++) {
      const response = await service.client.get(`${service.url}endless`);
      await response.body!.cancel();
    }
    expect(await (await service.client.get(service.url)).text()).to.equal("ok");
    expect(await counted(service.server, "connectionsAccepted", 1)).to.equal(1);
  });
});

async function readOn(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await reader.read()).done);
}
