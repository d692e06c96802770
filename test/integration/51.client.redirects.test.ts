// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { RedirectError, Response, type ServerRequest } from "../../lib/index.js";
import { rejection, startService } from "../helpers/service.js";

/** `/302/there` redirects to `/there`; everything else tells what it got. */
async function redirector(request: ServerRequest): Promise<Response> {
  const [, status, target] = /\/(30\d)\/(.*)$/.exec(request.url) ?? [];
  if (status !== undefined && target !== undefined) {
    return new Response("moved", { status: Number(status), headers: { location: `/${target}` } });
  }
  return Response.json({
    method: request.method,
    text: await request.text(),
    type: request.headers.get("content-type"),
    authorization: request.headers.get("authorization"),
  });
}

describe("client: redirects", () => {
  const cases = [
    { status: 301, method: "POST", becomes: "GET" },
    { status: 302, method: "POST", becomes: "GET" },
    { status: 302, method: "PUT", becomes: "PUT" },
    { status: 303, method: "PUT", becomes: "GET" },
    { status: 303, method: "HEAD", becomes: "HEAD" },
    { status: 307, method: "POST", becomes: "POST" },
    { status: 308, method: "POST", becomes: "POST" },
  ];
  for (const { status, method, becomes } of cases) {
    it(`${method} behind ${String(status)} becomes ${becomes}`, async () => {
      await using service = await startService(redirector);
      const body = method === "HEAD" ? null : "content";
      const url = `${service.url}${String(status)}/there`;
      const response = await service.client.request(url, { method, body });
      expect(response.url).to.equal(`${service.url}there`);
      expect(response.redirected).to.equal(true);
      if (method === "HEAD") return;
      const keeps = becomes === method;
      expect(await response.json()).to.deep.equal({
        method: becomes,
        text: keeps ? "content" : "",
        type: keeps ? "text/plain;charset=UTF-8" : null,
        authorization: null,
      });
    });
  }

  it("credentials stay with their origin", async () => {
    await using other = await startService(redirector);
    await using service = await startService((request) =>
      request.url.endsWith("away")
        ? new Response(null, { status: 302, headers: { location: other.url } })
        : redirector(request),
    );
    const headers = { authorization: "Bearer secret" };
    const away = await service.client.get(`${service.url}away`, { headers });
    expect(await away.json()).to.have.property("authorization", null);
    const here = await service.client.get(`${service.url}302/x`, { headers });
    expect(await here.json()).to.have.property("authorization", "Bearer secret");
  });

  it("twenty are followed, and no more", async () => {
    await using service = await startService((request) => {
      const left = Number(new URL(request.url).pathname.slice(1));
      return left === 0
        ? new Response("there")
        : new Response(null, { status: 302, headers: { location: `/${String(left - 1)}` } });
    });
    expect(await (await service.client.get(`${service.url}20`)).text()).to.equal("there");
    expect(await rejection(service.client.get(`${service.url}21`))).to.be.instanceOf(RedirectError);
  });

  it("`maxRedirects` is the client's to say", async () => {
    await using service = await startService(redirector, { client: { maxRedirects: 0 } });
    expect(await rejection(service.client.get(`${service.url}302/there`)))
      .to.be.instanceOf(RedirectError)
      .with.property("status", 302);
    expect((await service.client.get(service.url)).status).to.equal(200);
  });

  it("content that can be read again is sent again", async () => {
    await using service = await startService(redirector);
    const url = `${service.url}308/there`;
    for (const body of [new Blob(["content"]), new URLSearchParams({ a: "b" })]) {
      const response = await service.client.request(url, { method: "POST", body });
      expect(await response.json()).to.have.property(
        "text",
        await new globalThis.Response(body).text(),
      );
    }
  });

  it("a content stream cannot be sent twice", async () => {
    await using service = await startService(redirector);
    async function* body(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(new Uint8Array(10));
    }
    const url = `${service.url}307/there`;
    const response = service.client.request(url, { method: "POST", body: body() });
    expect(await rejection(response)).to.be.instanceOf(RedirectError);
  });

  it("a redirect to another scheme is refused", async () => {
    await using service = await startService(
      () => new Response(null, { status: 302, headers: { location: "http://127.0.0.1/" } }),
    );
    expect(await rejection(service.client.get(service.url)))
      .to.be.instanceOf(RedirectError)
      .with.property("location", "http://127.0.0.1/");
  });

  it("`manual` hands the redirect over, `error` refuses it", async () => {
    await using service = await startService(redirector);
    const url = `${service.url}302/there`;
    const manual = await service.client.get(url, { redirect: "manual" });
    expect([manual.status, manual.headers.get("location"), await manual.text()]).to.deep.equal([
      302,
      "/there",
      "moved",
    ]);
    expect(await rejection(service.client.get(url, { redirect: "error" }))).to.be.instanceOf(
      RedirectError,
    );
  });
});
