// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { Response } from "../../lib/index.js";
import { rejection, startService } from "../helpers/service.js";

async function* twoChunks(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from("one "));
  yield await Promise.resolve(Buffer.from("two"));
}

describe("body: trailers", () => {
  it("a response's trailers arrive behind its content", async () => {
    await using service = await startService(
      () => new Response(twoChunks(), { trailers: () => ({ "x-sum": "2", "x-more": ["a", "b"] }) }),
    );
    const response = await service.client.get(service.url);
    const trailers = response.trailers;
    expect(await response.text()).to.equal("one two");
    expect([...(await trailers)]).to.deep.equal([
      ["x-more", "a, b"],
      ["x-sum", "2"],
    ]);
  });

  it("whole content can have trailers too", async () => {
    await using service = await startService(
      () => new Response("text", { trailers: { "x-a": "b" } }),
    );
    const response = await service.client.get(service.url);
    expect(await response.text()).to.equal("text");
    expect((await response.trailers).get("x-a")).to.equal("b");
  });

  it("a request's trailers reach the handler", async () => {
    await using service = await startService(async (request) => {
      const text = await request.text();
      return new Response(`${text}: ${(await request.trailers).get("x-sum") ?? "none"}`);
    });
    const response = await service.client.request(service.url, {
      method: "POST",
      body: twoChunks(),
      trailers: () => Promise.resolve({ "x-sum": "2" }),
    });
    expect(await response.text()).to.equal("one two: 2");
  });

  it("without trailers there is an empty set", async () => {
    await using service = await startService(() => new Response("text"));
    const response = await service.client.get(service.url);
    await response.text();
    expect([...(await response.trailers)]).to.deep.equal([]);
  });

  it("trailers that fail reset the stream and are reported", async () => {
    const cause = new Error("no checksum");
    await using service = await startService(
      () => new Response(twoChunks(), { trailers: () => Promise.reject(cause) }),
    );
    const error = await rejection(
      service.client.get(service.url).then((response) => response.text()),
    );
    expect(error).to.have.property("code", "PQQ_ERR_STREAM_RESET");
    expect(service.errors).to.deep.equal([cause]);
  });
});
