// SPDX-License-Identifier: MIT
// Compares the symbols of a built libpqq with the snapshot beside this file.
//
//   node test/abi/check.mjs build/libpqq.so.0            compare
//   node test/abi/check.mjs build/libpqq.so.0 --update   write the snapshot
//
// test/tools/check-exports.mjs says whether library and headers agree; this says whether both still
// have what callers were linked against. A removed name breaks them and needs a new PQQ_ABI_VERSION.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const snapshot = fileURLToPath(new URL("symbols.txt", import.meta.url));
const [library, option] = process.argv.slice(2);
if (library === undefined || (option !== undefined && option !== "--update")) {
  console.error("usage: check.mjs LIBRARY [--update]");
  process.exit(2);
}

function exportedSymbols() {
  const { status, stdout, stderr, error } = spawnSync("nm", ["-D", "--defined-only", library], {
    encoding: "utf8",
  });
  if (status !== 0) {
    throw new Error(error?.message ?? stderr);
  }
  const names = stdout
    .trim()
    .split("\n")
    .map((line) => line.split(/\s+/).pop());
  return [...new Set(names)].sort();
}

const exported = exportedSymbols();
if (option === "--update") {
  writeFileSync(snapshot, `${exported.join("\n")}\n`);
  process.exit(0);
}
const known = readFileSync(snapshot, "utf8").trim().split("\n");
const removed = known.filter((name) => !exported.includes(name));
const added = exported.filter((name) => !known.includes(name));
for (const name of removed) {
  console.error(`gone from the library, which breaks its callers: ${name}`);
}
for (const name of added) {
  console.error(`new; add it with --update: ${name}`);
}
process.exit(removed.length + added.length > 0 ? 1 : 0);
