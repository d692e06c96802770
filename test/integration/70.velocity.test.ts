// SPDX-License-Identifier: MIT
// Profiles, velocity/1 and what connections fall back to, as programs see them.
import { expect } from "chai";
import { Client, Response, Server, type ClientOptions, type Security } from "../../lib/index.js";
import { loadNative } from "../../lib/internal/load.js";
import { counted, startService, testIdentity, type Service } from "../helpers/service.js";

/** A service whose handler keeps what the server knows of the connection. */
async function observed(
  options: Parameters<typeof startService>[1] = {},
): Promise<Service & { readonly seen: readonly Security[] }> {
  const seen: Security[] = [];
  const service = await startService((_request, { connection }) => {
    seen.push(connection.security);
    return new Response("ok");
  }, options);
  return Object.assign(service, { seen });
}

describe("velocity/1", () => {
  it("is what two ends with both identities speak, and both say the same of it", async () => {
    await using service = await observed();
    const { security, handshake } = (await service.client.get(service.url)).connection;
    expect(security).to.include({
      alpn: "velocity/1",
      group: "X25519MLKEM768",
      cipher: "TLS_AES_128_GCM_SHA256",
      signature: "ML-DSA-65",
      classicalSignature: "ecdsa_secp256r1_sha256",
      hybrid: true,
      authentication: "hybrid",
      profile: "balanced",
      downgrade: null,
      client: null,
      pinLifetimeS: 0,
    });
    expect(security.certificates.map(({ role, algorithm }) => [role, algorithm])).to.deep.equal([
      ["pq", "ML-DSA-65"],
      ["classical", "ECDSA P-256"],
    ]);
    expect(service.seen).to.deep.equal([security]);
    expect(handshake.tlsRoundTrips).to.be.within(1, handshake.roundTrips);
    expect(await counted(service.server, "handshakesVelocity", 1)).to.equal(1);
    expect(service.server.stats().handshakesDowngraded).to.equal(0);
  });

  const PROFILES = [
    ["light", 1, "X25519MLKEM768", "ML-DSA-44", "ecdsa_secp256r1_sha256"],
    ["secure", 3, "SecP384r1MLKEM1024", "ML-DSA-87", "ecdsa_secp384r1_sha384"],
  ] as const;
  for (const [profile, number, group, signature, classicalSignature] of PROFILES) {
    it(`has the algorithms of the profile ${profile}`, async () => {
      const dev = loadNative().devIdentity(number, ["127.0.0.1"], 2);
      const identity = {
        cert: dev.pqCertPem,
        key: dev.pqKeyPem,
        classical: { cert: dev.classicalCertPem, key: dev.classicalKeyPem },
      };
      await using service = await startService(() => new Response("ok"), {
        server: { profile, identity },
        client: { profile, ca: dev.caPem },
      });
      const { security } = (await service.client.get(service.url)).connection;
      expect(security).to.include({ profile, group, signature, classicalSignature });
      expect(security.authentication).to.equal("hybrid");
    });
  }

  it("takes the first profile of the client that the server has", async () => {
    await using service = await observed({ client: { profiles: ["secure", "balanced"] } });
    const { security } = (await service.client.get(service.url)).connection;
    expect(security).to.include({ alpn: "velocity/1", profile: "balanced" });
    expect(service.seen[0]?.profile).to.equal("balanced");
  });

  it("can be had with a profile of one's own on both ends", async () => {
    const profile = {
      groups: ["MLKEM768"],
      ciphers: ["TLS_CHACHA20_POLY1305_SHA256"],
      signatureSchemes: ["ML-DSA-65", "ecdsa_secp256r1_sha256"],
    } as const;
    await using service = await startService(() => new Response("ok"), {
      server: { profile },
      client: { profile },
    });
    const { security } = (await service.client.get(service.url)).connection;
    expect(security).to.include({
      alpn: "velocity/1",
      profile: "custom",
      group: "MLKEM768",
      cipher: "TLS_CHACHA20_POLY1305_SHA256",
      hybrid: false,
      authentication: "hybrid",
    });
  });
});

