// SPDX-License-Identifier: MIT
import { X509Certificate } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { dataFolder, devIdentity, devRootFiles } from "../../lib/dev.js";
import { ConfigError, isPqqError } from "../../lib/errors/index.js";

const DAY_MS = 24 * 60 * 60 * 1000;

describe("devIdentity", () => {
  let folder: string;
  let before: string | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pqq-dev-"));
    before = process.env["XDG_DATA_HOME"];
    process.env["XDG_DATA_HOME"] = folder;
  });

  afterEach(() => {
    if (before === undefined) delete process.env["XDG_DATA_HOME"];
    else process.env["XDG_DATA_HOME"] = before;
    rmSync(folder, { recursive: true });
  });

  const mode = (file: string): number => statSync(file).mode & 0o777;
  const leaf = (file: string): X509Certificate => new X509Certificate(readFileSync(file));

  it("makes two certificates, each directly under its own root", () => {
    const dev = devIdentity();
    const { identity } = dev;
    expect(dev.isNew).to.equal(true);
    const classical = leaf(identity.classical.certFile);
    expect(classical.subjectAltName).to.match(
      /DNS:localhost.*IP Address:127\.0\.0\.1.*IP Address:0:0:0:0:0:0:0:1/,
    );
    expect(classical.checkHost("localhost")).to.equal("localhost");
    const roots = readFileSync(dev.caFile, "utf8")
      .split(/(?<=-----END CERTIFICATE-----\n)/)
      .filter((text) => text.includes("BEGIN"))
      .map((text) => new X509Certificate(text));
    expect(roots).to.have.length(2);
    const issuers = roots.filter((root) => classical.checkIssued(root));
    expect(issuers).to.have.length(1);
    expect(classical.verify(issuers[0]!.publicKey)).to.equal(true);
    const pq = leaf(identity.certFile);
    expect(pq.issuer).to.equal(roots.find((root) => root !== issuers[0])?.subject);
    expect(dev.validTo.getTime() - Date.now()).to.be.within(390 * DAY_MS, 398 * DAY_MS);
  });

  it("keeps keys from everybody else", () => {
    const { dir, identity, caFile } = devIdentity();
    expect(mode(dir)).to.equal(0o700);
    expect(mode(identity.keyFile)).to.equal(0o600);
    expect(mode(identity.classical.keyFile)).to.equal(0o600);
    expect(mode(caFile)).to.equal(0o644);
    expect(readFileSync(identity.keyFile, "utf8")).to.include("PRIVATE KEY");
  });

  it("uses again what is good, and leaves nothing else behind", () => {
    const first = devIdentity();
    const again = devIdentity();
    expect(again).to.deep.equal({ ...first, isNew: false });
    expect(readdirSync(join(dataFolder(), "dev"))).to.deep.equal(["balanced"]);
  });

  it("makes a new one when asked to, when a file is missing or broken, and for other names", () => {
    const first = devIdentity();
    const certificate = readFileSync(first.identity.certFile, "utf8");
    expect(devIdentity({ renew: true }).isNew).to.equal(true);
    expect(readFileSync(first.identity.certFile, "utf8")).not.to.equal(certificate);
    rmSync(first.identity.keyFile);
    expect(devIdentity().isNew).to.equal(true);
    writeFileSync(first.identity.classical.certFile, "broken");
    expect(devIdentity().isNew).to.equal(true);
    expect(devIdentity().isNew).to.equal(false);
    const named = devIdentity({ names: ["test.internal", "10.1.2.3"] });
    expect(named.dir).not.to.equal(first.dir);
    expect(leaf(named.identity.classical.certFile).checkIP("10.1.2.3")).to.equal("10.1.2.3");
    expect(devIdentity({ names: ["10.1.2.3", "test.internal"] })).to.deep.include({
      isNew: false,
      dir: named.dir,
    });
  });

  it("has stronger certificates for a stronger profile", () => {
    const sizeOf = (profile: "light" | "balanced" | "secure"): number =>
      leaf(devIdentity({ profile }).identity.certFile).raw.length;
    const [light, balanced, secure] = [sizeOf("light"), sizeOf("balanced"), sizeOf("secure")];
    expect(light).to.be.lessThan(balanced);
    expect(balanced).to.be.lessThan(secure);
    expect(devRootFiles().map((file) => file.split("/").at(-2))).to.deep.equal([
      "balanced",
      "light",
      "secure",
    ]);
  });

  it("puts its files into a folder that has others, and leaves those alone", () => {
    const dir = join(folder, "mine");
    mkdirSync(dir);
    writeFileSync(join(dir, "other.txt"), "x");
    const dev = devIdentity({ dir });
    expect(dev.dir).to.equal(dir);
    expect(existsSync(join(dir, "other.txt"))).to.equal(true);
    expect(mode(dev.identity.keyFile)).to.equal(0o600);
    expect(readdirSync(folder)).to.deep.equal(["mine"]);
  });

  it("says what is wrong with a folder, a profile, a name", () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    expect(() => devIdentity({ dir: join(file, "x") })).to.throw(
      ConfigError,
      /dir: expected a folder to write to/,
    );
    expect(() => devIdentity({ profile: "fast" as never })).to.throw(
      ConfigError,
      /light, balanced or secure.*fast/,
    );
    for (const names of [[], ["a b"], [""], ["x".repeat(300)]]) {
      expect(() => devIdentity({ names }))
        .to.throw(Error)
        .that.satisfies(isPqqError);
    }
  });
});

describe("dataFolder", () => {
  it("ignores a relative XDG_DATA_HOME, as its specification wants", function () {
    if (process.platform !== "linux") this.skip();
    const before = process.env["XDG_DATA_HOME"];
    process.env["XDG_DATA_HOME"] = "relative";
    try {
      expect(dataFolder()).to.match(/^\/.*\.local\/share\/velo-pqq$/);
    } finally {
      if (before === undefined) delete process.env["XDG_DATA_HOME"];
      else process.env["XDG_DATA_HOME"] = before;
    }
  });
});
