// SPDX-License-Identifier: MIT
// Several identities by server name, and identities that change while the server runs.
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { expect } from "chai";
import { Client, ConfigError, Response, Server, type IdentityUpdate } from "../../lib/index.js";
import { loadNative } from "../../lib/internal/load.js";
import { rejection, serverOptions, startService, testIdentity } from "../helpers/service.js";

const PROFILE_BALANCED = 2;
/** Swaps of the load test; each has SERVED_PER_SWAP requests on new connections. */
const SWAPS = 200;
const SERVED_PER_SWAP = 3;

function made(...names: string[]): {
  identity: Exclude<IdentityUpdate["identity"], undefined>;
  ca: string;
} {
  const { pqCertPem, pqKeyPem, classicalCertPem, classicalKeyPem, caPem } =
    loadNative().devIdentity(PROFILE_BALANCED, names, 2);
  return {
    identity: {
      cert: pqCertPem,
      key: pqKeyPem,
      classical: { cert: classicalCertPem, key: classicalKeyPem },
    },
    ca: caPem,
  };
}

describe("sites", () => {
  const address = made("127.0.0.1");
  const named = made("localhost", "*.example.test");

  it("get the clients that ask for their names, and the first one all others", async () => {
    const names: string[] = [];
    const server = await Server.serve(
      {
        port: 0,
        host: ["127.0.0.1", "::1"],
        identity: address.identity,
        sites: [{ identity: named.identity }],
      },
      (_request, { connection }) => {
        names.push(connection.serverName);
        return new Response("ok");
      },
    );
    const client = new Client({ ca: [address.ca, named.ca], require: "hybrid" });
    for (const host of ["127.0.0.1", "localhost"]) {
      const response = await client.get(`https://${host}:${server.port}/`);
      expect(await response.text()).to.equal("ok");
      expect(response.connection.security.authentication).to.equal("hybrid");
    }
    expect(names).to.deep.equal(["", "localhost"]);
    // Under the roots of the other site alone the name gets nobody.
    await using stranger = new Client({ ca: address.ca });
    expect(await rejection(stranger.get(`https://localhost:${server.port}/`))).to.have.property(
      "code",
      "PQQ_ERR_CERT_UNTRUSTED",
    );
    await client.close();
    await server.close({ drainMs: 0 });
  });

  it("answer for no other name with refusal, and the client is told so", async () => {
    const server = await Server.serve(
      {
        port: 0,
        host: ["127.0.0.1", "::1"],
        sites: [{ names: ["a.example.test"], identity: named.identity }],
        unknownServerName: "refuse",
      },
      () => new Response("ok"),
    );
    await using client = new Client({ ca: named.ca });
    expect(await rejection(client.get(`https://localhost:${server.port}/`))).to.have.property(
      "code",
      "PQQ_ERR_SERVER_NAME_UNKNOWN",
    );
    await server.close({ drainMs: 0 });
  });

  it("refuse names that are none, or not in the certificate, before anything starts", async () => {
    const start = (...names: string[]): Promise<unknown> =>
      (async () =>
        Server.serve(
          { port: 0, sites: [{ names, identity: named.identity }] },
          () => new Response(),
        ))();
    for (const name of ["127.0.0.1", "*.com", "a..b", "-a.example", ""]) {
      const error = await rejection(start(name));
      expect(error, name).to.be.instanceOf(ConfigError);
      expect(String(error), name).to.contain("sites.0.names.0");
    }
    expect(String(await rejection(start("elsewhere.test")))).to.contain(
      "elsewhere.test is not in the",
    );
  });
});

