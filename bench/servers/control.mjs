// SPDX-License-Identifier: MIT
// How a server under measurement talks with the harness, the same for all of them (bench/native/server.c does it in C):
// one JSON line `listening`, one JSON line `usage` for every line of stdin, and the end when stdin ends.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** What every server answers from: the bytes of `/small`, and those that `/download/BYTES` repeats. */
export const small = Buffer.alloc(1024, "x");
export const chunk = Buffer.alloc(128 * 1024, "x");

/** The first two words of the command line: PEM files. */
export const [certFile, keyFile] = process.argv.slice(2);

export function readIdentity() {
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
}

/** The number of bytes that a path asks for, or undefined if it is not a download. */
export function downloadBytes(path) {
  return path.startsWith("/download/") ? Number(path.slice("/download/".length)) : undefined;
}

/** Writes `bytes` to a Writable as fast as it takes them, and ends it. */
export function writeDownload(writable, bytes) {
  let left = bytes;
  const more = () => {
    while (left > 0) {
      const part = left < chunk.length ? chunk.subarray(0, left) : chunk;
      left -= part.length;
      if (!writable.write(part)) {
        writable.once("drain", more);
        return;
      }
    }
    writable.end();
  };
  more();
}

function say(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Reports the port and obeys until stdin ends; then `close` has to let the process end. */
export function control(port, close, stats = () => ({})) {
  say({ event: "listening", port });
  const lines = createInterface({ input: process.stdin });
  lines.on("line", () => {
    const { user, system } = process.cpuUsage();
    say({
      event: "usage",
      cpuMicros: user + system,
      residentBytes: process.memoryUsage.rss(),
      stats: stats(),
    });
  });
  lines.on("close", close);
}
