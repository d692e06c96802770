// SPDX-License-Identifier: MIT
// Handshakes in memory: the engine against bare ngtcp2 and AWS-LC, in one process and in turns (bench/native/handshake.c).
import { KINDS, type Context, type Kind } from "./harness/context.js";
import { Child, type Line } from "./harness/process.js";
import { median, summarizeCosts, type Summary } from "./harness/statistics.js";
import { figure, table } from "./harness/table.js";

/** The engine may cost this much of the floor: what ids, timers, events, policy and HTTP/3 are worth. */
export const GATE_RATIO = 1.25;

const ROUNDS = { full: 60, quick: 8 };
const PER_ROUND = 50;

interface Cost {
  readonly finishedMicros: number;
  readonly wholeMicros: number;
  readonly bytesSent: number;
  readonly datagramsSent: number;
}

/** One kind of certificate. */
export interface MemoryResult {
  readonly certificate: Kind;
  readonly roundTrips: number;
  /** Server CPU of a handshake with its close, microseconds. */
  readonly floor: Summary;
  readonly engine: Summary;
  /** Median of the ratios of the rounds: whole handshake, and up to the answer to the client's Finished. */
  readonly ratio: number;
  readonly ratioFinished: number;
  readonly bytesSent: number;
  readonly datagramsSent: number;
}

function summarize(certificate: Kind, facts: Line, rounds: readonly Line[]): MemoryResult {
  const floors = rounds.map((round) => round["floor"] as Cost);
  const engines = rounds.map((round) => round["engine"] as Cost);
  const ratioOf = (part: "finishedMicros" | "wholeMicros"): number =>
    median(engines.map((engine, i) => engine[part] / (floors[i]?.[part] ?? NaN)));
  return {
    certificate,
    roundTrips: facts["roundTrips"] as number,
    floor: summarizeCosts(floors.map((cost) => cost.wholeMicros)),
    engine: summarizeCosts(engines.map((cost) => cost.wholeMicros)),
    ratio: ratioOf("wholeMicros"),
    ratioFinished: ratioOf("finishedMicros"),
    bytesSent: engines[0]?.bytesSent ?? NaN,
    datagramsSent: engines[0]?.datagramsSent ?? NaN,
  };
}

/** Runs all kinds of certificates. */
export async function runHandshakesInMemory(context: Context): Promise<MemoryResult[]> {
  const rounds = context.pick(ROUNDS);
  const results: MemoryResult[] = [];
  for (const kind of KINDS) {
    const child = new Child("server", context.program("handshake"), [
      ...["--kind", kind, "--rounds", String(rounds), "--per-round", String(PER_ROUND)],
    ]);
    const facts = await child.expect("facts");
    const lines: Line[] = [];
    while (lines.length < rounds) lines.push(await child.expect("round"));
    await child.stop();
    results.push(summarize(kind, facts, lines));
  }
  return results;
}

/** For people. */
export function memoryText(results: readonly MemoryResult[]): string {
  const rows = results.map((row) => [
    row.certificate,
    figure(row.floor.median),
    figure(row.engine.median),
    `${row.ratio.toFixed(2)}x`,
    `${row.ratioFinished.toFixed(2)}x`,
    figure(row.bytesSent),
    figure(row.datagramsSent),
    String(row.roundTrips),
  ]);
  const heads = ["certificate", "floor", "engine", "ratio", "to Finished", "bytes", "datagrams"];
  return table([...heads, "round trips"], rows);
}

/** The kinds whose ratio is over the gate. */
export function missedGate(results: readonly MemoryResult[]): string[] {
  return results
    .filter((row) => !(row.ratio <= GATE_RATIO))
    .map((row) => `${row.certificate}: ${row.ratio.toFixed(3)}x, more than ${GATE_RATIO}x`);
}
