// SPDX-License-Identifier: MIT
// Makes a run: every case, its servers in turns, round after round. A server that fails a round loses that round; the run goes
// on, because it is meant to be left alone.
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { DOWNLOAD_BYTES, type Context } from "../harness/context.js";
import { findForeign, foreignClient, foreignVersions } from "../harness/foreign.js";
import { describeMachine } from "../harness/machine.js";
import {
  capabilities,
  PEERS,
  RunningServer,
  STATIC_FILES,
  type Load,
  type Peer,
} from "../harness/peers.js";
import { Child } from "../harness/process.js";
import { percentile } from "../harness/statistics.js";
import { CASES, HANDSHAKES_PER_SECOND, type Case } from "./cases.js";
import { SCHEMA, type CaseResult, type Results, type Round, type ServerResult } from "./results.js";

const HOLD_MS = { full: 5000, quick: 1500 };

/** What a round has found out. */
interface Outcome {
  readonly round: Round;
  readonly group: string;
  readonly cipher: string;
}

/** A server of a case, with what it has come to so far. */
interface Entry {
  readonly peer: Peer;
  readonly rounds: (Round | null)[];
  server: RunningServer | undefined;
  group: string;
  cipher: string;
  problem: string | null;
}

const failure = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** The work of one round on one server. */
async function measureLoad(context: Context, one: Case, server: RunningServer): Promise<Outcome> {
  const count = context.pick(one.count);
  const load: Load = { ...one.load, count };
  const mode = one.mode as Exclude<Case["mode"], "latency">;
  const client = one.isForeign === true ? foreignClient() : undefined;
  const run = await server.measure(mode, load, client);
  return {
    group: run.group,
    cipher: run.cipher,
    round: {
      cost: run.serverCpuMicros / one.scale / count,
      perSecond: (count * 1e6) / run.wallMicros,
      megabitsPerSecond: (count * DOWNLOAD_BYTES * 8) / run.wallMicros,
      clientBusy: (100 * run.clientCpuMicros) / run.wallMicros,
    },
  };
}

async function measureIdle(context: Context, one: Case, server: RunningServer): Promise<Outcome> {
  const connections = context.pick(one.count);
  const holdMs = context.pick(HOLD_MS);
  const before = await server.usage();
  const client = await server.client("idle", { connections });
  // What the last handshakes leave to do is not idling.
  await sleep(holdMs / 5);
  const connected = await server.usage();
  await sleep(holdMs);
  const held = await server.usage();
  const done = await client.go();
  return {
    group: String(done["group"]),
    cipher: "",
    round: {
      cost: (held.residentBytes - before.residentBytes) / 1024 / connections,
      cpuMsPerSecond: (held.cpuMicros - connected.cpuMicros) / holdMs,
      baseKib: before.residentBytes / 1024,
    },
  };
}

async function measureLatency(
  context: Context,
  one: Case,
  server: RunningServer,
): Promise<Outcome> {
  const client = new Child("client", context.program("latency"), [
    ...["--port", String(server.port), "--ca", context.identity(one.kind).caFile],
    ...["--per-second", String(HANDSHAKES_PER_SECOND), "--ms", String(context.pick(one.count))],
  ]);
  await client.expect("ready");
  client.say("go");
  const done = await client.expect("done");
  await client.stop();
  const of = (name: string, percent: number): number =>
    percentile(done[name] as number[], percent) / 1e3;
  const quietP99 = of("quietMicros", 99);
  const busyP99 = of("busyMicros", 99);
  return {
    group: "",
    cipher: "",
    round: {
      cost: busyP99 / quietP99,
      quietP50: of("quietMicros", 50),
      quietP99,
      busyP50: of("busyMicros", 50),
      busyP99,
    },
  };
}

