// SPDX-License-Identifier: MIT
// What each peer negotiated, printed as one table when all interop tests are done.

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

/** The table in Markdown, its columns aligned. */
function table(): string {
  const header = ["peer", "role", "protocol", "group", "CertificateVerify", "result"];
  const cells = rows.map((row) => [
    row.peer,
    row.role,
    row.protocol,
    row.group,
    row.signature,
    row.result,
  ]);
  const widths = header.map((name, column) =>
    Math.max(name.length, ...cells.map((row) => row[column]!.length)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return [line(header), rule, ...cells.map(line)].join("\n");
}

after(() => {
  if (rows.length > 0) {
    console.log(`\nWhat was negotiated:\n\n${table()}\n`);
  }
});
