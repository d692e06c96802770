// SPDX-License-Identifier: MIT
// Clients that prove who they are, and servers that let in nobody else.
import { X509Certificate } from "node:crypto";
import { expect } from "chai";
import {
  Client,
  Response,
  type ClientIdentity,
  type ClientProof,
  type Requirement,
} from "../../lib/index.js";
import { loadNative } from "../../lib/internal/load.js";
import {
  counted,
  rejection,
  startService,
  testIdentity,
  type Service,
} from "../helpers/service.js";

const PROFILE_BALANCED = 2;
const user = loadNative().devIdentity(PROFILE_BALANCED, ["client.example"], 2);
const pq: ClientIdentity = { cert: user.pqCertPem, key: user.pqKeyPem };
const classical: ClientIdentity = { cert: user.classicalCertPem, key: user.classicalKeyPem };
const both: ClientIdentity = { ...pq, classical };

async function start(
  require: Requirement,
  identity: ClientIdentity | undefined,
  ca = user.caPem,
): Promise<Service & { readonly clients: readonly (ClientProof | null)[] }> {
  const clients: (ClientProof | null)[] = [];
  const service = await startService(
    (_request, { connection }) => {
      clients.push(connection.security.client);
      return new Response("ok");
    },
    { server: { clientAuthentication: { ca, require } }, client: { identity } },
  );
  return Object.assign(service, { clients });
}

describe("a client's identity", () => {
  const TAKEN: [Requirement, string, ClientIdentity, string, string[]][] = [
    ["hybrid", "both", both, "hybrid", ["pq", "classical"]],
    ["pq", "the ML-DSA one", pq, "pq", ["pq"]],
    ["pq", "both", both, "pq", ["pq"]],
    ["any", "the classical one", classical, "classical", ["classical"]],
    ["any", "the ML-DSA one", pq, "pq", ["pq"]],
  ];
  for (const [require, what, identity, authentication, roles] of TAKEN) {
    it(`is taken by a server that requires ${require} if it is ${what}`, async () => {
      await using service = await start(require, identity);
      const response = await service.client.get(service.url);
      expect(await response.text()).to.equal("ok");
      expect(service.clients[0]?.authentication).to.equal(authentication);
      expect(service.clients[0]?.certificates.map(({ role }) => role)).to.deep.equal(roles);
      expect(await counted(service.server, "handshakesVelocity", 1)).to.equal(1);
    });
  }

  it("comes with its certificate, for a handler that wants to know more", async () => {
    await using service = await start("any", classical);
    await service.client.get(service.url);
    const [proof] = service.clients[0]?.certificates ?? [];
    const leaf = new X509Certificate(proof?.leaf ?? "");
    expect(leaf.fingerprint256).to.equal(new X509Certificate(user.classicalCertPem).fingerprint256);
    expect(leaf.checkHost("client.example")).to.equal("client.example");
  });

  it("that is not there is an error of its own, and no handler runs", async () => {
    await using service = await start("any", undefined);
    const error = await rejection(service.client.get(service.url));
    expect(error).to.include({
      name: "HandshakeError",
      code: "PQQ_ERR_POLICY_REFUSED",
      remote: true,
      group: "X25519MLKEM768",
      authentication: "hybrid",
    });
    expect((error as Error).message).to.include("no identity");
    expect(service.clients).to.deep.equal([]);
  });

  for (const [require, what, identity] of [
    ["hybrid", "the ML-DSA one alone", pq],
    ["hybrid", "the classical one alone", classical],
    ["pq", "the classical one", classical],
  ] as const) {
    it(`is refused by a server that requires ${require} if it is ${what}`, async () => {
      await using service = await start(require, identity);
      const error = await rejection(service.client.get(service.url));
      expect(error).to.include({ name: "HandshakeError", code: "PQQ_ERR_POLICY_REFUSED" });
      expect(service.clients).to.deep.equal([]);
    });
  }

  it("under another root is refused, and no handler runs", async () => {
    await using service = await start("any", classical, testIdentity().caPem);
    const error = await rejection(service.client.get(service.url));
    expect(error).to.have.property("name", "HandshakeError");
    expect(service.clients).to.deep.equal([]);
    expect(await counted(service.server, "authenticatorFailures", 1)).to.equal(1);
  });

  it("is not shown to a server that does not ask", async () => {
    const clients: unknown[] = [];
    await using service = await startService(
      (_request, { connection }) => {
        clients.push(connection.security.client);
        return new Response("ok");
      },
      { client: { identity: both } },
    );
    await service.client.get(service.url);
    expect(clients).to.deep.equal([null]);
  });

  it("cannot be proven on h3, which such a server refuses", async () => {
    await using service = await start("any", both);
    await using client = new Client({ ca: testIdentity().caPem, identity: both, velocity: false });
    expect(await rejection(client.get(service.url))).to.have.property("name", "HandshakeError");
    expect(service.clients).to.deep.equal([]);
  });
});
