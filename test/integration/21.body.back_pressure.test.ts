// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Response } from "../../lib/index.js";
import { signal, startService, untilStill } from "../helpers/service.js";

const CHUNK = 64 * 1024;
const CHUNKS = 512;
/** First flow-control window, libpqq's send buffer, what is in the pump, and a spare chunk or two. */
const MOST_HELD_BYTES = 1024 * 1024;

function source(): { body: AsyncGenerator<Uint8Array>; given: () => number } {
  let given = 0;
  async function* generate(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < CHUNKS; i++) {
      given += CHUNK;
      yield await Promise.resolve(new Uint8Array(CHUNK));
    }
  }
  return { body: generate(), given: () => given };
}

describe("body: back-pressure", () => {
  it("a client that does not read stops the server's source", async () => {
    const { body, given } = source();
    await using service = await startService((request) =>
      request.url.endsWith("ping") ? new Response("pong") : new Response(body),
    );
    const response = await service.client.get(service.url);
    const ping = async (): Promise<string> =>
      (await service.client.get(`${service.url}ping`)).text();
    expect(await untilStill(given, ping)).to.be.within(CHUNK, MOST_HELD_BYTES);
    expect((await response.bytes()).length).to.equal(CHUNK * CHUNKS);
  });

  it("a handler that does not read stops the client's source", async () => {
    const { body, given } = source();
    const read = signal();
    await using service = await startService(async (request) => {
      if (request.url.endsWith("ping")) return new Response("pong");
      await read.promise;
      return new Response(String((await request.bytes()).length));
    });
    const response = service.client.request(service.url, { method: "POST", body });
    const ping = async (): Promise<string> =>
      (await service.client.get(`${service.url}ping`)).text();
    expect(await untilStill(given, ping)).to.be.within(CHUNK, MOST_HELD_BYTES);
    read.resolve();
    expect(await (await response).text()).to.equal(String(CHUNK * CHUNKS));
  });

  it("a reader that takes one chunk makes room for little more", async () => {
    const { body, given } = source();
    await using service = await startService((request) =>
      request.url.endsWith("ping") ? new Response("pong") : new Response(body),
    );
    const response = await service.client.get(service.url);
    const ping = async (): Promise<string> =>
      (await service.client.get(`${service.url}ping`)).text();
    await untilStill(given, ping);
    const reader = response.body!.getReader();
    await reader.read();
    expect(await untilStill(given, ping)).to.be.at.most(MOST_HELD_BYTES);
    await reader.cancel();
  });

  it("forty unread downloads do not stop a small request on the same connection", async () => {
    await using service = await startService(
      (request) =>
        request.url.endsWith("ping") ? new Response("pong") : new Response(source().body),
      { client: { connectionWindowBytes: 16 * 1024 * 1024 } },
    );
    const downloads = Array.from({ length: 40 }, () => service.client.get(service.url));
    const responses = await Promise.all(downloads);
    expect(await (await service.client.get(`${service.url}ping`)).text()).to.equal("pong");
    for (const response of responses) await response.body!.cancel();
  });
});
