// SPDX-License-Identifier: MIT
// aioquic (Python, its own QUIC and TLS 1.3): a client without any post-quantum algorithm.
import { expect } from "chai";
import { join } from "node:path";
import { report } from "./report.js";
import { describeClient, execute, sha256, siteFile, streamBytes, streamHash } from "./support.js";

const script = join(process.cwd(), "test", "interop", "aioquic_get.py");

describeClient("aioquic", (chroot, folder, site) => {
  before(() => {
    chroot.copy(script, `${folder}/get.py`);
  });

  it("gets X25519 and the ECDSA certificate, and the site unchanged", async () => {
    const urls = ["/index.html", "/stream"].map((path) => site().url(path));
    const args = [`${folder}/get.py`, `${folder}/ca.pem`, ...urls];
    const { status, stdout, stderr } = await execute(chroot.command("python3", ...args));
    expect(status, stderr).to.equal(0);
    const page = siteFile("/index.html");
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).to.deep.equal([
      { status: 200, bytes: page.length, sha256: sha256(page) },
      { status: 200, bytes: streamBytes, sha256: streamHash() },
    ]);
    expect(site().last()).to.include({ group: "X25519", signature: "ecdsa_secp256r1_sha256" });
    const printVersion = "import aioquic; print(aioquic.__version__)";
    const version = chroot.run("python3", "-c", printVersion).stdout.trim();
    report({
      peer: `aioquic ${version}`,
      role: "client",
      ...site().last(),
      result: "page, 24 MiB body",
    });
  });
});
