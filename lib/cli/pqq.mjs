#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// The `pqq` command. Plain JavaScript at a path that never changes; the command itself is built into dist/.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const built = new URL("../../dist/cli/main.js", import.meta.url);

if (existsSync(built)) {
  const { main } = await import(built.href);
  process.exitCode = await main(process.argv.slice(2));
} else {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  console.error(`pqq: not built yet; run \`npm run build\` in ${root}`);
  process.exitCode = 2;
}
