// SPDX-License-Identifier: MIT
// What `npm start` runs, and the commands it prints, taken at their word.
import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPage } from "./chromium.js";
import { browser, debian } from "./peers.js";
import { describePeer, execute, siteFile } from "./support.js";

const program = join(process.cwd(), "examples", "site.mjs");

/** The first group of `pattern` in `text`. */
function match(text: string, pattern: RegExp): string {
  const found = pattern.exec(text);
  expect(found, `${String(pattern)} in ${text}`).to.not.equal(null);
  return found![1]!;
}

describe("npm start", function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), "pqq-start-"));
  let server: ChildProcess;
  let printed = "";

  before(async () => {
    const env = { ...process.env, XDG_DATA_HOME: folder };
    const stdio = ["ignore", "pipe", "inherit"] as const;
    server = spawn(process.execPath, [program, "--port", "0"], { env, stdio: [...stdio] });
    for await (const chunk of server.stdout!.iterator({ destroyOnReturn: false })) {
      printed += String(chunk);
      if (printed.includes("Stop with Ctrl+C")) break;
    }
  });

  after(async () => {
    server.kill("SIGINT");
    const [status] = (await once(server, "exit")) as [number | null];
    rmSync(folder, { recursive: true, force: true });
    expect(status).to.equal(0);
  });

  describePeer("in Chromium", browser, (chromium) => {
    it("shows a page that says what was negotiated", async () => {
      const url = match(printed, /on (https:\S+)/);
      const trust = match(printed, /(--ignore-certificate-errors-spki-list=\S+)/);
      const page = await loadPage(chromium, url, [trust]);
      expect(page).to.include("The key exchange is safe from quantum computers.");
      expect(page).to.include("<dd>X25519MLKEM768</dd>");
      expect(page).to.include("<dd>h3</dd>");
    });
  });

  describePeer("with curl", debian, (chroot) => {
    it("is fetched by the printed command", async () => {
      const inside = chroot.makeFolder();
      chroot.copy(match(printed, /--cacert '([^']+)'/), `${inside}/ca.pem`);
      const args = ["--http3-only", "--silent", "--show-error", "--cacert", `${inside}/ca.pem`];
      const url = match(printed, /curl .* (https:\S+)/);
      const { status, stdout, stderr } = await execute(chroot.command("curl", ...args, url));
      chroot.remove(inside);
      expect(status, stderr).to.equal(0);
      expect(stdout).to.equal(siteFile("/index.html").toString());
    });
  });
});
