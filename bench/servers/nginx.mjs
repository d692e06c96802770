// SPDX-License-Identifier: MIT
// nginx with HTTP/3, from an unpacked Debian: one worker, UDP GSO on. `/small` answers from memory, `/download/BYTES` from a
// file in the page cache. Talks with the harness as control.mjs does, but for its usage, which the harness finds itself.
//
//   node nginx.mjs --chroot FOLDER --cert FILE --key FILE --bytes N
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

/** nginx counts every stream of a connection as one. */
const CONNECTIONS = 65_536;
const PATIENCE_MS = 5000;
const LOOK_AGAIN_MS = 20;

const { values } = parseArgs({
  options: {
    chroot: { type: "string" },
    cert: { type: "string" },
    key: { type: "string" },
    bytes: { type: "string" },
  },
});

const chroot = resolve(values.chroot);
const outside = mkdtempSync(join(chroot, "tmp", "pqq-bench-"));
const inside = outside.slice(chroot.length);

function prepare(port) {
  copyFileSync(values.cert, join(outside, "cert.pem"));
  copyFileSync(values.key, join(outside, "key.pem"));
  mkdirSync(join(outside, "www", "download"), { recursive: true });
  writeFileSync(
    join(outside, "www", "download", values.bytes),
    Buffer.alloc(Number(values.bytes), "x"),
  );
  writeFileSync(
    join(outside, "nginx.conf"),
    `
daemon off; user root; worker_processes 1;
pid ${inside}/nginx.pid; error_log stderr crit;
events { worker_connections ${CONNECTIONS}; }
http {
  access_log off; default_type text/plain; open_file_cache max=16;
  client_body_temp_path ${inside}/body; proxy_temp_path ${inside}/proxy; fastcgi_temp_path ${inside}/fastcgi;
  uwsgi_temp_path ${inside}/uwsgi; scgi_temp_path ${inside}/scgi;
  keepalive_requests 1000000000; keepalive_timeout 300s;
  ssl_protocols TLSv1.3; ssl_ecdh_curve X25519MLKEM768:X25519; ssl_session_cache off; ssl_session_tickets off;
  quic_gso on;
  server {
    listen 127.0.0.1:${port} quic reuseport;
    http3 on;
    ssl_certificate ${inside}/cert.pem; ssl_certificate_key ${inside}/key.pem;
    location = /small { return 200 "${"x".repeat(1024)}"; }
    location /download/ { root ${inside}/www; }
  }
}
`,
  );
}

/** A UDP port that was free a moment ago: nginx cannot say which one port 0 became. */
async function freePort() {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

/** Whether a socket is bound to a port of the loopback interface. */
function isListening(port) {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return readFileSync("/proc/net/udp", "utf8").includes(` ${local} `);
}

const port = await freePort();
prepare(port);
const nginx = spawn("chroot", [chroot, "nginx", "-c", `${inside}/nginx.conf`], {
  stdio: ["ignore", "ignore", "inherit"],
});
const ended = once(nginx, "exit");
ended.then(([status]) => {
  rmSync(outside, { recursive: true, force: true });
  process.exit(status ?? 1);
});
const until = performance.now() + PATIENCE_MS;
while (!isListening(port) && performance.now() < until) await sleep(LOOK_AGAIN_MS);
process.stdout.write(`${JSON.stringify({ event: "listening", port, pid: nginx.pid })}\n`);
process.stdin.resume();
process.stdin.on("end", () => nginx.kill());
