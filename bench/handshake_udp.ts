// SPDX-License-Identifier: MIT
// Handshakes over the loopback interface: connection, one GET of 1 KiB, close; eight at a time.
import { KINDS, type Context, type Kind } from "./harness/context.js";
import { measureInTurns, type Measurement, type RunningServer } from "./harness/peers.js";
import { median, summarizeCosts, summarizeRates, type Summary } from "./harness/statistics.js";
import { figure, table } from "./harness/table.js";

const AT_A_TIME = 8;
const WARM_UP = 50;
const COUNT = { full: 1000, quick: 100 };
const ROUNDS = { full: 5, quick: 2 };

/** One server with one kind of certificate. */
export interface UdpResult {
  readonly server: string;
  readonly certificate: Kind;
  readonly group: string;
  readonly serverCpuMicros: Summary;
  readonly perSecond: Summary;
  /** Of our own servers. */
  readonly systemCalls: number | null;
}

function summarize(server: RunningServer, runs: readonly Measurement[], count: number): UdpResult {
  const calls = median(runs.map((run) => run.systemCalls / count));
  return {
    server: server.peer.name,
    certificate: server.kind,
    group: runs[0]?.group ?? "",
    serverCpuMicros: summarizeCosts(runs.map((run) => run.serverCpuMicros / count)),
    perSecond: summarizeRates(runs.map((run) => (count * 1e6) / run.wallMicros)),
    systemCalls: Number.isNaN(calls) ? null : calls,
  };
}

/** Runs all servers with all kinds of certificates that they can have. */
export async function runHandshakesOverUdp(context: Context): Promise<UdpResult[]> {
  const count = context.pick(COUNT);
  const load = { count, connections: AT_A_TIME, warmUp: WARM_UP };
  const runs = await measureInTurns(context, KINDS, context.pick(ROUNDS), "handshakes", load);
  return Array.from(runs, ([server, measured]) => summarize(server, measured, count));
}

/** For people. */
export function udpText(results: readonly UdpResult[]): string {
  const rows = results.map((row) => [
    row.server,
    row.certificate,
    row.group,
    figure(row.serverCpuMicros.median),
    figure(row.serverCpuMicros.best),
    figure(row.perSecond.median),
    row.systemCalls === null ? "" : figure(row.systemCalls),
  ]);
  const heads = ["server", "certificate", "group", "CPU us", "best", "wall/s", "system calls"];
  return table(heads, rows);
}
