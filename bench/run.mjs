// SPDX-License-Identifier: MIT
// Starts a part of the harness, which is TypeScript; `npm run typecheck` checks its types.
//
//   node run.mjs main|peers|report|profile [options of that part]
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const [part, ...args] = process.argv.slice(2);
const here = (path) => new URL(path, import.meta.url);
const { status } = spawnSync(
  process.execPath,
  [
    "--disable-warning=DEP0180", // ts-node's, as in .mocharc.json
    "--disable-warning=DEP0205",
    `--import=${here("../test/register.mjs")}`,
    fileURLToPath(here(`${part}.ts`)),
    ...args,
  ],
  {
    stdio: "inherit",
    // For runs from another folder than this package's.
    env: { TS_NODE_PROJECT: fileURLToPath(here("../tsconfig.json")), ...process.env },
  },
);
process.exitCode = status ?? 1;
