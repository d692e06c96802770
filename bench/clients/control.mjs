// SPDX-License-Identifier: MIT
// The load generators of Node's own protocols: the same command line, the same phases and the same lines as
// bench/native/client.c, so that the harness does not know which one it has started.
import { readFileSync } from "node:fs";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: "string" },
    ca: { type: "string" },
    count: { type: "string", default: "1" },
    connections: { type: "string", default: "1" },
    streams: { type: "string", default: "1" },
    bytes: { type: "string", default: "104857600" },
    "warm-up": { type: "string", default: "0" },
  },
});

/** What the command line asks for. */
export const options = {
  mode: positionals[0],
  protocol: positionals[1],
  port: Number(values.port),
  ca: readFileSync(values.ca),
  count: Number(values.count),
  connections: Number(values.connections),
  streams: Number(values.streams),
  bytes: Number(values.bytes),
  warmUp: Number(values["warm-up"]),
};

/** Calls `one(slot)` `count` times, one call at a time in each of `slots` slots; sums up the bytes it resolves to. */
async function repeat(count, slots, one) {
  let left = count;
  let bytes = 0;
  const run = async (slot) => {
    while (left > 0) {
      left--;
      const received = await one(slot);
      bytes += received;
    }
  };
  await Promise.all(Array.from({ length: Math.min(slots, count) }, (_, slot) => run(slot)));
  return bytes;
}

/** One line to the harness. */
export function say(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Reports that everything is connected and warm, and waits for the harness. */
export async function waitForStart() {
  say({ event: "ready" });
  await once(createInterface({ input: process.stdin }), "line");
}

/**
 * Runs the phases of a client: warm up, `ready`, a line from stdin, the work, `done`.
 *
 * @param work `slots`: how many operations at a time; `one(slot)`: makes one and resolves to its body bytes;
 * `facts()`: what was negotiated.
 */
export async function run({ slots, one, facts }) {
  const expected = options.mode === "download" ? options.bytes : 1024;
  await repeat(options.warmUp, slots, one);
  await waitForStart();
  const before = process.cpuUsage();
  const beganAt = performance.now();
  const count = options.mode === "idle" ? 0 : options.count;
  const bytes = await repeat(count, slots, one);
  const wallMicros = (performance.now() - beganAt) * 1000;
  const { user, system } = process.cpuUsage(before);
  if (bytes !== count * expected) {
    throw new Error(`${bytes} body bytes instead of ${count * expected}`);
  }
  say({ event: "done", wallMicros, cpuMicros: user + system, bytes, ...facts() });
  process.exit();
}

/** Resolves to the number of bytes of a Readable. */
export function countBytes(readable) {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    readable.on("data", (data) => (bytes += data.length));
    readable.on("end", () => {
      resolve(bytes);
    });
    readable.on("error", reject);
  });
}

/** What a TLS socket of Node says about its handshake. */
export function factsOf(socket) {
  const key = socket.getEphemeralKeyInfo();
  return { group: key?.name ?? key?.type ?? "X25519MLKEM768", cipher: socket.getCipher().name };
}
