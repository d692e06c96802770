// SPDX-License-Identifier: MIT
// What is asked of the product, and whether a run has shown it.
import { median } from "../harness/statistics.js";
import { column, ratio, serverOf, type Results } from "./results.js";

/** One target: a ratio to another server of the same run, or with no `reference` the cost itself. */
export interface Target {
  readonly text: string;
  readonly caseId: string;
  readonly server: string;
  readonly reference?: string;
  /** The figure must not be above it. */
  readonly limit: number;
  /** Instead of the cost, another column. */
  readonly column?: string;
  readonly unit?: string;
  /** What is wished for beyond the limit; missing it is no failure. */
  readonly isAim?: boolean;
}

/** All of them. */
export const TARGETS: readonly Target[] = [
  {
    text: "Full handshake and one GET, P-256",
    caseId: "handshake-p256",
    server: "c",
    reference: "s2n-quic",
    limit: 0.85,
  },
  {
    text: "Full handshake and one GET, ML-DSA-65",
    caseId: "handshake-mldsa65",
    server: "c",
    reference: "s2n-quic",
    limit: 0.65,
  },
  {
    text: "Small request, C handler",
    caseId: "requests",
    server: "c",
    reference: "nginx",
    limit: 1,
  },
  {
    text: "Small request, static file",
    caseId: "requests",
    server: "static",
    reference: "nginx",
    limit: 1,
  },
  {
    text: "Small request, TypeScript handler",
    caseId: "requests",
    server: "typescript",
    reference: "http2",
    limit: 0.5,
  },
  {
    text: "Download of 100 MiB, one connection",
    caseId: "download",
    server: "c",
    reference: "s2n-quic",
    limit: 1,
  },
  {
    text: "Download of 100 MiB, one connection",
    caseId: "download",
    server: "c",
    reference: "s2n-quic",
    limit: 0.75,
    isAim: true,
  },
  {
    text: "Idle connection, memory",
    caseId: "idle",
    server: "c",
    limit: 30,
    unit: "KiB",
  },
  {
    text: "1,000 idle connections, CPU",
    caseId: "idle",
    server: "c",
    column: "cpuMsPerSecond",
    limit: 1,
    unit: "ms/s",
  },
  {
    text: "p99 of requests beside 500 ML-DSA-65 handshakes a second, of that without",
    caseId: "latency",
    server: "c",
    limit: 2,
  },
];

/** A target with what was measured; NaN if it was not. */
export interface Verdict {
  readonly target: Target;
  readonly figure: number;
  readonly isMet: boolean;
}

function measured(results: Results, target: Target): number {
  const server = serverOf(results, target.caseId, target.server);
  if (server === undefined) return NaN;
  if (target.reference === undefined) return median(column(server, target.column ?? "cost"));
  const reference = serverOf(results, target.caseId, target.reference);
  return reference === undefined ? NaN : ratio(server, reference);
}

/** Judges all targets. What was not measured is not met. */
export function judge(results: Results): readonly Verdict[] {
  return TARGETS.map((target) => {
    const figure = measured(results, target);
    return { target, figure, isMet: figure <= target.limit };
  });
}
