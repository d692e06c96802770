// SPDX-License-Identifier: MIT
// curl with ngtcp2, nghttp3 and OpenSSL: the ML-DSA-65 certificate over HTTP/3.
import { expect } from "chai";
import { readFileSync } from "node:fs";
import type { Security } from "../../lib/index.js";
import type { Output } from "./peers.js";
import { report } from "./report.js";
import {
  Site,
  describeClient,
  execute,
  sha256,
  siteFile,
  sitePaths,
  streamBytes,
  streamHash,
} from "./support.js";

/** The line in which curl says what was negotiated: cipher, group, certificate. */
const negotiatedLine = /SSL connection using TLSv1\.3 \/ (\S+) \/ (\S+) \/ (\S+)/;

describeClient("curl", (chroot, folder, site) => {
  const [version] = /^curl \S+/.exec(chroot.run("curl", "--version").stdout)!;

  function curl(...args: string[]): Promise<Output> {
    const always = ["--http3-only", "--silent", "--show-error", "--cacert", `${folder}/ca.pem`];
    return execute(chroot.command("curl", ...always, ...args));
  }

  it("negotiates X25519MLKEM768 and verifies the ML-DSA-65 certificate", async () => {
    const { status, stdout, stderr } = await curl("--verbose", site().url("/api/connection"));
    expect(status, stderr).to.equal(0);
    const [, , group, certificate] = negotiatedLine.exec(stderr)!;
    expect(group).to.equal("X25519MLKEM768");
    expect(certificate).to.equal("id-ml-dsa-65");
    expect(stderr).to.match(/level 0: Public key type ML-DSA-65 .*signed using ML-DSA-65/);
    const { security } = JSON.parse(stdout) as { security: Security };
    const { alpn, group: served, signature } = security;
    expect([alpn, served, signature]).to.deep.equal(["h3", "X25519MLKEM768", "ML-DSA-65"]);
  });

  it("fetches every file of the site unchanged", async () => {
    const paths = sitePaths();
    expect(paths).to.include("/index.html");
    for (const path of paths) {
      const output = `${folder}/file`;
      const told = ["--output", output, "--write-out", "%{http_code} %{http_version}"];
      const { status, stdout, stderr } = await curl(...told, site().url(path));
      expect(status, `${path}: ${stderr}`).to.equal(0);
      expect(stdout, path).to.equal("200 3");
      expect(sha256(chroot.read(output)), path).to.equal(sha256(siteFile(path)));
    }
  });

  it("fetches a body far larger than the flow-control windows", async () => {
    const output = `${folder}/stream`;
    const { status, stderr } = await curl("--output", output, site().url("/stream"));
    expect(status, stderr).to.equal(0);
    const body = chroot.read(output);
    expect(body.length).to.equal(streamBytes);
    expect(sha256(body)).to.equal(streamHash());
    report({ peer: version, role: "client", ...site().last(), result: "site, 24 MiB body" });
  });

  it("uploads a body and gets it back", async () => {
    const sent = site().dev.caFile;
    const upload = ["--data-binary", `@${folder}/ca.pem`, site().url("/echo")];
    const { status, stdout, stderr } = await curl(...upload);
    expect(status, stderr).to.equal(0);
    expect(stdout).to.equal(readFileSync(sent, "utf8"));
  });

  it("falls back to X25519 and ECDSA when it has neither ML-KEM nor ML-DSA", async () => {
    const classical = ["--curves", "X25519", "--sigalgs", "ecdsa_secp256r1_sha256"];
    const { status, stderr } = await curl("--verbose", ...classical, site().url("/api/connection"));
    expect(status, stderr).to.equal(0);
    const [, , group, certificate] = negotiatedLine.exec(stderr)!;
    expect(group!.toUpperCase()).to.equal("X25519");
    expect(certificate).to.equal("id-ecPublicKey");
    expect(site().last()).to.include({ group: "X25519", signature: "ecdsa_secp256r1_sha256" });
    report({ peer: `${version}, classical`, role: "client", ...site().last(), result: "fallback" });
  });

  it("is asked again for X25519MLKEM768 when it sends a share for X25519 only", async () => {
    const shares = ["--curves", "*X25519:X25519MLKEM768"]; // the star marks what gets a key share
    const { status, stderr } = await curl("--verbose", ...shares, site().url("/api/connection"));
    expect(status, stderr).to.equal(0);
    expect(negotiatedLine.exec(stderr)![2]).to.equal("X25519MLKEM768");
    expect(site().last()).to.include({ group: "X25519MLKEM768" });
  });

  it("is refused when it has no group that the server takes", async () => {
    await using strict = await Site.start(["X25519MLKEM768"]);
    chroot.copy(strict.dev.caFile, `${folder}/strict.pem`);
    const trust = ["--cacert", `${folder}/strict.pem`];
    const refused = await curl(...trust, "--curves", "X25519", strict.url("/api/connection"));
    expect(refused.status, refused.stdout).to.not.equal(0);
    const served = await curl(...trust, strict.url("/api/connection"));
    expect(served.status, served.stderr).to.equal(0);
    expect(strict.requests.map(({ group }) => group)).to.deep.equal(["X25519MLKEM768"]);
  });
});
