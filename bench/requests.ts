// SPDX-License-Identifier: MIT
// GETs of 1 KiB: four connections, sixteen at a time on each.
import type { Context } from "./harness/context.js";
import { measureInTurns, type Measurement, type RunningServer } from "./harness/peers.js";
import { median, summarizeCosts, summarizeRates, type Summary } from "./harness/statistics.js";
import { figure, table } from "./harness/table.js";

const CONNECTIONS = 4;
const STREAMS = 16;
const WARM_UP = { full: 20_000, quick: 2_000 };
const COUNT = { full: 60_000, quick: 6_000 };
const ROUNDS = { full: 5, quick: 2 };

/** One server. */
export interface RequestsResult {
  readonly server: string;
  readonly client: string;
  readonly serverCpuMicros: Summary;
  readonly perSecond: Summary;
  /** How busy the client was, of one core: near 1 it is what limits the rate. */
  readonly clientBusy: number;
  readonly systemCalls: number | null;
}

function summarize(
  server: RunningServer,
  runs: readonly Measurement[],
  count: number,
): RequestsResult {
  const calls = median(runs.map((run) => run.systemCalls / count));
  return {
    server: server.peer.name,
    client: server.peer.clientName("requests"),
    serverCpuMicros: summarizeCosts(runs.map((run) => run.serverCpuMicros / count)),
    perSecond: summarizeRates(runs.map((run) => (count * 1e6) / run.wallMicros)),
    clientBusy: median(runs.map((run) => run.clientCpuMicros / run.wallMicros)),
    systemCalls: Number.isNaN(calls) ? null : calls,
  };
}

/** Runs all servers, in turns. */
export async function runRequests(context: Context): Promise<RequestsResult[]> {
  const count = context.pick(COUNT);
  const warmUp = context.pick(WARM_UP);
  const load = { count, connections: CONNECTIONS, streams: STREAMS, warmUp };
  const runs = await measureInTurns(context, ["P-256"], context.pick(ROUNDS), "requests", load);
  return Array.from(runs, ([server, measured]) => summarize(server, measured, count));
}

/** For people. */
export function requestsText(results: readonly RequestsResult[]): string {
  const reference = results.find((row) => row.server === "node:http2")?.serverCpuMicros.median;
  const rows = results.map((row) => [
    row.server,
    figure(row.serverCpuMicros.median),
    figure(row.serverCpuMicros.best),
    `${(row.serverCpuMicros.median / (reference ?? NaN)).toFixed(2)}x`,
    figure(row.perSecond.median),
    row.client,
    `${Math.round(row.clientBusy * 100)} %`,
    row.systemCalls === null ? "" : figure(row.systemCalls),
  ]);
  const heads = ["server", "CPU us", "best", "of node:http2", "wall/s", "client", "busy"];
  return table([...heads, "system calls"], rows);
}
