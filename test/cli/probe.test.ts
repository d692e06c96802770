// SPDX-License-Identifier: MIT
import { readFileSync, statSync } from "node:fs";
import { expect } from "chai";
import { build, Sandbox, SITE, type Served } from "./support.js";

describe("pqq probe", () => {
  let sandbox: Sandbox;
  let served: Served;
  before(build);
  before(async () => {
    sandbox = new Sandbox();
    served = await sandbox.serve(SITE);
  });
  after(() => {
    sandbox.remove();
  });

  it("prints what was negotiated as JSON with stable keys", async () => {
    const { status, stdout } = await sandbox.run("probe", served.url, "--json");
    expect(status).to.equal(0);
    expect(stdout.split("\n")).to.have.length(2);
    const facts = JSON.parse(stdout) as Record<string, unknown>;
    const { certificates, handshake, ...rest } = facts;
    expect(rest).to.deep.equal({
      alpn: "velocity/1",
      quicVersion: 1,
      group: "X25519MLKEM768",
      cipher: "TLS_AES_128_GCM_SHA256",
      signature: "ML-DSA-65",
      classicalSignature: "ecdsa_secp256r1_sha256",
      hybrid: true,
      authentication: "hybrid",
      profile: "balanced",
      clientAuthentication: null,
      pinLifetimeS: 0,
      resumed: false,
      earlyData: false,
      ech: false,
      downgrade: null,
    });
    expect(handshake).to.have.keys(
      "roundTrips",
      "tlsRoundTrips",
      "ms",
      "bytesSent",
      "bytesReceived",
      "datagramsSent",
      "datagramsReceived",
      "firstFlightRepeats",
      "certificateCompression",
      "certificateBytes",
      "certificateWireBytes",
    );
    interface Proof {
      role: string;
      algorithm: string;
      bytes: number;
      chain: object[];
    }
    const [proof, classical] = certificates as [Proof, Proof];
    expect(certificates).to.have.length(2);
    expect(classical).to.include({ role: "classical", algorithm: "ECDSA P-256" });
    expect(proof).to.include({ role: "pq", algorithm: "ML-DSA-65" });
    expect(proof.chain).to.deep.equal([
      { algorithm: "ML-DSA-65", signedWith: "ML-DSA-65", bytes: proof.bytes },
    ]);
    // Neither an ML-DSA-65 key and signature nor an ML-KEM-768 ciphertext can be smaller.
    expect(proof.bytes).to.be.greaterThan(1952 + 3309);
    expect((handshake as { bytesReceived: number }).bytesReceived).to.be.greaterThan(
      proof.bytes + 3309 + 1088,
    );
  });

  it("prints the same for people", async () => {
    const { status, stdout } = await sandbox.run("probe", served.url);
    expect(status).to.equal(0);
    expect(stdout).to.match(/key exchange\s+X25519MLKEM768 \(hybrid: ECDH and ML-KEM\)/);
    expect(stdout).to.match(/authentication\s+hybrid, ML-DSA-65 and ecdsa_secp256r1_sha256/);
    expect(stdout).to.match(/certificate\s+ML-DSA-65, signed with ML-DSA-65, [\d,]+ bytes/);
    expect(stdout).to.match(/certificate\s+ECDSA P-256, signed with ECDSA SHA-256, [\d,]+ bytes/);
    expect(stdout).not.to.include("downgrade").and.not.to.include("pin ");
    expect(stdout).to.match(/handshake\s+\d+ round trips?, [\d.]+ ms/);
  });

  it("says why a connection is less than it could be", async () => {
    const dev = await sandbox.run("cert", "dev", "--json");
    const { cert, key, ca } = JSON.parse(dev.stdout) as Record<"cert" | "key" | "ca", string>;
    const own = await sandbox.serve(SITE, "--cert", cert, "--key", key);
    const args = ["probe", own.url, "--ca", ca];
    expect(JSON.parse((await sandbox.run(...args, "--json")).stdout)).to.deep.include({
      alpn: "h3",
      authentication: "pq",
      downgrade: { from: "velocity/1", to: "h3", reason: "no_hybrid_cert", claimed: true },
    });
    expect((await sandbox.run(...args)).stdout).to.match(
      /downgrade\s+velocity\/1 to h3: no_hybrid_cert \(the server says\)/,
    );
  });

  it("takes the QUIC version that it is told, and so does serve", async () => {
    const own = await sandbox.serve(SITE, "--quic-version", "2,1");
    const version = async (...args: string[]): Promise<unknown> => {
      const { stdout } = await sandbox.run("probe", own.url, "--json", ...args);
      return (JSON.parse(stdout) as { quicVersion: number }).quicVersion;
    };
    expect(await version()).to.equal(2);
    expect(await version("--quic-version", "1")).to.equal(1);
    const wrong = await sandbox.run("probe", own.url, "--quic-version", "3");
    expect(wrong.status).to.equal(2);
    expect(wrong.stderr).to.include("Expected 1, 2, or both");
  });

  it("does not need a page to be there", async () => {
    expect((await sandbox.run("probe", `${served.url}absent`)).status).to.equal(0);
  });

  for (const [profile, group, signature, cipher] of [
    ["light", "X25519MLKEM768", "ML-DSA-44", "TLS_AES_128_GCM_SHA256"],
    ["secure", "SecP384r1MLKEM1024", "ML-DSA-87", "TLS_AES_256_GCM_SHA384"],
  ] as const) {
    it(`shows the profile ${profile}`, async () => {
      const own = await sandbox.serve(SITE, "--profile", profile);
      const { stdout } = await sandbox.run("probe", own.url, "--profile", profile, "--json");
      expect(JSON.parse(stdout)).to.include({ profile, group, signature, cipher });
    });
  }
});

