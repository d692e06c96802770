// SPDX-License-Identifier: MIT
// Handshakes over the loopback interface: connection, one GET of 1 KiB, close; eight at a time. With both identities of a
// profile it is velocity/1, otherwise plain h3.
import { HYBRID, KINDS, type Context, type Kind } from "./harness/context.js";
import { measureInTurns, type Measurement, type RunningServer } from "./harness/peers.js";
import { median, summarizeCosts, summarizeRates, type Summary } from "./harness/statistics.js";
import { figure, table } from "./harness/table.js";

const AT_A_TIME = 8;
const WARM_UP = 50;
const COUNT = { full: 1000, quick: 100 };
const ROUNDS = { full: 5, quick: 2 };

/** What the others are compared with: one ML-DSA identity. */
const REFERENCE: Kind = "ML-DSA-65";

/** One server with one kind of certificate. */
export interface UdpResult {
  readonly server: string;
  readonly certificate: Kind;
  /** Of our own servers. */
  readonly protocol: string;
  readonly group: string;
  /** CPU against the same server with ML-DSA-65: median of the ratios of the rounds. NaN if it has none. */
  readonly ratio: number;
  readonly serverCpuMicros: Summary;
  readonly perSecond: Summary;
  /** Of our own servers. */
  readonly systemCalls: number | null;
}

function summarize(
  server: RunningServer,
  runs: readonly Measurement[],
  reference: readonly Measurement[],
  count: number,
): UdpResult {
  const calls = median(runs.map((run) => run.systemCalls / count));
  return {
    server: server.peer.name,
    certificate: server.kind,
    protocol: runs[0]?.protocol ?? "",
    group: runs[0]?.group ?? "",
    ratio: median(
      runs.map((run, i) => run.serverCpuMicros / (reference[i]?.serverCpuMicros ?? NaN)),
    ),
    serverCpuMicros: summarizeCosts(runs.map((run) => run.serverCpuMicros / count)),
    perSecond: summarizeRates(runs.map((run) => (count * 1e6) / run.wallMicros)),
    systemCalls: Number.isNaN(calls) ? null : calls,
  };
}

/** Runs all servers with all kinds of certificates that they can have. */
export async function runHandshakesOverUdp(context: Context): Promise<UdpResult[]> {
  const count = context.pick(COUNT);
  const load = { count, connections: AT_A_TIME, warmUp: WARM_UP };
  const kinds = [...KINDS, HYBRID] as const;
  const runs = await measureInTurns(context, kinds, context.pick(ROUNDS), "handshakes", load);
  const references = new Map(
    Array.from(runs).flatMap(([{ peer, kind }, measured]) =>
      kind === REFERENCE ? [[peer, measured] as const] : [],
    ),
  );
  return Array.from(runs, ([server, measured]) =>
    summarize(server, measured, references.get(server.peer) ?? [], count),
  );
}

/** For people. */
export function udpText(results: readonly UdpResult[]): string {
  const rows = results.map((row) => [
    row.server,
    row.certificate,
    row.protocol,
    row.group,
    Number.isNaN(row.ratio) ? "" : `${row.ratio.toFixed(2)}x`,
    figure(row.serverCpuMicros.median),
    figure(row.serverCpuMicros.best),
    figure(row.perSecond.median),
    row.systemCalls === null ? "" : figure(row.systemCalls),
  ]);
  return table(
    [
      ...["server", "certificate", "protocol", "group", `of ${REFERENCE}`, "CPU us", "best"],
      ...["wall/s", "system calls"],
    ],
    rows,
  );
}
