// SPDX-License-Identifier: MIT
// Child processes that talk in lines: JSON objects with an `event` out, words in.
import { spawn, spawnSync, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, constants, setPriority } from "node:os";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** One line of a child: an `event` and whatever belongs to it. */
export type Line = Readonly<Record<string, unknown>> & { readonly event: string };

/**
 * Server and client must not share a core, or each would be measured waiting for the other. `any` is for what has
 * threads that are to run at the same time.
 */
export type Core = "server" | "client" | "any";

/** No answer of any child takes this long: after it the child is ended, so that a run that is left alone goes on. */
const PATIENCE_MS = 120_000;
/** For a child to end by itself. */
const END_MS = 10_000;

const CORES: Readonly<Record<Exclude<Core, "any">, string>> = { server: "0", client: "1" };

/** Whether processes can be tied to cores here: Linux with taskset and two cores at least. */
export const canPin =
  process.platform === "linux" &&
  availableParallelism() >= 2 &&
  spawnSync("taskset", ["-c", "0", "true"]).status === 0;

/** Ahead of whatever else runs on the machine, where the user may do that. */
function prioritize(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_HIGH);
  } catch {
    // Then the figures are noisier, and no less true.
  }
}

/** A child process of the benchmark. Its stderr is the harness's. */
export class Child {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #name: string;
  readonly #ended: Promise<unknown>;

  /** Starts `command`, tied to its core if that is possible. */
  constructor(core: Core, command: string, args: readonly string[]) {
    const pin = canPin && core !== "any" ? ["taskset", "-c", CORES[core]] : [];
    const words = [...pin, command, ...args];
    // For messages, which may end on a page: no paths of this machine.
    this.#name = [command, ...args.filter((word) => word.endsWith(".mjs"))]
      .map((word) => basename(word))
      .join(" ");
    this.#process = spawn(words[0] ?? command, words.slice(1), {
      stdio: ["pipe", "pipe", "inherit"],
    });
    // An end before its time shows as the end of its lines.
    this.#process.on("error", () => undefined);
    this.#process.stdin.on("error", () => undefined);
    this.#ended = once(this.#process, "close").catch(() => undefined);
    if (this.#process.pid !== undefined) prioritize(this.#process.pid);
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error(`${this.#name}: could not be started`);
    return this.#process.pid;
  }

  /** The next line; undefined when there are no more. */
  async next(): Promise<Line | undefined> {
    const line = await this.#lines.next();
    return line.done === true ? undefined : (JSON.parse(line.value) as Line);
  }

  /** The next line, which has to be an `event`. */
  async expect(event: string): Promise<Line> {
    const line = await this.#within(PATIENCE_MS, () => this.next());
    if (line?.event !== event) {
      await this.stop();
      throw new Error(`${this.#name}: ended or did not say "${event}"`);
    }
    return line;
  }

  /** Sends a line. */
  say(word: string): void {
    this.#process.stdin.write(`${word}\n`);
  }

  /** Ends its stdin, which is what all of ours end with, and waits. */
  async stop(): Promise<void> {
    this.#process.stdin.end();
    await this.#within(END_MS, () => this.#ended);
  }

  /** Waits for `work`; when that takes too long the child is killed, which ends whatever waits for it. */
  async #within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), milliseconds);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A number of a line. */
export function numberOf(line: Line, name: string): number {
  const value = line[name];
  if (typeof value !== "number") throw new Error(`"${line.event}" has no number ${name}`);
  return value;
}
