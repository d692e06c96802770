// SPDX-License-Identifier: MIT
// CPU time and memory of a process and all its children, from /proc: the same figures for servers of every kind.
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Whether this system says what a process has used, in nanoseconds. */
export const canReadTrees = existsSync("/proc/self/schedstat");

/** What a process tree has used and holds. */
export interface TreeUsage {
  /** User and system time of all threads that live. */
  readonly cpuMicros: number;
  readonly residentBytes: number;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has ended meanwhile
  }
}

function tasksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((id) => `/proc/${pid}/task/${id}`);
  } catch {
    return [];
  }
}

/** The first number is the time on a processor, of which `stat` has the same in ticks of 10 ms. */
function cpuMicros(pid: number): number {
  return tasksOf(pid).reduce(
    (sum, task) => sum + Number(read(`${task}/schedstat`).split(" ")[0]) / 1e3,
    0,
  );
}

function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1];
  return Number(kib ?? 0) * 1024;
}

/** Ids of the processes that a process has started and that live. */
export function childrenOf(pid: number): number[] {
  const ids = tasksOf(pid).map((task) => read(`${task}/children`));
  return ids.flatMap((text) => text.split(" ").filter(Boolean).map(Number));
}

/** What the process and its descendants have used. */
export function treeUsage(pid: number): TreeUsage {
  const children = childrenOf(pid).map(treeUsage);
  return {
    cpuMicros: children.reduce((sum, child) => sum + child.cpuMicros, cpuMicros(pid)),
    residentBytes: children.reduce((sum, child) => sum + child.residentBytes, residentBytes(pid)),
  };
}
