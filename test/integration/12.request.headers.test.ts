// SPDX-License-Identifier: MIT
import { expect } from "chai";
import { isPqqError, Response } from "../../lib/index.js";
import { rejection, startService } from "../helpers/service.js";

describe("request: header fields", () => {
  it("values keep their bytes, repeated fields their order", async () => {
    await using service = await startService(
      (request) =>
        new Response(null, {
          headers: [
            ["x-latin1", request.headers.get("x-latin1") ?? "none"],
            ["x-empty", ""],
            ["set-cookie", "a=1"],
            ["set-cookie", "b=2"],
          ],
        }),
    );
    const { headers } = await service.client.get(service.url, {
      headers: { "x-latin1": "caf\xe9\xff" },
    });
    expect(headers.get("x-latin1")).to.equal("caf\xe9\xff");
    expect(headers.get("x-empty")).to.equal("");
    expect(headers.getSetCookie()).to.deep.equal(["a=1", "b=2"]);
  });

  it("sections of 60,000 bytes pass both ways", async () => {
    const names = Array.from({ length: 15 }, (_, i) => `x-${String(i)}`);
    const values = names.map((name) => name.padEnd(4000, "v"));
    await using service = await startService(
      (request) =>
        new Response(null, {
          headers: names.map((name) => [name, request.headers.get(name)!] as const),
        }),
    );
    const headers = Object.fromEntries(names.map((name, i) => [name, values[i]]));
    const response = await service.client.get(service.url, { headers });
    expect(names.map((name) => response.headers.get(name))).to.deep.equal(values);
  });

  it("a section above the server's limit fails the request, and only it", async () => {
    await using service = await startService(() => new Response("ok"), {
      server: { maxHeaderListBytes: 4096 },
    });
    const headers = { "x-big": "v".repeat(5000) };
    const outcome = await service.client.get(service.url, { headers }).then(
      (response) => response.status,
      (error: unknown) => (isPqqError(error) ? error.code : error),
    );
    expect(outcome).to.be.oneOf([431, "PQQ_ERR_HEADERS_TOO_LARGE"]);
    expect((await service.client.get(service.url)).status).to.equal(200);
  });

  it("a section above what can be sent at all is refused at once", async () => {
    await using service = await startService(() => new Response("ok"));
    const headers = { "x-big": "v".repeat(200_000) };
    const error = await rejection(service.client.get(service.url, { headers }));
    expect(error).to.have.property("code", "PQQ_ERR_HEADERS_TOO_LARGE");
  });

  it("fields of HTTP/1.1 connections are left out", async () => {
    await using service = await startService((request) =>
      Response.json([...request.headers.keys()], {
        headers: { connection: "close", "transfer-encoding": "chunked", "x-kept": "1" },
      }),
    );
    const response = await service.client.get(service.url, {
      headers: { "keep-alive": "timeout=5", "x-sent": "1" },
      decompress: false,
    });
    expect(await response.json()).to.deep.equal(["x-sent"]);
    expect(response.headers.has("connection")).to.equal(false);
    expect(response.headers.get("x-kept")).to.equal("1");
  });

  for (const name of ["a b", "", "x\0y"]) {
    it(`the name ${JSON.stringify(name)} is refused before anything is sent`, async () => {
      await using service = await startService(() => new Response("ok"));
      expect(() => service.client.get(service.url, { headers: { [name]: "v" } })).to.throw(
        TypeError,
      );
    });
  }

  for (const value of ["a\0b", "a\nb", "\u0101"]) {
    it(`the value ${JSON.stringify(value)} is refused before anything is sent`, async () => {
      await using service = await startService(() => new Response("ok"));
      expect(() => service.client.get(service.url, { headers: { x: value } })).to.throw(TypeError);
    });
  }
});
