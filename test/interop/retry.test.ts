// SPDX-License-Identifier: MIT
// Clients that were not made here, and a server of ours that asks each for a token first (RFC 9000 section 8.1.2).
import { expect } from "chai";
import { join } from "node:path";
import { go } from "./go.js";
import { passed } from "./report.js";
import { Site, describeClient, describePeer, execute, siteFile } from "./support.js";
import type { Output } from "./peers.js";

const page = siteFile("/index.html").toString();

/** A server that sends a Retry to everybody, for one client that has to come back with its token. */
async function withRetry(client: (site: Site) => Promise<Output>): Promise<Output> {
  await using site = await Site.start(undefined, { retry: "always" });
  const output = await client(site);
  expect(output.status, output.stderr).to.equal(0);
  expect(site.stats().retriesSent).to.be.greaterThan(0);
  return output;
}

describePeer("quic-go and a Retry", go, (peer) => {
  it("comes back with the token", async () => {
    const { stdout } = await withRetry((site) => {
      const options = ["-ca", site.dev.caFile, "-origin", site.url("/").slice(0, -1)];
      return execute(peer.command("fetch", ...options));
    });
    expect(stdout).to.include('"did":"many streams","good":500');
    passed(peer.name, "client", "Retry");
  });
});

describeClient("a Retry", (chroot, folder) => {
  const ca = `${folder}/retry.pem`;

  it("brings curl back with the token", async () => {
    const { stdout } = await withRetry((site) => {
      chroot.copy(site.dev.caFile, ca);
      const always = ["--http3-only", "--silent", "--show-error", "--cacert", ca];
      return execute(chroot.command("curl", ...always, site.url("/index.html")));
    });
    expect(stdout).to.equal(page);
    const [version] = /^curl \S+/.exec(chroot.run("curl", "--version").stdout)!;
    passed(version, "client", "Retry");
  });

  it("brings aioquic back with the token", async () => {
    chroot.copy(join(process.cwd(), "test", "interop", "aioquic_get.py"), `${folder}/get.py`);
    const { stdout } = await withRetry((site) => {
      chroot.copy(site.dev.caFile, ca);
      return execute(chroot.command("python3", `${folder}/get.py`, ca, site.url("/index.html")));
    });
    expect(JSON.parse(stdout)).to.include({ status: 200, bytes: Buffer.byteLength(page) });
    const printVersion = "import aioquic; print(aioquic.__version__)";
    const version = chroot.run("python3", "-c", printVersion).stdout.trim();
    passed(`aioquic ${version}`, "client", "Retry");
  });
});
