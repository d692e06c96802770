// SPDX-License-Identifier: MIT
// Where servers spend their time: samples of `perf`, by groups of functions.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "../harness/context.js";
import { RunningServer, type Mode, type Peer } from "../harness/peers.js";
import { childrenOf } from "../harness/process_tree.js";
import { CASES, type Case } from "./cases.js";
import { groupOf } from "./groups.js";
import { TARGETS } from "./targets.js";

/** A prime, so that nothing that repeats falls into step. */
const SAMPLES_PER_SECOND = 4999;
/** Until perf has attached itself. */
const ATTACH_MS = 500;
/** Ids of our servers that are C all through. */
const NATIVE: ReadonlySet<string> = new Set(["c", "static"]);
/** Functions of each server that are named. */
const TOP = 12;

/** One server in one case. */
export interface ServerProfile {
  readonly id: string;
  readonly name: string;
  /** Of an operation, in the unit of the case, while perf was looking. */
  readonly cost: number;
  readonly samples: number;
  /** Parts of the samples, by group. */
  readonly groups: Readonly<Record<string, number>>;
  readonly functions: readonly { readonly name: string; readonly share: number }[];
}

/** One case: ours that have a target in it, and the one that they are compared with, the last. */
export interface CaseProfile {
  readonly id: string;
  readonly servers: readonly ServerProfile[];
}

/** What `npm run bench:profile` leaves. */
export interface Profiles {
  readonly date: string;
  readonly commit: string;
  readonly cases: readonly CaseProfile[];
}

/** Reads what a run has left; undefined if there was none. */
export function readProfiles(file: string): Profiles | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Profiles;
  } catch {
    return undefined;
  }
}

/** Why there can be no profile here. */
export function perfProblem(): string | undefined {
  const { status, error } = spawnSync("perf", [
    "record",
    "-q",
    "-e",
    "cpu-clock",
    "-o",
    "/dev/null",
    "true",
  ]);
  if (error !== undefined) return "perf is not installed";
  return status === 0 ? undefined : "perf may not record here";
}

interface Sample {
  readonly symbol: string;
  readonly object: string;
}

/** A line of `perf script -F ip,sym,dso`: the address, the function, the file in parentheses. */
function parse(line: string): Sample | undefined {
  const match = /^\s*[0-9a-f]+ (.*) \(([^()]*)\)$/.exec(line);
  return match === null ? undefined : { symbol: match[1] ?? "", object: match[2] ?? "" };
}

function samplesOf(file: string): Sample[] {
  const { stdout } = spawnSync("perf", ["script", "-i", file, "-F", "ip,sym,dso"], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  return stdout.split("\n").flatMap((line) => parse(line) ?? []);
}

function shares(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1 / keys.length);
  return new Map([...counts].sort(([, a], [, b]) => b - a));
}

/** Samples one run of a client. nginx's workers are children of what was started: perf takes them all. */
async function sample(
  server: RunningServer,
  file: string,
  work: () => Promise<number>,
): Promise<number> {
  const all = [server.pid, ...childrenOf(server.pid)].join(",");
  const perf = spawn(
    "perf",
    ["record", "-q", "-e", "cpu-clock", "-F", String(SAMPLES_PER_SECOND), "-p", all, "-o", file],
    { stdio: "ignore" },
  );
  const ended = once(perf, "exit");
  await sleep(ATTACH_MS);
  try {
    return await work();
  } finally {
    perf.kill("SIGINT");
    await ended;
  }
}

async function profileServer(context: Context, one: Case, peer: Peer): Promise<ServerProfile> {
  const folder = mkdtempSync(join(tmpdir(), "pqq-profile-"));
  const file = join(folder, "perf.data");
  const server = await RunningServer.start(context, peer, one.kind);
  const count = context.pick(one.count);
  try {
    const cost = await sample(server, file, async () => {
      const run = await server.measure(one.mode as Mode, { ...one.load, count });
      return run.serverCpuMicros / one.scale / count;
    });
    const samples = samplesOf(file);
    const functions = shares(samples.map(({ symbol }) => symbol));
    return {
      id: peer.id,
      name: peer.name,
      cost,
      samples: samples.length,
      groups: Object.fromEntries(
        shares(samples.map(({ symbol, object }) => groupOf(symbol, object))),
      ),
      functions: [...functions].slice(0, TOP).map(([name, share]) => ({ name, share })),
    };
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Cases whose cost is time, and whose load is ours. */
const isProfiled = ({ mode, isForeign }: Case): boolean =>
  isForeign !== true && ["handshakes", "requests", "download"].includes(mode);

/** Our servers in C that have a target in that case: those in JavaScript have their time elsewhere. */
const oursIn = (one: Case): string[] => [
  ...new Set(
    TARGETS.filter(({ caseId, server }) => caseId === one.id && NATIVE.has(server)).map(
      ({ server }) => server,
    ),
  ),
];

/** Profiles our C servers and the reference of every case, one after the other. */
export async function profile(context: Context, peers: readonly Peer[]): Promise<CaseProfile[]> {
  const profiles: CaseProfile[] = [];
  for (const one of CASES.filter(isProfiled)) {
    const servers: ServerProfile[] = [];
    for (const id of [...oursIn(one), one.reference]) {
      const peer = peers.find((candidate) => candidate.id === id);
      if (peer === undefined) continue;
      console.error(`${one.title}: ${peer.name} ...`);
      servers.push(await profileServer(context, one, peer));
    }
    profiles.push({ id: one.id, servers });
  }
  return profiles;
}
