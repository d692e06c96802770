// SPDX-License-Identifier: MIT
// What the report measures: a table of cases, each the same load on servers of several makers.
import { DOWNLOAD_BYTES, type Kind } from "../harness/context.js";
import type { Load, Mode } from "../harness/peers.js";

/** Twice the same: of a full run, and of a quick one. */
export type Amounts = Readonly<Record<"full" | "quick", number>>;

/** A further column of a case's table, beside its cost. */
export interface Column {
  readonly name: string;
  readonly title: string;
  readonly decimals?: number;
}

/** One case. */
export interface Case {
  readonly id: string;
  readonly title: string;
  /** What is done, in a sentence. */
  readonly text: string;
  /** Of the cost: what stands at the head of the table and under the plot. */
  readonly unit: string;
  readonly kind: Kind;
  /** "latency" has a client of its own. */
  readonly mode: Mode | "latency";
  readonly load: Load;
  readonly count: Amounts;
  readonly rounds: Amounts;
  readonly servers: readonly string[];
  /** The server that the others are compared with; none where the cost is a ratio already. */
  readonly reference?: string;
  readonly columns: readonly Column[];
  /** What one operation's cost is counted in: microseconds, or milliseconds. */
  readonly scale: number;
  /** Whether the load comes from the client on quinn instead of ours. */
  readonly isForeign?: boolean;
}

/** New connections a second while latency is taken. */
export const HANDSHAKES_PER_SECOND = 500;

const HTTP3 = ["c", "typescript", "s2n-quic", "quinn", "nginx", "quic-go"];
const RATE = (title: string): Column => ({ name: "perSecond", title });
const BUSY: Column = { name: "clientBusy", title: "client busy, %" };

const handshake = {
  mode: "handshakes",
  unit: "µs of server CPU",
  load: { connections: 8, warmUp: 50 },
  count: { full: 800, quick: 150 },
  rounds: { full: 7, quick: 3 },
  reference: "s2n-quic",
  columns: [RATE("handshakes/s"), BUSY],
  scale: 1,
} as const;

const requests = {
  mode: "requests",
  unit: "µs of server CPU",
  load: { connections: 4, streams: 16, warmUp: 10_000 },
  count: { full: 60_000, quick: 15_000 },
  rounds: { full: 7, quick: 3 },
  columns: [RATE("requests/s"), BUSY],
  scale: 1,
} as const;

const foreign = {
  isForeign: true,
  rounds: { full: 3, quick: 1 },
  servers: HTTP3,
} as const;

/** In the order of the page. */
export const CASES: readonly Case[] = [
  {
    ...handshake,
    id: "handshake-p256",
    title: "Full handshake and one GET, ECDSA P-256",
    text: "Connection with a P-256 certificate, one GET of 1 KiB, close; 8 at a time, no resumption.",
    kind: "P-256",
    servers: [...HTTP3, "http2"],
  },
  {
    ...handshake,
    id: "handshake-mldsa65",
    title: "Full handshake and one GET, ML-DSA-65",
    text: "The same with an ML-DSA-65 certificate.",
    kind: "ML-DSA-65",
    servers: [...HTTP3, "http2"],
  },
  {
    ...requests,
    id: "requests",
    title: "Small request",
    text: "GET of 1 KiB on 4 established connections, 16 at a time on each.",
    kind: "P-256",
    servers: ["c", "static", "typescript", "s2n-quic", "quinn", "nginx", "quic-go", "http2"],
    reference: "nginx",
  },
  {
    id: "download",
    title: "Download of 100 MiB",
    text: "Downloads of 100 MiB on one connection, one after the other.",
    unit: "ms of server CPU per 100 MiB",
    kind: "P-256",
    mode: "download",
    load: { bytes: DOWNLOAD_BYTES, warmUp: 1 },
    count: { full: 4, quick: 2 },
    rounds: { full: 7, quick: 3 },
    servers: ["c", "static", "typescript", "s2n-quic", "quinn", "nginx", "quic-go", "http2"],
    reference: "s2n-quic",
    columns: [{ name: "megabitsPerSecond", title: "Mbit/s" }, BUSY],
    scale: 1000,
  },
  {
    id: "idle",
    title: "Idle connection",
    text: "Connections with a P-256 certificate that do nothing, held for some seconds.",
    unit: "KiB of resident memory per connection",
    kind: "P-256",
    mode: "idle",
    load: {},
    count: { full: 1000, quick: 300 },
    rounds: { full: 2, quick: 1 },
    servers: [...HTTP3, "http2"],
    reference: "s2n-quic",
    columns: [
      { name: "cpuMsPerSecond", title: "CPU of all, ms/s", decimals: 2 },
      { name: "baseKib", title: "before, KiB" },
    ],
    scale: 1,
  },
  {
    id: "latency",
    title: "Requests while others connect",
    text:
      `One GET of 1 KiB every 0.5 ms on 8 established connections, by the clock: first alone, then while ` +
      `${HANDSHAKES_PER_SECOND} new connections with an ML-DSA-65 certificate are made every second.`,
    unit: "p99 beside handshakes / p99 without",
    kind: "ML-DSA-65",
    mode: "latency",
    load: {},
    count: { full: 1500, quick: 600 },
    rounds: { full: 7, quick: 3 },
    servers: ["c", "typescript", "s2n-quic", "quinn", "nginx"],
    columns: [
      { name: "quietP50", title: "p50 without, ms", decimals: 2 },
      { name: "quietP99", title: "p99 without, ms", decimals: 2 },
      { name: "busyP50", title: "p50 beside, ms", decimals: 2 },
      { name: "busyP99", title: "p99 beside, ms", decimals: 2 },
    ],
    scale: 1,
  },
  {
    ...handshake,
    ...foreign,
    id: "handshake-p256-quinn",
    title: "Handshake, P-256, load by quinn",
    text: "",
    kind: "P-256",
  },
  {
    ...handshake,
    ...foreign,
    id: "handshake-mldsa65-quinn",
    title: "Handshake, ML-DSA-65, load by quinn",
    text: "",
    kind: "ML-DSA-65",
  },
  {
    ...requests,
    ...foreign,
    id: "requests-quinn",
    title: "Small request, load by quinn",
    text: "",
    kind: "P-256",
    reference: "nginx",
  },
];
