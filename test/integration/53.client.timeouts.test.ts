// SPDX-License-Identifier: MIT
// Limits of the phases of a request. Each test waits for one short limit, and for nothing else.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { expect } from "chai";
import {
  Client,
  Response,
  TimeoutError,
  type Handler,
  type TimeoutPhase,
} from "../../lib/index.js";
import { rejection, signal, startService, testIdentity } from "../helpers/service.js";

async function timeout(promise: Promise<unknown>): Promise<TimeoutError> {
  const error = await rejection(promise);
  expect(error).to.be.instanceOf(TimeoutError);
  return error as TimeoutError;
}

function expectPhase(error: TimeoutError, phase: TimeoutPhase, limitMs: number): void {
  expect([error.phase, error.limitMs]).to.deep.equal([phase, limitMs]);
  expect(error.code).to.match(/_TIMEOUT$/);
}

/** Never answers; tells with what code the request was given up. */
function silentHandler(): { handler: Handler; gaveUp: Promise<unknown> } {
  const gaveUp = signal<unknown>();
  const handler: Handler = (request) =>
    new Promise((_, reject) => {
      request.signal.addEventListener("abort", () => {
        gaveUp.resolve(request.signal.reason);
        reject(request.signal.reason as Error);
      });
    });
  return { handler, gaveUp: gaveUp.promise };
}

async function blackHole(): Promise<Socket> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

const H3_REQUEST_CANCELLED = 0x10cn;

describe("client: time limits", () => {
  it("connectTimeoutMs: nobody answers", async () => {
    const hole = await blackHole();
    await using client = new Client({ ca: testIdentity().caPem, connectTimeoutMs: 60 });
    const error = await timeout(client.get(`https://127.0.0.1:${String(hole.address().port)}/`));
    expectPhase(error, "connect", 60);
    expect(client.stats().pool).to.include({ connections: 0, connecting: 0, queued: 0 });
    hole.close();
  });

  it("connectTimeoutMs: the resolver does not answer", async () => {
    await using client = new Client({
      ca: testIdentity().caPem,
      connectTimeoutMs: 20,
      lookup: () => undefined,
    });
    expectPhase(await timeout(client.get("https://example.test/")), "connect", 20);
  });

  it("headersTimeoutMs: the server is told that the request is cancelled", async () => {
    const { handler, gaveUp } = silentHandler();
    await using service = await startService(handler);
    const error = await timeout(service.client.get(service.url, { headersTimeoutMs: 40 }));
    expectPhase(error, "headers", 40);
    expect(await gaveUp).to.have.property("wireCode", H3_REQUEST_CANCELLED);
  });

  it("headersTimeoutMs begins when the request has been sent", async () => {
    const first = signal();
    await using service = await startService(async (request) => {
      await request.text();
      return new Response("ok");
    });
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("a");
      await first.promise;
      yield Buffer.from("b");
    }
    const response = service.client.request(service.url, {
      method: "POST",
      body: slow(),
      headersTimeoutMs: 60,
    });
    const other = service.client.get(service.url);
    await other;
    setTimeout(first.resolve, 120);
    expect((await response).status).to.equal(200);
  });

  it("bodyTimeoutMs: content that stops coming", async () => {
    const ended = signal();
    async function* stalled(): AsyncGenerator<Uint8Array> {
      try {
        yield Buffer.from("some");
        await new Promise<void>(() => undefined);
      } finally {
        ended.resolve();
      }
    }
    await using service = await startService(() => new Response(stalled()));
    const response = await service.client.get(service.url, { bodyTimeoutMs: 40 });
    expectPhase(await timeout(response.text()), "body", 40);
    const second = await service.client.get(service.url, { bodyTimeoutMs: 40 });
    const reader = second.body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).to.equal("some");
    expectPhase(await timeout(reader.read()), "body", 40);
  });

  it("bodyTimeoutMs: a server that takes no content", async () => {
    const { handler } = silentHandler();
    await using service = await startService(handler);
    const body = Buffer.alloc(4 * 1024 * 1024);
    const request = { method: "PUT", body, bodyTimeoutMs: 60 };
    expectPhase(await timeout(service.client.request(service.url, request)), "body", 60);
  });

  it("bodyTimeoutMs does not count while nobody reads", async () => {
    await using service = await startService(() => new Response(Buffer.alloc(100_000)));
    const response = await service.client.get(service.url, { bodyTimeoutMs: 30 });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect((await response.bytes()).length).to.equal(100_000);
  });

  it("timeoutMs: all of it, connecting included", async () => {
    const hole = await blackHole();
    await using client = new Client({ ca: testIdentity().caPem });
    const url = `https://127.0.0.1:${String(hole.address().port)}/`;
    expectPhase(await timeout(client.get(url, { timeoutMs: 50 })), "request", 50);
    hole.close();
  });

  it("timeoutMs: redirects do not begin it anew", async () => {
    await using service = await startService(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return new Response(null, { status: 302, headers: { location: "/" } });
    });
    expectPhase(await timeout(service.client.get(service.url, { timeoutMs: 100 })), "request", 100);
  });

  it("timeoutMs: the content of the response too", async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        yield Buffer.from("x");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    await using service = await startService(() => new Response(endless()));
    const response = await service.client.get(service.url, { timeoutMs: 500 });
    expectPhase(await timeout(response.text()), "request", 500);
  });

  it("queueTimeoutMs: no connection has room", async () => {
    const { handler } = silentHandler();
    await using service = await startService(handler, { client: { maxConcurrentRequests: 1 } });
    const controller = new AbortController();
    const first = rejection(service.client.get(service.url, { signal: controller.signal }));
    const error = await timeout(service.client.get(service.url, { queueTimeoutMs: 30 }));
    expectPhase(error, "queue", 30);
    controller.abort();
    await first;
  });
});
