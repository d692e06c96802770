// SPDX-License-Identifier: MIT
// An installed libpqq, and programs that use it.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

export const root = process.cwd();
export const projects = join(root, "test", "consumer");

export interface Output {
  readonly status: number | null;
  /** What it printed, errors included. */
  readonly text: string;
}

/** Runs a program to its end, with more in its environment. */
export function attempt(
  environment: NodeJS.ProcessEnv,
  command: string,
  ...args: string[]
): Output {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: projects,
    env: { ...process.env, PKG_CONFIG_PATH: "", ...environment },
    encoding: "utf8",
  });
  return { status, text: error?.message ?? stdout + stderr };
}

/** What CMake says to options, with its line breaks taken out. */
export function configure(source: string, build: string, ...options: string[]): string {
  const { text } = attempt({}, "cmake", "-S", source, "-B", build, "-G", "Ninja", ...options);
  return text.replaceAll(/\s+/g, " ");
}

/** The same for what has to work. Returns what it printed. */
export function run(environment: NodeJS.ProcessEnv, command: string, ...args: string[]): string {
  const { status, text } = attempt(environment, command, ...args);
  if (status !== 0) {
    throw new Error(`${command} ${args.join(" ")}: ${text}`);
  }
  return text;
}

/** Paths of all files and links below a folder. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** What a program cannot be run without, or undefined. */
export function missing(...programs: string[]): string | undefined {
  return programs.find((program) => spawnSync(program, ["--version"]).status !== 0);
}
