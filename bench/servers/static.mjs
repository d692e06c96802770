// SPDX-License-Identifier: MIT
// This package's server with a folder of files, as a user would serve a site.
//
//   node static.mjs CERT KEY PROFILE [BYTES]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, staticFiles } from "../../dist/index.js";
import { certFile, control, keyFile, small } from "./control.mjs";

const [profile, bytes = "104857600"] = process.argv.slice(4);
const folder = mkdtempSync(join(tmpdir(), "pqq-bench-site-"));
mkdirSync(join(folder, "download"));
writeFileSync(join(folder, "small"), small);
writeFileSync(join(folder, "download", bytes), Buffer.alloc(Number(bytes), "x"));
process.on("exit", () => {
  rmSync(folder, { recursive: true, force: true });
});

const server = await Server.serve(
  { host: "127.0.0.1", port: 0, workers: 1, profile, identity: { certFile, keyFile } },
  staticFiles(folder),
);
control(
  server.port,
  () => server.close({ drainMs: 0 }),
  () => server.stats(),
);
