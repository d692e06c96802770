// SPDX-License-Identifier: MIT
// Load on Node's servers by nghttp2's h2load, where that is installed: a client in C, as ours is. A slow client would
// make a server look dear, because a server that waits for requests answers each of them alone.
//
//   node h2load.mjs requests|download http2|https --port N --ca FILE [options of control.mjs]
//
// h2load connects anew for the measured run; that is a few handshakes among thousands of requests.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { options, say, waitForStart } from "./control.mjs";

/** Powers of two, as h2load wants them: 8 MiB a stream, 16 MiB a connection. */
const WINDOWS = ["-w", "23", "-W", "24"];

const isHttp1 = options.protocol === "https";

function args(count) {
  const path = options.mode === "download" ? `/download/${options.bytes}` : "/small";
  // HTTP/1.1 has no streams: it gets as many connections as the others have streams.
  const connections = options.connections * (isHttp1 ? options.streams : 1);
  const streams = isHttp1 ? 1 : options.streams;
  return [
    ...["-n", String(count), "-c", String(Math.min(connections, count)), "-m", String(streams)],
    ...(isHttp1 ? ["--h1"] : WINDOWS),
    `https://127.0.0.1:${options.port}${path}`,
  ];
}

/** A number in what h2load prints. */
function find(output, pattern) {
  const match = pattern.exec(output);
  if (match === null) throw new Error(`h2load printed no ${pattern}:\n${output}`);
  return Number(match[1]);
}

/** `0m1.25s` and `1m0.5s` of the shell's `times`, whose last line is about its children. */
function cpuMicros(output) {
  const last = output.trim().split("\n").at(-1);
  const parts = [...last.matchAll(/(\d+)m([\d.]+)s/g)];
  return parts.reduce((sum, [, minutes, seconds]) => sum + 6e7 * minutes + 1e6 * seconds, 0);
}

async function load(count) {
  const child = spawn("sh", ["-c", '"$@"; times', "sh", "h2load", ...args(count)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, "close")]);
  if (find(output, /, (\d+) succeeded/) !== count) throw new Error(`h2load lost some:\n${output}`);
  const [, amount, unit] = /finished in ([\d.]+)(us|ms|s|m)/.exec(output);
  return {
    wallMicros: amount * { us: 1, ms: 1e3, s: 1e6, m: 6e7 }[unit],
    cpuMicros: cpuMicros(output),
    bytes: find(output, /\((\d+)\) data/),
    group: /Server Temp Key: (\S+)/.exec(output)?.[1] ?? "",
  };
}

if (options.warmUp > 0) await load(options.warmUp);
await waitForStart();
const done = await load(options.count);
const expected = options.count * (options.mode === "download" ? options.bytes : 1024);
if (done.bytes !== expected) throw new Error(`${done.bytes} body bytes instead of ${expected}`);
say({ event: "done", ...done });
process.exit();
