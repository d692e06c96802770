// SPDX-License-Identifier: MIT
// `npm run bench:report`: measures everything and writes docs/benchmarks.md, or writes it from results of before.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Context } from "./harness/context.js";
import { page, plots } from "./report/page.js";
import { readProfiles } from "./report/profiles.js";
import { jsonText, readResults, type Results } from "./report/results.js";
import { judge } from "./report/targets.js";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const USAGE = `usage: npm run bench:report -- [options]

  --quick      fewer and shorter rounds: about three minutes instead of twelve
  --from FILE  no run: write the page from the results of one
  --out DIR    folder for benchmarks.md and benchmarks/, default docs
  --only WORD  only cases whose name contains it, for a look; may be repeated
  --build DIR  build folder, default build
`;

interface Options {
  readonly isQuick: boolean;
  readonly from: string | undefined;
  readonly out: string;
  readonly only: readonly string[];
  readonly build: string | undefined;
}

function readOptions(): Options | undefined {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: "boolean", default: false },
        from: { type: "string" },
        out: { type: "string", default: join(ROOT, "docs") },
        only: { type: "string", multiple: true, default: [] },
        build: { type: "string" },
      },
    });
    const { quick, from, out, only, build } = values;
    return { isQuick: quick, from, out, only, build };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return undefined;
  }
}

async function results({ isQuick, from, only, build }: Options): Promise<Results> {
  if (from !== undefined) return readResults(from);
  // Only here: it unpacks the Debian of the servers that it looks for.
  const { measure } = await import("./report/measure.js");
  using context = new Context(build, isQuick);
  return await measure(context, isQuick, only);
}

function write(folder: string, measured: Results): void {
  const details = join(folder, "benchmarks");
  mkdirSync(details, { recursive: true });
  writeFileSync(join(details, "results.json"), jsonText(measured));
  for (const [name, svg] of plots(measured)) writeFileSync(join(details, name), svg);
  const profiles = readProfiles(join(details, "profiles.json"));
  writeFileSync(join(folder, "benchmarks.md"), page(measured, profiles));
}

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined) return 2;
  const measured = await results(options);
  write(options.out, measured);
  for (const { target, figure, isMet } of judge(measured)) {
    const result = isMet ? "met" : Number.isNaN(figure) ? "not measured" : "missed";
    console.log(`${result}: ${target.text}: ${figure.toFixed(2)}, at most ${target.limit}`);
  }
  console.log(`written: ${join(options.out, "benchmarks.md")}`);
  return 0;
}

process.exitCode = await main();
