// SPDX-License-Identifier: MIT
// Connections made of texts as native/addon/event_text.cc writes them.
import { expect } from "chai";
import { PeerConnection } from "../../lib/connection.js";

const PQ = ["ML-DSA-65", "ML-DSA-65", "5563"];
const CLASSICAL = ["ECDSA P-256", "ECDSA SHA-256", "420"];

interface Facts {
  readonly isServer?: boolean;
  readonly alpn?: string;
  readonly hybrid?: number;
  readonly pq?: number;
  readonly authentication?: number;
  readonly classicalSignature?: string;
  readonly downgrade?: string;
  readonly clientAuthentication?: number;
  readonly chains?: readonly (readonly string[])[];
  readonly leaves?: readonly [string, string];
}

function connection(facts: Facts): PeerConnection {
  const [pq = [], classical = [], clientPq = [], clientClassical = []] = facts.chains ?? [PQ];
  const count = (chain: readonly string[]): string => String(chain.length / 3);
  const [leaf, classicalLeaf] = facts.leaves ?? ["", ""];
  const fields = [
    facts.isServer ? 1 : 0,
    ...["127.0.0.1", 4433, "::1", 5000, 1, facts.alpn ?? "h3", "localhost"],
    ...["X25519MLKEM768", "TLS_AES_128_GCM_SHA256", "ML-DSA-65", facts.hybrid ?? 1],
    ...[facts.authentication ?? 2, "balanced", "because", 4_100_000, 2, 10, 20, 3, 4],
    ...[facts.pq ?? 1, facts.classicalSignature ?? "", facts.downgrade ?? ""],
    ...[facts.clientAuthentication ?? 0, 86400, 1, 5, 2, 5572, 5550, 100, 2],
    ...[count(pq), ...pq, count(classical), ...classical],
    ...[count(clientPq), ...clientPq, leaf, count(clientClassical), ...clientClassical],
    classicalLeaf,
  ];
  return new PeerConnection(undefined as never, 1, 2, fields.join("\0"));
}

it("a connection says how the client's address was validated", () => {
  expect(connection({}).addressValidation).to.equal("token");
});

describe("security of a connection", () => {
  it("on h3 has one certificate and no client", () => {
    expect(connection({}).security).to.deep.equal({
      alpn: "h3",
      group: "X25519MLKEM768",
      cipher: "TLS_AES_128_GCM_SHA256",
      signature: "ML-DSA-65",
      hybrid: true,
      classicalSignature: null,
      authentication: "pq",
      profile: "balanced",
      certificates: [
        {
          role: "pq",
          algorithm: "ML-DSA-65",
          bytes: 5563,
          chain: [{ algorithm: "ML-DSA-65", signedWith: "ML-DSA-65", bytes: 5563 }],
        },
      ],
      downgrade: null,
      client: null,
      pinLifetimeS: 86400,
    });
  });

  it("on velocity/1 has both proofs", () => {
    const { security } = connection({
      alpn: "velocity/1",
      authentication: 3,
      classicalSignature: "ecdsa_secp256r1_sha256",
      chains: [PQ, [...CLASSICAL, ...CLASSICAL]],
    });
    expect(security).to.include({
      authentication: "hybrid",
      classicalSignature: "ecdsa_secp256r1_sha256",
    });
    expect(security.certificates.map(({ role, bytes }) => [role, bytes])).to.deep.equal([
      ["pq", 5563],
      ["classical", 840],
    ]);
  });

  it("says why it is less than it could be, and on a client that this is a claim", () => {
    const downgrade = "no_hybrid_cert";
    expect(connection({ downgrade }).security.downgrade).to.deep.equal({
      from: "velocity/1",
      to: "h3",
      reason: downgrade,
      claimed: true,
    });
    expect(connection({ downgrade, isServer: true }).security.downgrade).to.include({
      claimed: false,
    });
  });

  it("on a server has the certificates that the client has proven", () => {
    const leaf = Buffer.from([0x30, 0x00, 0xff]);
    const { client } = connection({
      isServer: true,
      clientAuthentication: 3,
      chains: [PQ, CLASSICAL, PQ, CLASSICAL],
      leaves: [leaf.toString("base64"), Buffer.from("x").toString("base64")],
    }).security;
    expect(client?.authentication).to.equal("hybrid");
    expect(client?.certificates.map(({ role }) => role)).to.deep.equal(["pq", "classical"]);
    expect(client?.certificates.map((one) => Buffer.from(one.leaf))).to.deep.equal([
      leaf,
      Buffer.from("x"),
    ]);
  });

  it("leaves the certificates of clients out of its JSON text", () => {
    const { client } = connection({
      isServer: true,
      clientAuthentication: 2,
      chains: [PQ, CLASSICAL, PQ],
      leaves: ["AAEC", ""],
    }).security;
    expect(JSON.stringify(client)).to.include('"role":"pq"').and.not.to.include("leaf");
  });

  it("takes a client with a classical identity alone", () => {
    const { client } = connection({
      isServer: true,
      clientAuthentication: 1,
      chains: [PQ, CLASSICAL, [], CLASSICAL],
      leaves: ["", "AAEC"],
    }).security;
    expect(client?.authentication).to.equal("classical");
    expect(client?.certificates).to.have.length(1);
    expect([...(client?.certificates[0]?.leaf ?? [])]).to.deep.equal([0, 1, 2]);
  });

  for (const [what, facts, level] of [
    ["h3 with a classical group", { hybrid: 0, pq: 0, authentication: 1 }, [1, 1]],
    ["h3 with ML-KEM alone", { hybrid: 0, pq: 1, authentication: 2 }, [2, 2]],
    ["velocity/1", { authentication: 3 }, [3, 3]],
    ["a server that has proven nothing", { authentication: 0 }, [3, 1]],
  ] as const) {
    it(`has a level: ${what}`, () => {
      const { keyExchange, authentication } = connection(facts).level;
      expect([keyExchange, authentication]).to.deep.equal(level);
    });
  }

  it("counts the handshake to the end of TLS and to the end of all proofs", () => {
    expect(connection({}).handshake).to.deep.equal({
      roundTrips: 2,
      tlsRoundTrips: 1,
      ms: 4.1,
      bytesSent: 10,
      bytesReceived: 20,
      datagramsSent: 3,
      datagramsReceived: 4,
      firstFlightRepeats: 5,
      certificateCompression: "brotli",
      certificateBytes: 5572,
      certificateWireBytes: 5550,
    });
  });
});
