// SPDX-License-Identifier: MIT
// Compares the symbols that a built library exports with the functions that include/pqq declares.
//
//   node test/tools/check-exports.mjs build/libpqq.so.0 | build/addon/pqq.node
//
// Node exports its own OpenSSL and nginx links one: a name too many from us can shadow theirs.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const headers = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "include", "pqq");
const library = process.argv[2];
if (library === undefined) {
  console.error("usage: check-exports.mjs LIBRARY");
  process.exit(2);
}

function declaredFunctions() {
  const names = new Set();
  for (const file of readdirSync(headers).filter((name) => name.endsWith(".h"))) {
    const text = readFileSync(join(headers, file), "utf8").replaceAll(/\/\*[^]*?\*\//g, "");
    for (const [, name] of text.matchAll(/PQQ_EXPORT[^;(]*?\b(pqq_\w+)\s*\(/g)) {
      names.add(name);
    }
  }
  return names;
}

function exportedSymbols() {
  const { status, stdout, stderr, error } = spawnSync("nm", ["-D", "--defined-only", library], {
    encoding: "utf8",
  });
  if (status !== 0) {
    throw new Error(error?.message ?? stderr);
  }
  return new Set(
    stdout
      .trim()
      .split("\n")
      .map((line) => line.split(/\s+/).pop()),
  );
}

const expected = declaredFunctions();
if (library.endsWith(".node")) {
  expected.add("napi_register_module_v1").add("node_api_module_get_api_version_v1");
}
const exported = exportedSymbols();
const missing = [...expected].filter((name) => !exported.has(name));
const extra = [...exported].filter((name) => !expected.has(name));
for (const name of missing) {
  console.error(`declared in include/pqq but not exported: ${name}`);
}
for (const name of extra) {
  console.error(`exported but not declared in include/pqq: ${name}`);
}
if (expected.size === 0 || missing.length + extra.length > 0) {
  process.exit(1);
}
console.log(`${library}: exports exactly the ${expected.size} expected symbols`);
