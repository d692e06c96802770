// SPDX-License-Identifier: MIT
// What each peer negotiated, and what was done with it: printed as tables when all interop tests are done. With
// PQQ_INTEROP_WRITE=1 they go into docs/interop.md.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One row: which program, and what its connection to ours came to. */
export interface Row {
  /** Program and version. */
  readonly peer: string;
  /** What the peer was: our client's server, or our server's client. */
  readonly role: "client" | "server";
  readonly protocol: string;
  readonly group: string;
  readonly signature: string;
  /** What was done, or how it ended. */
  readonly result: string;
}

const rows: Row[] = [];

/** Adds a row to the table. */
export function report(row: Row): void {
  rows.push(row);
}

/** What is tried with each peer that can do it, in the order of the columns. */
export const FEATURES = [
  "handshake",
  "page",
  "24 MiB down",
  "upload",
  "many streams",
  "HEAD",
  "404",
  "close",
  "Retry",
  "key update",
  "QUIC v2",
] as const;

export type Feature = (typeof FEATURES)[number];

const done = new Map<string, Set<Feature>>();

/** Notes that something was done with a peer: only after it has been seen to be right. */
export function passed(peer: string, role: Row["role"], ...features: readonly Feature[]): void {
  const key = `${peer}|${role}`;
  const all = done.get(key) ?? new Set();
  for (const feature of features) all.add(feature);
  done.set(key, all);
}

/** Which peer has done what. */
function features(): string {
  const lines = [...done.entries()].toSorted(([a], [b]) => a.localeCompare(b));
  return aligned(
    ["peer", "role", ...FEATURES],
    lines.map(([key, all]) => [
      ...key.split("|"),
      ...FEATURES.map((feature) => (all.has(feature) ? "yes" : "")),
    ]),
  );
}

/** What was negotiated. */
function negotiated(): string {
  const cells = rows.map(({ peer, role, protocol, group, signature, result }) => [
    peer,
    role,
    protocol,
    group,
    signature,
    result,
  ]);
  return aligned(["peer", "role", "protocol", "group", "CertificateVerify", "result"], cells);
}

/** A table in Markdown, its columns aligned. */
function aligned(header: readonly string[], cells: readonly (readonly string[])[]): string {
  const widths = header.map((name, column) =>
    Math.max(name.length, ...cells.map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [line(header), rule, ...cells.map(line)].join("\n");
}

/** Replaces the generated tables of docs/interop.md. */
function write(tables: ReadonlyMap<string, string>): void {
  const file = join(process.cwd(), "docs", "interop.md");
  const text = readFileSync(file, "utf8").replaceAll(
    /(<!-- generated interop (\w+) -->\n)[^]*?(<!-- end -->)/g,
    (whole, start: string, name: string, end: string) => {
      const table = tables.get(name);
      return table === undefined ? whole : `${start}\n${table}\n\n${end}`;
    },
  );
  writeFileSync(file, text);
}

after(function () {
  const tables = new Map([
    ["negotiated", rows.length > 0 ? negotiated() : ""],
    ["features", done.size > 0 ? features() : ""],
  ]);
  for (const [name, table] of tables) {
    if (table !== "") console.log(`\n${name}:\n\n${table}\n`);
  }
  const isWanted = process.env["PQQ_INTEROP_WRITE"] === "1";
  const failed = this.test?.parent?.suites.some(hasFailed) ?? false;
  if (isWanted && failed) console.log("docs/interop.md is left as it is: tests have failed");
  if (isWanted && !failed) write(tables);
});

function hasFailed(suite: Mocha.Suite): boolean {
  return suite.tests.some((test) => test.isFailed()) || suite.suites.some(hasFailed);
}
