// SPDX-License-Identifier: MIT
// Clients that were not made here with our server: pages, bodies both ways, hundreds of streams, key updates, QUIC
// version 2. What curl and aioquic negotiate is in tests of their own.
import { expect } from "chai";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { go, keyUpdates, type GoPeer } from "./go.js";
import { inChroot, type Output } from "./peers.js";
import { passed, report } from "./report.js";
import {
  Site,
  describeClient,
  describePeer,
  execute,
  sha256,
  siteFile,
  streamBytes,
  streamHash,
} from "./support.js";

const page = siteFile("/index.html");
const TIMEOUT_MS = 60_000;

function jsonLines({ status, stdout, stderr }: Output): Record<string, unknown>[] {
  expect(status, stderr).to.equal(0);
  const lines = stdout.trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describePeer("quic-go, a client of our server", go, (peer: GoPeer) => {
  let folder: string;
  let site: Site;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "pqq-go-"));
    site = await Site.start();
  });

  after(async () => {
    await site[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  async function fetch(from: Site, ...options: string[]): Promise<Record<string, unknown>[]> {
    const origin = from.url("/").slice(0, -1);
    const always = ["-ca", from.dev.caFile, "-origin", origin];
    const logs = join(folder, `qlog-${options.join("")}`);
    mkdirSync(logs, { recursive: true });
    const command = peer.command("fetch", ...always, ...options);
    return jsonLines(await execute(command, TIMEOUT_MS, { QLOGDIR: logs }));
  }

  it("gets X25519MLKEM768, the ML-DSA-65 certificate, and everything it asks for", async () => {
    const [handshake, ...rest] = await fetch(site);
    expect(handshake).to.deep.equal({
      did: "handshake",
      group: "X25519MLKEM768",
      protocol: "h3",
      certificate: "ML-DSA",
      signedWith: "ML-DSA-65",
      version: "v1",
    });
    expect(rest).to.deep.equal([
      { did: "page", status: 200, bytes: page.length, sha256: sha256(page) },
      { did: "24 MiB down", status: 200, bytes: streamBytes, sha256: streamHash() },
      { did: "HEAD", status: 200, bytes: 0, length: page.length },
      { did: "404", status: 404 },
      { did: "upload", status: 200, same: true },
      { did: "many streams", asked: 500, good: 500 },
    ]);
    const done = [
      "handshake",
      "page",
      "24 MiB down",
      "upload",
      "many streams",
      "HEAD",
      "404",
    ] as const;
    passed(peer.name, "client", ...done);
    report({ peer: peer.name, role: "client", ...site.last(), result: "as below" });
  });

  it("changes keys, and our server goes along", () => {
    expect(keyUpdates(join(folder, "qlog-"))).to.include("local_update");
    passed(peer.name, "client", "key update");
  });

  it("says goodbye, so that nothing of its connection is left", async () => {
    await site.untilAllClosed();
    passed(peer.name, "client", "close");
  });

  it("speaks QUIC version 2", async () => {
    const [handshake] = await fetch(site, "-version", "2");
    expect(handshake).to.include({ version: "v2", group: "X25519MLKEM768" });
    passed(peer.name, "client", "QUIC v2");
  });

  for (const group of ["X25519", "X25519MLKEM768"]) {
    it(`gets ${group} if it offers nothing else`, async () => {
      const [handshake] = await fetch(site, "-groups", group);
      expect(handshake).to.include({ group, did: "handshake" });
    });
  }
});

describeClient("curl, all that it can", (chroot, folder, site) => {
  const [version] = /^curl \S+/.exec(chroot.run("curl", "--version").stdout)!;
  const curl = (...args: string[]): Promise<Output> => {
    const always = ["--http3-only", "--silent", "--show-error", "--cacert", `${folder}/ca.pem`];
    return execute(chroot.command("curl", ...always, ...args), TIMEOUT_MS);
  };

  it("fetches a page, its head, and what is not there", async () => {
    const code = ["--output", `${folder}/page`, "--write-out", "%{http_code} %{size_download}"];
    const ask = async (...args: string[]): Promise<string> => (await curl(...code, ...args)).stdout;
    expect(await ask(site().url("/index.html"))).to.equal(`200 ${page.length}`);
    expect(sha256(chroot.read(`${folder}/page`))).to.equal(sha256(page));
    expect(await ask("--head", site().url("/index.html"))).to.equal("200 0");
    expect(await ask(site().url("/not/here"))).to.match(/^404 /);
    passed(version, "client", "handshake", "page", "HEAD", "404");
  });

  it("fetches and uploads large bodies", async () => {
    const file = `${folder}/stream`;
    const down = await curl("--output", file, site().url("/stream"));
    expect(down.status, down.stderr).to.equal(0);
    expect(sha256(chroot.read(file))).to.equal(streamHash());
    passed(version, "client", "24 MiB down");
    const back = `${folder}/back`;
    const args = ["--data-binary", `@${file}`, "--output", back, site().url("/echo")];
    const up = await curl(...args);
    expect(up.status, up.stderr).to.equal(0);
    expect(sha256(chroot.read(back))).to.equal(streamHash());
    passed(version, "client", "upload");
  });

  it("fetches 500 times on one connection", async () => {
    const told = ["--write-out", "%{http_code} %{num_connects}\\n", "--output", "/dev/null"];
    const urls = `${site().url("/index.html")}?[1-500]`;
    const { status, stdout, stderr } = await curl("--parallel", ...told, urls);
    expect(status, stderr).to.equal(0);
    const lines = stdout.trim().split("\n");
    expect(lines.filter((line) => line.startsWith("200 "))).to.have.length(500);
    passed(version, "client", "many streams");
    await site().untilAllClosed();
    passed(version, "client", "close");
  });
});

describeClient("aioquic, all that it can", (chroot, folder, site) => {
  const printVersion = "import aioquic; print(aioquic.__version__)";
  const version = `aioquic ${chroot.run("python3", "-c", printVersion).stdout.trim()}`;
  const whole = { status: 200, bytes: page.length, sha256: sha256(page) };

  before(() => {
    chroot.copy(join(process.cwd(), "test", "interop", "aioquic_get.py"), `${folder}/get.py`);
  });

  async function get(...args: string[]): Promise<Record<string, unknown>[]> {
    const command = chroot.command("python3", `${folder}/get.py`, `${folder}/ca.pem`, ...args);
    return jsonLines(await execute(command, TIMEOUT_MS));
  }

  // No HEAD: a client of aioquic 1.3.0 takes the content-length of the answer for that of a body, and closes.
  it("fetches a page, what is not there, and 24 MiB", async () => {
    const [index, missing, stream] = ["/index.html", "/not/here", "/stream"].map((path) =>
      site().url(path),
    ) as [string, string, string];
    const [first, none, large] = await get(index, missing, stream);
    expect(first).to.deep.equal(whole);
    expect(none).to.include({ status: 404 });
    expect(large).to.deep.equal({ status: 200, bytes: streamBytes, sha256: streamHash() });
    passed(version, "client", "handshake", "page", "404", "24 MiB down");
  });

  it("uploads a body and gets it back", async () => {
    const sent = Buffer.alloc(4 * 1024 * 1024, "upload");
    chroot.write(`${folder}/body`, sent.toString());
    const [back] = await get(`POST=${site().url("/echo")}`, "--body", `${folder}/body`);
    expect(back).to.deep.equal({ status: 200, bytes: sent.length, sha256: sha256(sent) });
    passed(version, "client", "upload");
  });

  it("makes 90 requests at once, twice, with new keys in between", async () => {
    const url = site().url("/index.html");
    const all = await get(url, url, "--many", "90", "--key-update");
    expect(all).to.have.length(180);
    for (const one of all) expect(one).to.deep.equal(whole);
    passed(version, "client", "many streams", "key update");
    await site().untilAllClosed();
    passed(version, "client", "close");
  });

  it("speaks QUIC version 2", async () => {
    expect(await get(site().url("/index.html"), "--v2")).to.deep.equal([whole]);
    passed(version, "client", "QUIC v2");
  });
});

/** How long it may take to build h2load, which is done once. */
const BUILD_TIMEOUT_MS = 600_000;

describeClient("h2load", (chroot, _folder, site) => {
  const program = "/usr/local/bin/h2load";

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    if (process.env["PQQ_INTEROP_PREPARE"] !== "0") {
      chroot.copy(join(process.cwd(), "test", "interop", "h2load.sh"), "/tmp/h2load.sh");
      const { status, stderr } = await execute(
        chroot.command("sh", "/tmp/h2load.sh"),
        BUILD_TIMEOUT_MS,
      );
      if (status !== 0)
        console.log(`      h2load does not build: ${stderr.trim().split("\n").at(-1)}`);
    }
    if ("missing" in inChroot({ found: chroot }, program)) {
      console.log("      skipped: no h2load with HTTP/3 (test/interop/h2load.sh builds one)");
      this.skip();
    }
  });

  it("makes 20,000 requests on 20 connections with X25519MLKEM768, and none fails", async () => {
    const load = ["--h3", "-n", "20000", "-c", "20", "-m", "32", "--groups=X25519MLKEM768"];
    const command = chroot.command(program, ...load, site().url("/index.html"));
    const { stdout, stderr } = await execute(command, TIMEOUT_MS);
    const requests = "requests: 20000 total, 20000 started, 20000 done, 20000 succeeded, 0 failed";
    expect(stdout, stderr).to.include(requests);
    expect(site().last()).to.include({ group: "X25519MLKEM768" });
    const [version] = /nghttp2\/\S+/.exec(chroot.run(program, "--version").stdout)!;
    const peer = `h2load ${version}`;
    passed(peer, "client", "handshake", "page", "many streams");
    report({ peer, role: "client", ...site().last(), result: "20,000 requests" });
  });
});
