// SPDX-License-Identifier: MIT
// What is required is had, or is an error of its own: by clients, by single requests, and by servers.
import { once } from "node:events";
import { rootCertificates } from "node:tls";
import { expect } from "chai";
import { Client, HandshakeError, Response, type FailedPeer } from "../../lib/index.js";
import {
  counted,
  handshakeFailure,
  startService,
  testIdentity,
  type Service,
} from "../helpers/service.js";

describe("what a client requires", () => {
  it("is had on velocity/1", async () => {
    await using service = await startService(() => new Response("ok"), {
      client: { require: "hybrid" },
    });
    const { security } = (await service.client.get(service.url)).connection;
    expect(security).to.include({ authentication: "hybrid", hybrid: true });
  });

  // spec: FS-23, HS-26, OV-20
  it("is not given up for a server that speaks h3 only", async () => {
    await using service = await startService(() => new Response("ok"), {
      server: { velocity: false },
    });
    const error = await handshakeFailure(service.client.get(service.url, { require: "hybrid" }));
    expect(error.code).to.be.oneOf(["PQQ_ERR_NO_SHARED_ALPN", "PQQ_ERR_POLICY_AUTHENTICATION"]);
    expect(error.required).to.deep.equal({
      keyExchange: "hybrid",
      authentication: "hybrid",
      pinnedUntil: undefined,
    });
    expect((await service.client.get(service.url)).status).to.equal(200);
  });

  it("of authentication is pq on h3 without an offer of classical schemes", async () => {
    await using service = await startService(() => new Response("ok"), {
      server: { velocity: false, identity: { ...classicalFirst(), pqOnH3: "never" } },
    });
    const any = await service.client.get(service.url);
    expect(any.connection.security.authentication).to.equal("classical");
    const pq = await service.client.get(service.url, { require: { authentication: "pq" } });
    expect(pq.connection.security.authentication).to.equal("pq");
  });

  it("of the key exchange leaves out groups", async () => {
    await using service = await startService(() => new Response("ok"), {
      server: { velocity: false, groups: ["X25519"] },
    });
    expect((await service.client.get(service.url)).connection.security.hybrid).to.equal(false);
    for (const keyExchange of ["pq", "hybrid"] as const) {
      const error = await handshakeFailure(
        service.client.get(service.url, { require: { keyExchange } }),
      );
      // The server says no more than that it has failed (RFC 8446 section 4.1.1).
      expect(error).to.include({ code: "PQQ_ERR_TLS_ALERT", alert: 40, remote: true });
      expect(error.required).to.include({ keyExchange, authentication: "any" });
    }
  });

  it("holds for ML-KEM alone if that is enough, and not if it is not", async () => {
    await using service = await startService(() => new Response("ok"), {
      server: { groups: ["MLKEM768"] },
      client: { groups: ["X25519MLKEM768", "MLKEM768"] },
    });
    const { url, client } = service;
    const pq = await client.get(url, { require: { keyExchange: "pq" } });
    expect(pq.connection.security).to.include({ group: "MLKEM768", hybrid: false });
    const error = await handshakeFailure(client.get(url, { require: { keyExchange: "hybrid" } }));
    expect(error.required).to.include({ keyExchange: "hybrid" });
  });

  it("cannot be had with its own trust anchors: an error before anything is sent", async () => {
    const end = "-----END CERTIFICATE-----\n";
    const [pqRoot = ""] = testIdentity()
      .caPem.split(end)
      .map((text) => text + end);
    await using client = new Client({ ca: pqRoot });
    const error = await handshakeFailure(client.get("https://127.0.0.1:9/", { require: "hybrid" }));
    expect(error.code).to.equal("PQQ_ERR_POLICY_CONFIG");
  });

  it("is checked when the request is made", async () => {
    await using client = new Client({ ca: testIdentity().caPem });
    expect(() => client.get("https://localhost/", { require: "best" as "any" }))
      .to.throw("require: expected one of any, pq, hybrid")
      .with.property("name", "ConfigError");
  });
});

