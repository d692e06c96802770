// SPDX-License-Identifier: MIT
// Memory of this process after garbage collection, and its growth per repetition of something.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Resident bytes with nothing left to collect. */
async function settledBytes(): Promise<number> {
  // Finalizers run between collections, and free what the next collection finds.
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage.rss();
}

/** What {@link growth} has found. */
export interface Growth {
  readonly bytesPerRepetition: number;
  readonly samples: readonly number[];
}

/**
 * Repeats `work` and returns how much memory each repetition has kept: the slope through `samples` measurements, after
 * a first part that fills caches and pools.
 */
export async function growth(
  repetitions: number,
  work: (repetitions: number) => Promise<void>,
  samples = 10,
): Promise<Growth> {
  const part = Math.ceil(repetitions / (samples + 2));
  await work(2 * part);
  const measured: number[] = [];
  for (let i = 0; i < samples; i++) {
    await work(part);
    measured.push(await settledBytes());
  }
  return { bytesPerRepetition: slope(measured) / part, samples: measured };
}

/** Median of the slopes of all pairs (Theil and Sen): one outlier does not move it. */
function slope(values: readonly number[]): number {
  const slopes: number[] = [];
  for (let j = 1; j < values.length; j++) {
    for (let i = 0; i < j; i++) slopes.push(((values[j] ?? 0) - (values[i] ?? 0)) / (j - i));
  }
  slopes.sort((a, b) => a - b);
  return slopes[Math.floor(slopes.length / 2)] ?? 0;
}
