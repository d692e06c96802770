// SPDX-License-Identifier: MIT
// npm run hostile -- [--seconds 300] [--seed N]: prints every figure, and fails if the normal load has lost anything, or if
// the server has kept memory or files.
import { parseArgs } from "node:util";
import { inMiB } from "../helpers/measured_server.js";
import { hostile } from "./hostile.js";
import { MOST_KEPT_BYTES, verdicts } from "./verdicts.js";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "300" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const seconds = Number(values.seconds);
console.log(`hostile clients for ${seconds} s, seed ${values.seed}`);
const outcome = await hostile(seconds, Number(values.seed));
const { before, after } = outcome;
console.log("attack", outcome.attack);
console.log(`normal load: ${outcome.requests} requests, ${outcome.newcomers} newcomers`);
console.log(`lost: ${outcome.lost.length}`);
for (const reason of new Set(outcome.lost)) console.log(`  ${reason}`);
const grown = after.residentBytes - before.residentBytes;
console.log(
  `resident ${inMiB(before.residentBytes)} -> ${inMiB(after.residentBytes)} MiB (${inMiB(grown)} of at most ${inMiB(MOST_KEPT_BYTES)})`,
);
console.log(`files ${before.openFiles} -> ${after.openFiles}`);
for (const [name, value] of Object.entries(after.stats)) {
  if (value > 0) console.log(`  ${name} ${value}`);
}
const problems = verdicts(outcome);
for (const problem of problems) console.log(`FAILED: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
