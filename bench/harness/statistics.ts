// SPDX-License-Identifier: MIT

/** The middle value; of an even number of values the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN;
  return (lower + upper) / 2;
}

/** The value that `percent` of all values are not above. NaN of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(Math.ceil((sorted.length * percent) / 100) - 1, 0)] ?? NaN;
}

/** A set of repeated measurements of one thing. */
export interface Summary {
  readonly median: number;
  readonly best: number;
  readonly worst: number;
  readonly samples: readonly number[];
}

/** Of costs: the best is the least. */
export function summarizeCosts(samples: readonly number[]): Summary {
  return {
    median: median(samples),
    best: Math.min(...samples),
    worst: Math.max(...samples),
    samples,
  };
}

/** Of rates: the best is the most. */
export function summarizeRates(samples: readonly number[]): Summary {
  const { median: middle, best, worst } = summarizeCosts(samples);
  return { median: middle, best: worst, worst: best, samples };
}
