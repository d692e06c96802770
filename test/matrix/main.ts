// SPDX-License-Identifier: MIT
// `npm run policy:matrix`: the command line. docs/policy.md explains what is printed.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fillMatrix, type Cell, type Matrix } from "./cells.js";
import { PROFILE_NAMES } from "./facts.js";
import type { Peers } from "./peers.js";
import { matrixText, problemText } from "./table.js";

const USAGE = `usage: npm run policy:matrix -- [options]

Connects every client to every server of the matrix and exits with status 1 if a cell is a silent downgrade or not what
the rules say.

  --ours     only our own client; otherwise curl, aioquic and Chromium too
  --json     prints cells as JSON instead of tables
  --write    also writes the tables into docs/policy.md
`;
const DOCUMENT = join(import.meta.dirname, "..", "..", "docs", "policy.md");
const OUTSIDE = /(?<=<!-- generated policy matrix -->\n)[^]*?(?=<!-- end -->)/;

const NO_PEERS: Peers = { programs: [], skipped: [], remove: () => undefined };

/** Loading that module installs what is missing, as `npm run test:interop` does. */
async function findPeers(): Promise<Peers> {
  return (await import("./peers.js")).findPeers();
}

/** All variants of one profile: those of the others differ in the names of algorithms. */
function isInDocument({ profile, server }: Cell): boolean {
  return profile === "balanced" || server === "";
}

function writeDocument(text: string, versions: string): void {
  const before = readFileSync(DOCUMENT, "utf8");
  if (!OUTSIDE.test(before)) throw new Error(`${DOCUMENT} has no place for the matrix`);
  writeFileSync(
    DOCUMENT,
    before.replace(OUTSIDE, () => `\n${versions}\n\n${text}\n\n`),
  );
}

interface Result extends Matrix {
  /** As {@link Peers.skipped}. */
  readonly skipped: readonly string[];
  readonly versions: string;
}

async function run(isOursOnly: boolean): Promise<Result> {
  const peers = isOursOnly ? NO_PEERS : await findPeers();
  try {
    const matrix = await fillMatrix({ profiles: PROFILE_NAMES, programs: peers.programs });
    const names = [...new Set(peers.programs.map(({ version }) => version))].join(", ");
    const versions = `Peers: ${names === "" ? "none" : names}.`;
    return { ...matrix, skipped: peers.skipped, versions };
  } finally {
    peers.remove();
  }
}

/** Cells of clients that could not be run. */
function skippedCells({ cells, skipped }: Result): number {
  const servers = new Set(cells.map(({ profile, server }) => `${profile} ${server}`)).size;
  return skipped.length * servers;
}

function print(result: Result): void {
  const { cells, problems, skipped, versions } = result;
  console.log(`${matrixText(cells)}\n\n${versions}`);
  for (const text of skipped) console.log(`skipped ${text}`);
  const bad = cells.filter((cell) => cell.problems.length > 0);
  for (const text of [...bad.map(problemText), ...problems]) console.log(`FAILED ${text}`);
  const failed = bad.length + problems.length;
  const passed = cells.length - bad.length;
  console.log(`\n${passed} passed, ${failed} failed, ${skippedCells(result)} skipped`);
}

const { values } = parseArgs({
  options: {
    ours: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(USAGE);
} else if (values.write && values.ours) {
  console.error("--write needs all clients: leave out --ours");
  process.exitCode = 2;
} else {
  const result = await run(values.ours);
  if (values.json) console.log(JSON.stringify(result, null, 2));
  else print(result);
  const isBad = result.problems.length > 0 || result.cells.some((cell) => cell.problems.length > 0);
  const isWhole = !isBad && result.skipped.length === 0;
  if (values.write && isWhole) {
    writeDocument(matrixText(result.cells.filter(isInDocument)), result.versions);
  } else if (values.write) {
    console.error("docs/policy.md is not written: cells failed or were skipped");
  }
  process.exitCode = isBad || (values.write && !isWhole) ? 1 : 0;
}
