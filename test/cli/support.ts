// SPDX-License-Identifier: MIT
// Runs the real command in a process of its own, with a data folder of its own.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const PQQ = join(ROOT, "lib", "cli", "pqq.mjs");
export const SITE = join(ROOT, "examples", "site");

let isBuilt = false;

/** The command runs from dist/, which has to be what lib/ is now. */
export function build(this: Mocha.Context): void {
  this.timeout(120_000);
  if (isBuilt) return;
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", join(ROOT, "tsconfig.build.json")], {
    stdio: "inherit",
  });
  isBuilt = true;
}

/** A folder that is removed behind the tests of a describe, and the environment whose data folder it is. */
export class Sandbox {
  readonly folder = mkdtempSync(join(tmpdir(), "pqq-cli-"));
  readonly env = { ...process.env, XDG_DATA_HOME: join(this.folder, "data"), NO_COLOR: "1" };
  readonly #children = new Set<ChildProcess>();

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** Starts `pqq`; whatever is still running at the end is killed. */
  spawn(...args: string[]): Run {
    return this.spawnWith({}, ...args);
  }

  /** The same with more in its environment. */
  spawnWith(more: NodeJS.ProcessEnv, ...args: string[]): Run {
    const env = { ...this.env, ...more };
    const child = spawn(process.execPath, [PQQ, ...args], { env, cwd: this.folder });
    this.#children.add(child);
    child.on("exit", () => this.#children.delete(child));
    return new Run(child);
  }

  /** Runs `pqq` to its end. */
  run(...args: string[]): Promise<Result> {
    return this.spawn(...args).ended;
  }

  /** Starts `pqq serve … --port 0 --json` and waits until it listens. */
  serve(...args: string[]): Promise<Served> {
    return this.serveAt(0, ...args);
  }

  /** The same at a port of the caller's. */
  async serveAt(port: number, ...args: string[]): Promise<Served> {
    const run = this.spawn("serve", ...args, "--port", String(port), "--json");
    const line = await Promise.race([run.nextLine(), run.ended]);
    if (typeof line !== "string") throw new Error(`pqq serve has ended: ${JSON.stringify(line)}`);
    return { run, ...(JSON.parse(line) as Listening) };
  }

  remove(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface Listening {
  readonly event: string;
  readonly url: string;
  readonly port: number;
  readonly profile: string;
  readonly ca: string | null;
  readonly pid: number;
}

export interface Served extends Listening {
  readonly run: Run;
}

export interface Result {
  /** The exit code, or null if a signal ended the process. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process on its way. */
export class Run {
  readonly child: ReturnType<typeof spawn> & { stdin: NodeJS.WritableStream };
  readonly ended: Promise<Result>;
  readonly #lines: AsyncIterator<string>;

  constructor(child: ChildProcess) {
    this.child = child as typeof this.child;
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString("latin1")));
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    if (child.stdout === null) throw new Error("no stdout");
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.ended = new Promise((resolve) => {
      child.on("close", (status) => {
        resolve({ status, stdout: Buffer.from(stdout, "latin1").toString(), stderr });
      });
    });
  }

  async nextLine(): Promise<string> {
    const { value } = (await this.#lines.next()) as { value: string };
    return value;
  }

  /** Resolves when stderr has this text in it. */
  stderrHas(text: string): Promise<void> {
    return new Promise((resolve) => {
      let seen = "";
      this.child.stderr?.on("data", (chunk: Buffer) => {
        seen += chunk.toString();
        if (seen.includes(text)) resolve();
      });
    });
  }
}
