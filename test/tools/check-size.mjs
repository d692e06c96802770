// SPDX-License-Identifier: MIT
// Checks that no C or C++ file grows too long, and that ARCHITECTURE.md's file map is complete.
//
// The map is every table row of the section "File map" whose first cell is a path in backquotes. A slash at
// its end stands for everything below that folder, `{a,b}` for either, `*` for any text without a slash.
// Each source file needs a row, and each alternative of a row a file.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const maxLines = 600; // beyond this a file does two things
const mappedFolders = [
  "native/",
  "include/",
  "lib/",
  "test/",
  "bench/",
  "spec/",
  "examples/",
  ".ci/",
];

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const git = spawnSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
});
const files = [...new Set(git.stdout.split("\n"))].filter(
  (file) => file && existsSync(join(root, file)),
);
const problems = [];

for (const file of files.filter((name) => /\.(c|cc|h)$/.test(name))) {
  const lines = readFileSync(join(root, file), "utf8").split("\n").length - 1;
  if (lines > maxLines) {
    problems.push(`${file}: ${lines} lines, more than ${maxLines}`);
  }
}

/** `a/{b,c}.h` as `a/b.h` and `a/c.h`. */
function alternatives(row) {
  const braces = /\{([^}]*)\}/.exec(row);
  return braces === null
    ? [row]
    : braces[1].split(",").flatMap((part) => alternatives(row.replace(braces[0], part)));
}

function covers(row, file) {
  const pattern = row.replace(/[.+^$()|[\]\\]/g, "\\$&").replace(/\*/g, "[^/]*");
  return new RegExp(`^${pattern}${row.endsWith("/") ? "" : "$"}`).test(file);
}

const architecture = existsSync(join(root, "ARCHITECTURE.md"))
  ? readFileSync(join(root, "ARCHITECTURE.md"), "utf8")
  : "";
const section = architecture.split(/^## /m).find((text) => text.startsWith("File map\n")) ?? "";
const map = [...section.matchAll(/^\| *`([^`]+)` *\|/gm)].flatMap(([, row]) => alternatives(row));
if (map.length === 0) {
  problems.push("ARCHITECTURE.md: no file map found");
}
for (const row of map) {
  if (!files.some((file) => covers(row, file))) {
    problems.push(`ARCHITECTURE.md: \`${row}\` does not exist`);
  }
}
for (const file of files.filter((name) =>
  mappedFolders.some((folder) => name.startsWith(folder)),
)) {
  if (!map.some((row) => covers(row, file))) {
    problems.push(`ARCHITECTURE.md: the file map lacks ${file}`);
  }
}

for (const problem of problems) {
  console.error(problem);
}
console.log(`sizes and file map: ${files.length} files, ${problems.length} problems`);
process.exit(problems.length > 0 ? 1 : 0);
