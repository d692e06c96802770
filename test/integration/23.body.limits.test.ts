// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { isPqqError, Response } from "../../lib/index.js";
import { startService } from "../helpers/service.js";

const LIMIT = 100_000;

async function* pieces(count: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield await Promise.resolve(new Uint8Array(10_000));
}

describe("body: limits", () => {
  it("an announced length above maxRequestBodyBytes gets 413 and no handler", async () => {
    let calls = 0;
    await using service = await startService(
      () => {
        calls += 1;
        return new Response("ok");
      },
      { server: { maxRequestBodyBytes: LIMIT } },
    );
    const body = new Uint8Array(LIMIT + 1);
    const response = await service.client.request(service.url, { method: "POST", body });
    expect(response.status).to.equal(413);
    expect(calls).to.equal(0);
  });

  it("content that turns out larger gets 413 if the handler does not say otherwise", async () => {
    await using service = await startService(
      async (request) => new Response(String((await request.bytes()).length)),
      { server: { maxRequestBodyBytes: LIMIT } },
    );
    const body = pieces(11);
    const response = await service.client.request(service.url, { method: "POST", body });
    expect(response.status).to.equal(413);
    expect(service.server.stats().bodiesTooLarge).to.equal(1);
    expect(service.errors).to.deep.equal([]);
  });

  it("maxRequestBodyBytes: 0 takes no content", async () => {
    await using service = await startService(() => new Response("ok"), {
      server: { maxRequestBodyBytes: 0 },
    });
    const post = (body: string): Promise<number> =>
      service.client.request(service.url, { method: "POST", body }).then(({ status }) => status);
    expect(await post("x")).to.equal(413);
    expect(await post("")).to.equal(200);
  });

  it("content that turns out larger fails its reader", async () => {
    await using service = await startService(
      async (request) => {
        try {
          return new Response(String((await request.bytes()).length));
        } catch (error) {
          return new Response(isPqqError(error) ? error.code : String(error), { status: 413 });
        }
      },
      { server: { maxRequestBodyBytes: LIMIT } },
    );
    const post = (count: number): Promise<string> =>
      service.client
        .request(service.url, { method: "POST", body: pieces(count) })
        .then((response) => response.text());
    expect(await post(10)).to.equal(String(LIMIT));
    expect(await post(11)).to.equal("PQQ_ERR_BODY_TOO_LARGE");
    expect(await post(10)).to.equal(String(LIMIT));
  });
});