describe("the first flight", () => {
  it("makes room for what the origin has sent the last time", async () => {
    const dev = loadNative().devIdentity(3, ["127.0.0.1"], 2);
    const identity = {
      cert: dev.pqCertPem,
      key: dev.pqKeyPem,
      classical: { cert: dev.classicalCertPem, key: dev.classicalKeyPem },
    };
    const options = { host: "127.0.0.1", profile: "secure", identity } as const;
    const first = await Server.serve({ ...options, port: 0 }, () => new Response("ok"));
    const { port } = first;
    const url = `https://127.0.0.1:${port}/`;
    await using client = new Client({ profile: "secure", ca: dev.caPem });
    await using careless = new Client({
      profile: "secure",
      ca: dev.caPem,
      firstFlightRepeat: false,
    });
    const before = (await client.get(url)).connection.handshake;
    await careless.get(url);
    await first.close({ drainMs: 0 });
    await using second = await Server.serve({ ...options, port }, () => new Response("ok"));
    const after = (await client.get(url)).connection.handshake;
    // Three times what was sent has to hold the flight, in datagrams of 1,200 bytes, of which there are six at most.
    const wanted = Math.min(Math.ceil(before.bytesReceived / 3 / 1200), 6);
    expect(after.firstFlightRepeats).to.be.within(1, wanted - 1);
    expect(after.firstFlightRepeats).to.be.at.least(before.firstFlightRepeats);
    expect((await careless.get(url)).connection.handshake.firstFlightRepeats).to.equal(0);
    expect(second.stats().handshakesFailed).to.equal(0);
  });
});

describe("a downgrade", () => {
  const { pqCertPem, pqKeyPem } = testIdentity();
  const CASES: [reason: string, options: NonNullable<Parameters<typeof startService>[1]>][] = [
    ["policy_disabled", { server: { velocity: false } }],
    ["no_hybrid_cert", { server: { identity: { cert: pqCertPem, key: pqKeyPem } } }],
    ["client_profile_unsupported", { client: { profile: "light" } }],
  ];
  for (const [reason, options] of CASES) {
    // spec: FS-10
    it(`has the reason ${reason}, which is a claim on the client only`, async () => {
      await using service = await observed(options);
      const { security } = (await service.client.get(service.url)).connection;
      const downgrade = { from: "velocity/1", to: "h3", reason } as const;
      expect(security.alpn).to.equal("h3");
      expect(security.downgrade).to.deep.equal({ ...downgrade, claimed: true });
      expect(service.seen[0]?.downgrade).to.deep.equal({ ...downgrade, claimed: false });
      expect(await counted(service.server, "handshakesDowngraded", 1)).to.equal(1);
    });
  }

  it("is none where the client does not offer velocity/1", async () => {
    await using service = await observed({ client: { velocity: false } });
    const { security } = (await service.client.get(service.url)).connection;
    expect(security).to.include({ alpn: "h3", authentication: "pq", downgrade: null });
    expect(service.seen[0]?.downgrade).to.equal(null);
  });

  it("is none where the client could not judge both identities", async () => {
    const { caPem } = testIdentity();
    const end = "-----END CERTIFICATE-----\n";
    const [pqRoot = ""] = caPem.split(end).map((text) => text + end);
    await using service = await startService(() => new Response("ok"), { client: { ca: pqRoot } });
    const { security } = (await service.client.get(service.url)).connection;
    expect(security).to.include({ alpn: "h3", authentication: "pq", downgrade: null });
  });
});

describe("pqOnH3", () => {
  const PQ: Pick<ClientOptions, "velocity"> = { velocity: false };
  for (const [pqOnH3, authentication] of [
    ["always", "pq"],
    ["never", "classical"],
    ["auto", "pq"],
  ] as const) {
    it(`${pqOnH3} gives clients on h3 the ${authentication} certificate`, async () => {
      const { pqCertPem, pqKeyPem, classicalCertPem, classicalKeyPem } = testIdentity();
      const classical = { cert: classicalCertPem, key: classicalKeyPem };
      await using service = await startService(() => new Response("ok"), {
        server: { identity: { cert: pqCertPem, key: pqKeyPem, classical, pqOnH3 } },
        client: PQ,
      });
      const { security } = (await service.client.get(service.url)).connection;
      expect(security).to.include({ alpn: "h3", authentication });
    });
  }
});

describe("a configuration that cannot be had", () => {
  it("is refused when the client is made, with the option", () => {
    const end = "-----END CERTIFICATE-----\n";
    const [pqRoot = ""] = testIdentity()
      .caPem.split(end)
      .map((text) => text + end);
    expect(() => new Client({ ca: pqRoot, require: "hybrid" }))
      .to.throw(/classical/)
      .that.includes({ name: "ConfigError", code: "PQQ_ERR_POLICY_CONFIG", path: "require" });
  });

  it("is an identity that is weaker than the profile", async () => {
    let error: unknown;
    try {
      await startService(() => new Response("ok"), { server: { profile: "secure" } });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).to.include({
      name: "ConfigError",
      code: "PQQ_ERR_PROFILE_IDENTITY",
      path: "profile",
    });
    expect((error as Error).message).to.include("ML-DSA-65");
  });
});