function measureOne(context: Context, one: Case, server: RunningServer): Promise<Outcome> {
  switch (one.mode) {
    case "latency":
      return measureLatency(context, one, server);
    case "idle":
      return measureIdle(context, one, server);
    default:
      return measureLoad(context, one, server);
  }
}

/** One round of one server. Memory is measured on a server that has done nothing yet. */
async function turn(context: Context, one: Case, entry: Entry): Promise<void> {
  try {
    entry.server ??= await RunningServer.start(context, entry.peer, one.kind);
    const { round, group, cipher } = await measureOne(context, one, entry.server);
    entry.rounds.push(round);
    entry.group = group || entry.group;
    entry.cipher = cipher || entry.cipher;
    if (one.mode !== "idle") return;
  } catch (error) {
    entry.rounds.push(null);
    entry.problem = failure(error);
    console.error(`    ${entry.peer.name}: ${entry.problem}`);
  }
  await stop(entry);
}

async function stop(entry: Entry): Promise<void> {
  const { server } = entry;
  entry.server = undefined;
  await server?.stop();
}

function entriesOf(context: Context, one: Case, peers: readonly Peer[]): Entry[] {
  return one.servers
    .flatMap((id) => peers.filter((peer) => peer.id === id))
    .filter((peer) => peer.isAvailable(context, one.kind))
    .map((peer) => ({
      peer,
      rounds: [],
      server: undefined,
      group: "",
      cipher: "",
      problem: null,
    }));
}

function clientName(one: Case, peer: Peer): string {
  if (one.isForeign === true) return "quinn";
  if (one.mode === "latency") return "C";
  return peer.clientName(one.mode);
}

async function runCase(context: Context, one: Case, peers: readonly Peer[]): Promise<CaseResult> {
  const entries = entriesOf(context, one, peers);
  const rounds = context.pick(one.rounds);
  try {
    for (let round = 0; round < rounds; round++) {
      // Nobody is always the first.
      const first = round % Math.max(entries.length, 1);
      for (const entry of [...entries.slice(first), ...entries.slice(0, first)]) {
        await turn(context, one, entry);
      }
    }
  } finally {
    for (const entry of entries) await stop(entry);
  }
  const servers = entries.map(
    ({ peer, rounds: measured, group, cipher, problem }): ServerResult => ({
      id: peer.id,
      name: peer.name,
      client: clientName(one, peer),
      group,
      cipher,
      rounds: measured,
      problem,
    }),
  );
  return { id: one.id, servers };
}

function commit(): string {
  const { status, stdout } = spawnSync("git", ["describe", "--always", "--dirty"], {
    encoding: "utf8",
  });
  return status === 0 ? stdout.trim() : "unknown";
}

/** Runs everything, or the cases whose ids contain one of `only`. */
export async function measure(
  context: Context,
  isQuick: boolean,
  only: readonly string[],
): Promise<Results> {
  const began = performance.now();
  const foreign = findForeign();
  const own = [...PEERS.filter((peer) => peer.id !== "https"), STATIC_FILES];
  const here = foreign.filter(({ missing }) => missing === undefined).map(({ peer }) => peer);
  const missing = foreign.flatMap(({ peer, missing: reason }) =>
    reason === undefined ? [] : [{ name: peer.name, reason }],
  );
  for (const { name, reason } of missing) console.error(`${name} is left out: ${reason}`);
  const machine = describeMachine(await capabilities(context));
  const cases: CaseResult[] = [];
  for (const one of CASES) {
    if (only.length > 0 && !only.some((word) => one.id.includes(word))) continue;
    if (one.isForeign === true && foreignClient() === undefined) continue;
    console.error(`${one.title} ...`);
    cases.push(await runCase(context, one, [...own, ...here]));
  }
  return {
    schema: SCHEMA,
    date: new Date().toISOString(),
    isQuick,
    seconds: Math.round((performance.now() - began) / 1000),
    commit: commit(),
    machine,
    versions: foreignVersions(),
    missing,
    cases,
  };
}
