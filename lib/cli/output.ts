// SPDX-License-Identifier: MIT
// What the commands print: results on stdout, everything else on stderr.
import { styleText } from "node:util";

/** Exit codes of `pqq`. */
export const EXIT = {
  ok: 0,
  /** The server answered with a status of 400 or above. */
  http: 1,
  /** The command line, a file named on it, or the installation is not usable. */
  usage: 2,
  /** No connection, or it failed. */
  connection: 3,
  /** What one end requires, the other does not have or has not proven. */
  policy: 4,
} as const;

/** One value on a line of its own. */
export function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Lines for people. */
export function print(...lines: string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

/** A remark, beside the result. */
export function note(text: string): void {
  process.stderr.write(`pqq: ${text}\n`);
}

/** Bold, where the terminal can and wants to. */
export function strong(text: string): string {
  return hasColors(process.stdout) ? styleText("bold", text) : text;
}

/** Faint, where the terminal can and wants to. */
export function faint(text: string): string {
  return hasColors(process.stdout) ? styleText("dim", text) : text;
}

/** Knows NO_COLOR and FORCE_COLOR. */
function hasColors(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && stream.hasColors();
}

/** Labels in one column, values in the next. */
export function table(rows: readonly (readonly [label: string, value: string])[]): string[] {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `  ${faint(label.padEnd(width))}  ${value}`);
}

const UNITS = ["bytes", "kB", "MB", "GB", "TB"] as const;

/** A size as people read it: `512 bytes`, `1.4 MB`. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? String(value) : value.toFixed(1)} ${UNITS[unit] ?? ""}`;
}

/** `1 datagram`, `2 datagrams`; `plural` where an s is not enough. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? noun : plural}`;
}

const DURATIONS = [
  [24 * 60 * 60, "day"],
  [60 * 60, "hour"],
  [60, "minute"],
] as const;

/** A time as people read it: `30 days`, `90 minutes`. */
export function duration(seconds: number): string {
  const [size, noun] = DURATIONS.find(([size]) => seconds % size === 0) ?? [1, "second"];
  return count(seconds / size, noun);
}
