// SPDX-License-Identifier: MIT
// npm run soak -- [--scale 1] [--only NAME]: 10,000 connections one after the other, 1,000,000 requests, 5,000 idle
// connections, 1 GiB each way. Prints every figure, and fails if anything was lost or the server has kept memory or files.
//
// The server is a process of its own; before what is measured each part runs a tenth of its work, or all of it, to warm up.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { Client } from "../../lib/index.js";
import { block, BLOCK_BYTES, inMiB, MeasuredServer } from "../helpers/measured_server.js";

const CONNECTIONS = 10_000;
const REQUESTS = 1_000_000;
const LANES = 64;
const IDLE = 5_000;
const IDLE_SECONDS = 40; // longer than the idle timeout of 30 s: only keep-alives hold them
const BODY_BYTES = 1024 ** 3;

/** What allocators may hold on to. A connection has some 70 KiB, a forgotten request at least a hundred bytes. */
const MOST_KEPT_BYTES = 48 * 1024 * 1024;

const { values } = parseArgs({
  options: { scale: { type: "string", default: "1" }, only: { type: "string" } },
});
const scale = Number(values.scale);
const scaled = (count: number): number => Math.max(1, Math.round(count * scale));

interface Part {
  readonly name: string;
  /** Share of the work that goes before what is measured; 0.1 if not given. */
  readonly warmUp?: number;
  /** Does `share` of the work, and returns how many of how many were lost. */
  readonly work: (server: MeasuredServer, share: number) => Promise<{ lost: number; of: number }>;
}

async function isGood(client: Client, url: string): Promise<boolean> {
  try {
    return (await (await client.get(url)).text()) === "ok";
  } catch (error) {
    console.log(`  lost: ${String(error)}`);
    return false;
  }
}

const connections: Part = {
  name: "connections",
  async work(server, share) {
    const of = Math.ceil(scaled(CONNECTIONS) * share);
    let lost = 0;
    for (let i = 0; i < of; i++) {
      await using client = new Client({ caFile: server.caFile });
      if (!(await isGood(client, `${server.origin}/`))) lost++;
    }
    return { lost, of };
  },
};

const requests: Part = {
  name: "requests",
  async work(server, share) {
    const of = Math.ceil(scaled(REQUESTS) * share);
    let left = of;
    let lost = 0;
    await using client = new Client({ caFile: server.caFile });
    const lane = async (): Promise<void> => {
      while (left-- > 0) if (!(await isGood(client, `${server.origin}/`))) lost++;
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return { lost, of };
  },
};

const idle: Part = {
  name: "idle",
  // As many as later: what allocators keep of that many is no leak, what a second time adds to it is one.
  warmUp: 1,
  async work(server, share) {
    const of = Math.ceil(scaled(IDLE) * share);
    const seconds = share === 1 ? IDLE_SECONDS : 1;
    const program = join(process.cwd(), "build", "test", "soak", "idle");
    const args = [server.port, server.caFile, of, seconds].map(String);
    const during = setTimeout((seconds * 1000) / 2).then(() => server.figures());
    const { stdout } = await promisify(execFile)(program, args).catch((error: unknown) => ({
      stdout: (error as { stdout?: string }).stdout ?? "",
    }));
    const last = stdout.trim().split("\n").at(-1) ?? "";
    const { lost } = JSON.parse(last === "" ? `{"lost":${of}}` : last) as { lost: number };
    const { residentBytes, stats } = await during;
    console.log(`  with ${stats.connectionsNow} open: ${inMiB(residentBytes)} MiB resident`);
    return { lost, of };
  },
};

const down: Part = {
  name: "down",
  async work(server, share) {
    const blocks = Math.ceil((scaled(BODY_BYTES) * share) / BLOCK_BYTES);
    await using client = new Client({ caFile: server.caFile });
    const response = await client.get(`${server.origin}/large?blocks=${blocks}`);
    let at = 0;
    let wrong = 0;
    for await (const chunk of response.body!) {
      wrong += differences(chunk, at);
      at += chunk.length;
    }
    const of = blocks * BLOCK_BYTES;
    return { lost: of - at + wrong, of };
  },
};

/** Bytes of a chunk at `at` of /large that are not what they should be. */
function differences(chunk: Uint8Array, at: number): number {
  let wrong = 0;
  for (let i = 0; i < chunk.length;) {
    const inBlock = (at + i) % BLOCK_BYTES;
    const length = Math.min(chunk.length - i, BLOCK_BYTES - inBlock);
    const expected = block(Math.floor((at + i) / BLOCK_BYTES));
    const same =
      Buffer.compare(
        chunk.subarray(i, i + length),
        expected.subarray(inBlock, inBlock + length),
      ) === 0;
    if (!same) wrong += length;
    i += length;
  }
  return wrong;
}

const up: Part = {
  name: "up",
  async work(server, share) {
    const count = Math.ceil((scaled(BODY_BYTES) * share) / BLOCK_BYTES);
    async function* blocks(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < count; at++) yield await Promise.resolve(block(at));
    }
    await using client = new Client({ caFile: server.caFile, requestTimeoutMs: 600_000 });
    const body = ReadableStream.from(blocks());
    const response = await client.request(`${server.origin}/count`, { method: "POST", body });
    const of = count * BLOCK_BYTES;
    return { lost: of - Number(await response.text()), of };
  },
};

async function run({ name, warmUp = 0.1, work }: Part): Promise<string[]> {
  await using server = await MeasuredServer.start({ maxRequestBodyBytes: 2 * BODY_BYTES });
  await work(server, warmUp);
  const before = await server.quiet();
  const began = performance.now();
  const { lost, of } = await work(server, 1);
  const seconds = (performance.now() - began) / 1000;
  const after = await server.quiet();
  const kept = after.residentBytes - before.residentBytes;
  console.log(`${name}: ${of} in ${seconds.toFixed(1)} s, ${lost} lost`);
  console.log(
    `  resident ${inMiB(before.residentBytes)} -> ${inMiB(after.residentBytes)} MiB, files ${before.openFiles} -> ${after.openFiles}`,
  );
  const problems: string[] = [];
  if (lost > 0) problems.push(`${name}: ${lost} of ${of} lost`);
  if (kept > MOST_KEPT_BYTES) problems.push(`${name}: ${inMiB(kept)} MiB kept`);
  if (after.openFiles > before.openFiles) problems.push(`${name}: files left open`);
  return problems;
}

const problems: string[] = [];
for (const part of [connections, requests, idle, down, up]) {
  if (values.only === undefined || values.only === part.name) problems.push(...(await run(part)));
}
for (const problem of problems) console.log(`FAILED: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
