// SPDX-License-Identifier: MIT
// Load on Node's HTTPS server; see control.mjs. HTTP/1.1 has no streams: it gets as many connections as the others have
// streams.
import { Agent, request } from "node:https";
import { countBytes, factsOf, options, run } from "./control.mjs";
import { tlsOptions } from "../harness/tls.mjs";

const path = options.mode === "download" ? `/download/${options.bytes}` : "/small";
const isNewEachTime = options.mode === "handshakes";
const slots = options.connections * (isNewEachTime ? 1 : options.streams);
// Without an agent there is nothing to take a connection or a TLS session from.
const agent = isNewEachTime ? false : new Agent({ keepAlive: true, maxSockets: slots });
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
