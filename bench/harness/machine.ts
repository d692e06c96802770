// SPDX-License-Identifier: MIT
// Where figures were measured: without that they mean nothing.
import { cpus, loadavg, release, totalmem } from "node:os";
import { canPin } from "./process.js";

/** Above this something else has been running, and may still be. */
const IDLE_LOAD = 0.5;

/** What stands at the head of every result. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
  readonly openssl: string;
  readonly isPinned: boolean;
  /** Of the last minute, before the run. */
  readonly load: number;
  /** `pqq_capabilities()`: versions of our dependencies, groups, schemes. */
  readonly libpqq: unknown;
}

/** Describes this machine; `libpqq` is what a server of ours said. */
export function describeMachine(libpqq: unknown): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: `${process.platform} ${release()}`,
    node: process.version,
    openssl: process.versions.openssl,
    isPinned: canPin,
    load: loadavg()[0] ?? NaN,
    libpqq,
  };
}

/** Two lines for people. */
export function machineText(machine: Machine): string {
  const pinned = machine.isPinned ? "server on core 0, client on core 1" : "not pinned to cores";
  const busy =
    machine.load > IDLE_LOAD
      ? `\n  load ${machine.load.toFixed(1)} before this run: wall rates are too low`
      : "";
  return (
    `  ${machine.cpu}, ${machine.cores} cores, ${machine.kernel}, ${pinned}\n` +
    `  Node.js ${machine.node} with OpenSSL ${machine.openssl}${busy}`
  );
}
