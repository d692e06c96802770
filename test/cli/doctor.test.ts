// SPDX-License-Identifier: MIT
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import type { FlightReport } from "../../lib/index.js";
import { build, Sandbox, SITE } from "./support.js";

interface Answer extends FlightReport {
  readonly event: string;
  readonly of: string;
  readonly fits: boolean;
  readonly helps: readonly {
    readonly what: string;
    readonly savesBytes: number;
    readonly roundTrips: number;
  }[];
  readonly measured?: Record<"without" | "with", Measured>;
}

interface Measured {
  readonly roundTrips: { readonly tls: number; readonly verified: number };
  readonly repeats: number;
  readonly received: { readonly bytes: number };
}

describe("pqq doctor", () => {
  let sandbox: Sandbox;
  before(build);
  before(async () => {
    sandbox = new Sandbox();
    for (const profile of ["balanced", "light"]) {
      const out = sandbox.path(profile);
      await sandbox.run("cert", "dev", "--profile", profile, "--out", out);
    }
  });
  after(() => {
    sandbox.remove();
  });

  const files = (profile: string): string[] =>
    ["cert", "key", "classical-cert", "classical-key"].flatMap((name) => [
      `--${name}`,
      sandbox.path(profile, `${name.replace(/^(cert|key)$/, "pq-$1")}.pem`),
    ]);

  async function ask(...args: string[]): Promise<Answer> {
    const { status, stdout, stderr } = await sandbox.run("doctor", ...args, "--json");
    expect(status, stderr).to.equal(0);
    expect(stdout.split("\n")).to.have.length(2);
    return JSON.parse(stdout) as Answer;
  }

  it("shows the parts of a configuration's flight, the limits and the round trips", async () => {
    const { status, stdout, stderr } = await sandbox.run("doctor", ...files("balanced"));
    expect(status, stderr).to.equal(0);
    for (const text of [
      "velocity/1, datagrams of 1,200 bytes",
      "ServerHello",
      "CertificateVerify    3,317",
      "authenticator",
      "three times     7,200",
      "with repeats    14,400, fits: with 2 copies of them",
      "initial window  12,000, fits",
      "without repeats  TLS in 2, both identities verified in 2",
      "with repeats     TLS in 1, both identities verified in 1",
      "What helps",
    ]) {
      expect(stdout).to.include(text);
    }
  });

  it("adds up as JSON, whose keys are stable", async () => {
    const answer = await ask(...files("balanced"));
    expect(answer).to.include({ event: "flight", of: "configuration", fits: true });
    expect(answer.kind).to.equal("velocity/1");
    const sizes = Object.values(answer.parts) as number[];
    const sum = sizes.reduce((all, bytes) => all + bytes, 0);
    expect(sum).to.equal(answer.total.bytes);
    expect(answer).to.have.keys(
      ...["event", "of", "fits", "kind", "datagramBytes", "parts", "certificate", "tls", "total"],
      ...["authenticatorCertificateBytes", "client", "limitBytes", "windowBytes", "roundTrips"],
      ...["repeats", "advice", "helps"],
    );
    expect(answer.helps.map(({ what }) => what)).to.deep.equal([
      "repeats",
      "compression",
      "token",
      "resumption",
    ]);
  });

  it("says what a chain that is too long costs, in bytes and round trips", async () => {
    const roots = readFileSync(sandbox.path("balanced", "ca.pem"), "utf8");
    const leaf = readFileSync(sandbox.path("balanced", "pq-cert.pem"), "utf8");
    const pqRoot = roots.slice(0, roots.indexOf("-----END CERTIFICATE-----") + 26);
    const chain = sandbox.path("chain.pem");
    writeFileSync(chain, `${leaf.trimEnd()}\n${pqRoot}`);
    const [, , key, keyFile = ""] = files("balanced");
    const answer = await ask("--cert", chain, key ?? "", keyFile);
    expect(answer.fits).to.equal(false);
    expect(answer.certificate.count).to.equal(2);
    expect(answer.advice?.kind).to.equal("root-direct");
    const direct = answer.helps.find(({ what }) => what === "root-direct");
    expect(direct?.roundTrips).to.equal(1);
    expect(direct?.savesBytes).to.be.greaterThan(5000).and.equal(answer.advice?.savesBytes);

    const served = await sandbox.serve(SITE, "--cert", chain, key ?? "", keyFile);
    process.kill(served.pid, "SIGTERM");
    expect((await served.run.ended).stderr)
      .to.include("would save")
      .and.include("pqq doctor");
  });

  it("knows when nothing helps: the flight of secure is more than the initial window", async () => {
    const { status, stdout } = await sandbox.run("doctor", "--profile", "secure");
    expect(status).to.equal(0);
    expect(stdout).to.match(
      /repeats +cannot help: 1\d,\d{3} bytes are more than the initial window/,
    );
  });

  it("measures a server that runs, without and with repeats, and had predicted both", async () => {
    const served = await sandbox.serve(SITE);
    for (const [args, kind] of [
      [[], "velocity/1"],
      [["--alpn", "h3"], "h3 with ML-DSA"],
    ] as const) {
      const answer = await ask(served.url, ...args);
      expect(answer).to.include({ of: "server", kind, fits: true });
      const { measured } = answer;
      expect(measured?.without).to.deep.include({ roundTrips: answer.roundTrips, repeats: 0 });
      expect(measured?.with).to.deep.include({
        roundTrips: answer.repeats.roundTrips,
        repeats: answer.repeats.count,
      });
      expect(measured?.with.received.bytes).to.be.closeTo(answer.total.bytes, 64);
    }
    const { stdout } = await sandbox.run("doctor", served.url);
    expect(stdout).to.match(/without repeats {2}2 round trips \(predicted 2\)/);
    expect(stdout).to.match(/with repeats {5}1 round trip \(predicted 1\)/);
    process.kill(served.pid, "SIGTERM");
    await served.run.ended;
  });

  it("refuses what pqq serve would refuse, with the same code", async () => {
    const weak = await sandbox.run("doctor", ...files("light"), "--profile", "secure", "--json");
    expect(weak.status).to.equal(2);
    expect(JSON.parse(weak.stdout)).to.include({ code: "PQQ_ERR_PROFILE_IDENTITY", exitCode: 2 });
    const missing = await sandbox.run("doctor", "--cert", "nowhere.pem", "--key", "nowhere.key");
    expect(missing.status).to.equal(2);
    expect(missing.stderr).to.include("nowhere.pem");
  });

  it("takes a URL or certificates, not both", async () => {
    const { status, stderr } = await sandbox.run(
      "doctor",
      "https://localhost:1/",
      ...files("balanced"),
    );
    expect(status).to.equal(2);
    expect(stderr).to.include("not both");
  });

  it("exits with 3 when nobody answers", async () => {
    const args = ["https://localhost:1/", "--timeout", "300"];
    expect((await sandbox.run("doctor", ...args)).status).to.equal(3);
  });
});
