// SPDX-License-Identifier: MIT
// Checks that no C or C++ file grows too long, and that ARCHITECTURE.md's file map is complete.
//
// The map is every table row whose first cell is a path in backquotes: a file, or a folder with a
// slash at its end that stands for everything below it. Each tracked source file needs a row and each row a file.
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

const map = existsSync(join(root, "ARCHITECTURE.md"))
  ? [...readFileSync(join(root, "ARCHITECTURE.md"), "utf8").matchAll(/^\| *`([^`]+)` *\|/gm)].map(
      ([, path]) => path,
    )
  : [];
if (map.length === 0) {
  problems.push("ARCHITECTURE.md: no file map found");
}
const covers = (row, file) => row === file || (row.endsWith("/") && file.startsWith(row));
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
