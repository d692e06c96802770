// SPDX-License-Identifier: MIT
// Load on Node's HTTPS server; see control.mjs. HTTP/1.1 has no streams: it gets as many connections as the others have
// streams.
import { Agent, request } from "node:https";
import { countBytes, factsOf, options, run } from "./control.mjs";
import { tlsOptions } from "../harness/tls.mjs";

const path = options.mode === "download" ? `/download/${options.bytes}` : "/small";
const keepAlive = options.mode !== "handshakes";
const slots = options.connections * (keepAlive ? options.streams : 1);
const agent = new Agent({ keepAlive, maxSockets: slots, maxCachedSessions: 0 });
let facts = {};

function get() {
  return new Promise((resolve, reject) => {
    const call = request({
      ...tlsOptions,
      agent,
      ca: options.ca,
      host: "127.0.0.1",
      servername: "localhost",
      port: options.port,
      path,
    });
    call.on("response", (response) => {
      facts = factsOf(response.socket);
      countBytes(response).then(resolve, reject);
    });
    call.on("error", reject);
    call.end();
  });
}

await run({ slots, one: get, facts: () => facts });