describe("pqq cert dev", () => {
  let sandbox: Sandbox;
  before(build);
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  interface Made {
    readonly ca: string;
    readonly cert: string;
    readonly key: string;
    readonly classicalCert: string;
    readonly classicalKey: string;
    readonly isNew: boolean;
  }

  async function make(...args: string[]): Promise<Made> {
    const { status, stdout, stderr } = await sandbox.run("cert", "dev", "--json", ...args);
    expect(status, stderr).to.equal(0);
    return JSON.parse(stdout) as Made;
  }

  it("makes roots and certificates that serve and get take", async () => {
    const made = await make("--out", "certs", "--name", "localhost", "--name", "test.localhost");
    expect(made.ca).to.equal(sandbox.path("certs", "ca.pem"));
    for (const key of [made.key, made.classicalKey])
      expect(statSync(key).mode & 0o777).to.equal(0o600);
    const { cert, key, classicalCert, classicalKey } = made;
    const pair = ["--cert", cert, "--key", key];
    const classical = ["--classical-cert", classicalCert, "--classical-key", classicalKey];
    const served = await sandbox.serve(SITE, ...pair, ...classical);
    expect(served.ca).to.equal(null);
    const { status, stdout } = await sandbox.run("get", served.url, "--ca", made.ca);
    expect(status).to.equal(0);
    expect(stdout).to.include("<!doctype html>");
  });

  it("serves with the ECDSA certificate alone", async () => {
    const { ca, classicalCert, classicalKey } = await make();
    const served = await sandbox.serve(SITE, "--cert", classicalCert, "--key", classicalKey);
    const { stdout } = await sandbox.run("probe", served.url, "--ca", ca, "--json");
    expect(JSON.parse(stdout)).to.include({ authentication: "classical", hybrid: true });
  });

  it("refuses a key that is another certificate's", async () => {
    const { cert, classicalKey } = await make();
    const { status, stderr } = await sandbox.run(
      "serve",
      SITE,
      "--cert",
      cert,
      "--key",
      classicalKey,
    );
    expect(status).to.equal(2);
    expect(stderr).to.include("identity.key").and.include("does not belong");
  });

  it("keeps what is good until --renew", async () => {
    const first = await make();
    const text = readFileSync(first.cert, "utf8");
    expect(first.isNew).to.equal(true);
    expect(await make()).to.deep.equal({ ...first, isNew: false });
    expect(readFileSync(first.cert, "utf8")).to.equal(text);
    expect((await make("--renew")).isNew).to.equal(true);
    expect(readFileSync(first.cert, "utf8")).not.to.equal(text);
  });

  it("tells people where everything is", async () => {
    const { status, stdout } = await sandbox.run("cert", "dev");
    expect(status).to.equal(0);
    expect(stdout)
      .to.match(/^Made a development identity\n/)
      .and.include("ca.pem")
      .and.include("for development only");
  });
});