describe("keys", () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const cipher = {
    type: "pkcs8",
    format: "pem",
    cipher: "aes-256-cbc",
    passphrase: "sesame",
  } as const;

  it("that are encrypted need their passphrase, which no error shows", async () => {
    const { pqCertPem, pqKeyPem } = testIdentity();
    const key = createPrivateKey(testIdentity().classicalKeyPem).export(cipher);
    const cert = testIdentity().classicalCertPem;
    const start = (passphrase?: string): Promise<unknown> =>
      startService(() => new Response("ok"), {
        server: {
          identity: { cert: pqCertPem, key: pqKeyPem, classical: { cert, key, passphrase } },
        },
      });
    expect(String(await rejection(start()))).to.contain("give the passphrase");
    const error = String(await rejection(start("wrong-secret")));
    expect(error).to.contain("passphrase is wrong").and.not.contain("wrong-secret");
    await using service = (await start("sesame")) as Awaited<ReturnType<typeof startService>>;
    const response = await service.client.get(service.url, { require: "hybrid" });
    expect(response.status).to.equal(200);
  });

  it("of RSA in PKCS#1 are read, and told that they are not the certificate's", async () => {
    const key = privateKey.export({ type: "pkcs1", format: "pem" });
    const cert = testIdentity().classicalCertPem;
    const error = await rejection(
      startService(() => new Response(), { server: { identity: { cert, key } } }),
    );
    expect(String(error)).to.contain("RSA key does not belong to the certificate");
  });
});

describe("server.updateIdentity", () => {
  it("changes what new connections see and leaves those that are there alone", async () => {
    const next = made("127.0.0.1");
    await using service = await startService(() => new Response("ok"));
    await using other = new Client({ ca: [testIdentity().caPem, next.ca], require: "hybrid" });
    await (await service.client.get(service.url)).text();
    await service.server.updateIdentity({ identity: next.identity });
    // The client does not know the new roots: it can only be on its old connection.
    await (await service.client.get(service.url)).text();
    const response = await other.get(service.url);
    expect(await response.text()).to.equal("ok");
    await using fresh = new Client({ ca: testIdentity().caPem });
    expect(await rejection(fresh.get(service.url))).to.have.property(
      "code",
      "PQQ_ERR_CERT_UNTRUSTED",
    );
  });

  it("leaves the old identity in force if the new one is not good", async () => {
    await using service = await startService(() => new Response("ok"));
    const next = made("127.0.0.1");
    const wrong: IdentityUpdate[] = [
      { identity: { certFile: "/nonexistent/cert.pem", keyFile: "/nonexistent/key.pem" } },
      {
        identity: { ...next.identity, ...{ key: testIdentity().pqKeyPem } } as typeof next.identity,
      },
      { sites: [] },
      {} as IdentityUpdate,
    ];
    for (const update of wrong) {
      expect(await rejection(service.server.updateIdentity(update))).to.be.instanceOf(ConfigError);
      await using fresh = new Client({ ca: testIdentity().caPem, require: "hybrid" });
      await (await fresh.get(service.url)).text();
    }
  });

  it("rejects on a server that is closed", async () => {
    const server = await Server.serve(serverOptions(), () => new Response("ok"));
    await server.close({ drainMs: 0 });
    expect(
      await rejection(server.updateIdentity({ identity: made("127.0.0.1").identity })),
    ).to.have.property("code", "PQQ_ERR_STATE");
  });

  it(`is called ${SWAPS} times under load, with several workers, and no request fails`, async function () {
    this.timeout(60_000);
    const identities = [made("127.0.0.1"), made("127.0.0.1"), made("127.0.0.1")];
    const server = await Server.serve(
      { ...serverOptions(), workers: 2, identity: identities[0]?.identity },
      () => new Response("x".repeat(10_000)),
    );
    const ca = identities.map((one) => one.ca);
    const url = `https://127.0.0.1:${server.port}/`;
    await using steady = new Client({ ca, require: "hybrid" });
    let served = 0;
    const get = async (client: Client): Promise<void> => {
      const response = await client.get(url);
      expect(await response.text()).to.have.length(10_000);
      served++;
    };
    const getOnce = async (): Promise<void> => {
      await using client = new Client({ ca, require: "hybrid" });
      await get(client);
    };
    for (let swap = 1; swap <= SWAPS; swap++) {
      const next = identities[swap % identities.length];
      if (next === undefined) throw new Error("no identity");
      await Promise.all([
        server.updateIdentity({ identity: next.identity }),
        get(steady),
        ...Array.from({ length: SERVED_PER_SWAP }, getOnce),
      ]);
    }
    expect(served).to.equal(SWAPS * (SERVED_PER_SWAP + 1));
    expect(server.stats().handshakesFailed).to.equal(0);
    await server.close({ drainMs: 0 });
  });
});
