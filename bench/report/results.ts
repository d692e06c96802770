// SPDX-License-Identifier: MIT
// What a run of the report leaves: every round of every server. The page is made from it, then or later.
import { readFileSync } from "node:fs";
import type { Machine } from "../harness/machine.js";
import { median } from "../harness/statistics.js";

/** Raised when a results file of before cannot be read any more. */
export const SCHEMA = 1;

/** One round of one server: what an operation cost, and what else the case has columns for. */
export type Round = Readonly<Record<string, number>> & { readonly cost: number };

/** One server in one case. */
export interface ServerResult {
  readonly id: string;
  readonly name: string;
  /** What made the load. */
  readonly client: string;
  readonly group: string;
  readonly cipher: string;
  /** In the order of time; null where the round failed. */
  readonly rounds: readonly (Round | null)[];
  /** Why the last failed round did. */
  readonly problem: string | null;
}

/** One case. */
export interface CaseResult {
  readonly id: string;
  readonly servers: readonly ServerResult[];
}

/** A whole run. */
export interface Results {
  readonly schema: typeof SCHEMA;
  readonly date: string;
  readonly isQuick: boolean;
  readonly seconds: number;
  /** Of this project, at the time. */
  readonly commit: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  /** Servers that could not be had, with the reason. */
  readonly missing: readonly { readonly name: string; readonly reason: string }[];
  readonly cases: readonly CaseResult[];
}

/** Reads what a run has left. Throws if it is not of this form. */
export function readResults(file: string): Results {
  const results = JSON.parse(readFileSync(file, "utf8")) as Partial<Results>;
  if (results.schema !== SCHEMA || !Array.isArray(results.cases)) {
    throw new Error(`${file}: not the results of a run, or of another version of this program`);
  }
  return results as Results;
}

/** More digits than that are noise. */
const DIGITS = 6;

/** As a file: what changes from run to run is a line each. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(
    value,
    (_key, part: unknown) => (typeof part === "number" ? Number(part.toPrecision(DIGITS)) : part),
    1,
  );
  return `${text}\n`;
}

/** A column of all rounds that did not fail. */
export function column(server: ServerResult, name: string): number[] {
  return server.rounds.flatMap((round) => (round?.[name] === undefined ? [] : [round[name]]));
}

/** A server of a case, if it was measured at all. */
export function serverOf(
  results: Results,
  caseId: string,
  serverId: string,
): ServerResult | undefined {
  const servers = results.cases.find(({ id }) => id === caseId)?.servers;
  return servers?.find(
    ({ id, rounds }) => id === serverId && rounds.some((round) => round !== null),
  );
}

/** The ratios of the costs of two servers, of each round in which both were measured. */
export function ratios(server: ServerResult, reference: ServerResult): number[] {
  return server.rounds.flatMap((round, i) => {
    const other = reference.rounds[i];
    return round && other ? [round.cost / other.cost] : [];
  });
}

/** The median of {@link ratios}; NaN if there is none. */
export function ratio(server: ServerResult, reference: ServerResult): number {
  return median(ratios(server, reference));
}
