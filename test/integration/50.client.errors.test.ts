// SPDX-License-Identifier: MIT
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect } from "chai";
import { Client, Response } from "../../lib/index.js";
import { loadNative } from "../../lib/internal/load.js";
import { rejection, startService, testIdentity } from "../helpers/service.js";

describe("client: errors", () => {
  it("a server under another root is not trusted", async () => {
    await using service = await startService(() => new Response("ok"));
    const other = loadNative().devIdentity(2, ["127.0.0.1"], 2);
    await using client = new Client({ ca: other.caPem });
    const error = await rejection(client.get(service.url));
    expect(error).to.have.property("name", "HandshakeError");
    expect(error).to.have.property("code", "PQQ_ERR_CERT_UNTRUSTED");
  });

  it("a certificate for another name is refused", async () => {
    const { pqCertPem, pqKeyPem, caPem } = loadNative().devIdentity(2, ["example.test"], 2);
    await using service = await startService(() => new Response("ok"), {
      server: { identity: { cert: pqCertPem, key: pqKeyPem } },
      client: { ca: caPem },
    });
    const error = await rejection(service.client.get(service.url));
    expect(error).to.have.property("code", "PQQ_ERR_CERT_NAME_MISMATCH");
  });

  it("no common group is an error of the handshake", async () => {
    await using service = await startService(() => new Response("ok"), {
      server: { groups: ["X25519MLKEM768"] },
      client: { groups: ["X25519"] },
    });
    expect(await rejection(service.client.get(service.url))).to.have.property(
      "name",
      "HandshakeError",
    );
  });

  it("a port where nobody answers is given up after handshakeTimeoutMs", async () => {
    const silent = createSocket("udp4").bind(0, "127.0.0.1");
    await once(silent, "listening");
    await using client = new Client({ ca: testIdentity().caPem, handshakeTimeoutMs: 200 });
    const error = await rejection(
      client.get(`https://127.0.0.1:${String(silent.address().port)}/`),
    );
    silent.close();
    expect(error)
      .to.have.property("code")
      .that.is.oneOf(["PQQ_ERR_HANDSHAKE_TIMEOUT", "PQQ_ERR_UNREACHABLE"]);
  });

  it("a name that does not exist is an error of its own", async () => {
    await using client = new Client({ ca: testIdentity().caPem });
    const error = await rejection(client.get("https://does-not-exist.invalid/"));
    expect(error).to.have.property("code", "PQQ_ERR_RESOLVE");
    expect(error).to.have.property("cause").that.has.property("code");
  });

  it("what is wrong with a request is thrown at once", async () => {
    await using client = new Client({ ca: testIdentity().caPem });
    const cases: [() => unknown, string | RegExp][] = [
      [() => client.get("http://localhost/"), /https/],
      [() => client.get("not a URL"), /URL/],
      [() => client.get("https://user:pw@localhost/"), /user name/],
      [() => client.request("https://localhost/", { method: "CONNECT" }), /CONNECT/],
      [() => client.request("https://localhost/", { method: "A B" }), /A B/],
      [() => client.get("https://localhost/", { timeoutMs: -1 }), /timeoutMs/],
      [() => client.request("https://localhost/", { body: 7 as unknown as string }), /body/],
    ];
    for (const [call, message] of cases) expect(call).to.throw(message);
  });

  it("trust anchors that are none are refused when the client is made", () => {
    expect(() => new Client({ ca: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" }))
      .to.throw()
      .with.property("path", "ca");
  });

  it("a closed client makes no requests", async () => {
    await using service = await startService(() => new Response("ok"));
    await service.client.close();
    expect(await rejection(service.client.get(service.url))).to.have.property(
      "code",
      "PQQ_ERR_CANCELLED",
    );
  });

  it("close fails the requests that are under way", async () => {
    await using service = await startService(() => new Promise(() => undefined));
    const response = rejection(service.client.get(service.url));
    await service.client.close();
    expect(await response).to.have.property("code", "PQQ_ERR_CANCELLED");
  });

  it("the client's signal closes it with its reason", async () => {
    const controller = new AbortController();
    const reason = new Error("shutting down");
    await using service = await startService(
      () => {
        controller.abort(reason);
        return new Promise(() => undefined);
      },
      { client: { signal: controller.signal } },
    );
    expect(await rejection(service.client.get(service.url))).to.equal(reason);
  });
});
