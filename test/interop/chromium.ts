// SPDX-License-Identifier: MIT
// Headless Chromium as a program that loads one page and prints what became of it.
import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execute } from "./support.js";

/** The document at `url` after its scripts have run. `trust` are flags that make Chromium take the certificate. */
export async function loadPage(
  chromium: string,
  url: string,
  trust: readonly string[],
): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), "pqq-chromium-"));
  const args = [
    "--headless",
    "--no-sandbox", // tests may run as root, and load only our own pages
    "--no-first-run",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
    `--user-data-dir=${profile}`,
    `--origin-to-force-quic-on=${new URL(url).host}`,
    ...trust,
    "--virtual-time-budget=10000", // scripts run to their end; the clock stands while requests are out
    "--dump-dom",
    url,
  ];
  try {
    const { stdout, stderr } = await execute([chromium, args], 30_000);
    expect(stdout, stderr).to.include("</html>");
    return stdout;
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  }
}
