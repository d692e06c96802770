// SPDX-License-Identifier: MIT
// Signatures of CertificateVerify: liboqs, AWS-LC and the signing pool, in one process and in turns (bench/native/sign.c).
import { availableParallelism } from "node:os";
import type { Context, Kind } from "./harness/context.js";
import { Child, type Line } from "./harness/process.js";
import { median, summarizeCosts, type Summary } from "./harness/statistics.js";
import { figure, table } from "./harness/table.js";

const ROUNDS = { full: 20, quick: 4 };
const PER_ROUND = 200;
/** Of the larger of the two pools. */
const THREADS = Math.min(Math.max(availableParallelism(), 2), 8);

interface Cost {
  readonly cpuMicros: number;
  readonly wallMicros: number;
}

/** The ways of sign.c. `handover`: jobs that do nothing, `handoverAlone`: one at a time. */
const WAYS = ["liboqs", "awslc", "poolOfOne", "pool", "handoverAlone", "handover"] as const;
type Way = (typeof WAYS)[number];

/** One kind of key. Microseconds per signature. */
export interface SignResult {
  readonly certificate: Kind;
  readonly threads: number;
  readonly cpuMicros: Readonly<Record<Way, Summary>>;
  readonly wallMicros: Readonly<Record<Way, Summary>>;
  /** Medians of the ratios of the rounds: CPU of AWS-LC and of the pool, each to liboqs in line. */
  readonly ratioAwslc: number;
  readonly ratioPool: number;
}

function summarize(certificate: Kind, rounds: readonly Line[]): SignResult {
  const samples = (way: Way, part: keyof Cost): number[] =>
    rounds.map((round) => (round[way] as Cost)[part]);
  const all = (part: keyof Cost): Record<Way, Summary> =>
    Object.fromEntries(WAYS.map((way) => [way, summarizeCosts(samples(way, part))])) as Record<
      Way,
      Summary
    >;
  const reference = samples("liboqs", "cpuMicros");
  const ratio = (way: Way): number =>
    median(samples(way, "cpuMicros").map((cost, i) => cost / (reference[i] ?? NaN)));
  return {
    certificate,
    threads: THREADS,
    cpuMicros: all("cpuMicros"),
    wallMicros: all("wallMicros"),
    ratioAwslc: ratio("awslc"),
    ratioPool: ratio("poolOfOne"),
  };
}

/** Runs all kinds of ML-DSA keys. */
export async function runSign(context: Context): Promise<SignResult[]> {
  const child = new Child("any", context.program("sign"), [
    ...["--rounds", String(context.pick(ROUNDS)), "--per-round", String(PER_ROUND)],
    ...["--threads", String(THREADS)],
  ]);
  const rounds = new Map<Kind, Line[]>();
  for (let line = await child.next(); line !== undefined; line = await child.next()) {
    const kind = line["certificate"] as Kind;
    rounds.set(kind, [...(rounds.get(kind) ?? []), line]);
  }
  await child.stop();
  return Array.from(rounds, ([kind, lines]) => summarize(kind, lines));
}

/** For people. */
export function signText(results: readonly SignResult[]): string {
  const rows = results.map(({ certificate, cpuMicros, wallMicros, ratioAwslc, ratioPool }) => [
    certificate,
    figure(cpuMicros.liboqs.median),
    figure(wallMicros.liboqs.median),
    figure(cpuMicros.awslc.median),
    figure(wallMicros.awslc.median),
    `${ratioAwslc.toFixed(2)}x`,
    figure(cpuMicros.poolOfOne.median),
    `${ratioPool.toFixed(2)}x`,
    figure(1e6 / wallMicros.poolOfOne.median),
    figure(1e6 / wallMicros.pool.median),
    figure(cpuMicros.handover.median),
    figure(cpuMicros.handoverAlone.median),
  ]);
  return table(
    [
      "key",
      ...["liboqs CPU", "wall", "AWS-LC CPU", "wall", "of liboqs", "pooled CPU", "of in line"],
      ...["1 thread/s", `${THREADS} threads/s`, "handover", "alone"],
    ],
    rows,
  );
}
