// SPDX-License-Identifier: MIT
// What a run of hostile clients has to come to.
import type { Outcome } from "./hostile.js";

/**
 * What a server may keep beyond what it had after the warm-up, when the attackers' connections have timed out: what
 * allocators hold on to. A connection has some 70 KiB, so one forgotten in a thousand of 300 s would be more than that.
 */
export const MOST_KEPT_BYTES = 64 * 1024 * 1024;

/** One sentence for everything that is wrong. */
export function verdicts({ lost, requests, newcomers, attack, before, after }: Outcome): string[] {
  const problems: string[] = [];
  if (lost.length > 0) problems.push(`the normal load lost ${lost.length}: ${lost[0]}`);
  if (requests === 0 || newcomers === 0) problems.push("there was no normal load");
  for (const [kind, count] of Object.entries(attack)) {
    if (count === 0) problems.push(`there was no attack of kind ${kind}`);
  }
  if (after.stats.responsesStalled === 0) {
    problems.push("no response was given up that nobody reads");
  }
  if (after.residentBytes - before.residentBytes > MOST_KEPT_BYTES) {
    problems.push(`the server kept ${after.residentBytes - before.residentBytes} bytes`);
  }
  if (after.openFiles > before.openFiles) {
    problems.push(`the server has ${after.openFiles} files open, it had ${before.openFiles}`);
  }
  return problems;
}
