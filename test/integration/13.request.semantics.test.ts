// SPDX-License-Identifier: MIT
// What a server and a client do by themselves (RFC 9110, RFC 9114): dates, lengths, interim responses, expectations.
import { expect } from "chai";
import { isPqqError, PqqError, Response } from "../../lib/index.js";
import { rejection, signal, startService } from "../helpers/service.js";

/** A source of content that says when it is read first. */
function watched(text: string): { body: ReadableStream<Uint8Array>; isRead: () => boolean } {
  let isRead = false;
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        isRead = true;
        controller.enqueue(Buffer.from(text));
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return { body, isRead: () => isRead };
}

describe("request: what is done by itself", () => {
  it("responses have a date of now", async () => {
    await using service = await startService(() => new Response("ok"));
    const before = Math.floor(Date.now() / 1000) * 1000 - 1000;
    const { headers } = await service.client.get(service.url);
    const date = Date.parse(headers.get("date") ?? "");
    expect(date).to.be.within(before, Date.now());
    expect(headers.get("date")).to.equal(new Date(date).toUTCString());
  });

  it("a handler's own date stays, and dateHeader: false sends none", async () => {
    await using service = await startService(
      (request) =>
        new Response("ok", request.url.endsWith("own") ? { headers: { date: "x" } } : {}),
      { server: { dateHeader: false } },
    );
    expect((await service.client.get(`${service.url}own`)).headers.get("date")).to.equal("x");
    expect((await service.client.get(service.url)).headers.has("date")).to.equal(false);
  });

  it("content-length is that of the content, whatever the handler says", async () => {
    await using service = await startService(
      () => new Response("four", { headers: { "content-length": "9" } }),
    );
    const response = await service.client.get(service.url);
    expect(response.headers.get("content-length")).to.equal("4");
    expect(await response.text()).to.equal("four");
  });

  it("204 has no content-length, HEAD that of GET", async () => {
    await using service = await startService((request) =>
      request.method === "HEAD"
        ? new Response("four")
        : new Response(null, { status: 204, headers: { "content-length": "0" } }),
    );
    expect((await service.client.get(service.url)).headers.has("content-length")).to.equal(false);
    const head = await service.client.request(service.url, { method: "HEAD" });
    expect(head.headers.get("content-length")).to.equal("4");
    expect(await head.text()).to.equal("");
  });

  for (const [what, length] of [
    ["shorter", "9"],
    ["longer", "2"],
  ] as const) {
    it(`a stream that is ${what} than its content-length fails on both sides`, async () => {
      await using service = await startService(
        () => new Response(watched("four").body, { headers: { "content-length": length } }),
      );
      const text = service.client.get(service.url).then((response) => response.text());
      const error = await rejection(text);
      expect(isPqqError(error)).to.equal(true);
      expect(service.errors).to.have.lengthOf(1);
      expect(service.errors[0]).to.have.property("code", "PQQ_ERR_CONTENT_LENGTH");
    });
  }

  it("a request that is shorter than its content-length fails before it ends", async () => {
    await using service = await startService(async (request) => new Response(await request.text()));
    const request = service.client.request(service.url, {
      method: "POST",
      headers: { "content-length": "9" },
      body: watched("four").body,
    });
    expect(await rejection(request)).to.have.property("code", "PQQ_ERR_CONTENT_LENGTH");
  });

  it("early hints and other interim responses come before the response, in order", async () => {
    await using service = await startService((request, { earlyHints, sendInterim }) => {
      earlyHints({ link: ["</a.css>; rel=preload; as=style", "</b.js>; rel=preload; as=script"] });
      sendInterim(102);
      return new Response(request.method);
    });
    const seen: [number, string | null][] = [];
    const response = await service.client.get(service.url, {
      onInterim: (status, headers) => seen.push([status, headers.get("link")]),
    });
    expect(await response.text()).to.equal("GET");
    expect(seen).to.deep.equal([
      [103, "</a.css>; rel=preload; as=style, </b.js>; rel=preload; as=script"],
      [102, null],
    ]);
  });

  it("interim responses are refused behind the response and with wrong statuses", async () => {
    const failures: unknown[] = [];
    const done = signal();
    await using service = await startService((_request, { earlyHints, sendInterim, waitUntil }) => {
      for (const status of [99, 101, 200, 103.5]) {
        try {
          sendInterim(status);
        } catch (error) {
          failures.push(error);
        }
      }
      const late = async (): Promise<void> => {
        await new Promise((resolve) => setImmediate(resolve));
        try {
          earlyHints({ link: "</a>" });
        } catch (error) {
          failures.push(error);
        }
        done.resolve();
      };
      waitUntil(late());
      return new Response("ok");
    });
    await service.client.get(service.url);
    await done.promise;
    expect(failures).to.have.lengthOf(5);
    for (const error of failures.slice(0, 4)) expect(error).to.be.instanceOf(RangeError);
    expect(failures[4]).to.be.instanceOf(PqqError).with.property("code", "PQQ_ERR_STATE");
  });

  it("content that is expected to be asked for waits until the handler reads it", async () => {
    await using service = await startService(async (request) => new Response(await request.text()));
    const seen: number[] = [];
    const { body, isRead } = watched("content");
    const response = await service.client.request(service.url, {
      method: "POST",
      headers: { expect: "100-continue" },
      body,
      onInterim: (status) => {
        seen.push(status);
        expect(isRead()).to.equal(false);
      },
    });
    expect(await response.text()).to.equal("content");
    expect(seen).to.deep.equal([100]);
  });

  it("a listener for interim responses that throws fails its request", async () => {
    await using service = await startService((_request, { earlyHints }) => {
      earlyHints({});
      return new Response("ok");
    });
    const onInterim = (): void => {
      throw new RangeError("mine");
    };
    expect(await rejection(service.client.get(service.url, { onInterim }))).to.have.property(
      "message",
      "mine",
    );
  });

  it("content that is refused is never read, and the connection goes on", async () => {
    await using service = await startService(() => new Response("no", { status: 403 }));
    const { body, isRead } = watched("content");
    const response = await service.client.request(service.url, {
      method: "POST",
      headers: { expect: "100-continue" },
      body,
    });
    expect(response.status).to.equal(403);
    expect(await response.text()).to.equal("no");
    expect(isRead()).to.equal(false);
    expect((await service.client.get(service.url)).status).to.equal(403);
    expect(service.client.stats().connectionsOpened).to.equal(1);
  });

  it("cookies in several fields are one", async () => {
    await using service = await startService(
      (request) => new Response(request.headers.get("cookie")),
    );
    const headers: [string, string][] = [
      ["cookie", "a=1"],
      ["cookie", "b=2"],
    ];
    const response = await service.client.get(service.url, { headers });
    expect(await response.text()).to.equal("a=1; b=2");
  });
});
