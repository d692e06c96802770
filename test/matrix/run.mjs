// SPDX-License-Identifier: MIT
// Builds the addon if it is not up to date and starts the matrix, which is TypeScript.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

// Its output goes where errors go: --json prints nothing but JSON.
const built = spawnSync(process.execPath, [path("../../native/install.mjs")], {
  cwd: path("../../"),
  stdio: ["ignore", 2, 2],
});
if (built.status !== 0) process.exit(built.status ?? 1);
const { status } = spawnSync(
  process.execPath,
  [
    "--disable-warning=DEP0180", // ts-node's, as in .mocharc.json
    "--disable-warning=DEP0205",
    `--import=${new URL("../register.mjs", import.meta.url)}`,
    path("main.ts"),
    ...process.argv.slice(2),
  ],
  { cwd: path("../../"), stdio: "inherit" },
);
process.exitCode = status ?? 1;
