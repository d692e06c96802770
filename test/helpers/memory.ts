// SPDX-License-Identifier: MIT
// Memory of this process after garbage collection, and its growth over repetitions of something.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Memory with nothing left to collect. */
export async function settledUsage(): Promise<NodeJS.MemoryUsage> {
  // Finalizers run between collections, and free what the next collection finds.
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage();
}

/** What {@link growth} has found. */
export interface Growth {
  /** JavaScript heap that each repetition has kept: exact, so a forgotten object per repetition shows. */
  readonly heapBytesPerRepetition: number;
  /** Resident memory at the end above that at the beginning: rough, as allocators keep pages, but nothing escapes it. */
  readonly residentBytes: number;
  /** All readings, for the message of a failure. */
  readonly readings: string;
}

/**
 * Repeats `work` and returns how much memory it has kept. The same number of repetitions goes before, to fill caches and
 * pools and to warm up the compiler. For the heap the way from the median of the first third of the readings to that of
 * the last third counts: single readings are off by some 50 KiB in both directions.
 */
export async function growth(
  repetitions: number,
  work: (repetitions: number) => Promise<void>,
  samples = 11,
): Promise<Growth> {
  const part = Math.ceil(repetitions / (samples - 1));
  await work(repetitions);
  const usages = [await settledUsage()];
  while (usages.length < samples) {
    await work(part);
    usages.push(await settledUsage());
  }
  const heap = usages.map((usage) => usage.heapUsed);
  const resident = usages.map((usage) => usage.rss);
  return {
    heapBytesPerRepetition: rise(heap) / part,
    residentBytes: (resident.at(-1) ?? 0) - (resident[0] ?? 0),
    readings: `KiB of heap: ${inKiB(heap)}; resident: ${inKiB(resident)}`,
  };
}

function inKiB(values: readonly number[]): string {
  return values.map((bytes) => Math.round(bytes / 1024)).join(" ");
}

/** From the middle of the first third to that of the last, per step. */
function rise(values: readonly number[]): number {
  const third = Math.ceil(values.length / 3);
  return (median(values.slice(-third)) - median(values.slice(0, third))) / (values.length - third);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
