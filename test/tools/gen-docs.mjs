// SPDX-License-Identifier: MIT
// Writes the tables of docs/errors.md, docs/limits.md and docs/profiles.md, lib/config/profiles.generated.ts and
// native/src/files/media_types.def from what defines errors, limits, profiles and media types.
//
//   node test/tools/gen-docs.mjs           writes
//   node test/tools/gen-docs.mjs --check   fails if something would change
//
// Only the text between `<!-- generated NAME -->` and `<!-- end -->` is replaced.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { mediaTypes } from "./gen-media-types.mjs";
import { algorithmTable, profileModule, profileTable } from "./gen-profiles.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const read = (file) => readFileSync(join(root, file), "utf8");

/** The rows of error_codes.def in one band of a hundred. */
function errorTable(band) {
  const rows = [
    ...read("include/pqq/error_codes.def").matchAll(/^PQQ_E\((\w+), (-\d+), ([01]), "(.*)"\)$/gm),
  ];
  const lines = rows
    .filter(([, , number]) => Math.floor(-number / 100) === band)
    .map(
      ([, name, number, retryable, message]) =>
        `| \`PQQ_ERR_${name}\` | ${number} | ${retryable === "1" ? "yes" : "no"} | ${message} |`,
    );
  return ["| code | number | retry | meaning |", "|---|---|---|---|", ...lines];
}

/** `256u * 1024u` as a number; the expressions of the limits are products, sums and shifts. */
function valueOf(expression) {
  const plain = expression.replace(/(\d)u\b/g, "$1");
  if (!/^[\d\s()*+<-]+$/.test(plain)) {
    throw new Error(`cannot read the value ${expression}`);
  }
  return Number(new Function(`return ${plain}`)());
}

function valueText(name, expression) {
  const value = valueOf(expression);
  if (name.endsWith("_BYTES")) {
    for (const [size, unit] of [
      [1024 ** 3, "GiB"],
      [1024 ** 2, "MiB"],
      [1024, "KiB"],
    ]) {
      if (value % size === 0) {
        return `${value / size} ${unit}`;
      }
    }
  }
  return value.toLocaleString("en");
}

/** Each constant of a limits.h with the comment above it, which may stand for several constants. */
function limitTable(file) {
  const lines = ["| limit | value | reason |", "|---|---|---|"];
  let reason;
  const pieces = read(file).matchAll(/\/\*([^]*?)\*\/|^#define (PQQ__\w+) (.+)$|^$/gm);
  for (const [, comment, name, value] of pieces) {
    if (comment !== undefined) {
      reason = comment.replace(/\s*\n \* ?/g, " ").trim();
    } else if (name === undefined) {
      reason = undefined; // an empty line ends what a comment stands for
    } else if (reason === undefined) {
      throw new Error(`${file}: ${name} has no reason above it`);
    } else {
      lines.push(`| \`${name}\` | ${valueText(name, value)} | ${reason} |`);
      reason = "as above";
    }
  }
  return lines;
}

const tables = {
  "errors 1": () => errorTable(1),
  "errors 2": () => errorTable(2),
  "errors 3": () => errorTable(3),
  "errors 4": () => errorTable(4),
  "errors 5": () => errorTable(5),
  "errors 6": () => errorTable(6),
  "errors 9": () => errorTable(9),
  "limits core": () => limitTable("native/src/core/limits.h"),
  "limits io": () => limitTable("native/src/io/limits.h"),
  "limits files": () => limitTable("native/src/files/limits.h"),
  profiles: () => profileTable(read),
  algorithms: () => algorithmTable(read),
};

const isCheck = process.argv.includes("--check");
const used = new Set();
let stale = 0;

/** The document with its tables as they should be. */
function withTables(text) {
  return text.replace(/(<!-- generated (.+) -->\n)[^]*?(<!-- end -->)/g, (_, start, name, end) => {
    used.add(name);
    return `${start}${tables[name]().join("\n")}\n${end}`;
  });
}

function update(file, before, now) {
  if (now === before) {
    return;
  }
  stale++;
  if (isCheck) {
    console.error(`${file} is not up to date: run node test/tools/gen-docs.mjs`);
  } else {
    writeFileSync(join(root, file), now);
    console.log(`wrote ${file}`);
  }
}

for (const file of ["docs/errors.md", "docs/limits.md", "docs/profiles.md"]) {
  const before = read(file);
  update(file, before, withTables(before));
}
for (const [file, text] of [
  ["lib/config/profiles.generated.ts", profileModule(read)],
  ["native/src/files/media_types.def", mediaTypes()],
]) {
  update(file, existsSync(join(root, file)) ? read(file) : "", text);
}
const unused = Object.keys(tables).filter((name) => !used.has(name));
for (const name of unused) {
  console.error(`no document has the table "${name}"`);
}
process.exit((isCheck && stale > 0) || unused.length > 0 ? 1 : 0);
