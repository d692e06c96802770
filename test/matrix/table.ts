// SPDX-License-Identifier: MIT
// The matrix as Markdown: for each profile a table, in which clients with the same outcome share a row.
import type { Cell } from "./cells.js";
import { PROFILE_NAMES, type Outcome } from "./facts.js";

const HEADER = [
  "server",
  "client",
  "protocol",
  "group",
  "signatures",
  "authentication",
  "downgrade or error",
];

/** TLS alerts (IANA) that a cell can end with. */
const ALERTS: Readonly<Record<number, string>> = {
  40: "handshake_failure",
  48: "unknown_ca",
  71: "insufficient_security",
  120: "no_application_protocol",
};

function failureText({ code, alert, by }: Extract<Outcome, { kind: "failed" }>): string {
  if (by === "nobody") return `${code}: nothing was sent`;
  const wire = alert === undefined ? "" : `, alert ${alert} ${ALERTS[alert] ?? ""}`;
  return `${code}${wire}${by === undefined ? "" : ` of the ${by}`}`;
}

/** A setting of the server is no downgrade, but is worth a word. */
function noteText({ server, selection }: Extract<Outcome, { kind: "connected" }>): string {
  if (server.downgrade !== null) return server.downgrade;
  return selection.includes("pq_on_h3 is never") ? "(pqOnH3 is never)" : "";
}

/** All columns but the first two. */
function outcomeColumns(outcome: Outcome): string[] {
  if (outcome.kind === "failed") return ["none", "", "", "", failureText(outcome)];
  const { protocol, group, signature, classicalSignature, authentication } = outcome.server;
  const signatures =
    classicalSignature === null ? signature : `${signature} and ${classicalSignature}`;
  return [protocol, group, signatures, authentication, noteText(outcome)];
}

/** Rows of one server: clients by outcome, in order of appearance. */
function serverRows(name: string, cells: readonly Cell[]): string[][] {
  const groups = new Map<string, { columns: string[]; clients: string[] }>();
  for (const { client, outcome, problems } of cells) {
    const columns = outcomeColumns(outcome);
    const key = [...columns, ...problems].join("|");
    const group = groups.get(key) ?? { columns, clients: [] };
    groups.set(key, group);
    group.clients.push(problems.length === 0 ? client : `**${client}**`);
  }
  return [...groups.values()].map(({ columns, clients }) => [
    name === "" ? "plain" : name,
    clients.join("; ").replace(/(?<=; )ours, /g, ""),
    ...columns,
  ]);
}

/** The whole matrix. */
export function matrixText(cells: readonly Cell[]): string {
  const parts: string[] = [];
  for (const profile of PROFILE_NAMES) {
    const own = cells.filter((cell) => cell.profile === profile);
    const servers = [...new Set(own.map(({ server }) => server))];
    const rows = servers.flatMap((name) =>
      serverRows(
        name,
        own.filter(({ server }) => server === name),
      ),
    );
    if (rows.length === 0) continue;
    const lines = [HEADER, HEADER.map(() => "---"), ...rows];
    parts.push(`### Servers of profile \`${profile}\``, "");
    parts.push(...lines.map((columns) => `| ${columns.join(" | ")} |`), "");
  }
  return parts.join("\n").trimEnd();
}

/** What is wrong, for people. */
export function problemText({ profile, server, client, outcome, problems }: Cell): string {
  const where = `${profile} ${server === "" ? "plain" : server} x ${client}`;
  const detail = outcome.kind === "failed" ? `\n    ${outcome.text}` : "";
  return `${where}:\n    ${problems.join("\n    ")}${detail}`;
}
