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
  /** What would be needed where it is missed, as far as that is known; shown in the report. */
  readonly needed?: string;
}

/** All of them. */
export const TARGETS: readonly Target[] = [
  {
    text: "Full handshake and one GET, P-256",
    caseId: "handshake-p256",
    server: "c",
    reference: "s2n-quic",
    limit: 0.85,
    needed:
      "No single cause is left. Known and not built: one HMAC key for the three labels of each secret, and tokens without an HKDF of " +
      "their own, about 1 % each; fewer wake-ups between the datagrams of a handshake.",
  },
  {
    text: "Full handshake and one GET, ML-DSA-65",
    caseId: "handshake-mldsa65",
    server: "c",
    reference: "s2n-quic",
    limit: 0.65,
    needed:
      "Out of reach while ML-DSA signatures cost what they do: s2n-quic has the same AWS-LC and the same work to do. A faster ML-DSA " +
      "(liboqs, which signs here, takes three quarters of AWS-LC's time already) would move both.",
  },
  {
    text: "Small request, C handler",
    caseId: "requests",
    server: "c",
    reference: "nginx",
    limit: 1,
    needed:
      "The kernel's part of a request is twice nginx's: larger and fewer sends per turn would be needed, which costs latency, and fewer " +
      "allocations per packet inside ngtcp2.",
  },
  {
    text: "Small request, static file",
    caseId: "requests",
    server: "static",
    reference: "nginx",
    limit: 1,
    needed:
      "Beside a C handler it is nine header fields instead of three: 2,400 instructions in the encoder of nghttp3, 1,800 in checks and " +
      "copies, 1,300 in the file server. A header block that is encoded once for each file would need a call that nghttp3 does not have.",
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
    needed:
      "It is the ratio of two 99th percentiles of a millisecond or two, and its rounds lie a factor of ten apart, those of the other " +
      "servers too: the pauses of a shared machine are as long. A machine with cores to itself would be needed to judge it.",
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
