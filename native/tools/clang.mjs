// SPDX-License-Identifier: MIT
// Runs clang-format and clang-tidy, at pinned versions, over our C and C++ files.
//
//   node native/tools/clang.mjs format [--check]
//   node native/tools/clang.mjs tidy            needs build/compile_commands.json, and makes it
//
// The tools come from Python packages, put into build/tools; nothing outside the checkout changes.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const packages = ["clang-format==23.1.5", "clang-tidy==23.1.4"];
const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const toolFolder = join(root, "build", "tools", packages.join("+").replaceAll("==", "-"));
const clangFormat = join(toolFolder, "clang_format", "data", "bin", "clang-format");
const clangTidy = join(toolFolder, "clang_tidy", "data", "bin", "clang-tidy");

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (error) {
    console.error(`${command}: ${error.message}`);
  }
  return status ?? 1;
}

function provideTools() {
  if (existsSync(clangFormat) && existsSync(clangTidy)) {
    return;
  }
  const status = run("python3", [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "--target",
    toolFolder,
    ...packages,
  ]);
  if (status !== 0) {
    console.error(
      `clang-format and clang-tidy are missing: python3 with pip is needed to get ${packages.join(" and ")}.`,
    );
    process.exit(1);
  }
}

/** Files git tracks or would track: generated and ignored ones are not ours to format. */
function sourceFiles(...patterns) {
  const { stdout } = spawnSync(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...patterns],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
  return [...new Set(stdout.split("\n"))].filter((file) => file && existsSync(join(root, file)));
}

function format(check) {
  const files = sourceFiles("*.c", "*.h", "*.cc");
  const status = run(clangFormat, [...(check ? ["--dry-run", "--Werror"] : ["-i"]), ...files]);
  if (check && status !== 0) {
    console.error("Some C files are not formatted: run `npm run format`.");
  }
  return status;
}

/** clang-tidy takes seconds per file: as many run at once as there are processors. */
async function tidy() {
  const database = join(root, "build", "compile_commands.json");
  if (!existsSync(database) && run("npm", ["run", "--silent", "build:libpqq"]) !== 0) {
    return 1;
  }
  // Tests and benchmarks have the compiler's warnings and the sanitizers.
  const files = sourceFiles("native/src/*.c", "examples/*.c");
  let failed = 0;
  const worker = async () => {
    for (let file = files.shift(); file !== undefined; file = files.shift()) {
      const args = ["--quiet", "--warnings-as-errors=*", "-p", dirname(database), file];
      const child = spawn(clangTidy, args, { cwd: root });
      let output = "";
      child.stdout.on("data", (chunk) => (output += chunk));
      child.stderr.resume(); // only "N warnings generated."
      const code = await new Promise((resolve) => child.on("close", resolve));
      if (code !== 0) {
        failed++;
        console.error(output || `clang-tidy failed on ${file}`);
      }
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  if (failed > 0) {
    console.error(`clang-tidy: ${failed} files with findings`);
  }
  return failed > 0 ? 1 : 0;
}

const [command, option] = process.argv.slice(2);
if (command !== "format" && command !== "tidy") {
  console.error("usage: clang.mjs format [--check] | tidy");
  process.exit(2);
}
provideTools();
process.exit(command === "format" ? format(option === "--check") : await tidy());
