// SPDX-License-Identifier: MIT
// Connections that do nothing: what each costs in memory, and all together in CPU.
import { setTimeout as sleep } from "node:timers/promises";
import { HYBRID, type Context, type Kind } from "./harness/context.js";
import { PEERS, withServers, type RunningServer } from "./harness/peers.js";
import { figure, table } from "./harness/table.js";

const CONNECTIONS = { full: 1000, quick: 200 };
/** Ours on h3 with either certificate and on velocity/1 with both. */
const KINDS: readonly Kind[] = ["P-256", "ML-DSA-65", HYBRID];
const HOLD_MS = { full: 5000, quick: 1000 };

/** One server. */
export interface IdleResult {
  readonly server: string;
  readonly certificate: Kind;
  readonly connections: number;
  readonly baseKib: number;
  readonly kibPerConnection: number;
  /** CPU milliseconds a second while all connections are idle. */
  readonly cpuMsPerSecond: number;
}

async function measure(server: RunningServer, context: Context): Promise<IdleResult> {
  const connections = context.pick(CONNECTIONS);
  const holdMs = context.pick(HOLD_MS);
  const before = await server.usage();
  const client = await server.client("idle", { connections });
  const connected = await server.usage();
  await sleep(holdMs);
  const held = await server.usage();
  await client.go();
  return {
    server: server.peer.name,
    certificate: server.kind,
    connections,
    baseKib: before.residentBytes / 1024,
    kibPerConnection: (held.residentBytes - before.residentBytes) / 1024 / connections,
    cpuMsPerSecond: (held.cpuMicros - connected.cpuMicros) / holdMs,
  };
}

/** Runs those servers whose client can hold connections; HTTP/1.1 has no idle ones to speak of. */
export async function runIdle(context: Context): Promise<IdleResult[]> {
  const peers = PEERS.filter((peer) => peer.id !== "https");
  const results: IdleResult[] = [];
  await withServers(context, peers, KINDS, async (servers) => {
    for (const server of servers) results.push(await measure(server, context));
  });
  return results;
}

/** For people. */
export function idleText(results: readonly IdleResult[]): string {
  const rows = results.map((row) => [
    row.server,
    row.certificate,
    figure(row.connections),
    figure(row.kibPerConnection),
    figure(row.baseKib),
    figure(row.cpuMsPerSecond),
  ]);
  const heads = ["server", "certificate", "connections", "KiB/connection", "base KiB", "CPU ms/s"];
  return table(heads, rows);
}
