// SPDX-License-Identifier: MIT
import { inspect } from "node:util";
import { expect } from "chai";
import { Response, type Handler } from "../../lib/index.js";
import { rejection, signal, startService } from "../helpers/service.js";

describe("failure of a handler", () => {
  const boom = new Error("secret detail");
  const cases: [string, Handler][] = [
    [
      "that throws",
      () => {
        throw boom;
      },
    ],
    ["that rejects", () => Promise.reject(boom)],
  ];
  for (const [name, handler] of cases) {
    it(`${name} gives 500 without its text, and an error event`, async () => {
      await using service = await startService(handler);
      const response = await service.client.get(service.url);
      expect(response.status).to.equal(500);
      expect(await response.text()).to.equal("");
      expect(service.errors).to.deep.equal([boom]);
    });
  }

  for (const value of [undefined, null, "text", 7, {}] as unknown[]) {
    it(`that returns ${inspect(value)} gives 500`, async () => {
      await using service = await startService(() => value as Response);
      expect((await service.client.get(service.url)).status).to.equal(500);
      expect(service.errors).to.have.length(1);
      expect(service.errors[0]).to.be.instanceOf(TypeError);
    });
  }

  it("whose response was read already gives 500", async () => {
    await using service = await startService(async () => {
      const response = new Response(
        (async function* () {
          yield await Promise.resolve(new Uint8Array(1));
        })(),
      );
      await response.bytes();
      return response;
    });
    expect((await service.client.get(service.url)).status).to.equal(500);
  });

  it("without a listener becomes a process warning", async () => {
    await using service = await startService(() => {
      throw boom;
    });
    service.server.removeAllListeners("error");
    const warned = new Promise((resolve) => process.once("warning", resolve));
    await service.client.get(service.url);
    expect(await warned).to.equal(boom);
  });

  it("in the middle of the content resets the stream", async () => {
    await using service = await startService(
      () =>
        new Response(
          (async function* () {
            yield await Promise.resolve(new Uint8Array(1000));
            throw boom;
          })(),
        ),
    );
    // The reset may overtake the header section.
    const error = await rejection(
      service.client.get(service.url).then((response) => response.bytes()),
    );
    expect(error).to.have.property("name", "StreamError");
    expect(error).to.have.property("wireCode", 0x102n);
    expect(error).to.have.property("remote", true);
    expect(service.errors).to.deep.equal([boom]);
  });

  it("that streams something else than bytes resets the stream", async () => {
    await using service = await startService(
      () =>
        new Response(
          (async function* () {
            yield await Promise.resolve("text" as unknown as Uint8Array);
          })(),
        ),
    );
    const error = await rejection(
      service.client.get(service.url).then((response) => response.bytes()),
    );
    expect(error).to.have.property("code", "PQQ_ERR_STREAM_RESET");
    expect(service.errors[0]).to.be.instanceOf(TypeError);
  });

  it("in work that it left behind is reported", async () => {
    const reported = signal<unknown>();
    await using service = await startService((_request, { waitUntil }) => {
      waitUntil(Promise.reject(boom));
      return new Response("ok");
    });
    service.server.on("error", reported.resolve);
    await service.client.get(service.url);
    expect(await reported.promise).to.equal(boom);
  });
});

describe("a handler that does not want the request's content", () => {
  it("answers at once, and the client's source ends", async () => {
    const ended = signal();
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield await Promise.resolve(new Uint8Array(50_000));
      } finally {
        ended.resolve();
      }
    }
    await using service = await startService(() => new Response("enough", { status: 413 }));
    const response = await service.client.request(service.url, { method: "POST", body: body() });
    expect(response.status).to.equal(413);
    expect(await response.text()).to.equal("enough");
    await ended.promise;
  });

  it("may cancel it and go on answering", async () => {
    await using service = await startService(async (request) => {
      await request.body!.cancel();
      return new Response("never mind");
    });
    const body = new Uint8Array(3_000_000);
    const response = await service.client.request(service.url, { method: "POST", body });
    expect(await response.text()).to.equal("never mind");
  });
});
