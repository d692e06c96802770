// SPDX-License-Identifier: MIT
// Runs test suites and adds their results up in one closing line: `N passed, N failed, N skipped`.
//
//   node test/tools/run-tests.mjs native unit sim integration worker types
//
// native, sim, transcripts
//               C programs through CTest (labels of native/cmake/Programs.cmake), built first
// vectors       those of native that compare with known answers, with their counts
// types         test/types/*.test-d.ts, by the compiler alone
// anything else mocha over test/<name>/**/*.test.ts (sim and transcripts have both)
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const summaryLine = /^(?:\d+: )?(?:# )?(\d+) passed, (\d+) failed, (\d+) skipped$/;

/** Runs a command, shows the lines that `shown` accepts, and returns its status and all its lines. */
function run(command, args, shown = () => true) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    const lines = [];
    let rest = "";
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (chunk) => {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop() ?? "";
      for (const line of parts) {
        lines.push(line);
        if (shown(line)) {
          console.log(line);
        }
      }
    });
    child.on("error", (error) => {
      console.error(`${command} is missing: ${error.message}`);
      resolve({ status: 1, lines });
    });
    child.on("close", (status) => {
      resolve({ status: status ?? 1, lines });
    });
  });
}

function addUp(lines) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const line of lines) {
    const match = summaryLine.exec(line);
    if (match) {
      sum.passed += Number(match[1]);
      sum.failed += Number(match[2]);
      sum.skipped += Number(match[3]);
    }
  }
  return sum;
}

/** A run that ended badly counts as a failure even when no test said so: a crash, a build error. */
function result({ status, lines }) {
  const sum = addUp(lines);
  if (status !== 0 && sum.failed === 0) {
    sum.failed = 1;
  }
  return sum;
}

let built;
/** Builds the C tests once. Of ninja's output only what went wrong is shown. */
function buildNative() {
  built ??= (async () => {
    const options = ["-DPQQ_BUILD_TESTS=ON", "-DPQQ_BUILD_EXAMPLES=ON"];
    const configured = await run(
      "cmake",
      ["-S", ".", "-B", "build", "-G", "Ninja", ...options],
      (line) => /^-- (Building|Fetching)/.test(line),
    );
    return configured.status === 0
      ? run("cmake", ["--build", "build"], (line) => !/^\[|^ninja:/.test(line))
      : configured;
  })();
  return built;
}

/**
 * CTest's verbose lines are "12: ok 1 - ..." for program 12. Shown: what fails, why things are skipped, and of
 * the vectors how many were compared.
 */
async function runC(label) {
  const build = await buildNative();
  if (build.status !== 0) {
    console.log(`${label}: the C tests do not build`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const outputs = new Map();
  const sum = { passed: 0, failed: 0, skipped: 0 };
  const onLine = (line) => {
    const output = /^(\d+): (.*)/.exec(line);
    if (output) {
      outputs.set(output[1], [...(outputs.get(output[1]) ?? []), output[2]]);
      return (
        output[2].includes(" # SKIP ") ||
        (label === "vectors" && output[2].startsWith("# known answers: "))
      );
    }
    const test = /^ *\d+\/\d+ Test +#(\d+): (\S+) \.*(.*?) +[\d.]+ sec/.exec(line);
    if (!test) {
      return false;
    }
    const [, number, name, outcome] = test;
    const lines = outputs.get(number) ?? [];
    const counts = addUp(lines);
    const passed = outcome.trim() === "Passed";
    sum.passed += counts.passed;
    sum.failed += counts.failed;
    sum.skipped += counts.skipped;
    if (!passed && counts.failed === 0) {
      sum.failed++; // a crash, a sanitizer report, a time-out, or a check that prints no counts
    } else if (passed && counts.passed + counts.skipped === 0) {
      sum.passed++;
    }
    console.log(`${passed ? "ok    " : "FAILED"} ${name}`);
    if (!passed) {
      console.log(
        lines
          .filter((text) => !/^(ok |Test command:|Working Directory:|Test timeout)/.test(text))
          .join("\n"),
      );
    }
    return false;
  };
  const args = ["--test-dir", "build", "--verbose", "-j", String(availableParallelism())];
  args.push(...(label === "native" ? ["-LE", "sim|transcripts"] : ["-L", label]));
  const { status } = await run("ctest", args, onLine);
  if (status !== 0 && sum.failed === 0) {
    sum.failed = 1;
  }
  return sum;
}

let upToDate;
/** The addon and dist/ (the command line runs from there) as the sources are now. */
function buildPackage() {
  upToDate ??= (async () => {
    const npm = await run("npm", ["run", "--silent", "build:ts"]);
    const addon = await run(process.execPath, [join("native", "install.mjs")], () => false);
    return npm.status === 0 && addon.status === 0;
  })();
  return upToDate;
}

async function runMocha(suite) {
  const folder = join("test", suite);
  if (
    !existsSync(join(root, folder)) ||
    !readdirSync(join(root, folder), { recursive: true }).some((file) => file.endsWith(".test.ts"))
  ) {
    return { passed: 0, failed: 0, skipped: 0 };
  }
  // Unit tests see lib/ itself; all others may start programs.
  if (suite !== "unit" && !((await buildPackage()) && (await buildNative()).status === 0)) {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const mocha = join(root, "node_modules", "mocha", "bin", "mocha.js");
  return result(await run(process.execPath, [mocha, `${folder}/**/*.test.ts`]));
}

/** expect-type fails at compile time: each file without a compiler error is a passed test. */
async function runTypes() {
  const files = readdirSync(join(root, "test", "types")).filter((file) =>
    file.endsWith(".test-d.ts"),
  );
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status, lines } = await run(process.execPath, [
    tsc,
    "-p",
    "tsconfig.json",
    "--pretty",
    "false",
  ]);
  const failed = files.filter((file) =>
    lines.some((line) => line.startsWith(`test/types/${file}(`)),
  ).length;
  return {
    passed: files.length - failed,
    failed: status !== 0 && failed === 0 ? 1 : failed,
    skipped: 0,
  };
}

async function runSuite(suite) {
  switch (suite) {
    case "native":
    case "vectors":
      return [await runC(suite)];
    case "sim":
    case "transcripts":
      return [await runC(suite), await runMocha(suite)];
    case "types":
      return [await runTypes()];
    default:
      return [await runMocha(suite)];
  }
}

const suites = process.argv.slice(2);
if (suites.length === 0) {
  console.error("usage: run-tests.mjs SUITE...");
  process.exit(2);
}
const total = { passed: 0, failed: 0, skipped: 0 };
for (const suite of suites) {
  console.log(`\n== ${suite}`);
  const sums = await runSuite(suite);
  for (const sum of sums) {
    total.passed += sum.passed;
    total.failed += sum.failed;
    total.skipped += sum.skipped;
  }
}
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
