// SPDX-License-Identifier: MIT
// Bodies of any size in both directions: the server hashes an upload as it comes and sends numbers as they are made.
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Client, devIdentity, Response, Server, type Handler } from "velo-pqq";

const dev = devIdentity();

/** One number every 100 ms. The generator is only asked for the next one when the client has room for it. */
async function* ticks(count: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let i = 1; i <= count; i += 1) {
    await delay(100, undefined, { signal });
    yield Buffer.from(`${String(i)}\n`);
  }
}

const handler: Handler = async (request) => {
  if (request.method !== "POST") return new Response(ticks(5, request.signal));
  const hash = createHash("sha256");
  for await (const chunk of request.body ?? []) hash.update(chunk);
  return Response.json({ sha256: hash.digest("hex") });
};

function* megabytes(count: number): Generator<Uint8Array> {
  const megabyte = Buffer.alloc(1024 * 1024, "velo");
  for (let i = 0; i < count; i += 1) yield megabyte;
}

await using server = await Server.serve({ port: 0, identity: dev.identity }, handler);
await using client = new Client({ caFile: dev.caFile });

const numbers = await client.get(server.url);
for await (const chunk of numbers.body ?? []) process.stdout.write(chunk);

const body = ReadableStream.from(megabytes(64));
const uploaded = await client.request(server.url, { method: "POST", body });
console.log(await uploaded.json());