describe("connections and requirements", () => {
  it("a connection that is good enough is used again", async () => {
    await using service = await startService(() => new Response("ok"));
    const any = await service.client.get(service.url);
    for (const require of ["hybrid", "pq", { keyExchange: "hybrid" }] as const) {
      const response = await service.client.get(service.url, { require });
      expect(response.connection).to.equal(any.connection);
    }
    expect(await counted(service.server, "connectionsAccepted", 1)).to.equal(1);
  });

  it("one that is not is left to those who asked for less", async () => {
    await using service = await startService(() => new Response("ok"), {
      server: { velocity: false, identity: { ...classicalFirst(), pqOnH3: "never" } },
    });
    const { client, url } = service;
    const [any, pq] = await Promise.all([
      client.get(url),
      client.get(url, { require: { authentication: "pq" } }),
    ]);
    expect(any.connection).not.to.equal(pq.connection);
    expect(any.connection.security.authentication).to.equal("classical");
    // Both are there now: who asks for more gets the better one, whatever its age.
    const more = await client.get(url, { require: { authentication: "pq" } });
    expect(more.connection).to.equal(pq.connection);
    expect(await counted(service.server, "connectionsAccepted", 2)).to.equal(2);
  });

  it("a refused requirement does not harm the connection that is there", async () => {
    await using service = await startService(() => new Response("ok"), {
      server: { velocity: false },
    });
    const first = await service.client.get(service.url);
    await handshakeFailure(service.client.get(service.url, { require: "hybrid" }));
    const second = await service.client.get(service.url);
    expect(second.connection).to.equal(first.connection);
  });

  it("the static methods share a client, and each request says what it requires", async () => {
    await using service = await startService(() => new Response("ok"), {
      server: { velocity: false },
    });
    const ca = testIdentity().caPem;
    await Client.get(service.url, { ca, require: "pq" });
    await handshakeFailure(Client.get(service.url, { ca, require: "hybrid" }));
    await Client.get(service.url, { ca });
    expect(await counted(service.server, "handshakesCompleted", 1)).to.equal(1);
  });
});

/** What a server says of the next handshake that fails. */
async function told(service: Service): Promise<{ error: HandshakeError; peer: FailedPeer }> {
  const [error, peer] = (await once(service.server, "handshakeError")) as [
    HandshakeError,
    FailedPeer,
  ];
  return { error, peer };
}

describe("a server that refuses a handshake", () => {
  it("tells who offered what", async () => {
    await using service = await startService(() => new Response("ok"), {
      server: { require: { keyExchange: "pq" } },
      client: { groups: ["X25519", "secp256r1"], velocity: false },
    });
    const waiting = told(service);
    await handshakeFailure(service.client.get(service.url));
    const { error, peer } = await waiting;
    expect(error).to.be.instanceOf(HandshakeError);
    expect(error).to.include({ code: "PQQ_ERR_POLICY_KEY_EXCHANGE", alert: 71, remote: false });
    expect(error.group).to.equal(undefined);
    expect(error.offered?.groups).to.deep.equal(["X25519", "secp256r1"]);
    expect(error.offered?.signatureSchemes).to.include("ML-DSA-65");
    expect(error.offered?.protocols).to.deep.equal(["h3"]);
    expect(peer.remoteAddress).to.be.oneOf(["127.0.0.1", "::1", "::ffff:127.0.0.1"]);
    expect(peer.remotePort).to.be.greaterThan(0);
  });

  it("tells what had been negotiated when it is the client that refuses", async () => {
    await using service = await startService(() => new Response("ok"), {
      client: { ca: rootCertificates[0] },
    });
    const waiting = told(service);
    const refused = await handshakeFailure(service.client.get(service.url));
    const { error } = await waiting;
    expect(refused).to.include({ code: "PQQ_ERR_CERT_UNTRUSTED", group: "X25519MLKEM768" });
    expect(error).to.include({ remote: true, alert: 48, group: "X25519MLKEM768" });
    expect(error.signature).to.equal("ML-DSA-65");
    expect(error.offered).to.equal(undefined);
  });
});

describe("what a server requires", () => {
  it("of the key exchange refuses clients that offer less, and counts them", async () => {
    await using service = await startService(() => new Response("ok"), {
      server: { require: { keyExchange: "pq" } },
      client: { groups: ["X25519"] },
    });
    const error = await handshakeFailure(service.client.get(service.url));
    expect(error).to.include({ code: "PQQ_ERR_POLICY_REFUSED", alert: 71, remote: true });
    expect(await counted(service.server, "policyRefusals", 1)).to.equal(1);
    await using other = new Client({ ca: testIdentity().caPem });
    expect((await other.get(service.url)).status).to.equal(200);
  });

  it("of authentication refuses clients on h3", async () => {
    await using service = await startService(() => new Response("ok"), {
      server: { require: { authentication: "hybrid" } },
      client: { velocity: false },
    });
    const error = await handshakeFailure(service.client.get(service.url));
    expect(error.code).to.be.oneOf(["PQQ_ERR_POLICY_REFUSED", "PQQ_ERR_NO_SHARED_ALPN"]);
    expect(await counted(service.server, "policyRefusals", 1)).to.equal(1);
    await using other = new Client({ ca: testIdentity().caPem });
    const { security } = (await other.get(service.url)).connection;
    expect(security.authentication).to.equal("hybrid");
  });
});

/** Both identities, in text. */
function classicalFirst(): { cert: string; key: string; classical: { cert: string; key: string } } {
  const { pqCertPem, pqKeyPem, classicalCertPem, classicalKeyPem } = testIdentity();
  return {
    cert: pqCertPem,
    key: pqKeyPem,
    classical: { cert: classicalCertPem, key: classicalKeyPem },
  };
}
