// SPDX-License-Identifier: MIT
// `npm run bench:profile`: where our server and the one it is compared with spend their time, for the page of the report.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Context } from "./harness/context.js";
import { findForeign } from "./harness/foreign.js";
import { PEERS, STATIC_FILES } from "./harness/peers.js";
import { jsonText } from "./report/results.js";
import { perfProblem, profile, type Profiles } from "./report/profiles.js";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      out: { type: "string", default: join(ROOT, "docs") },
      build: { type: "string" },
    },
  });
  const problem = perfProblem();
  if (problem !== undefined) {
    console.error(`no profile: ${problem}`);
    return 1;
  }
  using context = new Context(values.build, values.quick);
  const here = findForeign().filter(({ missing }) => missing === undefined);
  const commit = spawnSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" });
  const profiles: Profiles = {
    date: new Date().toISOString(),
    commit: commit.stdout.trim(),
    cases: await profile(context, [...PEERS, STATIC_FILES, ...here.map(({ peer }) => peer)]),
  };
  const folder = join(values.out, "benchmarks");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "profiles.json"), jsonText(profiles));
  console.log(`written: ${join(folder, "profiles.json")}`);
  return 0;
}

process.exitCode = await main();
