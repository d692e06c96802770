// SPDX-License-Identifier: MIT
// This package's server with a handler in JavaScript, as a user would write it.
//
//   node typescript.mjs CERT KEY PROFILE [CLASSICAL_CERT CLASSICAL_KEY]
import { Response, Server } from "../../dist/index.js";
import { certFile, chunk, control, downloadBytes, keyFile, small } from "./control.mjs";

async function* download(bytes) {
  for (let left = bytes; left > 0; left -= chunk.length) {
    yield left < chunk.length ? chunk.subarray(0, left) : chunk;
  }
}

const [profile, classicalCert, classicalKey] = process.argv.slice(4);
const classical =
  classicalCert === undefined ? undefined : { certFile: classicalCert, keyFile: classicalKey };
const identity = { certFile, keyFile, classical };

const headers = { "content-type": "text/plain" };

const server = await Server.serve(
  { host: "127.0.0.1", port: 0, workers: 1, profile, identity },
  (request) => {
    const { url } = request;
    const bytes = downloadBytes(url.slice(url.indexOf("/", "https://".length)));
    return new Response(bytes === undefined ? small : download(bytes), { headers });
  },
);
control(
  server.port,
  () => server.close({ drainMs: 0 }),
  () => server.stats(),
);
