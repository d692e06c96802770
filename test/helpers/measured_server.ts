// SPDX-License-Identifier: MIT
// A server of ours in a process of its own, whose memory and files can be measured without those of its clients.
//
// Started by MeasuredServer.start, which runs this file: it prints a line once it listens, and one with its figures for
// each line that it is sent.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { devIdentity, Response, Server, type Stats } from "../../lib/index.js";
import { settledUsage } from "./memory.js";

/** Size of a block of /large, and how many `/large?count` blocks there are without a count. */
export const BLOCK_BYTES = 64 * 1024;
const DEFAULT_BLOCKS = 64;
const POLL_MS = 100;

/** What a server is at a moment. */
export interface Figures {
  /** Resident memory, after a garbage collection. */
  readonly residentBytes: number;
  readonly openFiles: number;
  readonly stats: Stats;
}

/** Block `at` of /large: each differs from its neighbours. */
export function block(at: number): Uint8Array {
  return Buffer.alloc(BLOCK_BYTES, `block ${at} `);
}

/** A number of bytes, to be printed. */
export const inMiB = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);

export class MeasuredServer implements AsyncDisposable {
  readonly port: number;
  readonly caFile: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #folder: string;

  private constructor(
    child: ChildProcess,
    lines: AsyncIterator<string>,
    folder: string,
    hello: { port: number; caFile: string },
  ) {
    this.#child = child;
    this.#lines = lines;
    this.#folder = folder;
    this.port = hello.port;
    this.caFile = hello.caFile;
  }

  static async start(options: object = {}): Promise<MeasuredServer> {
    const folder = mkdtempSync(join(tmpdir(), "pqq-measured-"));
    const args = ["--import", "./test/register.mjs", fileURLToPath(import.meta.url)];
    args.push(folder, JSON.stringify(options));
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { value } = (await lines.next()) as IteratorResult<string, undefined>;
    if (value === undefined) throw new Error("the server did not start");
    const hello = JSON.parse(value) as { port: number; caFile: string };
    return new MeasuredServer(child, lines, folder, hello);
  }

  /** With an IP literal: resolvers have stalls of their own, of seconds, which are not to be measured here. */
  get origin(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  async figures(): Promise<Figures> {
    this.#child.stdin!.write("figures\n");
    const { value } = (await this.#lines.next()) as IteratorResult<string, undefined>;
    if (value === undefined) throw new Error("the server has ended");
    return JSON.parse(value) as Figures;
  }

  /** Figures once no more than `most` connections are left. Polled: a server says nothing by itself. */
  async quiet(most = 0): Promise<Figures> {
    for (;;) {
      const figures = await this.figures();
      if (figures.stats.connectionsNow <= most) return figures;
      await setTimeout(POLL_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.stdin!.end();
      await once(this.#child, "exit");
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- a stream whose producer never waits
async function* blocks(count: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < count; at++) yield block(at);
}

/** Of all bytes that come: their number, without keeping them. */
async function count(body: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  return bytes;
}

async function serve(folder: string, options: object): Promise<void> {
  const dev = devIdentity({ dir: folder });
  const always = { port: 0, host: "127.0.0.1", identity: dev.identity };
  const server = await Server.serve({ ...always, ...options }, async (request) => {
    const url = new URL(request.url);
    switch (url.pathname) {
      case "/large":
        return new Response(blocks(Number(url.searchParams.get("blocks") ?? DEFAULT_BLOCKS)));
      case "/count":
        return new Response(String(await count(request.body ?? blocks(0))));
      default:
        return new Response("ok");
    }
  });
  server.on("error", () => undefined); // hostile clients are expected
  console.log(JSON.stringify({ port: server.port, caFile: dev.caFile }));
  for await (const line of createInterface({ input: process.stdin })) {
    if (line !== "figures") continue;
    const { rss } = await settledUsage();
    const openFiles = readdirSync("/proc/self/fd").length;
    const figures: Figures = { residentBytes: rss, openFiles, stats: server.stats() };
    console.log(JSON.stringify(figures));
  }
  await server.close({ drainMs: 0 });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await serve(process.argv[2]!, JSON.parse(process.argv[3]!) as object);
}
