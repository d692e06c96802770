// SPDX-License-Identifier: MIT
// Headless Chromium (its own QUIC stack and BoringSSL) over the ECDSA certificate: it offers no ML-DSA.
import { expect } from "chai";
import { X509Certificate, createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Security } from "../../lib/index.js";
import { loadPage } from "./chromium.js";
import { browser } from "./peers.js";
import { report } from "./report.js";
import { Site, describePeer, execute } from "./support.js";

describePeer("Chromium", browser, (chromium) => {
  let site: Site;

  before(async () => {
    site = await Site.start();
  });

  after(async () => {
    await site[Symbol.asyncDispose]();
  });

  /** The hash by which Chromium is told to take a certificate whose root it does not know. */
  function keyHash(): string {
    const leaf = new X509Certificate(readFileSync(site.dev.identity.classical.certFile));
    const key = leaf.publicKey.export({ type: "spki", format: "der" });
    return createHash("sha256").update(key).digest("base64");
  }

  const load = (path: string): Promise<string> =>
    loadPage(chromium, site.url(path), [`--ignore-certificate-errors-spki-list=${keyHash()}`]);

  it("loads a page over h3 with X25519MLKEM768", async () => {
    const page = await load("/probe");
    const json = /<pre id="out">(.*)<\/pre>/.exec(page)![1]!;
    const seen = JSON.parse(json) as { protocol: string; security: Security };
    expect(seen.protocol).to.equal("h3");
    expect(seen.security).to.include({
      alpn: "h3",
      group: "X25519MLKEM768",
      signature: "ecdsa_secp256r1_sha256",
    });
  });

  it("loads the site with everything it refers to", async () => {
    const before = site.requests.length;
    await load("/");
    const loaded = site.requests.slice(before);
    expect(loaded.length, "requests").to.be.greaterThan(3);
    expect(new Set(loaded.map(({ group }) => group))).to.deep.equal(new Set(["X25519MLKEM768"]));
    const version = /\S+ [\d.]+/.exec((await execute([chromium, ["--version"]])).stdout)![0];
    report({ peer: version, role: "client", ...site.last(), result: "site" });
  });
});
