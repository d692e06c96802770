// SPDX-License-Identifier: MIT
// Requests on established connections while 500 handshakes arrive at once: all signatures in line against the signing
// pool, in turns (bench/native/burst.c).
import type { Context, Kind } from "./harness/context.js";
import { RunningServer, serverArguments, type Peer } from "./harness/peers.js";
import { canPin, Child, type Core } from "./harness/process.js";
import { median, percentile } from "./harness/statistics.js";
import { figure, table } from "./harness/table.js";

const KIND: Kind = "ML-DSA-65";
const HANDSHAKES = 500;
const ROUNDS = { full: 15, quick: 3 };

/** Where server and client run. */
interface Placement {
  readonly text: string;
  readonly server: Core;
  readonly client: Core;
}

const PLACEMENTS: readonly Placement[] = [
  { text: "any", server: "any", client: "any" },
  ...(canPin ? [{ text: "one", server: "server", client: "client" } as const] : []),
];

const POOLS = [
  { name: "in line", threads: 0 },
  { name: "pool of 1", threads: 1 },
] as const;

/** Percentiles in milliseconds. */
interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** One server: medians of the rounds' percentiles, and every round. */
export interface BurstResult {
  readonly signing: string;
  readonly cores: string;
  readonly quiet: Latency;
  readonly burst: Latency;
  readonly handshakes: Latency;
  readonly serverCpuMillis: number;
  readonly pooled: number;
  /** Medians over the rounds, against the server that signs in line on the same cores: the requests' p99, and CPU. */
  readonly ratioP99: number;
  readonly ratioCpu: number;
  readonly rounds: readonly BurstRound[];
}

/** One burst. */
export interface BurstRound {
  readonly requests: number;
  readonly quiet: Latency;
  readonly burst: Latency;
  /** From the first datagram of the burst until the client of each had finished. */
  readonly handshakes: Latency;
  readonly serverCpuMillis: number;
  /** Part of the signatures that the pool made. */
  readonly pooled: number;
}

interface Contender {
  readonly server: RunningServer;
  readonly signing: string;
  readonly placement: Placement;
  readonly rounds: BurstRound[];
}

function latency(micros: unknown): Latency {
  const values = (micros as number[]).map((value) => value / 1e3);
  return { p50: percentile(values, 50), p99: percentile(values, 99), max: Math.max(...values) };
}

function peer(threads: number, core: Core): Peer {
  return {
    id: "burst",
    name: "VELO, C handler",
    isAvailable: () => true,
    clientName: () => "C",
    reportsUsage: true,
    startClient: () => {
      throw new Error("the burst has a client of its own");
    },
    startServer: (context, identity) =>
      new Child(core, context.program("server"), [
        ...[...serverArguments(identity), "--signing-threads", String(threads)],
      ]),
  };
}

async function runRound(context: Context, contender: Contender): Promise<BurstRound> {
  const { server, placement } = contender;
  const client = new Child(placement.client, context.program("burst"), [
    ...["--port", String(server.port), "--ca", context.identity(KIND).caFile],
    ...["--handshakes", String(HANDSHAKES)],
  ]);
  await client.expect("ready");
  const before = await server.usage();
  client.say("go");
  const done = await client.expect("done");
  const after = await server.usage();
  await client.stop();
  const counted = (name: string): number =>
    (after.stats[name] ?? NaN) - (before.stats[name] ?? NaN);
  return {
    requests: (done["burstMicros"] as number[]).length,
    quiet: latency(done["quietMicros"]),
    burst: latency(done["burstMicros"]),
    handshakes: latency(done["handshakeMicros"]),
    serverCpuMillis: (after.cpuMicros - before.cpuMicros) / 1e3,
    pooled: counted("signatures_pooled") / HANDSHAKES,
  };
}

/** Median of the ratios of rounds that were made right after each other. */
function ratio(
  rounds: readonly BurstRound[],
  reference: readonly BurstRound[],
  of: (round: BurstRound) => number,
): number {
  const others = reference.map(of);
  return median(rounds.map((round, i) => of(round) / (others[i] ?? NaN)));
}

function summarize(
  { signing, placement, rounds }: Contender,
  reference: readonly BurstRound[],
): BurstResult {
  const middle = (part: "quiet" | "burst" | "handshakes"): Latency => ({
    p50: median(rounds.map((round) => round[part].p50)),
    p99: median(rounds.map((round) => round[part].p99)),
    max: median(rounds.map((round) => round[part].max)),
  });
  return {
    signing,
    cores: placement.text,
    quiet: middle("quiet"),
    burst: middle("burst"),
    handshakes: middle("handshakes"),
    serverCpuMillis: median(rounds.map((round) => round.serverCpuMillis)),
    pooled: median(rounds.map((round) => round.pooled)),
    ratioP99: ratio(rounds, reference, (round) => round.burst.p99),
    ratioCpu: ratio(rounds, reference, (round) => round.serverCpuMillis),
    rounds,
  };
}

/** Runs every way on every placement, in turns. */
export async function runBurst(context: Context): Promise<BurstResult[]> {
  const contenders: Contender[] = [];
  try {
    for (const placement of PLACEMENTS) {
      for (const { name, threads } of POOLS) {
        const server = await RunningServer.start(context, peer(threads, placement.server), KIND);
        contenders.push({ server, signing: name, placement, rounds: [] });
      }
    }
    for (let round = 0; round < context.pick(ROUNDS); round++) {
      for (const contender of contenders) contender.rounds.push(await runRound(context, contender));
    }
  } finally {
    for (const { server } of contenders) await server.stop();
  }
  return contenders.map((one) => {
    const reference = contenders.find(({ placement }) => placement === one.placement);
    return summarize(one, reference?.rounds ?? []);
  });
}

/** For people. */
export function burstText(results: readonly BurstResult[]): string {
  const rows = results.map((row) => [
    row.signing,
    row.cores,
    figure(row.quiet.p50),
    figure(row.quiet.p99),
    figure(row.burst.p50),
    figure(row.burst.p99),
    `${row.ratioP99.toFixed(2)}x`,
    figure(row.burst.max),
    figure(row.handshakes.p50),
    figure(row.handshakes.max),
    figure(row.serverCpuMillis),
    `${row.ratioCpu.toFixed(2)}x`,
    `${Math.round(row.pooled * 100)} %`,
  ]);
  const heads = ["signatures", "cores", "quiet p50", "p99", "burst p50", "p99", "ratio", "max"];
  return table([...heads, "handshake p50", "last", "server CPU", "ratio", "pooled"], rows);
}
