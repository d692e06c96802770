// SPDX-License-Identifier: MIT
// Downloads of 100 MiB, one after the other on one connection.
import type { Context } from "./harness/context.js";
import { measureInTurns, type Measurement, type RunningServer } from "./harness/peers.js";
import { median, summarizeCosts, summarizeRates, type Summary } from "./harness/statistics.js";
import { figure, table } from "./harness/table.js";

const BYTES = 100 * 1024 * 1024;
const COUNT = { full: 4, quick: 1 };
const ROUNDS = { full: 5, quick: 2 };
/** Lets windows grow and Node's compiler do its work. */
const WARM_UP = 1;

/** One server. */
export interface ThroughputResult {
  readonly server: string;
  readonly client: string;
  /** Milliseconds for 100 MiB. */
  readonly serverCpuMs: Summary;
  readonly clientCpuMs: number;
  readonly megabitsPerSecond: Summary;
}

function summarize(
  server: RunningServer,
  runs: readonly Measurement[],
  count: number,
): ThroughputResult {
  return {
    server: server.peer.name,
    client: server.peer.clientName("download"),
    serverCpuMs: summarizeCosts(runs.map((run) => run.serverCpuMicros / 1000 / count)),
    clientCpuMs: median(runs.map((run) => run.clientCpuMicros / 1000 / count)),
    megabitsPerSecond: summarizeRates(runs.map((run) => (count * BYTES * 8) / run.wallMicros)),
  };
}

/** Runs all servers, in turns. */
export async function runThroughput(context: Context): Promise<ThroughputResult[]> {
  const count = context.pick(COUNT);
  const load = { count, bytes: BYTES, warmUp: WARM_UP };
  const runs = await measureInTurns(context, ["P-256"], context.pick(ROUNDS), "download", load);
  return Array.from(runs, ([server, measured]) => summarize(server, measured, count));
}

/** For people. */
export function throughputText(results: readonly ThroughputResult[]): string {
  const reference = results.find((row) => row.server === "node:http2")?.serverCpuMs.median;
  const rows = results.map((row) => [
    row.server,
    figure(row.serverCpuMs.median),
    figure(row.serverCpuMs.best),
    `${(row.serverCpuMs.median / (reference ?? NaN)).toFixed(2)}x`,
    figure(row.megabitsPerSecond.median),
    row.client,
    figure(row.clientCpuMs),
  ]);
  const heads = ["server", "CPU ms/100 MiB", "best", "of node:http2", "Mbit/s", "client", "CPU ms"];
  return table(heads, rows);
}
